//! What lists say of artists, albums, tracks and tags.
//!
//! Charts, searches and lists of similar things tell different things of the same artist. One type
//! for all of them lets an app show any list with the same code; what a list does not tell is
//! `None`, and the method's documentation says what it tells.

use std::time::Duration;

use super::{Image, Mbid};
use crate::DecodeError;
use crate::wire::{Entry, Object};

/// An artist, as something else names them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ArtistName {
    /// The name; empty if the service does not say.
    pub name: String,
    /// The MusicBrainz identifier.
    pub mbid: Option<Mbid>,
    /// The artist's page on Last.fm.
    pub url: Option<String>,
}

impl ArtistName {
    /// The artist of an item: an object with a `name` or a `#text`, or just the name.
    pub(crate) fn of(item: &Object<'_>) -> Self {
        let artist = item.child("artist");
        let name = artist.text("name").or_else(|| artist.text("#text"));
        let name = name.or_else(|| item.text("artist")).unwrap_or_default();
        Self { name, mbid: artist.mbid(), url: artist.text("url") }
    }
}

/// An artist in a list.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ArtistEntry {
    /// The name; empty if the service does not say.
    pub name: String,
    /// The MusicBrainz identifier.
    pub mbid: Option<Mbid>,
    /// The artist's page on Last.fm.
    pub url: Option<String>,
    /// Pictures, which nowadays are all [placeholders](Image::is_placeholder).
    pub images: Vec<Image>,
    /// Plays: the user's in lists of a user, everybody's elsewhere.
    pub play_count: Option<u64>,
    /// How many people have listened to the artist.
    pub listener_count: Option<u64>,
    /// How many tags the user has given the artist.
    pub tag_count: Option<u64>,
    /// The place in the list, from 1.
    pub rank: Option<u64>,
    /// How similar to the artist asked about, from 0 to 1.
    pub similarity: Option<f64>,
}

impl Entry for ArtistEntry {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let item = Object::read(item)?;
        Ok(Self {
            name: item.text("name").unwrap_or_default(),
            mbid: item.mbid(),
            url: item.text("url"),
            images: item.images()?,
            play_count: item.number("playcount")?,
            listener_count: item.number("listeners")?,
            tag_count: item.number("tagcount")?,
            rank: item.child("@attr").number("rank")?,
            similarity: item.number("match")?.filter(|share: &f64| share.is_finite()),
        })
    }
}

/// An album in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct AlbumEntry {
    /// The title; empty if the service does not say.
    pub name: String,
    /// Whose album it is.
    pub artist: ArtistName,
    /// The MusicBrainz identifier (a release, not a release group).
    pub mbid: Option<Mbid>,
    /// The album's page on Last.fm.
    pub url: Option<String>,
    /// The cover in several sizes.
    pub images: Vec<Image>,
    /// Plays: the user's in lists of a user, everybody's elsewhere.
    pub play_count: Option<u64>,
    /// The place in the list, from 1.
    pub rank: Option<u64>,
}

impl Entry for AlbumEntry {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let item = Object::read(item)?;
        Ok(Self {
            // The album of a track has a title.
            name: item.text("name").or_else(|| item.text("title")).unwrap_or_default(),
            artist: ArtistName::of(&item),
            mbid: item.mbid(),
            url: item.text("url"),
            images: item.images()?,
            play_count: item.number("playcount")?,
            rank: item.child("@attr").number("rank")?,
        })
    }
}

/// A track in a list.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct TrackEntry {
    /// The title; empty if the service does not say.
    pub name: String,
    /// Whose track it is.
    pub artist: ArtistName,
    /// The MusicBrainz identifier.
    pub mbid: Option<Mbid>,
    /// The track's page on Last.fm.
    pub url: Option<String>,
    /// Pictures.
    pub images: Vec<Image>,
    /// How long it is, in whole seconds, if anybody knows.
    pub duration: Option<Duration>,
    /// Plays: the user's in lists of a user, everybody's elsewhere.
    pub play_count: Option<u64>,
    /// How many people have listened to it.
    pub listener_count: Option<u64>,
    /// The place in the list, from 1.
    pub rank: Option<u64>,
    /// How similar to the track asked about, from 0 to 1.
    pub similarity: Option<f64>,
}

impl Entry for TrackEntry {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let item = Object::read(item)?;
        Ok(Self {
            name: item.text("name").unwrap_or_default(),
            artist: ArtistName::of(&item),
            mbid: item.mbid(),
            url: item.text("url"),
            images: item.images()?,
            duration: item.seconds("duration")?,
            play_count: item.number("playcount")?,
            listener_count: item.number("listeners")?,
            rank: item.child("@attr").number("rank")?,
            similarity: item.number("match")?.filter(|share: &f64| share.is_finite()),
        })
    }
}

/// A tag in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct TagEntry {
    /// The tag; empty if the service does not say.
    pub name: String,
    /// The tag's page on Last.fm.
    pub url: Option<String>,
    /// How much it is used: for an artist, album or track from 0 to 100, where 100 is its most
    /// used tag; for a user, how often. What everybody does is in `tagging_count`.
    pub count: Option<u64>,
    /// How many people have used it.
    pub reach: Option<u64>,
    /// How often everybody has used it.
    pub tagging_count: Option<u64>,
}

impl Entry for TagEntry {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let item = Object::read(item)?;
        Ok(Self {
            name: item.text("name").unwrap_or_default(),
            url: item.text("url"),
            count: item.number("count")?,
            reach: item.number("reach")?,
            tagging_count: item.number("taggings")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artist_is_named_in_three_ways() {
        for artist in [r#""Low""#, r#"{"name":"Low"}"#, r##"{"#text":"Low","mbid":""}"##] {
            let track = format!(r#"{{"name":"Words","artist":{artist}}}"#);
            assert_eq!(TrackEntry::read(&track).unwrap().artist.name, "Low", "{artist}");
        }
        assert_eq!(TrackEntry::read("{}").unwrap(), TrackEntry::default());
        let artist = r#"{"artist":{"name":"Low","mbid":"m","url":"u"}}"#;
        let artist = ArtistName::of(&Object::read(artist).unwrap());
        assert_eq!((artist.mbid, artist.url.as_deref()), (Mbid::new("m"), Some("u")));
    }

    #[test]
    fn a_length_of_zero_is_not_known() {
        let length = |item: &str| TrackEntry::read(item).unwrap().duration;
        assert_eq!(length(r#"{"duration":"0"}"#), None);
        assert_eq!(length(r#"{"duration":null}"#), None);
        assert_eq!(length(r#"{"duration":"238"}"#), Some(Duration::from_secs(238)));
        assert!(TrackEntry::read(r#"{"duration":"long"}"#).is_err());
    }
}
