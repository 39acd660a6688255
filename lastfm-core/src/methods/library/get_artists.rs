//! `library.getArtists` — API key only.
//!
//! All artists that a user has played.

use crate::methods::arguments::{Part, paged};
use crate::wire::Object;
use crate::{
    ArtistEntry, Authentication, DecodeError, InvalidArgument, Method, Page, Params, Username, Verb,
};

/// Asks for all artists that a user has played.
///
/// Each comes with the user's plays, and how many tags the user has given the artist.
///
/// Service documentation: <https://www.last.fm/api/show/library.getArtists>.
///
/// ```
/// use lastfm_core::methods::library::GetArtists;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetArtists::new("RJ".parse()?).limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "limit=10&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetArtists {
    user: Username,
    part: Part,
}

impl GetArtists {
    /// Those that this user has played.
    pub fn new(user: Username) -> Self {
        Self { user, part: Part::default() }
    }

    /// Artists a page, 1 to 2000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for GetArtists {
    const NAME: &'static str = "library.getArtists";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<ArtistEntry>;

    fn params(&self, params: &mut Params) {
        params.set("user", &self.user);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        // Twice as many as in any other list.
        self.part.check_up_to(2000, "from 1 to 2000")
    }

    fn decode(body: &str) -> Result<Page<ArtistEntry>, DecodeError> {
        Page::read(&Object::read(body)?.object("artists")?, "artist")
    }
}

paged!(GetArtists, ArtistEntry);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetArtists>()
            .sends(GetArtists::new(rj()), "user=RJ")
            .sends(GetArtists::new(rj()).limit(2000).page(3), "limit=2000&page=3&user=RJ")
            .refuses(&GetArtists::new(rj()).limit(0), "limit")
            .refuses(&GetArtists::new(rj()).limit(2001), "limit")
            .refuses(&GetArtists::new(rj()).page(0), "page")
            .reads(
                r##"{"artists":{"artist":[{"tagcount":"4","image":[{"size":"small",
                    "#text":"i"}],"mbid":"m","url":"u","playcount":"3690","name":"Low",
                    "streamable":"0"}],"@attr":{"user":"RJ","totalPages":"3","page":"2",
                    "total":"11","perPage":"5"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("RJ", [2, 5, 3, 11]));
                    let artist = &page.items[0];
                    assert_eq!((&*artist.name, &artist.mbid), ("Low", &Mbid::new("m")));
                    assert_eq!((artist.play_count, artist.tag_count), (Some(3690), Some(4)));
                    assert_eq!((artist.url.as_deref(), artist.images.len()), (Some("u"), 1));
                },
            )
            .reads(r#"{"artists":{"artist":{"name":"Low","mbid":""}}}"#, |page| {
                assert_eq!((&page.items[0].mbid, page.items[0].tag_count), (&None, None));
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
