//! The store: each method of the contract is one job on one thread.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use lastfm_core::archive::{
    ArchiveStore, ArchivedUser, Book, Claim, Count, Covered, Doubt, Hole, Observation, Part, Place,
    RemovedPlay, Replaced, Revision, Span, StoreResult, StoredPlay, UserId, WorkerId,
};
use lastfm_core::{Clock, Play, Timestamp, Username};
use rusqlite::{Connection, Transaction};

use crate::connection::Opener;
use crate::error::Failure;
use crate::heard::Heard;
use crate::open_file::OpenFile;
use crate::statements::{books, coverage, plays, recount, replace, restore, users, work};
use crate::variants::Variants;
use crate::{OpenError, SqliteStoreOptions};

/// Archives in one SQLite file.
///
/// Cheap to clone: all clones share the connections. When the last one is dropped, it waits for
/// what is being written and closes the file.
///
/// [`remove_user`](ArchiveStore::remove_user) leaves the file as large as it was; what is written
/// later fills the room. `sqlite3 FILE VACUUM` gives it back.
///
/// # Cancel safety
///
/// A change is queued when its future is first polled; from then on it is made whole, also if
/// the future is dropped.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    shared: Arc<Shared>,
    /// Whose changes these are, where only theirs are let through.
    worker: Option<WorkerId>,
}

#[derive(Debug)]
struct Shared {
    file: OpenFile,
    clock: Option<Arc<dyn Clock>>,
}

impl SqliteStore {
    /// Opens the archive in this file, or makes it; [`SqliteStoreOptions`] has more to choose.
    ///
    /// # Errors
    ///
    /// As [`SqliteStoreOptions::open`].
    pub async fn open(path: impl Into<std::path::PathBuf>) -> Result<Self, OpenError> {
        SqliteStoreOptions::new(path).open().await
    }

    pub(crate) async fn start(
        opener: Opener,
        reader_count: usize,
        clock: Option<Arc<dyn Clock>>,
    ) -> Result<Self, OpenError> {
        let file = OpenFile::open(opener, reader_count).await?;
        let shared = Shared { file, clock };
        Ok(Self { shared: Arc::new(shared), worker: None })
    }

    /// Does `act` in one transaction on the thread that writes.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&Transaction<'_>, &mut Variants) -> Result<T, Failure> + Send + 'static,
    ) -> StoreResult<T> {
        self.shared.file.write(operation, act).await
    }

    /// The same for what a person said, of which there is no other copy: no power cut takes it.
    pub(crate) async fn write_down<T: Send + 'static>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> StoreResult<T> {
        self.shared.file.write_down(operation, act).await
    }

    /// The same for a change of one user's archive, which may be fenced.
    async fn change<T: Send + 'static>(
        &self,
        operation: &'static str,
        user: UserId,
        act: impl FnOnce(&Transaction<'_>, &mut Variants) -> Result<T, Failure> + Send + 'static,
    ) -> StoreResult<T> {
        let (worker, now) = (self.worker.clone(), self.now());
        self.write(operation, move |db, variants| {
            if let Some(worker) = worker {
                work::check(db, user, &worker, now.ms())?;
            }
            act(db, variants)
        })
        .await
    }

    /// Does `act` on one of the threads that read.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> StoreResult<T> {
        self.read_heard(operation, |db, _| act(db)).await
    }

    /// The same, with what that thread remembers of a user's albums.
    pub(crate) async fn read_heard<T: Send + 'static>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&Connection, &mut Heard) -> Result<T, Failure> + Send + 'static,
    ) -> StoreResult<T> {
        self.shared.file.read(operation, act).await
    }

    /// Does `act` with the connection that writes, outside of any transaction: so that a test can
    /// interrupt it, or leave it no room.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub async fn on_writer<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> Option<T> {
        self.shared.file.on_writer(act).await
    }

    /// The time of day that leases and rates go by.
    pub(crate) fn now(&self) -> Now {
        Now(self.shared.clock.clone())
    }
}

/// Tells the time of day that all programs on the machine share, or a test's.
#[derive(Debug, Clone)]
pub(crate) struct Now(Option<Arc<dyn Clock>>);

impl Now {
    /// Milliseconds since 1970.
    pub(crate) fn ms(&self) -> i64 {
        let Some(clock) = &self.0 else {
            let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
            let since_1970 = since_1970.unwrap_or_default().as_millis();
            return i64::try_from(since_1970).unwrap_or(i64::MAX);
        };
        clock.wall().as_unix().saturating_mul(1_000)
    }
}

#[async_trait]
impl ArchiveStore for SqliteStore {
    async fn user(&self, name: &Username) -> StoreResult<Option<ArchivedUser>> {
        let name = name.clone();
        self.read("user", move |db| users::find(db, &name)).await
    }

    async fn users(&self) -> StoreResult<Vec<ArchivedUser>> {
        self.read("users", users::all).await
    }

