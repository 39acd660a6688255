//! A queue in memory: the contract in its plainest form, to test with and to measure others by.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::{
    AddedJob, Attempt, Batch, Change, Counts, Enqueued, Filter, Hold, HoldReason, Job, JobId,
    NewJob, PlayId, QueuedPlay, Repeats, ScrobbleQueue, Selection, Standing, State, Step, StepId,
    Submission, Verdict,
};
use crate::by_account::ByAccount;
use crate::store_error::StoreResult;
use crate::{Account, NewPlay, Timestamp};

/// Keeps plays for as long as the program runs: for tests, and for apps that keep them elsewhere.
///
/// # Cancel safety
///
/// Each method waits once before it acts, and then acts whole: a future dropped before it is
/// ready has done nothing.
#[derive(Debug, Default)]
pub struct MemoryQueue {
    lists: ByAccount<List>,
}

/// The queue of one account.
#[derive(Debug, Default)]
struct List {
    plays: BTreeMap<PlayId, QueuedPlay>,
    steps: Vec<Step>,
    jobs: BTreeMap<JobId, (String, String, Timestamp)>,
    hold: Option<Hold>,
    last_play: i64,
    last_step: i64,
    last_attempt: i64,
}

impl MemoryQueue {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    async fn on<T>(&self, account: &Account, act: impl FnOnce(&mut List) -> T) -> StoreResult<T> {
        Ok(self.lists.on(account, act).await)
    }
}

#[async_trait]
impl ScrobbleQueue for MemoryQueue {
    async fn accounts(&self) -> StoreResult<Vec<Account>> {
        Ok(self.lists.of(|list| !list.plays.is_empty() || list.hold.is_some()).await)
    }

    async fn enqueue(
        &self,
        account: &Account,
        plays: Vec<Submission>,
        repeats: Repeats,
        at: Timestamp,
    ) -> StoreResult<Vec<Enqueued>> {
        self.on(account, |list| {
            plays.into_iter().map(|play| list.enqueue(play, None, repeats, at)).collect()
        })
        .await
    }

    async fn add_job(
        &self,
        account: &Account,
        job: NewJob,
        at: Timestamp,
    ) -> StoreResult<AddedJob> {
        self.on(account, |list| {
            let mut jobs = list.jobs.iter();
            if let Some((id, _)) = jobs.find(|(_, (key, ..))| *key == job.key) {
                return AddedJob::Exists(*id);
            }
            let id = JobId(list.jobs.len().try_into().unwrap_or(i64::MAX) + 1);
            list.jobs.insert(id, (job.key, job.title, at));
            for play in job.plays {
                list.enqueue(play, Some(id), Repeats::Shift, at);
            }
            AddedJob::Added(id)
        })
        .await
    }

    async fn jobs(&self, account: &Account, at: Timestamp) -> StoreResult<Vec<Job>> {
        self.on(account, |list| {
            let jobs = list.jobs.iter().rev().map(|(id, (key, title, added_at))| {
                let counts = list.counts(at, |play| play.job == Some(*id));
                Job::new(*id, key.clone(), title.clone(), *added_at, counts)
            });
            jobs.collect()
        })
        .await
    }

