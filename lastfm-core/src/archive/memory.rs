//! A store in memory: the contract in its plainest form, to test with and to measure others by.

mod albums;
mod archive;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use self::albums::Albums;
use self::archive::{Archive, Row, State, Tally, places};
use super::diff::Standing;
use super::store::{
    ArchiveStore, ArchivedUser, Book, Claim, Count, Covered, Doubt, Hole, Observation, Part, Place,
    RemovedPlay, Replaced, Revision, StoredPlay, UserId, WorkerId,
};
use crate::albums::{
    Album, AlbumId, AlbumStore, Collected, Correction, KnownAlbum, Outcome, PlayedAlbums,
};
use crate::store_error::{StoreError, StoreErrorKind, StoreResult};
use crate::yielding::yield_once;
use crate::{Clock, Play, Span, Timestamp, Username};

/// Keeps archives for as long as the program runs.
///
/// # Cancel safety
///
/// Each method waits once before it acts, and then acts whole: a future dropped before it is
/// ready has done nothing.
///
/// Cheap to clone: all clones are one store.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    shared: Arc<Shared>,
    /// Whose changes these are, where only theirs are let through.
    worker: Option<WorkerId>,
}

#[derive(Debug)]
struct Shared {
    /// For leases.
    clock: Arc<dyn Clock>,
    archives: Mutex<BTreeMap<UserId, Archive>>,
    /// Locked after the archives.
    albums: Mutex<Albums>,
    /// The number that the newest user was given.
    last_user: AtomicI64,
}

impl MemoryStore {
    /// An empty store, whose leases pass by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let (archives, albums) = (Mutex::default(), Mutex::default());
        let shared = Shared { clock, archives, albums, last_user: AtomicI64::new(0) };
        Self { shared: Arc::new(shared), worker: None }
    }

    async fn archives(&self) -> MutexGuard<'_, BTreeMap<UserId, Archive>> {
        yield_once().await;
        // Nothing below panics halfway through a change.
        self.shared.archives.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn locked_albums(&self) -> MutexGuard<'_, Albums> {
        self.shared.albums.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn known_albums(&self) -> MutexGuard<'_, Albums> {
        yield_once().await;
        self.locked_albums()
    }

    async fn on<T>(
        &self,
        operation: &'static str,
        user: UserId,
        act: impl FnOnce(&mut Archive) -> Result<T, StoreErrorKind> + Send,
    ) -> StoreResult<T> {
        let mut archives = self.archives().await;
        let archive = archives.get_mut(&user).ok_or(StoreErrorKind::UnknownUser);
        archive.and_then(act).map_err(|kind| StoreError::new(operation, kind))
    }

    /// The same for a change, which may be fenced.
    async fn change<T>(
        &self,
        operation: &'static str,
        user: UserId,
        act: impl FnOnce(&mut Archive) -> Result<T, StoreErrorKind> + Send,
    ) -> StoreResult<T> {
        self.on(operation, user, |archive| {
            let now = self.shared.clock.elapsed();
            let is_at_work = |worker| {
                archive.work.as_ref().is_some_and(|(by, until)| by == worker && *until > now)
            };
            if !self.worker.as_ref().is_none_or(is_at_work) {
                return Err(StoreErrorKind::Overtaken);
            }
            act(archive)
        })
        .await
    }
}

#[async_trait]
impl ArchiveStore for MemoryStore {
    async fn user(&self, name: &Username) -> StoreResult<Option<ArchivedUser>> {
        let archives = self.archives().await;
        let mut users = archives.values().map(|archive| &archive.user);
        Ok(users.find(|user| user.name == *name).cloned())
    }

    async fn users(&self) -> StoreResult<Vec<ArchivedUser>> {
        let archives = self.archives().await;
        let mut users: Vec<_> = archives.values().map(|archive| archive.user.clone()).collect();
        users.sort_by_key(|user| user.name.folded());
        Ok(users)
    }

