//! What an archive asks of a database.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::store_error::StoreResult;
use crate::{Play, Span, Timestamp, Username};

/// Keeps plays and coverage.
///
/// # Contract
///
/// Every sentence here and at the methods is a case of the conformance suite (feature `testing`),
/// which any store can run.
///
/// * Each method is one transaction: it has happened whole or not at all, whatever dies.
/// * What a method returned `Ok` for is there afterwards, also if its future is dropped later;
///   what a dropped future left undone may have happened or not.
/// * Users are apart: nothing done to one shows in another.
/// * A method called with a user that does not exist fails with
///   [`StoreErrorKind::UnknownUser`](super::StoreErrorKind::UnknownUser).
///
/// Nothing is defaulted; conveniences belong in functions on top.
#[async_trait]
pub trait ArchiveStore: Debug + Send + Sync + 'static {
    /// The user of this name, in any case.
    async fn user(&self, name: &Username) -> StoreResult<Option<ArchivedUser>>;

    /// All users, by name.
    async fn users(&self) -> StoreResult<Vec<ArchivedUser>>;

    /// Adds a user with an empty archive, or returns the one of this name, unchanged.
    async fn add_user(
        &self,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<ArchivedUser>;

    /// Gives a user another name (or another spelling of it) and a registration time.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Conflict`](super::StoreErrorKind::Conflict) if another user has that name.
    async fn rename_user(
        &self,
        user: UserId,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<()>;

    /// Forgets a user and everything that is kept about them. The name is free for a new archive;
    /// the number is never given to another user, so that a worker who was paused meanwhile
    /// cannot write into a stranger's archive.
    async fn remove_user(&self, user: UserId) -> StoreResult<()>;

    /// The user's revision: rises with every [`replace`](Self::replace). Read it before the first
    /// request of an observation.
    async fn revision(&self, user: UserId) -> StoreResult<Revision>;

    /// Makes the archive hold exactly these plays in this span, and the span covered.
    ///
    /// `plays` in any order; all within `span`. The change is the one that
    /// [`Difference`](super::Difference) works out: equal plays stay (taking over newer text), what is
    /// new is added or revived, what is missing is doubted before it is removed, and removed
    /// plays are kept as such. Called again with the same plays, nothing changes.
    ///
    /// Also moves the user's revision on, adjusts the count of [`count`](Self::count) for all of
    /// time, and forgets holes as far as they lie within the span. An empty span changes nothing,
    /// not even the revision.
    ///
    /// # Errors
    ///
    /// * [`StoreErrorKind::Stale`](super::StoreErrorKind::Stale) if any part of the span was
    ///   replaced after
    ///   `observation.revision`; nothing is changed.
    /// * [`StoreErrorKind::OutsideSpan`](super::StoreErrorKind::OutsideSpan) if a play lies
    ///   outside; nothing is changed.
    async fn replace(
        &self,
        user: UserId,
        span: Span,
        plays: Vec<Play>,
        observation: Observation,
    ) -> StoreResult<Replaced>;

    /// The covered spans, disjoint, oldest first.
    async fn coverage(&self, user: UserId) -> StoreResult<Vec<Covered>>;

    /// How many plays the archive holds in a span. For [`Span::EVER`] it is kept, not counted.
    async fn count(&self, user: UserId, span: Span) -> StoreResult<Count>;

    /// The moments of the first and the last play; nothing if there is none.
    async fn bounds(&self, user: UserId) -> StoreResult<Option<(Timestamp, Timestamp)>>;

    /// The moments of the plays in a span, oldest first, repeats included, from number `skip` on,
    /// at most `limit`.
    async fn moments(
        &self,
        user: UserId,
        span: Span,
        skip: u64,
        limit: usize,
    ) -> StoreResult<Vec<Timestamp>>;

    /// The plays of a span, oldest first, that come after `after`, at most `limit`. Fewer than
    /// `limit` only at the end.
    async fn plays(
        &self,
        user: UserId,
        span: Span,
        after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<StoredPlay>>;

    /// How many plays were removed on the service since they were archived, edits not counted.
    async fn removed_count(&self, user: UserId) -> StoreResult<u64>;

    /// The plays of a span that the service no longer has, edited ones included, oldest first,
    /// that come after `after`, at most `limit`. Fewer than `limit` only at the end.
    async fn removed(
        &self,
        user: UserId,
        span: Span,
        after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<RemovedPlay>>;

    /// Counts anew what [`count`](Self::count) for all of time and
    /// [`removed_count`](Self::removed_count) keep, puts them right, and returns the count.
    ///
    /// For an archive that someone has changed by hand; in one that nobody has, nothing changes.
    /// It also forgets what says nothing any more: a play whose object is gone, and the removal
    /// of a play that is there. Coverage stays: whatever is missing now shows where the counts
    /// are compared with the service's, or when the span is read again.
    async fn recount(&self, user: UserId) -> StoreResult<Count>;

    /// Plays that the service no longer showed and that were not removed yet: in each entry a
    /// covered span, how many, and since when. Oldest first.
    async fn doubts(&self, user: UserId) -> StoreResult<Vec<Doubt>>;

    /// Takes back the doubt in every play of the span.
    async fn withdraw_doubts(&self, user: UserId, span: Span) -> StoreResult<()>;

    /// The spans that the service refuses, oldest first.
    async fn holes(&self, user: UserId) -> StoreResult<Vec<Hole>>;

    /// Books a hole, in place of those it overlaps, which are forgotten whole. An empty one
    /// changes nothing, nor does one that is covered as a whole: what was read is no hole.
    async fn set_hole(&self, user: UserId, hole: Hole) -> StoreResult<()>;

    /// What is remembered beside plays and coverage.
    async fn book(&self, user: UserId) -> StoreResult<Book>;

    /// Remembers it.
    async fn set_book(&self, user: UserId, book: Book) -> StoreResult<()>;

    /// Takes a part of a copy of an archive; [`copy_user`](super::copy_user) makes whole copies.
    ///
    /// The plays of [`Part::Plays`] stand in their places afterwards, held, in doubt or removed as
    /// they are there, and the counts with them. What stood in these places before is gone, what
    /// stands in others stays: a part that comes again changes nothing. [`Part::Rest`] takes the
    /// place of all that is kept beside plays. It comes last, because it holds the coverage: until
    /// then the archive has revision 0 and covers nothing, so that nobody takes half of a copy for
    /// a whole one.
    ///
    /// # Errors
    ///
    /// * [`StoreErrorKind::Occupied`](super::StoreErrorKind::Occupied) if the user's revision is
    ///   not 0, or anything is covered: there
    ///   is an archive, perhaps this copy's end; nothing is changed.
    /// * [`StoreErrorKind::OutsideSpan`](super::StoreErrorKind::OutsideSpan) if a play is of
    ///   another second than its place; nothing is
    ///   changed.
    async fn restore(&self, user: UserId, part: Part) -> StoreResult<()>;

    /// Takes or keeps the work on a user for as long as `lease`, so that nobody does it twice.
    ///
    /// Safety does not rest on it. A place not kept is free when its lease has passed.
    async fn claim(&self, user: UserId, worker: &WorkerId, lease: Duration) -> StoreResult<Claim>;

    /// Gives the work on a user back; nothing happens if someone else has it.
    async fn release(&self, user: UserId, worker: &WorkerId) -> StoreResult<()>;

    /// The same store for the work of one worker: whatever changes an archive through it
    /// ([`replace`](Self::replace), [`recount`](Self::recount),
    /// [`withdraw_doubts`](Self::withdraw_doubts), [`set_hole`](Self::set_hole),
    /// [`set_book`](Self::set_book) and [`restore`](Self::restore)) is refused, in the same
    /// transaction, unless the worker's [`claim`](Self::claim) on the user is in force. So a worker that was frozen for longer than
    /// its lease changes nothing when it wakes up.
    ///
    /// Everything else is as ever.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Overtaken`](super::StoreErrorKind::Overtaken) from the methods named.
    fn fenced(&self, worker: &WorkerId) -> Arc<dyn ArchiveStore>;
}

/// A user's number within one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub i64);

/// Counts the changes to one user's archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub i64);

/// A user whose history is archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedUser {
    /// The number within this store.
    pub id: UserId,
    /// The name, as the service spells it.
    pub name: Username,
    /// When the account was made: two accounts of one name differ in it.
    pub registered_at: Option<Timestamp>,
}

/// What is known about an answer of the service when it is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// The user's revision, read before the first request.
    pub revision: Revision,
    /// The service's own time of the answer.
    pub at: Timestamp,
    /// How to take plays that are missing from it.
    pub removals: Removals,
}

/// How to take plays that are missing from an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removals {
    /// Doubt what is missing for the first time; remove what is missing for the second time,
    /// unless that is surprisingly much.
    Confirm,
    /// Remove everything that was doubted before, however much: the service's total agrees, or a
    /// person said so.
    Accept,
}