    async fn take(
        &self,
        account: &Account,
        limit: usize,
        lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Batch> {
        self.on(account, |list| {
            list.last_attempt += 1;
            let attempt = Attempt(list.last_attempt);
            let hold = list.hold.clone().filter(|hold| hold.is_in_force(at));
            if hold.is_some() {
                return Batch { attempt, plays: Vec::new(), hold };
            }
            let due = list.plays.values().filter(|play| play.state(at) == State::Ready);
            let mut due: Vec<_> =
                due.map(|play| (play.job.is_some(), play.play.played_at, play.id)).collect();
            due.sort_unstable();
            due.truncate(limit);
            due.sort_unstable_by_key(|(_, played_at, id)| (*played_at, *id));
            let plays = due.into_iter().filter_map(|(_, _, id)| {
                list.stand(id, at, |play| {
                    play.take(attempt, lease, at);
                    true
                })
            });
            Batch { attempt, plays: plays.collect(), hold: None }
        })
        .await
    }

    async fn settle(
        &self,
        account: &Account,
        attempt: Attempt,
        verdicts: Vec<(PlayId, Verdict)>,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        self.on(account, |list| {
            let settled = verdicts.into_iter().filter_map(|(id, verdict)| {
                list.stand(id, at, |play| play.settle(attempt, verdict, at))
            });
            settled.collect()
        })
        .await
    }

    async fn refresh(
        &self,
        account: &Account,
        oldest: Timestamp,
        longest_lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        self.on(account, |list| {
            let ids: Vec<PlayId> = list.plays.keys().copied().collect();
            let changed = ids.into_iter();
            changed
                .filter_map(|id| list.stand(id, at, |play| play.refresh(oldest, longest_lease, at)))
                .collect()
        })
        .await
    }

    async fn change(
        &self,
        account: &Account,
        which: Selection,
        change: Change,
        at: Timestamp,
    ) -> StoreResult<u64> {
        self.on(account, |list| {
            let chosen: Vec<PlayId> = list
                .plays
                .values()
                .filter(|play| match which {
                    Selection::All => true,
                    Selection::Job(job) => play.job == Some(job),
                    Selection::Play(id) => play.id == id,
                })
                .map(|play| play.id)
                .collect();
            let changed = chosen.into_iter().filter(|id| list.change(*id, which, change, at));
            changed.count() as u64
        })
        .await
    }

    async fn play(&self, account: &Account, id: PlayId) -> StoreResult<Option<QueuedPlay>> {
        self.on(account, |list| list.plays.get(&id).cloned()).await
    }

    async fn plays(
        &self,
        account: &Account,
        filter: Filter,
        after: Option<PlayId>,
        limit: usize,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        self.on(account, |list| {
            let plays = list.plays.values().filter(|play| {
                after.is_none_or(|after| play.id > after)
                    && filter.states.contains(&play.state(at))
                    && filter.job.is_none_or(|job| play.job == Some(job))
                    && filter.played.contains(play.play.played_at)
            });
            plays.take(limit).cloned().collect()
        })
        .await
    }

    async fn counts(&self, account: &Account, at: Timestamp) -> StoreResult<Counts> {
        self.on(account, |list| list.counts(at, |_| true)).await
    }

    async fn next_due(&self, account: &Account) -> StoreResult<Option<Timestamp>> {
        self.on(account, |list| {
            let waiting = list.plays.values().filter(|play| play.standing == Standing::Waiting);
            waiting.map(|play| play.due_at).min()
        })
        .await
    }

    async fn accepted_since(&self, account: &Account, since: Timestamp) -> StoreResult<u64> {
        self.on(account, |list| {
            let accepted = list.plays.values().filter(|play| {
                matches!(play.standing, Standing::Accepted(_)) && play.since >= since
            });
            accepted.count() as u64
        })
        .await
    }

    async fn history(
        &self,
        account: &Account,
        play: Option<PlayId>,
        after: Option<StepId>,
        limit: usize,
    ) -> StoreResult<Vec<Step>> {
        self.on(account, |list| {
            let steps = list.steps.iter().filter(|step| {
                play.is_none_or(|play| step.play == play)
                    && after.is_none_or(|after| step.id > after)
            });
            steps.take(limit).cloned().collect()
        })
        .await
    }

    async fn held(&self, account: &Account) -> StoreResult<Option<Hold>> {
        self.on(account, |list| list.hold.clone()).await
    }

    async fn hold(&self, account: &Account, hold: Hold) -> StoreResult<()> {
        self.on(account, |list| {
            if !list.hold.as_ref().is_some_and(|held| held.outlasts(&hold)) {
                list.hold = Some(hold);
            }
        })
        .await
    }

    async fn lift(&self, account: &Account, reason: HoldReason) -> StoreResult<()> {
        self.on(account, |list| {
            list.hold.take_if(|hold| hold.reason == reason);
        })
        .await
    }

    async fn forget(&self, account: &Account, before: Timestamp) -> StoreResult<u64> {
        self.on(account, |list| {
            let is_over = |play: &QueuedPlay| {
                let over = matches!(play.standing, Standing::Accepted(_) | Standing::Cancelled);
                over && play.since < before
            };
            let count = list.plays.len();
            list.plays.retain(|_, play| !is_over(play));
            list.steps.retain(|step| list.plays.contains_key(&step.play));
            (count - list.plays.len()) as u64
        })
        .await
    }
}

impl List {
    fn enqueue(
        &mut self,
        mut new: Submission,
        job: Option<JobId>,
        repeats: Repeats,
        at: Timestamp,
    ) -> Enqueued {
        while let Some(id) = self.same(&new.play, None) {
            let Some(next) = repeats.moved(new.play.played_at) else {
                return Enqueued::Repeats(id);
            };
            new.play.played_at = next;
        }
        Enqueued::Added(self.add(new, job, at))
    }

    /// The play that this one would be a repeat of, itself left out.
    fn same(&self, new: &NewPlay, itself: Option<PlayId>) -> Option<PlayId> {
        let identity = QueuedPlay::identity(new);
        let mut plays = self.plays.values().filter(|play| {
            play.standing != Standing::Cancelled
                && Some(play.id) != itself
                && play.play.played_at == new.played_at
        });
        plays.find(|play| QueuedPlay::identity(&play.play) == identity).map(|play| play.id)
    }

    fn add(&mut self, new: Submission, job: Option<JobId>, at: Timestamp) -> PlayId {
        self.last_play += 1;
        let id = PlayId(self.last_play);
        self.plays.insert(id, QueuedPlay::new(id, new, job, at));
        self.stand(id, at, |_| true);
        id
    }

    /// Moves a play on, and writes down where it stands from now on if it changed.
    fn stand(
        &mut self,
        id: PlayId,
        at: Timestamp,
        act: impl FnOnce(&mut QueuedPlay) -> bool,
    ) -> Option<QueuedPlay> {
        let play = self.plays.get_mut(&id)?;
        if !act(play) {
            return None;
        }
        let (state, reason) = (play.state(at), play.reason.clone());
        self.last_step += 1;
        self.steps.push(Step { id: StepId(self.last_step), play: id, at, state, reason });
        Some(play.clone())
    }

    fn change(&mut self, id: PlayId, which: Selection, change: Change, at: Timestamp) -> bool {
        let Some(play) = self.plays.get(&id) else { return false };
        let is_cancelled = play.standing == Standing::Cancelled;
        if is_cancelled && self.same(&play.play, Some(id)).is_some() {
            return false;
        }
        self.stand(id, at, |play| play.change(change, change.changes(which), at)).is_some()
    }

    fn counts(&self, at: Timestamp, is_meant: impl Fn(&QueuedPlay) -> bool) -> Counts {
        let mut counts = Counts::default();
        for play in self.plays.values().filter(|play| is_meant(play)) {
            counts.add(play.state(at), 1);
        }
        counts
    }
}
