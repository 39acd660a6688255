//! `artist.getSimilar` — API key only.
//!
//! The artists that are like one.

use crate::methods::arguments::{Limit, Subject};
use crate::{
    ArtistEntry, Authentication, DecodeError, InvalidArgument, Listing, Mbid, Method, Params, Verb,
};

/// Asks for the artists that are like one, the most similar first.
///
/// Each comes with its similarity, and with no plays or listeners.
///
/// Service documentation: <https://www.last.fm/api/show/artist.getSimilar>.
///
/// ```
/// use lastfm_core::methods::artist::GetSimilar;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetSimilar::new("Low").limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&limit=10");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetSimilar {
    artist: Subject,
    autocorrect: bool,
    limit: Limit,
}

impl GetSimilar {
    /// Those like the artist of this name.
    pub fn new(artist: impl Into<String>) -> Self {
        Self::of(Subject::artist(artist))
    }

    /// Those like the artist with this MusicBrainz identifier.
    pub fn by_mbid(mbid: Mbid) -> Self {
        Self::of(Subject::Mbid(mbid))
    }

    fn of(artist: Subject) -> Self {
        Self { artist, autocorrect: false, limit: Limit::default() }
    }

    /// Whether the service may correct the name. Default: no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }

    /// Artists at most, 1 to 1000. Default: as many as the service chooses.
    pub fn limit(self, limit: u32) -> Self {
        Self { limit: Limit(Some(limit)), ..self }
    }
}

impl Method for GetSimilar {
    const NAME: &'static str = "artist.getSimilar";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Listing<ArtistEntry>;

    fn params(&self, params: &mut Params) {
        self.artist.params(params);
        params.set_opt("autocorrect", self.autocorrect.then_some(1));
        self.limit.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.artist.check()?;
        self.limit.check()
    }

    fn decode(body: &str) -> Result<Listing<ArtistEntry>, DecodeError> {
        Listing::read(body, "similarartists", "artist")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        let all = GetSimilar::new("Low").autocorrect(true).limit(1000);
        harness::method::<GetSimilar>()
            .sends(GetSimilar::new("Low"), "artist=Low")
            .sends(all, "artist=Low&autocorrect=1&limit=1000")
            .sends(GetSimilar::by_mbid(Mbid::new("a-b").unwrap()), "mbid=a-b")
            .refuses(&GetSimilar::new(""), "artist")
            .refuses(&GetSimilar::new("Low").limit(0), "limit")
            .reads(
                r##"{"similarartists":{"artist":[{"name":"Ida","mbid":"m","match":"1","url":"u",
                    "image":[{"#text":"i","size":"small"}],"streamable":"0"},
                    {"name":"Codeine","match":0.62}],"@attr":{"artist":"Low"}}}"##,
                |list| {
                    assert_eq!((list.artist.as_deref(), list.title), (Some("Low"), None));
                    let ida = &list.items[0];
                    assert_eq!((&*ida.name, &ida.mbid), ("Ida", &Mbid::new("m")));
                    assert_eq!((ida.similarity, ida.url.as_deref()), (Some(1.0), Some("u")));
                    assert_eq!((&*ida.images[0].url, &*ida.images[0].size), ("i", "small"));
                    assert_eq!(list.items[1].similarity, Some(0.62));
                },
            )
            .reads(r##"{"similarartists":{"#text":"\n","artist":"Low"}}"##, |list| {
                assert_eq!(list.items, []);
            })
            .reads(r#"{"similarartists":{"artist":{"match":""}}}"#, |list| {
                assert_eq!((&*list.items[0].name, list.items[0].similarity), ("", None));
                assert_eq!(list.artist, None);
            })
            .rejects([
                "{}",
                r#"{"similarartists":7}"#,
                r#"{"similarartists":{"artist":[7]}}"#,
                r#"{"similarartists":{"artist":[{"match":"very"}]}}"#,
            ]);
    }
}