/// What one [`replace`](ArchiveStore::replace) did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replaced {
    /// Plays that are new, or that came back.
    pub added: u64,
    /// Plays that were marked as removed.
    pub removed: u64,
    /// Plays whose text is newer, or that were edited.
    pub changed: u64,
    /// Plays that are missing but stay, in doubt.
    pub doubted: u64,
}

impl std::ops::AddAssign for Replaced {
    fn add_assign(&mut self, other: Self) {
        self.added += other.added;
        self.removed += other.removed;
        self.changed += other.changed;
        self.doubted += other.doubted;
    }
}

/// How many plays a span holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// All that are not removed, those in doubt included.
    pub plays: u64,
    /// Those in doubt.
    pub doubted: u64,
}

/// A play's place in the order of an archive: by moment, then by number within the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When it was played.
    pub at: Timestamp,
    /// Its number within that second.
    pub ordinal: i64,
}

/// A play with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPlay {
    /// Where it stands.
    pub place: Place,
    /// The play, byte for byte as the service sent it.
    pub play: Play,
    /// Since when it is in doubt, by the service's time; nothing if the service showed it when it
    /// was last looked for.
    pub doubted_at: Option<Timestamp>,
}

/// A play that the service no longer has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedPlay {
    /// Where it stood.
    pub place: Place,
    /// The play, byte for byte as the service sent it.
    pub play: Play,
    /// When that was established, by the service's time.
    pub removed_at: Timestamp,
    /// Whether another play stands in its place.
    pub edited: bool,
}

