//! A queue whose database fails: before a call took effect, or after it, with the answer lost.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::Dice;
use crate::Timestamp;
use crate::archive::{StoreError, StoreErrorKind, StoreResult};
use crate::scrobble::{
    Account, AddedJob, Attempt, Batch, Change, Counts, Enqueued, Filter, Hold, HoldReason, Job,
    NewJob, PlayId, QueuedPlay, Repeats, ScrobbleQueue, Selection, Step, StepId, Submission,
    Verdict,
};

/// How a call of a queue fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// What the call says.
    pub kind: StoreErrorKind,
    /// Whether it has happened all the same: the commit went through, and its answer got lost.
    pub has_happened: bool,
    /// The only method that fails so, by its name in [`ScrobbleQueue`]; nothing for any.
    pub method: Option<&'static str>,
}

impl Failure {
    /// The call, of any method, fails before it has changed anything.
    pub fn before(kind: StoreErrorKind) -> Self {
        Self { kind, has_happened: false, method: None }
    }

    /// The call, of any method, does its work, and says all the same that it failed.
    pub fn after(kind: StoreErrorKind) -> Self {
        Self { has_happened: true, ..Self::before(kind) }
    }

    /// The same, only for this method, by its name in [`ScrobbleQueue`].
    pub fn of(self, method: &'static str) -> Self {
        Self { method: Some(method), ..self }
    }

    fn is_of(&self, method: &str) -> bool {
        self.method.is_none_or(|only| only == method)
    }
}

/// Passes everything on to a queue, but for calls that fail, as it was told or by chance.
#[derive(Debug)]
pub struct FailingQueue {
    inner: Arc<dyn ScrobbleQueue>,
    plan: Mutex<Plan>,
}

#[derive(Debug)]
struct Plan {
    /// Each with how many calls it is still for.
    next: VecDeque<(u64, Failure)>,
    dice: Dice,
    rate: f64,
    by_chance: Vec<Failure>,
    failed_count: u64,
}

impl FailingQueue {
    /// Fails only as [`fail_next`](Self::fail_next) says.
    pub fn new(inner: Arc<dyn ScrobbleQueue>) -> Self {
        Self::by_chance(inner, 0, 0.0, [])
    }

    /// Fails calls by chance: each at a rate from 0 to 1, in one of these ways that its method can
    /// fail in. The same seed fails the same calls.
    pub fn by_chance(
        inner: Arc<dyn ScrobbleQueue>,
        seed: u64,
        rate: f64,
        failures: impl IntoIterator<Item = Failure>,
    ) -> Self {
        let plan = Plan {
            next: VecDeque::new(),
            dice: Dice::new(seed),
            rate,
            by_chance: failures.into_iter().collect(),
            failed_count: 0,
        };
        Self { inner, plan: Mutex::new(plan) }
    }

    /// Fails the next so many calls that the failure is of. What was told first is first.
    pub fn fail_next(&self, count: u64, failure: Failure) {
        self.plan().next.push_back((count, failure));
    }

    /// Fails no more, neither as told nor by chance.
    pub fn recover(&self) {
        let mut plan = self.plan();
        plan.next.clear();
        plan.rate = 0.0;
    }

    /// How many calls have failed.
    pub fn failed_count(&self) -> u64 {
        self.plan().failed_count
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn around<R>(
        &self,
        method: &'static str,
        work: impl Future<Output = StoreResult<R>>,
    ) -> StoreResult<R> {
        let failure = self.plan().failure(method);
        let Some(Failure { kind, has_happened, .. }) = failure else { return work.await };
        if has_happened {
            work.await?;
        }
        Err(StoreError::new(method, kind))
    }
}

impl Plan {
    /// How this call fails, if it does.
    fn failure(&mut self, method: &str) -> Option<Failure> {
        // Thrown for each call, so that what was told shifts no chance.
        let fails = self.dice.chance(self.rate);
        let ways: Vec<_> = self.by_chance.iter().filter(|way| way.is_of(method)).collect();
        let way = self.dice.index(ways.len());
        let by_chance = ways.get(way).filter(|_| fails).map(|way| **way);
        let told = self.next.iter_mut().find(|(left, failure)| *left > 0 && failure.is_of(method));
        let failure = match told {
            Some((left, failure)) => {
                *left -= 1;
                Some(*failure)
            }
            None => by_chance,
        };
        self.failed_count += u64::from(failure.is_some());
        failure
    }
}

#[async_trait]
impl ScrobbleQueue for FailingQueue {
    async fn accounts(&self) -> StoreResult<Vec<Account>> {
        self.around("accounts", self.inner.accounts()).await
    }

    async fn enqueue(
        &self,
        account: &Account,
        plays: Vec<Submission>,
        repeats: Repeats,
        at: Timestamp,
    ) -> StoreResult<Vec<Enqueued>> {
        self.around("enqueue", self.inner.enqueue(account, plays, repeats, at)).await
    }

    async fn add_job(
        &self,
        account: &Account,
        job: NewJob,
        at: Timestamp,
    ) -> StoreResult<AddedJob> {
        self.around("add_job", self.inner.add_job(account, job, at)).await
    }

