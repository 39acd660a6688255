//! Finding tracks and counting them.

use lastfm_core::Mbid;
use lastfm_core::archive::StoreErrorKind;
use lastfm_core::loved::{How, LocalMatch, Loved, LovedCounts, LovedId, NewLove, Which};
use lastfm_core::scrobble::Account;
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::accounts::known;
use super::rows::identity;
use crate::error::Failure;
use crate::statements::text::{Text, maybe_text, text};
use crate::statements::{at, maybe_at, number};
use crate::transaction::{Transaction, Value};

pub(crate) async fn track(
    transaction: &Transaction,
    account: &Account,
    artist: &str,
    track: &str,
) -> Result<Option<Loved>, Failure> {
    let account = known(transaction, account).await?;
    find(transaction, account, artist, track).await
}

pub(super) async fn find(
    transaction: &Transaction,
    account: i64,
    artist: &str,
    track: &str,
) -> Result<Option<Loved>, Failure> {
    let hash = identity(artist, track);
    let values: [Value<'_>; 2] = [(&account, Type::INT8), (&&hash[..], Type::BYTEA)];
    Ok(select(transaction, "identity = $2", &values).await?.pop())
}

pub(crate) async fn tracks(
    transaction: &Transaction,
    account: &Account,
    which: Which,
    after: Option<LovedId>,
    limit: usize,
) -> Result<Vec<Loved>, Failure> {
    let meant = format!("{} AND id > $2 ORDER BY id LIMIT $3", condition(which));
    let account = known(transaction, account).await?;
    let values = [account, after.map_or(i64::MIN, |after| after.0), number(limit)];
    let values = values.each_ref().map(|value| (value as _, Type::INT8));
    select(transaction, &meant, &values).await
}

/// What [`Loved::is`] says.
fn condition(which: Which) -> String {
    let has_local = "EXISTS (SELECT 1 FROM loved_local AS local
        WHERE local.account_id = $1 AND local.loved_id = loved.id)";
    match which {
        Which::Unloved => "unloved_at IS NOT NULL".to_owned(),
        Which::Matched => format!("unloved_at IS NULL AND {has_local}"),
        Which::Unmatched => {
            format!("unloved_at IS NULL AND NOT {has_local} AND how IS DISTINCT FROM 'person'")
        }
        _ => "unloved_at IS NULL".to_owned(),
    }
}

pub(crate) async fn counts(
    transaction: &Transaction,
    account: &Account,
) -> Result<LovedCounts, Failure> {
    let of = |which| format!("count(*) FILTER (WHERE {})", condition(which));
    let sql = format!(
        "SELECT {}, {}, {}, {} FROM loved WHERE account_id = $1",
        of(Which::Loved),
        of(Which::Unloved),
        of(Which::Matched),
        of(Which::Unmatched)
    );
    let account = known(transaction, account).await?;
    let row = transaction.row(&sql, &[(&account, Type::INT8)]).await?;
    let row = row.ok_or(StoreErrorKind::Failed)?;
    Ok(LovedCounts {
        loved: count(&row, 0)?,
        unloved: count(&row, 1)?,
        matched: count(&row, 2)?,
        unmatched: count(&row, 3)?,
    })
}

/// The tracks of an account, `$1`, of which this is true.
pub(super) async fn select(
    transaction: &Transaction,
    condition: &str,
    values: &[Value<'_>],
) -> Result<Vec<Loved>, Failure> {
    select_rows(transaction, condition, values).await?.iter().map(loved).collect()
}

pub(super) async fn select_rows(
    transaction: &Transaction,
    condition: &str,
    values: &[Value<'_>],
) -> Result<Vec<Row>, Failure> {
    let sql = format!(
        "SELECT id, artist, track, mbid, loved_at, unloved_at, how, checked_at, seen,
            ARRAY(SELECT local_id FROM loved_local AS local
                WHERE local.account_id = $1 AND local.loved_id = loved.id ORDER BY place)
         FROM loved WHERE account_id = $1 AND {condition}"
    );
    transaction.query(&sql, values).await
}

/// The track of a row of [`select_rows`].
pub(super) fn loved(row: &Row) -> Result<Loved, Failure> {
    let mut track = NewLove::new(text(row, 1)?, text(row, 2)?, at(row, 4)?);
    track.mbid = maybe_text(row, 3)?.and_then(|mbid| Mbid::new(&mbid));
    let mut loved = Loved::new(LovedId(row.try_get(0)?), track);
    loved.unloved_at = maybe_at(row, 5)?;
    if let Some(how) = row.try_get(6)? {
        let how = How::named(how).ok_or(StoreErrorKind::Corrupt)?;
        let ids: Vec<Text<String>> = row.try_get(9)?;
        let ids = ids.into_iter().map(|id| id.0).collect();
        loved.local = Some(LocalMatch::new(ids, how, at(row, 7)?));
    }
    Ok(loved)
}

pub(super) fn count(row: &Row, column: usize) -> Result<u64, Failure> {
    Ok(row.try_get(column).map(i64::unsigned_abs)?)
}
