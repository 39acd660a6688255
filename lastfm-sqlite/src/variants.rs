//! What every play of a track repeats, kept once: finds or adds the row for it.

use lastfm_core::archive::UserId;
use lastfm_core::archive::rows::{Body, Known, SongKey, Variant, hash};
use lastfm_core::{Play, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::statements::number;

/// The variants used lately, and which state of the file they are true of.
#[derive(Debug, Default)]
pub(crate) struct Variants {
    known: Known<Variant>,
    data_version: Option<i64>,
}

impl Variants {
    /// Forgets everything if another connection has written since the last transaction: it may be
    /// a person's, who has deleted what is remembered here.
    pub(crate) fn catch_up(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare_cached("PRAGMA data_version")?;
        let version = statement.query_row([], |row| row.get(0))?;
        if self.data_version.replace(version) != Some(version) {
            self.clear();
        }
        Ok(())
    }

    /// Forgets everything: what was added in a transaction that failed is not there.
    pub(crate) fn clear(&mut self) {
        self.known.clear();
    }

    /// The variant of this play, added if it is new.
    pub(crate) fn of(
        &mut self,
        connection: &Connection,
        user: UserId,
        play: &Play,
    ) -> rusqlite::Result<Variant> {
        let body = Body::of(play);
        let fingerprint = self.known.fingerprint(user, &body);
        if let Some(variant) = self.known.recall(fingerprint) {
            return Ok(variant);
        }
        let variant = find_or_add(connection, user, &body, &SongKey::of(play))?;
        self.known.remember(fingerprint, variant);
        Ok(variant)
    }
}

const FIND_VARIANT: &str = "
    SELECT id, song_id FROM variant
    WHERE hash = ?1 AND user_id = ?2 AND date_at IS ?3 AND date_form IS ?4 AND body = ?5";

const ADD_VARIANT: &str = "
    INSERT INTO variant (hash, user_id, date_at, date_form, body, song_id)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const CORRECT_VARIANT: &str = "UPDATE variant SET song_id = ?2 WHERE id = ?1";

fn find_or_add(
    connection: &Connection,
    user: UserId,
    body: &Body<'_>,
    song: &SongKey,
) -> rusqlite::Result<Variant> {
    let (date_at, date_form, body) = (body.date_at().map(number), body.date_form(), body.text());
    let hash = hash(user, &body);
    let found = connection
        .prepare_cached(FIND_VARIANT)?
        .query_row(params![hash, user.0, date_at, date_form, body], |row| {
            Ok(Variant { id: row.get(0)?, song_id: row.get(1)? })
        })
        .optional()?;
    if let Some(variant) = found
        && is_song(connection, user, variant.song_id, song)?
    {
        return Ok(variant);
    }
    let song_id = find_or_add_song(connection, user, song)?;
    if let Some(Variant { id, .. }) = found {
        // A person has changed either.
        connection.prepare_cached(CORRECT_VARIANT)?.execute([id, song_id])?;
        return Ok(Variant { id, song_id });
    }
    connection
        .prepare_cached(ADD_VARIANT)?
        .execute(params![hash, user.0, date_at, date_form, body, song_id])?;
    let id = connection.last_insert_rowid();
    Ok(Variant { id, song_id })
}

/// A query of its own: joined with the variant, SQLite would prepare it anew for each play.
const IS_SONG: &str = "
    SELECT 1 FROM song
    WHERE id = ?1 AND user_id = ?2 AND artist = ?3 AND track = ?4 AND album IS ?5";

/// Whether the song with this number is the one of these names.
fn is_song(
    connection: &Connection,
    user: UserId,
    id: i64,
    song: &SongKey,
) -> rusqlite::Result<bool> {
    let SongKey { artist, track, album } = song;
    connection.prepare_cached(IS_SONG)?.exists(params![id, user.0, artist, track, album])
}

const FIND_SONG: &str = "
    SELECT id FROM song
    WHERE hash = ?1 AND user_id = ?2 AND artist = ?3 AND track = ?4 AND album IS ?5";

const ADD_SONG: &str =
    "INSERT INTO song (hash, user_id, artist, track, album) VALUES (?1, ?2, ?3, ?4, ?5)";

fn find_or_add_song(
    connection: &Connection,
    user: UserId,
    song: &SongKey,
) -> rusqlite::Result<i64> {
    let SongKey { artist, track, album } = song;
    let key = params![hash(user, &song.text()), user.0, artist, track, album];
    let found =
        connection.prepare_cached(FIND_SONG)?.query_row(key, |row| row.get(0)).optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    connection.prepare_cached(ADD_SONG)?.execute(key)?;
    Ok(connection.last_insert_rowid())
}

/// The object of a row that begins with `date_at`, `date_form`, `body`: put together again.
pub(crate) fn object(row: &Row<'_>, played_at: Timestamp) -> rusqlite::Result<String> {
    let date_at: Option<u32> = row.get(0)?;
    let date_form = row.get_ref(1)?.as_str_or_null()?;
    let body = row.get_ref(2)?.as_str()?;
    Ok(Body::object(date_at.map(|at| at as usize), date_form, body, played_at))
}