    async fn jobs(&self, account: &Account, at: Timestamp) -> StoreResult<Vec<Job>> {
        self.around("jobs", self.inner.jobs(account, at)).await
    }

    async fn take(
        &self,
        account: &Account,
        limit: usize,
        lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Batch> {
        self.around("take", self.inner.take(account, limit, lease, at)).await
    }

    async fn settle(
        &self,
        account: &Account,
        attempt: Attempt,
        verdicts: Vec<(PlayId, Verdict)>,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        self.around("settle", self.inner.settle(account, attempt, verdicts, at)).await
    }

    async fn refresh(
        &self,
        account: &Account,
        oldest: Timestamp,
        longest_lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        self.around("refresh", self.inner.refresh(account, oldest, longest_lease, at)).await
    }

    async fn change(
        &self,
        account: &Account,
        which: Selection,
        change: Change,
        at: Timestamp,
    ) -> StoreResult<u64> {
        self.around("change", self.inner.change(account, which, change, at)).await
    }

    async fn play(&self, account: &Account, id: PlayId) -> StoreResult<Option<QueuedPlay>> {
        self.around("play", self.inner.play(account, id)).await
    }

    async fn plays(
        &self,
        account: &Account,
        filter: Filter,
        after: Option<PlayId>,
        limit: usize,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        self.around("plays", self.inner.plays(account, filter, after, limit, at)).await
    }

    async fn counts(&self, account: &Account, at: Timestamp) -> StoreResult<Counts> {
        self.around("counts", self.inner.counts(account, at)).await
    }

    async fn next_due(&self, account: &Account) -> StoreResult<Option<Timestamp>> {
        self.around("next_due", self.inner.next_due(account)).await
    }

    async fn accepted_since(&self, account: &Account, since: Timestamp) -> StoreResult<u64> {
        self.around("accepted_since", self.inner.accepted_since(account, since)).await
    }

    async fn history(
        &self,
        account: &Account,
        play: Option<PlayId>,
        after: Option<StepId>,
        limit: usize,
    ) -> StoreResult<Vec<Step>> {
        self.around("history", self.inner.history(account, play, after, limit)).await
    }

    async fn held(&self, account: &Account) -> StoreResult<Option<Hold>> {
        self.around("held", self.inner.held(account)).await
    }

    async fn hold(&self, account: &Account, hold: Hold) -> StoreResult<()> {
        self.around("hold", self.inner.hold(account, hold)).await
    }

    async fn lift(&self, account: &Account, reason: HoldReason) -> StoreResult<()> {
        self.around("lift", self.inner.lift(account, reason)).await
    }

    async fn forget(&self, account: &Account, before: Timestamp) -> StoreResult<u64> {
        self.around("forget", self.inner.forget(account, before)).await
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;

    use super::*;
    use crate::scrobble::MemoryQueue;
    use crate::testing::queue_conformance::{Given, plays};

    fn add(queue: &FailingQueue, second: i64) -> StoreResult<Vec<Enqueued>> {
        let given = Given::user(queue, "rj");
        let plays = plays([second]).into_iter().map(Submission::new).collect();
        let at = Timestamp::from_unix(0);
        block_on(queue.enqueue(&given.account, plays, Repeats::Same, at))
    }

    fn count(queue: &FailingQueue) -> u64 {
        let given = Given::user(queue, "rj");
        block_on(queue.counts(&given.account, Timestamp::from_unix(0))).unwrap().total()
    }

    #[test]
    fn a_call_fails_as_it_was_told_and_has_happened_or_not() {
        let queue = FailingQueue::new(Arc::new(MemoryQueue::new()));
        queue.fail_next(2, Failure::before(StoreErrorKind::Full).of("enqueue"));
        queue.fail_next(1, Failure::after(StoreErrorKind::Busy).of("enqueue"));
        for (second, kind) in [(1, StoreErrorKind::Full), (2, StoreErrorKind::Full)] {
            assert_eq!(add(&queue, second).unwrap_err().kind, kind);
            assert_eq!(count(&queue), 0);
        }
        let error = add(&queue, 3).unwrap_err();
        assert_eq!((error.operation, error.kind), ("enqueue", StoreErrorKind::Busy));
        assert_eq!(count(&queue), 1);
        assert!(matches!(add(&queue, 3).unwrap()[..], [Enqueued::Repeats(_)]));
        assert_eq!(queue.failed_count(), 3);
    }

    #[test]
    fn the_same_seed_fails_the_same_calls() {
        let failed = |seed| -> Vec<bool> {
            let failures = [StoreErrorKind::Busy, StoreErrorKind::Full].map(Failure::before);
            let inner = Arc::new(MemoryQueue::new());
            let queue = FailingQueue::by_chance(inner, seed, 0.3, failures);
            let failed = (0..200).map(|second| add(&queue, second).is_err()).collect();
            queue.recover();
            assert_eq!(count(&queue), 200 - queue.failed_count());
            failed
        };
        assert_eq!(failed(1), failed(1));
        assert_ne!(failed(1), failed(2));
        let count = failed(3).into_iter().filter(|failed| *failed).count();
        assert!((30..=90).contains(&count), "{count} of 200 is no third");
    }
}
