//! What the cases begin from and compare with.

use std::time::Duration;

use crate::archive::StoreResult;
use crate::scrobble::{
    Account, AddedJob, Attempt, Batch, Change, Counts, Enqueued, Filter, Hold, HoldReason, Job,
    JobId, NewJob, PlayId, QueuedPlay, Receipt, Refusal, Repeats, ScrobbleQueue, Selection,
    Standing, State, Step, Submission, Verdict,
};
use crate::testing::conformance::{time, username};
use crate::{NewPlay, PlayerTrack, Timestamp};

/// How long a sender has, where a case does not say otherwise.
pub(super) const LEASE: Duration = Duration::from_secs(60);

/// One account's plays in a queue, with short ways to change them.
#[derive(Debug, Clone)]
pub struct Given<'a> {
    /// Where they are kept.
    pub queue: &'a dyn ScrobbleQueue,
    /// Whose they are.
    pub account: Account,
}

impl<'a> Given<'a> {
    /// This user's account, at a service that all have in common.
    pub fn user(queue: &'a dyn ScrobbleQueue, name: &str) -> Self {
        Self::at(queue, "https://one.example/2.0/", name)
    }

    /// This user's account at a service.
    pub fn at(queue: &'a dyn ScrobbleQueue, service: &str, name: &str) -> Self {
        Self { queue, account: Account::at(service, username(name)) }
    }

    pub(super) async fn enqueue<P: Into<Submission>>(
        &self,
        plays: impl IntoIterator<Item = P>,
        repeats: Repeats,
        at: i64,
    ) -> Vec<Enqueued> {
        let plays = plays.into_iter().map(Into::into).collect();
        self.queue.enqueue(&self.account, plays, repeats, time(at)).await.unwrap()
    }

    /// Adds plays of which none is a repeat.
    pub async fn add<P: Into<Submission>>(
        &self,
        plays: impl IntoIterator<Item = P>,
        at: i64,
    ) -> Vec<PlayId> {
        let added = self.enqueue(plays, Repeats::Same, at).await;
        let ids = added.into_iter().map(|added| match added {
            Enqueued::Added(id) => id,
            Enqueued::Repeats(id) => panic!("{id:?} is no repeat"),
        });
        ids.collect()
    }

    pub(super) async fn add_one(&self, play: impl Into<Submission>, at: i64) -> PlayId {
        self.add([play], at).await[0]
    }

    pub(super) async fn add_job<P: Into<Submission>>(
        &self,
        key: &str,
        plays: impl IntoIterator<Item = P>,
        at: i64,
    ) -> AddedJob {
        let job = NewJob::new(key, format!("title of {key}"), plays.into_iter().map(Into::into));
        self.queue.add_job(&self.account, job, time(at)).await.unwrap()
    }

    /// Adds a job of a new key; its number and those of its plays, in their order.
    pub(super) async fn new_job<P: Into<Submission>>(
        &self,
        key: &str,
        plays: impl IntoIterator<Item = P>,
        at: i64,
    ) -> (JobId, Vec<PlayId>) {
        let AddedJob::Added(id) = self.add_job(key, plays, at).await else {
            panic!("there is no job {key:?} yet");
        };
        let plays = self.filtered(Filter::all().job(id), at).await;
        (id, plays.into_iter().map(|play| play.id).collect())
    }

    /// Takes plays for a usual lease.
    pub async fn take(&self, limit: usize, at: i64) -> Batch {
        self.queue.take(&self.account, limit, LEASE, time(at)).await.unwrap()
    }

    /// Adds one play and takes it.
    pub(super) async fn sent(&self, play: NewPlay, at: i64) -> (Attempt, PlayId) {
        let id = self.add_one(play, at).await;
        let batch = self.take(usize::MAX, at).await;
        assert_eq!(batch.plays.iter().map(|play| play.id).collect::<Vec<_>>(), [id]);
        (batch.attempt, id)
    }

