//! What was played most in a span, counted play by play.

use std::cmp::Reverse;
use std::collections::HashMap;

use lastfm_core::archive::{ArchiveStore, Span, StoreResult, UserId};

/// How many are kept of each kind.
const KEPT: usize = 10;
/// Plays in memory at a time.
const BATCH: usize = 2_000;

/// What was played most.
#[derive(Debug, Clone)]
pub(crate) struct Tops {
    pub(crate) artists: Vec<Top>,
    pub(crate) albums: Vec<Top>,
    pub(crate) tracks: Vec<Top>,
}

/// Something that was played much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Top {
    pub(crate) artist: String,
    /// The album or track; nothing for an artist.
    pub(crate) title: Option<String>,
    pub(crate) plays: u64,
}

type Counts = HashMap<(String, Option<String>), u64>;

impl Tops {
    /// Counts a span.
    pub(crate) async fn count(
        store: &dyn ArchiveStore,
        user: UserId,
        span: Span,
    ) -> StoreResult<Self> {
        let [mut artists, mut albums, mut tracks] = [(); 3].map(|()| Counts::new());
        let mut after = None;
        loop {
            let plays = store.plays(user, span, after, BATCH).await?;
            for stored in &plays {
                let track = stored.play.track();
                *artists.entry((track.artist.clone(), None)).or_default() += 1;
                if let Some(album) = track.album {
                    *albums.entry((track.artist.clone(), Some(album))).or_default() += 1;
                }
                *tracks.entry((track.artist, Some(track.name))).or_default() += 1;
            }
            after = plays.last().map(|last| last.place);
            if plays.len() < BATCH {
                break;
            }
            // Others are waiting for this thread.
            tokio::task::yield_now().await;
        }
        Ok(Self { artists: most(artists), albums: most(albums), tracks: most(tracks) })
    }
}

fn most(counts: Counts) -> Vec<Top> {
    let mut tops: Vec<Top> =
        counts.into_iter().map(|((artist, title), plays)| Top { artist, title, plays }).collect();
    let order = |top: &Top| (Reverse(top.plays), top.artist.clone(), top.title.clone());
    if tops.len() > KEPT {
        tops.select_nth_unstable_by_key(KEPT, order);
        tops.truncate(KEPT);
    }
    tops.sort_by_key(order);
    tops
}
