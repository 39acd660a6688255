//! `album.search` — API key only.
//!
//! The albums that a search finds.

use crate::methods::arguments::{Part, not_blank, paged};
use crate::{AlbumEntry, Authentication, DecodeError, InvalidArgument, Method, Page, Params, Verb};

/// Asks for the albums whose titles are like this one, the best match first.
///
/// Each comes with its artist's name, and with no plays or listeners.
///
/// Service documentation: <https://www.last.fm/api/show/album.search>.
///
/// ```
/// use lastfm_core::methods::album::Search;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// Search::new("trust").limit(5).params(&mut params);
/// assert_eq!(params.to_form(), "album=trust&limit=5");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    album: String,
    part: Part,
}

impl Search {
    /// Those whose titles are like this one.
    pub fn new(album: impl Into<String>) -> Self {
        Self { album: album.into(), part: Part::default() }
    }

    /// Albums a page, 1 to 1000. Default: 30.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for Search {
    const NAME: &'static str = "album.search";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<AlbumEntry>;

    fn params(&self, params: &mut Params) {
        params.set("album", &self.album);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("album", &self.album)?;
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<AlbumEntry>, DecodeError> {
        Page::read_search(body, "albummatches", "album")
    }
}

paged!(Search, AlbumEntry);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<Search>()
            .sends(Search::new("trust"), "album=trust")
            .sends(Search::new("trust").limit(5).page(2), "album=trust&limit=5&page=2")
            .refuses(&Search::new(" "), "album")
            .refuses(&Search::new("trust").limit(0), "limit")
            .refuses(&Search::new("trust").page(1_000_001), "page")
            .reads(
                r##"{"results":{"opensearch:Query":{"#text":"","role":"request",
                    "searchTerms":"trust","startPage":"2"},"opensearch:totalResults":"31",
                    "opensearch:startIndex":"5","opensearch:itemsPerPage":"5","albummatches":{
                    "album":[{"name":"Trust","artist":"Low","url":"u","image":[{"#text":"i",
                    "size":"small"},{"#text":"","size":"large"}],"streamable":"0",
                    "mbid":"m"}]},"@attr":{"for":"trust"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("trust", [2, 5, 7, 31]));
                    let album = &page.items[0];
                    assert_eq!((&*album.name, &*album.artist.name), ("Trust", "Low"));
                    assert_eq!((&album.mbid, album.images.len()), (&Mbid::new("m"), 1));
                    assert_eq!(album.url.as_deref(), Some("u"));
                },
            )
            .reads(
                r#"{"results":{"opensearch:totalResults":"1","albummatches":{"album":{
                    "name":"Trust","mbid":""}},"@attr":{"for":"trust"}}}"#,
                |page| {
                    assert_eq!((page.of.as_deref(), page.total), (Some("trust"), Some(1)));
                    assert_eq!((page.page, page.per_page, page.total_pages), (None, None, None));
                    assert_eq!((&*page.items[0].name, &page.items[0].mbid), ("Trust", &None));
                },
            )
            .reads(r#"{"results":{"albummatches":"\n"}}"#, |page| {
                assert_eq!((page.of, page.items), (None, vec![]));
            })
            .rejects([
                "{}",
                r#"{"results":{}}"#,
                r#"{"results":{"albummatches":{"album":[7]}}}"#,
                r#"{"results":{"opensearch:totalResults":"many","albummatches":{}}}"#,
            ]);
    }
}
