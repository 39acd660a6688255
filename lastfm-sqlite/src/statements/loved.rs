//! Loved tracks: readings of the service's list, what a person does, and local tracks.

use lastfm_core::Timestamp;
use lastfm_core::loved::{
    How, LocalMatch, Loved, LovedCounts, LovedId, LovedPage, NewLove, Reading, ReadingId, Shown,
    Which, Written,
};
use lastfm_core::scrobble::Account;
use lastfm_core::{Mbid, Username};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};

use super::{At, number};
use crate::error::Failure;

pub(crate) fn accounts(connection: &Connection) -> Result<Vec<Account>, Failure> {
    const SQL: &str = "
        SELECT service, name FROM loved_account
        WHERE EXISTS (SELECT 1 FROM loved WHERE account_id = loved_account.id)
        ORDER BY service, folded_name";
    let mut statement = connection.prepare_cached(SQL)?;
    let accounts = statement.query_map([], |row| {
        let name: String = row.get(1)?;
        let user = name.parse::<Username>().map_err(|error| odd(1, error))?;
        Ok(Account::at(row.get::<_, String>(0)?, user))
    })?;
    Ok(accounts.collect::<Result<_, _>>()?)
}

/// The number of an account, which is 0 if nothing was ever written for it: no row has that.
fn known(connection: &Connection, account: &Account) -> rusqlite::Result<i64> {
    const SQL: &str = "SELECT id FROM loved_account WHERE service = ?1 AND folded_name = ?2";
    let mut statement = connection.prepare_cached(SQL)?;
    let id = statement.query_row(params![account.service, account.user.folded()], |row| row.get(0));
    Ok(id.optional()?.unwrap_or(0))
}

/// The number of an account, and the next number in its order.
fn next(connection: &Connection, account: &Account) -> rusqlite::Result<(i64, i64)> {
    const SQL: &str = "
        INSERT INTO loved_account (service, name, folded_name, last) VALUES (?1, ?2, ?3, 1)
        ON CONFLICT (service, folded_name) DO UPDATE SET last = last + 1
        RETURNING id, last";
    let named = params![account.service, account.user.as_str(), account.user.folded()];
    connection.prepare_cached(SQL)?.query_row(named, |row| row.try_into())
}

pub(crate) fn begin(
    connection: &Connection,
    account: &Account,
    at: Timestamp,
) -> Result<Reading, Failure> {
    const SQL: &str = "
        UPDATE loved_account SET reading = last, reading_begun_at = ?2, next_page = 1,
            total = NULL, per_page = NULL
        WHERE id = ?1";
    let (id, reading) = next(connection, account)?;
    connection.prepare_cached(SQL)?.execute(params![id, At(at)])?;
    Ok(Reading::new(ReadingId(reading), at))
}

pub(crate) fn reading(
    connection: &Connection,
    account: &Account,
) -> Result<Option<Reading>, Failure> {
    const SQL: &str = "
        SELECT reading, reading_begun_at, next_page, total, per_page FROM loved_account
        WHERE id = ?1 AND reading IS NOT NULL";
    let id = known(connection, account)?;
    let reading = connection.prepare_cached(SQL)?.query_row([id], |row| {
        let mut reading = Reading::new(ReadingId(row.get(0)?), row.get::<_, At>(1)?.0);
        reading.next_page = row.get(2)?;
        let count = |column| row.get::<_, Option<i64>>(column);
        reading.total = count(3)?.map(i64::unsigned_abs);
        reading.per_page = count(4)?.map(i64::unsigned_abs);
        Ok(reading)
    });
    Ok(reading.optional()?)
}

