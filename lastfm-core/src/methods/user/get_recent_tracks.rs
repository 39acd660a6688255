//! `user.getRecentTracks` — API key only.
//!
//! A page of a listening history, newest first.
//!
//! # Observed
//!
//! * 2026-07: `from` is inclusive, `to` is exclusive; the service's page says otherwise.
//! * 2026-07: `limit` may be up to 1000; 1001 is refused with error 6.
//! * 2026-09: the track that is playing comes on top of every page, of any window, beyond `limit`.
//! * 2025-11: also on top of a window that lies years back. It is not part of `total`.
//! * 2014: a single play came as one object, an empty history as a line break.

mod undated;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;

pub(super) use self::undated::Undated;
use crate::methods::arguments::{Part, in_order};
use crate::wire::{Members, Object};
use crate::{
    Authentication, DecodeError, Image, InvalidArgument, Method, Params, Play, Timestamp, Track,
    Username, Verb, wire,
};

/// Asks for a page of a user's listening history.
///
/// Service documentation: <https://www.last.fm/api/show/user.getRecentTracks>.
///
/// To read more than a page, use [`RecentTracks`](crate::RecentTracks): page numbers shift while
/// somebody listens.
///
/// ```
/// use lastfm_core::methods::user::GetRecentTracks;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetRecentTracks::new("RJ".parse()?).limit(1000).params(&mut params);
/// assert_eq!(params.to_form(), "limit=1000&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetRecentTracks {
    user: Username,
    part: Part,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    extended: bool,
}

impl GetRecentTracks {
    /// The newest plays of this user.
    pub fn new(user: Username) -> Self {
        Self { user, part: Part::default(), from: None, to: None, extended: false }
    }

    /// Plays a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }

    /// The first second to be included. Default: from the beginning, and 0 may mean the same.
    pub fn from(self, from: Timestamp) -> Self {
        Self { from: Some(from), ..self }
    }

    /// The first second not to be included any more, not before the first one. Default: up to now.
    pub fn to(self, to: Timestamp) -> Self {
        Self { to: Some(to), ..self }
    }

    /// Whether to ask for the user's love of each track, too. Artists then come without their
    /// MusicBrainz identifiers (observed 2026-07). Default: no.
    pub fn extended(self, extended: bool) -> Self {
        Self { extended, ..self }
    }
}

impl Method for GetRecentTracks {
    const NAME: &'static str = "user.getRecentTracks";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = RecentTracksPage;

    fn params(&self, params: &mut Params) {
        params
            .set("user", &self.user)
            .set_opt("from", self.from.map(Timestamp::as_unix))
            .set_opt("to", self.to.map(Timestamp::as_unix))
            .set_opt("extended", self.extended.then_some(1));
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        in_order(self.from, self.to)?;
        self.part.check()
    }

    fn decode(body: &str) -> Result<RecentTracksPage, DecodeError> {
        RecentTracksPage::read(&Arc::from(body))
    }
}

/// A page of a listening history.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecentTracksPage {
    /// Whose history it is, as the service spells the name. Empty if it does not say.
    pub user: String,
    /// The number of the page. 0 if the service does not say, and in some answers of 2014.
    pub page: u64,
    /// Plays a full page holds, which may be fewer than asked for. 0 if the service does not say.
    pub per_page: u64,
    /// How many pages there are. 0 if there is no play.
    pub total_pages: u64,
    /// How many plays there are in the window asked for, on all pages. Not every service says.
    pub total: Option<u64>,
    /// The plays, in the order in which they were sent: newest first.
    pub plays: Vec<Play>,
    /// What is playing now. It is no part of the history, and can stand on any page.
    pub now_playing: Option<Playing>,
    /// Items of the page that name no moment that can be read.
    pub undatable_count: usize,
}

/// What is playing now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Playing {
    /// The track.
    pub track: Track,
    /// The pictures of its album in several sizes.
    pub images: Vec<Image>,
    /// Whether the user loves it; nothing if that was not asked for.
    pub loved: Option<bool>,
}

