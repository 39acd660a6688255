//! `artist.addTags` — session.
//!
//! Gives an artist tags, in the name of the session's user.

use crate::methods::arguments::{Subject, Tags};
use crate::{Authentication, DecodeError, InvalidArgument, Method, Params, Verb, wire};

/// Gives an artist tags.
///
/// Service documentation: <https://www.last.fm/api/show/artist.addTags>.
///
/// ```
/// use lastfm_core::methods::artist::AddTags;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// AddTags::new("Low", ["slowcore", "winter"]).params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&tags=slowcore%2Cwinter");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddTags {
    artist: Subject,
    tags: Tags,
}

impl AddTags {
    /// Gives this artist 1 to 10 tags, which hold no comma.
    pub fn new(
        artist: impl Into<String>,
        tags: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { artist: Subject::artist(artist), tags: Tags::new(tags) }
    }
}

impl Method for AddTags {
    const NAME: &'static str = "artist.addTags";
    const VERB: Verb = Verb::Write;
    const AUTHENTICATION: Authentication = Authentication::Session;
    type Response = ();

    fn params(&self, params: &mut Params) {
        self.artist.params(params);
        self.tags.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.artist.check()?;
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
            .sends(AddTags::new("Low", ["a", "b c"]), "artist=Low&tags=a%2Cb+c")
            .refuses(&AddTags::new(" ", ["a"]), "artist")
            .refuses(&AddTags::new("Low", [""; 0]), "tags")
            .refuses(&AddTags::new("Low", ["a"; 11]), "tags")
            .refuses(&AddTags::new("Low", ["a,b"]), "tags")
            .reads("{}", |()| {})
            .reads(r#"{"lfm":{"status":"ok"}}"#, |()| {})
            .rejects(["", "[]", r#"{"lfm":{"status":"failed"}}"#]);
    }
}
