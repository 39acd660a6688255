//! One request with plays, and what is written down of it.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use super::{
    HESITATION, LEASE, LONGEST_REQUEST, REJECTED_AGAIN, REJECTED_FOR_GOOD, REJECTED_IN_A_ROW,
    Sender, Shared,
};
use crate::ErrorClass;
use crate::error::in_words;
use crate::methods::track::Scrobble;
use crate::methods::user::GetInfo;
use crate::scrobble::answer::{self, Outcome};
use crate::scrobble::progress::SendEvent;
use crate::scrobble::teller::Teller;
use crate::scrobble::{AT_ONCE, Attempt, Batch, HoldReason, PlayId, QueuedPlay, Verdict};
use crate::store_error::StoreResult;

impl Sender {
    /// Sends the next plays, and says whether there were any. Where a hold has just passed, one play
    /// alone is tried, and ends it.
    pub(super) async fn send_batch(
        &self,
        probing: Option<HoldReason>,
        told: &Teller<'_>,
    ) -> StoreResult<bool> {
        let Shared { clock, queue, account, .. } = &*self.0;
        let began = clock.elapsed();
        let limit = if probing.is_some() { 1 } else { self.memory().batch };
        let Batch { attempt, plays, .. } = queue.take(account, limit, LEASE, self.now()).await?;
        if plays.is_empty() {
            return Ok(false);
        }
        told.tell(SendEvent::Sending { plays: plays.clone() });
        let all = |make: &dyn Fn(&QueuedPlay) -> Verdict| {
            plays.iter().map(|play| (play.id, make(play))).collect::<Vec<_>>()
        };
        let again =
            |reason: &str| all(&|_| Verdict::Again { due_at: AT_ONCE, reason: reason.to_owned() });
        if clock.elapsed().saturating_sub(began) > HESITATION {
            let verdicts = again("its sender was too slow");
            self.settle(attempt, verdicts, told).await?;
            return Ok(true);
        }
        let scrobble = Scrobble::new(plays.iter().map(|play| play.play.clone()));
        let client = self.client();
        let (outcome, words) = match self.in_time(began, client.call_once(&scrobble)).await {
            Some(Ok(reply)) => {
                self.memory().time.learn(reply.at, &**clock);
                (answer::told(&plays, &reply.value, self.now()), String::new())
            }
            Some(Err(error)) => (self.meaning(&error, plays.len(), &client), in_words(&error)),
            None => (Outcome::Unknown, "its sender was too slow".to_owned()),
        };
        let now = self.now();
        let (verdicts, hold) = match outcome {
            Outcome::Told { verdicts, is_full } => {
                self.memory().answered();
                let words = "the day's limit is reached";
                let hold = is_full.then(|| self.hold_for(HoldReason::DailyLimit, None, words));
                (verdicts, hold)
            }
            Outcome::Held { reason, wait } => {
                (again(&words), Some(self.hold_for(reason, wait, words)))
            }
            Outcome::TooMuch => {
                self.memory().batch = plays.len() / 2;
                // That says nothing about each of them.
                (again(&format!("together with others: {words}")), None)
            }
            Outcome::Rejected(refusal) => {
                let in_a_row = self.memory().rejected();
                // Many one after another: it is not the plays. They are tried again, and not counted.
                let hold = (in_a_row > REJECTED_IN_A_ROW)
                    .then(|| self.hold_for(HoldReason::Outage, None, words.clone()));
                let is_final = hold.is_none() && self.is_rejected_for_good(&plays, &words).await;
                let reason = if hold.is_none() { words } else { format!("like others: {words}") };
                let due_at = now.plus(REJECTED_AGAIN);
                let verdicts = all(&|_| {
                    if is_final {
                        Verdict::Refused(refusal.clone())
                    } else {
                        Verdict::Again { due_at, reason: reason.clone() }
                    }
                });
                (verdicts, hold)
            }
            Outcome::Unknown => {
                let verdicts = all(&|_| Verdict::Unknown { reason: words.clone() });
                (verdicts, Some(self.hold_for(HoldReason::Outage, None, words)))
            }
        };
        self.settle(attempt, verdicts, told).await?;
        match (hold, probing) {
            (Some(hold), _) => {
                queue.hold(account, hold.clone()).await?;
                told.tell(SendEvent::Held(hold));
            }
            (None, Some(reason)) => {
                queue.lift(account, reason).await?;
                told.tell(SendEvent::Lifted(reason));
            }
            (None, None) => {}
        }
        Ok(true)
    }

