//! A request rate that all programs with the same file share: one row, one slot after the other.

use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::archive::StoreError;
use lastfm_core::transport::{Pacer, Pause, Slot, TransportError, TransportErrorKind, escalate};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::SqliteStore;
use crate::error::Failure;

/// A slot that begins later than this is not believed: the clock was set back.
const ABSURD: Duration = Duration::from_secs(2 * 60 * 60);

/// Spaces the requests of every program that has the same file, evenly, and pauses them all.
///
/// The file has to lie on one machine, whose time of day they share.
///
/// ```
/// use std::time::Duration;
///
/// use lastfm_core::transport::{Pacer, Slot};
/// use lastfm_sqlite::{SqlitePacer, SqliteStore};
///
/// # futures_executor::block_on(async {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("plays.db");
/// let store = SqliteStore::open(path).await?;
/// let pacer = SqlitePacer::new(&store, "last.fm", Duration::from_millis(250));
/// assert_eq!(pacer.take().await?, Slot::In(Duration::ZERO));
/// assert!(matches!(pacer.take().await?, Slot::In(wait) if !wait.is_zero()));
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
///
/// # Cancel safety
///
/// Dropping a future may lose a slot, which delays the next request and does nothing else.
#[derive(Debug, Clone)]
pub struct SqlitePacer {
    store: SqliteStore,
    service: String,
    spacing: Duration,
}

impl SqlitePacer {
    /// At least `spacing` (in whole milliseconds, rounded up) between any two requests to
    /// `service`, which names the rate: whoever uses the same name shares it.
    pub fn new(store: &SqliteStore, service: impl Into<String>, spacing: Duration) -> Self {
        Self { store: store.clone(), service: service.into(), spacing }
    }

    /// Changes the rate in one transaction, at the time of day that it then is.
    async fn change<T: Send + 'static>(
        &self,
        operation: &'static str,
        act: impl FnOnce(&mut Rate, Duration) -> T + Send + 'static,
    ) -> Result<T, TransportError> {
        let (service, now) = (self.service.clone(), self.store.now());
        let changed = self.store.write(operation, move |db, _| {
            let mut rate = read(db, &service)?;
            let now = Duration::from_millis(now.ms().unsigned_abs());
            let answer = act(&mut rate, now);
            write(db, &service, rate)?;
            Ok(answer)
        });
        changed.await.map_err(|error: StoreError| {
            let kind = if error.is_retryable() {
                TransportErrorKind::Pacer
            } else {
                TransportErrorKind::PacerFailed
            };
            TransportError::with_source(kind, error)
        })
    }
}

#[async_trait]
impl Pacer for SqlitePacer {
    async fn take(&self) -> Result<Slot, TransportError> {
        let spacing = self.spacing;
        self.change("take", move |rate, now| rate.take(now, spacing)).await
    }

    async fn pause(&self, retry_after: Option<Duration>) -> Result<Duration, TransportError> {
        self.change("pause", move |rate, now| rate.pause(now, retry_after)).await
    }
}

/// The state of a rate; times since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Rate {
    next_slot: Duration,
    pause: Option<Pause>,
}

impl Rate {
    fn take(&mut self, now: Duration, spacing: Duration) -> Slot {
        let rest = self.pause.map_or(Duration::ZERO, |pause| pause.rest(now));
        if !rest.is_zero() {
            return Slot::Paused(rest);
        }
        let wait = self.next_slot.saturating_sub(now);
        let wait = if wait > ABSURD { Duration::ZERO } else { wait };
        self.next_slot = now + wait + whole_milliseconds(spacing);
        Slot::In(wait)
    }

    /// Begins or prolongs a pause; how much of it is left.
    fn pause(&mut self, now: Duration, retry_after: Option<Duration>) -> Duration {
        let pause = escalate(self.pause, now, retry_after);
        self.pause = Some(pause);
        pause.rest(now)
    }
}

