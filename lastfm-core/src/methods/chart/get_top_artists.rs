//! `chart.getTopArtists` — API key only.
//!
//! The artists of everybody's chart.
//!
//! # Observed
//!
//! * 2023: neither plays nor listeners fall along the chart: they seem to count all time.

use crate::methods::arguments::{Part, paged};
use crate::wire::Object;
use crate::{
    ArtistEntry, Authentication, DecodeError, InvalidArgument, Method, Page, Params, Verb,
};

/// Asks for the artists of everybody's chart, from the first place on.
///
/// Each comes with everybody's plays, and how many people have listened to the artist.
///
/// Service documentation: <https://www.last.fm/api/show/chart.getTopArtists>.
///
/// ```
/// use lastfm_core::methods::chart::GetTopArtists;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopArtists::new().limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "limit=10");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GetTopArtists {
    part: Part,
}

impl GetTopArtists {
    /// Everybody's chart.
    pub fn new() -> Self {
        Self::default()
    }

    /// Artists a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit) }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page) }
    }
}

impl Method for GetTopArtists {
    const NAME: &'static str = "chart.getTopArtists";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<ArtistEntry>;

    fn params(&self, params: &mut Params) {
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<ArtistEntry>, DecodeError> {
        Page::read(&Object::read(body)?.object("artists")?, "artist")
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
            .sends(GetTopArtists::new(), "")
            .sends(GetTopArtists::new().limit(5).page(2), "limit=5&page=2")
            .refuses(&GetTopArtists::new().limit(1001), "limit")
            .refuses(&GetTopArtists::new().page(0), "page")
            .reads(
                r##"{"artists":{"artist":[{"name":"Low","playcount":"541","listeners":"35",
                    "mbid":"m","url":"u","streamable":"0","image":[{"#text":"i",
                    "size":"small"}]}],"@attr":{"page":"2","perPage":"5","totalPages":"3",
                    "total":"11"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("", [2, 5, 3, 11]));
                    let artist = &page.items[0];
                    assert_eq!((&*artist.name, &artist.mbid), ("Low", &Mbid::new("m")));
                    assert_eq!((artist.play_count, artist.listener_count), (Some(541), Some(35)));
                    assert_eq!((artist.url.as_deref(), artist.images.len()), (Some("u"), 1));
                },
            )
            .reads(r#"{"artists":{"artist":{"name":"Low","mbid":""}}}"#, |page| {
                assert_eq!((&page.items[0].mbid, page.items[0].play_count), (&None, None));
                assert_eq!((page.of, page.total), (None, None));
            })
            .rejects([
                "{}",
                r#"{"artists":7}"#,
                r#"{"artists":{"artist":[7]}}"#,
                r#"{"artists":{"artist":[],"@attr":{"total":"many"}}}"#,
            ]);
    }
}
