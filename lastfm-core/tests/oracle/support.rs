//! An account, a clock and an archive, for tests that make things happen themselves.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_executor::block_on;
use lastfm_core::archive::{
    ArchiveStore, ArchivedUser, Archiver, Book, MemoryStore, Report, Span, SyncError, WorkerId,
};
use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
use lastfm_core::transport::Transport;
use lastfm_core::{ApiKey, Client, Clock, Credentials, Timestamp};

pub(crate) const START: Timestamp = Timestamp::from_unix(1_780_000_000);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// What makes two plays the same.
pub(crate) type Key = (Timestamp, String, String, Option<String>);

/// A fake Last.fm and an archive of its user, in memory.
pub(crate) struct World {
    pub(crate) clock: VirtualClock,
    pub(crate) store: Arc<dyn ArchiveStore>,
    fake: Arc<Mutex<FakeLastfm>>,
    page_size: u32,
}

impl World {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        Self::of(FakeLastfm::new(1, scenario, START))
    }

    pub(crate) fn of(fake: FakeLastfm) -> Self {
        let clock = VirtualClock::new(START);
        let store = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
        Self { clock, store, fake: Arc::new(Mutex::new(fake)), page_size: 1000 }
    }

    /// An account that nothing happens to but what the test does.
    pub(crate) fn still(plays: usize) -> Self {
        Self::new(&Scenario::still(plays))
    }

    pub(crate) fn with_page_size(self, page_size: u32) -> Self {
        Self { page_size, ..self }
    }

    /// The fake, at the clock's present time.
    pub(crate) fn fake(&self) -> MutexGuard<'_, FakeLastfm> {
        let mut fake = self.fake.lock().unwrap();
        fake.advance_to(self.clock.now());
        fake
    }

    pub(crate) fn transport(&self) -> Arc<dyn Transport> {
        let clock = Arc::new(self.clock.clone());
        Arc::new(FakeLastfmTransport::new(Arc::clone(&self.fake), clock))
    }

    pub(crate) fn client_over(&self, transport: Arc<dyn Transport>) -> Client {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let credentials = Credentials::read_only(ApiKey::new("key").unwrap());
        Client::builder(credentials, transport, clock).jitter_seed(1).build()
    }

    pub(crate) fn archiver_over(&self, transport: Arc<dyn Transport>) -> Archiver {
        let client = self.client_over(transport);
        let store = Arc::clone(&self.store);
        Archiver::new(client, store, WorkerId("test".to_owned())).with_page_size(self.page_size)
    }

    /// One run, of the user of this name.
    pub(crate) fn try_sync(&self, name: &str) -> Result<Report, SyncError> {
        let archiver = self.archiver_over(self.transport());
        block_on(archiver.sync(name.parse().unwrap()).finish())
    }

    pub(crate) fn sync(&self) -> Report {
        self.try_sync("rj").unwrap()
    }

    /// So many runs, an hour apart.
    pub(crate) fn hourly(&self, runs: usize) {
        for _ in 0..runs {
            self.clock.advance(HOUR);
            self.sync();
        }
    }

    /// Seconds since the start.
    pub(crate) fn seconds(&self) -> u64 {
        self.clock.elapsed().as_secs()
    }

    pub(crate) fn requests(&self) -> usize {
        self.fake().log().len()
    }

    pub(crate) fn only_user(&self) -> ArchivedUser {
        let users = block_on(self.store.users()).unwrap();
        assert_eq!(users.len(), 1);
        users.into_iter().next().unwrap()
    }

    pub(crate) fn only_book(&self) -> Book {
        block_on(self.store.book(self.only_user().id)).unwrap()
    }

    /// What the archive holds, in order.
    pub(crate) fn archived(&self) -> Vec<Key> {
        let user = self.only_user().id;
        let stored = block_on(self.store.plays(user, Span::EVER, None, usize::MAX)).unwrap();
        let mut keys: Vec<Key> = stored
            .into_iter()
            .map(|stored| {
                let track = stored.play.track();
                (stored.play.played_at(), track.artist, track.name, track.album)
            })
            .collect();
        keys.sort_unstable();
        keys
    }

    /// What the service holds, in order.
    pub(crate) fn truth(&self) -> Vec<Key> {
        let truth = self.fake().truth();
        let mut keys: Vec<Key> = truth
            .iter()
            .map(|play| {
                let (at, artist, track, album) = play.key();
                (at, artist.to_owned(), track.to_owned(), album.map(str::to_owned))
            })
            .collect();
        keys.sort_unstable();
        keys
    }

    pub(crate) fn is_equal(&self) -> bool {
        self.archived() == self.truth()
    }
}
