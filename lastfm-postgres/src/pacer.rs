//! A request rate that all programs with the same database share: one slot after the other, in turn.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lastfm_core::Clock;
use lastfm_core::transport::{Pacer, Slot, TransportError, TransportErrorKind, escalate};
use tokio::sync::Mutex;

use crate::PostgresStore;
use crate::database::Database;
use crate::error::Failure;
use crate::statements::rate::{self, ABSURD, Place, Seen};

/// A request is let go in its slot or at most so much later; if that cannot be said for sure, the
/// slot is left to pass.
const LATE: Duration = Duration::from_millis(30);

/// How many slots may pass in a row because the database answers too late.
const MISSES: u32 = 10;

/// Spaces the requests of every program that has the same database, evenly, and pauses them all.
///
/// [`share`](Self::share) gives each user a turn: of all requests that one share asks for, on any
/// number of machines, only one has a slot that is still to come. Whoever asks next waits for one
/// slot of each other share at most, however much the others have to do. A share that asks alone
/// has the whole rate. A program that dies leaves at most one slot unused for each of its shares.
///
/// # The rate
///
/// In no second are there more requests than fit into it at the spacing asked for, by the database's
/// clock, at the moment when [`take`](Pacer::take) returns. It returns at most 30 ms after the slot
/// began, the way back from the database included, or it leaves the slot and takes another; for
/// this, slots lie 3 % (at most 30 ms) further apart than asked for. Where answers of the database
/// take longer than that, `take` fails with [`TransportErrorKind::Pacer`] after ten such slots.
///
/// What happens to a request on its way to the service is not known here: where networks differ, a
/// spacing a little above what the service allows leaves room. A program that is stopped for long
/// between the slot and the network, or a database whose clock is set forward, can bring two requests
/// together.
///
/// # Cancel safety
///
/// Dropping a future may lose a slot, which delays the next request and does nothing else.
#[derive(Debug, Clone)]
pub struct PostgresPacer {
    database: Database,
    service: Arc<str>,
    share: Arc<str>,
    spacing: Duration,
    time: Time,
    /// One of this share asks here; the others would be told to wait for it.
    turn: Arc<Mutex<()>>,
}

impl PostgresPacer {
    /// Lets go of no more requests to `service` (which names the rate: whoever uses the same
    /// name shares it) than fit into a second at this spacing, of 2 hours at most.
    ///
    /// Everyone who shares a rate should give it the same spacing.
    pub fn new(store: &PostgresStore, service: impl Into<Arc<str>>, spacing: Duration) -> Self {
        let database = store.database().clone();
        let time = Time::new(database.clock());
        let (service, share) = (service.into(), "".into());
        Self { database, service, share, spacing, time, turn: Arc::default() }
    }

    /// The same rate, for one user: what is asked for through pacers of this name takes turns with
    /// what is asked for through others.
    pub fn share(&self, name: impl Into<Arc<str>>) -> Self {
        Self { share: name.into(), turn: Arc::default(), ..self.clone() }
    }

    /// The next slot, if there is one for this share now.
    async fn reserve(&self) -> Result<Option<Seen>, Failure> {
        rate::reserve(&self.database, self.place(), apart(self.spacing)).await
    }

    async fn look(&self) -> Result<Seen, Failure> {
        rate::look(&self.database, self.place()).await
    }

    fn place(&self) -> Place<'_> {
        Place { service: &self.service, share: &self.share, now: self.time.of_day() }
    }

    async fn wait_and_take(&self) -> Result<Slot, Failure> {
        let (mut held, mut misses) = (None, 0);
        loop {
            let asked = self.time.elapsed();
            let seen = match held {
                Some(_) => self.look().await?,
                None => match self.reserve().await? {
                    Some(given) => {
                        held = given.slot;
                        given
                    }
                    None => self.look().await?,
                },
            };
            let waited = self.time.elapsed().saturating_sub(asked);
            match next(&seen, held, waited) {
                Next::Go => return Ok(Slot::In(Duration::ZERO)),
                Next::Paused(rest) => return Ok(Slot::Paused(rest)),
                Next::Wait(rest) => self.time.sleep(rest).await,
                Next::Ask => {
                    misses += u32::from(held.take().is_some());
                    if misses == MISSES {
                        return Err(Failure::TimedOut);
                    }
                }
            }
        }
    }
}

