//! An album, as a listening history knows it.

use crate::Mbid;

/// An album of a listening history.
///
/// ```
/// use lastfm_core::albums::Album;
///
/// let album = Album::new("Queen", "Jazz (2011 Remaster)").track("Mustapha");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Album {
    /// The artist: a play knows the track's, which need not be the album's.
    pub artist: String,
    /// The title; never blank in anything that is worth asking.
    pub title: String,
    /// The identifiers that came with its plays, most frequent first: a release's mostly, at times
    /// one that was merged into another, a release group's, or a wrong one.
    pub mbids: Vec<Mbid>,
    /// Some of its tracks, most played first: up to five tell two albums of one name apart.
    pub tracks: Vec<String>,
    /// How often it was asked for in a row without an answer: from 0. The next wait follows from
    /// it.
    pub failure_count: u32,
}

impl Album {
    /// An album of these names.
    pub fn new(artist: impl Into<String>, title: impl Into<String>) -> Self {
        let (artist, title) = (artist.into(), title.into());
        Self { artist, title, mbids: Vec::new(), tracks: Vec::new(), failure_count: 0 }
    }

    /// An identifier that came with it. May be called several times.
    pub fn mbid(mut self, mbid: Mbid) -> Self {
        self.mbids.push(mbid);
        self
    }

    /// One of its tracks. May be called several times.
    pub fn track(mut self, track: impl Into<String>) -> Self {
        self.tracks.push(track.into());
        self
    }

    /// How often it was asked for in a row without an answer. Default: 0.
    pub fn failure_count(self, failure_count: u32) -> Self {
        Self { failure_count, ..self }
    }
}