impl Playing {
    fn read(item: &str) -> Option<Self> {
        let track = Track::from_item(item).ok().filter(|track| !track.name.is_empty())?;
        let item = Object::read(item).ok()?;
        Some(Self { track, images: item.images().unwrap_or_default(), loved: item.flag("loved") })
    }
}

/// What says which page it is. Stood beside the tracks in 2014.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Attributes<'a> {
    #[serde(borrow)]
    user: Option<&'a RawValue>,
    #[serde(default, deserialize_with = "wire::number")]
    page: Option<u64>,
    #[serde(default, deserialize_with = "wire::number")]
    per_page: Option<u64>,
    #[serde(default, deserialize_with = "wire::number")]
    total_pages: Option<u64>,
    #[serde(default, deserialize_with = "wire::number")]
    total: Option<u64>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "Items: Deserialize<'de>"))]
struct Body<'a, Items> {
    #[serde(borrow)]
    recenttracks: Tracks<'a, Items>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "Items: Deserialize<'de>"))]
struct Tracks<'a, Items> {
    track: Option<Items>,
    #[serde(borrow, rename = "@attr")]
    attributes: Option<Attributes<'a>>,
}

#[derive(Deserialize)]
struct OldBody<'a> {
    #[serde(borrow)]
    recenttracks: Attributes<'a>,
}

impl RecentTracksPage {
    fn read(text: &Arc<str>) -> Result<Self, DecodeError> {
        let json = |error: serde_json::Error| DecodeError::json(&error);
        let tracks = Tracks::read(text)?;
        let attributes = match tracks.attributes {
            Some(attributes) => attributes,
            None => serde_json::from_str::<OldBody<'_>>(text).map_err(json)?.recenttracks,
        };
        if tracks.track.is_none() && attributes.user.is_none() && attributes.total.is_none() {
            return Err(DecodeError::new("it holds neither tracks nor a total"));
        }
        let mut page = Self {
            user: wire::text(attributes.user),
            page: attributes.page.unwrap_or(0),
            per_page: attributes.per_page.unwrap_or(0),
            total_pages: attributes.total_pages.unwrap_or(0),
            total: attributes.total,
            plays: Vec::new(),
            now_playing: None,
            undatable_count: 0,
        };
        let items = tracks.track.unwrap_or_default();
        page.plays.reserve_exact(items.len());
        for item in items {
            page.add(text, item);
        }
        Ok(page)
    }

    fn add(&mut self, text: &Arc<str>, item: Option<Members<'_>>) {
        let Some(members) = item else {
            self.undatable_count += 1;
            return;
        };
        // An object without members says nothing.
        let Some(place) = members.place(text) else { return };
        let object = &text[place.clone()];
        match members.date.map_or(Ok(None), |date| Play::dated(text, place, date)) {
            Ok(Some(play)) => self.plays.push(play),
            Ok(None) => match Undated::read(object) {
                Undated::Playing => {
                    if let Some(playing) = Playing::read(object) {
                        self.now_playing.get_or_insert(playing);
                    }
                }
                Undated::Unreadable => self.undatable_count += 1,
                Undated::NoHistory => {}
            },
            Err(_) => self.undatable_count += 1,
        }
    }
}

/// The items of a page: their members, or nothing where one is no object.
type Items<'a> = Vec<Option<Members<'a>>>;

