//! The sender: from the queue to the service, until it is known what became of each play.

mod holds;
mod look_back;
mod request;
mod work;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::answer::Outcome;
use super::bell::Bell;
use super::known_time::KnownTime;
use super::progress::Sending;
use super::{
    AT_ONCE, AddedJob, Attempt, Change, Enqueued, Hold, HoldReason, NewJob, PlayId, Refusal,
    Repeats, ScrobbleQueue, Selection, Submission, Verdict, rules,
};
use crate::error::in_words;
use crate::methods::track::{Announced, UpdateNowPlaying};
use crate::store_error::StoreResult;
use crate::{Account, Client, Clock, Error, PlayerTrack, SessionKey, Timestamp, Username};

/// Plays that the service takes in one request.
const LARGEST_BATCH: usize = 50;

/// A sender from whom nothing was heard for so long is dead. A request takes half a minute at most.
const LEASE: Duration = Duration::from_secs(120);

/// Whoever needed longer than this to get from the queue to the network does not send any more:
/// others may believe that it is dead soon.
const HESITATION: Duration = Duration::from_secs(30);

/// A request that has not come to its end so long after its plays were taken is given up: it must
/// not go out later.
const LONGEST_REQUEST: Duration = Duration::from_secs(90);

/// How often the queue is looked at though nobody rang: another program may have filled it.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// A play that is refused though the request looks right is tried again after this.
const REJECTED_AGAIN: i64 = 20 * 60;
/// It is given up after so many refusals, over at least this time: some are a mistake.
const REJECTED_FOR_GOOD: (usize, Duration) = (3, Duration::from_secs(60 * 60));

/// If more are refused one after another, something else is wrong.
const REJECTED_IN_A_ROW: u32 = 3;

/// Sends what is queued, and knows of each play what became of it.
///
/// Cheap to clone; clones share the queue and what is known of the service. Several senders, also
/// in several programs, may send from one queue: no play is sent by two.
///
/// # What it promises
///
/// * A play is accepted only if the service said so of this very play, or shows it in the history.
/// * A request whose outcome nobody knows (no answer, an error that came although the plays were
///   taken, a program that died) is never simply repeated: after two minutes its plays are looked
///   for in the history, and those that two readings do not show are sent again, byte for byte.
/// * What the service ignores is kept as refused, with its reason.
/// * A session that is no longer valid, the daily limit, too many calls and an outage hold
///   everything back and lose nothing. After a limit or an outage one play alone is tried first.
///
/// # Cancel safety
///
/// Everything may be dropped at any poll, and the program may die at any instruction.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # use std::sync::Mutex;
/// # use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
/// # use lastfm_core::{ApiKey, Clock as _, Credentials, SharedSecret, SessionKey};
/// # let clock = Arc::new(VirtualClock::new(lastfm_core::Timestamp::from_unix(1_780_000_000)));
/// # let mut fake = FakeLastfm::new(1, &Scenario::still(5), clock.now());
/// # fake.know_app("key", "secret");
/// # let session = fake.log_in("rj").unwrap();
/// # let transport = Arc::new(FakeLastfmTransport::new(Arc::new(Mutex::new(fake)), clock.clone()));
/// # let credentials = Credentials::read_only(ApiKey::new("key").unwrap())
/// #     .with_secret(SharedSecret::new("secret").unwrap())
/// #     .with_session(SessionKey::new(session).unwrap());
/// # let client = lastfm_core::Client::builder(credentials, transport, clock.clone()).build();
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use lastfm_core::scrobble::{MemoryQueue, Repeats, Sender, State};
/// use lastfm_core::{NewPlay, PlayerTrack};
///
/// # futures_executor::block_on(async {
/// let sender = Sender::new(client, Arc::new(MemoryQueue::new()), "rj".parse()?);
/// # let began = clock.wall().plus(-300);
/// let play = NewPlay::new(PlayerTrack::new("Low", "Words"), began);
/// sender.enqueue([play], Repeats::Same).await?;
/// let counts = sender.drain(Duration::from_secs(180)).finish().await?;
/// assert_eq!(counts.of(State::Accepted), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap() }
/// ```
#[derive(Debug, Clone)]
pub struct Sender(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    client: Mutex<Client>,
    clock: Arc<dyn Clock>,
    queue: Arc<dyn ScrobbleQueue>,
    account: Account,
    bell: Bell,
    is_stopped: AtomicBool,
    memory: Mutex<Memory>,
}

