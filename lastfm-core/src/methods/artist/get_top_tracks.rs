//! `artist.getTopTracks` — API key only.
//!
//! The tracks of an artist that are played most.

use crate::methods::arguments::{Part, Subject, paged};
use crate::wire::Object;
use crate::{
    Authentication, DecodeError, InvalidArgument, Mbid, Method, Page, Params, TrackEntry, Verb,
};

/// Asks for the tracks of an artist that are played most.
///
/// Each comes with its rank, everybody's plays, and how many people have listened to it.
///
/// Service documentation: <https://www.last.fm/api/show/artist.getTopTracks>.
///
/// ```
/// use lastfm_core::methods::artist::GetTopTracks;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopTracks::new("Low").limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&limit=10");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopTracks {
    artist: Subject,
    autocorrect: bool,
    part: Part,
}

impl GetTopTracks {
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
    const NAME: &'static str = "artist.getTopTracks";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<TrackEntry>;

    fn params(&self, params: &mut Params) {
        self.artist.params(params);
        params.set_opt("autocorrect", self.autocorrect.then_some(1));
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.artist.check()?;
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<TrackEntry>, DecodeError> {
        Page::read(&Object::read(body)?.object("toptracks")?, "track")
    }
}

paged!(GetTopTracks, TrackEntry);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        let all = GetTopTracks::new("Low").autocorrect(true).limit(5).page(2);
        harness::method::<GetTopTracks>()
            .sends(GetTopTracks::new("Low"), "artist=Low")
            .sends(all, "artist=Low&autocorrect=1&limit=5&page=2")
            .sends(GetTopTracks::by_mbid(Mbid::new("a-b").unwrap()), "mbid=a-b")
            .refuses(&GetTopTracks::new(" "), "artist")
            .refuses(&GetTopTracks::new("Low").limit(0), "limit")
            .refuses(&GetTopTracks::new("Low").page(1_000_001), "page")
            .reads(
                r##"{"toptracks":{"track":[{"name":"Words","playcount":"23400","listeners":"30",
                    "mbid":"m","url":"u","streamable":"0","artist":{"name":"Low","mbid":"n",
                    "url":"v"},"image":[{"#text":"i","size":"small"}],"@attr":{"rank":"6"}}],
                    "@attr":{"artist":"Low","page":"2","perPage":"5","totalPages":"3",
                    "total":"11"}}}"##,
                |page| {
                    assert_eq!(harness::numbers(&page), ("Low", [2, 5, 3, 11]));
                    let track = &page.items[0];
                    assert_eq!((&*track.name, &track.mbid), ("Words", &Mbid::new("m")));
                    assert_eq!((track.play_count, track.listener_count), (Some(23_400), Some(30)));
                    assert_eq!((track.rank, track.url.as_deref()), (Some(6), Some("u")));
                    let artist = &track.artist;
                    assert_eq!((&*artist.name, &artist.mbid), ("Low", &Mbid::new("n")));
                    assert_eq!((artist.url.as_deref(), track.images.len()), (Some("v"), 1));
                },
            )
            .reads(r#"{"toptracks":{"track":{"name":"Words","artist":{"name":"Low"}}}}"#, |page| {
                let track = &page.items[0];
                assert_eq!((&*track.name, &*track.artist.name), ("Words", "Low"));
                assert_eq!((&track.mbid, &track.artist.mbid, track.rank), (&None, &None, None));
                assert_eq!((page.of, page.total), (None, None));
            })
            .rejects([
                "{}",
                r#"{"toptracks":7}"#,
                r#"{"toptracks":{"track":[7]}}"#,
                r#"{"toptracks":{"track":[{"listeners":"many"}]}}"#,
            ]);
    }
}
