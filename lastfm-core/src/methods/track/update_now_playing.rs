//! `track.updateNowPlaying` — session.
//!
//! Shows what the session's user is listening to.

use crate::methods::track::sending;
use crate::wire::Object;
use crate::{
    Authentication, DecodeError, Ignored, InvalidArgument, Method, Params, PlayerTrack, TakenName,
    Verb,
};

/// Shows what the session's user is listening to.
///
/// It is no part of the history: what was played is sent with [`Scrobble`](super::Scrobble). If
/// this call fails, it is not worth another: the service asks for that.
///
/// Service documentation: <https://www.last.fm/api/show/track.updateNowPlaying>.
///
/// ```
/// use lastfm_core::methods::track::UpdateNowPlaying;
/// use lastfm_core::{Method, Params, PlayerTrack};
///
/// let mut params = Params::default();
/// UpdateNowPlaying::new(PlayerTrack::new("Low", "Words").album("Trust")).params(&mut params);
/// assert_eq!(params.to_form(), "album=Trust&artist=Low&track=Words");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateNowPlaying {
    track: PlayerTrack,
}

impl UpdateNowPlaying {
    /// Shows this track.
    pub fn new(track: PlayerTrack) -> Self {
        Self { track }
    }
}

impl Method for UpdateNowPlaying {
    const NAME: &'static str = "track.updateNowPlaying";
    /// Said later, it would not be true any more.
    const VERB: Verb = Verb::Once;
    const AUTHENTICATION: Authentication = Authentication::Session;
    type Response = Announced;

    fn params(&self, params: &mut Params) {
        sending::params(&self.track, None, params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        sending::check(&self.track)
    }

    fn decode(body: &str) -> Result<Announced, DecodeError> {
        let playing = Object::read(body)?.object("nowplaying")?;
        if playing.is_empty() {
            return Err(DecodeError::new("it does not say what is playing"));
        }
        Ok(Announced {
            artist: TakenName::of(&playing, "artist"),
            track: TakenName::of(&playing, "track"),
            album: TakenName::of(&playing, "album"),
            album_artist: TakenName::of(&playing, "albumArtist"),
            ignored: Ignored::of(&playing)?,
        })
    }
}

/// What the service shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Announced {
    /// The artist.
    pub artist: TakenName,
    /// The track.
    pub track: TakenName,
    /// The album.
    pub album: TakenName,
    /// Whose album it is.
    pub album_artist: TakenName,
    /// Why the service does not show the track; nothing if it does.
    pub ignored: Option<Ignored>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::IgnoredReason;
    use crate::methods::harness;
    use crate::methods::track::sending::tests::{known, refused};

    #[test]
    fn it_keeps_its_contract() {
        let words = UpdateNowPlaying::new(PlayerTrack::new("Low", "Words"));
        let mut table =
            harness::method::<UpdateNowPlaying>().sends(words, "artist=Low&track=Words").sends(
                UpdateNowPlaying::new(known()),
                "album=Trust&albumArtist=Ida&artist=Low&duration=345&mbid=a-b&track=Words&\
                 trackNumber=3",
            );
        for (track, parameter) in refused() {
            table = table.refuses(&UpdateNowPlaying::new(track), parameter);
        }
        table
            .reads(
                r##"{"nowplaying":{"artist":{"corrected":"1","#text":"Low"},
                    "track":{"corrected":"0","#text":"Words"},
                    "ignoredMessage":{"code":"0","#text":""},
                    "albumArtist":{"corrected":"0","#text":"Ida"},
                    "album":{"corrected":"0","#text":"Trust"}}}"##,
                |playing| {
                    let Announced { artist, track, album, album_artist, ignored } = playing;
                    let names = [artist, track, album, album_artist];
                    assert_eq!(
                        names
                            .each_ref()
                            .map(|name| (name.name.as_deref().unwrap(), name.corrected)),
                        [("Low", true), ("Words", false), ("Trust", false), ("Ida", false)]
                    );
                    assert_eq!(ignored, None);
                },
            )
            .reads(
                r#"{"nowplaying":{"artist":{"corrected":0},"ignoredMessage":{"code":2}}}"#,
                |playing| {
                    for name in [&playing.artist, &playing.track, &playing.album_artist] {
                        assert_eq!(*name, TakenName::default());
                    }
                    assert_eq!(playing.ignored.unwrap().reason, IgnoredReason::TrackFiltered);
                },
            )
            .rejects([
                "{}",
                r#"{"nowplaying":7}"#,
                r#"{"nowplaying":""}"#,
                r#"{"nowplaying":{"ignoredMessage":{"code":"much"}}}"#,
            ]);
    }
}
