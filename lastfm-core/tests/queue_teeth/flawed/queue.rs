//! What the flaw does to each method.

use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::Timestamp;
use lastfm_core::archive::{StoreError, StoreErrorKind, StoreResult};
use lastfm_core::scrobble::{
    Account, AddedJob, Attempt, Batch, Change, Counts, Enqueued, Filter, Hold, HoldReason, Job,
    NewJob, PlayId, QueuedPlay, Repeats, ScrobbleQueue, Selection, Standing, State, Step, StepId,
    Submission, Verdict,
};

use super::{Flaw, Flawed};

#[async_trait]
impl ScrobbleQueue for Flawed {
    async fn accounts(&self) -> StoreResult<Vec<Account>> {
        let mut accounts = self.good.accounts().await?;
        match self.flaw {
            Some(Flaw::AccountsBackwards) => accounts.reverse(),
            Some(Flaw::AccountsWithPlaysOnly) => {
                let mut with_plays = Vec::new();
                for account in accounts {
                    if !self.all(&account).await.is_empty() {
                        with_plays.push(account);
                    }
                }
                return Ok(with_plays);
            }
            _ => {}
        }
        Ok(accounts)
    }

    async fn enqueue(
        &self,
        account: &Account,
        plays: Vec<Submission>,
        repeats: Repeats,
        at: Timestamp,
    ) -> StoreResult<Vec<Enqueued>> {
        let account = &self.kept(account);
        let mut plays: Vec<_> = plays.into_iter().map(|play| self.spoiled(play)).collect();
        match self.flaw {
            Some(
                Flaw::CancelledStillRepeats
                | Flaw::RefusedMayBeRepeated
                | Flaw::RepeatsBySpelling
                | Flaw::MovesByOneSecondOnly
                | Flaw::SaysThatItWasMoved,
            ) => {
                let mut enqueued = Vec::new();
                for play in plays {
                    enqueued.push(self.enqueue_one(account, play, repeats, at).await);
                }
                return Ok(enqueued);
            }
            Some(Flaw::WritesByHalves) => {
                let second = plays.split_off(plays.len() / 2);
                let mut enqueued = self.good.enqueue(account, plays, repeats, at).await?;
                enqueued.extend(self.good.enqueue(account, second, repeats, at).await?);
                return Ok(enqueued);
            }
            _ => {}
        }
        let mut enqueued = self.good.enqueue(account, plays, repeats, at).await?;
        if self.has(Flaw::NumbersAreGivenAgain) {
            let again = |enqueued: Enqueued| Enqueued::Added(PlayId(enqueued.id().0 % 2));
            enqueued = enqueued.into_iter().map(again).collect();
        }
        Ok(enqueued)
    }

    async fn add_job(
        &self,
        account: &Account,
        mut job: NewJob,
        at: Timestamp,
    ) -> StoreResult<AddedJob> {
        let account = &self.kept(account);
        job.plays = job.plays.into_iter().map(|play| self.spoiled(play)).collect();
        let mut plays = job.plays.clone();
        match self.flaw {
            Some(Flaw::JobsInAnyCase) => job.key = job.key.to_lowercase(),
            Some(Flaw::PlaysOfJobsAreOfNone) => job.plays.clear(),
            Some(Flaw::AJobLeavesRepeatsOut) => {
                let there = self.all(account).await;
                job.plays.retain(|new| {
                    let identity = QueuedPlay::identity(&new.play);
                    let mut of_second =
                        there.iter().filter(|old| old.play.played_at == new.play.played_at);
                    of_second.all(|old| QueuedPlay::identity(&old.play) != identity)
                });
            }
            _ => {}
        }
        let added = self.good.add_job(account, job, at).await?;
        let adds_again = match self.flaw {
            Some(Flaw::AddsPlaysOfTheJobAgain) => matches!(added, AddedJob::Exists(_)),
            Some(Flaw::PlaysOfJobsAreOfNone) => true,
            _ => false,
        };
        plays.retain(|_| adds_again);
        self.good.enqueue(account, plays, Repeats::Shift, at).await?;
        Ok(added)
    }

