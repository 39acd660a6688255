//! `artist.search` — API key only.
//!
//! The artists that a search finds.

use crate::methods::arguments::{Part, Subject, paged};
use crate::{
    ArtistEntry, Authentication, DecodeError, InvalidArgument, Method, Page, Params, Verb,
};

/// Asks for the artists whose names are like this one, the best match first.
///
/// Each comes with how many people have listened to the artist.
///
/// Service documentation: <https://www.last.fm/api/show/artist.search>.
///
/// ```
/// use lastfm_core::methods::artist::Search;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// Search::new("low").limit(5).params(&mut params);
/// assert_eq!(params.to_form(), "artist=low&limit=5");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    artist: Subject,
    part: Part,
}

impl Search {
    /// Those whose names are like this one.
    pub fn new(artist: impl Into<String>) -> Self {
        Self { artist: Subject::artist(artist), part: Part::default() }
    }

    /// Artists a page, 1 to 1000. Default: 30.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for Search {
    const NAME: &'static str = "artist.search";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<ArtistEntry>;

    fn params(&self, params: &mut Params) {
        self.artist.params(params);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.artist.check()?;
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<ArtistEntry>, DecodeError> {
        Page::read_search(body, "artistmatches", "artist")
    }
}

paged!(Search, ArtistEntry);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<Search>()
            .sends(Search::new("low"), "artist=low")
            .sends(Search::new("low").limit(5).page(2), "artist=low&limit=5&page=2")
            .refuses(&Search::new(" "), "artist")
            .refuses(&Search::new("low").limit(1001), "limit")
            .refuses(&Search::new("low").page(0), "page")
            .reads(
                r##"{"results":{"opensearch:Query":{"#text":"","role":"request",
                    "searchTerms":"low","startPage":"2"},"opensearch:totalResults":"31",
                    "opensearch:startIndex":"5","opensearch:itemsPerPage":"5","artistmatches":{
                    "artist":[{"name":"Low","listeners":"658","mbid":"m","url":"u",
                    "streamable":"0","image":[{"#text":"i","size":"small"},{"#text":"",
                    "size":"large"}]}]},"@attr":{"for":"low"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("low", [2, 5, 7, 31]));
                    let artist = &page.items[0];
                    assert_eq!((&*artist.name, &artist.mbid), ("Low", &Mbid::new("m")));
                    assert_eq!((artist.listener_count, artist.images.len()), (Some(658), 1));
                    assert_eq!(artist.url.as_deref(), Some("u"));
                },
            )
            .reads(
                r#"{"results":{"opensearch:totalResults":"1","artistmatches":{"artist":{
                    "name":"Low","mbid":""}},"@attr":{"for":"low"}}}"#,
                |page| {
                    assert_eq!((page.of.as_deref(), page.total), (Some("low"), Some(1)));
                    assert_eq!((page.page, page.per_page, page.total_pages), (None, None, None));
                    assert_eq!((&*page.items[0].name, &page.items[0].mbid), ("Low", &None));
                },
            )
            .reads(r#"{"results":{"artistmatches":"\n"}}"#, |page| {
                assert_eq!((page.of, page.items), (None, vec![]));
            })
            .rejects([
                "{}",
                r#"{"results":{}}"#,
                r#"{"results":{"artistmatches":{"artist":[7]}}}"#,
                r#"{"results":{"opensearch:totalResults":"many","artistmatches":{}}}"#,
            ]);
    }
}
