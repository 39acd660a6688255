//! `user.getInfo` — API key; without a name, the session.
//!
//! An account's profile.
//!
//! # Observed
//!
//! * 2026: `gender` and `age` are constants, so they are left out here.
//! * 2026: counts of artists, albums and tracks are new; answers of 2020 have none.
//! * 2014: `registered` was spelled out as text; a country that is not known is `None`.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{Authentication, DecodeError, Image, Method, Params, Timestamp, Username, Verb, wire};

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
        User::read(body)
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

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    user: Profile<'a>,
}

#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    realname: Option<&'a RawValue>,
    #[serde(borrow)]
    url: Option<&'a RawValue>,
    #[serde(borrow)]
    country: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "wire::number")]
    playcount: Option<u64>,
    #[serde(default, deserialize_with = "wire::number")]
    artist_count: Option<u64>,
    #[serde(default, deserialize_with = "wire::number")]
    album_count: Option<u64>,
    #[serde(default, deserialize_with = "wire::number")]
    track_count: Option<u64>,
    #[serde(borrow)]
    registered: Option<&'a RawValue>,
    #[serde(borrow)]
    subscriber: Option<&'a RawValue>,
    #[serde(borrow)]
    image: Option<&'a RawValue>,
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
}

impl User {
    fn read(body: &str) -> Result<Self, DecodeError> {
        let user =
            serde_json::from_str::<Body<'_>>(body).map_err(|error| DecodeError::json(&error))?.user;
        let said = |value| Some(wire::text(value)).filter(|text| !text.trim().is_empty());
        Ok(Self {
            name: wire::text(user.name)
                .parse()
                .map_err(|_| DecodeError::new("it names no user"))?,
            real_name: said(user.realname),
            url: said(user.url),
            country: said(user.country).filter(|country| country != "None"),
            play_count: user.playcount.ok_or_else(|| DecodeError::new("it holds no play count"))?,
            artist_count: user.artist_count,
            album_count: user.album_count,
            track_count: user.track_count,
            registered_at: user.registered.and_then(moment),
            subscriber: matches!(&*wire::text(user.subscriber), "1" | "true"),
            images: Image::list(user.image)?,
            kind: said(user.kind),
        })
    }
}

/// The moment in `{"unixtime": …, "#text": …}`, or in its text alone; nothing if it is 0.
fn moment(registered: &RawValue) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Registered<'a> {
        #[serde(borrow)]
        unixtime: Option<&'a RawValue>,
        #[serde(borrow, rename = "#text")]
        text: Option<&'a RawValue>,
    }
    let spellings = match serde_json::from_str::<Registered<'_>>(registered.get()) {
        Ok(members) => [members.unixtime, members.text],
        Err(_) => [Some(registered), None],
    };
    spellings
        .into_iter()
        .filter_map(|spelling| wire::text(spelling).trim().parse().ok())
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
