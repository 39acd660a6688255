//! What is asked of a database that keeps plays until the service has them.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use super::{Receipt, Refusal, Standing, State};
use crate::archive::{Span, StoreResult};
use crate::{NewPlay, Service, Timestamp, Username};

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

/// Whose plays, and where they go: one queue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Account {
    /// The address of the service's API.
    pub service: Box<str>,
    /// The user there.
    pub user: Username,
}

impl Account {
    /// This user's queue for this service.
    pub fn new(service: &Service, user: Username) -> Self {
        Self { service: service.api().as_str().into(), user }
    }

    /// The same, by the address as it was kept.
    pub fn at(service: impl Into<Box<str>>, user: Username) -> Self {
        Self { service: service.into(), user }
    }
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

/// A play to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Submission {
    /// The play, as it will be sent.
    pub play: NewPlay,
    /// When it may be sent; nothing for now.
    pub due_at: Option<Timestamp>,
    /// Why it will not be sent: it is kept as refused.
    pub refusal: Option<Refusal>,
}

impl Submission {
    /// To be sent now.
    pub fn new(play: NewPlay) -> Self {
        Self { play, due_at: None, refusal: None }
    }

    /// Not to be sent before this moment. Default: now.
    pub fn due_at(self, due_at: Timestamp) -> Self {
        Self { due_at: Some(due_at), ..self }
    }

    /// Not to be sent, but kept for a person to see. Default: sent.
    pub fn refused(self, refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..self }
    }
}

impl From<NewPlay> for Submission {
    fn from(play: NewPlay) -> Self {
        Self::new(play)
    }
}

/// What happens to a play that is in the queue already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Repeats {
    /// It is the same play, told twice: nothing is added.
    #[default]
    Same,
    /// It is another play of the same second: it is moved to the next second that is free. At
    /// [`Timestamp::MIN`] and before [`Timestamp::MAX`] there is none: it is the same play.
    Shift,
}

impl Repeats {
    /// The second to which a repeat of this second is moved; nothing if it is the same play.
    pub fn moved(self, second: Timestamp) -> Option<Timestamp> {
        let next = second.plus(1);
        let is_free = next != second && next != Timestamp::MAX;
        (self == Self::Shift && is_free).then_some(next)
    }
}

/// What became of a play that was to be queued. It is no success yet: nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Enqueued {
    /// It is in the queue.
    Added(PlayId),
    /// It was there already.
    Repeats(PlayId),
}

impl Enqueued {
    /// The number of the play.
    pub fn id(self) -> PlayId {
        match self {
            Self::Added(id) | Self::Repeats(id) => id,
        }
    }
}

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
    /// A job that is so far.
    pub fn new(id: JobId, key: String, title: String, added_at: Timestamp, counts: Counts) -> Self {
        Self { id, key, title, added_at, counts }
    }
}

/// A play in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedPlay {
    /// Its number.
    pub id: PlayId,
    /// What is sent. It never changes, so that sending it again is sending the same.
    pub play: NewPlay,
    /// The job that it belongs to, if any.
    pub job: Option<JobId>,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// Not sent before this moment.
    pub due_at: Timestamp,
    /// How many requests were made with it.
    pub attempt_count: u32,
    /// Where it stands.
    pub standing: Standing,
    /// Since when it stands there.
    pub since: Timestamp,
    /// Why it stands there, in words for a person.
    pub reason: Option<String>,
}

impl QueuedPlay {
    /// Where it stands at this moment, in one word.
    pub fn state(&self, at: Timestamp) -> State {
        match &self.standing {
            Standing::Waiting if self.due_at > at => State::Scheduled,
            Standing::Waiting => State::Ready,
            Standing::Paused => State::Paused,
            Standing::Sending { .. } => State::Sending,
            Standing::Unknown { .. } => State::Unknown,
            Standing::Accepted(_) => State::Accepted,
            Standing::Refused(_) => State::Refused,
            Standing::Cancelled => State::Cancelled,
        }
    }

    /// The request that it belongs to, as long as it is not known what became of it.
    pub fn attempt(&self) -> Option<Attempt> {
        match self.standing {
            Standing::Sending { attempt, .. } | Standing::Unknown { attempt } => Some(attempt),
            _ => None,
        }
    }

