//! The queue: each method of its contract is one transaction.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::Timestamp;
use lastfm_core::archive::StoreResult;
use lastfm_core::scrobble::{
    Account, AddedJob, Attempt, Batch, Change, Counts, Enqueued, Filter, Hold, HoldReason, Job,
    NewJob, PlayId, QueuedPlay, Repeats, ScrobbleQueue, Selection, Step, StepId, Submission,
    Verdict,
};

use crate::database::Database;
use crate::error::Failure;
use crate::statements::queue;
use crate::transaction::{Purpose, Transaction};
use crate::{OpenError, PostgresStoreOptions};

/// An open transaction, as a call gets it.
type Db = Arc<Transaction>;

/// Keeps plays in one PostgreSQL database until the service has them.
///
/// What it acknowledged is on the server's disk (`synchronous_commit`): it survives the program,
/// the server, and a power cut, as far as the disk itself does what it says. Any number of programs
/// on any number of machines may share it: none is given a play that another has taken. Changes of
/// one account come one after the other; those of different accounts do not wait for each other.
///
/// Cheap to clone: all clones share the connections.
///
/// A play's [duration](lastfm_core::PlayerTrack::duration) is kept in whole milliseconds.
///
/// # Cancel safety
///
/// A change whose future is dropped before its end has happened whole or not at all. What comes
/// after it for the same account waits until that is decided.
#[derive(Debug, Clone)]
pub struct PostgresQueue {
    database: Database,
}

impl PostgresQueue {
    /// Opens the queue at this address; [`PostgresStoreOptions`] has more to choose.
    ///
    /// # Errors
    ///
    /// As [`PostgresStoreOptions::open_queue`].
    pub async fn open(url: impl Into<String>) -> Result<Self, OpenError> {
        PostgresStoreOptions::new(url).open_queue().await
    }

    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    async fn write<T: Send, F>(
        &self,
        operation: &'static str,
        act: impl Fn(Db) -> F + Send + Sync,
    ) -> StoreResult<T>
    where
        F: Future<Output = Result<T, Failure>> + Send,
    {
        self.database.transact(operation, Purpose::Precious, act).await
    }

    async fn read<T: Send, F>(
        &self,
        operation: &'static str,
        act: impl Fn(Db) -> F + Send + Sync,
    ) -> StoreResult<T>
    where
        F: Future<Output = Result<T, Failure>> + Send,
    {
        self.database.transact(operation, Purpose::Read, act).await
    }
}

#[async_trait]
impl ScrobbleQueue for PostgresQueue {
    async fn accounts(&self) -> StoreResult<Vec<Account>> {
        self.read("accounts", |db: Db| async move { queue::accounts(&db).await }).await
    }

    async fn enqueue(
        &self,
        account: &Account,
        plays: Vec<Submission>,
        repeats: Repeats,
        at: Timestamp,
    ) -> StoreResult<Vec<Enqueued>> {
        let plays = &plays;
        let act = |db: Db| async move { queue::enqueue(&db, account, plays, repeats, at).await };
        self.write("enqueue", act).await
    }

    async fn add_job(
        &self,
        account: &Account,
        job: NewJob,
        at: Timestamp,
    ) -> StoreResult<AddedJob> {
        let job = &job;
        let act = |db: Db| async move { queue::add_job(&db, account, job, at).await };
        self.write("add_job", act).await
    }

    async fn jobs(&self, account: &Account, at: Timestamp) -> StoreResult<Vec<Job>> {
        self.read("jobs", |db: Db| async move { queue::jobs(&db, account, at).await }).await
    }

    async fn take(
        &self,
        account: &Account,
        limit: usize,
        lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Batch> {
        let act = |db: Db| async move { queue::take(&db, account, limit, lease, at).await };
        self.write("take", act).await
    }

    async fn settle(
        &self,
        account: &Account,
        attempt: Attempt,
        verdicts: Vec<(PlayId, Verdict)>,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        let verdicts = &verdicts;
        let act = |db: Db| async move { queue::settle(&db, account, attempt, verdicts, at).await };
        self.write("settle", act).await
    }

    async fn refresh(
        &self,
        account: &Account,
        oldest: Timestamp,
        longest_lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        let act =
            |db: Db| async move { queue::refresh(&db, account, oldest, longest_lease, at).await };
        self.write("refresh", act).await
    }

    async fn change(
        &self,
        account: &Account,
        which: Selection,
        change: Change,
        at: Timestamp,
    ) -> StoreResult<u64> {
        let act = |db: Db| async move { queue::change(&db, account, which, change, at).await };
        self.write("change", act).await
    }

    async fn play(&self, account: &Account, id: PlayId) -> StoreResult<Option<QueuedPlay>> {
        self.read("play", |db: Db| async move { queue::play(&db, account, id).await }).await
    }

    async fn plays(
        &self,
        account: &Account,
        filter: Filter,
        after: Option<PlayId>,
        limit: usize,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        let filter = &filter;
        let act =
            |db: Db| async move { queue::plays(&db, account, filter, after, limit, at).await };
        self.read("plays", act).await
    }

    async fn counts(&self, account: &Account, at: Timestamp) -> StoreResult<Counts> {
        self.read("counts", |db: Db| async move { queue::counts(&db, account, at).await }).await
    }

    async fn next_due(&self, account: &Account) -> StoreResult<Option<Timestamp>> {
        self.read("next_due", |db: Db| async move { queue::next_due(&db, account).await }).await
    }

    async fn accepted_since(&self, account: &Account, since: Timestamp) -> StoreResult<u64> {
        let act = |db: Db| async move { queue::accepted_since(&db, account, since).await };
        self.read("accepted_since", act).await
    }

    async fn history(
        &self,
        account: &Account,
        play: Option<PlayId>,
        after: Option<StepId>,
        limit: usize,
    ) -> StoreResult<Vec<Step>> {
        let act = |db: Db| async move { queue::history(&db, account, play, after, limit).await };
        self.read("history", act).await
    }

    async fn held(&self, account: &Account) -> StoreResult<Option<Hold>> {
        self.read("held", |db: Db| async move { queue::held(&db, account).await }).await
    }

    async fn hold(&self, account: &Account, hold: Hold) -> StoreResult<()> {
        let hold = &hold;
        self.write("hold", |db: Db| async move { queue::hold(&db, account, hold).await }).await
    }

    async fn lift(&self, account: &Account, reason: HoldReason) -> StoreResult<()> {
        self.write("lift", |db: Db| async move { queue::lift(&db, account, reason).await }).await
    }

    async fn forget(&self, account: &Account, before: Timestamp) -> StoreResult<u64> {
        self.write("forget", |db: Db| async move { queue::forget(&db, account, before).await })
            .await
    }
}
