//! Reading plays, counting them, doubting them no longer.

use futures_util::try_join;
use lastfm_core::archive::rows::Body;
use lastfm_core::archive::{
    Count, Coverage, Doubt, Place, RemovedPlay, Span, StoreErrorKind, StoredPlay, UserId,
};
use lastfm_core::{Play, Timestamp};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::{at, get, maybe_at, number, users};
use crate::error::Failure;
use crate::transaction::Transaction;

const COUNT: &str = "
    SELECT count(*), count(doubted_at) FROM play
    WHERE user_id = $1 AND played_at >= $2 AND played_at < $3";

pub(crate) async fn count(
    transaction: &Transaction,
    user: UserId,
    span: Span,
) -> Result<Count, Failure> {
    if span == Span::EVER {
        let tally = users::kept(transaction, user).await?.tally;
        return Ok(users::count(tally));
    }
    let (start, end) = (span.start.as_unix(), span.end.as_unix());
    let values = [(&user.0 as _, Type::INT8), (&start as _, Type::INT8), (&end as _, Type::INT8)];
    let known = users::known(transaction, user);
    let ((), row) = try_join!(known, transaction.row(COUNT, &values))?;
    let row = row.ok_or(StoreErrorKind::Failed)?;
    let (plays, doubted): (i64, i64) = (get(&row, 0)?, get(&row, 1)?);
    Ok(Count { plays: plays.unsigned_abs(), doubted: doubted.unsigned_abs() })
}

const BOUNDS: &str = "SELECT min(played_at), max(played_at) FROM play WHERE user_id = $1";

pub(crate) async fn bounds(
    transaction: &Transaction,
    user: UserId,
) -> Result<Option<(Timestamp, Timestamp)>, Failure> {
    let values = [(&user.0 as _, Type::INT8)];
    let known = users::known(transaction, user);
    let ((), row) = try_join!(known, transaction.row(BOUNDS, &values))?;
    let row = row.ok_or(StoreErrorKind::Failed)?;
    Ok(maybe_at(&row, 0)?.zip(maybe_at(&row, 1)?))
}

const MOMENTS: &str = "
    SELECT played_at FROM play
    WHERE user_id = $1 AND played_at >= $2 AND played_at < $3
    ORDER BY played_at LIMIT $4 OFFSET $5";

pub(crate) async fn moments(
    transaction: &Transaction,
    user: UserId,
    span: Span,
    skip: u64,
    limit: usize,
) -> Result<Vec<Timestamp>, Failure> {
    let (start, end) = (span.start.as_unix(), span.end.as_unix());
    let (limit, skip) = (number(limit), i64::try_from(skip).unwrap_or(i64::MAX));
    let values = [
        (&user.0 as _, Type::INT8),
        (&start as _, Type::INT8),
        (&end as _, Type::INT8),
        (&limit as _, Type::INT8),
        (&skip as _, Type::INT8),
    ];
    let known = users::known(transaction, user);
    let ((), rows) = try_join!(known, transaction.query(MOMENTS, &values))?;
    rows.iter().map(|row| at(row, 0)).collect()
}

const PLAYS: &str = "
    SELECT variant.date_at, variant.date_form, variant.body, play.played_at, play.ordinal,
        play.doubted_at
    FROM play
    JOIN variant ON variant.user_id = play.user_id AND variant.variant_id = play.variant_id
    WHERE play.user_id = $1 AND (play.played_at, play.ordinal) > ($2, $3) AND play.played_at < $4
    ORDER BY play.played_at, play.ordinal LIMIT $5";

pub(crate) async fn plays(
    transaction: &Transaction,
    user: UserId,
    span: Span,
    after: Option<Place>,
    limit: usize,
) -> Result<Vec<StoredPlay>, Failure> {
    page(transaction, PLAYS, user, span, (after, limit), |row, place, play| {
        Ok(StoredPlay { place, play, doubted_at: maybe_at(row, 5)? })
    })
    .await
}

