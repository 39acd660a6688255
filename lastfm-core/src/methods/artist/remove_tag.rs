//! `artist.removeTag` — session.
//!
//! Takes a tag from an artist, in the name of the session's user.

use crate::methods::arguments::{Subject, not_blank};
use crate::{Authentication, DecodeError, InvalidArgument, Method, Params, Verb, wire};

/// Takes a tag from an artist, which the user has given.
///
/// Service documentation: <https://www.last.fm/api/show/artist.removeTag>.
///
/// ```
/// use lastfm_core::methods::artist::RemoveTag;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// RemoveTag::new("Low", "winter").params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&tag=winter");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveTag {
    artist: Subject,
    tag: String,
}

impl RemoveTag {
    /// Takes this tag from this artist.
    pub fn new(artist: impl Into<String>, tag: impl Into<String>) -> Self {
        Self { artist: Subject::artist(artist), tag: tag.into() }
    }
}

impl Method for RemoveTag {
    const NAME: &'static str = "artist.removeTag";
    const VERB: Verb = Verb::Write;
    const AUTHENTICATION: Authentication = Authentication::Session;
    type Response = ();

    fn params(&self, params: &mut Params) {
        self.artist.params(params);
        params.set("tag", &self.tag);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.artist.check()?;
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
            .sends(RemoveTag::new("Low", "b c"), "artist=Low&tag=b+c")
            .refuses(&RemoveTag::new(" ", "a"), "artist")
            .refuses(&RemoveTag::new("Low", " "), "tag")
            .reads("{}", |()| {})
            .reads(r#"{"lfm":{"status":"ok"}}"#, |()| {})
            .rejects(["", "[]", r#"{"lfm":{"status":"failed"}}"#]);
    }
}
