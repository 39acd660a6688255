//! `geo.getTopArtists` — API key only.
//!
//! The most popular artists of a country.
//!
//! # Observed
//!
//! * 2026-07: the listeners seem to be the country's. In 2023 they were the whole world's, and no
//!   artist had a rank.

use crate::methods::arguments::{Part, not_blank, paged};
use crate::wire::Object;
use crate::{
    ArtistEntry, Authentication, DecodeError, InvalidArgument, Method, Page, Params, Verb,
};

/// Asks for the most popular artists of a country.
///
/// Each comes with its rank, and how many people have listened to the artist.
///
/// Service documentation: <https://www.last.fm/api/show/geo.getTopArtists>.
///
/// ```
/// use lastfm_core::methods::geo::GetTopArtists;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopArtists::new("New Zealand").limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "country=New+Zealand&limit=10");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopArtists {
    country: String,
    part: Part,
}

impl GetTopArtists {
    /// Those of this country, by its English name as in ISO 3166-1.
    pub fn new(country: impl Into<String>) -> Self {
        Self { country: country.into(), part: Part::default() }
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
    const NAME: &'static str = "geo.getTopArtists";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<ArtistEntry>;

    fn params(&self, params: &mut Params) {
        params.set("country", &self.country);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("country", &self.country)?;
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
            .sends(GetTopArtists::new("New Zealand"), "country=New+Zealand")
            .sends(GetTopArtists::new("Peru").limit(5).page(2), "country=Peru&limit=5&page=2")
            .refuses(&GetTopArtists::new(" "), "country")
            .refuses(&GetTopArtists::new("Peru").limit(0), "limit")
            .refuses(&GetTopArtists::new("Peru").page(1_000_001), "page")
            .reads(
                r##"{"topartists":{"artist":[{"name":"Low","listeners":"621","mbid":"m",
                    "url":"u","streamable":"0","image":[{"#text":"i","size":"small"}],
                    "@attr":{"rank":"6"}}],"@attr":{"country":"Peru","page":"2",
                    "perPage":"5","totalPages":"3","total":"11"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("Peru", [2, 5, 3, 11]));
                    let artist = &page.items[0];
                    assert_eq!((&*artist.name, &artist.mbid), ("Low", &Mbid::new("m")));
                    assert_eq!((artist.listener_count, artist.images.len()), (Some(621), 1));
                    assert_eq!((artist.rank, artist.url.as_deref()), (Some(6), Some("u")));
                },
            )
            .reads(r#"{"topartists":{"artist":{"name":"Low","mbid":""}}}"#, |page| {
                assert_eq!((&page.items[0].mbid, page.items[0].listener_count), (&None, None));
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