    async fn add_user(
        &self,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<ArchivedUser> {
        let mut archives = self.archives().await;
        let mut users = archives.values().map(|archive| &archive.user);
        if let Some(user) = users.find(|user| user.name == *name) {
            return Ok(user.clone());
        }
        let last = self.shared.last_user.fetch_add(1, Ordering::Relaxed);
        let user = ArchivedUser { id: UserId(last + 1), name: name.clone(), registered_at };
        archives.insert(user.id, Archive::new(user.clone()));
        Ok(user)
    }

    async fn rename_user(
        &self,
        user: UserId,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<()> {
        let mut archives = self.archives().await;
        let failed = |kind| StoreError::new("rename_user", kind);
        let mut others = archives.values().filter(|other| other.user.id != user);
        let conflict = others.any(|other| other.user.name == *name);
        let Some(archive) = archives.get_mut(&user) else {
            return Err(failed(StoreErrorKind::UnknownUser));
        };
        if conflict {
            return Err(failed(StoreErrorKind::Conflict));
        }
        archive.user.name = name.clone();
        archive.user.registered_at = registered_at;
        Ok(())
    }

    async fn remove_user(&self, user: UserId) -> StoreResult<()> {
        let removed = self.archives().await.remove(&user);
        self.locked_albums().forget(user);
        let unknown = || StoreError::new("remove_user", StoreErrorKind::UnknownUser);
        removed.map(drop).ok_or_else(unknown)
    }

    async fn revision(&self, user: UserId) -> StoreResult<Revision> {
        self.on("revision", user, |archive| Ok(archive.revision)).await
    }

    async fn replace(
        &self,
        user: UserId,
        span: Span,
        plays: Vec<Play>,
        observation: Observation,
    ) -> StoreResult<Replaced> {
        self.change("replace", user, |archive| archive.replace(span, &plays, observation)).await
    }

    async fn coverage(&self, user: UserId) -> StoreResult<Vec<Covered>> {
        self.on("coverage", user, |archive| Ok(archive.coverage.covered().to_vec())).await
    }

    async fn count(&self, user: UserId, span: Span) -> StoreResult<Count> {
        self.on("count", user, |archive| Ok(archive.count(span))).await
    }

    async fn bounds(&self, user: UserId) -> StoreResult<Option<(Timestamp, Timestamp)>> {
        self.on("bounds", user, |archive| {
            let held = |(_, row): &(&Place, &Row)| row.state.standing() != Standing::Removed;
            let first = archive.rows.iter().find(held);
            let last = archive.rows.iter().rfind(held);
            Ok(first.zip(last).map(|((first, _), (last, _))| (first.at, last.at)))
        })
        .await
    }

    async fn moments(
        &self,
        user: UserId,
        span: Span,
        skip: u64,
        limit: usize,
    ) -> StoreResult<Vec<Timestamp>> {
        self.on("moments", user, |archive| {
            let places = archive.held(places(span)).map(|(place, _)| place.at);
            let skip = usize::try_from(skip).unwrap_or(usize::MAX);
            Ok(places.skip(skip).take(limit).collect())
        })
        .await
    }

    async fn plays(
        &self,
        user: UserId,
        span: Span,
        after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<StoredPlay>> {
        self.on("plays", user, |archive| {
            let stored = archive.held(places(span)).map(|(place, row)| StoredPlay {
                place: *place,
                play: row.play.clone(),
                doubted_at: row.state.doubted_at(),
            });
            let wanted = stored.skip_while(|stored| Some(stored.place) <= after);
            Ok(wanted.take(limit).collect())
        })
        .await
    }

    async fn removed_count(&self, user: UserId) -> StoreResult<u64> {
        self.on("removed_count", user, |archive| Ok(archive.tally.removed)).await
    }

    async fn removed(
        &self,
        user: UserId,
        span: Span,
        after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<RemovedPlay>> {
        self.on("removed", user, |archive| {
            let rows = archive.rows.range(places(span));
            let removed = rows.filter_map(|(place, row)| match row.state {
                State::Removed { since: removed_at, edited } => {
                    Some(RemovedPlay { place: *place, play: row.play.clone(), removed_at, edited })
                }
                State::Held | State::Doubted { .. } => None,
            });
            let wanted = removed.skip_while(|removed| Some(removed.place) <= after);
            Ok(wanted.take(limit).collect())
        })
        .await
    }

    async fn recount(&self, user: UserId) -> StoreResult<Count> {
        self.change("recount", user, |archive| {
            archive.tally = Tally::default();
            for row in archive.rows.values() {
                *archive.tally.of(row.state) += 1;
            }
            Ok(archive.count(Span::EVER))
        })
        .await
    }

    async fn doubts(&self, user: UserId) -> StoreResult<Vec<Doubt>> {
        self.on("doubts", user, |archive| {
            let since = |row: &Row| row.state.doubted_at();
            let doubted = archive.rows.iter();
            let doubted = doubted.filter_map(|(place, row)| Some((place.at, since(row)?)));
            Ok(archive.coverage.doubts(doubted))
        })
        .await
    }

    async fn withdraw_doubts(&self, user: UserId, span: Span) -> StoreResult<()> {
        self.change("withdraw_doubts", user, |archive| {
            for (_, row) in archive.rows.range_mut(places(span)) {
                if let State::Doubted { .. } = row.state {
                    archive.tally.moves(&mut row.state, State::Held);
                }
            }
            Ok(())
        })
        .await
    }

    async fn holes(&self, user: UserId) -> StoreResult<Vec<Hole>> {
        self.on("holes", user, |archive| Ok(archive.holes.clone())).await
    }

    async fn set_hole(&self, user: UserId, hole: Hole) -> StoreResult<()> {
        self.change("set_hole", user, |archive| {
            if !archive.coverage.gaps(hole.span).is_empty() {
                archive.holes.retain(|old| !old.span.overlaps(hole.span));
                archive.holes.push(hole);
                archive.holes.sort_by_key(|hole| hole.span);
            }
            Ok(())
        })
        .await
    }

    async fn book(&self, user: UserId) -> StoreResult<Book> {
        self.on("book", user, |archive| Ok(archive.book.clone())).await
    }

    async fn set_book(&self, user: UserId, book: Book) -> StoreResult<()> {
        self.change("set_book", user, |archive| {
            archive.book = book;
            Ok(())
        })
        .await
    }

    async fn restore(&self, user: UserId, part: Part) -> StoreResult<()> {
        self.change("restore", user, |archive| archive.restore(part)).await
    }

    async fn claim(&self, user: UserId, worker: &WorkerId, lease: Duration) -> StoreResult<Claim> {
        self.on("claim", user, |archive| {
            let now = self.shared.clock.elapsed();
            if let Some((by, until)) = &archive.work
                && by != worker
                && *until > now
            {
                return Ok(Claim::Taken { by: by.clone(), free_in: until.saturating_sub(now) });
            }
            archive.work = Some((worker.clone(), now + lease));
            Ok(Claim::Yours)
        })
        .await
    }

    async fn release(&self, user: UserId, worker: &WorkerId) -> StoreResult<()> {
        self.on("release", user, |archive| {
            archive.work.take_if(|(by, _)| by == worker);
            Ok(())
        })
        .await
    }

    fn fenced(&self, worker: &WorkerId) -> Arc<dyn ArchiveStore> {
        Arc::new(Self { worker: Some(worker.clone()), ..self.clone() })
    }
}

#[async_trait]
impl AlbumStore for MemoryStore {
    async fn collect_albums(&self, user: UserId, limit: usize) -> StoreResult<Collected> {
        let collect = |archive: &mut Archive| Ok(self.locked_albums().collect(archive, limit));
        self.on("collect_albums", user, collect).await
    }

    async fn played_albums(&self, user: UserId, span: Span) -> StoreResult<PlayedAlbums> {
        let played = |archive: &mut Archive| Ok(self.locked_albums().played(archive, span));
        self.on("played_albums", user, played).await
    }

    async fn albums(&self, ids: &[AlbumId]) -> StoreResult<Vec<KnownAlbum>> {
        Ok(self.known_albums().await.albums(ids))
    }

    async fn questions(&self, user: UserId, ids: &[AlbumId]) -> StoreResult<Vec<(AlbumId, Album)>> {
        let questions = |_: &mut Archive| Ok(self.locked_albums().questions(user, ids));
        self.on("questions", user, questions).await
    }

    async fn record_outcomes(&self, outcomes: Vec<(AlbumId, Outcome)>) -> StoreResult<()> {
        self.known_albums().await.record(outcomes);
        Ok(())
    }

    async fn correct_album(
        &self,
        id: AlbumId,
        correction: Option<Correction>,
    ) -> StoreResult<Option<KnownAlbum>> {
        Ok(self.known_albums().await.correct(id, correction))
    }
}
