//! The store: each method of the contract is one transaction.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::try_join;
use lastfm_core::archive::{
    ArchiveStore, ArchivedUser, Book, Claim, Count, Covered, Doubt, Hole, Observation, Part, Place,
    RemovedPlay, Replaced, Revision, Span, StoreResult, StoredPlay, UserId, WorkerId,
};
use lastfm_core::{Play, Timestamp, Username};

use crate::database::Database;
use crate::error::Failure;
use crate::statements::{books, coverage, plays, recount, replace, restore, size, users, work};
use crate::transaction::{Purpose, Transaction};
use crate::variants::Variants;
use crate::{OpenError, PostgresQueue, PostgresStoreOptions};

/// Archives in one PostgreSQL database.
///
/// Cheap to clone: all clones share the connections.
///
/// # Cancel safety
///
/// What a dropped future left undone has happened whole or not at all; what was acknowledged is
/// there.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pub(crate) database: Database,
    variants: Arc<Variants>,
    /// Whose changes these are, where only theirs are let through.
    worker: Option<WorkerId>,
}

impl PostgresStore {
    /// Opens the archives at this address; [`PostgresStoreOptions`] has more to choose.
    ///
    /// # Errors
    ///
    /// As [`PostgresStoreOptions::open`].
    pub async fn open(url: impl Into<String>) -> Result<Self, OpenError> {
        PostgresStoreOptions::new(url).open().await
    }

    pub(crate) fn new(database: Database) -> Self {
        Self { database, variants: Arc::default(), worker: None }
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// The queue of plays in the same database, over the same connections.
    pub fn queue(&self) -> PostgresQueue {
        PostgresQueue::new(self.database.clone())
    }

    /// The bytes that archives, queues and loved tracks of all users take in the database, with
    /// their indexes.
    ///
    /// # Errors
    ///
    /// What the database or the network says.
    pub async fn size(&self) -> StoreResult<u64> {
        self.read("size", |db| async move { size::size(&db).await }).await
    }

    /// Spreads the archives over the servers of a [Citus](https://www.citusdata.com) cluster, by
    /// user: everything that is a user's lies on one server, and every statement asks one server.
    /// Queues, loved tracks and rates stay on the coordinator. Does nothing if they are spread.
    ///
    /// Plays that are there already are moved, which takes its time: an empty database is spread at
    /// once. The statements are `migrations/citus.sql`, for whoever would rather run them with
    /// `psql`.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Failed`](lastfm_core::archive::StoreErrorKind::Failed) if the database
    /// does not have the extension, and what it says otherwise. Then nothing was changed.
    pub async fn spread(&self) -> StoreResult<()> {
        const SPREAD: &str = include_str!("../migrations/citus.sql");
        let spread = |db: Arc<Transaction>| async move {
            db.take_time().await?;
            db.run(SPREAD).await
        };
        self.change_users("spread", spread).await
    }

    async fn read<T: Send, F: Future<Output = Result<T, Failure>> + Send>(
        &self,
        operation: &'static str,
        act: impl Fn(Arc<Transaction>) -> F + Send + Sync,
    ) -> StoreResult<T> {
        self.database.transact(operation, Purpose::Read, act).await
    }

    /// Changes users. Nobody else knows of them, and whom a person removed is to stay removed.
    async fn change_users<T: Send, F: Future<Output = Result<T, Failure>> + Send>(
        &self,
        operation: &'static str,
        act: impl Fn(Arc<Transaction>) -> F + Send + Sync,
    ) -> StoreResult<T> {
        self.database.transact(operation, Purpose::Precious, act).await
    }

    /// Changes who is at work: where the newest claims are lost, fences refuse whoever made them.
    async fn change_work<T: Send, F: Future<Output = Result<T, Failure>> + Send>(
        &self,
        operation: &'static str,
        act: impl Fn(Arc<Transaction>) -> F + Send + Sync,
    ) -> StoreResult<T> {
        self.database.transact(operation, Purpose::Refetchable, act).await
    }

    /// Changes one user's archive, if no fence forbids it. Plays can be fetched again, and what is
    /// booked beside them, holes and doubts comes from what was fetched: where the newest changes
    /// are lost, they are lost together, and the next run finds the same.
    async fn change<T: Send, F: Future<Output = Result<T, Failure>> + Send>(
        &self,
        operation: &'static str,
        user: UserId,
        act: impl Fn(Arc<Transaction>) -> F + Send + Sync,
    ) -> StoreResult<T> {
        self.change_for(Purpose::Refetchable, operation, user, act).await
    }

    async fn change_for<T: Send, F: Future<Output = Result<T, Failure>> + Send>(
        &self,
        purpose: Purpose,
        operation: &'static str,
        user: UserId,
        act: impl Fn(Arc<Transaction>) -> F + Send + Sync,
    ) -> StoreResult<T> {
        let act = &act;
        let fenced = |transaction: Arc<Transaction>| async move {
            let Some(worker) = &self.worker else {
                return act(transaction).await;
            };
            let now_ms = self.database.now_ms(&transaction);
            let act = act(Arc::clone(&transaction));
            // Sent together; what was written is taken back if the check fails.
            try_join!(work::check(&transaction, user, worker, now_ms), act).map(|((), done)| done)
        };
        self.database.transact(operation, purpose, fenced).await
    }
}

#[async_trait]
impl ArchiveStore for PostgresStore {
    async fn user(&self, name: &Username) -> StoreResult<Option<ArchivedUser>> {
        self.read("user", |db| async move { users::find(&db, name).await }).await
    }