#[async_trait]
impl Pacer for PostgresPacer {
    /// Waits for the slot here, and looks once more when it is there: whether everybody was paused
    /// meanwhile, and whether it is not too late.
    async fn take(&self) -> Result<Slot, TransportError> {
        let _turn = self.turn.lock().await;
        self.wait_and_take().await.map_err(|failure| unavailable("take", failure))
    }

    async fn pause(&self, retry_after: Option<Duration>) -> Result<Duration, TransportError> {
        let failed = |failure| unavailable("pause", failure);
        loop {
            let seen = self.look().await.map_err(failed)?;
            let pause = escalate(seen.pause, seen.now, retry_after);
            let paused = rate::pause(&self.database, &self.service, seen.pause, pause).await;
            if paused.map_err(failed)? {
                return Ok(pause.rest(seen.now));
            }
        }
    }
}

/// What follows from what a share sees.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Go,
    Wait(Duration),
    Paused(Duration),
    /// There is nothing to wait for, or what was held has passed: ask for the next slot.
    Ask,
}

/// `waited`: how long the answer took; the moment that it names lies somewhere in between.
fn next(seen: &Seen, held: Option<Duration>, waited: Duration) -> Next {
    let rest = seen.pause.map_or(Duration::ZERO, |pause| pause.rest(seen.now));
    if !rest.is_zero() {
        return Next::Paused(rest);
    }
    // A database that came back after a crash may have forgotten what it gave last.
    let held = held.filter(|held| seen.slot >= Some(*held));
    let Some(slot) = held.or(seen.slot) else { return Next::Ask };
    let wait = slot.saturating_sub(seen.now);
    if !wait.is_zero() {
        return if wait > ABSURD { Next::Ask } else { Next::Wait(wait) };
    }
    let is_in_time = seen.now.saturating_sub(slot) + waited <= LATE;
    if held.is_some() && is_in_time { Next::Go } else { Next::Ask }
}

/// How far slots lie apart, so that the first of a second may be late and the last be in time: for
/// each second of requests, by as much as a request may be late.
fn apart(spacing: Duration) -> Duration {
    let spacing = spacing.clamp(Duration::from_micros(1), ABSURD);
    let more = (spacing * 3 / 100).min(LATE);
    Duration::from_micros(
        u64::try_from((spacing + more).as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX),
    )
}

fn unavailable(operation: &'static str, failure: Failure) -> TransportError {
    let error = failure.into_error(operation);
    let kind = if error.is_retryable() {
        TransportErrorKind::Pacer
    } else {
        TransportErrorKind::PacerFailed
    };
    TransportError::with_source(kind, error)
}

/// The time that passes here, and a test's time of day in the place of the database's.
#[derive(Debug, Clone)]
struct Time {
    born: Instant,
    /// With the time since 1970 at which it stood at zero.
    test: Option<(Arc<dyn Clock>, Duration)>,
}

impl Time {
    fn new(test: Option<Arc<dyn Clock>>) -> Self {
        let test = test.map(|clock| {
            let since_1970 = Duration::from_secs(clock.wall().as_unix().unsigned_abs());
            let zero = since_1970.saturating_sub(clock.elapsed());
            (clock, zero)
        });
        Self { born: Instant::now(), test }
    }

    fn of_day(&self) -> Option<Duration> {
        self.test.as_ref().map(|(clock, zero)| *zero + clock.elapsed())
    }

    fn elapsed(&self) -> Duration {
        self.test.as_ref().map_or_else(|| self.born.elapsed(), |(clock, _)| clock.elapsed())
    }

