//! Users and their counts.

use lastfm_core::archive::rows::Tally;
use lastfm_core::archive::{ArchivedUser, Count, Revision, StoreErrorKind, UserId};
use lastfm_core::{Timestamp, Username};
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use super::{get, maybe_at};
use crate::error::Failure;
use crate::transaction::Transaction;

const FIND: &str = "
    SELECT listener.user_id, listener.name, listener.registered_at
    FROM listener_name JOIN listener ON listener.user_id = listener_name.user_id
    WHERE listener_name.folded_name = $1";

pub(crate) async fn find(
    transaction: &Transaction,
    name: &Username,
) -> Result<Option<ArchivedUser>, Failure> {
    let row = transaction.row(FIND, &[(&name.folded(), Type::TEXT)]).await?;
    row.as_ref().map(user).transpose()
}

const ALL: &str = "SELECT user_id, name, registered_at FROM listener";

pub(crate) async fn all(transaction: &Transaction) -> Result<Vec<ArchivedUser>, Failure> {
    let rows = transaction.query(ALL, &[]).await?;
    let mut users = rows.iter().map(user).collect::<Result<Vec<_>, _>>()?;
    users.sort_by_cached_key(|user| user.name.folded());
    Ok(users)
}

fn user(row: &Row) -> Result<ArchivedUser, Failure> {
    let name: &str = get(row, 1)?;
    let name = name.parse().map_err(|_| StoreErrorKind::Corrupt)?;
    Ok(ArchivedUser { id: UserId(get(row, 0)?), name, registered_at: maybe_at(row, 2)? })
}

const TAKE_NAME: &str = "
    INSERT INTO listener_name (folded_name) VALUES ($1)
    ON CONFLICT (folded_name) DO NOTHING RETURNING user_id";

/// A name that is left over from a user whom someone has deleted by hand.
const FREE_NAME: &str = "
    DELETE FROM listener_name WHERE folded_name = $1
        AND NOT EXISTS (SELECT 1 FROM listener WHERE listener.user_id = listener_name.user_id)";

const ADD: &str = "INSERT INTO listener (user_id, name, registered_at) VALUES ($1, $2, $3)";

pub(crate) async fn add(
    transaction: &Transaction,
    name: &Username,
    registered_at: Option<Timestamp>,
) -> Result<ArchivedUser, Failure> {
    let folded = name.folded();
    let taken = transaction.row(TAKE_NAME, &[(&folded, Type::TEXT)]).await?;
    let taken = if let Some(taken) = taken {
        taken
    } else {
        if let Some(user) = find(transaction, name).await? {
            return Ok(user);
        }
        transaction.execute(FREE_NAME, &[(&folded, Type::TEXT)]).await?;
        let taken = transaction.row(TAKE_NAME, &[(&folded, Type::TEXT)]).await?;
        // Someone else has just taken it.
        taken.ok_or(StoreErrorKind::Busy)?
    };
    let id: i64 = get(&taken, 0)?;
    let at = registered_at.map(Timestamp::as_unix);
    let values =
        [(&id as _, Type::INT8), (&name.as_str() as _, Type::TEXT), (&at as _, Type::INT8)];
    transaction.execute(ADD, &values).await?;
    Ok(ArchivedUser { id: UserId(id), name: name.clone(), registered_at })
}

const RENAME: &str = "UPDATE listener SET name = $2, registered_at = $3 WHERE user_id = $1";

const CHANGE_NAME: &str = "UPDATE listener_name SET folded_name = $2 WHERE user_id = $1";

pub(crate) async fn rename(
    transaction: &Transaction,
    user: UserId,
    name: &Username,
    registered_at: Option<Timestamp>,
) -> Result<(), Failure> {
    lock(transaction, user).await?;
    let at = registered_at.map(Timestamp::as_unix);
    let values =
        [(&user.0 as _, Type::INT8), (&name.as_str() as _, Type::TEXT), (&at as _, Type::INT8)];
    transaction.execute(RENAME, &values).await?;
    let values = [(&user.0 as _, Type::INT8), (&name.folded() as _, Type::TEXT)];
    match transaction.execute(CHANGE_NAME, &values).await {
        Err(Failure::Postgres(error)) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => {
            Err(StoreErrorKind::Conflict.into())
        }
        changed => changed.map(drop),
    }
}

