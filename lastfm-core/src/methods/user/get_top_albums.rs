//! `user.getTopAlbums` — API key only.
//!
//! The albums that a user has played most.

use crate::methods::arguments::{Part, paged};
use crate::wire::Object;
use crate::{
    AlbumEntry, Authentication, DecodeError, InvalidArgument, Method, Page, Params, Period,
    Username, Verb,
};

/// Asks for the albums that a user has played most.
///
/// Each comes with its rank and the user's plays.
///
/// Service documentation: <https://www.last.fm/api/show/user.getTopAlbums>.
///
/// ```
/// use lastfm_core::methods::user::GetTopAlbums;
/// use lastfm_core::{Method, Params, Period};
///
/// let mut params = Params::default();
/// GetTopAlbums::new("RJ".parse()?).period(Period::Year).params(&mut params);
/// assert_eq!(params.to_form(), "period=12month&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopAlbums {
    user: Username,
    period: Option<Period>,
    part: Part,
}

impl GetTopAlbums {
    /// The albums that this user has played most.
    pub fn new(user: Username) -> Self {
        Self { user, period: None, part: Part::default() }
    }

    /// How far back to count. Default: all plays.
    pub fn period(self, period: Period) -> Self {
        Self { period: Some(period), ..self }
    }

    /// Albums a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for GetTopAlbums {
    const NAME: &'static str = "user.getTopAlbums";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<AlbumEntry>;

    fn params(&self, params: &mut Params) {
        params.set("user", &self.user).set_opt("period", self.period);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<AlbumEntry>, DecodeError> {
        Page::read(&Object::read(body)?.object("topalbums")?, "album")
    }
}

paged!(GetTopAlbums, AlbumEntry);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        let all = GetTopAlbums::new(rj()).period(Period::Week).limit(2).page(3);
        harness::method::<GetTopAlbums>()
            .sends(GetTopAlbums::new(rj()), "user=RJ")
            .sends(all, "limit=2&page=3&period=7day&user=RJ")
            .refuses(&GetTopAlbums::new(rj()).limit(1001), "limit")
            .refuses(&GetTopAlbums::new(rj()).page(0), "page")
            .reads(
                r##"{"topalbums":{"album":[{"artist":{"url":"l","name":"Low","mbid":"a"},
                    "image":[{"size":"small","#text":"i"}],"mbid":"m","url":"u",
                    "playcount":"1118","@attr":{"rank":"1"},"name":"Trust"}],"@attr":{
                    "user":"RJ","totalPages":"10","page":"1","total":"20","perPage":"2"}}}"##,
                |page| {
                    assert_eq!((page.of.as_deref(), page.total), (Some("RJ"), Some(20)));
                    assert_eq!((page.page, page.per_page), (Some(1), Some(2)));
                    assert_eq!(page.total_pages, Some(10));
                    let album = &page.items[0];
                    assert_eq!((&*album.name, &*album.artist.name), ("Trust", "Low"));
                    assert_eq!(
                        (&album.mbid, &album.artist.mbid),
                        (&Mbid::new("m"), &Mbid::new("a"))
                    );
                    assert_eq!((album.rank, album.play_count), (Some(1), Some(1118)));
                    assert_eq!((album.url.as_deref(), album.images.len()), (Some("u"), 1));
                    assert_eq!(album.artist.url.as_deref(), Some("l"));
                },
            )
            .reads(r#"{"topalbums":{"album":{"name":"Trust"}}}"#, |page| {
                assert_eq!((page.items[0].play_count, page.total), (None, None));
            })
            .rejects([
                "{}",
                r#"{"topalbums":7}"#,
                r#"{"topalbums":{"album":[7]}}"#,
                r#"{"topalbums":{"album":[],"@attr":{"total":"many"}}}"#,
            ]);
    }
}
