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
/// GetInfo::of("RJ".parse()?).params(&mut params);
/// assert_eq!(params.to_form(), "user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetInfo {
    user: Option<Username>,
}

impl GetInfo {
    /// The profile of this user.
    pub fn of(user: Username) -> Self {
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

    #[test]
    fn without_a_name_the_session_is_needed() {
        let mut params = Params::default();
        GetInfo::session().params(&mut params);
        assert_eq!(params, Params::default());
        assert_eq!(GetInfo::session().authentication(), Authentication::Session);
        let of = GetInfo::of("RJ".parse().unwrap());
        assert_eq!(of.authentication(), Authentication::ApiKey);
    }

    #[test]
    fn a_profile_of_today_is_read() {
        let user = GetInfo::decode(
            r##"{"user":{"name":"Low","age":"0","subscriber":"1","realname":"","playcount":"12",
                "artist_count":"3","track_count":9,"image":[{"size":"small","#text":"https:\/\/i\/a.png"},
                {"size":"large","#text":""}],"registered":{"unixtime":"1177185149","#text":1177185149},
                "country":"None","gender":"n","url":"https:\/\/www.last.fm\/user\/Low","type":"alum"}}"##,
        )
        .unwrap();
        assert_eq!(user.name.as_str(), "Low");
        assert_eq!((user.real_name, user.country), (None, None));
        assert_eq!(user.url.unwrap(), "https://www.last.fm/user/Low");
        assert_eq!((user.play_count, user.artist_count), (12, Some(3)));
        assert_eq!((user.track_count, user.album_count), (Some(9), None));
        assert_eq!(user.registered_at, Some(Timestamp::from_unix(1_177_185_149)));
        assert!(user.subscriber);
        assert_eq!(user.images.len(), 1);
        assert_eq!(user.kind.unwrap(), "alum");
    }

    #[test]
    fn a_profile_can_be_nearly_bare() {
        for registered in [r#""""#, "null", r##"{"#text":"2002-11-20 11:50"}"##, "0", "[]"] {
            let user = GetInfo::decode(&format!(
                r#"{{"user":{{"name":"a","playcount":0,"image":"","registered":{registered}}}}}"#
            ))
            .unwrap();
            assert_eq!(user.registered_at, None, "{registered}");
            assert!(!user.subscriber);
        }
        let old = r##"{"user":{"name":"a","playcount":"1","registered":{"#text":"2002-11-20 11:50","unixtime":"1037793040"}}}"##;
        let registered_at = GetInfo::decode(old).unwrap().registered_at.unwrap();
        assert_eq!(registered_at.as_unix(), 1_037_793_040);
    }

    #[test]
    fn a_profile_without_name_or_count_is_none() {
        for body in [
            "{}",
            r#"{"user":{}}"#,
            r#"{"user":""}"#,
            r#"{"user":{"name":"","playcount":"1"}}"#,
            r#"{"user":{"name":"a","playcount":""}}"#,
            r#"{"error":6,"message":"User not found"}"#,
        ] {
            assert!(GetInfo::decode(body).is_err(), "{body}");
        }
    }
}
