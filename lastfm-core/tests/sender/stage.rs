//! A user with a player, a queue, a sender and a Last.fm of their own.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::StreamExt as _;
use lastfm_core::archive::{Span, StoreError};
use lastfm_core::scrobble::{
    Filter, MemoryQueue, QueuedPlay, Repeats, ScrobbleQueue, SendEvent, Sender, State,
};
use lastfm_core::testing::{
    Cut, Cutting, FakeLastfm, FakeLastfmTransport, Scenario, ServiceKnobs, TruePlay, VirtualClock,
};
use lastfm_core::{
    ApiKey, Client, Credentials, NewPlay, PlayerTrack, SessionKey, SharedSecret, Timestamp,
};

/// Long enough for a play whose answer was lost.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// The artist of the play that greets the service.
const GREETING: &str = "Adele";

pub(crate) struct Stage {
    pub(crate) clock: VirtualClock,
    pub(crate) queue: Arc<MemoryQueue>,
    pub(crate) sender: Sender,
    lastfm: Arc<Mutex<FakeLastfm>>,
}

impl Stage {
    /// On a service that is set up so.
    pub(crate) fn new(set_up: impl FnOnce(&mut ServiceKnobs)) -> Self {
        let start = Timestamp::from_unix(1_780_012_800);
        let clock = VirtualClock::new(start);
        let mut scenario = Scenario::still(0);
        set_up(&mut scenario.service);
        let lastfm = Arc::new(Mutex::new(FakeLastfm::new(1, &scenario, start)));
        lastfm.lock().unwrap().know_app("key", "secret");
        let queue = Arc::new(MemoryQueue::new());
        let sender = sender(&lastfm, &clock, Arc::clone(&queue) as _);
        Self { clock, queue, sender, lastfm }
    }

    /// Another sender for the same queue, as another program has it.
    pub(crate) fn another_sender(&self) -> Sender {
        sender(&self.lastfm, &self.clock, Arc::clone(&self.queue) as _)
    }

    /// One whose calls of the queue can be cut.
    pub(crate) fn cut_sender(&self, cut: &Cut) -> Sender {
        let queue: Arc<dyn ScrobbleQueue> = Arc::clone(&self.queue) as _;
        sender(&self.lastfm, &self.clock, Arc::new(Cutting::new(queue, cut.clone())))
    }

    pub(crate) fn lastfm(&self) -> MutexGuard<'_, FakeLastfm> {
        self.lastfm.lock().unwrap()
    }

    /// A play that began so many seconds ago.
    pub(crate) fn play(&self, track: &str, ago: i64) -> NewPlay {
        NewPlay::new(PlayerTrack::new("Low", track), self.clock.now().plus(-ago))
    }

    /// Lets the sender get acquainted with the service, so that what fails next is a scrobble.
    pub(crate) async fn greet(&self) {
        let at = self.clock.now().plus(-86_400);
        self.enqueue([NewPlay::new(PlayerTrack::new(GREETING, "Hello"), at)]).await;
        let _ = self.drain().await;
        let account = self.sender.account();
        let forgotten = self.queue.forget(account, self.clock.now().plus(1)).await.unwrap();
        assert_eq!(forgotten, 1);
    }

    pub(crate) async fn enqueue(&self, plays: impl IntoIterator<Item = NewPlay>) {
        self.sender.enqueue(plays, Repeats::Same).await.unwrap();
    }

    /// Sends until nothing more can be done for a while, and tells how.
    pub(crate) async fn drain(&self) -> Vec<SendEvent> {
        let events: Vec<Result<SendEvent, StoreError>> =
            self.sender.drain(PATIENCE).collect().await;
        events.into_iter().map(Result::unwrap).collect()
    }

    pub(crate) async fn count(&self, state: State) -> u64 {
        let counts = self.queue.counts(self.sender.account(), self.clock.now()).await.unwrap();
        counts.of(state)
    }

    pub(crate) async fn in_state(&self, state: State) -> Vec<QueuedPlay> {
        let filter = Filter::states([state]).played(Span::EVER);
        let (account, now) = (self.sender.account(), self.clock.now());
        self.queue.plays(account, filter, None, 10_000, now).await.unwrap()
    }

    /// What the service holds.
    pub(crate) fn truth(&self) -> Vec<TruePlay> {
        let mut lastfm = self.lastfm();
        let now = self.clock.now();
        let mut truth = lastfm.truth_at(now);
        truth.retain(|play| &*play.artist != GREETING);
        truth
    }

    /// How often the service was asked for this method.
    pub(crate) fn asked(&self, method: &str) -> usize {
        let lastfm = self.lastfm();
        lastfm.log().iter().filter(|entry| entry.method.eq_ignore_ascii_case(method)).count()
    }
}

fn sender(
    lastfm: &Arc<Mutex<FakeLastfm>>,
    clock: &VirtualClock,
    queue: Arc<dyn ScrobbleQueue>,
) -> Sender {
    let session = lastfm.lock().unwrap().log_in("rj").unwrap();
    let transport = FakeLastfmTransport::new(Arc::clone(lastfm), Arc::new(clock.clone()));
    let credentials = Credentials::read_only(ApiKey::new("key").unwrap())
        .with_secret(SharedSecret::new("secret").unwrap())
        .with_session(SessionKey::new(session).unwrap());
    let client = Client::builder(credentials, Arc::new(transport), Arc::new(clock.clone()))
        .jitter_seed(7)
        .build();
    Sender::new(client, queue, "rj".parse().unwrap())
}

/// A service without memory for repeats, as Last.fm was, that shows late what it has.
pub(crate) fn forgetful(service: &mut ServiceKnobs) {
    service.drops_repeats = false;
    service.shown_after = 60;
}

/// Last.fm as it is.
pub(crate) fn usual(_: &mut ServiceKnobs) {}
