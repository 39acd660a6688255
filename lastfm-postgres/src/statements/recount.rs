//! Putting right what is kept about an archive that someone has changed by hand.

use lastfm_core::archive::{Count, UserId};
use tokio_postgres::types::Type;

use super::users;
use crate::error::Failure;
use crate::transaction::Transaction;

/// Plays whose object is gone, and removals of plays that are there. (A look at the object of each
/// single play would take several times as long.)
const FORGET: [&str; 3] = [
    "DELETE FROM play WHERE user_id = $1 AND variant_id IN (
        SELECT variant_id FROM play WHERE user_id = $1
        EXCEPT SELECT variant_id FROM variant WHERE user_id = $1)",
    "DELETE FROM removed_play WHERE user_id = $1 AND variant_id IN (
        SELECT variant_id FROM removed_play WHERE user_id = $1
        EXCEPT SELECT variant_id FROM variant WHERE user_id = $1)",
    "DELETE FROM removed_play WHERE user_id = $1 AND EXISTS (
        SELECT 1 FROM play
        WHERE play.user_id = removed_play.user_id
            AND play.played_at = removed_play.played_at
            AND play.ordinal = removed_play.ordinal)",
];

pub(crate) async fn recount(transaction: &Transaction, user: UserId) -> Result<Count, Failure> {
    let mut kept = users::lock(transaction, user).await?;
    transaction.take_time().await?;
    for forget in FORGET {
        transaction.execute(forget, &[(&user.0, Type::INT8)]).await?;
    }
    kept.tally = users::counted(transaction, user).await?;
    users::keep(transaction, user, &kept).await?;
    Ok(users::count(kept.tally))
}
