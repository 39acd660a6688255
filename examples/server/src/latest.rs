//! What somebody listened to last.

use std::sync::Arc;
use std::time::Duration;

use lastfm_core::archive::{Span, StoreResult};
use lastfm_core::methods::user::{GetTopAlbums, GetTopArtists, GetTopTracks};
use lastfm_core::{Period, Play, Username};
use terminal::{dates, show};

use crate::app::App;
use crate::failure::Failure;
use crate::people::LATEST;
use crate::standing::Standing;
use crate::tops::{Top, Tops};
use crate::user_page::Music;

/// How long a page waits for charts of Last.fm's.
const WELCOME: Duration = Duration::from_millis(600);
/// How long they may take when nobody waits any more.
const LATE: Duration = Duration::from_mins(1);

/// A play in a list.
pub(crate) struct Heard {
    pub(crate) music: Music,
    /// `2026-11-20T10:02:00Z`, for programs.
    pub(crate) at: String,
    /// `3 min ago`, or a date.
    pub(crate) ago: String,
    /// Whether that is a date.
    pub(crate) is_date: bool,
}

/// A play as it is listed.
pub(crate) fn heard(play: &Play) -> Heard {
    let at = play.played_at();
    let age = dates::now().since(at);
    let is_date = age >= Duration::from_hours(24);
    let ago = if is_date { show::minute(at) } else { show::ago(age) };
    let music = Music::of(&play.track());
    Heard { music, at: show::stamp(at).replace(' ', "T"), ago, is_date }
}

impl App {
    /// The last plays that are archived, newest first.
    pub(crate) async fn last_archived(&self, standing: &Standing) -> Result<Vec<Play>, Failure> {
        let mut plays = self.last_plays(standing).await?;
        plays.reverse();
        Ok(plays)
    }

    async fn last_plays(&self, standing: &Standing) -> StoreResult<Vec<Play>> {
        let (store, user) = (&self.db.store, standing.status.user.id);
        let Some((_, last)) = standing.status.bounds else { return Ok(Vec::new()) };
        let wanted = u64::from(LATEST);
        // Looked for in ever longer spans, so that a million plays are not gone through.
        let end = last.plus(1);
        let mut span = Span::new(end.plus(-86_400), end);
        for _ in 0..4 {
            if store.count(user, span).await?.plays >= wanted {
                break;
            }
            span = Span::new(end.plus((span.start.as_unix() - end.as_unix()) * 16), end);
        }
        let skip = store.count(user, span).await?.plays.saturating_sub(wanted);
        let limit = LATEST as usize;
        let moments = store.moments(user, span, skip, limit).await?;
        let Some(first) = moments.first() else { return Ok(Vec::new()) };
        let plays = store.plays(user, Span::new(*first, end), None, 4 * limit).await?;
        let from = plays.len().saturating_sub(limit);
        Ok(plays.into_iter().skip(from).map(|stored| stored.play).collect())
    }

    /// What somebody played most in the last twelve months, as Last.fm tells; nothing if that takes
    /// too long to wait for.
    pub(crate) async fn tops_at_lastfm(self: &Arc<Self>, name: &Username) -> Option<Tops> {
        let (app, name) = (Arc::clone(self), name.clone());
        let limit = 10;
        let asked = tokio::spawn(async move {
            let lastfm = &app.lastfm;
            let artists = GetTopArtists::new(name.clone()).period(Period::Year).limit(limit);
            let albums = GetTopAlbums::new(name.clone()).period(Period::Year).limit(limit);
            let tracks = GetTopTracks::new(name).period(Period::Year).limit(limit);
            let asked = async {
                tokio::try_join!(lastfm.call(&artists), lastfm.call(&albums), lastfm.call(&tracks))
            };
            tokio::time::timeout(LATE, asked).await.ok()?.ok()
        });
        let (artists, albums, tracks) = tokio::time::timeout(WELCOME, asked).await.ok()?.ok()??;
        let top = |artist, title, plays: Option<u64>| Top {
            artist,
            title,
            plays: plays.unwrap_or_default(),
        };
        Some(Tops {
            artists: artists
                .items
                .into_iter()
                .map(|one| top(one.name, None, one.play_count))
                .collect(),
            albums: albums
                .items
                .into_iter()
                .map(|one| top(one.artist.name, Some(one.name), one.play_count))
                .collect(),
            tracks: tracks
                .items
                .into_iter()
                .map(|one| top(one.artist.name, Some(one.name), one.play_count))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_play_of_long_ago_has_its_date() {
        let old = r##"{"artist":{"#text":"Low"},"name":"Words","date":{"uts":"1100000000"}}"##;
        let shown = heard(&Play::from_json(old).unwrap());
        assert_eq!(
            (shown.at.as_str(), shown.ago.as_str()),
            ("2004-11-09T11:33:20Z", "9 Nov 2004 11:33")
        );
        assert_eq!(shown.music.href, "https://www.last.fm/music/Low/_/Words");
    }
}
