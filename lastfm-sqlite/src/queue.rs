//! The queue: each method of its contract is one job on one thread.

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
use rusqlite::{Connection, Transaction};

use crate::connection::Opener;
use crate::error::Failure;
use crate::open_file::OpenFile;
use crate::statements::queue;
use crate::{OpenError, SqliteStoreOptions};

/// Keeps plays in one SQLite file until the service has them.
///
/// What it acknowledged is on the disk: it survives the program, the system, and a power cut, as
/// far as the disk itself does what it says. The file may be the archive's
/// ([`SqliteStore`](crate::SqliteStore)), and several programs may share it: none is given a play
/// that another has taken.
///
/// Cheap to clone: all clones share the connections. When the last one is dropped, it waits for
/// what is being written and closes the file.
///
/// A play's [duration](lastfm_core::PlayerTrack::duration) is kept in whole milliseconds.
///
/// ```
/// use lastfm_core::scrobble::{Account, Repeats, ScrobbleQueue, State, Submission};
/// use lastfm_core::{NewPlay, PlayerTrack, Service, Timestamp};
/// use lastfm_sqlite::SqliteQueue;
///
/// # futures_executor::block_on(async {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("plays.db");
/// let queue = SqliteQueue::open(path).await?;
/// let account = Account::new(&Service::last_fm(), "RJ".parse()?);
/// let played_at = Timestamp::from_unix(1_776_000_000);
/// let play = Submission::new(NewPlay::new(PlayerTrack::new("Low", "Words"), played_at));
/// let now = played_at.plus(345);
/// queue.enqueue(&account, vec![play], Repeats::Same, now).await?;
/// assert_eq!(queue.counts(&account, now).await?.of(State::Ready), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
///
/// # Cancel safety
///
/// A change is queued when its future is first polled; from then on it is made whole, also if
/// the future is dropped.
#[derive(Debug, Clone)]
pub struct SqliteQueue {
    file: Arc<OpenFile>,
}

impl SqliteQueue {
    /// Opens the queue in this file, or makes it; [`SqliteStoreOptions`] has more to choose.
    ///
    /// # Errors
    ///
    /// As [`SqliteStoreOptions::open_queue`].
    pub async fn open(path: impl Into<std::path::PathBuf>) -> Result<Self, OpenError> {
        SqliteStoreOptions::new(path).open_queue().await
    }

    pub(crate) async fn start(opener: Opener, reader_count: usize) -> Result<Self, OpenError> {
        Ok(Self { file: Arc::new(OpenFile::open(opener, reader_count).await?) })
    }

    async fn write<T: Send + 'static>(
        &self,
        operation: &'static str,
        account: &Account,
        act: impl FnOnce(&Transaction<'_>, &Account) -> Result<T, Failure> + Send + 'static,
    ) -> StoreResult<T> {
        let account = account.clone();
        self.file.write(operation, move |db, _| act(db, &account)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        account: &Account,
        act: impl FnOnce(&Connection, &Account) -> Result<T, Failure> + Send + 'static,
    ) -> StoreResult<T> {
        let account = account.clone();
        self.file.read(operation, move |db, _| act(db, &account)).await
    }

    /// Does `act` with the connection that writes, outside of any transaction: so that a test can
    /// interrupt it, or leave it no room.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub async fn on_writer<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Option<T> {
        self.file.on_writer(act).await
    }
}

#[async_trait]
impl ScrobbleQueue for SqliteQueue {
    async fn accounts(&self) -> StoreResult<Vec<Account>> {
        self.file.read("accounts", |db, _| queue::accounts(db)).await
    }

    async fn enqueue(
        &self,
        account: &Account,
        plays: Vec<Submission>,
        repeats: Repeats,
        at: Timestamp,
    ) -> StoreResult<Vec<Enqueued>> {
        let act = move |db: &Transaction<'_>, account: &Account| {
            queue::enqueue(db, account, plays, repeats, at)
        };
        self.write("enqueue", account, act).await
    }

    async fn add_job(
        &self,
        account: &Account,
        job: NewJob,
        at: Timestamp,
    ) -> StoreResult<AddedJob> {
        self.write("add_job", account, move |db, account| queue::add_job(db, account, job, at))
            .await
    }

    async fn jobs(&self, account: &Account, at: Timestamp) -> StoreResult<Vec<Job>> {
        self.read("jobs", account, move |db, account| queue::jobs(db, account, at)).await
    }

    async fn take(
        &self,
        account: &Account,
        limit: usize,
        lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Batch> {
        let act = move |db: &Transaction<'_>, account: &Account| {
            queue::take(db, account, limit, lease, at)
        };
        self.write("take", account, act).await
    }

    async fn settle(
        &self,
        account: &Account,
        attempt: Attempt,
        verdicts: Vec<(PlayId, Verdict)>,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        let act = move |db: &Transaction<'_>, account: &Account| {
            queue::settle(db, account, attempt, verdicts, at)
        };
        self.write("settle", account, act).await
    }

    async fn refresh(
        &self,
        account: &Account,
        oldest: Timestamp,
        longest_lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        let act = move |db: &Transaction<'_>, account: &Account| {
            queue::refresh(db, account, oldest, longest_lease, at)
        };
        self.write("refresh", account, act).await
    }

    async fn change(
        &self,
        account: &Account,
        which: Selection,
        change: Change,
        at: Timestamp,
    ) -> StoreResult<u64> {
        let act = move |db: &Transaction<'_>, account: &Account| {
            queue::change(db, account, which, change, at)
        };
        self.write("change", account, act).await
    }

    async fn play(&self, account: &Account, id: PlayId) -> StoreResult<Option<QueuedPlay>> {
        self.read("play", account, move |db, account| queue::play(db, account, id)).await
    }

    async fn plays(
        &self,
        account: &Account,
        filter: Filter,
        after: Option<PlayId>,
        limit: usize,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        let act = move |db: &Connection, account: &Account| {
            queue::plays(db, account, &filter, after, limit, at)
        };
        self.read("plays", account, act).await
    }

    async fn counts(&self, account: &Account, at: Timestamp) -> StoreResult<Counts> {
        self.read("counts", account, move |db, account| queue::counts(db, account, at)).await
    }

    async fn next_due(&self, account: &Account) -> StoreResult<Option<Timestamp>> {
        self.read("next_due", account, queue::next_due).await
    }

    async fn accepted_since(&self, account: &Account, since: Timestamp) -> StoreResult<u64> {
        let act =
            move |db: &Connection, account: &Account| queue::accepted_since(db, account, since);
        self.read("accepted_since", account, act).await
    }

    async fn history(
        &self,
        account: &Account,
        play: Option<PlayId>,
        after: Option<StepId>,
        limit: usize,
    ) -> StoreResult<Vec<Step>> {
        let act = move |db: &Connection, account: &Account| {
            queue::history(db, account, play, after, limit)
        };
        self.read("history", account, act).await
    }

    async fn held(&self, account: &Account) -> StoreResult<Option<Hold>> {
        self.read("held", account, queue::held).await
    }

    async fn hold(&self, account: &Account, hold: Hold) -> StoreResult<()> {
        self.write("hold", account, move |db, account| queue::hold(db, account, &hold)).await
    }

    async fn lift(&self, account: &Account, reason: HoldReason) -> StoreResult<()> {
        self.write("lift", account, move |db, account| queue::lift(db, account, reason)).await
    }

    async fn forget(&self, account: &Account, before: Timestamp) -> StoreResult<u64> {
        self.write("forget", account, move |db, account| queue::forget(db, account, before)).await
    }
}
