//! What time it is for the service, as far as that is known.

use std::time::Duration;

use crate::{Clock, Timestamp};

/// If the two local clocks disagree by more, one of them was set, or the machine slept.
const DISAGREEMENT: u64 = 60;

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
        self.0 = Some(Told {
            date: date.unwrap_or(wall),
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
