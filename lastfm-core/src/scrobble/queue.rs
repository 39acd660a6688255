//! What is asked of a database that keeps plays until the service has them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::{
    Change, Enqueued, Hold, HoldReason, QueuedPlay, Receipt, Refusal, Repeats, Selection, Standing,
    State, Step, Submission,
};
use crate::store_error::StoreResult;
use crate::{Account, Span, Timestamp};

/// Keeps the plays of accounts until the service has them, and what became of them.
///
/// It holds the only copy of a play that was handed over: unlike an archive it may not lose what
/// it acknowledged, not even to a power cut.
///
/// # Contract
///
/// Every sentence here and at the methods is a case of the conformance suite (feature `testing`),
/// which any queue can run.
///
/// * Each method is one transaction: it has happened whole or not at all, whatever dies.
/// * What a method returned `Ok` for is on disk, and is done also if its future is dropped later;
///   what a dropped future left undone may have happened or not.
/// * Accounts are apart: nothing done to one shows in another. An account that nothing was done to
///   yet is empty.
/// * Nothing vanishes: whatever becomes of a play, it can be listed, until
///   [`forget`](Self::forget) is called. Each change of where it stands is a [`Step`] of the
///   history, written in the same transaction.
///
/// No method asks a clock: the moment is always `at`. Nothing is defaulted.
#[async_trait]
pub trait ScrobbleQueue: Debug + Send + Sync + 'static {
    /// All accounts that have plays or a hold, by service and name.
    async fn accounts(&self) -> StoreResult<Vec<Account>>;

    /// Adds plays, and says of each what became of it, in the same order.
    ///
    /// A play is a repeat of one that is there already, in any state but
    /// [`Cancelled`](State::Cancelled), or earlier in `plays`, if second, artist and track are the
    /// same ([`QueuedPlay::identity`]); `repeats` says what happens then.
    async fn enqueue(
        &self,
        account: &Account,
        plays: Vec<Submission>,
        repeats: Repeats,
        at: Timestamp,
    ) -> StoreResult<Vec<Enqueued>>;

    /// Adds a job with all its plays, each that would be a repeat moved as [`Repeats::Shift`] says;
    /// or nothing at all if there is a job of this key.
    async fn add_job(&self, account: &Account, job: NewJob, at: Timestamp)
    -> StoreResult<AddedJob>;

    /// All jobs, the newest first.
    async fn jobs(&self, account: &Account, at: Timestamp) -> StoreResult<Vec<Job>>;

    /// Takes plays to be sent: marks up to `limit` of those that are due as being sent, in a new
    /// attempt, whose sender is given up for dead after `lease`.
    ///
    /// Plays of no job come before those of jobs, and then older ones before newer ones; the batch
    /// itself is in the order in which they were played. While a hold is in force nothing is taken.
    async fn take(
        &self,
        account: &Account,
        limit: usize,
        lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Batch>;

    /// Writes down what became of plays of an attempt, and returns those that changed, in the
    /// order given.
    ///
    /// A play that no longer belongs to the attempt (which stands neither as sent by it nor as
    /// unknown after it) is left as it is: a sender that was overtaken undoes nothing.
    async fn settle(
        &self,
        account: &Account,
        attempt: Attempt,
        verdicts: Vec<(PlayId, Verdict)>,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>>;

    /// Sees what time has done, and returns the plays that changed: those being sent whose sender
    /// is given up for dead are unknown; those that wait or are paused, and that were played
    /// before `oldest`, are refused as [`TooOld`](Refusal::TooOld).
    ///
    /// A sender whose lease ends more than `longest_lease` from now counts as dead too: the clock
    /// was set back.
    async fn refresh(
        &self,
        account: &Account,
        oldest: Timestamp,
        longest_lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>>;

    /// Changes where plays stand, as a person asks for, and says how many changed. What a change
    /// does to which play: see [`Change`].
    async fn change(
        &self,
        account: &Account,
        which: Selection,
        change: Change,
        at: Timestamp,
    ) -> StoreResult<u64>;

    /// One play.
    async fn play(&self, account: &Account, id: PlayId) -> StoreResult<Option<QueuedPlay>>;

    /// The plays that a filter lets through, by number, that come after `after`, at most `limit`.
    /// Fewer than `limit` only at the end.
    async fn plays(
        &self,
        account: &Account,
        filter: Filter,
        after: Option<PlayId>,
        limit: usize,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>>;

    /// How many plays stand where.
    async fn counts(&self, account: &Account, at: Timestamp) -> StoreResult<Counts>;

    /// When the next play that waits is due; nothing if none waits.
    async fn next_due(&self, account: &Account) -> StoreResult<Option<Timestamp>>;

    /// How many plays were accepted at or after `since`.
    async fn accepted_since(&self, account: &Account, since: Timestamp) -> StoreResult<u64>;

    /// What happened, of one play or of all, oldest first, that comes after `after`, at most
    /// `limit`. Fewer than `limit` only at the end.
    async fn history(
        &self,
        account: &Account,
        play: Option<PlayId>,
        after: Option<StepId>,
        limit: usize,
    ) -> StoreResult<Vec<Step>>;

    /// Why nothing is sent, if that is so. One whose time has passed is still told: it is no
    /// longer in force, and goes when it is lifted.
    async fn held(&self, account: &Account) -> StoreResult<Option<Hold>>;

    /// Holds everything, in place of the hold before; unless that one is in force at the moment of
    /// the new one and [outranks](HoldReason::outranks) it.
    async fn hold(&self, account: &Account, hold: Hold) -> StoreResult<()>;

    /// Ends the hold if it is there for this reason.
    async fn lift(&self, account: &Account, reason: HoldReason) -> StoreResult<()>;

    /// Forgets plays that were accepted or cancelled before this moment, with their steps, and says
    /// how many. No others: what was refused stays until it is cancelled.
    async fn forget(&self, account: &Account, before: Timestamp) -> StoreResult<u64>;
}

/// A play's number in a queue. Never given to another play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlayId(pub i64);

/// A request with plays, by its number: a later one has a higher number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Attempt(pub i64);

/// A job's number in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub i64);

/// A step's number in the history of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub i64);

/// Plays that belong together: an album, a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewJob {
    /// Tells jobs apart: the same one is not added twice.
    pub key: String,
    /// What a person calls it.
    pub title: String,
    /// Its plays.
    pub plays: Vec<Submission>,
}

impl NewJob {
    /// A job of these plays.
    pub fn new(
        key: impl Into<String>,
        title: impl Into<String>,
        plays: impl IntoIterator<Item = Submission>,
    ) -> Self {
        Self { key: key.into(), title: title.into(), plays: plays.into_iter().collect() }
    }
}

/// What became of a job that was to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddedJob {
    /// It is there now, with all its plays.
    Added(JobId),
    /// There was one of this key; nothing was added.
    Exists(JobId),
}

/// A job, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Tells jobs apart.
    pub key: String,
    /// What a person calls it.
    pub title: String,
    /// When it was added.
    pub added_at: Timestamp,
    /// How many of its plays stand where.
    pub counts: Counts,
}

