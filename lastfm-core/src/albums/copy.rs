//! Copying what is known of a user's albums from one store to another.

use std::collections::HashMap;

use super::outcome::Status;
use super::store::{AlbumId, AlbumStore, KnownAlbum, collect};
use crate::Span;
use crate::archive::UserId;
use crate::store_error::StoreResult;

/// How many albums are in memory at a time.
const PAGE: usize = 1_000;

/// Copies what is known of the albums of a user: outcomes and corrections. The plays are there
/// already ([`copy_user`](crate::archive::copy_user)). What the other store knows of an album stays
/// unless it was looked up earlier, or nobody has corrected it there.
///
/// Returns how many albums were known.
///
/// # Errors
///
/// Whatever either store fails with.
///
/// # Cancel safety
///
/// The future may be dropped at any instant; the same call does the rest.
pub async fn copy_albums(
    from: (&dyn AlbumStore, UserId),
    to: (&dyn AlbumStore, UserId),
) -> StoreResult<u64> {
    let (from, ours) = from;
    let (to, theirs) = to;
    collect(to, theirs).await?;
    let names = names(to, theirs).await?;
    let played = from.played_albums(ours, Span::EVER).await?;
    let ids: Vec<AlbumId> = played.albums.iter().map(|album| album.id).collect();
    let mut known = 0;
    for ids in ids.chunks(PAGE) {
        let albums = from.albums(ids).await?;
        let there = |album: &KnownAlbum| names.get(&(album.artist.clone(), album.title.clone()));
        let mut outcomes = Vec::new();
        for album in albums {
            let Some((id, their_outcome_at, is_corrected)) = there(&album).copied() else {
                continue;
            };
            let is_known = album.status() != Status::Pending || album.correction.is_some();
            known += u64::from(is_known);
            if let Some(outcome) = album.outcome
                && their_outcome_at.is_none_or(|at| at < outcome.looked_up_at)
            {
                outcomes.push((id, outcome));
            }
            if album.correction.is_some() && !is_corrected {
                to.correct_album(id, album.correction).await?;
            }
        }
        to.record_outcomes(outcomes).await?;
    }
    Ok(known)
}

type Names = HashMap<(String, String), (AlbumId, Option<crate::Timestamp>, bool)>;

/// Number, time of the last look, and whether a person has corrected it, by artist and title.
async fn names(store: &dyn AlbumStore, user: UserId) -> StoreResult<Names> {
    let played = store.played_albums(user, Span::EVER).await?;
    let ids: Vec<AlbumId> = played.albums.iter().map(|album| album.id).collect();
    let mut names = HashMap::with_capacity(ids.len());
    for ids in ids.chunks(PAGE) {
        for album in store.albums(ids).await? {
            let looked_up_at = album.outcome.map(|outcome| outcome.looked_up_at);
            let entry = (album.id, looked_up_at, album.correction.is_some());
            names.insert((album.artist, album.title), entry);
        }
    }
    Ok(names)
}
