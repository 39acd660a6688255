//! The songs of objects that the archive holds.

use std::collections::HashMap;

use lastfm_core::archive::UserId;
use lastfm_core::archive::rows::{Song, SongKey};
use tokio_postgres::types::Type;

use super::get;
use crate::error::Failure;
use crate::transaction::Transaction;

const SONGS: &str = "
    SELECT variant.variant_id, variant.song_id, song.artist, song.track, song.album
    FROM variant
    LEFT JOIN song ON song.user_id = variant.user_id AND song.song_id = variant.song_id
    WHERE variant.user_id = $1 AND variant.variant_id = ANY($2)";

/// The songs of these variants of the user, without those that someone has deleted.
pub(super) async fn of(
    transaction: &Transaction,
    user: UserId,
    variants: &[i64],
) -> Result<HashMap<i64, Song>, Failure> {
    if variants.is_empty() {
        return Ok(HashMap::new());
    }
    let values = [(&user.0 as _, Type::INT8), (&variants as _, Type::INT8_ARRAY)];
    let rows = transaction.query(SONGS, &values).await?;
    let songs = rows.iter().map(|row| {
        let (variant_id, id): (i32, i32) = (get(row, 0)?, get(row, 1)?);
        let (artist, track): (Option<String>, Option<String>) = (get(row, 2)?, get(row, 3)?);
        let (artist, track) = (artist.unwrap_or_default(), track.unwrap_or_default());
        let key = SongKey { artist, track, album: get(row, 4)? };
        Ok((variant_id.into(), Song { id: id.into(), key }))
    });
    songs.collect()
}
