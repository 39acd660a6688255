//! The program under test: the only place that knows how a sender is built and asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Planted;
use crate::archive::StoreResult;
use crate::scrobble::{
    AddedJob, Change, Enqueued, NewJob, Repeats, ScrobbleQueue, Selection, Sender, Submission,
};
use crate::testing::{Cut, Cutting, FailingQueue, FakeLastfm, FakeLastfmTransport, VirtualClock};
use crate::transport::Transport;
use crate::{ApiKey, Client, Clock, Credentials, SessionKey, SharedSecret, Username};

/// The app that the service knows.
pub(super) const APP: (&str, &str) = ("key", "secret");

/// What a program finds when it starts.
#[derive(Debug, Clone)]
pub(super) struct Surroundings {
    pub(super) seed: u64,
    pub(super) fake: Arc<Mutex<FakeLastfm>>,
    pub(super) clock: VirtualClock,
    /// What the programs write to, on a disk that can be full.
    pub(super) queue: Arc<FailingQueue>,
    pub(super) planted: Planted,
    pub(super) user: Username,
}

/// A process that sends, until it is killed.
#[derive(Debug, Clone)]
pub(super) struct Program {
    sender: Sender,
    pub(super) cut: Cut,
}

impl Program {
    /// Starts one, with the session that the app remembers. It may be stopped at every step of its
    /// queue, and on its way to the service only if `on_the_way`.
    pub(super) fn start(around: &Surroundings, session: &str, cut: Cut) -> Self {
        let true_clock: Arc<dyn Clock> = Arc::new(around.clock.clone());
        let transport = FakeLastfmTransport::new(Arc::clone(&around.fake), Arc::clone(&true_clock));
        let mut transport: Arc<dyn Transport> = Arc::new(Cutting::new(transport, cut.clone()));
        let queue: Arc<dyn ScrobbleQueue> = around.queue.clone();
        let mut queue: Arc<dyn ScrobbleQueue> = Arc::new(Cutting::new(queue, cut.clone()));
        let mut clock = true_clock;
        if let Some(plant) = &around.planted.transport {
            transport = plant(transport);
        }
        if let Some(plant) = &around.planted.queue {
            queue = plant(queue);
        }
        if let Some(plant) = &around.planted.clock {
            clock = plant(clock);
        }
        // None of the three is blank.
        let credentials = Credentials::read_only(ApiKey::new(APP.0).expect("a key"))
            .with_secret(SharedSecret::new(APP.1).expect("a secret"))
            .with_session(SessionKey::new(session).expect("a session"));
        let seed = around.seed;
        let client = Client::builder(credentials, transport, clock).jitter_seed(seed).build();
        Self { sender: Sender::new(client, queue, around.user.clone()), cut }
    }

    pub(super) async fn enqueue(
        self,
        plays: Vec<Submission>,
        repeats: Repeats,
    ) -> StoreResult<Vec<Enqueued>> {
        self.sender.enqueue(plays, repeats).await
    }

    pub(super) async fn add_job(self, job: NewJob) -> StoreResult<AddedJob> {
        self.sender.add_job(job).await
    }

    /// Sends what can be sent.
    pub(super) async fn drain(self, patience: Duration) -> StoreResult<()> {
        self.sender.drain(patience).finish().await.map(drop)
    }

    pub(super) async fn logged_in(self, session: String) -> StoreResult<()> {
        // It is not blank.
        self.sender.logged_in(SessionKey::new(session).expect("a session")).await
    }

    pub(super) async fn change(self, which: Selection, change: Change) -> StoreResult<u64> {
        self.sender.change(which, change).await
    }

    pub(super) async fn pause(self) -> StoreResult<()> {
        self.sender.pause().await
    }

    pub(super) async fn resume(self) -> StoreResult<()> {
        self.sender.resume().await
    }
}
