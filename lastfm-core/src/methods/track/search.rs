//! `track.search` — API key only.
//!
//! Tracks whose names hold some words.
//!
//! # Observed
//!
//! * 2023: an item names its artist with text alone.

use crate::methods::arguments::{Part, not_blank, not_blank_if_given, paged};
use crate::{Authentication, DecodeError, InvalidArgument, Method, Page, Params, TrackEntry, Verb};

/// Searches for tracks by name, the best match first.
///
/// Each comes with how many people have listened to it.
///
/// Service documentation: <https://www.last.fm/api/show/track.search>.
///
/// ```
/// use lastfm_core::methods::track::Search;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// Search::new("words").artist("Low").params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&track=words");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    track: String,
    artist: Option<String>,
    part: Part,
}

impl Search {
    /// For tracks of this name.
    pub fn new(track: impl Into<String>) -> Self {
        Self { track: track.into(), artist: None, part: Part::default() }
    }

    /// Only those of this artist. Default: anybody's.
    pub fn artist(self, artist: impl Into<String>) -> Self {
        Self { artist: Some(artist.into()), ..self }
    }

    /// Tracks a page, 1 to 1000. Default: 30.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for Search {
    const NAME: &'static str = "track.search";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<TrackEntry>;

    fn params(&self, params: &mut Params) {
        params.set("track", &self.track).set_opt("artist", self.artist.as_ref());
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("track", &self.track)?;
        not_blank_if_given("artist", self.artist.as_ref())?;
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<TrackEntry>, DecodeError> {
        Page::read_search(body, "trackmatches", "track")
    }
}

paged!(Search, TrackEntry);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        let all = Search::new("words").artist("Low").limit(2).page(3);
        harness::method::<Search>()
            .sends(Search::new("words"), "track=words")
            .sends(all, "artist=Low&limit=2&page=3&track=words")
            .refuses(&Search::new(" "), "track")
            .refuses(&Search::new("words").artist(""), "artist")
            .refuses(&Search::new("words").limit(0), "limit")
            .refuses(&Search::new("words").page(0), "page")
            .reads(
                r##"{"results":{"opensearch:Query":{"#text":"","role":"request",
                    "searchTerms":"words","startPage":"1"},"opensearch:totalResults":"61",
                    "opensearch:startIndex":"0","opensearch:itemsPerPage":"30",
                    "trackmatches":{"track":[{"name":"Words","artist":"Low","url":"u",
                    "streamable":"FIXME","listeners":"870","image":[{"size":"small",
                    "#text":"i"}],"mbid":"m"}]},"@attr":{}}}"##,
                |page| {
                    assert_eq!((page.of.as_deref(), page.total), (Some("words"), Some(61)));
                    assert_eq!((page.page, page.per_page), (Some(1), Some(30)));
                    assert_eq!(page.total_pages, Some(3));
                    let track = &page.items[0];
                    assert_eq!((&*track.name, &*track.artist.name), ("Words", "Low"));
                    assert_eq!((&track.mbid, track.listener_count), (&Mbid::new("m"), Some(870)));
                    assert_eq!((track.url.as_deref(), track.images.len()), (Some("u"), 1));
                },
            )
            .reads(r#"{"results":{"trackmatches":{"track":{"name":"Words"}}}}"#, |page| {
                assert_eq!((&*page.items[0].name, page.total), ("Words", None));
            })
            .reads(r#"{"results":{"opensearch:totalResults":"0","trackmatches":"\n"}}"#, |page| {
                assert_eq!((page.items.len(), page.total), (0, Some(0)));
            })
            .rejects([
                "{}",
                r#"{"results":7}"#,
                r#"{"results":{}}"#,
                r#"{"results":{"trackmatches":{"track":[7]}}}"#,
                r#"{"results":{"opensearch:totalResults":"many","trackmatches":{}}}"#,
            ]);
    }
}
