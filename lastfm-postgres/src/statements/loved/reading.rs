//! Readings of the service's list, page by page, and what a whole one shows.

use futures_util::future::{try_join, try_join3};
use lastfm_core::Timestamp;
use lastfm_core::archive::StoreErrorKind;
use lastfm_core::loved::{Loved, LovedPage, Reading, ReadingId, Shown, Written};
use lastfm_core::scrobble::Account;
use tokio_postgres::types::Type;

use super::accounts::{known, locked, next};
use super::find::{count, select};
use super::rows::List;
use crate::error::Failure;
use crate::statements::{At, at};
use crate::transaction::{Transaction, Value};

pub(crate) async fn begin(
    transaction: &Transaction,
    account: &Account,
    at: Timestamp,
) -> Result<Reading, Failure> {
    const SQL: &str = "
        UPDATE loved_account SET reading = last, reading_begun_at = $2, next_page = 1,
            total = NULL, per_page = NULL
        WHERE id = $1";
    let (id, reading) = next(transaction, account).await?;
    transaction.execute(SQL, &[(&id, Type::INT8), (&At(at), Type::INT8)]).await?;
    Ok(Reading::new(ReadingId(reading), at))
}

pub(crate) async fn reading(
    transaction: &Transaction,
    account: &Account,
) -> Result<Option<Reading>, Failure> {
    const SQL: &str = "
        SELECT reading, reading_begun_at, next_page, total, per_page FROM loved_account
        WHERE id = $1 AND reading IS NOT NULL";
    let id = known(transaction, account).await?;
    let Some(row) = transaction.row(SQL, &[(&id, Type::INT8)]).await? else { return Ok(None) };
    let mut reading = Reading::new(ReadingId(row.try_get(0)?), at(&row, 1)?);
    let next_page = row.try_get::<_, i64>(2)?;
    reading.next_page = u32::try_from(next_page).map_err(|_| StoreErrorKind::Corrupt)?;
    let count = |column| row.try_get::<_, Option<i64>>(column);
    reading.total = count(3)?.map(i64::unsigned_abs);
    reading.per_page = count(4)?.map(i64::unsigned_abs);
    Ok(Some(reading))
}

pub(crate) async fn add_page(
    transaction: &Transaction,
    account: &Account,
    reading: ReadingId,
    page: &LovedPage,
) -> Result<Written, Failure> {
    const GO_ON: &str = "
        UPDATE loved_account SET next_page = $3, total = $4, per_page = $5
        WHERE id = $1 AND reading = $2";
    let account = locked(transaction, account).await?;
    let mut list = List::of(transaction, account, &page.tracks).await?;
    let mut written = Written::default();
    for track in &page.tracks {
        let (row, is_new) = list.row(track, reading.0);
        if is_new {
            written.added += 1;
        } else if row.seen <= reading.0 {
            row.seen = reading.0;
            written.revived += u64::from(row.loved.show(track.clone()));
        }
    }
    let count = |count: Option<u64>| count.and_then(|count| i64::try_from(count).ok());
    let (total, per_page) = (count(page.total), count(page.per_page));
    let next_page = i64::from(page.next_page);
    let place: [Value<'_>; 5] = [
        (&account, Type::INT8),
        (&reading.0, Type::INT8),
        (&next_page, Type::INT8),
        (&total, Type::INT8),
        (&per_page, Type::INT8),
    ];
    try_join(list.keep(transaction), transaction.execute(GO_ON, &place)).await?;
    Ok(written)
}

pub(crate) async fn shown(
    transaction: &Transaction,
    account: &Account,
    since: ReadingId,
) -> Result<Shown, Failure> {
    const SQL: &str = "
        SELECT count(*) FILTER (WHERE seen >= $2), count(*) FILTER (WHERE seen < $2)
        FROM loved WHERE account_id = $1 AND unloved_at IS NULL";
    let account = known(transaction, account).await?;
    let row = transaction.row(SQL, &[(&account, Type::INT8), (&since.0, Type::INT8)]).await?;
    let row = row.ok_or(StoreErrorKind::Failed)?;
    Ok(Shown { shown: count(&row, 0)?, missing: count(&row, 1)? })
}

pub(crate) async fn finish(
    transaction: &Transaction,
    account: &Account,
    since: ReadingId,
    at: Timestamp,
) -> Result<Vec<Loved>, Failure> {
    const END: &str = "UPDATE loved_account SET reading = NULL WHERE id = $1";
    const UNLOVE: &str = "
        UPDATE loved SET unloved_at = $3
        WHERE account_id = $1 AND unloved_at IS NULL AND seen < $2";
    let account = locked(transaction, account).await?;
    let at_once = At(at);
    let values: [Value<'_>; 3] =
        [(&account, Type::INT8), (&since.0, Type::INT8), (&at_once, Type::INT8)];
    let meant = "unloved_at IS NULL AND seen < $2 ORDER BY id";
    let (mut unloved, _, _) = try_join3(
        select(transaction, meant, &values[..2]),
        transaction.execute(UNLOVE, &values),
        transaction.execute(END, &values[..1]),
    )
    .await?;
    for loved in &mut unloved {
        loved.unlove(at);
    }
    Ok(unloved)
}
