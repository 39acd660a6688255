//! `track.getTags` — API key only; without a user, the session.
//!
//! The tags that one user has given a track.

use crate::methods::arguments::Subject;
use crate::{
    Authentication, DecodeError, InvalidArgument, Listing, Mbid, Method, Params, TagEntry,
    Username, Verb,
};

/// Asks for the tags that one user has given a track.
///
/// Each comes with its name alone: no count.
///
/// Service documentation: <https://www.last.fm/api/show/track.getTags>.
///
/// ```
/// use lastfm_core::methods::track::GetTags;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTags::new("Low", "Words").user("RJ".parse()?).params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&track=Words&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTags {
    track: Subject,
    autocorrect: bool,
    user: Option<Username>,
}

impl GetTags {
    /// Of the track of this artist and name.
    pub fn new(artist: impl Into<String>, track: impl Into<String>) -> Self {
        Self::about(Subject::track(artist, track))
    }

    /// Of the track with this MusicBrainz identifier.
    pub fn by_mbid(mbid: Mbid) -> Self {
        Self::about(Subject::Mbid(mbid))
    }

    fn about(track: Subject) -> Self {
        Self { track, autocorrect: false, user: None }
    }

    /// Whether the service may correct the names. Default: no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }

    /// Whose tags. Default: those of the session's user.
    pub fn user(self, user: Username) -> Self {
        Self { user: Some(user), ..self }
    }
}

impl Method for GetTags {
    const NAME: &'static str = "track.getTags";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Listing<TagEntry>;

    fn authentication(&self) -> Authentication {
        match self.user {
            Some(_) => Authentication::ApiKey,
            None => Authentication::Session,
        }
    }

    fn params(&self, params: &mut Params) {
        self.track.params(params);
        params
            .set_opt("autocorrect", self.autocorrect.then_some(1))
            .set_opt("user", self.user.as_ref());
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.track.check()
    }

    fn decode(body: &str) -> Result<Listing<TagEntry>, DecodeError> {
        Listing::read(body, "tags", "tag")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        let all = GetTags::new("Low", "Words").autocorrect(true).user(rj());
        harness::method::<GetTags>()
            .sends(GetTags::new("Low", "Words"), "artist=Low&track=Words")
            .sends(all, "artist=Low&autocorrect=1&track=Words&user=RJ")
            .sends(GetTags::by_mbid(Mbid::new("a-b").unwrap()), "mbid=a-b")
            .refuses(&GetTags::new("", "Words"), "artist")
            .refuses(&GetTags::new("Low", " "), "track")
            .reads(
                r#"{"tags":{"tag":[{"name":"winter","url":"u"},{"name":"slowcore","url":"v"}],
                    "@attr":{"artist":"Low","track":"Words"}}}"#,
                |list| {
                    assert_eq!(list.artist.as_deref(), Some("Low"));
                    assert_eq!(list.title.as_deref(), Some("Words"));
                    let names: Vec<_> = list.items.iter().map(|tag| &*tag.name).collect();
                    assert_eq!(
                        (names, list.items[1].url.as_deref()),
                        (vec!["winter", "slowcore"], Some("v"))
                    );
                },
            )
            .reads(r#"{"tags":{"tag":{"name":"winter"}}}"#, |list| {
                assert_eq!((list.artist, list.items.len()), (None, 1));
            })
            .reads(r##"{"tags":{"#text":" ","@attr":{"artist":"Low","track":"Words"}}}"##, |list| {
                assert_eq!((list.artist.as_deref(), list.items.len()), (Some("Low"), 0));
            })
            .rejects(["{}", r#"{"tags":7}"#, r#"{"tags":{"tag":[7]}}"#]);
    }

    #[test]
    fn without_a_user_the_session_is_needed() {
        let own = GetTags::new("Low", "Words");
        assert_eq!(own.authentication(), Authentication::Session);
        assert_eq!(own.user(rj()).authentication(), Authentication::ApiKey);
    }
}
