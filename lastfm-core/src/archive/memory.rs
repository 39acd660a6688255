//! A store in memory: the contract in its plainest form, to test with and to measure others by.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::coverage::{Coverage, Covered};
use super::diff::{Change, Existing, Plan, Seen, Standing};
use super::span::Span;
use super::store::{
    ArchiveStore, ArchivedUser, Book, Claim, Count, Doubt, Hole, Observation, Place, RemovedPlay,
    Replaced, Revision, StoreError, StoreErrorKind, StoreResult, StoredPlay, UserId, WorkerId,
};
use crate::yielding::yield_once;
use crate::{Clock, Play, Timestamp, Username};

/// Keeps archives for as long as the program runs.
///
/// # Cancel safety
///
/// Each method waits once before it acts, and then acts whole: a future dropped before it is
/// ready has done nothing.
#[derive(Debug)]
pub struct MemoryStore {
    /// For leases.
    clock: Arc<dyn Clock>,
    archives: Mutex<BTreeMap<UserId, Archive>>,
    /// The number that the newest user was given.
    last_user: AtomicI64,
}

/// All that is kept for one user.
#[derive(Debug)]
struct Archive {
    user: ArchivedUser,
    revision: Revision,
    rows: BTreeMap<Place, Row>,
    tally: Tally,
    coverage: Coverage,
    holes: Vec<Hole>,
    book: Book,
    /// Who is at work, and until when by the clock.
    work: Option<(WorkerId, Duration)>,
}

#[derive(Debug)]
struct Row {
    play: Play,
    key: Key,
    state: State,
}

/// Artist, track and album.
type Key = (String, String, Option<String>);

/// How a row stands, and since when by the service's time.
#[derive(Debug, Clone, Copy)]
enum State {
    Held,
    Doubted { since: Timestamp },
    Removed { since: Timestamp, edited: bool },
}

/// How many rows stand in which way.
#[derive(Debug, Default)]
struct Tally {
    held: u64,
    doubted: u64,
    removed: u64,
    edited: u64,
}

