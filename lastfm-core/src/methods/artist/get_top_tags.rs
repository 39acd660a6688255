//! `artist.getTopTags` — API key only.
//!
//! The tags that an artist is given most.

use crate::methods::arguments::Subject;
use crate::{
    Authentication, DecodeError, InvalidArgument, Listing, Mbid, Method, Params, TagEntry, Verb,
};

/// Asks for the tags that an artist is given most.
///
/// Each comes with a count from 0 to 100, where 100 is the one given most.
///
/// Service documentation: <https://www.last.fm/api/show/artist.getTopTags>.
///
/// ```
/// use lastfm_core::methods::artist::GetTopTags;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopTags::new("Low").autocorrect(true).params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&autocorrect=1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopTags {
    artist: Subject,
    autocorrect: bool,
}

impl GetTopTags {
    /// Those of the artist of this name.
    pub fn new(artist: impl Into<String>) -> Self {
        Self::of(Subject::artist(artist))
    }

    /// Those of the artist with this MusicBrainz identifier.
    pub fn by_mbid(mbid: Mbid) -> Self {
        Self::of(Subject::Mbid(mbid))
    }

    fn of(artist: Subject) -> Self {
        Self { artist, autocorrect: false }
    }

    /// Whether the service may correct the name. Default: no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }
}

impl Method for GetTopTags {
    const NAME: &'static str = "artist.getTopTags";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Listing<TagEntry>;

    fn params(&self, params: &mut Params) {
        self.artist.params(params);
        params.set_opt("autocorrect", self.autocorrect.then_some(1));
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.artist.check()
    }

    fn decode(body: &str) -> Result<Listing<TagEntry>, DecodeError> {
        Listing::read(body, "toptags", "tag")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetTopTags>()
            .sends(GetTopTags::new("Low"), "artist=Low")
            .sends(GetTopTags::new("Low").autocorrect(true), "artist=Low&autocorrect=1")
            .sends(GetTopTags::by_mbid(Mbid::new("a-b").unwrap()), "mbid=a-b")
            .refuses(&GetTopTags::new(""), "artist")
            .reads(
                r#"{"toptags":{"tag":[{"count":100,"name":"slowcore","url":"u"},{"count":"63",
                    "name":"indie"}],"@attr":{"artist":"Low"}}}"#,
                |list| {
                    assert_eq!((list.artist.as_deref(), list.title), (Some("Low"), None));
                    let tag = &list.items[0];
                    assert_eq!((&*tag.name, tag.url.as_deref()), ("slowcore", Some("u")));
                    assert_eq!((tag.count, list.items[1].count), (Some(100), Some(63)));
                },
            )
            .reads(r#"{"toptags":{"tag":{"count":""}}}"#, |list| {
                assert_eq!((&*list.items[0].name, list.items[0].count), ("", None));
                assert_eq!(list.artist, None);
            })
            .rejects([
                "{}",
                r#"{"toptags":7}"#,
                r#"{"toptags":{"tag":[7]}}"#,
                r#"{"toptags":{"tag":[{"count":"most"}]}}"#,
            ]);
    }
}
