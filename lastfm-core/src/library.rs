//! A local music library, in which tracks are found by identifiers and by names as others spell
//! them.
//!
//! Nothing here asks anybody or keeps anything: a [`Library`] is an index in memory, made anew
//! when files have changed.

mod likeness;
mod names;

use std::collections::HashMap;

use self::likeness::{Trigrams, likeness};
use self::names::Title;
pub use self::names::fold;
use crate::Mbid;

/// A track of a local library.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalTrack {
    /// What the player calls it: a path, or a number of its own.
    pub id: String,
    /// The artist's name.
    pub artist: String,
    /// The track's name.
    pub track: String,
    /// The album, for people: it plays no part in matching.
    pub album: Option<String>,
    /// The MusicBrainz identifier of the recording.
    pub mbid: Option<Mbid>,
}

impl LocalTrack {
    /// A track of these names.
    pub fn new(id: impl Into<String>, artist: impl Into<String>, track: impl Into<String>) -> Self {
        let (id, artist, track) = (id.into(), artist.into(), track.into());
        Self { id, artist, track, album: None, mbid: None }
    }

    /// The album that it is on. Default: not known.
    pub fn album(self, album: impl Into<String>) -> Self {
        Self { album: Some(album.into()), ..self }
    }

    /// The MusicBrainz identifier of the recording. Default: not known.
    pub fn mbid(self, mbid: Mbid) -> Self {
        Self { mbid: Some(mbid), ..self }
    }
}

/// What a library has of a track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match<'a> {
    /// These, by the MusicBrainz identifier; their names do not say otherwise.
    ById(Vec<&'a LocalTrack>),
    /// These, by their names.
    ByName(Vec<&'a LocalTrack>),
    /// Nothing.
    None,
}

impl<'a> Match<'a> {
    /// The local tracks: all copies, in the library's order.
    pub fn tracks(&self) -> &[&'a LocalTrack] {
        match self {
            Self::ById(tracks) | Self::ByName(tracks) => tracks,
            Self::None => &[],
        }
    }
}

/// A local track that may be the one looked for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Near<'a> {
    /// The track.
    pub track: &'a LocalTrack,
    /// How alike the names are, from 0 to 1.
    pub score: f64,
}

/// A local library, indexed.
///
/// Names are the same if they differ in case, accents, punctuation and blanks, "&" and "and", a
/// leading "The" of an artist, or in guests ("feat. …"). Where no name is the same, an edition makes
/// no difference: "Words (Remastered 2011)" finds "Words". Another version always does: live,
/// acoustic, a remix, a demo, an instrumental are other tracks.
///
/// An identifier counts more than a spelling, but services get identifiers wrong: one that leads
/// to another version, or to names that have little in common with those asked for, is not
/// believed.
///
/// ```
/// use lastfm_core::library::{Library, LocalTrack, Match};
///
/// let library = Library::new([
///     LocalTrack::new("/music/1.flac", "Sigur Rós", "Hoppípolla"),
///     LocalTrack::new("/music/2.flac", "The Beatles", "Help! (Live at the BBC)"),
/// ]);
/// let found = library.find("SIGUR ROS", "Hoppipolla - 2015 Remaster", None);
/// assert_eq!(found.tracks()[0].id, "/music/1.flac");
/// assert_eq!(library.find("Beatles", "Help!", None), Match::None);
/// assert_eq!(library.near("Beatles", "Help!", 5)[0].track.id, "/music/2.flac");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Library {
    tracks: Vec<LocalTrack>,
    /// What is known of each track.
    entries: Vec<Entry>,
    artists: Vec<Artist>,
    by_artist: HashMap<String, usize>,
    /// Places of tracks by artist and whole title.
    by_name: HashMap<(usize, String), Vec<usize>>,
    /// The same by artist and title without editions.
    by_work: HashMap<(usize, String), Vec<usize>>,
    by_mbid: HashMap<u128, Vec<usize>>,
    by_id: HashMap<String, usize>,
    /// The artists in whose names these three letters are.
    by_trigram: HashMap<u64, Vec<usize>>,
}

#[derive(Debug, Clone)]
struct Entry {
    artist: usize,
    title: Title,
    trigrams: Trigrams,
}

#[derive(Debug, Clone)]
struct Artist {
    trigrams: Trigrams,
    tracks: Vec<usize>,
}

/// How alike two names must be before an identifier is believed, or an artist is looked through.
const ALIKE: f64 = 0.5;

/// How alike a title must be to be worth a look.
const NEAR: f64 = 0.4;

impl Library {
    /// A library of these tracks.
    pub fn new(tracks: impl IntoIterator<Item = LocalTrack>) -> Self {
        let mut library = Self::default();
        for track in tracks {
            library.add(track);
        }
        library
    }

