//! Users and their counts.

use lastfm_core::archive::rows::Tally;
use lastfm_core::archive::{ArchivedUser, Revision, StoreErrorKind, UserId};
use lastfm_core::{Timestamp, Username};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::At;
use crate::error::Failure;

const FIND: &str = "SELECT id, name, registered_at FROM user WHERE folded_name = ?1";

pub(crate) fn find(
    connection: &Connection,
    name: &Username,
) -> Result<Option<ArchivedUser>, Failure> {
    let mut statement = connection.prepare_cached(FIND)?;
    let user = statement.query_row([name.folded()], user).optional()?;
    Ok(user)
}

const ALL: &str = "SELECT id, name, registered_at FROM user ORDER BY folded_name";

pub(crate) fn all(connection: &Connection) -> Result<Vec<ArchivedUser>, Failure> {
    let mut statement = connection.prepare_cached(ALL)?;
    let users = statement.query_map([], user)?;
    Ok(users.collect::<Result<_, _>>()?)
}

fn user(row: &Row<'_>) -> rusqlite::Result<ArchivedUser> {
    let name: String = row.get(1)?;
    let name = name.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
    })?;
    let registered_at: Option<At> = row.get(2)?;
    Ok(ArchivedUser { id: UserId(row.get(0)?), name, registered_at: registered_at.map(|at| at.0) })
}

/// With the number after the highest that any user has or had.
const ADD: &str = "
    INSERT INTO user (id, name, folded_name, registered_at)
    SELECT ifnull(max(id), 0) + 1, ?1, ?2, ?3
    FROM (SELECT id FROM user UNION ALL SELECT id FROM removed_user)";

pub(crate) fn add(
    connection: &Connection,
    name: &Username,
    registered_at: Option<Timestamp>,
) -> Result<ArchivedUser, Failure> {
    if let Some(user) = find(connection, name)? {
        return Ok(user);
    }
    let values = params![name.as_str(), name.folded(), registered_at.map(At)];
    connection.prepare_cached(ADD)?.execute(values)?;
    Ok(ArchivedUser {
        id: UserId(connection.last_insert_rowid()),
        name: name.clone(),
        registered_at,
    })
}

const RENAME: &str =
    "UPDATE user SET name = ?2, folded_name = ?3, registered_at = ?4 WHERE id = ?1";

pub(crate) fn rename(
    connection: &Connection,
    user: UserId,
    name: &Username,
    registered_at: Option<Timestamp>,
) -> Result<(), Failure> {
    known(connection, user)?;
    if find(connection, name)?.is_some_and(|other| other.id != user) {
        return Err(StoreErrorKind::Conflict.into());
    }
    let values = params![user.0, name.as_str(), name.folded(), registered_at.map(At)];
    connection.prepare_cached(RENAME)?.execute(values)?;
    Ok(())
}

/// Users last, songs after their variants: each asks whether something refers to it.
const REMOVE: [&str; 8] = [
    "DELETE FROM play WHERE user_id = ?1",
    "DELETE FROM removed_play WHERE user_id = ?1",
    "DELETE FROM variant WHERE user_id = ?1",
    "DELETE FROM song WHERE user_id = ?1",
    "DELETE FROM coverage WHERE user_id = ?1",
    "DELETE FROM hole WHERE user_id = ?1",
    "DELETE FROM work WHERE user_id = ?1",
    "DELETE FROM user WHERE id = ?1",
];

pub(crate) fn remove(connection: &Connection, user: UserId) -> Result<(), Failure> {
    known(connection, user)?;
    for remove in REMOVE {
        connection.execute(remove, [user.0])?;
    }
    Ok(())
}

/// How an archive stands, so that it need not be counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) revision: Revision,
    pub(crate) tally: Tally,
}

const KEPT: &str =
    "SELECT revision, play_count, doubted_count, removed_count FROM user WHERE id = ?1";

pub(crate) fn kept(connection: &Connection, user: UserId) -> Result<Kept, Failure> {
    let kept = connection
        .prepare_cached(KEPT)?
        .query_row([user.0], |row| {
            let revision = Revision(row.get(0)?);
            let (plays, doubted, removed) = (row.get(1)?, row.get(2)?, row.get(3)?);
            Ok(Kept { revision, tally: Tally { plays, doubted, removed } })
        })
        .optional()?;
    Ok(kept.ok_or(StoreErrorKind::UnknownUser)?)
}

const COUNTED: &str = "
    SELECT
        (SELECT count(*) FROM play WHERE user_id = ?1),
        (SELECT count(*) FROM play WHERE user_id = ?1 AND doubted_at IS NOT NULL),
        (SELECT count(*) FROM removed_play WHERE user_id = ?1 AND NOT edited)";

/// The same, counted.
pub(crate) fn counted(connection: &Connection, user: UserId) -> Result<Tally, Failure> {
    let counted = connection.prepare_cached(COUNTED)?.query_row([user.0], |row| {
        Ok(Tally { plays: row.get(0)?, doubted: row.get(1)?, removed: row.get(2)? })
    })?;
    Ok(counted)
}

/// Fails unless the user exists.
pub(crate) fn known(connection: &Connection, user: UserId) -> Result<(), Failure> {
    kept(connection, user).map(drop)
}

const KEEP: &str = "
    UPDATE user SET revision = ?2, play_count = ?3, doubted_count = ?4, removed_count = ?5
    WHERE id = ?1";

/// Counts anew if the numbers cannot be: someone has changed the file by hand.
pub(crate) fn keep(connection: &Connection, user: UserId, kept: Kept) -> Result<(), Failure> {
    let Kept { revision, tally } = kept;
    let tally = if tally.can_be() { tally } else { counted(connection, user)? };
    let values = params![user.0, revision.0, tally.plays, tally.doubted, tally.removed];
    connection.prepare_cached(KEEP)?.execute(values)?;
    Ok(())
}
