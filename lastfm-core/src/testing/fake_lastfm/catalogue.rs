//! What can be played: tracks as the service describes them, written once and used for every
//! play.

use std::fmt::Write as _;

use super::names::{self, Key, Name};
use super::spelling::{NOW_PLAYING, STAR, address, images, write_date};
use crate::testing::Dice;

/// One description of one track. Another image or mbid makes another description.
#[derive(Debug, Clone)]
pub(super) struct Tune {
    pub(super) artist: Name,
    pub(super) artist_mbid: String,
    pub(super) track: Name,
    pub(super) track_mbid: String,
    pub(super) album: Option<Name>,
    pub(super) album_mbid: String,
    /// The hash in the addresses of the image; empty for no image.
    pub(super) image: String,
    /// Whether the listener loved it before the fake started.
    pub(super) loved: bool,
    order: u64,
    /// The object up to where its date belongs, and the rest of it.
    head: String,
    tail: String,
}

impl Tune {
    /// A track with random descriptions.
    pub(super) fn new(artist: Artist, track: Name, album: Option<Album>, dice: &mut Dice) -> Self {
        let track_mbid = if dice.chance(0.6) { mbid(dice) } else { String::new() };
        let image = album.as_ref().map_or_else(|| STAR.to_owned(), |album| album.image.clone());
        let mut tune = Self {
            artist: artist.name,
            artist_mbid: artist.mbid,
            track,
            track_mbid,
            album_mbid: album.as_ref().map(|album| album.mbid.clone()).unwrap_or_default(),
            album: album.map(|album| album.name),
            image,
            loved: dice.chance(0.05),
            order: dice.below(12),
            head: String::new(),
            tail: String::new(),
        };
        tune.write();
        tune
    }

