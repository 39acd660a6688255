//! What a listener plays: which artists most, those of late before others, and which tracks at all.

use std::collections::{HashMap, HashSet};

use lastfm_core::archive::{ArchiveStore, ArchivedUser, Span, StoreResult, StoredPlay};
use lastfm_core::{Timestamp, Track};

/// Plays in memory at a time.
const BATCH: usize = 2000;
/// After so long a play counts half.
const HALF_LIFE: f64 = 365.25 * 24.0 * 60.0 * 60.0;

/// All that is in an archive, by artist in lower case.
#[derive(Debug, Default)]
pub(crate) struct Taste(HashMap<String, Artist>);

/// An artist in an archive.
#[derive(Debug, Default)]
pub(crate) struct Artist {
    /// As it is spelled in the newest play.
    pub(crate) name: String,
    pub(crate) plays: u64,
    /// Plays, older ones counting less.
    pub(crate) weight: f64,
    /// In lower case.
    tracks: HashSet<String>,
}

impl Taste {
    /// Reads a whole archive.
    pub(crate) async fn read(store: &dyn ArchiveStore, user: &ArchivedUser) -> StoreResult<Self> {
        let mut taste = Self::default();
        let Some((_, newest)) = store.bounds(user.id).await? else { return Ok(taste) };
        let mut after = None;
        loop {
            let plays = store.plays(user.id, Span::EVER, after, BATCH).await?;
            for StoredPlay { place, play, .. } in &plays {
                taste.play(&play.track(), place.at, newest);
            }
            after = plays.last().map(|last| last.place);
            if plays.len() < BATCH {
                return Ok(taste);
            }
        }
    }

    fn play(&mut self, track: &Track, at: Timestamp, newest: Timestamp) {
        let artist = self.0.entry(track.artist.to_lowercase()).or_default();
        artist.name.clone_from(&track.artist);
        artist.plays += 1;
        artist.weight += (-newest.since(at).as_secs_f64() / HALF_LIFE).exp2();
        artist.tracks.insert(track.name.to_lowercase());
    }

    /// The artists played most, older plays counting less.
    pub(crate) fn top(&self, many: usize) -> Vec<&Artist> {
        let mut artists: Vec<_> = self.0.values().filter(|one| !one.name.is_empty()).collect();
        artists.sort_by(|one, other| {
            other.weight.total_cmp(&one.weight).then_with(|| one.name.cmp(&other.name))
        });
        artists.truncate(many);
        artists
    }

    /// How often something of this artist was played.
    pub(crate) fn plays_of(&self, artist: &str) -> u64 {
        self.0.get(&artist.to_lowercase()).map_or(0, |artist| artist.plays)
    }

    /// Whether this track was ever played.
    pub(crate) fn has(&self, artist: &str, track: &str) -> bool {
        let artist = self.0.get(&artist.to_lowercase());
        artist.is_some_and(|artist| artist.tracks.contains(&track.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays of an artist, so many days before the newest one.
    fn taste(plays: &[(&str, &str, i64)]) -> Taste {
        let newest = Timestamp::from_unix(1_780_000_000);
        let mut taste = Taste::default();
        for (artist, name, days) in plays {
            let mut track = Track::default();
            (track.artist, track.name) = ((*artist).to_owned(), (*name).to_owned());
            taste.play(&track, newest.plus(-days * 86_400), newest);
        }
        taste
    }

    #[test]
    fn what_is_played_of_late_outweighs_what_was_played_more_long_ago() {
        let year = 366;
        let taste = taste(&[
            ("Low", "a", 0),
            ("Ida", "a", 2 * year),
            ("Ida", "b", 2 * year),
            ("Codeine", "a", year),
        ]);
        let names: Vec<_> = taste.top(9).iter().map(|artist| artist.name.as_str()).collect();
        assert_eq!(names, ["Low", "Codeine", "Ida"]);
        assert_eq!((taste.plays_of("Ida"), taste.top(1).len()), (2, 1));
    }

    #[test]
    fn names_compare_without_case() {
        let taste = taste(&[("LOW", "Words", 3), ("Low", "WORDS", 1), ("Sigur Rós", "Ágætis", 0)]);
        assert_eq!((taste.plays_of("low"), taste.top(9).len()), (2, 2));
        assert!(taste.has("lOW", "words") && taste.has("SIGUR RÓS", "ÁGÆTIS"));
        assert!(!taste.has("Low", "Word") && !taste.has("Lo", "Words"));
    }
}