impl Job {
    /// A job with this number, of which so many plays stand where `counts` says. For stores.
    pub fn new(id: JobId, key: String, title: String, added_at: Timestamp, counts: Counts) -> Self {
        Self { id, key, title, added_at, counts }
    }
}

/// Plays that were taken to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The attempt that they belong to now.
    pub attempt: Attempt,
    /// The plays, oldest first; none if nothing is due.
    pub plays: Vec<QueuedPlay>,
    /// Why nothing was taken, if that is held.
    pub hold: Option<Hold>,
}

/// What became of a play that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The service has it.
    Accepted(Receipt),
    /// The service will not have it.
    Refused(Refusal),
    /// Nobody knows.
    Unknown {
        /// Why, in words for a person.
        reason: String,
    },
    /// The service certainly does not have it: it waits again.
    Again {
        /// Not to be sent before this moment.
        due_at: Timestamp,
        /// Why it was not taken, in words for a person.
        reason: String,
    },
}

impl Verdict {
    /// Where it puts a play that was sent by this attempt, and why, in words for a person. A play
    /// that waits [again](Self::Again) also gets a new moment at which it is due.
    pub fn standing(self, attempt: Attempt) -> (Standing, Option<String>) {
        match self {
            Self::Accepted(receipt) => (Standing::Accepted(receipt), None),
            Self::Refused(refusal) => {
                let reason = refusal.to_string();
                (Standing::Refused(refusal), Some(reason))
            }
            Self::Unknown { reason } => (Standing::Unknown { attempt }, Some(reason)),
            Self::Again { reason, .. } => (Standing::Waiting, Some(reason)),
        }
    }
}

/// Which plays are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Filter {
    /// In any of these states.
    pub states: Vec<State>,
    /// Of this job; nothing for any and none.
    pub job: Option<JobId>,
    /// Played within this span.
    pub played: Span,
}

impl Filter {
    /// All plays.
    pub fn all() -> Self {
        Self::states(State::ALL)
    }

    /// Plays in any of these states.
    pub fn states(states: impl IntoIterator<Item = State>) -> Self {
        Self { states: states.into_iter().collect(), job: None, played: Span::EVER }
    }

    /// Only plays of this job.
    pub fn job(self, job: JobId) -> Self {
        Self { job: Some(job), ..self }
    }

    /// Only plays that were played within this span.
    pub fn played(self, played: Span) -> Self {
        Self { played, ..self }
    }
}

/// How many plays stand where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts(BTreeMap<State, u64>);

impl Counts {
    /// How many plays are in this state.
    pub fn of(&self, state: State) -> u64 {
        self.0.get(&state).copied().unwrap_or(0)
    }

    /// How many plays are still on their way.
    pub fn open(&self) -> u64 {
        State::OPEN.into_iter().map(|state| self.of(state)).sum()
    }

    /// How many plays there are.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Counts `count` more plays in this state.
    pub fn add(&mut self, state: State, count: u64) {
        *self.0.entry(state).or_default() += count;
        self.0.retain(|_, count| *count > 0);
    }
}