const REMOVED: &str = "
    SELECT variant.date_at, variant.date_form, variant.body, play.played_at, play.ordinal,
        play.removed_at, play.edited
    FROM removed_play AS play
    JOIN variant ON variant.user_id = play.user_id AND variant.variant_id = play.variant_id
    WHERE play.user_id = $1 AND (play.played_at, play.ordinal) > ($2, $3) AND play.played_at < $4
    ORDER BY play.played_at, play.ordinal LIMIT $5";

pub(crate) async fn removed(
    transaction: &Transaction,
    user: UserId,
    span: Span,
    after: Option<Place>,
    limit: usize,
) -> Result<Vec<RemovedPlay>, Failure> {
    page(transaction, REMOVED, user, span, (after, limit), |row, place, play| {
        Ok(RemovedPlay { place, play, removed_at: at(row, 5)?, edited: get(row, 6)? })
    })
    .await
}

/// The plays that `sql` finds, each as `make` has it.
async fn page<T>(
    transaction: &Transaction,
    sql: &str,
    user: UserId,
    span: Span,
    (after, limit): (Option<Place>, usize),
    make: impl Fn(&Row, Place, Play) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    // Numbers within a second begin at 0, but a person may have counted otherwise.
    let before_first = Place { at: span.start, ordinal: i64::MIN };
    let after = after.map_or(before_first, |after| after.max(before_first));
    let (from, end, limit) = (after.at.as_unix(), span.end.as_unix(), number(limit));
    let values = [
        (&user.0 as _, Type::INT8),
        (&from as _, Type::INT8),
        (&after.ordinal as _, Type::INT8),
        (&end as _, Type::INT8),
        (&limit as _, Type::INT8),
    ];
    let known = users::known(transaction, user);
    let ((), rows) = try_join!(known, transaction.query(sql, &values))?;
    let mut plays = Vec::with_capacity(rows.len());
    for row in &rows {
        let (date_at, at): (Option<i32>, _) = (get(row, 0)?, at(row, 3)?);
        let date_at = date_at.map(usize::try_from).transpose();
        let date_at = date_at.map_err(|_| StoreErrorKind::Corrupt)?;
        let object = Body::object(date_at, get(row, 1)?, get(row, 2)?, at);
        let play = Play::from_json(object).map_err(|_| StoreErrorKind::Corrupt)?;
        let ordinal: i32 = get(row, 4)?;
        plays.push(make(row, Place { at, ordinal: ordinal.into() }, play)?);
    }
    Ok(plays)
}

const DOUBTED: &str = "
    SELECT played_at, doubted_at FROM play
    WHERE user_id = $1 AND doubted_at IS NOT NULL ORDER BY played_at";

pub(crate) async fn doubts(
    transaction: &Transaction,
    user: UserId,
    coverage: &Coverage,
) -> Result<Vec<Doubt>, Failure> {
    let rows = transaction.query(DOUBTED, &[(&user.0, Type::INT8)]).await?;
    let doubted = rows.iter().map(|row| Ok((at(row, 0)?, at(row, 1)?)));
    Ok(coverage.doubts(doubted.collect::<Result<Vec<_>, Failure>>()?))
}

const WITHDRAW: &str = "
    UPDATE play SET doubted_at = NULL
    WHERE user_id = $1 AND played_at >= $2 AND played_at < $3 AND doubted_at IS NOT NULL";

pub(crate) async fn withdraw_doubts(
    transaction: &Transaction,
    user: UserId,
    span: Span,
) -> Result<(), Failure> {
    let (start, end) = (span.start.as_unix(), span.end.as_unix());
    let values = [(&user.0 as _, Type::INT8), (&start as _, Type::INT8), (&end as _, Type::INT8)];
    let lock = users::lock(transaction, user);
    let (mut kept, withdrawn) = try_join!(lock, transaction.execute(WITHDRAW, &values))?;
    kept.tally.doubted -= i64::try_from(withdrawn).unwrap_or(i64::MAX);
    users::keep(transaction, user, &kept).await
}