impl MemoryStore {
    /// An empty store, whose leases pass by `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, archives: Mutex::default(), last_user: AtomicI64::new(0) }
    }

    async fn archives(&self) -> MutexGuard<'_, BTreeMap<UserId, Archive>> {
        yield_once().await;
        // Nothing below panics halfway through a change.
        self.archives.lock().unwrap_or_else(PoisonError::into_inner)
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
        let last = self.last_user.fetch_add(1, Ordering::Relaxed);
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
        self.on("replace", user, |archive| archive.replace(span, &plays, observation)).await
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
            let stored = archive
                .held(places(span))
                .map(|(place, row)| StoredPlay { place: *place, play: row.play.clone() });
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
        self.on("recount", user, |archive| {
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
            let doubted = archive.rows.iter().filter_map(|(place, row)| match row.state {
                State::Doubted { since } => Some((place.at, since)),
                State::Held | State::Removed { .. } => None,
            });
            Ok(archive.coverage.doubts(doubted))
        })
        .await
    }

    async fn withdraw_doubts(&self, user: UserId, span: Span) -> StoreResult<()> {
        self.on("withdraw_doubts", user, |archive| {
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
        self.on("set_hole", user, |archive| {
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
        self.on("set_book", user, |archive| {
            archive.book = book;
            Ok(())
        })
        .await
    }

    async fn claim(&self, user: UserId, worker: &WorkerId, lease: Duration) -> StoreResult<Claim> {
        self.on("claim", user, |archive| {
            let now = self.clock.elapsed();
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
}

impl Archive {
    fn new(user: ArchivedUser) -> Self {
        Self {
            user,
            revision: Revision::default(),
            rows: BTreeMap::new(),
            tally: Tally::default(),
            coverage: Coverage::default(),
            holes: Vec::new(),
            book: Book::default(),
            work: None,
        }
    }

    /// Everything that can be refused is refused before the first change.
    fn replace(
        &mut self,
        span: Span,
        plays: &[Play],
        observation: Observation,
    ) -> Result<Replaced, StoreErrorKind> {
        if plays.iter().any(|play| !span.contains(play.played_at())) {
            return Err(StoreErrorKind::OutsideSpan);
        }
        if self.coverage.changed_since(span, observation.revision) {
            return Err(StoreErrorKind::Stale);
        }
        if span.is_empty() {
            return Ok(Replaced::default());
        }
        let keys: Vec<Key> = plays.iter().map(key).collect();
        let plan = self.plan(span, plays, &keys, observation);
        for change in plan.changes {
            self.apply(change, plays, &keys, observation.at);
        }
        self.revision.0 += 1;
        let agreed = plan.replaced.doubted == 0;
        self.coverage.cover(span, observation.at, agreed, self.revision);
        if Coverage::is_merge_due(self.revision) {
            self.coverage.merge_old(observation.at);
        }
        let holes = self.holes.drain(..);
        self.holes = holes.flat_map(|hole| hole.without(span)).collect();
        Ok(plan.replaced)
    }

    fn plan(
        &self,
        span: Span,
        plays: &[Play],
        keys: &[Key],
        observation: Observation,
    ) -> Plan<Place> {
        let rows = self.rows.range(places(span));
        let existing = rows.map(|(place, row)| Existing {
            id: *place,
            at: place.at,
            same: &row.key,
            text: row.play.parts(),
            standing: row.state.standing(),
        });
        let seen: Vec<_> = plays
            .iter()
            .zip(keys)
            .map(|(play, same)| Seen { at: play.played_at(), same, text: play.parts() })
            .collect();
        let elsewhere = self.tally.doubted - self.counted(span).doubted;
        Plan::new(existing.collect(), &seen, observation.removals, elsewhere)
    }

    fn apply(&mut self, change: Change<Place>, plays: &[Play], keys: &[Key], at: Timestamp) {
        let (place, play, state) = match change {
            Change::Add { seen } => return self.add(&plays[seen], &keys[seen]),
            Change::Revive { id, seen } => (id, Some(&plays[seen]), Some(State::Held)),
            Change::Retext { id, seen } => (id, Some(&plays[seen]), None),
            Change::Doubt { id } => (id, None, Some(State::Doubted { since: at })),
            Change::Trust { id } => (id, None, Some(State::Held)),
            Change::Remove { id, edited } => (id, None, Some(State::Removed { since: at, edited })),
        };
        // A plan names only rows that it was given.
        let Some(row) = self.rows.get_mut(&place) else {
            return;
        };
        if let Some(play) = play {
            row.play = play.clone();
        }
        if let Some(state) = state {
            self.tally.moves(&mut row.state, state);
        }
    }

    fn add(&mut self, play: &Play, key: &Key) {
        let at = play.played_at();
        let place = |ordinal| Place { at, ordinal };
        let mut second = self.rows.range(place(i64::MIN)..=place(i64::MAX));
        let last = second.next_back().map(|(place, _)| place.ordinal);
        let place = place(last.map_or(0, |last| last + 1));
        let row = Row { play: play.clone(), key: key.clone(), state: State::Held };
        *self.tally.of(row.state) += 1;
        self.rows.insert(place, row);
    }

    /// The rows that are part of the archive.
    fn held(&self, places: Range<Place>) -> impl Iterator<Item = (&Place, &Row)> {
        let rows = self.rows.range(places);
        rows.filter(|(_, row)| row.state.standing() != Standing::Removed)
    }

    fn count(&self, span: Span) -> Count {
        if span != Span::EVER {
            return self.counted(span);
        }
        Count { plays: self.tally.held + self.tally.doubted, doubted: self.tally.doubted }
    }

    fn counted(&self, span: Span) -> Count {
        let mut count = Count::default();
        for (_, row) in self.held(places(span)) {
            count.plays += 1;
            count.doubted += u64::from(row.state.standing() == Standing::Doubted);
        }
        count
    }
}

impl State {
    fn standing(self) -> Standing {
        match self {
            Self::Held => Standing::Held,
            Self::Doubted { .. } => Standing::Doubted,
            Self::Removed { .. } => Standing::Removed,
        }
    }
}

impl Tally {
    fn of(&mut self, state: State) -> &mut u64 {
        match state {
            State::Held => &mut self.held,
            State::Doubted { .. } => &mut self.doubted,
            State::Removed { edited: false, .. } => &mut self.removed,
            State::Removed { edited: true, .. } => &mut self.edited,
        }
    }

    fn moves(&mut self, state: &mut State, to: State) {
        *self.of(*state) -= 1;
        *self.of(to) += 1;
        *state = to;
    }
}

/// All places in the seconds of `span`.
fn places(span: Span) -> Range<Place> {
    let first = |at| Place { at, ordinal: i64::MIN };
    first(span.start)..first(span.end.max(span.start))
}

fn key(play: &Play) -> Key {
    let track = play.track();
    (track.artist, track.name, track.album)
}
