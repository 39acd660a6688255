//! `track.getInfo` — API key only.
//!
//! What the service knows about a track.
//!
//! # Observed
//!
//! * 2023: `userplaycount` and `userloved` come only if a user was named.
//! * 2023: album, text and identifiers are left out where there are none.
//! * 2023: the length is in milliseconds, while lists tell it in seconds.

use std::time::Duration;

use crate::methods::arguments::Subject;
use crate::wire::Object;
use crate::{
    AlbumEntry, ArtistName, Authentication, DecodeError, InvalidArgument, Mbid, Method, Params,
    TagEntry, Username, Verb, Wiki,
};

/// Asks what the service knows about a track.
///
/// Service documentation: <https://www.last.fm/api/show/track.getInfo>.
///
/// ```
/// use lastfm_core::methods::track::GetInfo;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetInfo::new("Low", "Words").username("RJ".parse()?).params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&track=Words&username=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetInfo {
    track: Subject,
    autocorrect: bool,
    username: Option<Username>,
}

impl GetInfo {
    /// About the track of this artist and name.
    pub fn new(artist: impl Into<String>, track: impl Into<String>) -> Self {
        Self::about(Subject::track(artist, track))
    }

    /// About the track with this MusicBrainz identifier.
    pub fn by_mbid(mbid: Mbid) -> Self {
        Self::about(Subject::Mbid(mbid))
    }

    fn about(track: Subject) -> Self {
        Self { track, autocorrect: false, username: None }
    }

    /// Whether the service may correct the names. Default: no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }

    /// Also how often this user has played the track, and whether they love it. Default: nobody.
    pub fn username(self, username: Username) -> Self {
        Self { username: Some(username), ..self }
    }
}

impl Method for GetInfo {
    const NAME: &'static str = "track.getInfo";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = TrackInfo;

    fn params(&self, params: &mut Params) {
        self.track.params(params);
        params
            .set_opt("autocorrect", self.autocorrect.then_some(1))
            .set_opt("username", self.username.as_ref());
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.track.check()
    }

    fn decode(body: &str) -> Result<TrackInfo, DecodeError> {
        let track = Object::read(body)?.object("track")?;
        Ok(TrackInfo {
            name: track.required("name")?,
            artist: ArtistName::of(&track),
            mbid: track.mbid(),
            url: track.text("url"),
            duration: track.milliseconds("duration")?,
            listener_count: track.number("listeners")?,
            play_count: track.number("playcount")?,
            user_play_count: track.number("userplaycount")?,
            user_loved: track.flag("userloved"),
            album: track.list("album")?.into_iter().next(),
            album_position: track.child("album").child("@attr").number("position")?,
            tags: track.child("toptags").list("tag")?,
            wiki: Wiki::of(&track, "wiki"),
        })
    }
}

/// What the service knows about a track.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrackInfo {
    /// The title.
    pub name: String,
    /// Whose track it is.
    pub artist: ArtistName,
    /// The MusicBrainz identifier.
    pub mbid: Option<Mbid>,
    /// The track's page on Last.fm.
    pub url: Option<String>,
    /// How long it is, to the millisecond, if anybody knows.
    pub duration: Option<Duration>,
    /// How many people have listened to it.
    pub listener_count: Option<u64>,
    /// Everybody's plays.
    pub play_count: Option<u64>,
    /// The plays of the user whom the call named.
    pub user_play_count: Option<u64>,
    /// Whether the user whom the call named loves it.
    pub user_loved: Option<bool>,
    /// An album that holds it, if the service knows one.
    pub album: Option<AlbumEntry>,
    /// The track's place on that album, from 1.
    pub album_position: Option<u64>,
    /// The tags given most.
    pub tags: Vec<TagEntry>,
    /// What people have written.
    pub wiki: Option<Wiki>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        let all = GetInfo::new("Low", "Words").autocorrect(true).username(rj());
        harness::method::<GetInfo>()
            .sends(GetInfo::new("Low", "Words"), "artist=Low&track=Words")
            .sends(all, "artist=Low&autocorrect=1&track=Words&username=RJ")
            .sends(GetInfo::by_mbid(Mbid::new("a-b").unwrap()), "mbid=a-b")
            .refuses(&GetInfo::new("", "Words"), "artist")
            .refuses(&GetInfo::new("Low", " "), "track")
            .reads(
                r##"{"track":{"mbid":"m","name":"Words","url":"u","duration":"345678",
                    "streamable":{"#text":"0","fulltrack":"0"},"listeners":"19",
                    "playcount":"136","artist":{"mbid":"a","name":"Low","url":"l"},
                    "album":{"mbid":"b","artist":"Low","title":"Trust","url":"v",
                    "image":[{"#text":"i","size":"small"}],"@attr":{"position":"3"}},
                    "userplaycount":"13","userloved":"0",
                    "toptags":{"tag":[{"name":"slowcore","url":"t"}]},
                    "wiki":{"published":"23 Jul 2008, 20:09","summary":"S","content":"C"}}}"##,
                |track| {
                    assert_eq!((&*track.name, &*track.artist.name), ("Words", "Low"));
                    assert_eq!((track.mbid, track.artist.mbid), (Mbid::new("m"), Mbid::new("a")));
                    assert_eq!(track.url.as_deref(), Some("u"));
                    assert_eq!(track.artist.url.as_deref(), Some("l"));
                    assert_eq!(track.duration, Some(Duration::from_millis(345_678)));
                    assert_eq!((track.listener_count, track.play_count), (Some(19), Some(136)));
                    assert_eq!((track.user_play_count, track.user_loved), (Some(13), Some(false)));
                    let album = track.album.unwrap();
                    assert_eq!((&*album.name, &*album.artist.name), ("Trust", "Low"));
                    assert_eq!((album.mbid, album.images.len()), (Mbid::new("b"), 1));
                    assert_eq!((album.url.as_deref(), track.album_position), (Some("v"), Some(3)));
                    assert_eq!((&*track.tags[0].name, track.tags.len()), ("slowcore", 1));
                    assert_eq!(track.tags[0].url.as_deref(), Some("t"));
                    let wiki = track.wiki.unwrap();
                    assert_eq!((&*wiki.summary, &*wiki.content), ("S", "C"));
                    assert_eq!(wiki.published.as_deref(), Some("23 Jul 2008, 20:09"));
                },
            )
            .reads(
                r#"{"track":{"name":"Words","duration":"0","album":"","toptags":{"tag":
                    {"name":"slowcore"}},"userloved":"1","userplaycount":48}}"#,
                |track| {
                    assert_eq!((track.duration, track.album, track.wiki), (None, None, None));
                    assert_eq!((track.tags.len(), track.album_position), (1, None));
                    assert_eq!((track.user_loved, track.user_play_count), (Some(true), Some(48)));
                },
            )
            .reads(r#"{"track":{"name":"Words","toptags":""}}"#, |track| {
                assert_eq!((track.user_loved, track.user_play_count), (None, None));
                assert_eq!((&*track.artist.name, track.tags.len()), ("", 0));
            })
            .rejects([
                "{}",
                r#"{"track":"Words"}"#,
                r#"{"track":{"mbid":"m"}}"#,
                r#"{"track":{"name":"Words","duration":"long"}}"#,
                r#"{"track":{"name":"Words","album":7}}"#,
            ]);
    }
}