pub(crate) fn add_page(
    connection: &Connection,
    account: &Account,
    reading: ReadingId,
    page: &LovedPage,
) -> Result<Written, Failure> {
    const UPDATE: &str = "
        UPDATE loved SET artist = ?2, track = ?3, mbid = ?4, loved_at = ?5, unloved_at = NULL,
            seen = ?6
        WHERE id = ?1 AND seen <= ?6";
    const GO_ON: &str = "
        UPDATE loved_account SET next_page = ?3, total = ?4, per_page = ?5
        WHERE id = ?1 AND reading = ?2";
    let account = known(connection, account)?;
    let mut written = Written::default();
    for track in &page.tracks {
        let Some((id, unloved)) = find(connection, account, &track.artist, &track.track)? else {
            add(connection, account, track, reading.0)?;
            written.added += 1;
            continue;
        };
        let mbid = track.mbid.as_ref().map(Mbid::as_str);
        let of = params![id.0, track.artist, track.track, mbid, At(track.loved_at), reading.0];
        let updated = connection.prepare_cached(UPDATE)?.execute(of)?;
        written.revived += u64::from(updated == 1 && unloved);
    }
    let count = |count: Option<u64>| count.and_then(|count| i64::try_from(count).ok());
    let (total, per_page) = (count(page.total), count(page.per_page));
    let place = params![account, reading.0, page.next_page, total, per_page];
    connection.prepare_cached(GO_ON)?.execute(place)?;
    Ok(written)
}

/// The number of a track, and whether it is no longer loved.
fn find(
    connection: &Connection,
    account: i64,
    artist: &str,
    track: &str,
) -> rusqlite::Result<Option<(LovedId, bool)>> {
    const SQL: &str = "
        SELECT id, unloved_at IS NOT NULL FROM loved
        WHERE account_id = ?1 AND folded_artist = ?2 AND folded_track = ?3";
    let (artist, track) = NewLove::identity(artist, track);
    let mut statement = connection.prepare_cached(SQL)?;
    let found = statement
        .query_row(params![account, artist, track], |row| Ok((LovedId(row.get(0)?), row.get(1)?)));
    found.optional()
}

fn add(
    connection: &Connection,
    account: i64,
    track: &NewLove,
    seen: i64,
) -> rusqlite::Result<LovedId> {
    const SQL: &str = "
        INSERT INTO loved
            (account_id, artist, track, folded_artist, folded_track, mbid, loved_at, seen)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let (artist, name) = NewLove::identity(&track.artist, &track.track);
    let mbid = track.mbid.as_ref().map(Mbid::as_str);
    let values =
        params![account, track.artist, track.track, artist, name, mbid, At(track.loved_at), seen];
    connection.prepare_cached(SQL)?.execute(values)?;
    Ok(LovedId(connection.last_insert_rowid()))
}

pub(crate) fn shown(
    connection: &Connection,
    account: &Account,
    since: ReadingId,
) -> Result<Shown, Failure> {
    const SQL: &str = "
        SELECT count(*) FILTER (WHERE seen >= ?2), count(*) FILTER (WHERE seen < ?2)
        FROM loved WHERE account_id = ?1 AND unloved_at IS NULL";
    let account = known(connection, account)?;
    let counted = connection.prepare_cached(SQL)?.query_row(params![account, since.0], |row| {
        Ok(Shown { shown: count(row, 0)?, missing: count(row, 1)? })
    });
    Ok(counted?)
}

pub(crate) fn finish(
    connection: &Connection,
    account: &Account,
    since: ReadingId,
    at: Timestamp,
) -> Result<Vec<Loved>, Failure> {
    const END: &str = "UPDATE loved_account SET reading = NULL WHERE id = ?1";
    const UNLOVE: &str = "UPDATE loved SET unloved_at = ?2 WHERE id = ?1";
    let account = known(connection, account)?;
    connection.prepare_cached(END)?.execute([account])?;
    let meant = "unloved_at IS NULL AND seen < ?2 ORDER BY id";
    let mut unloved = select(connection, meant, params![account, since.0])?;
    for loved in &mut unloved {
        connection.prepare_cached(UNLOVE)?.execute(params![loved.id.0, At(at)])?;
        loved.unloved_at = Some(at);
    }
    Ok(unloved)
}

