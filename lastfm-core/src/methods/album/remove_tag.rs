//! `album.removeTag` — session.
//!
//! Takes a tag from an album, in the name of the session's user.

use crate::methods::arguments::{Subject, not_blank};
use crate::{Authentication, DecodeError, InvalidArgument, Method, Params, Verb, wire};

/// Takes a tag from an album, which the user has given.
///
/// Service documentation: <https://www.last.fm/api/show/album.removeTag>.
///
/// ```
/// use lastfm_core::methods::album::RemoveTag;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// RemoveTag::new("Low", "Trust", "winter").params(&mut params);
/// assert_eq!(params.to_form(), "album=Trust&artist=Low&tag=winter");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoveTag {
    album: Subject,
    tag: String,
}

impl RemoveTag {
    /// Takes this tag from the album of this title by this artist.
    pub fn new(
        artist: impl Into<String>,
        album: impl Into<String>,
        tag: impl Into<String>,
    ) -> Self {
        Self { album: Subject::album(artist, album), tag: tag.into() }
    }
}

impl Method for RemoveTag {
    const NAME: &'static str = "album.removeTag";
    const VERB: Verb = Verb::Write;
    const AUTHENTICATION: Authentication = Authentication::Session;
    type Response = ();

    fn params(&self, params: &mut Params) {
        self.album.params(params);
        params.set("tag", &self.tag);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.album.check()?;
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
            .sends(RemoveTag::new("Low", "Trust", "b c"), "album=Trust&artist=Low&tag=b+c")
            .refuses(&RemoveTag::new(" ", "Trust", "a"), "artist")
            .refuses(&RemoveTag::new("Low", "", "a"), "album")
            .refuses(&RemoveTag::new("Low", "Trust", " "), "tag")
            .reads("{}", |()| {})
            .reads(r#"{"lfm":{"status":"ok"}}"#, |()| {})
            .rejects(["", "[]", r#"{"lfm":{"status":"failed"}}"#]);
    }
}
