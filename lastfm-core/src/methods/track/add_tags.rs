//! `track.addTags` — session.
//!
//! Gives a track tags, in the name of the session's user.

use crate::methods::arguments::{Subject, Tags};
use crate::{Authentication, DecodeError, InvalidArgument, Method, Params, Verb, wire};

/// Gives a track tags.
///
/// Service documentation: <https://www.last.fm/api/show/track.addTags>.
///
/// ```
/// use lastfm_core::methods::track::AddTags;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// AddTags::new("Low", "Words", ["slowcore", "winter"]).params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&tags=slowcore%2Cwinter&track=Words");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddTags {
    track: Subject,
    tags: Tags,
}

impl AddTags {
    /// Gives the track of this artist and name 1 to 10 tags, which hold no comma.
    pub fn new(
        artist: impl Into<String>,
        track: impl Into<String>,
        tags: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { track: Subject::track(artist, track), tags: Tags::new(tags) }
    }
}

impl Method for AddTags {
    const NAME: &'static str = "track.addTags";
    const VERB: Verb = Verb::Write;
    const AUTHENTICATION: Authentication = Authentication::Session;
    type Response = ();

    fn params(&self, params: &mut Params) {
        self.track.params(params);
        self.tags.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.track.check()?;
        self.tags.check()
    }

    fn decode(body: &str) -> Result<(), DecodeError> {
        wire::done(body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<AddTags>()
            .sends(
                AddTags::new("Low", "Words", ["a", "b c"]),
                "artist=Low&tags=a%2Cb+c&track=Words",
            )
            .refuses(&AddTags::new(" ", "Words", ["a"]), "artist")
            .refuses(&AddTags::new("Low", "", ["a"]), "track")
            .refuses(&AddTags::new("Low", "Words", [""; 0]), "tags")
            .refuses(&AddTags::new("Low", "Words", ["a"; 11]), "tags")
            .refuses(&AddTags::new("Low", "Words", ["a,b"]), "tags")
            .reads("{}", |()| {})
            .reads(r#"{"lfm":{"status":"ok"}}"#, |()| {})
            .rejects(["", "[]", r#"{"lfm":{"status":"failed"}}"#]);
    }
}