pub(crate) fn love(
    connection: &Connection,
    account: &Account,
    track: &NewLove,
) -> Result<Loved, Failure> {
    const SQL: &str = "
        UPDATE loved SET loved_at = iif(unloved_at IS NULL, loved_at, ?2), unloved_at = NULL,
            seen = ?3
        WHERE id = ?1";
    let (account, seen) = next(connection, account)?;
    let id = match find(connection, account, &track.artist, &track.track)? {
        Some((id, _)) => {
            let of = params![id.0, At(track.loved_at), seen];
            connection.prepare_cached(SQL)?.execute(of)?;
            id
        }
        None => add(connection, account, track, seen)?,
    };
    Ok(one(connection, account, id)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?)
}

pub(crate) fn unlove(
    connection: &Connection,
    account: &Account,
    artist: &str,
    track: &str,
    at: Timestamp,
) -> Result<Option<Loved>, Failure> {
    const SQL: &str =
        "UPDATE loved SET unloved_at = ifnull(unloved_at, ?2), seen = ?3 WHERE id = ?1";
    let (account, seen) = next(connection, account)?;
    let Some((id, _)) = find(connection, account, artist, track)? else { return Ok(None) };
    connection.prepare_cached(SQL)?.execute(params![id.0, At(at), seen])?;
    Ok(one(connection, account, id)?)
}

pub(crate) fn track(
    connection: &Connection,
    account: &Account,
    artist: &str,
    track: &str,
) -> Result<Option<Loved>, Failure> {
    let account = known(connection, account)?;
    let found = find(connection, account, artist, track)?;
    Ok(found.map(|(id, _)| one(connection, account, id)).transpose()?.flatten())
}

pub(crate) fn tracks(
    connection: &Connection,
    account: &Account,
    which: Which,
    after: Option<LovedId>,
    limit: usize,
) -> Result<Vec<Loved>, Failure> {
    let meant = format!("{} AND id > ?2 ORDER BY id LIMIT ?3", condition(which));
    let (account, after) = (known(connection, account)?, after.map_or(i64::MIN, |after| after.0));
    Ok(select(connection, &meant, params![account, after, number(limit)])?)
}

/// What [`Loved::is`] says.
fn condition(which: Which) -> String {
    let has_local = "EXISTS (SELECT 1 FROM loved_local WHERE loved_id = loved.id)";
    match which {
        Which::Unloved => "unloved_at IS NOT NULL".to_owned(),
        Which::Matched => format!("unloved_at IS NULL AND {has_local}"),
        Which::Unmatched => {
            format!("unloved_at IS NULL AND NOT {has_local} AND how IS NOT 'person'")
        }
        _ => "unloved_at IS NULL".to_owned(),
    }
}

pub(crate) fn of_local(
    connection: &Connection,
    account: &Account,
    local_id: &str,
) -> Result<Vec<Loved>, Failure> {
    let meant = "unloved_at IS NULL
        AND id IN (SELECT loved_id FROM loved_local WHERE local_id = ?2) ORDER BY id";
    let account = known(connection, account)?;
    Ok(select(connection, meant, params![account, local_id])?)
}

pub(crate) fn set_matches(
    connection: &Connection,
    account: &Account,
    found: &[(LovedId, LocalMatch)],
) -> Result<Vec<Loved>, Failure> {
    let account = known(connection, account)?;
    let mut written = Vec::new();
    for (id, local) in found {
        let Some(mut loved) = one(connection, account, *id)? else { continue };
        if loved.find(local.clone()) {
            set_local(connection, *id, Some(local))?;
            written.push(loved);
        }
    }
    Ok(written)
}

