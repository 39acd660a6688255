//! Reading plays, counting them, doubting them no longer.

use lastfm_core::archive::{
    Count, Coverage, Doubt, Place, RemovedPlay, Span, StoreErrorKind, StoredPlay, UserId,
};
use lastfm_core::{Play, Timestamp};
use rusqlite::{Connection, Row, params};

use super::{At, number, users};
use crate::error::Failure;
use crate::variants;

const COUNT: &str = "
    SELECT count(*), count(doubted_at) FROM play
    WHERE user_id = ?1 AND played_at >= ?2 AND played_at < ?3";

pub(crate) fn count(connection: &Connection, user: UserId, span: Span) -> Result<Count, Failure> {
    let kept = users::kept(connection, user)?;
    let (plays, doubted) = if span == Span::EVER {
        (kept.tally.plays, kept.tally.doubted)
    } else {
        let mut statement = connection.prepare_cached(COUNT)?;
        let values = params![user.0, At(span.start), At(span.end)];
        statement.query_row(values, |row| Ok((row.get(0)?, row.get(1)?)))?
    };
    Ok(Count { plays: plays.unsigned_abs(), doubted: doubted.unsigned_abs() })
}

/// Two subqueries: in one query, SQLite looks for either end by reading everything.
const BOUNDS: &str = "
    SELECT
        (SELECT min(played_at) FROM play WHERE user_id = ?1),
        (SELECT max(played_at) FROM play WHERE user_id = ?1)";

pub(crate) fn bounds(
    connection: &Connection,
    user: UserId,
) -> Result<Option<(Timestamp, Timestamp)>, Failure> {
    users::known(connection, user)?;
    let mut statement = connection.prepare_cached(BOUNDS)?;
    let ends: (Option<i64>, Option<i64>) =
        statement.query_row([user.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(ends
        .0
        .zip(ends.1)
        .map(|(first, last)| (Timestamp::from_unix(first), Timestamp::from_unix(last))))
}

const MOMENTS: &str = "
    SELECT played_at FROM play
    WHERE user_id = ?1 AND played_at >= ?2 AND played_at < ?3
    ORDER BY played_at LIMIT ?4 OFFSET ?5";

pub(crate) fn moments(
    connection: &Connection,
    user: UserId,
    span: Span,
    skip: u64,
    limit: usize,
) -> Result<Vec<Timestamp>, Failure> {
    users::known(connection, user)?;
    let mut statement = connection.prepare_cached(MOMENTS)?;
    let (limit, skip) = (number(limit), i64::try_from(skip).unwrap_or(i64::MAX));
    let values = params![user.0, At(span.start), At(span.end), limit, skip];
    let moments = statement.query_map(values, |row| row.get(0).map(|At(at)| at))?;
    Ok(moments.collect::<Result<_, _>>()?)
}

const PLAYS: &str = "
    SELECT variant.date_at, variant.date_form, variant.body, play.played_at, play.ordinal,
        play.doubted_at
    FROM play CROSS JOIN variant ON variant.id = play.variant_id
    WHERE play.user_id = ?1 AND (play.played_at, play.ordinal) > (?2, ?3) AND play.played_at < ?4
    ORDER BY play.played_at, play.ordinal LIMIT ?5";

pub(crate) fn plays(
    connection: &Connection,
    user: UserId,
    span: Span,
    after: Option<Place>,
    limit: usize,
) -> Result<Vec<StoredPlay>, Failure> {
    page(connection, PLAYS, user, span, (after, limit), |row, place, play| {
        let doubted_at: Option<At> = row.get(5)?;
        Ok(StoredPlay { place, play, doubted_at: doubted_at.map(|At(at)| at) })
    })
}

const REMOVED: &str = "
    SELECT variant.date_at, variant.date_form, variant.body, play.played_at, play.ordinal,
        play.removed_at, play.edited
    FROM removed_play AS play CROSS JOIN variant ON variant.id = play.variant_id
    WHERE play.user_id = ?1 AND (play.played_at, play.ordinal) > (?2, ?3) AND play.played_at < ?4
    ORDER BY play.played_at, play.ordinal LIMIT ?5";

pub(crate) fn removed(
    connection: &Connection,
    user: UserId,
    span: Span,
    after: Option<Place>,
    limit: usize,
) -> Result<Vec<RemovedPlay>, Failure> {
    page(connection, REMOVED, user, span, (after, limit), |row, place, play| {
        let At(removed_at) = row.get(5)?;
        Ok(RemovedPlay { place, play, removed_at, edited: row.get(6)? })
    })
}

/// The plays that `sql` finds, each as `make` has it.
fn page<T>(
    connection: &Connection,
    sql: &str,
    user: UserId,
    span: Span,
    (after, limit): (Option<Place>, usize),
    make: impl Fn(&Row<'_>, Place, Play) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Failure> {
    users::known(connection, user)?;
    // Numbers within a second begin at 0, but a person may have counted otherwise.
    let before_first = Place { at: span.start, ordinal: i64::MIN };
    let after = after.map_or(before_first, |after| after.max(before_first));
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![
        user.0,
        At(after.at),
        after.ordinal,
        At(span.end),
        number(limit)
    ])?;
    let mut plays = Vec::new();
    while let Some(row) = rows.next()? {
        let At(at) = row.get(3)?;
        let object = variants::object(row, at)?;
        let place = Place { at, ordinal: row.get(4)? };
        let play = Play::from_json(object).map_err(|_| StoreErrorKind::Corrupt)?;
        plays.push(make(row, place, play)?);
    }
    Ok(plays)
}

const DOUBTED: &str = "
    SELECT played_at, doubted_at FROM play
    WHERE user_id = ?1 AND doubted_at IS NOT NULL ORDER BY played_at";

pub(crate) fn doubts(
    connection: &Connection,
    user: UserId,
    coverage: &Coverage,
) -> Result<Vec<Doubt>, Failure> {
    let mut statement = connection.prepare_cached(DOUBTED)?;
    let doubted = statement.query_map([user.0], |row| {
        let (At(at), At(since)) = (row.get(0)?, row.get(1)?);
        Ok((at, since))
    })?;
    Ok(coverage.doubts(doubted.collect::<Result<Vec<_>, _>>()?))
}

const WITHDRAW: &str = "
    UPDATE play SET doubted_at = NULL
    WHERE user_id = ?1 AND played_at >= ?2 AND played_at < ?3 AND doubted_at IS NOT NULL";

pub(crate) fn withdraw_doubts(
    connection: &Connection,
    user: UserId,
    span: Span,
) -> Result<(), Failure> {
    let mut kept = users::kept(connection, user)?;
    let mut statement = connection.prepare_cached(WITHDRAW)?;
    let withdrawn = statement.execute(params![user.0, At(span.start), At(span.end)])?;
    kept.tally.doubted -= number(withdrawn);
    users::keep(connection, user, kept)
}