/// Users last: what is theirs refers to them.
const REMOVE: [&str; 10] = [
    "DELETE FROM play WHERE user_id = $1",
    "DELETE FROM removed_play WHERE user_id = $1",
    "DELETE FROM variant_album WHERE user_id = $1",
    "DELETE FROM variant WHERE user_id = $1",
    "DELETE FROM song WHERE user_id = $1",
    "DELETE FROM coverage WHERE user_id = $1",
    "DELETE FROM hole WHERE user_id = $1",
    "DELETE FROM work WHERE user_id = $1",
    "DELETE FROM listener WHERE user_id = $1",
    "DELETE FROM listener_name WHERE user_id = $1",
];

/// In the order in which a fenced change takes its locks.
const LOCK_WORK: &str = "SELECT 1 FROM work WHERE user_id = $1 FOR UPDATE";

pub(crate) async fn remove(transaction: &Transaction, user: UserId) -> Result<(), Failure> {
    transaction.query(LOCK_WORK, &[(&user.0, Type::INT8)]).await?;
    lock(transaction, user).await?;
    transaction.take_time().await?;
    for remove in REMOVE {
        transaction.execute(remove, &[(&user.0, Type::INT8)]).await?;
    }
    Ok(())
}

/// How an archive stands, so that it need not be counted, and the numbers given last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) revision: Revision,
    pub(crate) tally: Tally,
    pub(crate) last_song: i64,
    pub(crate) last_variant: i64,
}

const KEPT: &str = "
    SELECT revision, play_count, doubted_count, removed_count, last_song, last_variant
    FROM listener WHERE user_id = $1";

pub(crate) async fn kept(transaction: &Transaction, user: UserId) -> Result<Kept, Failure> {
    read_kept(transaction, KEPT, user).await
}

const LOCK: &str = "
    SELECT revision, play_count, doubted_count, removed_count, last_song, last_variant
    FROM listener WHERE user_id = $1 FOR UPDATE";

/// The same, and nobody else changes the user's archive until the transaction ends. What is read
/// after it is not older.
pub(crate) async fn lock(transaction: &Transaction, user: UserId) -> Result<Kept, Failure> {
    read_kept(transaction, LOCK, user).await
}

async fn read_kept(transaction: &Transaction, sql: &str, user: UserId) -> Result<Kept, Failure> {
    let row = transaction.row(sql, &[(&user.0, Type::INT8)]).await?;
    let row = row.ok_or(StoreErrorKind::UnknownUser)?;
    let (plays, doubted, removed) = (get(&row, 1)?, get(&row, 2)?, get(&row, 3)?);
    Ok(Kept {
        revision: Revision(get(&row, 0)?),
        tally: Tally { plays, doubted, removed },
        last_song: get::<i32>(&row, 4)?.into(),
        last_variant: get::<i32>(&row, 5)?.into(),
    })
}

pub(crate) fn count(tally: Tally) -> Count {
    Count { plays: tally.plays.unsigned_abs(), doubted: tally.doubted.unsigned_abs() }
}

const COUNTED: &str = "
    SELECT
        (SELECT count(*) FROM play WHERE user_id = $1),
        (SELECT count(*) FROM play WHERE user_id = $1 AND doubted_at IS NOT NULL),
        (SELECT count(*) FROM removed_play WHERE user_id = $1 AND NOT edited)";

/// The same, counted.
pub(crate) async fn counted(transaction: &Transaction, user: UserId) -> Result<Tally, Failure> {
    let row = transaction.row(COUNTED, &[(&user.0, Type::INT8)]).await?;
    let row = row.ok_or(StoreErrorKind::Failed)?;
    Ok(Tally { plays: get(&row, 0)?, doubted: get(&row, 1)?, removed: get(&row, 2)? })
}

/// Fails unless the user exists.
pub(crate) async fn known(transaction: &Transaction, user: UserId) -> Result<(), Failure> {
    kept(transaction, user).await.map(drop)
}

const KEEP: &str = "
    UPDATE listener SET revision = $2, play_count = $3, doubted_count = $4, removed_count = $5,
        last_song = $6, last_variant = $7
    WHERE user_id = $1";

/// Counts anew if the numbers cannot be: someone has changed rows by hand.
pub(crate) async fn keep(
    transaction: &Transaction,
    user: UserId,
    kept: &Kept,
) -> Result<(), Failure> {
    let Kept { revision, tally, last_song, last_variant } = *kept;
    let tally = if tally.can_be() {
        tally
    } else {
        transaction.take_time().await?;
        counted(transaction, user).await?
    };
    let values = [
        (&user.0 as _, Type::INT8),
        (&revision.0 as _, Type::INT8),
        (&tally.plays as _, Type::INT8),
        (&tally.doubted as _, Type::INT8),
        (&tally.removed as _, Type::INT8),
        (&last_song as _, Type::INT8),
        (&last_variant as _, Type::INT8),
    ];
    transaction.execute(KEEP, &values).await.map(drop)
}
