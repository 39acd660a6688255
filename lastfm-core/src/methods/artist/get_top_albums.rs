//! `artist.getTopAlbums` — API key only.
//!
//! The albums of an artist that are played most.

use crate::methods::arguments::{Part, Subject, paged};
use crate::wire::Object;
use crate::{
    AlbumEntry, Authentication, DecodeError, InvalidArgument, Mbid, Method, Page, Params, Verb,
};

/// Asks for the albums of an artist that are played most.
///
/// Each comes with everybody's plays.
///
/// Service documentation: <https://www.last.fm/api/show/artist.getTopAlbums>.
///
/// ```
/// use lastfm_core::methods::artist::GetTopAlbums;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopAlbums::new("Low").limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&limit=10");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopAlbums {
    artist: Subject,
    autocorrect: bool,
    part: Part,
}

impl GetTopAlbums {
    /// Those of the artist of this name.
    pub fn new(artist: impl Into<String>) -> Self {
        Self::of(Subject::artist(artist))
    }

    /// Those of the artist with this MusicBrainz identifier.
    pub fn by_mbid(mbid: Mbid) -> Self {
        Self::of(Subject::Mbid(mbid))
    }

    fn of(artist: Subject) -> Self {
        Self { artist, autocorrect: false, part: Part::default() }
    }

    /// Whether the service may correct the name. Default: no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }

    /// Albums a page, 1 to 1000; for some artists the service stops at 50. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for GetTopAlbums {
    const NAME: &'static str = "artist.getTopAlbums";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<AlbumEntry>;

    fn params(&self, params: &mut Params) {
        self.artist.params(params);
        params.set_opt("autocorrect", self.autocorrect.then_some(1));
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.artist.check()?;
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
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        let all = GetTopAlbums::new("Low").autocorrect(true).limit(5).page(2);
        harness::method::<GetTopAlbums>()
            .sends(GetTopAlbums::new("Low"), "artist=Low")
            .sends(all, "artist=Low&autocorrect=1&limit=5&page=2")
            .sends(GetTopAlbums::by_mbid(Mbid::new("a-b").unwrap()), "mbid=a-b")
            .refuses(&GetTopAlbums::new(" "), "artist")
            .refuses(&GetTopAlbums::new("Low").limit(1001), "limit")
            .refuses(&GetTopAlbums::new("Low").page(0), "page")
            .reads(
                r##"{"topalbums":{"album":[{"name":"Trust","playcount":2106,"mbid":"m","url":"u",
                    "artist":{"name":"Low","mbid":"n","url":"v"},"image":[{"#text":"i",
                    "size":"small"}]}],"@attr":{"artist":"Low","page":"2","perPage":"5",
                    "totalPages":"3","total":"11"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("Low", [2, 5, 3, 11]));
                    let album = &page.items[0];
                    assert_eq!((&*album.name, &album.mbid), ("Trust", &Mbid::new("m")));
                    assert_eq!((album.play_count, album.url.as_deref()), (Some(2106), Some("u")));
                    let artist = &album.artist;
                    assert_eq!((&*artist.name, &artist.mbid), ("Low", &Mbid::new("n")));
                    assert_eq!((artist.url.as_deref(), album.images.len()), (Some("v"), 1));
                },
            )
            .reads(r#"{"topalbums":{"album":{"name":"Trust","mbid":""}}}"#, |page| {
                assert_eq!((&page.items[0].mbid, page.items[0].play_count), (&None, None));
                assert_eq!((page.of, page.total), (None, None));
            })
            .rejects([
                "{}",
                r#"{"topalbums":7}"#,
                r#"{"topalbums":{"album":[7]}}"#,
                r#"{"topalbums":{"album":[{"playcount":"many"}]}}"#,
            ]);
    }
}
