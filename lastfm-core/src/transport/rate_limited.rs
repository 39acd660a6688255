//! A transport that keeps to a rate, shared by everyone who calls with the same key.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use super::{Request, Response, Transport, TransportError, TransportErrorKind};
use crate::retry::SHORTEST_PAUSE;
use crate::{Clock, error};

/// Hands out the moments at which something may be sent.
///
/// One is shared by everyone who calls with the same key: within a process [`LocalPacer`],
/// between processes one that keeps its state in a database. A pause holds for all of them.
#[async_trait]
pub trait Pacer: fmt::Debug + Send + Sync + 'static {
    /// Takes the next slot, or says that there is none because of a pause.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Pacer`] if the shared state cannot be read or written now, and
    /// [`TransportErrorKind::PacerFailed`] if trying again would not help.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may lose a slot, which delays the next request and does nothing else.
    async fn take(&self) -> Result<Slot, TransportError>;

    /// Pauses everyone, because the service said that there were too many calls. For how long,
    /// [`escalate`] says; that much is returned.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Pacer`] if the shared state cannot be read or written now, and
    /// [`TransportErrorKind::PacerFailed`] if trying again would not help.
    async fn pause(&self, retry_after: Option<Duration>) -> Result<Duration, TransportError>;
}

/// When something may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// After this time. The slot is reserved.
    In(Duration),
    /// Everyone is paused for this time. Nothing is reserved.
    Paused(Duration),
}

/// A time during which nothing is sent, by a clock that all who share it read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// When it began: time since some fixed moment.
    pub start: Duration,
    /// How long it is.
    pub length: Duration,
}

impl Pause {
    /// When it ends, by the clock of [`start`](Self::start).
    pub fn end(self) -> Duration {
        self.start.saturating_add(self.length)
    }

    /// What is left of it, never more than it is long; zero if it is over, or if nobody can have
    /// begun it.
    ///
    /// Others write where a [`Pacer`] of several programs reads. Not believed is a pause that begins
    /// more than two hours after `now`, because a clock was set back, and one of which more is left
    /// than the day for which the service may ask.
    pub fn rest(self, now: Duration) -> Duration {
        let left = self.end().saturating_sub(now);
        let is_believed =
            self.start <= now.saturating_add(SET_BACK) && left <= LONGEST_ASKED + SET_BACK;
        if is_believed { left.min(self.length) } else { Duration::ZERO }
    }
}

/// A moment that is further ahead than this was written down before a clock was set back.
const SET_BACK: Duration = Duration::from_secs(2 * 60 * 60);

/// For how long the service may ask to be left alone.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// The pause that follows when, after the pause `last`, the service says that there were too many
/// calls, and perhaps for how long to leave it alone.
///
/// At least 60 s; twice as long as the last one, up to an hour, if that one ended less than 10
/// minutes ago. What the service asks for is obeyed beyond that, up to a day. During a pause
/// answers still come to what was sent before it: they prolong it only if they ask for more. A pause
/// of which [nothing is believed](Pause::rest) is none.
///
/// ```
/// use std::time::Duration;
/// use lastfm_core::transport::escalate;
///
/// let first = escalate(None, Duration::ZERO, None);
/// assert_eq!(first.length.as_secs(), 60);
/// let second = escalate(Some(first), first.end(), None);
/// assert_eq!(second.length.as_secs(), 120);
/// ```
pub fn escalate(last: Option<Pause>, now: Duration, retry_after: Option<Duration>) -> Pause {
    const LONGEST: Duration = Duration::from_secs(60 * 60);
    const RELATED: Duration = Duration::from_secs(10 * 60);

    let asked = retry_after.unwrap_or_default().min(LONGEST_ASKED);
    match last {
        Some(last) if !last.rest(now).is_zero() => Pause {
            start: last.start,
            length: last.length.max((now + asked).saturating_sub(last.start)),
        },
        Some(last) if (last.end()..=last.end().saturating_add(RELATED)).contains(&now) => Pause {
            start: now,
            length: (last.length.saturating_mul(2)).clamp(SHORTEST_PAUSE, LONGEST).max(asked),
        },
        Some(_) | None => Pause { start: now, length: SHORTEST_PAUSE.max(asked) },
    }
}

