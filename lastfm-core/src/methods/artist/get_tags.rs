//! `artist.getTags` — API key; without a user, the session.
//!
//! The tags that a user has given an artist.

use crate::methods::arguments::Subject;
use crate::{
    Authentication, DecodeError, InvalidArgument, Listing, Mbid, Method, Params, TagEntry,
    Username, Verb,
};

/// Asks for the tags that a user has given an artist.
///
/// Each comes with its name and page alone.
///
/// Service documentation: <https://www.last.fm/api/show/artist.getTags>.
///
/// ```
/// use lastfm_core::methods::artist::GetTags;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTags::new("Low").user("RJ".parse()?).params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTags {
    artist: Subject,
    autocorrect: bool,
    user: Option<Username>,
}

impl GetTags {
    /// Those of the artist of this name.
    pub fn new(artist: impl Into<String>) -> Self {
        Self::of(Subject::artist(artist))
    }

    /// Those of the artist with this MusicBrainz identifier.
    pub fn by_mbid(mbid: Mbid) -> Self {
        Self::of(Subject::Mbid(mbid))
    }

    fn of(artist: Subject) -> Self {
        Self { artist, autocorrect: false, user: None }
    }

    /// Whether the service may correct the name. Default: no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }

    /// Those that this user has given. Default: those of the session's user, for which the client
    /// must have a session.
    pub fn user(self, user: Username) -> Self {
        Self { user: Some(user), ..self }
    }
}

impl Method for GetTags {
    const NAME: &'static str = "artist.getTags";
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
        self.artist.params(params);
        params
            .set_opt("autocorrect", self.autocorrect.then_some(1))
            .set_opt("user", self.user.as_ref());
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.artist.check()
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
        let all = GetTags::new("Low").autocorrect(true).user(rj());
        harness::method::<GetTags>()
            .sends(GetTags::new("Low"), "artist=Low")
            .sends(all, "artist=Low&autocorrect=1&user=RJ")
            .sends(GetTags::by_mbid(Mbid::new("a-b").unwrap()), "mbid=a-b")
            .refuses(&GetTags::new(" "), "artist")
            .reads(
                r#"{"tags":{"tag":[{"name":"slowcore","url":"u"},{"name":"winter"}],
                    "@attr":{"artist":"Low"}}}"#,
                |list| {
                    assert_eq!((list.artist.as_deref(), list.title), (Some("Low"), None));
                    let tag = &list.items[0];
                    assert_eq!((&*tag.name, tag.url.as_deref()), ("slowcore", Some("u")));
                    assert_eq!((&*list.items[1].name, list.items.len()), ("winter", 2));
                },
            )
            .reads(r##"{"tags":{"#text":" ","@attr":{"artist":"Low"}}}"##, |list| {
                assert_eq!((list.artist.as_deref(), list.items), (Some("Low"), vec![]));
            })
            .reads(r#"{"tags":{"tag":{"name":"winter"}}}"#, |list| {
                assert_eq!((list.artist, &*list.items[0].name), (None, "winter"));
            })
            .rejects(["{}", r#"{"tags":"winter"}"#, r#"{"tags":{"tag":["winter"]}}"#]);
    }

    #[test]
    fn without_a_user_the_session_is_needed() {
        let own = GetTags::new("Low");
        assert_eq!(own.authentication(), Authentication::Session);
        assert_eq!(own.user(rj()).authentication(), Authentication::ApiKey);
    }
}
