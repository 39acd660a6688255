//! `artist.getCorrection` — API key only.
//!
//! The name that the service takes for the right one.

use crate::methods::arguments::Subject;
use crate::wire::{Entry, Object};
use crate::{ArtistName, Authentication, DecodeError, InvalidArgument, Method, Params, Verb};

/// Asks for the artist whose name the service takes for the right spelling of this one.
///
/// The answer is `None` if the service knows no correction.
///
/// Service documentation: <https://www.last.fm/api/show/artist.getCorrection>.
///
/// ```
/// use lastfm_core::Method;
/// use lastfm_core::methods::artist::GetCorrection;
///
/// let artist = GetCorrection::decode(
///     r#"{"corrections":{"correction":{"artist":{"name":"Guns N' Roses"}}}}"#,
/// )?;
/// assert_eq!(artist.unwrap().name, "Guns N' Roses");
/// # Ok::<(), lastfm_core::DecodeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetCorrection {
    artist: Subject,
}

impl GetCorrection {
    /// The right spelling of this name.
    pub fn new(artist: impl Into<String>) -> Self {
        Self { artist: Subject::artist(artist) }
    }
}

impl Method for GetCorrection {
    const NAME: &'static str = "artist.getCorrection";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Option<ArtistName>;

    fn params(&self, params: &mut Params) {
        self.artist.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.artist.check()
    }

    fn decode(body: &str) -> Result<Option<ArtistName>, DecodeError> {
        let corrections = Object::read(body)?.object("corrections")?;
        let corrections: Vec<Correction> = corrections.list("correction")?;
        Ok(corrections.into_iter().next().map(|Correction(artist)| artist))
    }
}

struct Correction(ArtistName);

impl Entry for Correction {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let artist = ArtistName::of(&Object::read(item)?);
        if artist.name.is_empty() {
            return Err(DecodeError::new("a correction names no artist"));
        }
        Ok(Self(artist))
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
            .sends(GetCorrection::new("low "), "artist=low+")
            .refuses(&GetCorrection::new(" "), "artist")
            .reads(
                r#"{"corrections":{"correction":{"artist":{"name":"Low","mbid":"m","url":"u"},
                    "@attr":{"index":"0"}}}}"#,
                |artist| {
                    let artist = artist.unwrap();
                    assert_eq!((&*artist.name, artist.mbid), ("Low", Mbid::new("m")));
                    assert_eq!(artist.url.as_deref(), Some("u"));
                },
            )
            .reads(r#"{"corrections":{"correction":[{"artist":{"name":"Low"}}]}}"#, |artist| {
                let artist = artist.unwrap();
                assert_eq!((&*artist.name, artist.mbid, artist.url), ("Low", None, None));
            })
            .reads(r#"{"corrections":"\n                "}"#, |artist| assert_eq!(artist, None))
            .rejects([
                "{}",
                r#"{"corrections":"Low"}"#,
                r#"{"corrections":{"correction":"Low"}}"#,
                r#"{"corrections":{"correction":{"artist":{"mbid":"m"}}}}"#,
            ]);
    }
}