    /// Whether the service has refused a play that was sent alone in these words before, often
    /// enough and over a long enough time. Other attempts say nothing about the play.
    async fn is_rejected_for_good(&self, plays: &[QueuedPlay], words: &str) -> bool {
        let Shared { queue, account, .. } = &*self.0;
        let Some(play) = plays.first() else { return false };
        // What cannot be read now is read after the next attempt.
        let story = queue.history(account, Some(play.id), None, usize::MAX).await;
        let story = story.unwrap_or_default();
        let mut before = story.iter().filter(|step| step.reason.as_deref() == Some(words));
        let (tries, time) = REJECTED_FOR_GOOD;
        let Some(first) = before.next() else { return false };
        before.count() + 2 >= tries && self.now().since(first.at) >= time
    }

    /// The answer, unless so much time has passed since then that others may believe this sender
    /// dead: a request that has not gone out by then does not.
    async fn in_time<F: Future>(&self, began: Duration, call: F) -> Option<F::Output> {
        let clock = &self.0.clock;
        let mut call = std::pin::pin!(call);
        poll_fn(|context| {
            if clock.elapsed().saturating_sub(began) > LONGEST_REQUEST {
                return Poll::Ready(None);
            }
            call.as_mut().poll(context).map(Some)
        })
        .await
    }

    /// Asks the service whose session it is and what time it is; with that, whether it answers and
    /// the app signs rightly.
    pub(super) async fn get_acquainted(&self, told: &Teller<'_>) -> StoreResult<()> {
        let client = self.client();
        let error = match client.call_once_anew(&GetInfo::session()).await {
            Ok(reply) => {
                let (whose, user) = (reply.value.name, &self.0.account.user);
                if whose != *user {
                    let words = format!("the session is that of {whose}, not of {user}");
                    let hold = self.hold_for(HoldReason::Login, None, words);
                    return self.hold_back(hold, told).await;
                }
                let mut memory = self.memory();
                memory.time.learn(reply.at, &*self.0.clock);
                memory.is_acquainted = true;
                return Ok(());
            }
            Err(error) => error,
        };
        let (reason, wait) = match self.meaning(&error, 1, &client) {
            Outcome::Held { reason: HoldReason::App, .. } | Outcome::Rejected(_)
                if error.class() != ErrorClass::Fatal =>
            {
                // A service without this call: the local clock has to do.
                let mut memory = self.memory();
                memory.time.learn(None, &*self.0.clock);
                memory.is_acquainted = true;
                return Ok(());
            }
            Outcome::Held { reason, wait } => (reason, wait),
            Outcome::Rejected(_) => (HoldReason::App, None),
            Outcome::Told { .. } | Outcome::TooMuch | Outcome::Unknown => {
                (HoldReason::Outage, None)
            }
        };
        self.hold_back(self.hold_for(reason, wait, in_words(&error)), told).await
    }

    /// Writes down what became of plays; what cannot be written now is kept for later.
    pub(super) async fn settle(
        &self,
        attempt: Attempt,
        verdicts: Vec<(PlayId, Verdict)>,
        told: &Teller<'_>,
    ) -> StoreResult<()> {
        self.memory().unwritten.push((attempt, verdicts));
        self.write_down_the_rest(told).await
    }

    pub(super) async fn write_down_the_rest(&self, told: &Teller<'_>) -> StoreResult<()> {
        let Shared { queue, account, .. } = &*self.0;
        loop {
            let next = self.memory().unwritten.first().cloned();
            let Some(next) = next else { return Ok(()) };
            let (attempt, verdicts) = next.clone();
            // Written twice it does no harm: the plays no longer belong to the attempt.
            let settled = queue.settle(account, attempt, verdicts, self.now()).await?;
            self.memory().unwritten.retain(|other| *other != next);
            for play in settled {
                told.tell(SendEvent::Settled(Box::new(play)));
            }
        }
    }
}
