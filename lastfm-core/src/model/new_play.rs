//! What a player sends: the track that it plays, and when it was played.

use std::time::Duration;

use super::{Mbid, Timestamp};

/// Only a track that is longer counts: 30 seconds.
pub const TOO_SHORT: Duration = Duration::from_secs(30);

/// Whether the service would ignore a track for its length: it is not longer than 30 seconds, in
/// whole seconds as it is sent. One of zero says nothing.
///
/// Service documentation: <https://www.last.fm/api/scrobbling>.
pub fn is_too_short(length: Duration) -> bool {
    !length.is_zero() && length.as_secs() <= TOO_SHORT.as_secs()
}

/// A track as a player knows it, to be sent as playing now and later as played.
///
/// ```
/// use std::time::Duration;
/// use lastfm_core::{NewPlay, PlayerTrack, Timestamp};
///
/// let track = PlayerTrack::new("Low", "Words")
///     .album("I Could Live in Hope")
///     .track_number(1)
///     .duration(Duration::from_secs(345));
/// let play = NewPlay::new(track, Timestamp::from_unix(1_776_024_459));
/// assert_eq!(play.track.album.as_deref(), Some("I Could Live in Hope"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlayerTrack {
    /// The artist's name; of one artist, as the service knows no list of them.
    pub artist: String,
    /// The track's name.
    pub name: String,
    /// The album's name; not sent if it is blank.
    pub album: Option<String>,
    /// Whose album it is, where that is not the track's artist; not sent if it is blank.
    pub album_artist: Option<String>,
    /// The track's place on the album, from 1; 0 is not sent.
    pub track_number: Option<u32>,
    /// The track's MusicBrainz identifier.
    pub mbid: Option<Mbid>,
    /// How long the track is. Sent in whole seconds: fractions are dropped. Up to 30 seconds
    /// are not sent, since the service ignores a track for them.
    pub duration: Option<Duration>,
}

impl PlayerTrack {
    /// The track of this artist and name.
    pub fn new(artist: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            artist: artist.into(),
            name: name.into(),
            album: None,
            album_artist: None,
            track_number: None,
            mbid: None,
            duration: None,
        }
    }

    /// The album's name. Default: not said.
    pub fn album(self, album: impl Into<String>) -> Self {
        Self { album: Some(album.into()), ..self }
    }

    /// Whose album it is. Default: the track's artist's.
    pub fn album_artist(self, album_artist: impl Into<String>) -> Self {
        Self { album_artist: Some(album_artist.into()), ..self }
    }

    /// The track's place on the album, from 1. Default: not said.
    pub fn track_number(self, track_number: u32) -> Self {
        Self { track_number: Some(track_number), ..self }
    }

    /// The track's MusicBrainz identifier. Default: not said.
    pub fn mbid(self, mbid: Mbid) -> Self {
        Self { mbid: Some(mbid), ..self }
    }

    /// How long the track is, in whole seconds. Default: not said.
    pub fn duration(self, duration: Duration) -> Self {
        Self { duration: Some(duration), ..self }
    }
}

/// A play to be sent: what was played, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewPlay {
    /// What was played.
    pub track: PlayerTrack,
    /// When it began.
    pub played_at: Timestamp,
    /// Whether the listener chose it, rather than a radio or somebody else's list.
    pub chosen_by_user: bool,
}

impl NewPlay {
    /// A play of this track that began at this moment.
    pub fn new(track: PlayerTrack, played_at: Timestamp) -> Self {
        Self { track, played_at, chosen_by_user: true }
    }

    /// Whether the listener chose it, rather than a radio or somebody else's list. Default: yes.
    pub fn chosen_by_user(self, chosen_by_user: bool) -> Self {
        Self { chosen_by_user, ..self }
    }
}
