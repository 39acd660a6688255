//! What time it is for the service, as far as that is known.

use std::time::Duration;

use crate::{Clock, Timestamp};

/// If the two local clocks disagree by more, one of them was set, or the machine slept.
const DISAGREEMENT: u64 = 60;

/// An answer is so many seconds old at most, its date having no fractions: a local clock that is no
/// further ahead shows the same time.
const ON_ITS_WAY: i64 = 2;

/// The service's time, told once and carried on by the local clocks.
#[derive(Debug, Default)]
pub(super) struct KnownTime(Option<Told>);

#[derive(Debug, Clone, Copy)]
struct Told {
    date: Timestamp,
    /// Whether the service said so; if not, the local clock did.
    by_service: bool,
    /// What the local clocks showed then.
    wall: Timestamp,
    elapsed: Duration,
}

impl KnownTime {
    /// The service says that it is so late. If it does not say, what it said before holds, else the
    /// local clock has to do.
    pub(super) fn learn(&mut self, date: Option<Timestamp>, clock: &dyn Clock) {
        if date.is_none() && self.is_sure(clock) {
            return;
        }
        let wall = clock.wall();
        let behind = |date: Timestamp| wall.as_unix().saturating_sub(date.as_unix());
        self.0 = Some(Told {
            // What was written down by the local clock before does not lie in the future then.
            date: date.filter(|date| !(0..=ON_ITS_WAY).contains(&behind(*date))).unwrap_or(wall),
            by_service: date.is_some(),
            wall,
            elapsed: clock.elapsed(),
        });
    }

    /// The service's time, as well as it can be known.
    pub(super) fn now(&self, clock: &dyn Clock) -> Timestamp {
        let wall = clock.wall();
        let Some(told) = &self.0 else { return wall };
        told.date.plus(wall.as_unix().saturating_sub(told.wall.as_unix()))
    }

    /// Whether the service was asked, and no clock was set since.
    pub(super) fn is_asked(&self, clock: &dyn Clock) -> bool {
        self.0.is_some_and(|told| {
            let by_wall = clock.wall().as_unix().saturating_sub(told.wall.as_unix());
            let elapsed = clock.elapsed().saturating_sub(told.elapsed).as_secs();
            let elapsed = i64::try_from(elapsed).unwrap_or(i64::MAX);
            by_wall.abs_diff(elapsed) <= DISAGREEMENT
        })
    }

    /// Whether the service said so, and no clock was set since.
    pub(super) fn is_sure(&self, clock: &dyn Clock) -> bool {
        self.is_asked(clock) && self.0.is_some_and(|told| told.by_service)
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::testing::VirtualClock;

    #[test]
    fn a_clock_that_is_right_is_not_set_back_by_the_age_of_an_answer() {
        let wall = Timestamp::from_unix(1_776_024_459);
        let clock = VirtualClock::new(wall);
        for (behind, off) in [(0, 0), (1, 0), (2, 0), (3, -3), (-1, 1), (3600, -3600)] {
            let mut time = KnownTime::default();
            time.learn(Some(wall.plus(-behind)), &clock);
            assert_eq!(time.now(&clock), wall.plus(off), "{behind}");
            assert!(time.is_sure(&clock));
        }
    }
}
