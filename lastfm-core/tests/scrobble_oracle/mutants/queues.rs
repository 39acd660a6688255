//! The right sender over a queue with a mistake: what a careless sender would write into it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::Timestamp;
use lastfm_core::archive::StoreResult;
use lastfm_core::scrobble::{
    Account, AddedJob, Attempt, Batch, Change, Counts, Enqueued, Filter, Hold, HoldReason, Job,
    NewJob, PlayId, QueuedPlay, Receipt, Repeats, ScrobbleQueue, Selection, Step, StepId,
    Submission, Verdict,
};
use lastfm_core::testing::scrobble_oracle::Planted;

use super::caught;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    /// An answer that was lost: send again.
    ResendsWhatIsUnknown,
    /// An answer that was lost: it will have worked.
    BelievesWhatIsUnknown,
    /// An error: drop the batch.
    DropsWhatIsUnknown,
    /// What was on its way when the program died is sent again.
    ForgetsWhatWasSending,
    /// What is held back for this reason is dropped.
    Drops(HoldReason),
    /// A play is safe though the disk was full.
    AcknowledgesTooEarly,
}

#[derive(Debug)]
struct Mistaken {
    inner: Arc<dyn ScrobbleQueue>,
    mistake: Mistake,
    /// Plays that wait again since the last request.
    again: Mutex<Vec<PlayId>>,
}

impl Mistaken {
    fn twisted(&self, verdict: Verdict, at: Timestamp) -> Verdict {
        match (self.mistake, verdict) {
            (Mistake::ResendsWhatIsUnknown, Verdict::Unknown { reason }) => {
                Verdict::Again { due_at: at, reason }
            }
            (Mistake::BelievesWhatIsUnknown, Verdict::Unknown { .. }) => {
                Verdict::Accepted(Receipt::default())
            }
            (_, verdict) => verdict,
        }
    }

    async fn drop_them(&self, account: &Account, plays: Vec<PlayId>, at: Timestamp) {
        for play in plays {
            let _ = self.inner.change(account, Selection::Play(play), Change::Cancel, at).await;
        }
    }
}

macro_rules! all_but_those_with_mistakes {
    ($($name:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl ScrobbleQueue for Mistaken {
            async fn enqueue(
                &self,
                account: &Account,
                plays: Vec<Submission>,
                repeats: Repeats,
                at: Timestamp,
            ) -> StoreResult<Vec<Enqueued>> {
                let count = plays.len();
                let enqueued = self.inner.enqueue(account, plays, repeats, at).await;
                if self.mistake == Mistake::AcknowledgesTooEarly && enqueued.is_err() {
                    let first = 1_000_000_000 + at.as_unix();
                    return Ok((first..).take(count).map(|id| Enqueued::Added(PlayId(id))).collect());
                }
                enqueued
            }

            async fn settle(
                &self,
                account: &Account,
                attempt: Attempt,
                verdicts: Vec<(PlayId, Verdict)>,
                at: Timestamp,
            ) -> StoreResult<Vec<QueuedPlay>> {
                let ids = |is_meant: fn(&Verdict) -> bool| -> Vec<PlayId> {
                    verdicts.iter().filter(|(_, verdict)| is_meant(verdict)).map(|(id, _)| *id).collect()
                };
                let unknown = ids(|verdict| matches!(verdict, Verdict::Unknown { .. }));
                *self.again.lock().unwrap() = ids(|verdict| matches!(verdict, Verdict::Again { .. }));
                let twisted = verdicts.iter().cloned();
                let twisted = twisted.map(|(id, verdict)| (id, self.twisted(verdict, at))).collect();
                let settled = self.inner.settle(account, attempt, twisted, at).await;
                if self.mistake == Mistake::DropsWhatIsUnknown {
                    self.drop_them(account, unknown, at).await;
                }
                settled
            }

            async fn refresh(
                &self,
                account: &Account,
                oldest: Timestamp,
                longest_lease: Duration,
                at: Timestamp,
            ) -> StoreResult<Vec<QueuedPlay>> {
                let changed = self.inner.refresh(account, oldest, longest_lease, at).await?;
                if self.mistake == Mistake::ForgetsWhatWasSending {
                    for play in changed.iter().filter(|play| play.attempt().is_some()) {
                        let reason = "never heard of".to_owned();
                        let again = vec![(play.id, Verdict::Again { due_at: at, reason })];
                        self.inner.settle(account, play.attempt().unwrap(), again, at).await?;
                    }
                }
                Ok(changed)
            }

            async fn hold(&self, account: &Account, hold: Hold) -> StoreResult<()> {
                if self.mistake == Mistake::Drops(hold.reason) {
                    let again = std::mem::take(&mut *self.again.lock().unwrap());
                    self.drop_them(account, again, hold.since).await;
                }
                self.inner.hold(account, hold).await
            }

            $(async fn $name(&self, $($arg: $type),*) -> StoreResult<$out> {
                self.inner.$name($($arg),*).await
            })*
        }
    };
}

all_but_those_with_mistakes! {
    accounts() -> Vec<Account>;
    add_job(account: &Account, job: NewJob, at: Timestamp) -> AddedJob;
    jobs(account: &Account, at: Timestamp) -> Vec<Job>;
    take(account: &Account, limit: usize, lease: Duration, at: Timestamp) -> Batch;
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
    lift(account: &Account, reason: HoldReason) -> ();
    forget(account: &Account, before: Timestamp) -> u64;
}

fn with(mistake: Mistake) -> Planted {
    let around = move |inner| {
        let again = Mutex::default();
        Arc::new(Mistaken { inner, mistake, again }) as Arc<dyn ScrobbleQueue>
    };
    Planted { queue: Some(Arc::new(around)), ..Planted::default() }
}

#[test]
fn what_is_sent_again_without_being_looked_for_is_caught() {
    caught("resend without read-back", &with(Mistake::ResendsWhatIsUnknown));
}

#[test]
fn a_lost_answer_that_counts_as_success_is_caught() {
    caught("lost answer taken for success", &with(Mistake::BelievesWhatIsUnknown));
}

#[test]
fn a_batch_that_is_dropped_on_an_error_is_caught() {
    caught("batch dropped on 8", &with(Mistake::DropsWhatIsUnknown));
    caught("batch dropped on 9", &with(Mistake::Drops(HoldReason::Login)));
    caught("batch dropped on 29", &with(Mistake::Drops(HoldReason::RateLimit)));
    caught("batch dropped at the daily limit", &with(Mistake::Drops(HoldReason::DailyLimit)));
}

#[test]
fn a_program_that_forgets_what_it_was_sending_when_it_died_is_caught() {
    caught("forgets what was sending", &with(Mistake::ForgetsWhatWasSending));
}

#[test]
fn a_play_that_is_acknowledged_before_it_is_written_is_caught() {
    caught("acknowledged on a full disk", &with(Mistake::AcknowledgesTooEarly));
}
