//! Makes the archive hold exactly what was seen: loads what the span holds, asks
//! [`Rewrite`] what has to change, and writes that.

use lastfm_core::Play;
use lastfm_core::archive::rows::{Rewrite, Row, Write};
use lastfm_core::archive::{
    Coverage, Observation, Place, Replaced, Revision, Span, Standing, StoreErrorKind, UserId,
};
use rusqlite::{Connection, params};

use super::users::Kept;
use super::{At, coverage, songs, users};
use crate::error::Failure;
use crate::variants::Variants;

pub(crate) fn replace(
    connection: &Connection,
    variants: &mut Variants,
    user: UserId,
    span: Span,
    plays: &[Play],
    observation: Observation,
) -> Result<Replaced, Failure> {
    let Kept { revision, tally } = users::kept(connection, user)?;
    if plays.iter().any(|play| !span.contains(play.played_at())) {
        return Err(StoreErrorKind::OutsideSpan.into());
    }
    let before = coverage::touching(connection, user, span)?;
    if before.changed_since(span, observation.revision) {
        return Err(StoreErrorKind::Stale.into());
    }
    if span.is_empty() {
        return Ok(Replaced::default());
    }

    let rows = rows(connection, user, span)?;
    let seen = plays
        .iter()
        .map(|play| variants.of(connection, user, play))
        .collect::<Result<Vec<_>, _>>()?;
    let unseen = songs::of(connection, user, &Rewrite::unseen(&rows, &seen))?;
    let rewrite = Rewrite::new(rows, plays, &seen, &unseen, tally, observation);
    write(connection, user, &rewrite.writes)?;

    let revision = Revision(revision.0 + 1);
    users::keep(connection, user, Kept { revision, tally: rewrite.tally })?;
    let mut after = before.clone();
    let agreed = rewrite.replaced.doubted == 0;
    after.cover(span, observation.at, agreed, revision);
    coverage::write(connection, user, &before, &after)?;
    if Coverage::is_merge_due(revision) {
        coverage::merge_old(connection, user, observation.at)?;
    }
    for hole in coverage::close_holes(connection, user, span)? {
        for rest in hole.without(span) {
            coverage::open_hole(connection, user, &rest)?;
        }
    }
    Ok(rewrite.replaced)
}

const HELD: &str = "
    SELECT played_at, ordinal, variant_id, doubted_at IS NOT NULL FROM play
    WHERE user_id = ?1 AND played_at >= ?2 AND played_at < ?3
    ORDER BY played_at, ordinal";

const REMOVED: &str = "
    SELECT played_at, ordinal, variant_id, edited FROM removed_play
    WHERE user_id = ?1 AND played_at >= ?2 AND played_at < ?3
    ORDER BY played_at, ordinal";

/// What the span holds and held.
fn rows(connection: &Connection, user: UserId, span: Span) -> Result<Vec<Row>, Failure> {
    let mut found = Vec::new();
    for (sql, removed) in [(HELD, false), (REMOVED, true)] {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![user.0, At(span.start), At(span.end)])?;
        while let Some(row) = rows.next()? {
            let At(at) = row.get(0)?;
            let flag: bool = row.get(3)?;
            found.push(Row {
                place: Place { at, ordinal: row.get(1)? },
                variant_id: row.get(2)?,
                standing: match (removed, flag) {
                    (false, false) => Standing::Held,
                    (false, true) => Standing::Doubted,
                    (true, _) => Standing::Removed,
                },
                edited: removed && flag,
            });
        }
    }
    Ok(found)
}

const ADD: &str =
    "INSERT INTO play (user_id, played_at, ordinal, variant_id) VALUES (?1, ?2, ?3, ?4)";

const RETEXT: &str = "
    UPDATE play SET variant_id = ?4 WHERE user_id = ?1 AND played_at = ?2 AND ordinal = ?3";

const DOUBT: &str = "
    UPDATE play SET doubted_at = ?4 WHERE user_id = ?1 AND played_at = ?2 AND ordinal = ?3";

const TAKE: &str = "DELETE FROM play WHERE user_id = ?1 AND played_at = ?2 AND ordinal = ?3";

const ADD_REMOVED: &str = "
    INSERT INTO removed_play (user_id, played_at, ordinal, variant_id, removed_at, edited)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const TAKE_REMOVED: &str =
    "DELETE FROM removed_play WHERE user_id = ?1 AND played_at = ?2 AND ordinal = ?3";

fn write(connection: &Connection, user: UserId, writes: &[Write]) -> Result<(), Failure> {
    let mut add = connection.prepare_cached(ADD)?;
    for write in writes {
        match *write {
            Write::Add { place: Place { at, ordinal }, variant_id } => {
                add.execute(params![user.0, At(at), ordinal, variant_id])?;
            }
            Write::Retext { place: Place { at, ordinal }, variant_id } => {
                let mut retext = connection.prepare_cached(RETEXT)?;
                retext.execute(params![user.0, At(at), ordinal, variant_id])?;
            }
            Write::Doubt { place: Place { at, ordinal }, since } => {
                let mut doubt = connection.prepare_cached(DOUBT)?;
                doubt.execute(params![user.0, At(at), ordinal, since.map(At)])?;
            }
            Write::Take { place } => take(connection, TAKE, user, place)?,
            Write::AddRemoved { place: Place { at, ordinal }, variant_id, removed_at, edited } => {
                let mut add = connection.prepare_cached(ADD_REMOVED)?;
                let removed_at = At(removed_at);
                add.execute(params![user.0, At(at), ordinal, variant_id, removed_at, edited])?;
            }
            Write::TakeRemoved { place } => take(connection, TAKE_REMOVED, user, place)?,
        }
    }
    Ok(())
}

fn take(connection: &Connection, sql: &str, user: UserId, place: Place) -> Result<(), Failure> {
    connection.prepare_cached(sql)?.execute(params![user.0, At(place.at), place.ordinal])?;
    Ok(())
}
