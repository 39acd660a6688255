//! Taking a part of a copy of an archive.

use lastfm_core::archive::rows::Tally;
use lastfm_core::archive::{
    Coverage, Part, Place, RemovedPlay, Rest, Revision, StoreErrorKind, StoredPlay, UserId,
};
use lastfm_core::{Play, Timestamp};
use rusqlite::{Connection, params};

use super::users::{self, Kept};
use super::{At, books, coverage};
use crate::error::Failure;
use crate::variants::Variants;

pub(crate) fn restore(
    connection: &Connection,
    variants: &mut Variants,
    user: UserId,
    part: Part,
) -> Result<(), Failure> {
    let kept = users::kept(connection, user)?;
    let covered = coverage::all(connection, user)?;
    if kept.revision != Revision::default() || !covered.covered().is_empty() {
        return Err(StoreErrorKind::Occupied.into());
    }
    match part {
        Part::Plays { held, removed } => {
            restore_plays(connection, variants, user, &held, &removed, kept)
        }
        Part::Rest(rest) => restore_rest(connection, user, rest, kept),
    }
}

const TAKE: &str = "DELETE FROM play WHERE user_id = ?1 AND played_at = ?2 AND ordinal = ?3";

const TAKE_REMOVED: &str =
    "DELETE FROM removed_play WHERE user_id = ?1 AND played_at = ?2 AND ordinal = ?3";

const HOLD: &str = "
    INSERT INTO play (user_id, played_at, ordinal, variant_id, doubted_at)
    VALUES (?1, ?2, ?3, ?4, ?5)";

const KEEP_REMOVED: &str = "
    INSERT INTO removed_play (user_id, played_at, ordinal, variant_id, removed_at, edited)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

fn restore_plays(
    connection: &Connection,
    variants: &mut Variants,
    user: UserId,
    held: &[StoredPlay],
    removed: &[RemovedPlay],
    kept: Kept,
) -> Result<(), Failure> {
    let rows = || {
        let held = held.iter().map(|stored| (stored.place, &stored.play));
        held.chain(removed.iter().map(|removed| (removed.place, &removed.play)))
    };
    if rows().any(|(place, play): (Place, &Play)| place.at != play.played_at()) {
        return Err(StoreErrorKind::OutsideSpan.into());
    }
    let seconds = rows().map(|(place, _)| place.at);
    let Some(seconds) = seconds.clone().min().zip(seconds.max()) else {
        return Ok(());
    };
    let before = counted(connection, user, seconds)?;
    if before.rows > 0 {
        for (place, _) in rows() {
            for take in [TAKE, TAKE_REMOVED] {
                let values = params![user.0, At(place.at), place.ordinal];
                connection.prepare_cached(take)?.execute(values)?;
            }
        }
    }
    let mut insert = connection.prepare_cached(HOLD)?;
    for StoredPlay { place, play, doubted_at } in held {
        let variant = variants.of(connection, user, play)?;
        let doubted_at = doubted_at.map(At);
        insert.execute(params![user.0, At(place.at), place.ordinal, variant.id, doubted_at])?;
    }
    let mut keep = connection.prepare_cached(KEEP_REMOVED)?;
    for RemovedPlay { place, play, removed_at, edited } in removed {
        let variant = variants.of(connection, user, play)?;
        let (at, removed_at) = (At(place.at), At(*removed_at));
        keep.execute(params![user.0, at, place.ordinal, variant.id, removed_at, edited])?;
    }
    let after = counted(connection, user, seconds)?;
    let kept = Kept {
        revision: kept.revision,
        tally: Tally {
            plays: kept.tally.plays + after.plays - before.plays,
            doubted: kept.tally.doubted + after.doubted - before.doubted,
            removed: kept.tally.removed + after.removed - before.removed,
        },
    };
    users::keep(connection, user, kept)
}

/// What stands between two seconds, both included.
struct Counted {
    /// All, edited ones included.
    rows: i64,
    plays: i64,
    doubted: i64,
    removed: i64,
}

const HELD: &str = "
    SELECT count(*), count(doubted_at) FROM play
    WHERE user_id = ?1 AND played_at >= ?2 AND played_at <= ?3";

const REMOVED: &str = "
    SELECT count(*), count(*) FILTER (WHERE NOT edited) FROM removed_play
    WHERE user_id = ?1 AND played_at >= ?2 AND played_at <= ?3";

fn counted(
    connection: &Connection,
    user: UserId,
    (first, last): (Timestamp, Timestamp),
) -> Result<Counted, Failure> {
    let count = |sql| -> rusqlite::Result<(i64, i64)> {
        let mut statement = connection.prepare_cached(sql)?;
        statement.query_row(params![user.0, At(first), At(last)], |row| row.try_into())
    };
    let ((plays, doubted), (all_removed, removed)) = (count(HELD)?, count(REMOVED)?);
    Ok(Counted { rows: plays + all_removed, plays, doubted, removed })
}

const FORGET_HOLES: &str = "DELETE FROM hole WHERE user_id = ?1";

fn restore_rest(
    connection: &Connection,
    user: UserId,
    rest: Rest,
    kept: Kept,
) -> Result<(), Failure> {
    users::keep(connection, user, Kept { revision: rest.revision, ..kept })?;
    coverage::write(connection, user, &Coverage::default(), &Coverage::new(rest.coverage))?;
    connection.prepare_cached(FORGET_HOLES)?.execute([user.0])?;
    for hole in &rest.holes {
        coverage::open_hole(connection, user, hole)?;
    }
    books::write(connection, user, &rest.book)
}
