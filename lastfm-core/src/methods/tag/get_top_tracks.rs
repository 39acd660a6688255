//! `tag.getTopTracks` — API key only.
//!
//! The tracks that are given a tag most.

use crate::methods::arguments::{Part, not_blank, paged};
use crate::wire::Object;
use crate::{Authentication, DecodeError, InvalidArgument, Method, Page, Params, TrackEntry, Verb};

/// Asks for the tracks that are given a tag most.
///
/// Each comes with its rank and, if anybody knows, its length, and with no plays.
///
/// Service documentation: <https://www.last.fm/api/show/tag.getTopTracks>.
///
/// ```
/// use lastfm_core::methods::tag::GetTopTracks;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopTracks::new("slowcore").limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "limit=10&tag=slowcore");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopTracks {
    tag: String,
    part: Part,
}

impl GetTopTracks {
    /// Those with this tag.
    pub fn new(tag: impl Into<String>) -> Self {
        Self { tag: tag.into(), part: Part::default() }
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
    const NAME: &'static str = "tag.getTopTracks";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<TrackEntry>;

    fn params(&self, params: &mut Params) {
        params.set("tag", &self.tag);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("tag", &self.tag)?;
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
        harness::method::<GetTopTracks>()
            .sends(GetTopTracks::new("slowcore"), "tag=slowcore")
            .sends(GetTopTracks::new("slowcore").limit(5).page(2), "limit=5&page=2&tag=slowcore")
            .refuses(&GetTopTracks::new(" "), "tag")
            .refuses(&GetTopTracks::new("slowcore").limit(1001), "limit")
            .refuses(&GetTopTracks::new("slowcore").page(0), "page")
            .reads(
                r##"{"tracks":{"track":[{"name":"Words","duration":"400","mbid":"m","url":"u",
                    "streamable":{"#text":"0","fulltrack":"0"},"artist":{"name":"Low",
                    "mbid":"n","url":"v"},"image":[{"size":"small","#text":"i"}],
                    "@attr":{"rank":"6"}}],"@attr":{"tag":"Slowcore","page":"2","perPage":"5",
                    "totalPages":"3","total":"11"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("Slowcore", [2, 5, 3, 11]));
                    let track = &page.items[0];
                    assert_eq!((&*track.name, &track.mbid), ("Words", &Mbid::new("m")));
                    assert_eq!(track.duration, Some(Duration::from_secs(400)));
                    assert_eq!((track.rank, track.url.as_deref()), (Some(6), Some("u")));
                    let artist = &track.artist;
                    assert_eq!((&*artist.name, &artist.mbid), ("Low", &Mbid::new("n")));
                    assert_eq!((artist.url.as_deref(), track.images.len()), (Some("v"), 1));
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
