//! Holding everything back: for which reason, and until when.

use std::time::Duration;

use super::Sender;
use crate::scrobble::answer::{self, Outcome};
use crate::scrobble::progress::SendEvent;
use crate::scrobble::teller::Teller;
use crate::scrobble::{Hold, HoldReason};
use crate::store_error::StoreResult;
use crate::{Client, DAY, Error, Timestamp, retry};

/// The service's day begins at midnight UTC; its count is set back a little later.
const AFTER_MIDNIGHT: i64 = 5 * 60;

/// When the daily limit is reached, one play is tried after this, or soon after midnight if that
/// comes first: the limit has ended after two hours for half of all users, and has failed to end
/// with the day.
const PROBE_AGAIN: i64 = 60 * 60;

impl Sender {
    pub(super) async fn hold_back(&self, hold: Hold, told: &Teller<'_>) -> StoreResult<()> {
        self.0.queue.hold(&self.0.account, hold.clone()).await?;
        told.tell(SendEvent::Held(hold));
        Ok(())
    }

    /// What it means that a request with so many plays, made with this client, failed.
    pub(super) fn meaning(&self, error: &Error, count: usize, client: &Client) -> Outcome {
        let outcome = answer::failed(error, count);
        let of_login = matches!(outcome, Outcome::Held { reason: HoldReason::Login, .. });
        if of_login && !client.has_session_of(&self.client()) {
            // The user has logged in again since: that is tried soon.
            return Outcome::Held { reason: HoldReason::Outage, wait: None };
        }
        outcome
    }

    /// A hold for this reason, until it is worth trying again.
    pub(super) fn hold_for(
        &self,
        reason: HoldReason,
        wait: Option<Duration>,
        words: impl Into<String>,
    ) -> Hold {
        let now = self.now();
        // A moment has whole seconds: a wait is rounded up.
        let after = |wait: Duration| {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            now.plus(i64::try_from(seconds).unwrap_or(i64::MAX))
        };
        let until = match reason {
            HoldReason::Outage => {
                let jitter = self.client().jitter();
                let mut memory = self.memory();
                memory.failures = memory.failures.saturating_add(1);
                Some(after(retry::backoff(memory.failures, jitter)))
            }
            HoldReason::RateLimit => {
                Some(after(wait.unwrap_or_default().max(retry::SHORTEST_PAUSE)))
            }
            HoldReason::DailyLimit => Some(next_probe(now, wait)),
            HoldReason::Login | HoldReason::App | HoldReason::Person => None,
        };
        Hold { reason, until, since: now, words: words.into() }
    }
}

/// When a play is tried after the daily limit was reached, if the service asks for this wait.
fn next_probe(now: Timestamp, wait: Option<Duration>) -> Timestamp {
    let day_ends = (now.as_unix().div_euclid(DAY) + 1) * DAY + AFTER_MIDNIGHT;
    let asked = wait.map_or(0, |wait| i64::try_from(wait.as_secs()).unwrap_or(i64::MAX));
    let soon = now.plus(PROBE_AGAIN.max(asked));
    if asked > PROBE_AGAIN { soon } else { soon.min(Timestamp::from_unix(day_ends)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daily_limit_is_tried_hourly_and_soon_after_midnight() {
        let midnight = Timestamp::from_unix(20_000 * DAY);
        let probe = |now: Timestamp, wait: Option<u64>| {
            let probe = next_probe(now, wait.map(Duration::from_secs));
            probe.as_unix() - midnight.as_unix()
        };
        assert_eq!(probe(midnight, None), 3_600);
        assert_eq!(probe(midnight.plus(-1_800), None), 300);
        assert_eq!(probe(midnight.plus(-1_800), Some(3_600)), 300);
        assert_eq!(probe(midnight.plus(-1_800), Some(9_000)), 7_200);
    }
}
