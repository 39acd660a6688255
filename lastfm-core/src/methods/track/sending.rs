//! How a track is sent, whether it is playing or was played.

use std::borrow::Cow;

use crate::methods::arguments::not_blank;
use crate::{InvalidArgument, Params, PlayerTrack};

/// The name of a parameter, of a list's item if there are several.
pub(super) fn name(parameter: &'static str, item: Option<usize>) -> Cow<'static, str> {
    item.map_or(parameter.into(), |item| format!("{parameter}[{item}]").into())
}

/// Sets the parameters of a track.
pub(super) fn params(track: &PlayerTrack, item: Option<usize>, params: &mut Params) {
    let name = |parameter| name(parameter, item);
    // To the service, 0 is a length, and too short a one.
    let seconds = track.duration.map(|duration| duration.as_secs()).filter(|seconds| *seconds > 0);
    params
        .set(name("artist"), &track.artist)
        .set(name("track"), &track.name)
        .set_opt(name("album"), track.album.as_ref())
        .set_opt(name("albumArtist"), track.album_artist.as_ref())
        .set_opt(name("trackNumber"), track.track_number)
        .set_opt(name("mbid"), track.mbid.as_ref())
        .set_opt(name("duration"), seconds);
}

/// Refuses a track with a blank name.
pub(super) fn check(track: &PlayerTrack) -> Result<(), InvalidArgument> {
    not_blank("artist", &track.artist)?;
    not_blank("track", &track.name)?;
    let check = |parameter, text: &Option<String>| {
        text.as_deref().map_or(Ok(()), |text| not_blank(parameter, text))
    };
    check("album", &track.album)?;
    check("albumArtist", &track.album_artist)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

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

    #[test]
    fn a_length_below_a_second_is_not_sent() {
        let mut sent = Params::default();
        let blip = PlayerTrack::new("Low", "Words").duration(Duration::from_millis(999));
        params(&blip, None, &mut sent);
        assert_eq!(sent.get("duration"), None);
    }

    /// Tracks that are not to be sent, by the parameter that is refused.
    pub(in crate::methods::track) fn refused() -> [(PlayerTrack, &'static str); 4] {
        let words = || PlayerTrack::new("Low", "Words");
        [
            (PlayerTrack::new(" ", "Words"), "artist"),
            (PlayerTrack::new("Low", ""), "track"),
            (words().album(" "), "album"),
            (words().album_artist(""), "albumArtist"),
        ]
    }
}
