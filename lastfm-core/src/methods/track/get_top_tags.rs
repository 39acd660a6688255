//! `track.getTopTags` — API key only.
//!
//! The tags that people have given a track most.

use crate::methods::arguments::Subject;
use crate::{
    Authentication, DecodeError, InvalidArgument, Listing, Mbid, Method, Params, TagEntry, Verb,
};

/// Asks for the tags that people have given a track most, most given first.
///
/// Each comes with how much it is used, from 0 to 100, where 100 is the track's most given tag.
///
/// Service documentation: <https://www.last.fm/api/show/track.getTopTags>.
///
/// ```
/// use lastfm_core::methods::track::GetTopTags;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTopTags::new("Low", "Words").params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&track=Words");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTopTags {
    track: Subject,
    autocorrect: bool,
}

impl GetTopTags {
    /// Of the track of this artist and name.
    pub fn new(artist: impl Into<String>, track: impl Into<String>) -> Self {
        Self::about(Subject::track(artist, track))
    }

    /// Of the track with this MusicBrainz identifier.
    pub fn by_mbid(mbid: Mbid) -> Self {
        Self::about(Subject::Mbid(mbid))
    }

    fn about(track: Subject) -> Self {
        Self { track, autocorrect: false }
    }

    /// Whether the service may correct the names. Default: no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }
}

impl Method for GetTopTags {
    const NAME: &'static str = "track.getTopTags";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Listing<TagEntry>;

    fn params(&self, params: &mut Params) {
        self.track.params(params);
        params.set_opt("autocorrect", self.autocorrect.then_some(1));
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.track.check()
    }

    fn decode(body: &str) -> Result<Listing<TagEntry>, DecodeError> {
        Listing::read(body, "toptags", "tag")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        let all = GetTopTags::new("Low", "Words").autocorrect(true);
        harness::method::<GetTopTags>()
            .sends(GetTopTags::new("Low", "Words"), "artist=Low&track=Words")
            .sends(all, "artist=Low&autocorrect=1&track=Words")
            .sends(GetTopTags::by_mbid(Mbid::new("a-b").unwrap()), "mbid=a-b")
            .refuses(&GetTopTags::new("", "Words"), "artist")
            .refuses(&GetTopTags::new("Low", " "), "track")
            .reads(
                r#"{"toptags":{"tag":[{"count":100,"name":"slowcore","url":"u"},
                    {"count":63,"name":"winter","url":"v"}],
                    "@attr":{"artist":"Low","track":"Words"}}}"#,
                |list| {
                    assert_eq!(list.artist.as_deref(), Some("Low"));
                    assert_eq!(list.title.as_deref(), Some("Words"));
                    let tag = &list.items[1];
                    assert_eq!((&*tag.name, tag.count), ("winter", Some(63)));
                    assert_eq!((tag.url.as_deref(), list.items.len()), (Some("v"), 2));
                },
            )
            .reads(r#"{"toptags":{"tag":{"name":"winter","count":"7"}}}"#, |list| {
                assert_eq!((list.artist, list.items[0].count), (None, Some(7)));
            })
            .reads(r#"{"toptags":{"tag":[],"@attr":{"artist":"Low"}}}"#, |list| {
                assert_eq!((list.artist.as_deref(), list.items.len()), (Some("Low"), 0));
            })
            .rejects([
                "{}",
                r#"{"toptags":7}"#,
                r#"{"toptags":{"tag":[7]}}"#,
                r#"{"toptags":{"tag":[{"count":"many"}]}}"#,
            ]);
    }
}
