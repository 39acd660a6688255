//! Who is at work on a user.

use std::time::Duration;

use futures_util::try_join;
use lastfm_core::archive::{Claim, StoreErrorKind, UserId, WorkerId};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::text::{Text, text};
use super::{get, users};
use crate::error::Failure;
use crate::transaction::Transaction;

/// A lease that runs for much longer than it was: the clock was set back.
const TAKE: &str = "
    INSERT INTO work (user_id, worker, until_ms, lease_ms) VALUES ($1, $2, $3, $4)
    ON CONFLICT (user_id)
    DO UPDATE SET worker = excluded.worker, until_ms = excluded.until_ms,
        lease_ms = excluded.lease_ms
    WHERE work.worker = excluded.worker
        OR work.until_ms - $5 NOT BETWEEN 1 AND 2 * work.lease_ms
    RETURNING user_id";

const HELD: &str = "SELECT worker, until_ms, lease_ms FROM work WHERE user_id = $1";

pub(crate) async fn claim(
    transaction: &Transaction,
    user: UserId,
    worker: &WorkerId,
    lease: Duration,
    now_ms: i64,
) -> Result<Claim, Failure> {
    let worker = Text(&worker.0);
    // Far from where twice as much would be too much.
    let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX).min(i64::MAX / 4);
    let until_ms = now_ms.saturating_add(lease_ms);
    let take = [
        (&user.0 as _, Type::INT8),
        (&worker as _, Type::TEXT),
        (&until_ms as _, Type::INT8),
        (&lease_ms as _, Type::INT8),
        (&now_ms as _, Type::INT8),
    ];
    let known = users::known(transaction, user);
    let take = async {
        match transaction.row(TAKE, &take).await {
            // Removed since it was looked for.
            Err(Failure::Postgres(error))
                if error.code() == Some(&SqlState::FOREIGN_KEY_VIOLATION) =>
            {
                Err(StoreErrorKind::UnknownUser.into())
            }
            taken => taken,
        }
    };
    let ((), taken, (by, left_ms, lease_ms)) = try_join!(known, take, async {
        let held = transaction.row(HELD, &[(&user.0, Type::INT8)]).await?;
        let held = held.ok_or(StoreErrorKind::Failed)?;
        let (until_ms, lease_ms): (i64, i64) = (get(&held, 1)?, get(&held, 2)?);
        Ok((WorkerId(text(&held, 0)?), until_ms.saturating_sub(now_ms), lease_ms))
    })?;
    if taken.is_some() {
        return Ok(Claim::Yours);
    }
    let free_in = Duration::from_millis(left_ms.min(lease_ms).max(0).unsigned_abs());
    Ok(Claim::Taken { by, free_in })
}

/// Nobody else takes the work until the transaction ends.
const IN_FORCE: &str = "
    SELECT worker = $2 AND until_ms - $3 BETWEEN 1 AND 2 * lease_ms FROM work
    WHERE user_id = $1 FOR SHARE";

/// Fails unless the claim of this worker is in force.
pub(crate) async fn check(
    transaction: &Transaction,
    user: UserId,
    worker: &WorkerId,
    now_ms: i64,
) -> Result<(), Failure> {
    let worker = Text(&worker.0);
    let values =
        [(&user.0 as _, Type::INT8), (&worker as _, Type::TEXT), (&now_ms as _, Type::INT8)];
    let known = users::known(transaction, user);
    let ((), in_force) = try_join!(known, transaction.row(IN_FORCE, &values))?;
    match in_force.as_ref().map(|row| get(row, 0)).transpose()? {
        Some(true) => Ok(()),
        _ => Err(StoreErrorKind::Overtaken.into()),
    }
}

const GIVE_BACK: &str = "DELETE FROM work WHERE user_id = $1 AND worker = $2";

pub(crate) async fn release(
    transaction: &Transaction,
    user: UserId,
    worker: &WorkerId,
) -> Result<(), Failure> {
    let worker = Text(&worker.0);
    let values = [(&user.0 as _, Type::INT8), (&worker as _, Type::TEXT)];
    let known = users::known(transaction, user);
    try_join!(known, transaction.execute(GIVE_BACK, &values)).map(drop)
}
