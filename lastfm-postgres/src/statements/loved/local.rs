//! Which local tracks are the loved ones.

use std::collections::BTreeMap;

use futures_util::future::try_join3;
use lastfm_core::Timestamp;
use lastfm_core::loved::{How, LocalMatch, Loved, LovedId};
use lastfm_core::scrobble::Account;
use tokio_postgres::types::Type;

use super::accounts::{known, locked};
use super::find::select;
use crate::error::Failure;
use crate::statements::At;
use crate::statements::text::Text;
use crate::transaction::{Transaction, Value};

pub(crate) async fn of_local(
    transaction: &Transaction,
    account: &Account,
    local_id: &str,
) -> Result<Vec<Loved>, Failure> {
    let meant = "unloved_at IS NULL
        AND id IN (SELECT loved_id FROM loved_local WHERE account_id = $1 AND local_id = $2)
        ORDER BY id";
    let account = known(transaction, account).await?;
    let values: [Value<'_>; 2] = [(&account, Type::INT8), (&Text(local_id), Type::TEXT)];
    select(transaction, meant, &values).await
}

pub(crate) async fn set_matches(
    transaction: &Transaction,
    account: &Account,
    found: &[(LovedId, LocalMatch)],
) -> Result<Vec<Loved>, Failure> {
    let account = locked(transaction, account).await?;
    let ids: Vec<_> = found.iter().map(|(id, _)| id.0).collect();
    let these: [Value<'_>; 2] = [(&account, Type::INT8), (&ids, Type::INT8_ARRAY)];
    let tracks = select(transaction, "id = ANY($2)", &these).await?;
    // One may be named twice.
    let mut tracks: BTreeMap<LovedId, Loved> =
        tracks.into_iter().map(|loved| (loved.id, loved)).collect();
    let mut written = Vec::new();
    for (id, local) in found {
        let Some(loved) = tracks.get_mut(id) else { continue };
        if loved.find(local.clone()) {
            written.push(loved.clone());
        }
    }
    tracks.retain(|id, _| written.iter().any(|loved| loved.id == *id));
    set_locals(transaction, account, tracks.values()).await?;
    Ok(written)
}

pub(crate) async fn choose(
    transaction: &Transaction,
    account: &Account,
    id: LovedId,
    choice: Option<Vec<String>>,
    at: Timestamp,
) -> Result<Option<Loved>, Failure> {
    let account = locked(transaction, account).await?;
    let values: [Value<'_>; 2] = [(&account, Type::INT8), (&id.0, Type::INT8)];
    let Some(mut loved) = select(transaction, "id = $2", &values).await?.pop() else {
        return Ok(None);
    };
    loved.local = choice.map(|ids| LocalMatch::new(ids, How::Person, at));
    set_locals(transaction, account, [&loved]).await?;
    Ok(Some(loved))
}

/// Keeps the local tracks of these tracks as they are now.
async fn set_locals(
    transaction: &Transaction,
    account: i64,
    tracks: impl IntoIterator<Item = &Loved>,
) -> Result<(), Failure> {
    const SET: &str = "
        UPDATE loved SET how = new.how, checked_at = new.checked_at
        FROM unnest($2::bigint[], $3::text[], $4::bigint[]) AS new (id, how, checked_at)
        WHERE account_id = $1 AND loved.id = new.id";
    const CLEAR: &str = "DELETE FROM loved_local WHERE account_id = $1 AND loved_id = ANY($2)";
    const ADD: &str = "
        INSERT INTO loved_local (account_id, loved_id, place, local_id)
        SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[])";
    let (mut ids, mut how, mut at) = (Vec::new(), Vec::new(), Vec::new());
    let (mut of, mut place, mut local) = (Vec::new(), Vec::new(), Vec::new());
    for loved in tracks {
        ids.push(loved.id.0);
        how.push(loved.local.as_ref().map(|local| local.how.name()));
        at.push(loved.local.as_ref().map(|local| At(local.checked_at)));
        for (local_id, at) in loved.local_ids().iter().zip(0_i64..) {
            of.push(loved.id.0);
            place.push(at);
            local.push(Text(local_id));
        }
    }
    let set: [Value<'_>; 4] = [
        (&account, Type::INT8),
        (&ids, Type::INT8_ARRAY),
        (&how, Type::TEXT_ARRAY),
        (&at, Type::INT8_ARRAY),
    ];
    let add: [Value<'_>; 4] = [
        (&account, Type::INT8),
        (&of, Type::INT8_ARRAY),
        (&place, Type::INT8_ARRAY),
        (&local, Type::TEXT_ARRAY),
    ];
    let (clear, set_how) = (transaction.execute(CLEAR, &set[..2]), transaction.execute(SET, &set));
    try_join3(set_how, clear, transaction.execute(ADD, &add)).await?;
    Ok(())
}