    /// Artist and track in small letters, without blanks around them: two plays of one second are
    /// the same play if this is equal. The service compares names in this way, too.
    pub fn identity(play: &NewPlay) -> (String, String) {
        let fold = |name: &str| name.trim().to_lowercase();
        (fold(&play.track.artist), fold(&play.track.name))
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

/// Which plays a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Selection {
    /// All of the account.
    All,
    /// Those of a job.
    Job(JobId),
    /// This one.
    Play(PlayId),
}

/// What a person does to plays. Plays in other states than those named stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// What waits is paused.
    Pause,
    /// What is paused waits again.
    Resume,
    /// What waits, is paused, refused or unknown is cancelled.
    Cancel,
    /// What is refused waits again, due now. A [single play](Selection::Play) also if it is
    /// cancelled (unless it was queued again since), unknown (it may be there: that is for a person
    /// to know) or waits for a later time.
    Retry,
}

impl Change {
    /// The states in which it changes a play of this selection.
    pub fn changes(self, which: Selection) -> &'static [State] {
        use State::{Cancelled, Paused, Ready, Refused, Scheduled, Unknown};
        match (self, which) {
            (Self::Pause, _) => &[Ready, Scheduled],
            (Self::Resume, _) => &[Paused],
            (Self::Cancel, _) => &[Ready, Scheduled, Paused, Refused, Unknown],
            (Self::Retry, Selection::Play(_)) => &[Refused, Cancelled, Unknown, Scheduled],
            (Self::Retry, _) => &[Refused],
        }
    }

    /// Where it puts a play.
    pub fn standing(self) -> Standing {
        match self {
            Self::Pause => Standing::Paused,
            Self::Resume | Self::Retry => Standing::Waiting,
            Self::Cancel => Standing::Cancelled,
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

    /// Counts plays in.
    pub fn add(&mut self, state: State, count: u64) {
        *self.0.entry(state).or_default() += count;
        self.0.retain(|_, count| *count > 0);
    }
}

/// One thing that happened to a play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub id: StepId,
    /// Which play.
    pub play: PlayId,
    /// When.
    pub at: Timestamp,
    /// Where the play stood from then on.
    pub state: State,
    /// Why, in words for a person.
    pub reason: Option<String>,
}

/// Why nothing of an account is sent, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// What has to happen before it ends.
    pub reason: HoldReason,
    /// When to try again; nothing if somebody has to do something first.
    pub until: Option<Timestamp>,
    /// Since when.
    pub since: Timestamp,
    /// What happened, in words for a person.
    pub words: String,
}

impl Hold {
    /// Whether nothing may be sent at this moment.
    ///
    /// One that ends by itself and began more than a minute from now is not in force: the clock was
    /// set back, and nobody knows how long it was meant to be.
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until && self.since <= at.plus(60))
    }

    /// Whether it stays, though another one comes.
    pub fn outlasts(&self, newcomer: &Self) -> bool {
        self.is_in_force(newcomer.since) && self.reason.outranks(newcomer.reason)
    }
}

/// Why nothing of an account is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HoldReason {
    /// The service does not answer, or not with an answer.
    Outage,
    /// There were too many calls.
    RateLimit,
    /// The user has sent as many plays as the service takes for now.
    DailyLimit,
    /// The user has to log in again. [`Sender::logged_in`](super::Sender::logged_in) ends it.
    Login,
    /// The service refuses the app: its key, or the call as such. An app that was mended
    /// [tries it](super::Sender::try_now).
    App,
    /// A person has paused everything.
    Person,
}

impl HoldReason {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Outage, Self::RateLimit, Self::DailyLimit, Self::Login, Self::App, Self::Person];

    /// Its name in a database or in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::RateLimit => "rate_limit",
            Self::DailyLimit => "daily_limit",
            Self::Login => "login",
            Self::App => "app",
            Self::Person => "person",
        }
    }

    /// The reason of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Whether it stays where it stands, though another one comes: what a person has to end is not
    /// replaced by what time ends, and what a person has done by nothing.
    pub fn outranks(self, newcomer: Self) -> bool {
        let rank = |reason| match reason {
            Self::Outage | Self::RateLimit | Self::DailyLimit => 0,
            Self::Login => 1,
            Self::App => 2,
            Self::Person => 3,
        };
        rank(self) > rank(newcomer)
    }
}
