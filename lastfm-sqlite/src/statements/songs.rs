//! The songs of objects that the archive holds.

use std::collections::HashMap;

use lastfm_core::archive::UserId;
use lastfm_core::archive::rows::{Song, SongKey};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::error::Failure;

const SONG: &str = "SELECT song_id FROM variant WHERE id = ?1 AND user_id = ?2";

/// A query of its own: joined with the variant, SQLite would prepare it anew for each play.
const NAMES: &str = "SELECT artist, track, album FROM song WHERE id = ?1";

/// The songs of these variants of the user, without those that someone has deleted.
pub(super) fn of(
    connection: &Connection,
    user: UserId,
    variants: &[i64],
) -> Result<HashMap<i64, Song>, Failure> {
    let mut songs = HashMap::with_capacity(variants.len());
    let mut song = connection.prepare_cached(SONG)?;
    let mut names = connection.prepare_cached(NAMES)?;
    for variant_id in variants {
        let id = song.query_row([*variant_id, user.0], |row| row.get(0)).optional()?;
        if let Some(id) = id {
            let key = names.query_row([id], key).optional()?.unwrap_or_default();
            songs.insert(*variant_id, Song { id, key });
        }
    }
    Ok(songs)
}

fn key(row: &Row<'_>) -> rusqlite::Result<SongKey> {
    Ok(SongKey { artist: row.get(0)?, track: row.get(1)?, album: row.get(2)? })
}
