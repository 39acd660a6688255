//! `user.getTopTracks` — API key only.
//!
//! The tracks that a user has played most.

use crate::methods::arguments::{Part, paged};
use crate::wire::Object;
use crate::{
    Authentication, DecodeError, InvalidArgument, Method, Page, Params, Period, TrackEntry,
    Username, Verb,
};

/// Asks for the tracks that a user has played most.
///
/// Each comes with its rank, the user's plays and its length.
///
/// Service documentation: <https://www.last.fm/api/show/user.getTopTracks>.
///
/// ```
/// use lastfm_core::methods::user::GetTopTracks;
/// use lastfm_core::{Method, Params, Period};
///
/// let mut params = Params::default();
/// GetTopTracks::new("RJ".parse()?).period(Period::Year).params(&mut params);
/// assert_eq!(params.to_form(), "period=12month&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopTracks {
    user: Username,
    period: Option<Period>,
    part: Part,
}

impl GetTopTracks {
    /// The tracks that this user has played most.
    pub fn new(user: Username) -> Self {
        Self { user, period: None, part: Part::default() }
    }

    /// How far back to count. Default: all plays.
    pub fn period(self, period: Period) -> Self {
        Self { period: Some(period), ..self }
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
    const NAME: &'static str = "user.getTopTracks";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<TrackEntry>;

    fn params(&self, params: &mut Params) {
        params.set("user", &self.user).set_opt("period", self.period);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<TrackEntry>, DecodeError> {
        Page::read(&Object::read(body)?.object("toptracks")?, "track")
    }
}

paged!(GetTopTracks, TrackEntry);

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Mbid;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        let all = GetTopTracks::new(rj()).period(Period::Week).limit(2).page(3);
        harness::method::<GetTopTracks>()
            .sends(GetTopTracks::new(rj()), "user=RJ")
            .sends(all, "limit=2&page=3&period=7day&user=RJ")
            .refuses(&GetTopTracks::new(rj()).limit(1001), "limit")
            .refuses(&GetTopTracks::new(rj()).page(0), "page")
            .reads(
                r##"{"toptracks":{"track":[{"streamable":{"fulltrack":"0","#text":"0"},
                    "mbid":"m","name":"Words","image":[{"size":"small","#text":"i"}],
                    "artist":{"url":"l","name":"Low","mbid":"a"},"url":"u","duration":"345",
                    "@attr":{"rank":"1"},"playcount":"20"}],"@attr":{"user":"RJ",
                    "totalPages":"24","page":"1","total":"48","perPage":"2"}}}"##,
                |page| {
                    assert_eq!((page.of.as_deref(), page.total), (Some("RJ"), Some(48)));
                    assert_eq!((page.page, page.per_page), (Some(1), Some(2)));
                    assert_eq!(page.total_pages, Some(24));
                    let track = &page.items[0];
                    assert_eq!((&*track.name, &*track.artist.name), ("Words", "Low"));
                    assert_eq!(
                        (&track.mbid, &track.artist.mbid),
                        (&Mbid::new("m"), &Mbid::new("a"))
                    );
                    assert_eq!((track.rank, track.play_count), (Some(1), Some(20)));
                    assert_eq!(track.duration, Some(Duration::from_secs(345)));
                    assert_eq!((track.url.as_deref(), track.images.len()), (Some("u"), 1));
                    assert_eq!(track.artist.url.as_deref(), Some("l"));
                },
            )
            .reads(r#"{"toptracks":{"track":{"name":"Words","duration":"0"}}}"#, |page| {
                assert_eq!((page.items[0].duration, page.total), (None, None));
            })
            .rejects([
                "{}",
                r#"{"toptracks":7}"#,
                r#"{"toptracks":{"track":[7]}}"#,
                r#"{"toptracks":{"track":[],"@attr":{"total":"many"}}}"#,
            ]);
    }
}
