//! A fake MusicBrainz over HTTP.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lastfm_core::testing::VirtualClock;
use lastfm_core::transport::{Request, Transport as _};
use lastfm_core::{Mbid, Timestamp};
use mb_enrich::ReleaseGroup;
use mb_enrich::testing::{FakeGroup, FakeMusicbrainz};
use url::Url;

pub(crate) const CONTACT: &str = "me@example.org";

/// Serves until the process ends.
pub(crate) struct MusicBrainz(Arc<Shared>);

struct Shared {
    fake: FakeMusicbrainz,
    clock: Arc<VirtualClock>,
    address: String,
    /// The status of all answers; 0: as it should be.
    status: AtomicU16,
    /// How long each answer takes.
    delay: Mutex<Duration>,
    requests: AtomicU64,
}

impl MusicBrainz {
    pub(crate) fn serve(groups: impl IntoIterator<Item = FakeGroup>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let clock = Arc::new(VirtualClock::new(Timestamp::from_unix(0)));
        let fake = FakeMusicbrainz::new(clock.clone(), groups);
        let (status, delay) = (AtomicU16::default(), Mutex::default());
        let requests = AtomicU64::default();
        let shared = Arc::new(Shared { fake, clock, address, status, delay, requests });
        let serving = shared.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            for stream in listener.incoming() {
                // Who went away does not want an answer.
                let _ = runtime.block_on(answer(&serving, stream.unwrap()));
            }
        });
        Self(shared)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/ws/2/", self.0.address)
    }

    /// Whether it has no answers, and asks to be left alone for some minutes.
    pub(crate) fn set_down(&self, is_down: bool) {
        self.0.status.store(if is_down { 503 } else { 0 }, Ordering::Relaxed);
    }

    /// From now on it turns this program away.
    pub(crate) fn refuse(&self) {
        self.0.status.store(403, Ordering::Relaxed);
    }

    pub(crate) fn set_delay(&self, delay: Duration) {
        *self.0.delay.lock().unwrap() = delay;
    }

    pub(crate) fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Paths and queries of all requests that were answered.
    pub(crate) fn sent(&self) -> Vec<Url> {
        self.0.fake.sent().into_iter().map(|request| request.url).collect()
    }
}

async fn answer(shared: &Shared, mut stream: TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(()) };
    let path = first.split(' ').nth(1).unwrap_or_default();
    let mut request = Request::get(format!("http://localhost{path}").parse().unwrap());
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(": ") else { break };
        if name.eq_ignore_ascii_case("user-agent") {
            request.headers.insert("user-agent", value.parse().unwrap());
        }
    }
    shared.requests.fetch_add(1, Ordering::Relaxed);
    std::thread::sleep(*shared.delay.lock().unwrap());
    // No request comes too soon: that is proved elsewhere.
    shared.clock.advance(Duration::from_secs(2));
    let (status, headers, body) = match shared.status.load(Ordering::Relaxed) {
        0 => {
            let response = shared.fake.send(request).await.unwrap();
            (response.status.as_u16(), "", response.body)
        }
        status => (status, "retry-after: 500\r\n", "{\"error\":\"currently busy\"}".into()),
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} x\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), &body].concat())
}

/// An MBID of this number.
pub(crate) fn mbid(number: u32) -> Mbid {
    Mbid::new(&format!("00000000-0000-4000-8000-{number:012}")).unwrap()
}

/// A release group; without a date if that is blank.
pub(crate) fn group(number: u32, artist: &str, title: &str, date: &str) -> FakeGroup {
    let group = ReleaseGroup::new(mbid(number), artist, title);
    FakeGroup::new(match date {
        "" => group,
        date => group.first_release(date.parse().unwrap()),
    })
}
