//! `track.getSimilar` — API key only.
//!
//! Tracks that are similar to one.
//!
//! # Observed
//!
//! * 2023: the answer repeats the artist asked about, and not the track.

use crate::methods::arguments::{Limit, Subject};
use crate::{
    Authentication, DecodeError, InvalidArgument, Listing, Mbid, Method, Params, TrackEntry, Verb,
};

/// Asks for tracks that are similar to one, the most similar first.
///
/// Each comes with its similarity, everybody's plays and its length.
///
/// Service documentation: <https://www.last.fm/api/show/track.getSimilar>.
///
/// ```
/// use lastfm_core::methods::track::GetSimilar;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetSimilar::new("Low", "Words").limit(10).params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&limit=10&track=Words");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetSimilar {
    track: Subject,
    autocorrect: bool,
    limit: Limit,
}

impl GetSimilar {
    /// To the track of this artist and name.
    pub fn new(artist: impl Into<String>, track: impl Into<String>) -> Self {
        Self::about(Subject::track(artist, track))
    }

    /// To the track with this MusicBrainz identifier.
    pub fn by_mbid(mbid: Mbid) -> Self {
        Self::about(Subject::Mbid(mbid))
    }

    fn about(track: Subject) -> Self {
        Self { track, autocorrect: false, limit: Limit::default() }
    }

    /// Whether the service may correct the names. Default: no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }

    /// How many tracks, 1 to 1000. Default: the service's choice.
    pub fn limit(self, limit: u32) -> Self {
        Self { limit: Limit(Some(limit)), ..self }
    }
}

impl Method for GetSimilar {
    const NAME: &'static str = "track.getSimilar";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Listing<TrackEntry>;

    fn params(&self, params: &mut Params) {
        self.track.params(params);
        params.set_opt("autocorrect", self.autocorrect.then_some(1));
        self.limit.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.track.check()?;
        self.limit.check()
    }

    fn decode(body: &str) -> Result<Listing<TrackEntry>, DecodeError> {
        Listing::read(body, "similartracks", "track")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::methods::harness;

    #[test]
    fn it_keeps_its_contract() {
        let all = GetSimilar::new("Low", "Words").autocorrect(true).limit(2);
        harness::method::<GetSimilar>()
            .sends(GetSimilar::new("Low", "Words"), "artist=Low&track=Words")
            .sends(all, "artist=Low&autocorrect=1&limit=2&track=Words")
            .sends(GetSimilar::by_mbid(Mbid::new("a-b").unwrap()), "mbid=a-b")
            .refuses(&GetSimilar::new("", "Words"), "artist")
            .refuses(&GetSimilar::new("Low", ""), "track")
            .refuses(&GetSimilar::new("Low", "Words").limit(1001), "limit")
            .reads(
                r##"{"similartracks":{"track":[{"name":"Capsized","playcount":1770,"mbid":"m",
                    "match":0.979434,"url":"u","streamable":{"#text":"0","fulltrack":"0"},
                    "duration":250,"artist":{"name":"Ida","mbid":"a","url":"l"},
                    "image":[{"#text":"i","size":"small"}]}],"@attr":{"artist":"Low"}}}"##,
                |list| {
                    assert_eq!((list.artist.as_deref(), list.title), (Some("Low"), None));
                    let track = &list.items[0];
                    assert_eq!((&*track.name, &*track.artist.name), ("Capsized", "Ida"));
                    assert_eq!(
                        (&track.mbid, &track.artist.mbid),
                        (&Mbid::new("m"), &Mbid::new("a"))
                    );
                    assert_eq!((track.play_count, track.similarity), (Some(1770), Some(0.979_434)));
                    assert_eq!(track.duration, Some(Duration::from_secs(250)));
                    assert_eq!((track.url.as_deref(), track.images.len()), (Some("u"), 1));
                    assert_eq!(track.artist.url.as_deref(), Some("l"));
                },
            )
            .reads(r#"{"similartracks":{"track":{"name":"Capsized","match":"1"}}}"#, |list| {
                assert_eq!((list.items[0].similarity, list.artist), (Some(1.0), None));
                assert_eq!(list.items[0].duration, None);
            })
            .reads(r##"{"similartracks":{"#text":"\n"}}"##, |list| {
                assert_eq!(list.items, []);
            })
            .rejects([
                "{}",
                r#"{"similartracks":7}"#,
                r#"{"similartracks":{"track":[7]}}"#,
                r#"{"similartracks":{"track":[{"match":"much"}]}}"#,
            ]);
    }
}
