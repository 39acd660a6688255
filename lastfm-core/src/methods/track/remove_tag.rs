//! `track.removeTag` — session.
//!
//! Takes a tag from a track, in the name of the session's user.

use crate::methods::arguments::{Subject, not_blank};
use crate::{Authentication, DecodeError, InvalidArgument, Method, Params, Verb, wire};

/// Takes a tag from a track that the session's user gave it.
///
/// Service documentation: <https://www.last.fm/api/show/track.removeTag>.
///
/// ```
/// use lastfm_core::methods::track::RemoveTag;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// RemoveTag::new("Low", "Words", "winter").params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&tag=winter&track=Words");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveTag {
    track: Subject,
    tag: String,
}

impl RemoveTag {
    /// Takes this tag from the track of this artist and name.
    pub fn new(
        artist: impl Into<String>,
        track: impl Into<String>,
        tag: impl Into<String>,
    ) -> Self {
        Self { track: Subject::track(artist, track), tag: tag.into() }
    }
}

impl Method for RemoveTag {
    const NAME: &'static str = "track.removeTag";
    const VERB: Verb = Verb::Write;
    const AUTHENTICATION: Authentication = Authentication::Session;
    type Response = ();

    fn params(&self, params: &mut Params) {
        self.track.params(params);
        params.set("tag", &self.tag);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.track.check()?;
        not_blank("tag", &self.tag)
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
        harness::method::<RemoveTag>()
            .sends(RemoveTag::new("Low", "Words", "b c"), "artist=Low&tag=b+c&track=Words")
            .refuses(&RemoveTag::new(" ", "Words", "a"), "artist")
            .refuses(&RemoveTag::new("Low", "", "a"), "track")
            .refuses(&RemoveTag::new("Low", "Words", " "), "tag")
            .reads("{}", |()| {})
            .reads(r#"{"lfm":{"status":"ok"}}"#, |()| {})
            .rejects(["", "[]", r#"{"lfm":{"status":"failed"}}"#]);
    }
}
