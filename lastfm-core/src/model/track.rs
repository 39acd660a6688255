//! What was played.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Mbid;
use crate::wire;

/// What was played: the names by which a play is known, and what goes with them.
///
/// Names that JSON can spell but text cannot (`\u0000`, half a surrogate pair) show U+FFFD in
/// that place; the play's own text keeps them. A name that is missing is empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Track {
    /// The artist's name.
    pub artist: String,
    /// The track's name.
    pub name: String,
    /// The album's name, if the play has one.
    pub album: Option<String>,
    /// The artist's MusicBrainz identifier.
    pub artist_mbid: Option<Mbid>,
    /// The track's MusicBrainz identifier.
    pub mbid: Option<Mbid>,
    /// The album's MusicBrainz identifier (a release, not a release group).
    pub album_mbid: Option<Mbid>,
    /// The track's page on Last.fm.
    pub url: Option<String>,
}

impl Track {
    /// Whether both are the same to an archive: equal artist, name and album, byte for byte.
    pub fn is_same(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    /// Artist, name and album: what makes two plays of one second the same.
    pub fn key(&self) -> (&str, &str, Option<&str>) {
        (&self.artist, &self.name, self.album.as_deref())
    }

    /// Reads an item of a track list, whatever is odd about it.
    pub(crate) fn from_item(item: &str) -> Result<Self, serde_json::Error> {
        let item: Item<'_> = serde_json::from_str(item)?;
        let artist = Named::read(item.artist);
        let album = Named::read(item.album);
        let url = wire::text(item.url);
        Ok(Self {
            artist: artist.name,
            artist_mbid: artist.mbid,
            name: wire::text(item.name),
            album: (!album.name.is_empty()).then_some(album.name),
            album_mbid: album.mbid,
            mbid: Mbid::new(&wire::text(item.mbid)),
            url: (!url.is_empty()).then_some(url),
        })
    }
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    artist: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    album: Option<&'a RawValue>,
    #[serde(borrow)]
    mbid: Option<&'a RawValue>,
    #[serde(borrow)]
    url: Option<&'a RawValue>,
}

/// `{"#text": …, "mbid": …}`, `{"name": …}` or just the name.
#[derive(Default)]
struct Named {
    name: String,
    mbid: Option<Mbid>,
}

impl Named {
    fn read(value: Option<&RawValue>) -> Self {
        #[derive(Deserialize)]
        struct Object<'a> {
            #[serde(borrow, rename = "#text")]
            text: Option<&'a RawValue>,
            #[serde(borrow)]
            name: Option<&'a RawValue>,
            #[serde(borrow)]
            mbid: Option<&'a RawValue>,
        }
        let Some(value) = value else {
            return Self::default();
        };
        match serde_json::from_str::<Object<'_>>(value.get()) {
            Ok(object) => Self {
                name: wire::text(object.text.or(object.name)),
                mbid: Mbid::new(&wire::text(object.mbid)),
            },
            Err(_) => Self { name: wire::text(Some(value)), mbid: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_an_artist_are_read() {
        let plain = r##"{"artist":{"mbid":"","#text":"Low"},"name":"Will","album":{"#text":""}}"##;
        let extended = r#"{"artist":{"name":"Low","mbid":"a"},"name":"Will","album":""}"#;
        let plain = Track::from_item(plain).unwrap();
        let extended = Track::from_item(extended).unwrap();
        assert!(plain.is_same(&extended));
        assert_eq!(plain.album, None);
        assert_eq!(plain.artist_mbid, None);
        assert_eq!(extended.artist_mbid.unwrap().as_str(), "a");
    }

    #[test]
    fn names_that_text_cannot_hold_show_a_replacement() {
        let item = r#"{"artist":"a\u0000b","name":"c\ud800d","album":null,"mbid":7}"#;
        let track = Track::from_item(item).unwrap();
        assert_eq!(track.artist, "a\u{fffd}b");
        assert_eq!(track.name, "c\u{fffd}d");
        assert_eq!(track.mbid.unwrap().as_str(), "7");
    }

    #[test]
    fn a_missing_name_is_empty() {
        assert_eq!(Track::from_item("{}").unwrap(), Track::default());
    }
}
