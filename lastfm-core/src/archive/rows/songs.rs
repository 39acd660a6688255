//! Which plays of one second are of the same song, and in which order songs stand.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Row, Variant};
use crate::{Play, Timestamp};

/// The artist, the track and the album of a song.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SongKey {
    /// The artist.
    pub artist: String,
    /// The track.
    pub track: String,
    /// The album, if there is one.
    pub album: Option<String>,
}

impl SongKey {
    /// What the play is of.
    pub fn of(play: &Play) -> Self {
        let track = play.track();
        Self { artist: track.artist, track: track.name, album: track.album }
    }

    /// One text for each song, to make a [`hash`](super::hash) of.
    pub fn text(&self) -> String {
        // No name holds the character that ends it here.
        let names = [self.artist.as_str(), &self.track].into_iter().chain(self.album.as_deref());
        names.flat_map(|name| [name, "\0"]).collect()
    }
}

/// The song of an object that the archive holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Song {
    /// The number of its row.
    pub id: i64,
    /// Its names; empty ones if someone has deleted the row.
    pub key: SongKey,
}

/// What is equal for plays of one second with the same artist, track and album, and orders them
/// by their names, so that every store takes the plays of a second in the same order.
pub(super) type Same = (usize, i64);

/// The songs of the variants in those seconds that need them.
///
/// Most seconds hold one variant, or nothing new: there the variant says it all, and its song
/// need not be known.
pub(super) struct Songs {
    seconds: HashSet<Timestamp>,
    by_variant: HashMap<i64, Same>,
}

impl Songs {
    pub(super) fn new(
        rows: &[Row],
        plays: &[Play],
        seen: &[Variant],
        unseen: &HashMap<i64, Song>,
    ) -> Self {
        let held = rows.iter().map(|row| (row.place.at, row.variant_id));
        let shown = plays.iter().map(Play::played_at).zip(seen.iter().map(|variant| variant.id));
        let mut pairs: Vec<_> = held.chain(shown).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let seconds = pairs.chunk_by(|a, b| a.0 == b.0);
        let several: Vec<_> = seconds.filter(|second| second.len() > 1).collect();
        let seconds: HashSet<_> = several.iter().map(|second| second[0].0).collect();

        let needed: HashSet<i64> = several.iter().copied().flatten().map(|pair| pair.1).collect();
        let mut songs = HashMap::new();
        let mut by_song: BTreeMap<i64, SongKey> = BTreeMap::new();
        if !needed.is_empty() {
            for (play, variant) in plays.iter().zip(seen) {
                if needed.contains(&variant.id) {
                    songs.insert(variant.id, variant.song_id);
                    by_song.entry(variant.song_id).or_insert_with(|| SongKey::of(play));
                }
            }
        }
        for variant_id in &needed {
            if let Some(song) = unseen.get(variant_id) {
                songs.insert(*variant_id, song.id);
                by_song.entry(song.id).or_insert_with(|| song.key.clone());
            }
        }
        let mut keys: Vec<_> = by_song.into_iter().map(|(id, key)| (key, id)).collect();
        keys.sort_unstable();
        let ranks: HashMap<i64, usize> = keys.into_iter().map(|(_, id)| id).zip(0..).collect();
        let ranked = songs.into_iter().filter_map(|(variant_id, song_id)| {
            let rank = ranks.get(&song_id)?;
            Some((variant_id, (*rank, song_id)))
        });
        Self { by_variant: ranked.collect(), seconds }
    }

    pub(super) fn same(&self, at: Timestamp, variant_id: i64) -> Same {
        if !self.seconds.contains(&at) {
            return (0, variant_id);
        }
        // Every variant of such a second is known; one that is not there is the same as none.
        let same = self.by_variant.get(&variant_id);
        same.copied().unwrap_or((usize::MAX, variant_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::{Place, Standing};

    fn play(at: i64, name: &str) -> Play {
        Play::from_json(format!(r#"{{"name":"{name}","date":{{"uts":{at}}}}}"#)).unwrap()
    }

    fn row(at: i64, variant_id: i64) -> Row {
        let place = Place { at: Timestamp::from_unix(at), ordinal: 0 };
        Row { place, variant_id, standing: Standing::Held, edited: false }
    }

    #[test]
    fn an_object_that_is_shown_in_another_second_is_of_its_song_here_too() {
        let (one, newer) = (Variant { id: 1, song_id: 9 }, Variant { id: 2, song_id: 9 });
        let plays = [play(5, "a"), play(41, "a")];
        let songs = Songs::new(&[row(41, one.id)], &plays, &[one, newer], &HashMap::new());
        let second = Timestamp::from_unix(41);
        assert_eq!(songs.same(second, one.id), songs.same(second, newer.id));
    }

    #[test]
    fn songs_of_a_second_stand_in_the_order_of_their_names() {
        let (b, a, c) = (1, 2, 3);
        let variant = |id: i64| Variant { id, song_id: id };
        let key = SongKey { track: "c".to_owned(), ..SongKey::default() };
        let unseen = HashMap::from([(c, Song { id: c, key })]);
        let plays = [play(5, "b"), play(5, "a")];
        let songs = Songs::new(&[row(5, c)], &plays, &[variant(b), variant(a)], &unseen);
        let same = |id| songs.same(Timestamp::from_unix(5), id);
        assert!(same(a) < same(b) && same(b) < same(c));
    }
}
