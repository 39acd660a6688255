//! A queue that may be cut before and after each call.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Cutting;
use crate::Timestamp;
use crate::archive::StoreResult;
use crate::scrobble::{
    Account, AddedJob, Attempt, Batch, Change, Counts, Enqueued, Filter, Hold, HoldReason, Job,
    NewJob, PlayId, QueuedPlay, Repeats, ScrobbleQueue, Selection, Step, StepId, Submission,
    Verdict,
};

#[async_trait]
impl ScrobbleQueue for Cutting<Arc<dyn ScrobbleQueue>> {
    async fn accounts(&self) -> StoreResult<Vec<Account>> {
        self.around(self.inner.accounts()).await
    }

    async fn enqueue(
        &self,
        account: &Account,
        plays: Vec<Submission>,
        repeats: Repeats,
        at: Timestamp,
    ) -> StoreResult<Vec<Enqueued>> {
        self.around(self.inner.enqueue(account, plays, repeats, at)).await
    }

    async fn add_job(
        &self,
        account: &Account,
        job: NewJob,
        at: Timestamp,
    ) -> StoreResult<AddedJob> {
        self.around(self.inner.add_job(account, job, at)).await
    }

    async fn jobs(&self, account: &Account, at: Timestamp) -> StoreResult<Vec<Job>> {
        self.around(self.inner.jobs(account, at)).await
    }

    async fn take(
        &self,
        account: &Account,
        limit: usize,
        lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Batch> {
        self.around(self.inner.take(account, limit, lease, at)).await
    }

    async fn settle(
        &self,
        account: &Account,
        attempt: Attempt,
        verdicts: Vec<(PlayId, Verdict)>,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        self.around(self.inner.settle(account, attempt, verdicts, at)).await
    }

    async fn refresh(
        &self,
        account: &Account,
        oldest: Timestamp,
        longest_lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        self.around(self.inner.refresh(account, oldest, longest_lease, at)).await
    }

    async fn change(
        &self,
        account: &Account,
        which: Selection,
        change: Change,
        at: Timestamp,
    ) -> StoreResult<u64> {
        self.around(self.inner.change(account, which, change, at)).await
    }

    async fn play(&self, account: &Account, id: PlayId) -> StoreResult<Option<QueuedPlay>> {
        self.around(self.inner.play(account, id)).await
    }

    async fn plays(
        &self,
        account: &Account,
        filter: Filter,
        after: Option<PlayId>,
        limit: usize,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        self.around(self.inner.plays(account, filter, after, limit, at)).await
    }

    async fn counts(&self, account: &Account, at: Timestamp) -> StoreResult<Counts> {
        self.around(self.inner.counts(account, at)).await
    }

    async fn next_due(&self, account: &Account) -> StoreResult<Option<Timestamp>> {
        self.around(self.inner.next_due(account)).await
    }

    async fn accepted_since(&self, account: &Account, since: Timestamp) -> StoreResult<u64> {
        self.around(self.inner.accepted_since(account, since)).await
    }

    async fn history(
        &self,
        account: &Account,
        play: Option<PlayId>,
        after: Option<StepId>,
        limit: usize,
    ) -> StoreResult<Vec<Step>> {
        self.around(self.inner.history(account, play, after, limit)).await
    }

    async fn held(&self, account: &Account) -> StoreResult<Option<Hold>> {
        self.around(self.inner.held(account)).await
    }

    async fn hold(&self, account: &Account, hold: Hold) -> StoreResult<()> {
        self.around(self.inner.hold(account, hold)).await
    }

    async fn lift(&self, account: &Account, reason: HoldReason) -> StoreResult<()> {
        self.around(self.inner.lift(account, reason)).await
    }

    async fn forget(&self, account: &Account, before: Timestamp) -> StoreResult<u64> {
        self.around(self.inner.forget(account, before)).await
    }
}
