//! `track.getCorrection` — API key only.
//!
//! How the service would correct the names of a track.
//!
//! # Observed
//!
//! * 2023: without a correction, a line break stands where the list of corrections would.

use crate::methods::arguments::Subject;
use crate::wire::{Entry, Object};
use crate::{Authentication, DecodeError, InvalidArgument, Method, Params, TrackEntry, Verb};

/// Asks how the service would correct the names of a track.
///
/// The answer is `None` if the service knows no correction.
///
/// Service documentation: <https://www.last.fm/api/show/track.getCorrection>.
///
/// ```
/// use lastfm_core::methods::track::GetCorrection;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetCorrection::new("guns and roses", "Mrbrownstone").params(&mut params);
/// assert_eq!(params.to_form(), "artist=guns+and+roses&track=Mrbrownstone");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetCorrection {
    track: Subject,
}

impl GetCorrection {
    /// About the track of this artist and name.
    pub fn new(artist: impl Into<String>, track: impl Into<String>) -> Self {
        Self { track: Subject::track(artist, track) }
    }
}

impl Method for GetCorrection {
    const NAME: &'static str = "track.getCorrection";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Option<Correction>;

    fn params(&self, params: &mut Params) {
        self.track.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.track.check()
    }

    fn decode(body: &str) -> Result<Option<Correction>, DecodeError> {
        let corrections = Object::read(body)?.object("corrections")?;
        Ok(corrections.list("correction")?.into_iter().next())
    }
}

/// The right names of a track.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Correction {
    /// The track with its right names.
    pub track: TrackEntry,
    /// Whether the artist's name differs from the one asked about.
    pub artist_corrected: bool,
    /// Whether the track's name differs from the one asked about.
    pub track_corrected: bool,
}

impl Entry for Correction {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let correction = Object::read(item)?;
        let track =
            correction.list("track")?.into_iter().find(|track: &TrackEntry| !track.name.is_empty());
        let attributes = correction.child("@attr");
        let is_set = |name| attributes.flag(name).unwrap_or(false);
        Ok(Self {
            track: track.ok_or_else(|| DecodeError::new("a correction names no track"))?,
            artist_corrected: is_set("artistcorrected"),
            track_corrected: is_set("trackcorrected"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetCorrection>()
            .sends(GetCorrection::new("low", "words"), "artist=low&track=words")
            .refuses(&GetCorrection::new("", "words"), "artist")
            .refuses(&GetCorrection::new("low", " "), "track")
            .reads(
                r#"{"corrections":{"correction":{"track":{"name":"Words","mbid":"m","url":"u",
                    "artist":{"name":"Low","mbid":"a","url":"l"}},
                    "@attr":{"index":"0","artistcorrected":"0","trackcorrected":"1"}}}}"#,
                |correction| {
                    let Correction { track, artist_corrected, track_corrected } =
                        correction.unwrap();
                    assert_eq!((&*track.name, &*track.artist.name), ("Words", "Low"));
                    assert_eq!((track.mbid, track.artist.mbid), (Mbid::new("m"), Mbid::new("a")));
                    assert_eq!(track.url.as_deref(), Some("u"));
                    assert_eq!(track.artist.url.as_deref(), Some("l"));
                    assert_eq!((artist_corrected, track_corrected), (false, true));
                },
            )
            .reads(r#"{"corrections":{"correction":[{"track":{"name":"Words"}}]}}"#, |correction| {
                let correction = correction.unwrap();
                assert_eq!((&*correction.track.name, correction.track.mbid), ("Words", None));
                assert!(!correction.artist_corrected && !correction.track_corrected);
            })
            .reads(r#"{"corrections":"\n                "}"#, |none| assert_eq!(none, None))
            .reads(r#"{"corrections":{"correction":[]}}"#, |none| assert_eq!(none, None))
            .rejects([
                "{}",
                r#"{"corrections":7}"#,
                r#"{"corrections":{"correction":[7]}}"#,
                r#"{"corrections":{"correction":{"artist":{"name":"Low"}}}}"#,
                r#"{"corrections":{"correction":{"track":{"mbid":"m"}}}}"#,
            ]);
    }
}
