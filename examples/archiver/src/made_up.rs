//! A made-up MusicBrainz for the made-up listener of `--demo`.

use lastfm_core::albums::{Album, AlbumStore, PartialDate, collect};
use lastfm_core::archive::{Span, StoreResult, UserId};
use mb_enrich::{MemorySource, ReleaseGroup};
use terminal::made_up::{dice, id};

/// Albums in memory at a time.
const BATCH: usize = 1_000;

/// One that knows most of the albums that this user has played.
pub(crate) async fn source(albums: &dyn AlbumStore, user: UserId) -> StoreResult<MemorySource> {
    collect(albums, user).await?;
    let mut source = MemorySource::new();
    let played = albums.played_albums(user, Span::EVER).await?.albums;
    let ids: Vec<_> = played.iter().map(|album| album.id).collect();
    for ids in ids.chunks(BATCH) {
        for (_, album) in albums.questions(user, ids).await? {
            add(&mut source, &album);
        }
    }
    Ok(source)
}

/// Most albums have a group, some have none, two, or one without a date.
fn add(source: &mut MemorySource, album: &Album) {
    let dice = dice(&(&album.artist, &album.title));
    // As people listen: more of what is new.
    let age = (dice >> 8) % 60 * ((dice >> 16) % 60) / 60;
    let date = i16::try_from(2025 - age).ok().and_then(|year| PartialDate::new(year, None, None));
    let mut add = |salt: u8, date: Option<PartialDate>| {
        let id = id(&(&album.artist, &album.title, salt));
        let group = ReleaseGroup::new(id.clone(), &album.artist, &album.title);
        source.add(match date {
            Some(date) => group.first_release(date),
            None => group,
        });
        id
    };
    match dice % 100 {
        0..4 => {}
        4..6 => {
            add(0, None);
        }
        6..9 => {
            add(0, date);
            add(1, PartialDate::new(1961, Some(4), None));
        }
        _ => {
            let id = add(0, date);
            for mbid in &album.mbids {
                source.add_id(mbid.clone(), &id);
            }
        }
    }
}