    async fn users(&self) -> StoreResult<Vec<ArchivedUser>> {
        self.read("users", |db| async move { users::all(&db).await }).await
    }

    async fn add_user(
        &self,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<ArchivedUser> {
        let add = |db: Arc<Transaction>| async move { users::add(&db, name, registered_at).await };
        self.change_users("add_user", add).await
    }

    async fn rename_user(
        &self,
        user: UserId,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<()> {
        self.change_users("rename_user", |db| async move {
            users::rename(&db, user, name, registered_at).await
        })
        .await
    }

    async fn remove_user(&self, user: UserId) -> StoreResult<()> {
        self.change_users("remove_user", |db| async move { users::remove(&db, user).await }).await
    }

    async fn revision(&self, user: UserId) -> StoreResult<Revision> {
        let kept = self.read("revision", |db| async move { users::kept(&db, user).await }).await;
        kept.map(|kept| kept.revision)
    }

    async fn replace(
        &self,
        user: UserId,
        span: Span,
        plays: Vec<Play>,
        observation: Observation,
    ) -> StoreResult<Replaced> {
        let (variants, plays) = (&*self.variants, plays.as_slice());
        let replaced = self.change("replace", user, |db| async move {
            replace::replace(&db, variants, user, span, plays, observation).await
        });
        let (replaced, learnt) = Box::pin(replaced).await?;
        self.variants.learn(learnt);
        Ok(replaced)
    }

    async fn coverage(&self, user: UserId) -> StoreResult<Vec<Covered>> {
        self.read("coverage", |db| async move {
            try_join!(users::known(&db, user), coverage::all(&db, user))
        })
        .await
        .map(|((), coverage)| coverage.into_covered())
    }

    async fn count(&self, user: UserId, span: Span) -> StoreResult<Count> {
        self.read("count", |db| async move { plays::count(&db, user, span).await }).await
    }

    async fn bounds(&self, user: UserId) -> StoreResult<Option<(Timestamp, Timestamp)>> {
        self.read("bounds", |db| async move { plays::bounds(&db, user).await }).await
    }

    async fn moments(
        &self,
        user: UserId,
        span: Span,
        skip: u64,
        limit: usize,
    ) -> StoreResult<Vec<Timestamp>> {
        self.read("moments", |db| async move { plays::moments(&db, user, span, skip, limit).await })
            .await
    }

    async fn plays(
        &self,
        user: UserId,
        span: Span,
        after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<StoredPlay>> {
        self.read("plays", |db| async move { plays::plays(&db, user, span, after, limit).await })
            .await
    }

    async fn removed_count(&self, user: UserId) -> StoreResult<u64> {
        let kept = self.read("removed_count", |db| async move { users::kept(&db, user).await });
        kept.await.map(|kept| kept.tally.removed.unsigned_abs())
    }

    async fn removed(
        &self,
        user: UserId,
        span: Span,
        after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<RemovedPlay>> {
        self.read(
            "removed",
            |db| async move { plays::removed(&db, user, span, after, limit).await },
        )
        .await
    }

    async fn recount(&self, user: UserId) -> StoreResult<Count> {
        self.variants.clear();
        self.change("recount", user, |db| async move { recount::recount(&db, user).await }).await
    }

    async fn doubts(&self, user: UserId) -> StoreResult<Vec<Doubt>> {
        self.read("doubts", |db| async move {
            let ((), coverage) = try_join!(users::known(&db, user), coverage::all(&db, user))?;
            plays::doubts(&db, user, &coverage).await
        })
        .await
    }

    async fn withdraw_doubts(&self, user: UserId, span: Span) -> StoreResult<()> {
        self.change("withdraw_doubts", user, |db| async move {
            plays::withdraw_doubts(&db, user, span).await
        })
        .await
    }

    async fn holes(&self, user: UserId) -> StoreResult<Vec<Hole>> {
        self.read("holes", |db| async move {
            try_join!(users::known(&db, user), coverage::holes(&db, user, Span::EVER))
        })
        .await
        .map(|((), holes)| holes)
    }

    async fn set_hole(&self, user: UserId, hole: Hole) -> StoreResult<()> {
        let hole = &hole;
        self.change("set_hole", user, |db| async move {
            let (_, covered, old) = try_join!(
                users::lock(&db, user),
                coverage::touching(&db, user, hole.span),
                coverage::holes(&db, user, hole.span),
            )?;
            if covered.gaps(hole.span).is_empty() {
                return Ok(());
            }
            coverage::set_holes(&db, user, &old, std::slice::from_ref(hole)).await
        })
        .await
    }

    async fn book(&self, user: UserId) -> StoreResult<Book> {
        self.read("book", |db| async move { books::read(&db, user).await }).await
    }

    async fn set_book(&self, user: UserId, book: Book) -> StoreResult<()> {
        let book = &book;
        self.change("set_book", user, |db| async move { books::write(&db, user, book).await }).await
    }

    async fn restore(&self, user: UserId, part: Part) -> StoreResult<()> {
        let (variants, part) = (&*self.variants, &part);
        // The end of a copy is on the disk before it is acknowledged, and with it all that was
        // copied before: the source may be thrown away.
        let purpose = match part {
            Part::Plays { .. } => Purpose::Refetchable,
            Part::Rest(_) => Purpose::Precious,
        };
        let restored = self.change_for(purpose, "restore", user, |db| async move {
            restore::restore(&db, variants, user, part).await
        });
        self.variants.learn(restored.await?);
        Ok(())
    }

    async fn claim(&self, user: UserId, worker: &WorkerId, lease: Duration) -> StoreResult<Claim> {
        self.change_work("claim", |db| async move {
            work::claim(&db, user, worker, lease, self.database.now_ms(&db)).await
        })
        .await
    }

    async fn release(&self, user: UserId, worker: &WorkerId) -> StoreResult<()> {
        let release = |db: Arc<Transaction>| async move { work::release(&db, user, worker).await };
        self.change_work("release", release).await
    }

    fn fenced(&self, worker: &WorkerId) -> Arc<dyn ArchiveStore> {
        Arc::new(Self { worker: Some(worker.clone()), ..self.clone() })
    }
}
