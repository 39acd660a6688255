//! `tag.getTopArtists` — API key only.
//!
//! The artists who are given a tag most.

use crate::methods::arguments::{Part, not_blank, paged};
use crate::wire::Object;
use crate::{
    ArtistEntry, Authentication, DecodeError, InvalidArgument, Method, Page, Params, Verb,
};

/// Asks for the artists who are given a tag most.
///
/// Each comes with its rank, and with no plays.
///
/// Service documentation: <https://www.last.fm/api/show/tag.getTopArtists>.
///
/// ```
/// use lastfm_core::methods::tag::GetTopArtists;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopArtists::new("slowcore").limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "limit=10&tag=slowcore");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopArtists {
    tag: String,
    part: Part,
}

impl GetTopArtists {
    /// Those with this tag.
    pub fn new(tag: impl Into<String>) -> Self {
        Self { tag: tag.into(), part: Part::default() }
    }

    /// Artists a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for GetTopArtists {
    const NAME: &'static str = "tag.getTopArtists";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<ArtistEntry>;

    fn params(&self, params: &mut Params) {
        params.set("tag", &self.tag);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("tag", &self.tag)?;
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<ArtistEntry>, DecodeError> {
        Page::read(&Object::read(body)?.object("topartists")?, "artist")
    }
}

paged!(GetTopArtists, ArtistEntry);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetTopArtists>()
            .sends(GetTopArtists::new("slowcore"), "tag=slowcore")
            .sends(GetTopArtists::new("slowcore").limit(5).page(2), "limit=5&page=2&tag=slowcore")
            .refuses(&GetTopArtists::new(" "), "tag")
            .refuses(&GetTopArtists::new("slowcore").limit(1001), "limit")
            .refuses(&GetTopArtists::new("slowcore").page(0), "page")
            .reads(
                r##"{"topartists":{"artist":[{"name":"Low","mbid":"m","url":"u",
                    "streamable":"0","image":[{"#text":"i","size":"small"}],
                    "@attr":{"rank":"6"}}],"@attr":{"tag":"Slowcore","page":"2","perPage":"5",
                    "totalPages":"3","total":"11"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("Slowcore", [2, 5, 3, 11]));
                    let artist = &page.items[0];
                    assert_eq!((&*artist.name, &artist.mbid), ("Low", &Mbid::new("m")));
                    assert_eq!((artist.rank, artist.url.as_deref()), (Some(6), Some("u")));
                    assert_eq!(artist.images.len(), 1);
                },
            )
            .reads(r#"{"topartists":{"artist":{"name":"Low"}}}"#, |page| {
                assert_eq!((&*page.items[0].name, &page.items[0].mbid), ("Low", &None));
                assert_eq!((page.of, page.total), (None, None));
            })
            .rejects([
                "{}",
                r#"{"topartists":7}"#,
                r#"{"topartists":{"artist":[7]}}"#,
                r#"{"topartists":{"artist":[],"@attr":{"total":"many"}}}"#,
            ]);
    }
}
