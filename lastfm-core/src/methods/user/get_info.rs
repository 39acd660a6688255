//! `user.getInfo` — API key; without a name, the session.
//!
//! An account's profile.
//!
//! # Observed
//!
//! * 2026: `gender` and `age` are constants, so they are left out here.
//! * 2026: counts of artists, albums and tracks are new; answers of 2020 have none.
//! * 2014: `registered` was spelled out as text; a country that is not known is `None`.

use crate::wire::{Entry, Object};
use crate::{Authentication, DecodeError, Image, Method, Params, Timestamp, Username, Verb};

/// Asks for an account's profile.
///
/// Service documentation: <https://www.last.fm/api/show/user.getInfo>.
///
/// ```
/// use lastfm_core::methods::user::GetInfo;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetInfo::new("RJ".parse()?).params(&mut params);
/// assert_eq!(params.to_form(), "user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetInfo {
    user: Option<Username>,
}

impl GetInfo {
    /// The profile of this user.
    pub fn new(user: Username) -> Self {
        Self { user: Some(user) }
    }

    /// The profile of the user whose session the client has.
    pub fn session() -> Self {
        Self { user: None }
    }
}

impl Method for GetInfo {
    const NAME: &'static str = "user.getInfo";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = User;

    fn authentication(&self) -> Authentication {
        match self.user {
            Some(_) => Authentication::ApiKey,
            None => Authentication::Session,
        }
    }

    fn params(&self, params: &mut Params) {
        params.set_opt("user", self.user.as_ref());
    }

    fn decode(body: &str) -> Result<User, DecodeError> {
        let body = Object::read(body)?;
        let user = body.value("user").ok_or_else(|| DecodeError::new("it holds no `user`"))?;
        User::read(user.get())
    }
}

/// An account's profile.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The name, as its owner spells it.
    pub name: Username,
    /// The name that the owner shows, if any.
    pub real_name: Option<String>,
    /// The page of the account.
    pub url: Option<String>,
    /// The country, in English, if any.
    pub country: Option<String>,
    /// How many plays the account has. Can differ from the history's own total.
    pub play_count: u64,
    /// How many artists were played, if the service says.
    pub artist_count: Option<u64>,
    /// How many albums were played, if the service says.
    pub album_count: Option<u64>,
    /// How many tracks were played, if the service says.
    pub track_count: Option<u64>,
    /// When the account was opened. Plays can be older.
    pub registered_at: Option<Timestamp>,
    /// Whether the owner pays for the service.
    pub subscriber: bool,
    /// The pictures of the account; none if it has none.
    pub images: Vec<Image>,
    /// The service's word for the kind of account: `user`, `alum`, `staff` and others.
    pub kind: Option<String>,
}

impl Entry for User {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let user = Object::read(item)?;
        let play_count = user.number("playcount")?;
        Ok(Self {
            name: user
                .required("name")?
                .parse()
                .map_err(|_| DecodeError::new("it names no user"))?,
            real_name: user.text("realname"),
            url: user.text("url"),
            country: user.text("country").filter(|country| country != "None"),
            play_count: play_count.ok_or_else(|| DecodeError::new("it holds no play count"))?,
            artist_count: user.number("artist_count")?,
            album_count: user.number("album_count")?,
            track_count: user.number("track_count")?,
            registered_at: registered(&user),
            subscriber: user.flag("subscriber").unwrap_or(false),
            images: user.images()?,
            kind: user.text("type"),
        })
    }
}

/// The moment in `{"unixtime": …, "#text": …}`, or in its text alone; nothing if it is 0.
fn registered(user: &Object<'_>) -> Option<Timestamp> {
    let members = user.child("registered");
    [members.text("unixtime"), members.text("#text"), user.text("registered")]
        .into_iter()
        .flatten()
        .filter_map(|spelling| spelling.trim().parse().ok())
        .find(|seconds| *seconds != 0)
        .map(Timestamp::from_unix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetInfo>()
            .sends(GetInfo::session(), "")
            .sends(GetInfo::new(rj()), "user=RJ")
            .reads(
                r##"{"user":{"name":"Low","age":"0","subscriber":"1","realname":"L O","playcount":"12",
                    "artist_count":"3","album_count":"5","track_count":9,
                    "image":[{"size":"small","#text":"https:\/\/i\/a.png"},{"size":"large","#text":""}],
                    "registered":{"unixtime":"1177185149","#text":1177185149},"country":"Peru",
                    "gender":"n","url":"https:\/\/www.last.fm\/user\/Low","type":"alum"}}"##,
                |user| {
                    assert_eq!((user.name.as_str(), user.real_name.as_deref()), ("Low", Some("L O")));
                    assert_eq!((user.country.as_deref(), user.subscriber), (Some("Peru"), true));
                    assert_eq!(user.url.as_deref(), Some("https://www.last.fm/user/Low"));
                    assert_eq!((user.play_count, user.artist_count), (12, Some(3)));
                    assert_eq!((user.album_count, user.track_count), (Some(5), Some(9)));
                    assert_eq!(user.registered_at, Some(Timestamp::from_unix(1_177_185_149)));
                    assert_eq!((&*user.images[0].url, user.images.len()), ("https://i/a.png", 1));
                    assert_eq!(user.kind.as_deref(), Some("alum"));
                },
            )
            .reads(
                r#"{"user":{"name":"a","playcount":0,"image":"","realname":"","country":"None"}}"#,
                |user| {
                    assert_eq!((user.name.as_str(), user.play_count), ("a", 0));
                    assert_eq!((user.real_name, user.country, user.url), (None, None, None));
                    assert_eq!((user.artist_count, user.album_count), (None, None));
                    assert_eq!((user.track_count, user.registered_at), (None, None));
                    assert_eq!((user.images, user.kind, user.subscriber), (vec![], None, false));
                },
            )
            .rejects([
                "{}",
                r#"{"user":{}}"#,
                r#"{"user":""}"#,
                r#"{"user":{"name":"","playcount":"1"}}"#,
                r#"{"user":{"name":"a","playcount":""}}"#,
                r#"{"user":{"name":"a","playcount":"many"}}"#,
            ]);
    }

    #[test]
    fn without_a_name_the_session_is_needed() {
        assert_eq!(GetInfo::session().authentication(), Authentication::Session);
        assert_eq!(GetInfo::new(rj()).authentication(), Authentication::ApiKey);
    }

    #[test]
    fn the_moment_of_registration_is_written_in_many_ways() {
        for registered in [r#""""#, "null", r##"{"#text":"2002-11-20 11:50"}"##, "0", "[]"] {
            let user = GetInfo::decode(&format!(
                r#"{{"user":{{"name":"a","playcount":0,"registered":{registered}}}}}"#
            ))
            .unwrap();
            assert_eq!(user.registered_at, None, "{registered}");
        }
        let old = r##"{"user":{"name":"a","playcount":"1","registered":{"#text":"2002-11-20 11:50","unixtime":"1037793040"}}}"##;
        let registered_at = GetInfo::decode(old).unwrap().registered_at.unwrap();
        assert_eq!(registered_at.as_unix(), 1_037_793_040);
    }
}