impl<'a> Tracks<'a, Items<'a>> {
    /// Reads a page: as a rule in one go, which fails where its list holds anything but objects.
    fn read(text: &'a str) -> Result<Self, DecodeError> {
        match serde_json::from_str::<Body<'_, Items<'_>>>(text) {
            Ok(body) => Ok(body.recenttracks),
            Err(_) => Self::read_word_for_word(text),
        }
    }

    /// Reads a page whatever stands in its list: first the list, then each item by itself.
    fn read_word_for_word(text: &'a str) -> Result<Self, DecodeError> {
        let body = serde_json::from_str::<Body<'_, &RawValue>>(text);
        let Tracks { track, attributes } =
            body.map_err(|error| DecodeError::json(&error))?.recenttracks;
        let items =
            wire::list(track)?.into_iter().map(|item| serde_json::from_str(item.get()).ok());
        Ok(Self { track: track.map(|_| items.collect()), attributes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness::{self, rj};

    fn read(body: &str) -> RecentTracksPage {
        GetRecentTracks::decode(body).unwrap()
    }

    const ATTRIBUTES: &str =
        r#""@attr":{"user":"RJ","totalPages":"3","page":"1","perPage":"2","total":"5"}"#;
    const PLAYING: &str =
        r##"{"artist":{"#text":"Low"},"name":"Lazy","@attr":{"nowplaying":"true"}}"##;

    fn play(uts: &str) -> String {
        format!(
            r##"{{"artist":{{"mbid":"","#text":"Low"}},"name":"Words","date":{{"uts":{uts},"#text":"x"}}}}"##
        )
    }

    fn moments(page: &RecentTracksPage) -> Vec<i64> {
        let moments = page.plays.iter().map(|play| play.played_at().as_unix());
        moments.collect()
    }

    #[test]
    fn it_keeps_its_contract() {
        let newest = || GetRecentTracks::new(rj());
        let stretch =
            |from, to| newest().from(Timestamp::from_unix(from)).to(Timestamp::from_unix(to));
        harness::method::<GetRecentTracks>()
            .sends(newest(), "user=RJ")
            .sends(
                stretch(1, 9).limit(200).page(3).extended(true),
                "extended=1&from=1&limit=200&page=3&to=9&user=RJ",
            )
            // The archive asks so where both edges belong to the window.
            .sends(stretch(9, 9), "from=9&to=9&user=RJ")
            .refuses(&stretch(9, 8), "from")
            .refuses(&newest().limit(0), "limit")
            .refuses(&newest().limit(1001), "limit")
            .refuses(&newest().page(0), "page")
            .reads(
                r##"{"recenttracks":{"track":[
                    {"artist":{"mbid":"a","#text":"Low"},"streamable":"0","name":"Words",
                    "mbid":"m","album":{"mbid":"b","#text":"Trust"},"url":"u",
                    "image":[{"size":"small","#text":"i"}],"loved":"1",
                    "date":{"uts":"1763349558","#text":"17 Nov 2025, 03:19"}}],
                    "@attr":{"user":"RJ","page":"2","perPage":"1","totalPages":"158",
                    "total":"157"}}}"##,
                |page| {
                    assert_eq!((&*page.user, page.page, page.per_page), ("RJ", 2, 1));
                    assert_eq!((page.total_pages, page.total), (158, Some(157)));
                    assert_eq!((page.plays.len(), page.undatable_count), (1, 0));
                    assert_eq!(page.now_playing, None);
                    let play = &page.plays[0];
                    assert_eq!(play.played_at().as_unix(), 1_763_349_558);
                    let track = play.track();
                    assert_eq!(track.key(), ("Low", "Words", Some("Trust")));
                    assert_eq!((track.mbid, track.artist_mbid), (Mbid::new("m"), Mbid::new("a")));
                    assert_eq!((track.album_mbid, &*track.url.unwrap()), (Mbid::new("b"), "u"));
                    assert_eq!((&*play.images()[0].url, play.loved()), ("i", Some(true)));
                },
            )
            .reads(r#"{"recenttracks":{"track":{"date":{"uts":7}}}}"#, |page| {
                assert_eq!(page.plays[0].played_at().as_unix(), 7);
                assert_eq!((&*page.user, page.page, page.per_page), ("", 0, 0));
                assert_eq!((page.total_pages, page.total), (0, None));
            })
            .rejects([
                "[]",
                "null",
                "{}",
                r#"{"recenttracks":{}}"#,
                r#"{"recenttracks":"\n"}"#,
                r#"{"recenttracks":{"track":"later"}}"#,
                r#"{"recenttracks":{"track":[],"@attr":{"total":"many"}}}"#,
                r#"{"recenttracks":{"track":[],"@attr":{"total":"-1"}}}"#,
                r#"{"recenttracks":{"track":[],"@attr":{"total":"0"}}}x"#,
            ]);
    }

    #[test]
    fn what_is_playing_is_not_part_of_the_history() {
        let items = [PLAYING, &play("\"20\""), &play("10"), "{\"name\":\"no date\"}"].join(",");
        let page = read(&format!(r#"{{"recenttracks":{{"track":[{items}],{ATTRIBUTES}}}}}"#));
        assert_eq!(moments(&page), [20, 10]);
        assert_eq!(page.now_playing.unwrap().track.name, "Lazy");
        assert_eq!((page.user.as_str(), page.page, page.per_page), ("RJ", 1, 2));
        assert_eq!((page.total_pages, page.total), (3, Some(5)));
        assert_eq!(page.undatable_count, 0);
        assert_eq!(page.plays[1].raw(), play("10"));
    }

    #[test]
    fn what_is_playing_has_pictures_and_can_be_loved() {
        let page = |more: &str| {
            let playing = PLAYING.replacen('{', &format!("{{{more}"), 1);
            read(&format!(r#"{{"recenttracks":{{"track":{playing}}}}}"#))
        };
        let extended = page(r##""image":{"size":"small","#text":"i"},"loved":"1","##);
        let playing = extended.now_playing.unwrap();
        assert_eq!((playing.images[0].url.as_str(), playing.loved), ("i", Some(true)));
        let playing = page("").now_playing.unwrap();
        assert_eq!((playing.images, playing.loved), (vec![], None));
    }

    #[test]
    fn a_dated_item_is_history_whatever_it_says_of_itself() {
        let item = r#"{"name":"x","date":{"uts":"7"},"@attr":{"nowplaying":"true"}}"#;
        let page = read(&format!(r#"{{"recenttracks":{{"track":{item}}}}}"#));
        assert_eq!(moments(&page), [7]);
        assert_eq!(page.now_playing, None);
        assert_eq!(page.total, None);
    }

    #[test]
    fn a_page_is_the_same_in_one_go_and_word_for_word() {
        let spaced = " {\n\"name\" : \"{}\" , \"date\" : {\"uts\":\"8\"} } ";
        let items =
            [&*play("9"), spaced, PLAYING, r#"{"date":1,"date":{"uts":"7"}}"#, "{}", " { } "];
        let body = format!(r#"{{"recenttracks":{{"track":[{}],{ATTRIBUTES}}}}}"#, items.join(","));
        let at_once = serde_json::from_str::<Body<'_, Items<'_>>>(&body).unwrap();
        let at_once = at_once.recenttracks.track.unwrap();
        assert_eq!(Some(&at_once), Tracks::read_word_for_word(&body).unwrap().track.as_ref());
        let places = at_once.iter().map(|item| item.unwrap().place(&body));
        let objects = places.map(|place| place.map_or("{}", |place| &body[place]));
        let expected = items.map(|item| item.trim().replace("{ }", "{}"));
        assert_eq!(objects.collect::<Vec<_>>(), expected);
        assert_eq!(moments(&read(&body)), [9, 8, 7]);
        // What only the longer way can read.
        for odd in ["7", "null", r#""\ud800""#, "[[]]", "1e999"] {
            let body = body.replace(" { } ", odd);
            let page = read(&body);
            assert_eq!((moments(&page), page.undatable_count), (vec![9, 8, 7], 1), "{odd}");
        }
    }

    #[test]
    fn one_bad_date_does_not_fail_its_page() {
        let items =
            [&*play("\"soon\""), &play("\"\""), &play("5"), "7", "{\"date\":\"\"}"].join(",");
        let page = read(&format!(r#"{{"recenttracks":{{"track":[{items}],{ATTRIBUTES}}}}}"#));
        assert_eq!(moments(&page), [5]);
        assert_eq!(page.undatable_count, 4);
    }

    #[test]
    fn an_empty_history_is_told_in_many_ways() {
        let old = r##"{"recenttracks":{"#text":"\n","user":"RJ","page":"0","perPage":"20",
            "totalPages":"0","total":"0"}}"##;
        let page = read(old);
        assert_eq!((page.page, page.per_page, page.total), (0, 20, Some(0)));
        for track in ["[]", "\"\"", r#""\n""#, "null", PLAYING] {
            let page = read(&format!(r#"{{"recenttracks":{{"track":{track},{ATTRIBUTES}}}}}"#));
            assert_eq!(page.plays, []);
        }
    }
}
