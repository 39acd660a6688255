//! A fake MusicBrainz without sockets.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use http::StatusCode;
use lastfm_core::testing::VirtualClock;
use lastfm_core::transport::{LocalPacer, Request, Response, Transport, TransportError};
use lastfm_core::{Mbid, Timestamp};
use mb_enrich::testing::{FakeGroup, FakeMusicbrainz};
use mb_enrich::{ReleaseGroup, UserAgent, WebSource};
use terminal::musicbrainz::MusicBrainz;

#[derive(Debug)]
pub(crate) struct Fake {
    inner: FakeMusicbrainz,
    clock: Arc<VirtualClock>,
    is_down: AtomicBool,
    /// How long each answer takes, milliseconds.
    delay: AtomicU64,
    requests: AtomicU64,
}

impl Fake {
    /// Knows albums `Album 0` … of `Artist 0` …, each of another year from 1960 on.
    pub(crate) fn knowing(albums: u32) -> Arc<Self> {
        Self::of((0..albums).map(|number| {
            let (artist, title) = (format!("Artist {number}"), format!("Album {number}"));
            group(number, &artist, &title)
        }))
    }

    /// Knows these albums by artist, title and the identifier of a release.
    pub(crate) fn with_releases(albums: &[(String, String, Mbid)]) -> Arc<Self> {
        Self::of((0..).zip(albums).map(|(number, (artist, title, release))| {
            let mut group = group(number, artist, title);
            group.releases.push(release.clone());
            group
        }))
    }

    fn of(groups: impl Iterator<Item = FakeGroup>) -> Arc<Self> {
        let clock = Arc::new(VirtualClock::new(Timestamp::from_unix(0)));
        let inner = FakeMusicbrainz::new(clock.clone(), groups);
        let (is_down, delay, requests) = Default::default();
        Arc::new(Self { inner, clock, is_down, delay, requests })
    }

    pub(crate) fn set_down(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::Relaxed);
    }

    pub(crate) fn set_delay(&self, delay: Duration) {
        self.delay.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::Relaxed);
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// What asks it.
    pub(crate) fn source(self: &Arc<Self>) -> MusicBrainz {
        let agent = UserAgent::new("crew", "1", "me@example.org").unwrap();
        let pacer = Arc::new(LocalPacer::new(Duration::from_secs(1), self.clock.clone()));
        let network = Arc::new(Wire(Arc::clone(self)));
        let source = WebSource::builder(agent, network, pacer, self.clock.clone()).build();
        MusicBrainz::new(source, None)
    }
}

fn group(number: u32, artist: &str, title: &str) -> FakeGroup {
    let id = Mbid::new(&format!("00000000-0000-4000-8000-{number:012}")).unwrap();
    let released = format!("{}", 1960 + number % 60).parse().unwrap();
    FakeGroup::new(ReleaseGroup::new(id, artist, title).first_release(released))
}

#[derive(Debug)]
struct Wire(Arc<Fake>);

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let fake = &self.0;
        tokio::time::sleep(Duration::from_millis(fake.delay.load(Ordering::Relaxed))).await;
        fake.requests.fetch_add(1, Ordering::Relaxed);
        // No request comes too soon: that is proved elsewhere.
        fake.clock.advance(Duration::from_secs(2));
        if fake.is_down.load(Ordering::Relaxed) {
            return Ok(Response::new(StatusCode::SERVICE_UNAVAILABLE, "{}"));
        }
        fake.inner.send(request).await
    }
}
