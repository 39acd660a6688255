//! Time that passes only when something waits for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::yielding::yield_once;
use crate::{Clock, Timestamp};

/// A clock that a test owns: [`sleep`](Clock::sleep) moves it and returns at once, so that years
/// pass in milliseconds.
///
/// Clones share the time. The wall may be wrong, jump or go back; [`elapsed`](Clock::elapsed)
/// never does.
///
/// ```
/// use std::time::Duration;
///
/// use lastfm_core::testing::VirtualClock;
/// use lastfm_core::{Clock, Timestamp};
///
/// let clock = VirtualClock::new(Timestamp::from_unix(1_700_000_000));
/// futures_executor::block_on(clock.sleep(Duration::from_secs(60)));
/// assert_eq!(clock.wall().as_unix(), 1_700_000_060);
///
/// clock.set_wall_error(-48 * 3600);
/// assert_eq!(clock.wall().as_unix(), 1_699_827_260);
/// assert_eq!(clock.now().as_unix(), 1_700_000_060);
/// ```
#[derive(Debug, Clone)]
pub struct VirtualClock(Arc<Mutex<Time>>);

#[derive(Debug)]
struct Time {
    start: Timestamp,
    elapsed: Duration,
    wall_error: i64,
}

impl VirtualClock {
    /// A clock at this moment, with a wall that is right.
    pub fn new(start: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Time { start, elapsed: Duration::ZERO, wall_error: 0 })))
    }

    /// The true time, whatever the wall says.
    pub fn now(&self) -> Timestamp {
        let time = self.time();
        time.start.plus(whole_seconds(time.elapsed))
    }

    /// Lets this much time pass.
    pub fn advance(&self, duration: Duration) {
        let mut time = self.time();
        time.elapsed = time.elapsed.saturating_add(duration);
    }

    /// Lets time pass until this moment; does nothing if it is past.
    pub fn set(&self, moment: Timestamp) {
        let mut time = self.time();
        time.elapsed = time.elapsed.max(moment.since(time.start));
    }

    /// Makes the wall wrong by this many seconds from now on: a local clock that runs ahead, or
    /// behind if negative, or that has just jumped.
    pub fn set_wall_error(&self, seconds: i64) {
        self.time().wall_error = seconds;
    }

    fn time(&self) -> MutexGuard<'_, Time> {
        // Every change is one assignment: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for VirtualClock {
    fn elapsed(&self) -> Duration {
        self.time().elapsed
    }

    fn wall(&self) -> Timestamp {
        let error = self.time().wall_error;
        self.now().plus(error)
    }

    async fn sleep(&self, duration: Duration) {
        self.advance(duration);
        yield_once().await;
    }
}

fn whole_seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn sleeping_passes_the_time_and_is_one_place_to_be_dropped_at() {
        let clock = VirtualClock::new(Timestamp::from_unix(0));
        let mut sleep = clock.sleep(Duration::from_millis(1_500));
        assert!((&mut sleep).now_or_never().is_none());
        assert!(sleep.now_or_never().is_some());
        assert_eq!(clock.elapsed(), Duration::from_millis(1_500));
        assert_eq!(clock.now(), Timestamp::from_unix(1));
    }

    #[test]
    fn the_wall_can_be_wrong_without_time_going_back() {
        let clock = VirtualClock::new(Timestamp::from_unix(1_000));
        clock.set_wall_error(-2_000);
        assert_eq!(clock.wall(), Timestamp::from_unix(-1_000));
        clock.set(Timestamp::from_unix(500));
        assert_eq!(clock.elapsed(), Duration::ZERO);
        clock.set(Timestamp::from_unix(1_500));
        assert_eq!(clock.elapsed(), Duration::from_secs(500));
    }
}
