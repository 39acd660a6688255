//! Covered spans and holes.

use futures_util::try_join;
use lastfm_core::Timestamp;
use lastfm_core::archive::{Coverage, Covered, Hole, Revision, Span, StoreErrorKind, UserId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::text::{Text, text};
use super::{At, at, get};
use crate::error::Failure;
use crate::transaction::{Transaction, Value};

const ALL: &str = "
    SELECT start_at, end_at, verified_at, observed_at, revision FROM coverage
    WHERE user_id = $1 ORDER BY start_at";

/// The whole coverage of a user.
pub(crate) async fn all(transaction: &Transaction, user: UserId) -> Result<Coverage, Failure> {
    let rows = transaction.query(ALL, &[(&user.0, Type::INT8)]).await?;
    rows.iter().map(covered).collect::<Result<_, _>>().map(Coverage::new)
}

/// The last span that begins at or before `$2`, and those that begin within.
const TOUCHING: &str = "
    SELECT start_at, end_at, verified_at, observed_at, revision FROM coverage
    WHERE user_id = $1
        AND start_at >= coalesce(
            (SELECT max(start_at) FROM coverage WHERE user_id = $1 AND start_at <= $2), $2)
        AND start_at < $3 AND end_at > $2
    ORDER BY start_at";

/// The part of a user's coverage that shares a second with `span`.
pub(crate) async fn touching(
    transaction: &Transaction,
    user: UserId,
    span: Span,
) -> Result<Coverage, Failure> {
    let (start, end) = (span.start.as_unix(), span.end.as_unix());
    let values = [(&user.0 as _, Type::INT8), (&start as _, Type::INT8), (&end as _, Type::INT8)];
    let rows = transaction.query(TOUCHING, &values).await?;
    rows.iter().map(covered).collect::<Result<_, _>>().map(Coverage::new)
}

fn covered(row: &Row) -> Result<Covered, Failure> {
    Ok(Covered {
        span: Span::new(at(row, 0)?, at(row, 1)?),
        verified_at: at(row, 2)?,
        observed_at: at(row, 3)?,
        revision: Revision(get(row, 4)?),
    })
}

const FORGET: &str = "DELETE FROM coverage WHERE user_id = $1 AND start_at = ANY($2)";

const ADD: &str = "
    INSERT INTO coverage (user_id, start_at, end_at, verified_at, observed_at, revision)
    SELECT $1, new.* FROM unnest($2, $3, $4, $5, $6) AS new";

/// Writes `after` in place of `before`, both parts of one coverage.
pub(crate) async fn write(
    transaction: &Transaction,
    user: UserId,
    before: &Coverage,
    after: &Coverage,
) -> Result<(), Failure> {
    let (before, after) = (before.covered(), after.covered());
    let old = before.iter().filter(|old| !after.contains(old));
    let old: Vec<i64> = old.map(|old| old.span.start.as_unix()).collect();
    let new: Vec<&Covered> = after.iter().filter(|new| !before.contains(new)).collect();
    let column =
        |value: fn(&Covered) -> i64| -> Vec<i64> { new.iter().map(|new| value(new)).collect() };
    let forget = async {
        if old.is_empty() {
            return Ok(0);
        }
        transaction.execute(FORGET, &[(&user.0, Type::INT8), (&old, Type::INT8_ARRAY)]).await
    };
    let add = async {
        if new.is_empty() {
            return Ok(0);
        }
        let values: [Value<'_>; 6] = [
            (&user.0, Type::INT8),
            (&column(|new| new.span.start.as_unix()), Type::INT8_ARRAY),
            (&column(|new| new.span.end.as_unix()), Type::INT8_ARRAY),
            (&column(|new| new.verified_at.as_unix()), Type::INT8_ARRAY),
            (&column(|new| new.observed_at.as_unix()), Type::INT8_ARRAY),
            (&column(|new| new.revision.0), Type::INT8_ARRAY),
        ];
        transaction.execute(ADD, &values).await
    };
    try_join!(forget, add).map(drop)
}

/// Merges what is old in the whole coverage.
pub(crate) async fn merge_old(
    transaction: &Transaction,
    user: UserId,
    now: Timestamp,
) -> Result<(), Failure> {
    let before = all(transaction, user).await?;
    let mut after = before.clone();
    after.merge_old(now);
    write(transaction, user, &before, &after).await
}

const HOLES: &str = "
    SELECT start_at, end_at, reason, tries, since, next_try_at FROM hole
    WHERE user_id = $1 AND start_at < $3 AND end_at > $2 ORDER BY start_at";

/// The holes that share a second with `span`.
pub(crate) async fn holes(
    transaction: &Transaction,
    user: UserId,
    span: Span,
) -> Result<Vec<Hole>, Failure> {
    let (start, end) = (span.start.as_unix(), span.end.as_unix());
    let values = [(&user.0 as _, Type::INT8), (&start as _, Type::INT8), (&end as _, Type::INT8)];
    let rows = transaction.query(HOLES, &values).await?;
    rows.iter().map(hole).collect()
}

fn hole(row: &Row) -> Result<Hole, Failure> {
    let tries: i64 = get(row, 3)?;
    Ok(Hole {
        span: Span::new(at(row, 0)?, at(row, 1)?),
        reason: text(row, 2)?,
        tries: tries.try_into().map_err(|_| StoreErrorKind::Corrupt)?,
        since: at(row, 4)?,
        next_try_at: at(row, 5)?,
    })
}

const CLOSE: &str = "DELETE FROM hole WHERE user_id = $1 AND start_at = ANY($2)";

const OPEN: &str = "
    INSERT INTO hole (user_id, start_at, end_at, reason, tries, since, next_try_at)
    SELECT $1, new.* FROM unnest($2, $3, $4, $5, $6, $7) AS new";

/// Writes the holes `new` in place of the holes `old`.
pub(crate) async fn set_holes(
    transaction: &Transaction,
    user: UserId,
    old: &[Hole],
    new: &[Hole],
) -> Result<(), Failure> {
    let close = async {
        if old.is_empty() {
            return Ok(0);
        }
        let starts: Vec<At> = old.iter().map(|hole| At(hole.span.start)).collect();
        transaction.execute(CLOSE, &[(&user.0, Type::INT8), (&starts, Type::INT8_ARRAY)]).await
    };
    let open = async {
        if new.is_empty() {
            return Ok(0);
        }
        let column = |at: fn(&Hole) -> Timestamp| -> Vec<At> {
            new.iter().map(|hole| At(at(hole))).collect()
        };
        let reasons: Vec<_> = new.iter().map(|hole| Text(&hole.reason)).collect();
        let tries: Vec<i64> = new.iter().map(|hole| hole.tries.into()).collect();
        let values: [Value<'_>; 7] = [
            (&user.0, Type::INT8),
            (&column(|hole| hole.span.start), Type::INT8_ARRAY),
            (&column(|hole| hole.span.end), Type::INT8_ARRAY),
            (&reasons, Type::TEXT_ARRAY),
            (&tries, Type::INT8_ARRAY),
            (&column(|hole| hole.since), Type::INT8_ARRAY),
            (&column(|hole| hole.next_try_at), Type::INT8_ARRAY),
        ];
        transaction.execute(OPEN, &values).await
    };
    try_join!(close, open).map(drop)
}
