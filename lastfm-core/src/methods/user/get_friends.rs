//! `user.getFriends` — API key only.
//!
//! A user's friends.
//!
//! # Observed
//!
//! * 2013: with `recenttracks`, the moment of a friend's last track is an attribute of it; one
//!   without is playing now. So says the source of the service's own desktop client.

use crate::methods::arguments::{Part, paged};
use crate::methods::user::User;
use crate::wire::{Entry, Object};
use crate::{
    Authentication, DecodeError, InvalidArgument, Method, Page, Params, Timestamp, Track, Username,
    Verb,
};

/// Asks for a user's friends.
///
/// Each comes with the profile, and on demand with the track played last. Of a user without
/// friends the service says error 6, "no such page"; [`Pages`](crate::Pages) then ends at once.
///
/// Service documentation: <https://www.last.fm/api/show/user.getFriends>.
///
/// ```
/// use lastfm_core::methods::user::GetFriends;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetFriends::new("RJ".parse()?).recent_tracks(true).params(&mut params);
/// assert_eq!(params.to_form(), "recenttracks=1&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetFriends {
    user: Username,
    recent_tracks: bool,
    part: Part,
}

impl GetFriends {
    /// The friends of this user.
    pub fn new(user: Username) -> Self {
        Self { user, recent_tracks: false, part: Part::default() }
    }

    /// Whether to ask for each friend's last track, too. Default: no.
    pub fn recent_tracks(self, recent_tracks: bool) -> Self {
        Self { recent_tracks, ..self }
    }

    /// Friends a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for GetFriends {
    const NAME: &'static str = "user.getFriends";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<Friend>;

    fn params(&self, params: &mut Params) {
        params.set("user", &self.user).set_opt("recenttracks", self.recent_tracks.then_some(1));
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<Friend>, DecodeError> {
        Page::read(&Object::read(body)?.object("friends")?, "user")
    }
}

paged!(GetFriends, Friend);

/// Someone's friend.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Friend {
    /// The friend's profile.
    pub user: User,
    /// What the friend played last, if that was asked for and there is anything.
    pub last_track: Option<LastTrack>,
}

/// What someone played last, or is playing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastTrack {
    /// What it is.
    pub track: Track,
    /// When it was played; nothing if it is playing now.
    pub played_at: Option<Timestamp>,
}

impl Entry for Friend {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let user = User::read(item)?;
        let last_track = Object::read(item)?.list("recenttrack")?.into_iter().next();
        Ok(Self { user, last_track })
    }
}

impl Entry for LastTrack {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let track = Track::from_item(item).map_err(|error| DecodeError::json(&error))?;
        let item = Object::read(item)?;
        let played_at = item.child("@attr").moment("uts")?;
        // As lists of plays have it.
        let dated = item.child("date").moment("uts")?;
        Ok(Self { track, played_at: played_at.or(dated) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        let all = GetFriends::new(rj()).recent_tracks(true).limit(2).page(3);
        harness::method::<GetFriends>()
            .sends(GetFriends::new(rj()), "user=RJ")
            .sends(all, "limit=2&page=3&recenttracks=1&user=RJ")
            .refuses(&GetFriends::new(rj()).limit(0), "limit")
            .refuses(&GetFriends::new(rj()).page(1_000_001), "page")
            .reads(
                r##"{"friends":{"@attr":{"perPage":"2","totalPages":"13","page":"1","total":"26",
                    "user":"RJ"},"user":[{"name":"eartle","url":"u","country":"Chile",
                    "playlists":"0","playcount":"2300","image":[{"size":"small","#text":"i"}],
                    "registered":{"unixtime":"1418772058","#text":"2014-12-16 23:20"},
                    "realname":"Michael","subscriber":"1","bootstrap":"0","type":"subscriber",
                    "recenttrack":{"@attr":{"uts":"1360000000","date":"x"},"name":"Words",
                    "mbid":"t","url":"w","artist":{"name":"Low","mbid":"a","url":"l"},
                    "album":{"name":"Trust","mbid":"b","url":"v"}}}]}}"##,
                |page| {
                    assert_eq!((page.of.as_deref(), page.total), (Some("RJ"), Some(26)));
                    assert_eq!((page.page, page.per_page), (Some(1), Some(2)));
                    assert_eq!(page.total_pages, Some(13));
                    let Friend { user, last_track } = &page.items[0];
                    assert_eq!((user.name.as_str(), user.play_count), ("eartle", 2300));
                    assert_eq!(user.registered_at, Some(Timestamp::from_unix(1_418_772_058)));
                    assert_eq!(user.real_name.as_deref(), Some("Michael"));
                    assert_eq!((user.url.as_deref(), user.images.len()), (Some("u"), 1));
                    assert_eq!(user.country.as_deref(), Some("Chile"));
                    assert_eq!((user.kind.as_deref(), user.subscriber), (Some("subscriber"), true));
                    let LastTrack { track, played_at } = last_track.as_ref().unwrap();
                    assert_eq!(*played_at, Some(Timestamp::from_unix(1_360_000_000)));
                    assert_eq!(track.key(), ("Low", "Words", Some("Trust")));
                    let mbids = [&track.artist_mbid, &track.album_mbid, &track.mbid];
                    assert_eq!(mbids.map(|mbid| mbid.as_ref().unwrap().as_str()), ["a", "b", "t"]);
                    assert_eq!(track.url.as_deref(), Some("w"));
                },
            )
            .reads(
                r#"{"friends":{"user":{"name":"a","playcount":"0","recenttrack":""}}}"#,
                |page| {
                    assert_eq!((page.items[0].user.name.as_str(), page.total), ("a", None));
                    assert_eq!(page.items[0].last_track, None);
                },
            )
            .rejects([
                "{}",
                r#"{"friends":7}"#,
                r#"{"friends":{"user":[7]}}"#,
                r#"{"friends":{"user":[{"name":"","playcount":"0"}]}}"#,
                r#"{"friends":{"user":[],"@attr":{"total":"many"}}}"#,
            ]);
    }

    #[test]
    fn a_last_track_without_a_moment_is_playing() {
        let played_at = |item: &str| LastTrack::read(item).unwrap().played_at;
        assert_eq!(played_at(r#"{"name":"Words","@attr":{"nowplaying":"true"}}"#), None);
        let dated = r#"{"name":"Words","date":{"uts":"7"}}"#;
        assert_eq!(played_at(dated), Some(Timestamp::from_unix(7)));
    }
}