    fn add(&mut self, track: LocalTrack) {
        let place = self.tracks.len();
        let artist = self.artist(&track.artist);
        let title = Title::of(&track.track);
        self.artists[artist].tracks.push(place);
        if !track.artist.trim().is_empty() && !track.track.trim().is_empty() {
            self.by_name.entry((artist, title.name.clone())).or_default().push(place);
            self.by_work.entry((artist, title.work.clone())).or_default().push(place);
        }
        if let Some(mbid) = track.mbid.as_ref().and_then(Mbid::to_u128) {
            self.by_mbid.entry(mbid).or_default().push(place);
        }
        let trigrams = likeness::trigrams(&title.words);
        self.by_id.insert(track.id.clone(), place);
        self.entries.push(Entry { artist, title, trigrams });
        self.tracks.push(track);
    }

    /// The place of this artist, who is added if new.
    fn artist(&mut self, name: &str) -> usize {
        let words = names::artist(name);
        let new = self.artists.len();
        let artist = *self.by_artist.entry(names::key(&words)).or_insert(new);
        if artist == new {
            let trigrams = likeness::trigrams(&words);
            for trigram in &trigrams {
                self.by_trigram.entry(*trigram).or_default().push(artist);
            }
            self.artists.push(Artist { trigrams, tracks: Vec::new() });
        }
        artist
    }

    /// How many tracks there are.
    pub fn len(&self) -> usize {
        self.tracks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tracks.is_empty()
    }

    /// The track that the player calls by this.
    pub fn get(&self, id: &str) -> Option<&LocalTrack> {
        self.by_id.get(id).map(|place| &self.tracks[*place])
    }

    /// The local copies of a track, all of them.
    pub fn find(&self, artist: &str, track: &str, mbid: Option<&Mbid>) -> Match<'_> {
        let title = Title::of(track);
        let words = names::artist(artist);
        let known = self.by_artist.get(&names::key(&words)).copied();
        let mut by_id = self.by_mbid(mbid);
        let is_same = |place: &usize| {
            let entry = &self.entries[*place];
            Some(entry.artist) == known && entry.title.work == title.work
        };
        if by_id.iter().any(is_same) {
            by_id.retain(is_same);
            return Match::ById(self.at(&by_id));
        }
        if let Some(by_name) = known.and_then(|artist| self.by_name(artist, &title)) {
            return Match::ByName(self.at(by_name));
        }
        let artist = likeness::trigrams(&words);
        let trigrams = likeness::trigrams(&title.words);
        by_id.retain(|place| {
            let entry = &self.entries[*place];
            entry.title.versions == title.versions
                && likeness(&entry.trigrams, &trigrams) >= ALIKE
                && likeness(&self.artists[entry.artist].trigrams, &artist) >= ALIKE
        });
        if by_id.is_empty() { Match::None } else { Match::ById(self.at(&by_id)) }
    }

    /// What might be meant, the likeliest first, at most `limit`: tracks of artists whose names are
    /// alike, other versions included.
    pub fn near(&self, artist: &str, track: &str, limit: usize) -> Vec<Near<'_>> {
        let artist = likeness::trigrams(&names::artist(artist));
        let trigrams = likeness::trigrams(&Title::of(track).words);
        let mut near = Vec::new();
        for (artist, alike) in self.artists_like(&artist) {
            for place in &self.artists[artist].tracks {
                let other = &self.entries[*place].trigrams;
                let common = likeness::common(other, &trigrams);
                let title = likeness::nearness(common, other.len(), trigrams.len());
                if title >= NEAR {
                    near.push((title * alike, *place));
                }
            }
        }
        near.sort_unstable_by(|(score, place), (other, other_place)| {
            other.total_cmp(score).then(place.cmp(other_place))
        });
        near.truncate(limit);
        near.into_iter().map(|(score, place)| Near { track: &self.tracks[place], score }).collect()
    }

    fn at(&self, places: &[usize]) -> Vec<&LocalTrack> {
        places.iter().map(|place| &self.tracks[*place]).collect()
    }

    fn by_mbid(&self, mbid: Option<&Mbid>) -> Vec<usize> {
        let mbid = mbid.and_then(Mbid::to_u128);
        mbid.and_then(|mbid| self.by_mbid.get(&mbid)).cloned().unwrap_or_default()
    }

    /// Tracks of the same name; if there are none, of the same name in any edition.
    fn by_name(&self, artist: usize, title: &Title) -> Option<&[usize]> {
        let named = self.by_name.get(&(artist, title.name.clone()));
        let named = named.or_else(|| self.by_work.get(&(artist, title.work.clone())));
        named.map(Vec::as_slice)
    }

    /// The artists with names like this one, and how alike they are.
    fn artists_like(&self, name: &[u64]) -> Vec<(usize, f64)> {
        let mut common = vec![0_usize; self.artists.len()];
        for trigram in name {
            for artist in self.by_trigram.get(trigram).into_iter().flatten() {
                common[*artist] += 1;
            }
        }
        let met = common.into_iter().enumerate().filter(|(_, common)| *common > 0);
        let alike = met.map(|(artist, common)| {
            let length = self.artists[artist].trigrams.len();
            (artist, likeness::nearness(common, length, name.len()))
        });
        alike.filter(|(_, alike)| *alike >= ALIKE).collect()
    }
}

#[cfg(test)]
mod tests;