    async fn sleep(&self, duration: Duration) {
        match &self.test {
            Some((clock, _)) => clock.sleep(duration).await,
            None => tokio::time::sleep(duration).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use lastfm_core::transport::Pause;

    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(1_000_000_000 + ms)
    }

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn seen(now: Duration, slot: Option<Duration>) -> Seen {
        Seen { now, pause: None, slot }
    }

    #[test]
    fn a_request_goes_in_its_slot_or_a_little_later_and_never_before() {
        let held = Some(at(100));
        for (now, waited, expected) in [
            (at(40), 1, Next::Wait(ms(60))),
            (at(100), 1, Next::Go),
            (at(110), 20, Next::Go),
            // It may have been let go 31 ms after the slot began.
            (at(110), 21, Next::Ask),
            (at(131), 0, Next::Ask),
            (at(9_000), 0, Next::Ask),
        ] {
            assert_eq!(next(&seen(now, held), held, ms(waited)), expected, "{now:?} {waited}");
        }
    }

    #[test]
    fn a_share_with_a_slot_to_come_waits_until_it_has_passed() {
        assert_eq!(next(&seen(at(40), Some(at(100))), None, ms(1)), Next::Wait(ms(60)));
        assert_eq!(next(&seen(at(100), Some(at(100))), None, ms(1)), Next::Ask);
        assert_eq!(next(&seen(at(100), None), None, ms(1)), Next::Ask);
        // Another one of the share took the slot after this one.
        assert_eq!(next(&seen(at(101), Some(at(300))), Some(at(100)), ms(1)), Next::Go);
    }

    #[test]
    fn a_slot_that_the_database_has_forgotten_is_not_used() {
        let held = Some(at(100));
        assert_eq!(next(&seen(at(100), None), held, ms(1)), Next::Ask);
        assert_eq!(next(&seen(at(100), Some(at(0))), held, ms(1)), Next::Ask);
    }

    #[test]
    fn a_pause_holds_also_for_who_has_a_slot() {
        let pause = Pause { start: at(0), length: ms(60_000) };
        let seen = |now| Seen { pause: Some(pause), ..seen(now, Some(now)) };
        let minute = at(60_000);
        assert_eq!(next(&seen(at(59_000)), Some(at(59_000)), ms(1)), Next::Paused(ms(1_000)));
        assert_eq!(next(&seen(minute), Some(minute), ms(1)), Next::Go);
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nobody() {
        let day = Duration::from_secs(24 * 60 * 60);
        assert_eq!(next(&seen(at(0), Some(at(0) + day)), None, ms(1)), Next::Ask);
        let paused =
            |start| Seen { pause: Some(Pause { start, length: ms(60_000) }), ..seen(at(0), None) };
        assert_eq!(next(&paused(at(0) + day), None, ms(1)), Next::Ask);
        let soon = next(&paused(at(0) + ABSURD), None, ms(1));
        assert_eq!(soon, Next::Paused(ms(60_000)), "never longer than the pause was");
        let endless = Some(Pause { start: at(0), length: 2 * day });
        assert_eq!(next(&Seen { pause: endless, ..seen(at(0), None) }, None, ms(1)), Next::Ask);
    }

    #[test]
    fn no_second_has_room_for_more_though_the_first_be_late() {
        for spacing_us in (1..3_000).chain((1..400).map(|n| n * 10_007)) {
            let spacing = Duration::from_micros(spacing_us);
            // As many as begin within a second where nobody is late; and one more.
            let most = u32::try_from(1_000_000_u64.div_ceil(spacing_us)).unwrap();
            let from_first_to_last = apart(spacing) * most;
            assert!(from_first_to_last >= ms(1_000) + LATE, "{spacing:?}: {from_first_to_last:?}");
            assert!(
                apart(spacing) <= spacing * 103 / 100 + Duration::from_micros(1),
                "{spacing:?}"
            );
        }
    }
}