pub(crate) fn choose(
    connection: &Connection,
    account: &Account,
    id: LovedId,
    choice: Option<Vec<String>>,
    at: Timestamp,
) -> Result<Option<Loved>, Failure> {
    let account = known(connection, account)?;
    let Some(mut loved) = one(connection, account, id)? else { return Ok(None) };
    loved.local = choice.map(|ids| LocalMatch::new(ids, How::Person, at));
    set_local(connection, id, loved.local.as_ref())?;
    Ok(Some(loved))
}

fn set_local(
    connection: &Connection,
    id: LovedId,
    local: Option<&LocalMatch>,
) -> rusqlite::Result<()> {
    const SET: &str = "UPDATE loved SET how = ?2, checked_at = ?3 WHERE id = ?1";
    const CLEAR: &str = "DELETE FROM loved_local WHERE loved_id = ?1";
    const ADD: &str = "INSERT INTO loved_local (loved_id, place, local_id) VALUES (?1, ?2, ?3)";
    let (how, at) = (local.map(|local| local.how.name()), local.map(|local| At(local.checked_at)));
    connection.prepare_cached(SET)?.execute(params![id.0, how, at])?;
    connection.prepare_cached(CLEAR)?.execute([id.0])?;
    for (local_id, place) in local.iter().flat_map(|local| &local.ids).zip(0_i64..) {
        connection.prepare_cached(ADD)?.execute(params![id.0, place, local_id])?;
    }
    Ok(())
}

pub(crate) fn counts(connection: &Connection, account: &Account) -> Result<LovedCounts, Failure> {
    let of = |which| format!("count(*) FILTER (WHERE {})", condition(which));
    let sql = format!(
        "SELECT {}, {}, {}, {} FROM loved WHERE account_id = ?1",
        of(Which::Loved),
        of(Which::Unloved),
        of(Which::Matched),
        of(Which::Unmatched)
    );
    let account = known(connection, account)?;
    let counts = connection.prepare_cached(&sql)?.query_row([account], |row| {
        Ok(LovedCounts {
            loved: count(row, 0)?,
            unloved: count(row, 1)?,
            matched: count(row, 2)?,
            unmatched: count(row, 3)?,
        })
    });
    Ok(counts?)
}

fn one(connection: &Connection, account: i64, id: LovedId) -> rusqlite::Result<Option<Loved>> {
    Ok(select(connection, "id = ?2", params![account, id.0])?.pop())
}

/// The tracks of an account, `?1`, of which this is true.
fn select(
    connection: &Connection,
    condition: &str,
    values: &[&dyn ToSql],
) -> rusqlite::Result<Vec<Loved>> {
    let sql = format!(
        "SELECT id, artist, track, mbid, loved_at, unloved_at, how, checked_at FROM loved
         WHERE account_id = ?1 AND {condition}"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let tracks = statement.query_map(values, |row| {
        let mut track = NewLove::new(
            row.get::<_, String>(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, At>(4)?.0,
        );
        track.mbid = row.get::<_, Option<String>>(3)?.and_then(|mbid| Mbid::new(&mbid));
        let mut loved = Loved::new(LovedId(row.get(0)?), track);
        loved.unloved_at = row.get::<_, Option<At>>(5)?.map(|at| at.0);
        if let Some(how) = row.get::<_, Option<String>>(6)? {
            let how = How::named(&how).ok_or_else(|| odd(6, format!("no such match: {how}")))?;
            let ids = local_ids(connection, loved.id)?;
            loved.local = Some(LocalMatch::new(ids, how, row.get::<_, At>(7)?.0));
        }
        Ok(loved)
    })?;
    tracks.collect()
}

fn local_ids(connection: &Connection, id: LovedId) -> rusqlite::Result<Vec<String>> {
    const SQL: &str = "SELECT local_id FROM loved_local WHERE loved_id = ?1 ORDER BY place";
    connection.prepare_cached(SQL)?.query_map([id.0], |row| row.get(0))?.collect()
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// A column holds what this library does not write.
fn odd(
    column: usize,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}
