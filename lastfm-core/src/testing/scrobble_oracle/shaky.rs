//! A queue on a disk that can be full, in a program that can be stopped between any two steps.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::Timestamp;
use crate::archive::{StoreError, StoreErrorKind, StoreResult};
use crate::scrobble::{
    Account, AddedJob, Attempt, Batch, Change, Counts, Enqueued, Filter, Hold, HoldReason, Job,
    NewJob, PlayId, QueuedPlay, Repeats, ScrobbleQueue, Selection, Step, StepId, Submission,
    Verdict,
};
use crate::testing::{Cut, Dice};

/// A disk that all programs share. While it is full, every other call fails.
#[derive(Debug, Clone)]
pub(super) struct Disk(Arc<Mutex<(bool, Dice)>>);

impl Disk {
    pub(super) fn new(dice: Dice) -> Self {
        Self(Arc::new(Mutex::new((false, dice))))
    }

    pub(super) fn set_full(&self, is_full: bool) {
        self.state().0 = is_full;
    }

    fn fails(&self, probability: f64) -> bool {
        let (is_full, dice) = &mut *self.state();
        *is_full && dice.chance(probability)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, (bool, Dice)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The queue as one program has it.
#[derive(Debug)]
pub(super) struct Shaky {
    inner: Arc<dyn ScrobbleQueue>,
    cut: Cut,
    disk: Disk,
}

impl Shaky {
    pub(super) fn new(inner: Arc<dyn ScrobbleQueue>, cut: Cut, disk: Disk) -> Self {
        Self { inner, cut, disk }
    }

    async fn around<T>(
        &self,
        operation: &'static str,
        work: impl Future<Output = StoreResult<T>>,
    ) -> StoreResult<T> {
        let failed = || Err(StoreError::new(operation, StoreErrorKind::Full));
        self.cut.step().await;
        if self.disk.fails(0.4) {
            return failed();
        }
        let result = work.await;
        self.cut.step().await;
        // It was done, and nobody can say so.
        if self.disk.fails(0.1) { failed() } else { result }
    }
}

macro_rules! pass_on {
    ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl ScrobbleQueue for Shaky {
            $(async fn $name(&self, $($arg: $type),*) -> StoreResult<$out> {
                self.around(stringify!($name), self.inner.$name($($arg),*)).await
            })*
        }
    };
}

pass_on! {
    accounts() -> Vec<Account>;
    enqueue(account: &Account, plays: Vec<Submission>, repeats: Repeats, at: Timestamp)
        -> Vec<Enqueued>;
    add_job(account: &Account, job: NewJob, at: Timestamp) -> AddedJob;
    jobs(account: &Account, at: Timestamp) -> Vec<Job>;
    take(account: &Account, limit: usize, lease: Duration, at: Timestamp) -> Batch;
    settle(account: &Account, attempt: Attempt, verdicts: Vec<(PlayId, Verdict)>, at: Timestamp)
        -> Vec<QueuedPlay>;
    refresh(account: &Account, oldest: Timestamp, longest_lease: Duration, at: Timestamp)
        -> Vec<QueuedPlay>;
    change(account: &Account, which: Selection, change: Change, at: Timestamp) -> u64;
    play(account: &Account, id: PlayId) -> Option<QueuedPlay>;
    plays(account: &Account, filter: Filter, after: Option<PlayId>, limit: usize, at: Timestamp)
        -> Vec<QueuedPlay>;
    counts(account: &Account, at: Timestamp) -> Counts;
    next_due(account: &Account) -> Option<Timestamp>;
    accepted_since(account: &Account, since: Timestamp) -> u64;
    history(account: &Account, play: Option<PlayId>, after: Option<StepId>, limit: usize)
        -> Vec<Step>;
    held(account: &Account) -> Option<Hold>;
    hold(account: &Account, hold: Hold) -> ();
    lift(account: &Account, reason: HoldReason) -> ();
    forget(account: &Account, before: Timestamp) -> u64;
}
