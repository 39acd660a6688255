//! `user.getTopArtists` — API key only.
//!
//! The artists that a user has played most.

use crate::methods::arguments::{Part, paged};
use crate::wire::Object;
use crate::{
    ArtistEntry, Authentication, DecodeError, InvalidArgument, Method, Page, Params, Period,
    Username, Verb,
};

/// Asks for the artists that a user has played most.
///
/// Each comes with its rank and the user's plays.
///
/// Service documentation: <https://www.last.fm/api/show/user.getTopArtists>.
///
/// ```
/// use lastfm_core::methods::user::GetTopArtists;
/// use lastfm_core::{Method, Params, Period};
///
/// let mut params = Params::default();
/// GetTopArtists::new("RJ".parse()?).period(Period::Year).params(&mut params);
/// assert_eq!(params.to_form(), "period=12month&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopArtists {
    user: Username,
    period: Option<Period>,
    part: Part,
}

impl GetTopArtists {
    /// The artists that this user has played most.
    pub fn new(user: Username) -> Self {
        Self { user, period: None, part: Part::default() }
    }

    /// How far back to count. Default: all plays.
    pub fn period(self, period: Period) -> Self {
        Self { period: Some(period), ..self }
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
    const NAME: &'static str = "user.getTopArtists";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<ArtistEntry>;

    fn params(&self, params: &mut Params) {
        params.set("user", &self.user).set_opt("period", self.period);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
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
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        let all = GetTopArtists::new(rj()).period(Period::Week).limit(2).page(3);
        harness::method::<GetTopArtists>()
            .sends(GetTopArtists::new(rj()), "user=RJ")
            .sends(all, "limit=2&page=3&period=7day&user=RJ")
            .refuses(&GetTopArtists::new(rj()).limit(1001), "limit")
            .refuses(&GetTopArtists::new(rj()).page(0), "page")
            .reads(
                r##"{"topartists":{"artist":[{"streamable":"0","image":[{"size":"small",
                    "#text":"i"}],"mbid":"m","url":"u","playcount":"3400",
                    "@attr":{"rank":"1"},"name":"Low"}],"@attr":{"user":"RJ","totalPages":"10",
                    "page":"1","total":"20","perPage":"2"}}}"##,
                |page| {
                    assert_eq!((page.of.as_deref(), page.total), (Some("RJ"), Some(20)));
                    let artist = &page.items[0];
                    assert_eq!((&*artist.name, artist.play_count), ("Low", Some(3400)));
                    assert_eq!((artist.rank, artist.images.len()), (Some(1), 1));
                },
            )
            .reads(r#"{"topartists":{"artist":{"name":"Low"}}}"#, |page| {
                assert_eq!((page.items[0].play_count, page.total), (None, None));
            })
            .rejects([
                "{}",
                r#"{"topartists":7}"#,
                r#"{"topartists":{"artist":[7]}}"#,
                r#"{"topartists":{"artist":[],"@attr":{"total":"many"}}}"#,
            ]);
    }
}
