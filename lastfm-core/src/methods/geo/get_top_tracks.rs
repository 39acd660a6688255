//! `geo.getTopTracks` — API key only.
//!
//! The most popular tracks of a country.

use crate::methods::arguments::{Part, not_blank, not_blank_if_given, paged};
use crate::wire::Object;
use crate::{Authentication, DecodeError, InvalidArgument, Method, Page, Params, TrackEntry, Verb};

/// Asks for the tracks that were most popular in a country last week.
///
/// Each comes with its rank, how many people have listened to it and, if anybody knows, its length.
///
/// Service documentation: <https://www.last.fm/api/show/geo.getTopTracks>.
///
/// ```
/// use lastfm_core::methods::geo::GetTopTracks;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopTracks::new("New Zealand").limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "country=New+Zealand&limit=10");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopTracks {
    country: String,
    location: Option<String>,
    part: Part,
}

impl GetTopTracks {
    /// Those of this country, by its English name as in ISO 3166-1.
    pub fn new(country: impl Into<String>) -> Self {
        Self { country: country.into(), location: None, part: Part::default() }
    }

    /// Those of this metropolitan area of the country, by its name. Default: of all of it.
    pub fn location(self, location: impl Into<String>) -> Self {
        Self { location: Some(location.into()), ..self }
    }

    /// Tracks a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for GetTopTracks {
    const NAME: &'static str = "geo.getTopTracks";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<TrackEntry>;

    fn params(&self, params: &mut Params) {
        params.set("country", &self.country).set_opt("location", self.location.as_ref());
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("country", &self.country)?;
        not_blank_if_given("location", self.location.as_ref())?;
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<TrackEntry>, DecodeError> {
        Page::read(&Object::read(body)?.object("tracks")?, "track")
    }
}

paged!(GetTopTracks, TrackEntry);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Mbid;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        let all = GetTopTracks::new("Peru").location("Lima").limit(5).page(2);
        harness::method::<GetTopTracks>()
            .sends(GetTopTracks::new("New Zealand"), "country=New+Zealand")
            .sends(all, "country=Peru&limit=5&location=Lima&page=2")
            .refuses(&GetTopTracks::new(" "), "country")
            .refuses(&GetTopTracks::new("Peru").location(" "), "location")
            .refuses(&GetTopTracks::new("Peru").limit(1001), "limit")
            .refuses(&GetTopTracks::new("Peru").page(0), "page")
            .reads(
                r##"{"tracks":{"track":[{"name":"Words","duration":"345","listeners":"900",
                    "mbid":"m","url":"u","streamable":{"#text":"0","fulltrack":"0"},
                    "artist":{"name":"Low","mbid":"n","url":"v"},"image":[{"#text":"i",
                    "size":"small"}],"@attr":{"rank":"6"}}],"@attr":{"country":"Peru",
                    "page":"2","perPage":"5","totalPages":"3","total":"11"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("Peru", [2, 5, 3, 11]));
                    let track = &page.items[0];
                    assert_eq!((&*track.name, &track.mbid), ("Words", &Mbid::new("m")));
                    assert_eq!((track.listener_count, track.rank), (Some(900), Some(6)));
                    assert_eq!(track.duration, Some(Duration::from_secs(345)));
                    assert_eq!((track.url.as_deref(), track.images.len()), (Some("u"), 1));
                    let artist = &track.artist;
                    assert_eq!((&*artist.name, &artist.mbid), ("Low", &Mbid::new("n")));
                    assert_eq!(artist.url.as_deref(), Some("v"));
                },
            )
            .reads(r#"{"tracks":{"track":{"name":"Words","duration":"0"}}}"#, |page| {
                assert_eq!((&*page.items[0].name, page.items[0].duration), ("Words", None));
                assert_eq!((page.of, page.total), (None, None));
            })
            .rejects([
                "{}",
                r#"{"tracks":7}"#,
                r#"{"tracks":{"track":[7]}}"#,
                r#"{"tracks":{"track":[],"@attr":{"total":"many"}}}"#,
            ]);
    }
}
