//! Names that the service corrects, a few of the very many: `artist.getCorrection` and
//! `track.getCorrection`.

use super::FakeLastfm;
use super::answers::{Answer, Outcome};
use super::calls::Call;
use super::names::{Name, key};
use super::spelling::address;

/// What artists are called by mistake, in small letters, and what they are called.
const ARTISTS: [(&str, &str); 9] = [
    ("acdc", "AC/DC"),
    ("ac-dc", "AC/DC"),
    ("beyonce", "Beyoncé"),
    ("edith piaf", "Édith Piaf"),
    ("guns and roses", "Guns N' Roses"),
    ("guns n roses", "Guns N' Roses"),
    ("motorhead", "Motörhead"),
    ("sigur ros", "Sigur Rós"),
    ("sly and the family stone", "Sly & The Family Stone"),
];

/// The same for tracks, each with its artist's right name.
const TRACKS: [(&str, &str, &str); 4] = [
    ("AC/DC", "tnt", "T.N.T."),
    ("Guns N' Roses", "sweet child of mine", "Sweet Child o' Mine"),
    ("Guns N' Roses", "paradise city (remastered)", "Paradise City"),
    ("Sigur Rós", "hoppipolla", "Hoppípolla"),
];

/// The right name of an artist, if this is a wrong one.
pub(super) fn artist(name: &str) -> Option<&'static str> {
    let asked = key(name);
    ARTISTS.iter().find(|(wrong, _)| *wrong == asked).map(|(_, right)| *right)
}

/// The right name of a track by an artist of this right name, if this is a wrong one.
pub(super) fn track(artist: &str, name: &str) -> Option<&'static str> {
    let asked = (key(artist), key(name));
    let mut tracks = TRACKS.iter();
    let found =
        tracks.find(|(artist, wrong, _)| (key(artist), *wrong) == (asked.0.clone(), &asked.1));
    found.map(|(_, _, right)| *right)
}

/// What the service says where there is nothing to correct: a text where an object is expected.
const NONE: &str = r#"{"corrections":"\n                "}"#;

impl FakeLastfm {
    /// The artist and the track that the service takes these names for, corrected or not.
    pub fn corrected(artist: &str, track: &str) -> (String, String) {
        let right = self::artist(artist).unwrap_or(artist);
        let track = self::track(right, track).unwrap_or(track);
        (right.to_owned(), track.to_owned())
    }

    /// `artist.getCorrection`.
    pub(super) fn artist_correction(&self, call: &Call<'_>) -> Outcome {
        let Some(right) = artist(call.required("artist")?) else {
            return Ok(Answer::json(NONE.to_owned()));
        };
        let artist = self.corrected_artist(right);
        Ok(Answer::json(format!(
            r#"{{"corrections":{{"correction":{{"artist":{artist},"@attr":{{"index":"0"}}}}}}}}"#
        )))
    }

    /// `track.getCorrection`.
    pub(super) fn track_correction(&self, call: &Call<'_>) -> Outcome {
        let (by, name) = (call.required("artist")?, call.required("track")?);
        let right_artist = artist(by);
        let by = right_artist.unwrap_or(by);
        let right = track(by, name);
        if right_artist.is_none() && right.is_none() {
            return Ok(Answer::json(NONE.to_owned()));
        }
        let (one, other) = (u8::from(right_artist.is_some()), u8::from(right.is_some()));
        let name = right.unwrap_or(name);
        let (artist, url) = (self.corrected_artist(by), address(&[by, "_", name]));
        let name = Name::new(name).json;
        Ok(Answer::json(format!(
            r#"{{"corrections":{{"correction":{{"track":{{"name":{name},"url":"{url}","artist":{artist}}},"@attr":{{"index":"0","artistcorrected":"{one}","trackcorrected":"{other}"}}}}}}}}"#
        )))
    }

    /// The artist of this right name, whether or not anybody has played it.
    fn corrected_artist(&self, name: &str) -> String {
        let known = self.discography.artist(name);
        let unheard =
            || format!(r#"{{"name":{},"url":"{}"}}"#, Name::new(name).json, address(&[name]));
        known.map_or_else(unheard, |known| known.name().artist_entry())
    }
}