    async fn jobs(&self, account: &Account, at: Timestamp) -> StoreResult<Vec<Job>> {
        let mut jobs = self.good.jobs(&self.kept(account), at).await?;
        if self.has(Flaw::JobsOldestFirst) {
            jobs.reverse();
        }
        Ok(jobs)
    }

    async fn take(
        &self,
        account: &Account,
        limit: usize,
        lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Batch> {
        let account = &self.kept(account);
        let take = async |limit, lease, at| self.good.take(account, limit, lease, at).await;
        let ready = Filter::states([State::Ready]);
        match self.flaw {
            Some(Flaw::LeaseOfAnHour) => {
                take(limit, lease.min(Duration::from_secs(3_600)), at).await
            }
            Some(Flaw::ZeroIsNoLimit) if limit == 0 => take(usize::MAX, lease, at).await,
            Some(Flaw::TakesASecondEarly) => take(limit, lease, at.plus(1)).await,
            Some(Flaw::JobsAreEqualToOthers) => {
                self.take_whatever_is_oldest(account, limit, lease, at).await
            }
            Some(Flaw::HoldIsIgnored) => {
                let Some(hold) = self.good.held(account).await? else {
                    return take(limit, lease, at).await;
                };
                self.good.lift(account, hold.reason).await?;
                let batch = take(limit, lease, at).await;
                self.good.hold(account, hold).await?;
                batch
            }
            Some(Flaw::HoldOutlivesItsTime) => {
                let hold = self.good.held(account).await?;
                let limit = if hold.is_some() { 0 } else { limit };
                Ok(Batch { hold, ..take(limit, lease, at).await? })
            }
            Some(Flaw::ReadsBeforeItTakes) => {
                let due = self.good.plays(account, ready, None, limit, at).await?;
                let batch = take(limit, lease, at).await?;
                let mut plays = Vec::new();
                for play in due {
                    plays.extend(self.good.play(account, play.id).await?);
                }
                Ok(Batch { plays, ..batch })
            }
            _ => {
                let mut batch = take(limit, lease, at).await?;
                match self.flaw {
                    Some(Flaw::QueueIsNewestFirst) => batch.plays.reverse(),
                    Some(Flaw::AttemptsFall) => batch.attempt = Attempt(-batch.attempt.0),
                    Some(Flaw::BatchAsItWasBefore) => {
                        batch.plays.iter_mut().for_each(|play| play.attempt_count -= 1);
                    }
                    _ => {}
                }
                Ok(batch)
            }
        }
    }

    async fn settle(
        &self,
        account: &Account,
        mut attempt: Attempt,
        mut verdicts: Vec<(PlayId, Verdict)>,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        let account = &self.kept(account);
        let all = self.all(account).await;
        let before = |id: PlayId| all.iter().find(|play| play.id == id);
        let is_of = |attempt| move |play: &QueuedPlay| play.attempt() == Some(attempt);
        match self.flaw {
            Some(Flaw::AttemptsFall) => attempt = Attempt(-attempt.0),
            Some(Flaw::AnyAttemptSettles | Flaw::SettlesOneByOne) => {
                let mut settled = Vec::new();
                for (id, verdict) in verdicts {
                    let own = before(id).and_then(QueuedPlay::attempt);
                    let any = if self.has(Flaw::AnyAttemptSettles) { own } else { None };
                    let attempt = any.unwrap_or(attempt);
                    settled
                        .extend(self.good.settle(account, attempt, vec![(id, verdict)], at).await?);
                }
                return Ok(settled);
            }
            Some(Flaw::UnknownIsFinal) => verdicts.retain(|(id, _)| {
                !matches!(before(*id).map(|play| &play.standing), Some(Standing::Unknown { .. }))
            }),
            Some(Flaw::LastWordCounts) => {
                verdicts.reverse();
                let mut told = Vec::new();
                verdicts.retain(|(id, _)| {
                    let is_new = !told.contains(id);
                    told.push(*id);
                    is_new
                });
            }
            Some(Flaw::StopsAtAStranger) => {
                let known = |(id, _): &(PlayId, Verdict)| before(*id).is_some_and(is_of(attempt));
                let count = verdicts.iter().take_while(|verdict| known(verdict)).count();
                verdicts.truncate(count);
            }
            _ => {}
        }
        for (id, verdict) in &mut verdicts {
            self.spoil(verdict, before(*id));
        }
        let mut settled = self.good.settle(account, attempt, verdicts, at).await?;
        if self.has(Flaw::SettledByNumber) {
            settled.sort_by_key(|play| play.id);
        }
        Ok(settled)
    }

    async fn refresh(
        &self,
        account: &Account,
        oldest: Timestamp,
        longest_lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        let account = &self.kept(account);
        let (oldest, longest_lease, at) = match self.flaw {
            Some(Flaw::LeaseEndsASecondLate) => (oldest, longest_lease, at.plus(-1)),
            Some(Flaw::NoLeaseIsTooLong) => (oldest, Duration::MAX, at),
            Some(Flaw::TooOldIncludesTheEdge) => (oldest.plus(1), longest_lease, at),
            _ => (oldest, longest_lease, at),
        };
        self.good.refresh(account, oldest, longest_lease, at).await
    }

    async fn change(
        &self,
        account: &Account,
        which: Selection,
        change: Change,
        at: Timestamp,
    ) -> StoreResult<u64> {
        let account = &self.kept(account);
        let all = self.all(account).await;
        let mut also = 0;
        match (self.flaw, which, change) {
            (Some(Flaw::PausesNothingAlone), Selection::Play(_), Change::Pause) => return Ok(0),
            (Some(Flaw::CancelsWhateverIsMeant), Selection::All, Change::Cancel) => {
                for play in &all {
                    if let Some(attempt) = play.attempt() {
                        let again = Verdict::Again { due_at: at, reason: String::new() };
                        self.good.settle(account, attempt, vec![(play.id, again)], at).await?;
                    }
                }
            }
            (Some(Flaw::RetriesAllThatIsCancelled), Selection::All, Change::Retry) => {
                also = self.change_each(account, &all, change, at).await;
            }
            (Some(Flaw::RevivesInPlaceOfAnother), Selection::Play(id), Change::Retry) => {
                let old = all.iter().find(|play| play.id == id);
                let others: Vec<_> = all
                    .iter()
                    .filter(|other| Some(*other) != old)
                    .filter(|other| {
                        Some(QueuedPlay::identity(&other.play))
                            == old.map(|old| QueuedPlay::identity(&old.play))
                    })
                    .cloned()
                    .collect();
                self.change_each(account, &others, Change::Cancel, at).await;
            }
            _ => {}
        }
        let count = self.good.change(account, which, change, at).await?;
        if self.has(Flaw::ResumedIsDueNow) && change == Change::Resume {
            let paused = all.into_iter().filter(|play| play.standing == Standing::Paused);
            let paused: Vec<_> = paused.collect();
            self.change_each(account, &paused, Change::Retry, at).await;
        }
        Ok(count + also)
    }

    async fn play(&self, account: &Account, id: PlayId) -> StoreResult<Option<QueuedPlay>> {
        self.good.play(&self.kept(account), id).await
    }

    async fn plays(
        &self,
        account: &Account,
        mut filter: Filter,
        mut after: Option<PlayId>,
        mut limit: usize,
        at: Timestamp,
    ) -> StoreResult<Vec<QueuedPlay>> {
        match self.flaw {
            Some(Flaw::AThousandAtMost) => limit = limit.min(1_000),
            Some(Flaw::SpanEndIsIncluded) => filter.played.end = filter.played.end.plus(1),
            Some(Flaw::JobFilterIsIgnored) => filter.job = None,
            Some(Flaw::PlaceIsIncluded) => {
                after = after.map(|after| PlayId(after.0.saturating_sub(1)));
            }
            _ => {}
        }
        self.good.plays(&self.kept(account), filter, after, limit, at).await
    }

    async fn counts(&self, account: &Account, at: Timestamp) -> StoreResult<Counts> {
        let at = if self.has(Flaw::CountsAtTheEndOfTime) { Timestamp::MAX } else { at };
        self.good.counts(&self.kept(account), at).await
    }

    async fn next_due(&self, account: &Account) -> StoreResult<Option<Timestamp>> {
        let account = &self.kept(account);
        let due = self.good.next_due(account).await?;
        if self.has(Flaw::PausedIsDue) {
            let all = self.all(account).await;
            let paused = all.into_iter().filter(|play| play.standing == Standing::Paused);
            return Ok(paused.map(|play| play.due_at).chain(due).min());
        }
        Ok(due)
    }

    async fn accepted_since(&self, account: &Account, since: Timestamp) -> StoreResult<u64> {
        let since = if self.has(Flaw::SinceIsExcluded) { since.plus(1) } else { since };
        self.good.accepted_since(&self.kept(account), since).await
    }

    async fn history(
        &self,
        account: &Account,
        play: Option<PlayId>,
        mut after: Option<StepId>,
        limit: usize,
    ) -> StoreResult<Vec<Step>> {
        if self.has(Flaw::StepPlaceIsIncluded) {
            after = after.map(|after| StepId(after.0.saturating_sub(1)));
        }
        let mut steps = self.good.history(&self.kept(account), play, after, limit).await?;
        if self.has(Flaw::NobodyIsAnError) && steps.is_empty() {
            return Err(StoreError::new("history", StoreErrorKind::UnknownUser));
        }
        if self.has(Flaw::StepsHaveNoReasons) {
            for step in &mut steps {
                step.reason = None;
            }
        }
        Ok(steps)
    }

    async fn held(&self, account: &Account) -> StoreResult<Option<Hold>> {
        let held = self.good.held(&self.kept(account)).await?;
        let hides = self.has(Flaw::ExpiredHoldIsHidden);
        Ok(held.filter(|hold| !hides || hold.is_in_force(hold.since)))
    }

    async fn hold(&self, account: &Account, hold: Hold) -> StoreResult<()> {
        let account = &self.kept(account);
        match (self.flaw, self.good.held(account).await?) {
            (Some(Flaw::TheFirstHoldStays), Some(_)) => return Ok(()),
            (Some(Flaw::TheNewestHoldWins), Some(old)) => {
                self.good.lift(account, old.reason).await?;
            }
            _ => {}
        }
        self.good.hold(account, hold).await
    }

    async fn lift(&self, account: &Account, mut reason: HoldReason) -> StoreResult<()> {
        let account = &self.kept(account);
        if self.has(Flaw::LiftsAnything)
            && let Some(held) = self.good.held(account).await?
        {
            reason = held.reason;
        }
        self.good.lift(account, reason).await
    }

    async fn forget(&self, account: &Account, before: Timestamp) -> StoreResult<u64> {
        let account = &self.kept(account);
        let before = if self.has(Flaw::ForgetsASecondMore) { before.plus(1) } else { before };
        let steps = self.good.history(account, None, None, usize::MAX).await?;
        let all = self.all(account).await;
        let too_many = all.into_iter().filter(|play| match self.flaw {
            Some(Flaw::ForgetsWhatIsRefused) => matches!(play.standing, Standing::Refused(_)),
            Some(Flaw::ForgetsWhatWasEverCancelled) => steps.iter().any(|step| {
                step.play == play.id && step.state == State::Cancelled && step.at < before
            }),
            _ => false,
        });
        let too_many: Vec<_> = too_many.collect();
        self.change_each(account, &too_many, Change::Cancel, Timestamp::MIN).await;
        self.good.forget(account, before).await
    }
}
