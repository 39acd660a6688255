//! What a sender does when: pass after pass, until there is nothing more to do.

use std::time::Duration;

use futures_util::future::select;

use super::{LEASE, LOOK_AGAIN, Sender, Shared};
use crate::error::in_words;
use crate::scrobble::progress::{Events, SendEvent};
use crate::scrobble::teller::Teller;
use crate::scrobble::{Counts, Filter, HoldReason, State, rules};
use crate::store_error::{StoreError, StoreResult};
use crate::{Timestamp, retry};

impl Sender {
    pub(super) async fn work(
        &self,
        events: &Events,
        patience: Option<Duration>,
    ) -> Result<Counts, StoreError> {
        let Shared { clock, queue, account, bell, .. } = &*self.0;
        let mut idle_since = clock.elapsed();
        let mut failures = 0;
        loop {
            let heard = bell.rung();
            let told = Teller::new(events, account);
            let (wait, failed) = match self.pass(&told).await {
                Ok(wait) => (wait, None),
                Err(error) => {
                    told.tell(SendEvent::QueueFailed { words: in_words(&error) });
                    (Some(retry::backoff(failures + 1, self.client().jitter())), Some(error))
                }
            };
            failures = if failed.is_some() { failures + 1 } else { 0 };
            if told.has_settled() {
                idle_since = clock.elapsed();
            }
            let rest = wait.unwrap_or(LOOK_AGAIN);
            let idle = clock.elapsed().saturating_sub(idle_since);
            let is_over = wait.is_none_or(|wait| patience.is_some_and(|most| idle + wait > most));
            let is_over = patience.is_some() && is_over && bell.rung() == heard;
            if is_over || self.is_stopped() {
                return match failed {
                    Some(error) => Err(error),
                    None => queue.counts(account, self.now()).await,
                };
            }
            if failed.is_none() {
                match queue.counts(account, self.now()).await {
                    Ok(counts) => told.tell(SendEvent::Resting { wait: rest, counts }),
                    Err(error) => told.tell(SendEvent::QueueFailed { words: in_words(&error) }),
                }
            }
            let rung = std::pin::pin!(bell.rung_after(heard));
            select(rung, clock.sleep(rest.min(LOOK_AGAIN))).await;
        }
    }

    /// Does all that can be done now, and says when there may be more to do.
    async fn pass(&self, told: &Teller<'_>) -> StoreResult<Option<Duration>> {
        let Shared { queue, account, .. } = &*self.0;
        self.write_down_the_rest(told).await?;
        let mut has_asked = false;
        loop {
            if self.is_stopped() {
                return Ok(None);
            }
            let now = self.now();
            // No play is too old by a clock that may be wrong.
            let is_sure = self.is_sure_of_time();
            let oldest = if is_sure { rules::oldest(now) } else { Timestamp::MIN };
            for play in queue.refresh(account, oldest, LEASE, now).await? {
                told.tell(SendEvent::Settled(Box::new(play)));
            }
            let held = queue.held(account).await?;
            let in_force = held.as_ref().filter(|hold| hold.is_in_force(now));
            // What is in doubt comes first: it may have to be sent again before it is too old.
            let may_read = in_force.is_none_or(|hold| {
                matches!(hold.reason, HoldReason::DailyLimit | HoldReason::Person)
            });
            let may_ask = in_force.is_none() && !has_asked && !self.is_acquainted();
            if may_read && !may_ask && self.read_back(told).await? {
                continue;
            }
            if let Some(hold) = in_force {
                let left = hold.until.map(|until| until.since(now));
                let check = self.next_check().filter(|_| may_read);
                return Ok([left, check].into_iter().flatten().min());
            }
            let due = queue.next_due(account).await?;
            let is_due = due.is_some_and(|due| due <= now);
            // For how long a play has been in doubt is not known by a clock that may be wrong.
            if may_ask && (is_due || self.has_unknown().await?) {
                has_asked = true;
                self.get_acquainted(told).await?;
            } else if !is_due || !self.send_batch(held.map(|hold| hold.reason), told).await? {
                return self.next_look(due).await;
            }
        }
    }

    async fn has_unknown(&self) -> StoreResult<bool> {
        let Shared { queue, account, .. } = &*self.0;
        let filter = Filter::states([State::Unknown]);
        Ok(!queue.plays(account, filter, None, 1, self.now()).await?.is_empty())
    }

    /// When there may be more to do, as things are.
    async fn next_look(&self, due: Option<Timestamp>) -> StoreResult<Option<Duration>> {
        let now = self.now();
        let due = due.map(|due| due.since(now));
        // Another sender is at work, or was.
        let counts = self.0.queue.counts(&self.0.account, now).await?;
        let others = (counts.of(State::Sending) > 0).then_some(LOOK_AGAIN);
        let next = [self.next_check(), due, others].into_iter().flatten().min();
        Ok(next.map(|wait| wait.max(Duration::from_secs(1))))
    }

    /// When the next play is looked for in the history.
    fn next_check(&self) -> Option<Duration> {
        let elapsed = self.0.clock.elapsed();
        let next = self.memory().checks.values().map(|check| check.next).min();
        next.map(|next| next.saturating_sub(elapsed).max(Duration::from_secs(1)))
    }
}
