//! How a track is sent, whether it is playing or was played.

use std::borrow::Cow;
use std::time::Duration;

use crate::methods::arguments::not_blank;
use crate::model::new_play::is_too_short;
use crate::{InvalidArgument, Params, PlayerTrack};

/// The name of a parameter, of a list's item if there are several.
pub(super) fn name(parameter: &'static str, item: Option<usize>) -> Cow<'static, str> {
    item.map_or(parameter.into(), |item| format!("{parameter}[{item}]").into())
}

/// Sets the parameters of a track. What says nothing is not sent.
pub(super) fn params(track: &PlayerTrack, item: Option<usize>, params: &mut Params) {
    let name = |parameter| name(parameter, item);
    // What is said to be too short is ignored by the service; what says no length is not.
    let says = |length: &Duration| !length.is_zero() && !is_too_short(*length);
    let seconds = track.duration.filter(says);
    params
        .set(name("artist"), &track.artist)
        .set(name("track"), &track.name)
        .set_opt(name("album"), told(track.album.as_ref()))
        .set_opt(name("albumArtist"), told(track.album_artist.as_ref()))
        .set_opt(name("trackNumber"), track.track_number.filter(|number| *number > 0))
        .set_opt(name("mbid"), track.mbid.as_ref())
        .set_opt(name("duration"), seconds.map(|duration| duration.as_secs()));
}

/// A text that is not blank.
fn told(text: Option<&String>) -> Option<&String> {
    text.filter(|text| !text.trim().is_empty())
}

/// Refuses a track with a blank name.
pub(super) fn check(track: &PlayerTrack) -> Result<(), InvalidArgument> {
    not_blank("artist", &track.artist)?;
    not_blank("track", &track.name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::Mbid;

    /// A track of which a player knows everything.
    pub(in crate::methods::track) fn known() -> PlayerTrack {
        PlayerTrack::new("Low", "Words")
            .album("Trust")
            .album_artist("Ida")
            .track_number(3)
            .mbid(Mbid::new("a-b").unwrap())
            .duration(Duration::from_millis(345_678))
    }

    fn sent(track: &PlayerTrack) -> String {
        let mut sent = Params::default();
        params(track, None, &mut sent);
        sent.to_form()
    }

    #[test]
    fn a_length_for_which_the_service_ignores_the_track_is_not_sent() {
        let lasting = |millis| {
            let track = PlayerTrack::new("Low", "Words");
            sent(&track.duration(Duration::from_millis(millis)))
        };
        for short in [0, 999, 29_999, 30_999] {
            assert_eq!(lasting(short), "artist=Low&track=Words", "{short}");
        }
        assert_eq!(lasting(31_999), "artist=Low&duration=31&track=Words");
    }

    #[test]
    fn what_says_nothing_is_not_sent() {
        let track = PlayerTrack::new("Low", "Words").album(" ").album_artist("").track_number(0);
        assert_eq!(check(&track), Ok(()));
        assert_eq!(sent(&track), "artist=Low&track=Words");
    }

    /// Tracks that are not to be sent, by the parameter that is refused.
    pub(in crate::methods::track) fn refused() -> [(PlayerTrack, &'static str); 2] {
        [(PlayerTrack::new(" ", "Words"), "artist"), (PlayerTrack::new("Low", ""), "track")]
    }
}