fn whole_milliseconds(spacing: Duration) -> Duration {
    let up = spacing.as_nanos().div_ceil(1_000_000);
    Duration::from_millis(u64::try_from(up).unwrap_or(u64::MAX)).min(ABSURD)
}

const READ: &str =
    "SELECT next_slot_ms, pause_start_ms, pause_length_ms FROM rate WHERE service = ?1";

fn read(connection: &Connection, service: &str) -> Result<Rate, Failure> {
    let rate = connection
        .prepare_cached(READ)?
        .query_row([service], |row| {
            let time = |ms: i64| Duration::from_millis(ms.unsigned_abs());
            let (start, length): (Option<i64>, Option<i64>) = (row.get(1)?, row.get(2)?);
            Ok(Rate {
                next_slot: time(row.get(0)?),
                pause: start
                    .zip(length)
                    .map(|(start, length)| Pause { start: time(start), length: time(length) }),
            })
        })
        .optional()?;
    Ok(rate.unwrap_or_default())
}

const WRITE: &str = "
    INSERT INTO rate (service, next_slot_ms, pause_start_ms, pause_length_ms)
    VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (service) DO UPDATE SET next_slot_ms = excluded.next_slot_ms,
        pause_start_ms = excluded.pause_start_ms, pause_length_ms = excluded.pause_length_ms";

fn write(connection: &Connection, service: &str, rate: Rate) -> Result<(), Failure> {
    let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    connection.prepare_cached(WRITE)?.execute(params![
        service,
        ms(rate.next_slot),
        rate.pause.map(|pause| ms(pause.start)),
        rate.pause.map(|pause| ms(pause.length))
    ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPACING: Duration = Duration::from_millis(200);

    fn at(ms: u64) -> Duration {
        Duration::from_millis(1_000_000_000 + ms)
    }

    fn waits(rate: &mut Rate, now: Duration) -> Option<u128> {
        match rate.take(now, SPACING) {
            Slot::In(wait) => Some(wait.as_millis()),
            Slot::Paused(_) => None,
        }
    }

    #[test]
    fn slots_are_evenly_spaced_and_none_is_saved_up() {
        let mut rate = Rate::default();
        let first: Vec<_> = (0..4).map(|_| waits(&mut rate, at(0))).collect();
        assert_eq!(first, [Some(0), Some(200), Some(400), Some(600)]);
        assert_eq!(waits(&mut rate, at(700)), Some(100));
        assert_eq!(waits(&mut rate, at(9_000)), Some(0));
        assert_eq!(waits(&mut rate, at(9_000)), Some(200));
    }

    #[test]
    fn a_pause_holds_for_all_and_ends() {
        let mut rate = Rate::default();
        assert_eq!(rate.pause(at(0), None).as_secs(), 60);
        assert_eq!(rate.take(at(59_000), SPACING), Slot::Paused(Duration::from_secs(1)));
        assert_eq!(waits(&mut rate, at(60_000)), Some(0));
        assert_eq!(rate.pause(at(61_000), None).as_secs(), 120);
    }

    #[test]
    fn a_clock_that_was_set_back_stops_nobody() {
        let day = Duration::from_secs(24 * 60 * 60);
        let mut rate = Rate::default();
        waits(&mut rate, at(0) + day);
        rate.pause(at(0) + day, None);
        assert_eq!(waits(&mut rate, at(0)), Some(0));
        assert_eq!(waits(&mut rate, at(0)), Some(200));
        let mut paused = Rate::default();
        paused.pause(at(0) + ABSURD, None);
        assert_eq!(
            paused.take(at(0), SPACING),
            Slot::Paused(Duration::from_secs(60)),
            "never longer than the pause was"
        );
    }

    #[test]
    fn a_spacing_is_rounded_up() {
        let third = whole_milliseconds(Duration::from_secs(1) / 3);
        assert_eq!(third.as_millis(), 334);
    }
}
