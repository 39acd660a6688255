//! Covered spans and holes.

use lastfm_core::Timestamp;
use lastfm_core::archive::{Coverage, Covered, Hole, Revision, Span, UserId};
use rusqlite::{Connection, Row, params};

use super::At;
use crate::error::Failure;

const ALL: &str = "
    SELECT start_at, end_at, verified_at, observed_at, revision FROM coverage
    WHERE user_id = ?1 ORDER BY start_at";

/// The whole coverage of a user.
pub(crate) fn all(connection: &Connection, user: UserId) -> Result<Coverage, Failure> {
    let mut statement = connection.prepare_cached(ALL)?;
    let spans = statement.query_map([user.0], covered)?;
    Ok(Coverage::new(spans.collect::<Result<_, _>>()?))
}

/// The last span that begins at or before `?2`, and those that begin within.
const TOUCHING: &str = "
    SELECT start_at, end_at, verified_at, observed_at, revision FROM coverage
    WHERE user_id = ?1
        AND start_at >= ifnull(
            (SELECT max(start_at) FROM coverage WHERE user_id = ?1 AND start_at <= ?2), ?2)
        AND start_at < ?3 AND end_at > ?2
    ORDER BY start_at";

/// The part of a user's coverage that shares a second with `span`.
pub(crate) fn touching(
    connection: &Connection,
    user: UserId,
    span: Span,
) -> Result<Coverage, Failure> {
    let mut statement = connection.prepare_cached(TOUCHING)?;
    let values = params![user.0, At(span.start), At(span.end)];
    let spans = statement.query_map(values, covered)?;
    Ok(Coverage::new(spans.collect::<Result<_, _>>()?))
}

fn covered(row: &Row<'_>) -> rusqlite::Result<Covered> {
    let at = |column| row.get(column).map(|At(at)| at);
    Ok(Covered {
        span: Span::new(at(0)?, at(1)?),
        verified_at: at(2)?,
        observed_at: at(3)?,
        revision: Revision(row.get(4)?),
    })
}

const FORGET: &str = "DELETE FROM coverage WHERE user_id = ?1 AND start_at = ?2";

const ADD: &str = "
    INSERT INTO coverage (user_id, start_at, end_at, verified_at, observed_at, revision)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// Writes `after` in place of `before`, both parts of one coverage.
pub(crate) fn write(
    connection: &Connection,
    user: UserId,
    before: &Coverage,
    after: &Coverage,
) -> Result<(), Failure> {
    let (before, after) = (before.covered(), after.covered());
    let mut forget = connection.prepare_cached(FORGET)?;
    for old in before.iter().filter(|old| !after.contains(old)) {
        forget.execute(params![user.0, At(old.span.start)])?;
    }
    let mut add = connection.prepare_cached(ADD)?;
    for new in after.iter().filter(|new| !before.contains(new)) {
        add.execute(params![
            user.0,
            At(new.span.start),
            At(new.span.end),
            At(new.verified_at),
            At(new.observed_at),
            new.revision.0
        ])?;
    }
    Ok(())
}

/// Merges what is old in the whole coverage.
pub(crate) fn merge_old(
    connection: &Connection,
    user: UserId,
    now: Timestamp,
) -> Result<(), Failure> {
    let before = all(connection, user)?;
    let mut after = before.clone();
    after.merge_old(now);
    write(connection, user, &before, &after)
}

const HOLES: &str = "
    SELECT start_at, end_at, reason, tries, since, next_try_at FROM hole
    WHERE user_id = ?1 ORDER BY start_at";

pub(crate) fn holes(connection: &Connection, user: UserId) -> Result<Vec<Hole>, Failure> {
    let mut statement = connection.prepare_cached(HOLES)?;
    let holes = statement.query_map([user.0], |row| {
        let at = |column| row.get(column).map(|At(at)| at);
        Ok(Hole {
            span: Span::new(at(0)?, at(1)?),
            reason: row.get(2)?,
            tries: row.get(3)?,
            since: at(4)?,
            next_try_at: at(5)?,
        })
    })?;
    Ok(holes.collect::<Result<_, _>>()?)
}

const CLOSE: &str = "DELETE FROM hole WHERE user_id = ?1 AND start_at = ?2";

/// Forgets the holes of a span and returns them.
pub(crate) fn close_holes(
    connection: &Connection,
    user: UserId,
    span: Span,
) -> Result<Vec<Hole>, Failure> {
    let mut closed = holes(connection, user)?;
    closed.retain(|hole| hole.span.overlaps(span));
    let mut statement = connection.prepare_cached(CLOSE)?;
    for hole in &closed {
        statement.execute(params![user.0, At(hole.span.start)])?;
    }
    Ok(closed)
}

const OPEN: &str = "
    INSERT INTO hole (user_id, start_at, end_at, reason, tries, since, next_try_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

pub(crate) fn open_hole(connection: &Connection, user: UserId, hole: &Hole) -> Result<(), Failure> {
    connection.prepare_cached(OPEN)?.execute(params![
        user.0,
        At(hole.span.start),
        At(hole.span.end),
        hole.reason,
        hole.tries,
        At(hole.since),
        At(hole.next_try_at)
    ])?;
    Ok(())
}