    /// The same track, described anew.
    pub(super) fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut tune = self.clone();
        change(&mut tune);
        tune.write();
        tune
    }

    fn write(&mut self) {
        let artist = format!(r##"{{"mbid":"{}","#text":{}}}"##, self.artist_mbid, self.artist.json);
        let album = self.album_json();
        let images = images(&self.image, 4);
        let (name, mbid, url) = (&self.track.json, &self.track_mbid, self.url());
        // The order of members has changed over the years, and differs between servers.
        (self.head, self.tail) = match self.order {
            0 => (
                format!(
                    r#"{{"artist":{artist},"name":{name},"streamable":"0","mbid":"{mbid}","album":{album},"url":"{url}","image":{images}"#
                ),
                "}".to_owned(),
            ),
            1 => (
                format!(r#"{{"streamable":"0","artist":{artist},"mbid":"{mbid}","name":{name}"#),
                format!(r#","image":{images},"album":{album},"url":"{url}"}}"#),
            ),
            _ => (
                format!(
                    r#"{{"artist":{artist},"streamable":"0","image":{images},"mbid":"{mbid}","album":{album},"name":{name},"url":"{url}""#
                ),
                "}".to_owned(),
            ),
        };
    }

    /// Writes a play of this track.
    pub(super) fn write_play(&self, at: i64, out: &mut String) {
        out.push_str(&self.head);
        write_date(at, out);
        out.push_str(&self.tail);
    }

    /// Writes this track as the one that is playing now.
    pub(super) fn write_now_playing(&self, out: &mut String) {
        out.push_str(&self.head);
        out.push_str(NOW_PLAYING);
        out.push_str(&self.tail);
    }

    /// Writes a play, or the track that is playing now, in the extended form: no mbid of the
    /// artist, but whether the track is loved.
    pub(super) fn write_extended(&self, at: Option<i64>, loved: bool, out: &mut String) {
        let (artist, star) = (&self.artist.json, images(STAR, 4));
        let (name, mbid, url) = (&self.track.json, &self.track_mbid, self.url());
        let artist_url = address(&[&self.artist.shown]);
        let (images, album, loved) = (images(&self.image, 4), self.album_json(), u8::from(loved));
        // Writing to a string cannot fail.
        let _ = write!(
            out,
            r#"{{"artist":{{"url":"{artist_url}","name":{artist},"image":{star},"mbid":""}},"mbid":"{mbid}","name":{name},"image":{images},"streamable":"0","album":{album},"url":"{url}""#
        );
        match at {
            Some(at) => write_date(at, out),
            None => out.push_str(NOW_PLAYING),
        }
        let _ = write!(out, r#","loved":"{loved}"}}"#);
    }

    fn album_json(&self) -> String {
        format!(r##"{{"mbid":"{}","#text":{}}}"##, self.album_mbid, self.album_name())
    }

    pub(super) fn artist_key(&self) -> Key {
        (self.artist.key(), String::new())
    }

    pub(super) fn track_key(&self) -> Key {
        (self.artist.key(), self.track.key())
    }

    /// Nothing if it has no album.
    pub(super) fn album_key(&self) -> Option<Key> {
        let album = self.album.as_ref().map(Name::key);
        Some((self.artist.key(), album.filter(|album| !album.is_empty())?))
    }

    /// The artist as most lists have it.
    pub(super) fn artist_object(&self) -> String {
        let (name, url) = (&self.artist.json, address(&[&self.artist.shown]));
        format!(r#"{{"url":"{url}","name":{name},"mbid":"{}"}}"#, self.artist_mbid)
    }

    /// The artist as the methods have it that leave out an mbid which is not known.
    pub(super) fn artist_entry(&self) -> String {
        let (name, url) = (&self.artist.json, address(&[&self.artist.shown]));
        format!(r#"{{"name":{name},{}"url":"{url}"}}"#, known_mbid(&self.artist_mbid))
    }

    /// The artist as weekly charts have it.
    pub(super) fn artist_text(&self) -> String {
        format!(r##"{{"mbid":"{}","#text":{}}}"##, self.artist_mbid, self.artist.json)
    }

    /// The album's name as JSON, empty if it has none.
    pub(super) fn album_name(&self) -> &str {
        self.album.as_ref().map_or(r#""""#, |album| &album.json)
    }

    pub(super) fn url(&self) -> String {
        address(&[&self.artist.shown, "_", &self.track.shown])
    }

    pub(super) fn artist_url(&self) -> String {
        address(&[&self.artist.shown])
    }

    pub(super) fn album_url(&self) -> String {
        let album = self.album.as_ref().map_or("", |album| &album.shown);
        address(&[&self.artist.shown, album])
    }

    /// How long the track is, seconds: the same for all its descriptions. Of one in eight the
    /// service does not know.
    pub(super) fn length(&self) -> Option<u64> {
        let mut dice = names::lot(&[&self.artist.key(), &self.track.key(), "length"]);
        let length = 120 + dice.below(240);
        (!dice.chance(0.125)).then_some(length)
    }
}

/// The member `mbid`; nothing if it is not known.
pub(super) fn known_mbid(mbid: &str) -> String {
    if mbid.is_empty() { String::new() } else { format!(r#""mbid":"{mbid}","#) }
}

/// An artist with a random mbid.
#[derive(Debug, Clone)]
pub(super) struct Artist {
    name: Name,
    mbid: String,
}

impl Artist {
    pub(super) fn new(name: Name, dice: &mut Dice) -> Self {
        let mbid = if dice.chance(0.85) { mbid(dice) } else { String::new() };
        Self { name, mbid }
    }

    pub(super) fn of(tune: &Tune) -> Self {
        Self { name: tune.artist.clone(), mbid: tune.artist_mbid.clone() }
    }
}

/// An album with a random mbid and image.
#[derive(Debug, Clone)]
pub(super) struct Album {
    name: Name,
    mbid: String,
    image: String,
}

impl Album {
    pub(super) fn new(name: Name, dice: &mut Dice) -> Self {
        let mbid = if dice.chance(0.4) { mbid(dice) } else { String::new() };
        Self { name, mbid, image: image(dice) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name.shown
    }

    /// Nothing if the track has none.
    pub(super) fn of(tune: &Tune) -> Option<Self> {
        let (mbid, image) = (tune.album_mbid.clone(), tune.image.clone());
        Some(Self { name: tune.album.clone()?, mbid, image })
    }
}

pub(super) fn mbid(dice: &mut Dice) -> String {
    let (a, b) = (dice.next_u64(), dice.next_u64());
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xFFFF,
        (a & 0x0FFF) | 0x4000,
        ((b >> 48) & 0x3FFF) | 0x8000,
        b & 0xFFFF_FFFF_FFFF
    )
}

/// The hash of an image; now and then there is none.
pub(super) fn image(dice: &mut Dice) -> String {
    match dice.below(20) {
        0 => String::new(),
        1 => STAR.to_owned(),
        _ => format!("{:016x}{:016x}", dice.next_u64(), dice.next_u64()),
    }
}

/// Someone's taste: what is played next. Distinct tracks grow as the 0.85th power of the plays,
/// and what was played often is played often again.
#[derive(Debug)]
pub(super) struct Taste {
    dice: Dice,
    hostile: f64,
    without_album: f64,
    played: Vec<u32>,
    /// Whom and what album is being heard, and how many tracks of it are left.
    artist: Option<Artist>,
    album: Option<Album>,
    left: u64,
}

impl Taste {
    pub(super) fn new(mut dice: Dice, hostile: f64, without_album: Option<f64>) -> Self {
        let drawn = 0.15 + 0.2 * dice.fraction();
        Self {
            dice,
            hostile,
            without_album: without_album.unwrap_or(drawn),
            played: Vec::new(),
            artist: None,
            album: None,
            left: 0,
        }
    }

    /// Takes over what was played before.
    pub(super) fn remember(&mut self, played: impl IntoIterator<Item = u32>) {
        self.played.extend(played);
    }

    /// The next track: its place in `tunes`, where new ones are added.
    pub(super) fn next(&mut self, tunes: &mut Vec<Tune>) -> u32 {
        let plays = u32::try_from(self.played.len()).unwrap_or(u32::MAX);
        let newness = 0.85 * f64::from(plays.max(1)).powf(-0.15);
        let tune = if self.played.is_empty() || self.dice.chance(newness) {
            tunes.push(self.compose(tunes));
            // Memory ends long before four thousand million tracks.
            u32::try_from(tunes.len() - 1).unwrap_or(u32::MAX)
        } else {
            *self.dice.pick(&self.played)
        };
        self.played.push(tune);
        tune
    }

    fn compose(&mut self, tunes: &[Tune]) -> Tune {
        let (dice, hostile) = (&mut self.dice, self.hostile);
        if self.left == 0 {
            self.left = 1 + dice.below(9);
            let known = dice.chance(0.5) && !self.played.is_empty();
            self.artist = Some(if known {
                Artist::of(&tunes[*dice.pick(&self.played) as usize])
            } else {
                let name = names::name(dice, tunes.len(), hostile);
                Artist::new(name, dice)
            });
            let name = names::name(dice, tunes.len(), hostile);
            self.album = Some(Album::new(name, dice));
        }
        self.left -= 1;
        let track = names::name(dice, tunes.len(), hostile);
        let without = dice.chance(self.without_album);
        let album = self.album.clone().filter(|_| !without);
        let fallback = || Artist { name: Name::new("Nobody"), mbid: String::new() };
        let artist = self.artist.clone().unwrap_or_else(fallback);
        Tune::new(artist, track, album, dice)
    }
}
