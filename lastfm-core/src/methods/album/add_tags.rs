//! `album.addTags` — session.
//!
//! Gives an album tags, in the name of the session's user.

use crate::methods::arguments::{Subject, Tags};
use crate::{Authentication, DecodeError, InvalidArgument, Method, Params, Verb, wire};

/// Gives an album tags.
///
/// Service documentation: <https://www.last.fm/api/show/album.addTags>.
///
/// ```
/// use lastfm_core::methods::album::AddTags;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// AddTags::new("Low", "Trust", ["slowcore", "winter"]).params(&mut params);
/// assert_eq!(params.to_form(), "album=Trust&artist=Low&tags=slowcore%2Cwinter");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddTags {
    album: Subject,
    tags: Tags,
}

impl AddTags {
    /// Gives the album of this title by this artist 1 to 10 tags, which hold no comma.
    pub fn new(
        artist: impl Into<String>,
        album: impl Into<String>,
        tags: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { album: Subject::album(artist, album), tags: Tags::new(tags) }
    }
}

impl Method for AddTags {
    const NAME: &'static str = "album.addTags";
    const VERB: Verb = Verb::Write;
    const AUTHENTICATION: Authentication = Authentication::Session;
    type Response = ();

    fn params(&self, params: &mut Params) {
        self.album.params(params);
        self.tags.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.album.check()?;
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
        let call = AddTags::new("Low", "Trust", ["a", "b c"]);
        harness::method::<AddTags>()
            .sends(call, "album=Trust&artist=Low&tags=a%2Cb+c")
            .refuses(&AddTags::new(" ", "Trust", ["a"]), "artist")
            .refuses(&AddTags::new("Low", " ", ["a"]), "album")
            .refuses(&AddTags::new("Low", "Trust", [""; 0]), "tags")
            .refuses(&AddTags::new("Low", "Trust", ["a"; 11]), "tags")
            .refuses(&AddTags::new("Low", "Trust", ["a,b"]), "tags")
            .reads("{}", |()| {})
            .reads(r#"{"lfm":{"status":"ok"}}"#, |()| {})
            .rejects(["", "[]", r#"{"lfm":{"status":"failed"}}"#]);
    }
}