/// A span for which the archive is known to hold what the service holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Covered {
    /// The seconds.
    pub span: Span,
    /// When the service last agreed with the archive, the service's time; the oldest of the span.
    pub verified_at: Timestamp,
    /// When the span was last read, agreeing or not; the oldest of the span.
    pub observed_at: Timestamp,
    /// The revision at which anything in the span last changed; the newest of the span.
    pub revision: Revision,
}

/// Plays of one span that the service no longer showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// Holds all of them.
    pub span: Span,
    /// How many.
    pub count: u64,
    /// When the last of the doubts arose, by the service's time.
    pub since: Timestamp,
}

/// A span that the service refuses to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// What is missing.
    pub span: Span,
    /// Why, in words for a person.
    pub reason: String,
    /// How often it was tried, from 1.
    pub tries: u32,
    /// When it was tried first.
    pub since: Timestamp,
    /// When to try again.
    pub next_try_at: Timestamp,
}

impl Hole {
    /// What is left of it when `span` was read after all.
    pub fn without(self, span: Span) -> impl Iterator<Item = Self> {
        let left = self.span.without(span);
        left.map(move |span| Self { span, ..self.clone() })
    }
}

/// What is remembered about a user beside plays and coverage. All moments are the service's; none
/// means never.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Book {
    /// When a run last came to its end, everything archived but for holes, by the service's time.
    pub last_success_at: Option<Timestamp>,
    /// When a run last failed, and why, in words for a person.
    pub last_error: Option<(Timestamp, String)>,
    /// Plays by which the service counts more than the archive holds (negative: fewer) and that no
    /// span explains. Default: 0.
    pub residual: i64,
    /// From when the week counts after which that difference is looked for again: when it was last
    /// looked for, or six days before that, so that it is looked for again a day later. `None` where
    /// the next run looks for it.
    pub residual_checked_at: Option<Timestamp>,
    /// When the last 15 days were last read as a whole.
    pub recent_read_at: Option<Timestamp>,
    /// Until when not to ask for the newest page, because it keeps failing.
    pub newest_refused_until: Option<Timestamp>,
    /// When a reading of everything began that has not come to its end yet.
    pub audit_begun_at: Option<Timestamp>,
}

/// A part of a copy of an archive, as [`ArchiveStore::restore`] takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Some of the plays, each place named once, in any order.
    Plays {
        /// Plays that the archive holds, those in doubt included.
        held: Vec<StoredPlay>,
        /// Plays that the service no longer has.
        removed: Vec<RemovedPlay>,
    },
    /// All that is kept beside plays: the end of the copy.
    Rest(Rest),
}

/// What is kept of an archive beside its plays. (Counts follow from the plays; who is at work on
/// it belongs to the store.)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rest {
    /// The user's revision.
    pub revision: Revision,
    /// The covered spans, disjoint, oldest first.
    pub coverage: Vec<Covered>,
    /// The spans that the service refuses, disjoint, oldest first.
    pub holes: Vec<Hole>,
    /// What else is remembered.
    pub book: Book,
}

/// Names a worker among all that share a store; any text will do. Two of one name are taken for one
/// and do not wait for each other: no other process or machine may use it at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorkerId(pub String);

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// The work is yours until the lease passes.
    Yours,
    /// Someone else is at work; the place is free after this time unless they keep it.
    Taken {
        /// Who.
        by: WorkerId,
        /// How long their lease still runs.
        free_in: Duration,
    },
}
