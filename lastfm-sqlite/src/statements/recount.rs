//! Putting right what is kept about an archive that someone has changed by hand.

use lastfm_core::archive::{Count, UserId};
use rusqlite::Connection;

use super::users;
use crate::error::Failure;

/// Plays whose object is gone (or is another user's), and removals of plays that are there. (A
/// look at the object of each single play would take several times as long.)
const FORGET: [&str; 3] = [
    "DELETE FROM play WHERE user_id = ?1 AND variant_id IN (
        SELECT variant_id FROM play WHERE user_id = ?1
        EXCEPT SELECT id FROM variant WHERE user_id = ?1)",
    "DELETE FROM removed_play WHERE user_id = ?1 AND variant_id IN (
        SELECT variant_id FROM removed_play WHERE user_id = ?1
        EXCEPT SELECT id FROM variant WHERE user_id = ?1)",
    "DELETE FROM removed_play WHERE user_id = ?1 AND EXISTS (
        SELECT 1 FROM play
        WHERE play.user_id = removed_play.user_id
            AND play.played_at = removed_play.played_at
            AND play.ordinal = removed_play.ordinal)",
];

pub(crate) fn recount(connection: &Connection, user: UserId) -> Result<Count, Failure> {
    let revision = users::kept(connection, user)?.revision;
    for forget in FORGET {
        connection.execute(forget, [user.0])?;
    }
    let tally = users::counted(connection, user)?;
    users::keep(connection, user, users::Kept { revision, tally })?;
    Ok(Count { plays: tally.plays.unsigned_abs(), doubted: tally.doubted.unsigned_abs() })
}
