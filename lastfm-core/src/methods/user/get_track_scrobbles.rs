//! `user.getTrackScrobbles` — API key only.
//!
//! A user's plays of one track.
//!
//! # Observed
//!
//! * 2025-11: the service answers it, though none of its pages says that it exists.
//! * 2025-11: pages hold 50 plays; pictures and album may be blank.

use crate::methods::arguments::{Part, Subject, in_order, paged};
use crate::methods::user::get_recent_tracks::Undated;
use crate::wire::{Entry, Object};
use crate::{
    Authentication, DecodeError, InvalidArgument, Method, Page, Params, Play, Timestamp, Username,
    Verb,
};

/// Asks for a user's plays of one track, newest first.
///
/// Each comes as in the user's history. What is playing now is left out; what names no moment that
/// can be read is [counted](Page::undatable_count).
///
/// Last.fm does not document this method, and could withdraw it without a word.
///
/// ```
/// use lastfm_core::methods::user::GetTrackScrobbles;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetTrackScrobbles::new("RJ".parse()?, "Low", "Words").params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&track=Words&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetTrackScrobbles {
    user: Username,
    track: Subject,
    autocorrect: bool,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    part: Part,
}

impl GetTrackScrobbles {
    /// This user's plays of the track of this artist and name.
    pub fn new(user: Username, artist: impl Into<String>, track: impl Into<String>) -> Self {
        let track = Subject::track(artist, track);
        Self { user, track, autocorrect: false, from: None, to: None, part: Part::default() }
    }

    /// Whether the service may correct the names. Nobody has verified that it heeds this. Default:
    /// no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }

    /// The second where the plays begin. Nobody has verified that the service heeds this. Default:
    /// from the beginning.
    pub fn from(self, from: Timestamp) -> Self {
        Self { from: Some(from), ..self }
    }

    /// The second where the plays end, not before the one where they begin. Nobody has verified that the service heeds this. Default:
    /// up to now.
    pub fn to(self, to: Timestamp) -> Self {
        Self { to: Some(to), ..self }
    }

    /// Plays a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for GetTrackScrobbles {
    const NAME: &'static str = "user.getTrackScrobbles";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<Play>;

    fn params(&self, params: &mut Params) {
        self.track.params(params);
        params
            .set("user", &self.user)
            .set_opt("autocorrect", self.autocorrect.then_some(1))
            .set_opt("from", self.from.map(Timestamp::as_unix))
            .set_opt("to", self.to.map(Timestamp::as_unix));
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.track.check()?;
        in_order(self.from, self.to)?;
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<Play>, DecodeError> {
        let list = Object::read(body)?.object("trackscrobbles")?;
        let (mut plays, mut undatable_count) = (Vec::new(), 0);
        for item in list.list("track")? {
            match item {
                Item::Play(play) => plays.push(play),
                Item::Playing => {}
                Item::Undatable => undatable_count += 1,
            }
        }
        Ok(Page { undatable_count, ..Page::with(&list, plays)? })
    }
}

paged!(GetTrackScrobbles, Play);

/// What stands in the list.
enum Item {
    Play(Play),
    Playing,
    Undatable,
}

impl Entry for Item {
    fn read(item: &str) -> Result<Self, DecodeError> {
        Ok(match (Play::from_json(item), Undated::read(item)) {
            (Ok(play), _) => Self::Play(play),
            (Err(_), Undated::Playing) => Self::Playing,
            (Err(_), Undated::Unreadable | Undated::NoHistory) => Self::Undatable,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness::{self, rj};

    fn words() -> GetTrackScrobbles {
        GetTrackScrobbles::new(rj(), "Low", "Words")
    }

    #[test]
    fn it_keeps_its_contract() {
        let stretch = words().from(Timestamp::from_unix(7)).to(Timestamp::from_unix(9));
        let form = "artist=Low&autocorrect=1&from=7&limit=2&page=3&to=9&track=Words&user=RJ";
        harness::method::<GetTrackScrobbles>()
            .sends(words(), "artist=Low&track=Words&user=RJ")
            .sends(stretch.autocorrect(true).limit(2).page(3), form)
            .refuses(&GetTrackScrobbles::new(rj(), " ", "Words"), "artist")
            .refuses(&GetTrackScrobbles::new(rj(), "Low", ""), "track")
            .refuses(&words().from(Timestamp::from_unix(9)).to(Timestamp::from_unix(8)), "from")
            .refuses(&words().limit(1001), "limit")
            .refuses(&words().page(0), "page")
            .reads(
                r##"{"trackscrobbles":{"track":[
                    {"artist":{"mbid":"a","#text":"Low"},"name":"Words","@attr":{"nowplaying":"true"}},
                    {"artist":{"mbid":"a","#text":"Low"},"name":"Words","streamable":"0",
                    "mbid":"m","album":{"mbid":"","#text":""},"url":"u",
                    "image":[{"size":"small","#text":""}],
                    "date":{"uts":"1763349558","#text":"17 Nov 2025, 03:19"}}],
                    "@attr":{"user":"RJ","page":"1","perPage":"50","totalPages":"4",
                    "total":"158"}}}"##,
                |page| {
                    assert_eq!((page.of.as_deref(), page.total), (Some("RJ"), Some(158)));
                    assert_eq!((page.page, page.per_page), (Some(1), Some(50)));
                    assert_eq!((page.total_pages, page.items.len()), (Some(4), 1));
                    let play = &page.items[0];
                    assert_eq!(play.played_at().as_unix(), 1_763_349_558);
                    let track = play.track();
                    assert_eq!(track.key(), ("Low", "Words", None));
                    assert_eq!(track.mbid.unwrap().as_str(), "m");
                    assert_eq!(track.artist_mbid.unwrap().as_str(), "a");
                    assert_eq!((track.url.as_deref(), track.album_mbid), (Some("u"), None));
                },
            )
            .reads(r#"{"trackscrobbles":{"track":{"name":"x","date":{"uts":7}}}}"#, |page| {
                assert_eq!((page.items[0].played_at().as_unix(), page.total), (7, None));
                assert_eq!(page.undatable_count, 0);
            })
            .reads(
                r#"{"trackscrobbles":{"track":[{"date":{"uts":"soon"}},{"date":{"uts":"8"}},
                    {"date":"","@attr":{"nowplaying":"true"}},{"name":"x"},7]}}"#,
                |page| {
                    assert_eq!((page.items.len(), page.undatable_count), (1, 3));
                    assert_eq!(page.items[0].played_at().as_unix(), 8);
                },
            )
            .rejects([
                "{}",
                r#"{"trackscrobbles":7}"#,
                r#"{"trackscrobbles":{"track":"later"}}"#,
                r#"{"trackscrobbles":{"track":[],"@attr":{"total":"many"}}}"#,
            ]);
    }
}
