//! When the rounds of `sync --every` are.
//!
//! Moments are times since 1970 by the clock on the wall, so that a machine that slept catches up
//! as soon as it wakes.

use std::time::Duration;

/// The largest part of the period by which rounds are put off: many installations that start
/// together do not ask at the same second.
const JITTER: f64 = 0.1;

pub(crate) struct Rounds {
    every: Duration,
    /// Rounds are whole periods away from here, so that they do not drift.
    anchor: Duration,
    next: Duration,
}

impl Rounds {
    /// Rounds every so often, the first one `now`. `dice`, from 0 to 1, puts the others off.
    pub(crate) fn new(every: Duration, dice: f64, now: Duration) -> Self {
        let anchor = now + every.mul_f64(JITTER * dice.clamp(0.0, 1.0));
        Self { every, anchor, next: now }
    }

    /// Whether a round is to begin.
    pub(crate) fn is_due(&mut self, now: Duration) -> bool {
        // A clock that was put back must not put the round off for longer than a period.
        if self.next > now + self.every.mul_f64(1.0 + JITTER) {
            self.anchor = now;
            self.next = now + self.every;
        }
        now >= self.next
    }

    /// Notes that a round begins. Those that were slept through are not made up for.
    pub(crate) fn begin(&mut self, now: Duration) {
        self.next = self.after(now);
    }

    /// When the next round begins; the one after, if one is due.
    pub(crate) fn after(&self, now: Duration) -> Duration {
        if self.next > now {
            return self.next;
        }
        let since = now.saturating_sub(self.anchor);
        let periods = since.as_nanos() / self.every.as_nanos().max(1) + 1;
        let periods = u32::try_from(periods).unwrap_or(u32::MAX);
        self.anchor + self.every.saturating_mul(periods)
    }

    /// How long to wait for the next round; nothing if it is due.
    pub(crate) fn wait(&self, now: Duration) -> Duration {
        self.next.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);
    const DAY: Duration = Duration::from_secs(24 * 3600);
    const START: Duration = Duration::from_secs(1_780_000_000);

    #[test]
    fn rounds_come_every_period_and_do_not_drift() {
        for dice in [0.0, 0.5, 1.0] {
            let mut rounds = Rounds::new(HOUR, dice, START);
            assert!(rounds.is_due(START), "the first one at once");
            let mut now = START;
            for number in 1..100 {
                rounds.begin(now);
                let next = rounds.after(now);
                let put_off = next.saturating_sub(START + HOUR * number);
                assert_eq!(put_off, HOUR.mul_f64(0.1 * dice));
                assert!(!rounds.is_due(next.saturating_sub(Duration::from_secs(1))));
                // Whoever looks late begins late, once.
                now = next + Duration::from_secs(50);
                assert!(rounds.is_due(now));
            }
        }
    }

    #[test]
    fn rounds_that_were_slept_through_are_not_made_up_for() {
        let mut rounds = Rounds::new(HOUR, 0.0, START);
        rounds.begin(START);
        let woken = START + 3 * DAY + HOUR / 2;
        assert!(rounds.is_due(woken));
        rounds.begin(woken);
        assert_eq!(rounds.wait(woken), HOUR / 2);
    }

    #[test]
    fn a_clock_that_was_put_back_puts_nothing_off() {
        let mut rounds = Rounds::new(HOUR, 1.0, START);
        rounds.begin(START);
        let back = START.saturating_sub(30 * DAY);
        assert!(!rounds.is_due(back));
        assert_eq!(rounds.after(back), back + HOUR);
    }
}
