//! `chart.getTopTracks` — API key only.
//!
//! The tracks of everybody's chart.

use crate::methods::arguments::{Part, paged};
use crate::wire::Object;
use crate::{Authentication, DecodeError, InvalidArgument, Method, Page, Params, TrackEntry, Verb};

/// Asks for the tracks of everybody's chart, from the first place on.
///
/// Each comes with everybody's plays, how many people have listened to it and, if anybody knows,
/// its length.
///
/// Service documentation: <https://www.last.fm/api/show/chart.getTopTracks>.
///
/// ```
/// use lastfm_core::methods::chart::GetTopTracks;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopTracks::new().limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "limit=10");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GetTopTracks {
    part: Part,
}

impl GetTopTracks {
    /// Everybody's chart.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tracks a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit) }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page) }
    }
}

impl Method for GetTopTracks {
    const NAME: &'static str = "chart.getTopTracks";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<TrackEntry>;

    fn params(&self, params: &mut Params) {
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
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
            .sends(GetTopTracks::new(), "")
            .sends(GetTopTracks::new().limit(5).page(2), "limit=5&page=2")
            .refuses(&GetTopTracks::new().limit(1001), "limit")
            .refuses(&GetTopTracks::new().page(0), "page")
            .reads(
                r##"{"tracks":{"track":[{"name":"Words","duration":"345","playcount":"100",
                    "listeners":"11","mbid":"m","url":"u","streamable":{"#text":"0",
                    "fulltrack":"0"},"artist":{"name":"Low","mbid":"n","url":"v"},
                    "image":[{"#text":"i","size":"small"}]}],"@attr":{"page":"2",
                    "perPage":"5","totalPages":"3","total":"11"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("", [2, 5, 3, 11]));
                    let track = &page.items[0];
                    assert_eq!((&*track.name, &track.mbid), ("Words", &Mbid::new("m")));
                    assert_eq!((track.play_count, track.listener_count), (Some(100), Some(11)));
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