/// Sends each request in its slot, and pauses everyone when the service has had too many.
///
/// During a pause nothing is sent, and nobody waits: the request fails at once with
/// [`TransportErrorKind::Paused`], so that whoever made it can say so, do something else, or
/// stop.
///
/// # Cancel safety
///
/// Dropping the future may lose a slot, which delays the next request and does nothing else.
#[derive(Debug, Clone)]
pub struct RateLimited {
    inner: Arc<dyn Transport>,
    pacer: Arc<dyn Pacer>,
    clock: Arc<dyn Clock>,
}

impl RateLimited {
    /// Sends through `inner` when `pacer` says, waiting by `clock`.
    pub fn new(inner: Arc<dyn Transport>, pacer: Arc<dyn Pacer>, clock: Arc<dyn Clock>) -> Self {
        Self { inner, pacer, clock }
    }
}

#[async_trait]
impl Transport for RateLimited {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        match self.pacer.take().await? {
            Slot::In(wait) if wait.is_zero() => {}
            Slot::In(wait) => self.clock.sleep(wait).await,
            Slot::Paused(rest) => {
                return Err(TransportError::new(TransportErrorKind::Paused(rest)));
            }
        }
        let response = self.inner.send(request).await?;
        if error::is_rate_limited(&response) {
            let retry_after = error::retry_after(&response.headers);
            // If the others cannot be told, this caller still sees the answer, and waits.
            let _ = self.pacer.pause(retry_after).await;
        }
        Ok(response)
    }
}

/// The pacer of one process: at least a given time between any two requests.
///
/// Share one through an `Arc`; what is sent through any of its holders counts.
pub struct LocalPacer {
    limiter: RateLimiter<NotKeyed, InMemoryState, Elapsed, NoOpMiddleware<Duration>>,
    clock: Arc<dyn Clock>,
    pause: Mutex<Option<Pause>>,
}

impl LocalPacer {
    /// At least `spacing` between two requests, by this clock; a day at most.
    pub fn new(spacing: Duration, clock: Arc<dyn Clock>) -> Self {
        let spacing = spacing.min(Duration::from_secs(24 * 60 * 60));
        // No spacing at all is no period: a nanosecond is as good.
        let shortest = Quota::per_second(NonZeroU32::MAX);
        let quota = Quota::with_period(spacing).unwrap_or(shortest);
        let quota = quota.allow_burst(NonZeroU32::MIN);
        Self {
            limiter: RateLimiter::direct_with_clock(quota, Elapsed(Arc::clone(&clock))),
            clock,
            pause: Mutex::new(None),
        }
    }

    fn pause_left(&self) -> Duration {
        // Nothing that holds the lock can panic, and half a change of a `Copy` value is none.
        let pause = *self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        pause.map_or(Duration::ZERO, |pause| pause.rest(self.clock.elapsed()))
    }
}

#[async_trait]
impl Pacer for LocalPacer {
    /// Waits for the slot here, and takes it when it is there: a wait that took too long then
    /// cannot bring two requests together.
    async fn take(&self) -> Result<Slot, TransportError> {
        loop {
            let rest = self.pause_left();
            if !rest.is_zero() {
                return Ok(Slot::Paused(rest));
            }
            match self.limiter.check() {
                Ok(()) => return Ok(Slot::In(Duration::ZERO)),
                Err(later) => {
                    let wait = later.wait_time_from(self.clock.elapsed());
                    self.clock.sleep(wait.max(Duration::from_nanos(1))).await;
                }
            }
        }
    }

    async fn pause(&self, retry_after: Option<Duration>) -> Result<Duration, TransportError> {
        let now = self.clock.elapsed();
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        let next = escalate(*pause, now, retry_after);
        *pause = Some(next);
        Ok(next.rest(now))
    }
}

impl fmt::Debug for LocalPacer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalPacer").field("pause_left", &self.pause_left()).finish_non_exhaustive()
    }
}

/// Our clock, as governor reads one.
#[derive(Debug, Clone)]
struct Elapsed(Arc<dyn Clock>);

impl governor::clock::Clock for Elapsed {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;
    use http::StatusCode;

    use super::*;
    use crate::test_support::{Scripted, VirtualClock};

    const SECOND: Duration = Duration::from_secs(1);

