//! The row of a rate: which slot was given last, to whom, and whether everybody is paused.

use std::time::Duration;

use lastfm_core::transport::Pause;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::database::Database;
use crate::error::Failure;

/// A slot or a pause that begins later than this is not believed: the clock was set back.
pub(crate) const ABSURD: Duration = Duration::from_secs(2 * 60 * 60);

/// What a share of a rate sees; times since 1970, by the database's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    /// When it was looked at, or a little earlier.
    pub(crate) now: Duration,
    pub(crate) pause: Option<Pause>,
    /// The last slot that the share was given; forgotten some time after it passed.
    pub(crate) slot: Option<Duration>,
}

/// Which row, and whose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) service: &'a str,
    pub(crate) share: &'a str,
    /// What a test says that the time is.
    pub(crate) now: Option<Duration>,
}

/// Gives the share the next slot, and returns nothing where it has one that is still to come, or
/// where everybody is paused.
///
/// One statement is one transaction, so that whoever is frozen or cut off never keeps the row
/// from the others. If another one was faster, PostgreSQL reads the row again, but not the clock:
/// the moment then lies a little in the past, which moves no slot. Which pauses are believed is said
/// at `lastfm_core::transport::Pause::rest`.
const RESERVE: &str = "
    WITH moment AS MATERIALIZED (
        SELECT coalesce($3, floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS now,
            set_config('synchronous_commit', 'off', true),
            set_config('lock_timeout', '4s', true)
    )
    UPDATE rate SET
        slot_us = CASE WHEN slot_us > now + $5 THEN now ELSE greatest(slot_us + $4, now) END,
        reserved = (
            SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(reserved)
            WHERE value::bigint BETWEEN now - 1000000 AND now + $5
        ) || jsonb_build_object($2,
            CASE WHEN slot_us > now + $5 THEN now ELSE greatest(slot_us + $4, now) END)
    FROM moment
    WHERE service = $1
        AND coalesce(pause_start_us > now + $5
            OR pause_start_us + pause_length_us NOT BETWEEN now + 1 AND now + 86400000000 + $5, true)
        AND coalesce((reserved ->> $2)::bigint NOT BETWEEN now + 1 AND now + $5, true)
    RETURNING now, pause_start_us, pause_length_us, (reserved ->> $2)::bigint";

pub(crate) async fn reserve(
    database: &Database,
    place: Place<'_>,
    apart: Duration,
) -> Result<Option<Seen>, Failure> {
    let (apart, absurd) = (in_us(apart), in_us(ABSURD));
    let now = place.now.map(in_us);
    let values = [
        (&place.service as _, Type::TEXT),
        (&place.share as _, Type::TEXT),
        (&now as _, Type::INT8),
        (&apart as _, Type::INT8),
        (&absurd as _, Type::INT8),
    ];
    let rows = database.alone(RESERVE, &values).await?;
    rows.first().map(seen).transpose()
}

const LOOK: &str = "
    SELECT coalesce($3, floor(extract(epoch FROM clock_timestamp()) * 1000000)::bigint),
        pause_start_us, pause_length_us, (reserved ->> $2)::bigint
    FROM rate WHERE service = $1";

const MAKE: &str = "INSERT INTO rate (service) VALUES ($1) ON CONFLICT DO NOTHING";

/// How things stand for a share. Makes the row if there is none.
pub(crate) async fn look(database: &Database, place: Place<'_>) -> Result<Seen, Failure> {
    let now = place.now.map(in_us);
    let values = [
        (&place.service as _, Type::TEXT),
        (&place.share as _, Type::TEXT),
        (&now as _, Type::INT8),
    ];
    loop {
        if let Some(row) = database.alone(LOOK, &values).await?.first() {
            return seen(row);
        }
        database.alone(MAKE, &values[..1]).await?;
    }
}

const PAUSE: &str = "
    UPDATE rate SET pause_start_us = $2, pause_length_us = $3
    WHERE service = $1
        AND (pause_start_us, pause_length_us) IS NOT DISTINCT FROM ($4::bigint, $5::bigint)
    RETURNING 1";

/// Puts another pause in the place of the one that was seen; says whether it was still that one.
pub(crate) async fn pause(
    database: &Database,
    service: &str,
    seen: Option<Pause>,
    next: Pause,
) -> Result<bool, Failure> {
    let (start, length) = (in_us(next.start), in_us(next.length));
    let seen = seen.map(|seen| (in_us(seen.start), in_us(seen.length))).unzip();
    let values = [
        (&service as _, Type::TEXT),
        (&start as _, Type::INT8),
        (&length as _, Type::INT8),
        (&seen.0 as _, Type::INT8),
        (&seen.1 as _, Type::INT8),
    ];
    Ok(!database.alone(PAUSE, &values).await?.is_empty())
}

fn seen(row: &Row) -> Result<Seen, Failure> {
    let time = |us: i64| Duration::from_micros(us.unsigned_abs());
    let (start, length): (Option<i64>, Option<i64>) = (row.try_get(1)?, row.try_get(2)?);
    let slot: Option<i64> = row.try_get(3)?;
    Ok(Seen {
        now: time(row.try_get(0)?),
        pause: start
            .zip(length)
            .map(|(start, length)| Pause { start: time(start), length: time(length) }),
        slot: slot.map(time),
    })
}

fn in_us(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}
