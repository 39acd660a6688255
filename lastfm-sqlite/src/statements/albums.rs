//! Albums: taking note of them, how often each was played, what is known of them.

use lastfm_core::Mbid;
use lastfm_core::albums::{
    Album, AlbumId, Collected, Correction, KnownAlbum, Outcome, PlayedAlbums,
};
use lastfm_core::archive::{Span, StoreErrorKind, UserId};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{At, number, users};
use crate::error::Failure;
use crate::heard::{Heard, Of};

/// The objects after the last one that was looked at, of all users: they are numbered together.
const UNSEEN: &str = "
    SELECT variant.id, variant.user_id, song.artist, song.album
    FROM variant LEFT JOIN song ON song.id = variant.song_id
    WHERE variant.id > ifnull((
        SELECT max((SELECT max(variant_id) FROM variant_album WHERE user_id = user.id)) FROM user
    ), 0)
    ORDER BY variant.id LIMIT ?1";

const FIND: &str = "SELECT id FROM album WHERE artist = ?1 AND title = ?2";
const ADD: &str = "INSERT INTO album (artist, title) VALUES (?1, ?2)";
const LINK: &str =
    "INSERT OR IGNORE INTO variant_album (user_id, variant_id, album_id) VALUES (?1, ?2, ?3)";

pub(crate) fn collect(
    connection: &Connection,
    user: UserId,
    limit: usize,
) -> Result<Collected, Failure> {
    users::known(connection, user)?;
    let limit = limit.max(1);
    let (mut looked_at, mut new_albums) = (0, 0);
    let mut unseen = connection.prepare_cached(UNSEEN)?;
    let mut find = connection.prepare_cached(FIND)?;
    let mut link = connection.prepare_cached(LINK)?;
    let mut rows = unseen.query([number(limit)])?;
    while let Some(row) = rows.next()? {
        looked_at += 1;
        let (variant, of): (i64, i64) = (row.get(0)?, row.get(1)?);
        let (artist, title): (Option<String>, Option<String>) = (row.get(2)?, row.get(3)?);
        let mut album = None;
        if let Some((artist, title)) = artist.zip(title) {
            let name = [&artist, &title];
            album = find.query_row(name, |row| row.get::<_, i64>(0)).optional()?;
            if album.is_none() {
                connection.prepare_cached(ADD)?.execute(name)?;
                album = Some(connection.last_insert_rowid());
                new_albums += 1;
            }
        }
        link.execute(params![of, variant, album])?;
    }
    Ok(Collected { new_albums, is_whole: looked_at < limit })
}

const PLAYED: &str = "
    SELECT variant_id FROM play WHERE user_id = ?1 AND played_at >= ?2 AND played_at < ?3";

/// Counts the plays of each album: one narrow table, read in order. (As a statement that joins and
/// groups, `SQLite` sorts what it groups, which takes several times as long.)
pub(crate) fn played(
    connection: &Connection,
    heard: &mut Heard,
    user: UserId,
    span: Span,
) -> Result<PlayedAlbums, Failure> {
    users::known(connection, user)?;
    heard.catch_up(connection, user)?;
    let mut played = PlayedAlbums::default();
    played.albums.extend_from_slice(heard.albums());
    let mut statement = connection.prepare_cached(PLAYED)?;
    let mut rows = statement.query(params![user.0, At(span.start), At(span.end)])?;
    while let Some(row) = rows.next()? {
        match heard.of(row.get(0)?) {
            Of::Album(place) => played.albums[place].plays += 1,
            Of::None => played.without_album += 1,
            Of::Unseen => played.uncollected += 1,
        }
    }
    played.albums.retain(|album| album.plays > 0);
    Ok(played)
}

const KNOWN: &str = "SELECT artist, title, outcome, correction FROM album WHERE id = ?1";

pub(crate) fn known(connection: &Connection, ids: &[AlbumId]) -> Result<Vec<KnownAlbum>, Failure> {
    let mut albums = Vec::with_capacity(ids.len());
    for id in ids {
        albums.extend(one(connection, *id)?);
    }
    Ok(albums)
}

