//! What Last.fm knows of an album.

use lastfm_core::methods::album::{AlbumInfo, GetInfo};
use lastfm_core::{Client, Error, ErrorClass};

/// What Last.fm knows of an album; nothing if it does not know it. It says so of one that it knows,
/// too, now and then: it is asked a second time before that is believed.
pub async fn look_up(client: &Client, asked: &GetInfo) -> Result<Option<AlbumInfo>, Error> {
    for _ in 0..2 {
        match client.call(asked).await {
            Ok(info) => return Ok(Some(info)),
            Err(error) if matches!(error.class(), ErrorClass::NotFound | ErrorClass::Invalid) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}
