//! A fake Last.fm behind a client, without sockets.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::{Delivery, FakeLastfm};
use crate::Clock;
use crate::testing::yield_once;
use crate::transport::{Request, Response, Transport, TransportError};

/// Sends every request, whatever its address, to a fake Last.fm at the time of a clock.
///
/// The fake's start is where the clock's [`elapsed`](Clock::elapsed) is zero, so that a wall
/// that is wrong does not make the service wrong.
#[derive(Clone)]
pub struct FakeLastfmTransport {
    fake: Arc<Mutex<FakeLastfm>>,
    clock: Arc<dyn Clock>,
    latency: Duration,
    patience: Duration,
}

impl FakeLastfmTransport {
    /// A transport to this fake, with answers that take 100 ms and patience of 30 s.
    pub fn new(fake: Arc<Mutex<FakeLastfm>>, clock: Arc<dyn Clock>) -> Self {
        Self { fake, clock, latency: Duration::from_millis(100), patience: Duration::from_secs(30) }
    }

    /// How long an answer takes, half of it before the service sees the request.
    pub fn latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// How long an answer is waited for that never comes.
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The fake.
    pub fn lastfm(&self) -> MutexGuard<'_, FakeLastfm> {
        // A test that panicked with the lock held has failed already.
        self.fake.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for FakeLastfmTransport {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let half = self.latency / 2;
        yield_once().await;
        self.clock.sleep(half).await;
        let delivery = self.lastfm().deliver(&request, self.clock.elapsed());
        let never = matches!(delivery, Delivery::Silence | Delivery::Drip(_));
        let rest = if never { self.patience } else { half };
        self.clock.sleep(rest).await;
        yield_once().await;
        delivery.into_result()
    }
}

impl fmt::Debug for FakeLastfmTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeLastfmTransport")
            .field("latency", &self.latency)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