    /// Writes down what became of plays.
    pub async fn settle(
        &self,
        attempt: Attempt,
        verdicts: impl IntoIterator<Item = (PlayId, Verdict)>,
        at: i64,
    ) -> Vec<QueuedPlay> {
        let verdicts = verdicts.into_iter().collect();
        self.queue.settle(&self.account, attempt, verdicts, time(at)).await.unwrap()
    }

    /// Sees what time has done; the plays that changed by number.
    pub(super) async fn refresh(&self, oldest: i64, longest: Duration, at: i64) -> Vec<QueuedPlay> {
        let refreshed = self.queue.refresh(&self.account, time(oldest), longest, time(at)).await;
        let mut changed = refreshed.unwrap();
        changed.sort_by_key(|play| play.id);
        changed
    }

    pub(super) async fn change(&self, which: Selection, change: Change, at: i64) -> u64 {
        self.queue.change(&self.account, which, change, time(at)).await.unwrap()
    }

    pub(super) async fn hold(&self, hold: &Hold) {
        self.queue.hold(&self.account, hold.clone()).await.unwrap();
    }

    pub(super) async fn held(&self) -> Option<Hold> {
        self.queue.held(&self.account).await.unwrap()
    }

    pub(super) async fn lift(&self, reason: HoldReason) {
        self.queue.lift(&self.account, reason).await.unwrap();
    }

    pub(super) async fn forget(&self, before: i64) -> u64 {
        self.queue.forget(&self.account, time(before)).await.unwrap()
    }

    /// A play that is there.
    pub(super) async fn one(&self, id: PlayId) -> QueuedPlay {
        let play = self.queue.play(&self.account, id).await.unwrap();
        play.unwrap_or_else(|| panic!("{id:?} is lost"))
    }

    pub(super) async fn filtered(&self, filter: Filter, at: i64) -> Vec<QueuedPlay> {
        let plays = self.queue.plays(&self.account, filter, None, usize::MAX, time(at)).await;
        plays.unwrap()
    }

    pub(super) async fn all(&self) -> Vec<QueuedPlay> {
        self.filtered(Filter::all(), 0).await
    }

    pub(super) async fn counts(&self, at: i64) -> Counts {
        self.queue.counts(&self.account, time(at)).await.unwrap()
    }

    pub(super) async fn jobs(&self, at: i64) -> Vec<Job> {
        self.queue.jobs(&self.account, time(at)).await.unwrap()
    }

    pub(super) async fn next_due(&self) -> Option<i64> {
        let due = self.queue.next_due(&self.account).await.unwrap();
        due.map(Timestamp::as_unix)
    }

    /// What happened to a play, or to all.
    pub(super) async fn history(&self, play: Option<PlayId>) -> Vec<Step> {
        self.queue.history(&self.account, play, None, usize::MAX).await.unwrap()
    }

    pub(super) async fn seen(&self, at: i64) -> Seen {
        seen(self.queue, &self.account, time(at)).await.unwrap()
    }

    /// Plays in every state, in the order of [`State::ALL`], as of [`NOW`]; of a job or of none.
    /// They are played at `from`, a second apart.
    pub(super) async fn everywhere(&self, from: i64, job: Option<&str>) -> Vec<PlayId> {
        let plays = (from..).zip(State::ALL).map(|(at, state)| {
            let play = Submission::new(play(at, state.name()));
            match state {
                State::Scheduled | State::Paused => play.due_at(time(NOW + 1)),
                State::Sending | State::Unknown | State::Accepted => play.due_at(time(800)),
                State::Refused => play.due_at(time(NOW)).refused(Refusal::TooNew),
                State::Ready | State::Cancelled => play.due_at(time(NOW)),
            }
        });
        let ids = match job {
            None => self.add(plays, 800).await,
            Some(key) => self.new_job(key, plays, 800).await.1,
        };
        let Batch { attempt, plays, .. } = self.take(3, 900).await;
        assert_eq!(plays.iter().map(|play| play.id).collect::<Vec<_>>(), ids[3..6]);
        let lost = Verdict::Unknown { reason: "no answer".to_owned() };
        self.settle(attempt, [(ids[4], lost), (ids[5], accepted())], 950).await;
        assert_eq!(self.change(Selection::Play(ids[2]), Change::Pause, 960).await, 1);
        assert_eq!(self.change(Selection::Play(ids[7]), Change::Cancel, 960).await, 1);
        for (id, state) in ids.iter().zip(State::ALL) {
            assert_eq!(self.one(*id).await.state(time(NOW)), state);
        }
        ids
    }
}

