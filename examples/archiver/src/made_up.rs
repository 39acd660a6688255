//! A made-up MusicBrainz for the made-up listener of `--demo`.

use std::collections::HashMap;

use lastfm_core::albums::{Album, AlbumId, AlbumStore, PartialDate, collect};
use lastfm_core::archive::{Span, StoreResult, UserId};
use mb_enrich::{MemorySource, ReleaseGroup};
use terminal::dates;
use terminal::made_up::{dice, id};

/// Nothing was played before.
const OLDEST: i16 = 2002;
/// Albums in memory at a time.
const BATCH: usize = 1_000;

/// One that knows most of the albums that this user has played.
pub(crate) async fn source(albums: &dyn AlbumStore, user: UserId) -> StoreResult<MemorySource> {
    collect(albums, user).await?;
    let mut source = MemorySource::new();
    let played = albums.played_albums(user, Span::EVER).await?.albums;
    let first_played = first_played(albums, user).await?;
    let ids: Vec<_> = played.iter().map(|album| album.id).collect();
    for ids in ids.chunks(BATCH) {
        for (id, album) in albums.questions(user, ids).await? {
            let newest = first_played.get(&id).copied().unwrap_or(OLDEST);
            add(&mut source, &album, newest);
        }
    }
    Ok(source)
}

/// The year in which each album was first played: it came out in that year or before.
async fn first_played(albums: &dyn AlbumStore, user: UserId) -> StoreResult<HashMap<AlbumId, i16>> {
    let mut first = HashMap::new();
    for year in OLDEST..=dates::now().year().unwrap_or(OLDEST) {
        let span = Span::year(year).unwrap_or(Span::EVER);
        for album in albums.played_albums(user, span).await?.albums {
            first.entry(album.id).or_insert(year);
        }
    }
    Ok(first)
}

/// Most albums have a group, some have none, two, or one without a date.
fn add(source: &mut MemorySource, album: &Album, newest: i16) {
    let dice = dice(&(&album.artist, &album.title));
    // As people listen: more of what is new.
    let age = (dice >> 8) % 60 * ((dice >> 16) % 60) / 60;
    let age = i16::try_from(age).unwrap_or(0);
    let date = PartialDate::new(newest - age, None, None);
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
