//! Who is at work on a user.

use std::time::Duration;

use lastfm_core::archive::{Claim, StoreErrorKind, UserId, WorkerId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::users;
use crate::error::Failure;

const HELD: &str = "SELECT worker, until_ms, lease_ms FROM work WHERE user_id = ?1";

const TAKE: &str = "
    INSERT INTO work (user_id, worker, until_ms, lease_ms) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (user_id)
    DO UPDATE SET worker = excluded.worker, until_ms = excluded.until_ms,
        lease_ms = excluded.lease_ms";

pub(crate) fn claim(
    connection: &Connection,
    user: UserId,
    worker: &WorkerId,
    lease: Duration,
    now_ms: i64,
) -> Result<Claim, Failure> {
    users::known(connection, user)?;
    if let Some((by, free_in)) = in_force(connection, user, now_ms)?
        && by != *worker
    {
        return Ok(Claim::Taken { by, free_in });
    }
    let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
    let until_ms = now_ms.saturating_add(lease_ms);
    let values = params![user.0, worker.0, until_ms, lease_ms];
    connection.prepare_cached(TAKE)?.execute(values)?;
    Ok(Claim::Yours)
}

/// Whose claim is in force, and how long its lease still runs.
fn in_force(
    connection: &Connection,
    user: UserId,
    now_ms: i64,
) -> Result<Option<(WorkerId, Duration)>, Failure> {
    let held = connection
        .prepare_cached(HELD)?
        .query_row([user.0], |row| {
            let (by, until, lease) = (row.get(0)?, row.get::<_, i64>(1)?, row.get(2)?);
            Ok((WorkerId(by), until.saturating_sub(now_ms), lease))
        })
        .optional()?;
    Ok(held.and_then(|(by, left_ms, lease_ms)| {
        // A lease that runs for much longer than it was: the clock was set back.
        let is_in_force = (1..=i64::saturating_mul(lease_ms, 2)).contains(&left_ms);
        let free_in = Duration::from_millis(left_ms.min(lease_ms).unsigned_abs());
        is_in_force.then_some((by, free_in))
    }))
}

/// Fails unless the claim of this worker is in force.
pub(crate) fn check(
    connection: &Connection,
    user: UserId,
    worker: &WorkerId,
    now_ms: i64,
) -> Result<(), Failure> {
    users::known(connection, user)?;
    match in_force(connection, user, now_ms)? {
        Some((by, _)) if by == *worker => Ok(()),
        _ => Err(StoreErrorKind::Overtaken.into()),
    }
}

const GIVE_BACK: &str = "DELETE FROM work WHERE user_id = ?1 AND worker = ?2";

pub(crate) fn release(
    connection: &Connection,
    user: UserId,
    worker: &WorkerId,
) -> Result<(), Failure> {
    users::known(connection, user)?;
    let values = params![user.0, worker.0];
    connection.prepare_cached(GIVE_BACK)?.execute(values)?;
    Ok(())
}
