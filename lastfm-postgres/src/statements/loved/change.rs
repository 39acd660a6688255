//! What a person loves, and loves no longer.

use lastfm_core::Timestamp;
use lastfm_core::loved::{Loved, NewLove};
use lastfm_core::scrobble::Account;
use tokio_postgres::types::Type;

use super::accounts::next;
use super::find::find;
use super::rows::List;
use crate::error::Failure;
use crate::statements::At;
use crate::transaction::{Transaction, Value};

pub(crate) async fn love(
    transaction: &Transaction,
    account: &Account,
    track: &NewLove,
) -> Result<Loved, Failure> {
    let (account, seen) = next(transaction, account).await?;
    let mut list = List::of(transaction, account, std::slice::from_ref(track)).await?;
    let (row, _) = list.row(track, seen);
    row.seen = seen;
    row.loved.love(track.loved_at);
    let loved = row.loved.clone();
    list.keep(transaction).await?;
    Ok(loved)
}

pub(crate) async fn unlove(
    transaction: &Transaction,
    account: &Account,
    artist: &str,
    track: &str,
    at: Timestamp,
) -> Result<Option<Loved>, Failure> {
    const SQL: &str = "
        UPDATE loved SET unloved_at = $3, seen = $4 WHERE account_id = $1 AND id = $2";
    let (account, seen) = next(transaction, account).await?;
    let Some(mut loved) = find(transaction, account, artist, track).await? else {
        return Ok(None);
    };
    loved.unlove(at);
    let unloved_at = loved.unloved_at.map(At);
    let values: [Value<'_>; 4] = [
        (&account, Type::INT8),
        (&loved.id.0, Type::INT8),
        (&unloved_at, Type::INT8),
        (&seen, Type::INT8),
    ];
    transaction.execute(SQL, &values).await?;
    Ok(Some(loved))
}