fn one(connection: &Connection, id: AlbumId) -> Result<Option<KnownAlbum>, Failure> {
    let mut statement = connection.prepare_cached(KNOWN)?;
    let mut rows = statement.query([id.0])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut album = KnownAlbum::new(id, row.get::<_, String>(0)?, row.get::<_, String>(1)?);
    album.outcome = json(row, 2)?;
    album.correction = json(row, 3)?;
    Ok(Some(album))
}

fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<Option<T>, Failure> {
    let text = row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?;
    let value = text.map(serde_json::from_str).transpose();
    Ok(value.map_err(|_| StoreErrorKind::Corrupt)?)
}

fn text(value: &impl Serialize) -> Result<String, Failure> {
    // Nothing that an album is made of cannot be written.
    Ok(serde_json::to_string(value).map_err(|_| StoreErrorKind::Failed)?)
}

/// Objects that are asked for what they say of an album.
const MOST_OBJECTS: i64 = 1_000;

const MBIDS: &str = "
    SELECT album_mbid FROM (
        SELECT variant_id FROM variant_album WHERE album_id = ?1 AND user_id = ?2 LIMIT ?3)
    JOIN variant_track ON variant_track.id = variant_id
    WHERE album_mbid IS NOT NULL GROUP BY album_mbid ORDER BY count(*) DESC, album_mbid";

const TRACKS: &str = "
    SELECT track FROM (
        SELECT variant_id FROM variant_album WHERE album_id = ?1 AND user_id = ?2 LIMIT ?3)
    JOIN variant ON variant.id = variant_id JOIN song ON song.id = variant.song_id
    GROUP BY track ORDER BY count(*) DESC, track LIMIT 5";

pub(crate) fn questions(
    connection: &Connection,
    user: UserId,
    ids: &[AlbumId],
) -> Result<Vec<(AlbumId, Album)>, Failure> {
    users::known(connection, user)?;
    let mut questions = Vec::with_capacity(ids.len());
    let mut mbids = connection.prepare_cached(MBIDS)?;
    let mut tracks = connection.prepare_cached(TRACKS)?;
    for id in ids {
        let Some(known) = one(connection, *id)? else { continue };
        let failure_count = known.outcome.map_or(0, |outcome| outcome.failure_count);
        let mut album = Album::new(known.artist, known.title).failure_count(failure_count);
        let of = [id.0, user.0, MOST_OBJECTS];
        let said = mbids.query_map(of, |row| row.get::<_, String>(0))?;
        for mbid in said {
            album.mbids.extend(Mbid::new(&mbid?));
        }
        let said = tracks.query_map(of, |row| row.get(0))?;
        album.tracks = said.collect::<Result<_, _>>()?;
        questions.push((*id, album));
    }
    Ok(questions)
}

/// As `Outcome::takes_place_of` has it.
const RECORD: &str = "
    UPDATE album SET outcome = ?2 WHERE id = ?1
        AND CASE ?2 ->> '$.status'
            WHEN 'matched' THEN 2 WHEN 'fuzzy_matched' THEN 2 WHEN 'ambiguous' THEN 1 ELSE 0 END
        >= CASE outcome ->> '$.status'
            WHEN 'matched' THEN 2 WHEN 'fuzzy_matched' THEN 2 WHEN 'ambiguous' THEN 1 ELSE 0 END";

pub(crate) fn record(
    connection: &Connection,
    outcomes: &[(AlbumId, Outcome)],
) -> Result<(), Failure> {
    let mut record = connection.prepare_cached(RECORD)?;
    for (id, outcome) in outcomes {
        record.execute(params![id.0, text(outcome)?])?;
    }
    Ok(())
}

const CORRECT: &str = "UPDATE album SET correction = ?2 WHERE id = ?1";

pub(crate) fn correct(
    connection: &Connection,
    id: AlbumId,
    correction: Option<&Correction>,
) -> Result<Option<KnownAlbum>, Failure> {
    let said = correction.map(text).transpose()?;
    connection.prepare_cached(CORRECT)?.execute(params![id.0, said])?;
    one(connection, id)
}