    fn pause(start: u64, length: u64) -> Pause {
        Pause { start: Duration::from_secs(start), length: Duration::from_secs(length) }
    }

    #[test]
    fn pauses_grow_while_they_follow_each_other() {
        let seconds = Duration::from_secs;
        for (last, now, asked, expected) in [
            (None, 5, None, pause(5, 60)),
            (None, 5, Some(10), pause(5, 60)),
            (None, 5, Some(90), pause(5, 90)),
            (None, 5, Some(9_000_000), pause(5, 86_400)),
            // While it runs.
            (Some(pause(0, 60)), 30, None, pause(0, 60)),
            (Some(pause(0, 60)), 30, Some(20), pause(0, 60)),
            (Some(pause(0, 60)), 30, Some(100), pause(0, 130)),
            // Soon after it, and later.
            (Some(pause(0, 60)), 60, None, pause(60, 120)),
            (Some(pause(0, 60)), 660, None, pause(660, 120)),
            (Some(pause(0, 60)), 661, None, pause(661, 60)),
            (Some(pause(0, 3_600)), 3_600, None, pause(3_600, 3_600)),
            (Some(pause(0, 60)), 60, Some(500), pause(60, 500)),
            // Nobody can have begun these.
            (Some(pause(7_206, 60)), 5, None, pause(5, 60)),
            (Some(pause(0, 1_000_000)), 5, None, pause(5, 60)),
        ] {
            let next = escalate(last, seconds(now), asked.map(seconds));
            assert_eq!(next, expected, "{last:?} {now} {asked:?}");
        }
    }

    #[test]
    fn a_pause_that_nobody_can_have_begun_is_over() {
        let now = Duration::from_secs(1_000);
        let rests = |start, length| pause(start, length).rest(now).as_secs();
        assert_eq!(rests(990, 60), 50);
        assert_eq!(rests(900, 60), 0);
        // A clock was set back: a little, and too much.
        assert_eq!(rests(1_000 + 7_200, 60), 60, "never longer than the pause was");
        assert_eq!(rests(1_000 + 7_201, 60), 0);
        assert_eq!(rests(1_000, 86_400 + 7_200), 86_400 + 7_200);
        assert_eq!(rests(1_000, 86_400 + 7_201), 0);
        assert_eq!(rests(0, u64::MAX), 0);
    }

    fn request() -> Request {
        Request::post("https://example.org/".parse().unwrap(), "x")
    }

    #[test]
    fn no_second_ever_sees_two_requests() {
        let clock = Arc::new(VirtualClock::default());
        let inner = Arc::new(Scripted::answering(clock.clone(), StatusCode::OK, "{}"));
        let pacer = Arc::new(LocalPacer::new(SECOND, clock.clone()));
        let transport = RateLimited::new(inner.clone(), pacer.clone(), clock.clone());
        block_on(async {
            for round in 0..200_u64 {
                let sends = (0..round % 4).map(|_| transport.send(request()));
                futures_util::future::join_all(sends).await;
                clock.sleep(Duration::from_millis(round * 37 % 1_900)).await;
            }
        });
        let sent = inner.sent_at();
        assert_eq!(sent.len(), 300);
        for pair in sent.windows(2) {
            assert!(pair[1] >= pair[0] + SECOND, "{pair:?}");
        }
    }

    #[test]
    fn too_many_calls_pause_everyone() {
        let clock = Arc::new(VirtualClock::default());
        let body = r#"{"error":29,"message":"slow"}"#;
        let inner = Arc::new(Scripted::answering(clock.clone(), StatusCode::OK, body));
        let pacer = Arc::new(LocalPacer::new(SECOND, clock.clone()));
        let one = RateLimited::new(inner.clone(), pacer.clone(), clock.clone());
        let other = one.clone();
        block_on(async {
            one.send(request()).await.unwrap();
            let error = other.send(request()).await.unwrap_err();
            let minute = Duration::from_secs(60);
            assert_eq!(error.kind, TransportErrorKind::Paused(minute));
            clock.sleep(minute).await;
            other.send(request()).await.unwrap();
            let error = one.send(request()).await.unwrap_err();
            assert_eq!(error.kind, TransportErrorKind::Paused(2 * minute));
        });
        assert_eq!(inner.sent_at().len(), 2);
    }
}
