//! `album.getTopTags` — API key only.
//!
//! The tags that an album is given most.

use crate::methods::arguments::Subject;
use crate::{
    Authentication, DecodeError, InvalidArgument, Listing, Mbid, Method, Params, TagEntry, Verb,
};

/// Asks for the tags that an album is given most.
///
/// Each comes with a count from 0 to 100, where 100 is the one given most.
///
/// Service documentation: <https://www.last.fm/api/show/album.getTopTags>.
///
/// ```
/// use lastfm_core::methods::album::GetTopTags;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopTags::new("Low", "Trust").autocorrect(true).params(&mut params);
/// assert_eq!(params.to_form(), "album=Trust&artist=Low&autocorrect=1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopTags {
    album: Subject,
    autocorrect: bool,
}

impl GetTopTags {
    /// Those of the album of this title by this artist.
    pub fn new(artist: impl Into<String>, album: impl Into<String>) -> Self {
        Self::of(Subject::album(artist, album))
    }

    /// Those of the album with this MusicBrainz identifier, that of a release.
    pub fn by_mbid(mbid: Mbid) -> Self {
        Self::of(Subject::Mbid(mbid))
    }

    fn of(album: Subject) -> Self {
        Self { album, autocorrect: false }
    }

    /// Whether the service may correct the names. Default: no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }
}

impl Method for GetTopTags {
    const NAME: &'static str = "album.getTopTags";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Listing<TagEntry>;

    fn params(&self, params: &mut Params) {
        self.album.params(params);
        params.set_opt("autocorrect", self.autocorrect.then_some(1));
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.album.check()
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
        let all = GetTopTags::new("Low", "Trust").autocorrect(true);
        harness::method::<GetTopTags>()
            .sends(GetTopTags::new("Low", "Trust"), "album=Trust&artist=Low")
            .sends(all, "album=Trust&artist=Low&autocorrect=1")
            .sends(GetTopTags::by_mbid(Mbid::new("a-b").unwrap()), "mbid=a-b")
            .refuses(&GetTopTags::new("", "Trust"), "artist")
            .refuses(&GetTopTags::new("Low", " "), "album")
            .reads(
                r#"{"toptags":{"tag":[{"count":100,"name":"slowcore","url":"u"},{"count":"63",
                    "name":"indie"}],"@attr":{"artist":"Low","album":"Trust"}}}"#,
                |list| {
                    assert_eq!(list.artist.as_deref(), Some("Low"));
                    assert_eq!(list.title.as_deref(), Some("Trust"));
                    let tag = &list.items[0];
                    assert_eq!((&*tag.name, tag.url.as_deref()), ("slowcore", Some("u")));
                    assert_eq!((tag.count, list.items[1].count), (Some(100), Some(63)));
                },
            )
            .reads(r#"{"toptags":{"tag":{"count":""}}}"#, |list| {
                assert_eq!((&*list.items[0].name, list.items[0].count), ("", None));
                assert_eq!((list.artist, list.title), (None, None));
            })
            .rejects([
                "{}",
                r#"{"toptags":7}"#,
                r#"{"toptags":{"tag":[7]}}"#,
                r#"{"toptags":{"tag":[{"count":"most"}]}}"#,
            ]);
    }
}