/// What is known beside the queue. All of it can be lost.
#[derive(Debug)]
struct Memory {
    time: KnownTime,
    /// Whether the session is known to be the user's.
    is_acquainted: bool,
    /// Requests in a row without an answer.
    failures: u32,
    /// Plays in a row that were refused though they were sent alone.
    rejected: u32,
    /// Plays that go into one request.
    batch: usize,
    /// When plays of which nobody knows are looked for.
    checks: HashMap<PlayId, Check>,
    /// What is known of plays and could not be written down yet.
    unwritten: Vec<(Attempt, Vec<(PlayId, Verdict)>)>,
}

/// When a play is looked for in the history.
#[derive(Debug, Clone, Copy)]
struct Check {
    attempt: Attempt,
    /// Not before, by the clock's elapsed time.
    next: Duration,
    /// Whether a reading has not shown it already.
    was_absent: bool,
}

impl Memory {
    /// The service has answered.
    fn answered(&mut self) {
        (self.failures, self.rejected) = (0, 0);
        self.batch = (self.batch * 2).min(LARGEST_BATCH);
    }

    /// The service has refused a play that was sent alone; how many in a row.
    fn rejected(&mut self) -> u32 {
        self.rejected = self.rejected.saturating_add(1);
        self.rejected
    }
}

impl Sender {
    /// Sends this user's plays through a client with the user's session.
    pub fn new(client: Client, queue: Arc<dyn ScrobbleQueue>, user: Username) -> Self {
        let memory = Memory {
            time: KnownTime::default(),
            is_acquainted: false,
            failures: 0,
            rejected: 0,
            batch: LARGEST_BATCH,
            checks: HashMap::new(),
            unwritten: Vec::new(),
        };
        Self(Arc::new(Shared {
            account: Account::new(client.service(), user),
            clock: Arc::clone(client.clock()),
            client: Mutex::new(client),
            queue,
            bell: Bell::default(),
            is_stopped: AtomicBool::new(false),
            memory: Mutex::new(memory),
        }))
    }

    /// Whose plays it sends, and where to.
    pub fn account(&self) -> &Account {
        &self.0.account
    }

    /// The queue that it sends from.
    pub fn queue(&self) -> &Arc<dyn ScrobbleQueue> {
        &self.0.queue
    }

    /// The service's time, as well as it is known.
    pub fn now(&self) -> Timestamp {
        self.memory().time.now(&*self.0.clock)
    }

    /// Writes plays down, to be sent by whoever is [at work](Self::run). An album or an album's
    /// artist for which the service would ignore a play is [left out](rules::repaired); what it
    /// would refuse all the same is kept as refused, and not sent.
    ///
    /// `Ok` means that they are safe, not that the service has them.
    ///
    /// # Errors
    ///
    /// The queue's; nothing was written down then.
    pub async fn enqueue<P: Into<Submission>>(
        &self,
        plays: impl IntoIterator<Item = P>,
        repeats: Repeats,
    ) -> StoreResult<Vec<Enqueued>> {
        let plays = plays.into_iter().map(|play| self.checked(play.into())).collect();
        let (queue, now) = (&self.0.queue, self.now());
        let enqueued = queue.enqueue(&self.0.account, plays, repeats, now).await?;
        tracing::info!(user = %self.0.account.user.as_str(), count = enqueued.len(), "queued");
        self.wake();
        Ok(enqueued)
    }

    /// Writes a job down, as [`enqueue`](Self::enqueue) does with single plays. The same job again
    /// adds nothing.
    ///
    /// # Errors
    ///
    /// The queue's; nothing was written down then.
    pub async fn add_job(&self, mut job: NewJob) -> StoreResult<AddedJob> {
        job.plays = job.plays.into_iter().map(|play| self.checked(play)).collect();
        let added = self.0.queue.add_job(&self.0.account, job, self.now()).await?;
        self.wake();
        Ok(added)
    }

    /// Shows what the user is listening to. It is never repeated and never queued: said later it
    /// would not be true.
    ///
    /// # Errors
    ///
    /// As [`Client::call_once`] has. A session that is no longer valid holds the queue, too.
    pub async fn now_playing(&self, track: &PlayerTrack) -> Result<Announced, Error> {
        let client = self.client();
        match client.call_once(&UpdateNowPlaying::new(track.clone())).await {
            Ok(reply) => {
                self.memory().time.learn(reply.at, &*self.0.clock);
                Ok(reply.value)
            }
            Err(error) => {
                let meaning = self.meaning(&error, 1, &client);
                if let Outcome::Held { reason: HoldReason::Login, wait } = meaning {
                    let hold = self.hold_for(HoldReason::Login, wait, in_words(&error));
                    if let Err(failure) = self.0.queue.hold(&self.0.account, hold).await {
                        tracing::warn!(error = %failure, "the hold could not be written down");
                    }
                }
                Err(error)
            }
        }
    }

