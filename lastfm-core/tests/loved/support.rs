//! An account with loved tracks, and what is needed to read it.

use std::sync::{Arc, Mutex, MutexGuard};

use lastfm_core::library::{Library, LocalTrack};
use lastfm_core::loved::{Loved, LovedStore, LovedTracks, MemoryLoved, Which};
use lastfm_core::testing::{
    FakeLastfm, FakeLastfmTransport, FakeTransport, Scenario, VirtualClock,
};
use lastfm_core::transport::Transport;
use lastfm_core::{ApiKey, Client, Credentials, SessionKey, SharedSecret, Timestamp};

pub(crate) const START: Timestamp = Timestamp::from_unix(1_780_000_000);

/// A service, a store and what stands between them.
pub(crate) struct Scene {
    pub(crate) fake: Arc<Mutex<FakeLastfm>>,
    pub(crate) store: Arc<MemoryLoved>,
    pub(crate) tracks: LovedTracks,
    pub(crate) client: Client,
}

impl Scene {
    /// An account that loves so many tracks and has played nothing, read in pages of 10.
    pub(crate) async fn loving(count: usize) -> Self {
        let mut scenario = Scenario::still(0);
        scenario.service.session_key = Some("sk".to_owned());
        scenario.service.max_per_page = 10;
        let clock = Arc::new(VirtualClock::new(START));
        let fake = Arc::new(Mutex::new(FakeLastfm::new(1, &scenario, START)));
        let transport = Arc::new(FakeLastfmTransport::new(fake.clone(), clock.clone()));
        let client = client(transport, clock);
        let scene = Self::with(fake, client);
        for number in 0..count {
            scene.elsewhere().love("Low", &name(number)).await.unwrap();
        }
        scene
    }

    fn with(fake: Arc<Mutex<FakeLastfm>>, client: Client) -> Self {
        let store = Arc::new(MemoryLoved::new());
        let tracks = LovedTracks::new(client.clone(), "rj".parse().unwrap(), store.clone());
        Self { fake, store, tracks: tracks.with_page_size(10), client }
    }

    /// The same user in another app, which knows nothing of this store.
    pub(crate) fn elsewhere(&self) -> LovedTracks {
        let store = Arc::new(MemoryLoved::new());
        LovedTracks::new(self.client.clone(), "rj".parse().unwrap(), store)
    }

    pub(crate) fn lastfm(&self) -> MutexGuard<'_, FakeLastfm> {
        self.fake.lock().unwrap()
    }

    pub(crate) async fn all(&self, which: Which) -> Vec<Loved> {
        self.store.tracks(self.tracks.account(), which, None, usize::MAX).await.unwrap()
    }

    pub(crate) async fn names(&self, which: Which) -> Vec<String> {
        let mut names: Vec<_> =
            self.all(which).await.into_iter().map(|loved| loved.track).collect();
        names.sort();
        names
    }

    /// The pages of the list that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        let lastfm = self.lastfm();
        let asked = lastfm.log().iter().map(|entry| format!("{entry:?}"));
        asked.filter(|entry| entry.to_lowercase().contains("getlovedtracks")).collect()
    }
}

/// Tracks against answers that a test writes.
pub(crate) fn scripted(transport: FakeTransport) -> (LovedTracks, Arc<MemoryLoved>) {
    let store = Arc::new(MemoryLoved::new());
    let client = client(Arc::new(transport), Arc::new(VirtualClock::new(START)));
    (LovedTracks::new(client, "RJ".parse().unwrap(), store.clone()), store)
}

pub(crate) fn client(transport: Arc<dyn Transport>, clock: Arc<VirtualClock>) -> Client {
    let credentials = Credentials::read_only(ApiKey::new("key").unwrap())
        .with_secret(SharedSecret::new("secret").unwrap())
        .with_session(SessionKey::new("sk").unwrap());
    Client::builder(credentials, transport, clock).build()
}

pub(crate) fn name(number: usize) -> String {
    format!("Song {number:03}")
}

/// A library of tracks by Low, whose ids are their names.
pub(crate) fn library(names: &[&str]) -> Library {
    Library::new(names.iter().map(|name| LocalTrack::new(*name, "LOW", *name)))
}