    async fn add_user(
        &self,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<ArchivedUser> {
        let name = name.clone();
        let add =
            move |db: &Transaction<'_>, _: &mut Variants| users::add(db, &name, registered_at);
        self.write("add_user", add).await
    }

    async fn rename_user(
        &self,
        user: UserId,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<()> {
        let name = name.clone();
        self.write("rename_user", move |db, _| users::rename(db, user, &name, registered_at)).await
    }

    async fn remove_user(&self, user: UserId) -> StoreResult<()> {
        self.write("remove_user", move |db, variants| {
            variants.clear();
            users::remove(db, user)
        })
        .await
    }

    async fn revision(&self, user: UserId) -> StoreResult<Revision> {
        let kept = self.read("revision", move |db| users::kept(db, user)).await;
        kept.map(|kept| kept.revision)
    }

    async fn replace(
        &self,
        user: UserId,
        span: Span,
        plays: Vec<Play>,
        observation: Observation,
    ) -> StoreResult<Replaced> {
        self.change("replace", user, move |db, variants| {
            replace::replace(db, variants, user, span, &plays, observation)
        })
        .await
    }

    async fn coverage(&self, user: UserId) -> StoreResult<Vec<Covered>> {
        self.read("coverage", move |db| {
            users::known(db, user)?;
            coverage::all(db, user)
        })
        .await
        .map(lastfm_core::archive::Coverage::into_covered)
    }

    async fn count(&self, user: UserId, span: Span) -> StoreResult<Count> {
        self.read("count", move |db| plays::count(db, user, span)).await
    }

    async fn bounds(&self, user: UserId) -> StoreResult<Option<(Timestamp, Timestamp)>> {
        self.read("bounds", move |db| plays::bounds(db, user)).await
    }

    async fn moments(
        &self,
        user: UserId,
        span: Span,
        skip: u64,
        limit: usize,
    ) -> StoreResult<Vec<Timestamp>> {
        self.read("moments", move |db| plays::moments(db, user, span, skip, limit)).await
    }

    async fn plays(
        &self,
        user: UserId,
        span: Span,
        after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<StoredPlay>> {
        self.read("plays", move |db| plays::plays(db, user, span, after, limit)).await
    }

    async fn removed_count(&self, user: UserId) -> StoreResult<u64> {
        let kept = self.read("removed_count", move |db| users::kept(db, user));
        kept.await.map(|kept| kept.tally.removed.unsigned_abs())
    }

    async fn removed(
        &self,
        user: UserId,
        span: Span,
        after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<RemovedPlay>> {
        self.read("removed", move |db| plays::removed(db, user, span, after, limit)).await
    }

    async fn recount(&self, user: UserId) -> StoreResult<Count> {
        self.change("recount", user, move |db, _| recount::recount(db, user)).await
    }

    async fn doubts(&self, user: UserId) -> StoreResult<Vec<Doubt>> {
        self.read("doubts", move |db| {
            users::known(db, user)?;
            plays::doubts(db, user, &coverage::all(db, user)?)
        })
        .await
    }

    async fn withdraw_doubts(&self, user: UserId, span: Span) -> StoreResult<()> {
        self.change("withdraw_doubts", user, move |db, _| plays::withdraw_doubts(db, user, span))
            .await
    }

    async fn holes(&self, user: UserId) -> StoreResult<Vec<Hole>> {
        self.read("holes", move |db| {
            users::known(db, user)?;
            coverage::holes(db, user)
        })
        .await
    }

    async fn set_hole(&self, user: UserId, hole: Hole) -> StoreResult<()> {
        self.change("set_hole", user, move |db, _| {
            users::known(db, user)?;
            if coverage::all(db, user)?.gaps(hole.span).is_empty() {
                return Ok(());
            }
            coverage::close_holes(db, user, hole.span)?;
            coverage::open_hole(db, user, &hole)
        })
        .await
    }

    async fn book(&self, user: UserId) -> StoreResult<Book> {
        self.read("book", move |db| books::read(db, user)).await
    }

    async fn set_book(&self, user: UserId, book: Book) -> StoreResult<()> {
        self.change("set_book", user, move |db, _| books::write(db, user, &book)).await
    }

    async fn restore(&self, user: UserId, part: Part) -> StoreResult<()> {
        self.change("restore", user, move |db, variants| restore::restore(db, variants, user, part))
            .await
    }

    async fn claim(&self, user: UserId, worker: &WorkerId, lease: Duration) -> StoreResult<Claim> {
        let (worker, now) = (worker.clone(), self.now());
        self.write("claim", move |db, _| work::claim(db, user, &worker, lease, now.ms())).await
    }

    async fn release(&self, user: UserId, worker: &WorkerId) -> StoreResult<()> {
        let worker = worker.clone();
        self.write("release", move |db, _| work::release(db, user, &worker)).await
    }

    fn fenced(&self, worker: &WorkerId) -> Arc<dyn ArchiveStore> {
        Arc::new(Self { worker: Some(worker.clone()), ..self.clone() })
    }
}