    /// The user has logged in again: what waited for it is sent.
    ///
    /// # Errors
    ///
    /// The queue's.
    pub async fn logged_in(&self, session: SessionKey) -> StoreResult<()> {
        let client = self.client().with_session(session);
        *self.0.client.lock().unwrap_or_else(PoisonError::into_inner) = client;
        self.memory().is_acquainted = false;
        self.0.queue.lift(&self.0.account, HoldReason::Login).await?;
        self.wake();
        Ok(())
    }

    /// Stops sending until [`resume`](Self::resume), also in other programs and after a restart.
    ///
    /// # Errors
    ///
    /// The queue's.
    pub async fn pause(&self) -> StoreResult<()> {
        let words = "paused".to_owned();
        let hold = Hold { reason: HoldReason::Person, until: None, since: self.now(), words };
        self.0.queue.hold(&self.0.account, hold).await
    }

    /// Ends a [`pause`](Self::pause).
    ///
    /// # Errors
    ///
    /// The queue's.
    pub async fn resume(&self) -> StoreResult<()> {
        self.0.queue.lift(&self.0.account, HoldReason::Person).await?;
        self.wake();
        Ok(())
    }

    /// Tries at once what an outage, the daily limit or a refused app holds back.
    ///
    /// # Errors
    ///
    /// The queue's.
    pub async fn try_now(&self) -> StoreResult<()> {
        let held = self.0.queue.held(&self.0.account).await?;
        if let Some(hold) = held
            && matches!(hold.reason, HoldReason::Outage | HoldReason::DailyLimit | HoldReason::App)
        {
            // Not lifted: one play alone is tried first.
            let until = Some(AT_ONCE);
            self.0.queue.hold(&self.0.account, Hold { until, ..hold }).await?;
        }
        self.wake();
        Ok(())
    }

    /// Changes where plays stand, as a person asks for; see [`Change`].
    ///
    /// # Errors
    ///
    /// The queue's.
    pub async fn change(&self, which: Selection, change: Change) -> StoreResult<u64> {
        let changed = self.0.queue.change(&self.0.account, which, change, self.now()).await?;
        self.wake();
        Ok(changed)
    }

    /// Looks at the queue at once. Queueing, logging in and changing do so by themselves.
    pub fn wake(&self) {
        self.0.bell.ring();
    }

    /// Asks everything that this sender and its clones send, also what begins later, to end after the
    /// request on its way. Who drops a [`Sending`] instead leaves its plays in doubt, to be looked for
    /// in the history two minutes later.
    pub fn stop(&self) {
        self.0.is_stopped.store(true, Ordering::Relaxed);
        self.wake();
    }

    fn is_stopped(&self) -> bool {
        self.0.is_stopped.load(Ordering::Relaxed)
    }

    /// Sends for as long as it is polled: at once, when something is queued, after a login, when a
    /// play is due or a hold has passed, and every half minute what other programs queued. It never
    /// ends by itself, whatever fails; [`stop`](Self::stop) ends it.
    pub fn run(&self) -> Sending {
        let sender = self.clone();
        Sending::new(move |events| async move { sender.work(&events, None).await })
    }

    /// Sends until nothing is left to do, or nothing could be done for as long as `patience`.
    ///
    /// With a patience of three minutes it also waits for plays whose answer it lost; with five for
    /// those of a program that died on the way. With none it gives up at the first obstacle.
    pub fn drain(&self, patience: Duration) -> Sending {
        let sender = self.clone();
        Sending::new(move |events| async move { sender.work(&events, Some(patience)).await })
    }

    /// The submission, refused if the service would refuse it.
    fn checked(&self, submission: Submission) -> Submission {
        let due_at = submission.due_at.unwrap_or(AT_ONCE);
        let mut submission = submission.due_at(due_at);
        submission.play.track = rules::repaired(submission.play.track);
        let checked = rules::checked(submission, self.now());
        // Whether it is too old is decided when the time is known for certain; whether it is too
        // new the service tells.
        let in_doubt = checked.refusal.as_ref().is_some_and(Refusal::is_of_time);
        if in_doubt && !self.is_sure_of_time() {
            return Submission { refusal: None, ..checked };
        }
        checked
    }

    /// Whether the service has said whose session it is and what time it is.
    fn is_acquainted(&self) -> bool {
        let memory = self.memory();
        memory.is_acquainted && memory.time.is_asked(&*self.0.clock)
    }

    fn is_sure_of_time(&self) -> bool {
        self.memory().time.is_sure(&*self.0.clock)
    }

    pub(super) fn client(&self) -> Client {
        self.0.client.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        // Each change is one assignment or one insertion.
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
