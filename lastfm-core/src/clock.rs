//! Time, for everything that waits: the one place where a test can take it over.

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

use crate::Timestamp;

/// Tells the time and waits.
///
/// Nothing about the truth of an archive rests on it: "now" there is the service's own `Date`.
/// It paces requests, spaces retries and lets the place of a dead worker expire.
///
/// # Cancel safety
///
/// Dropping the future of [`sleep`](Clock::sleep) ends the wait and does nothing else.
#[async_trait]
pub trait Clock: Debug + Send + Sync + 'static {
    /// Time since some fixed moment; never goes back.
    fn elapsed(&self) -> Duration;

    /// The local idea of the time of day.
    fn wall(&self) -> Timestamp;

    /// Returns when `duration` has passed.
    async fn sleep(&self, duration: Duration);
}

/// The machine's clock, waiting with tokio's timer.
#[cfg(feature = "reqwest")]
#[derive(Debug, Clone)]
pub struct TokioClock {
    started: std::time::Instant,
}

#[cfg(feature = "reqwest")]
impl Default for TokioClock {
    fn default() -> Self {
        Self { started: std::time::Instant::now() }
    }
}

#[cfg(feature = "reqwest")]
#[async_trait]
impl Clock for TokioClock {
    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn wall(&self) -> Timestamp {
        Timestamp::from_unix(jiff::Timestamp::now().as_second())
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