/// The moment at which the plays of [`Given::everywhere`] are in every state.
pub(super) const NOW: i64 = 1_000;

/// All that can be seen of an account; equal for queues that keep the same.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// See [`ScrobbleQueue::plays`].
    pub plays: Vec<QueuedPlay>,
    /// See [`ScrobbleQueue::jobs`].
    pub jobs: Vec<Job>,
    /// See [`ScrobbleQueue::counts`].
    pub counts: Counts,
    /// See [`ScrobbleQueue::next_due`].
    pub next_due: Option<Timestamp>,
    /// See [`ScrobbleQueue::history`].
    pub steps: Vec<Step>,
    /// See [`ScrobbleQueue::held`].
    pub hold: Option<Hold>,
}

/// Reads all that can be seen of an account.
///
/// # Errors
///
/// As the queue's methods.
pub async fn seen(
    queue: &dyn ScrobbleQueue,
    account: &Account,
    at: Timestamp,
) -> StoreResult<Seen> {
    Ok(Seen {
        plays: queue.plays(account, Filter::all(), None, usize::MAX, at).await?,
        jobs: queue.jobs(account, at).await?,
        counts: queue.counts(account, at).await?,
        next_due: queue.next_due(account).await?,
        steps: queue.history(account, None, None, usize::MAX).await?,
        hold: queue.held(account).await?,
    })
}

/// A play of the track of this name at this second.
pub fn play(at: i64, name: &str) -> NewPlay {
    play_of(at, "an artist", name)
}

/// A play of this artist's track.
pub fn play_of(at: i64, artist: &str, name: &str) -> NewPlay {
    NewPlay::new(PlayerTrack::new(artist, name), time(at))
}

/// A play at each of these seconds, each of its own track.
pub fn plays(seconds: impl IntoIterator<Item = i64>) -> Vec<NewPlay> {
    seconds.into_iter().map(|at| play(at, &format!("track {at}"))).collect()
}

/// A play as it is right after it was queued at `at`.
pub(super) fn queued(id: PlayId, new: Submission, job: Option<JobId>, at: i64) -> QueuedPlay {
    QueuedPlay {
        id,
        play: new.play,
        job,
        queued_at: time(at),
        due_at: new.due_at.unwrap_or(time(at)),
        attempt_count: 0,
        reason: new.refusal.as_ref().map(ToString::to_string),
        standing: new.refusal.map_or(Standing::Waiting, Standing::Refused),
        since: time(at),
    }
}

pub(super) fn accepted() -> Verdict {
    Verdict::Accepted(Receipt::default())
}

pub(super) fn again(due_at: i64) -> Verdict {
    Verdict::Again { due_at: time(due_at), reason: "offline".to_owned() }
}

pub(super) fn unknown() -> Verdict {
    Verdict::Unknown { reason: "no answer".to_owned() }
}

pub(super) fn hold(reason: HoldReason, until: Option<i64>) -> Hold {
    Hold {
        reason, until: until.map(time), since: time(5), words: format!("“{}”", reason.name())
    }
}

/// The seconds at which plays were played.
pub(super) fn seconds<'p>(plays: impl IntoIterator<Item = &'p QueuedPlay>) -> Vec<i64> {
    plays.into_iter().map(|play| play.play.played_at.as_unix()).collect()
}
