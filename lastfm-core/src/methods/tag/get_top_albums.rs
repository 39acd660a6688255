//! `tag.getTopAlbums` — API key only.
//!
//! The albums that are given a tag most.

use crate::methods::arguments::{Part, not_blank, paged};
use crate::wire::Object;
use crate::{AlbumEntry, Authentication, DecodeError, InvalidArgument, Method, Page, Params, Verb};

/// Asks for the albums that are given a tag most.
///
/// Each comes with its rank, and with no plays.
///
/// Service documentation: <https://www.last.fm/api/show/tag.getTopAlbums>.
///
/// ```
/// use lastfm_core::methods::tag::GetTopAlbums;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopAlbums::new("slowcore").limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "limit=10&tag=slowcore");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopAlbums {
    tag: String,
    part: Part,
}

impl GetTopAlbums {
    /// Those with this tag.
    pub fn new(tag: impl Into<String>) -> Self {
        Self { tag: tag.into(), part: Part::default() }
    }

    /// Albums a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for GetTopAlbums {
    const NAME: &'static str = "tag.getTopAlbums";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<AlbumEntry>;

    fn params(&self, params: &mut Params) {
        params.set("tag", &self.tag);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("tag", &self.tag)?;
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<AlbumEntry>, DecodeError> {
        Page::read(&Object::read(body)?.object("albums")?, "album")
    }
}

paged!(GetTopAlbums, AlbumEntry);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetTopAlbums>()
            .sends(GetTopAlbums::new("slowcore"), "tag=slowcore")
            .sends(GetTopAlbums::new("slowcore").limit(5).page(2), "limit=5&page=2&tag=slowcore")
            .refuses(&GetTopAlbums::new(" "), "tag")
            .refuses(&GetTopAlbums::new("slowcore").limit(1001), "limit")
            .refuses(&GetTopAlbums::new("slowcore").page(0), "page")
            .reads(
                r##"{"albums":{"album":[{"name":"Trust","mbid":"m","url":"u","artist":{
                    "name":"Low","mbid":"n","url":"v"},"image":[{"#text":"i","size":"small"}],
                    "@attr":{"rank":"6"}}],"@attr":{"tag":"Slowcore","page":"2","perPage":"5",
                    "totalPages":"3","total":"11"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("Slowcore", [2, 5, 3, 11]));
                    let album = &page.items[0];
                    assert_eq!((&*album.name, &album.mbid), ("Trust", &Mbid::new("m")));
                    assert_eq!((album.rank, album.url.as_deref()), (Some(6), Some("u")));
                    let artist = &album.artist;
                    assert_eq!((&*artist.name, &artist.mbid), ("Low", &Mbid::new("n")));
                    assert_eq!((artist.url.as_deref(), album.images.len()), (Some("v"), 1));
                },
            )
            .reads(r#"{"albums":{"album":{"name":"Trust","mbid":""}}}"#, |page| {
                assert_eq!((&*page.items[0].name, &page.items[0].mbid), ("Trust", &None));
                assert_eq!((page.of, page.total), (None, None));
            })
            .rejects([
                "{}",
                r#"{"albums":7}"#,
                r#"{"albums":{"album":[7]}}"#,
                r#"{"albums":{"album":[],"@attr":{"total":"many"}}}"#,
            ]);
    }
}
