//! `album.getInfo` — API key only.
//!
//! What the service knows about an album.
//!
//! # Observed
//!
//! * 2023: `userplaycount` comes only if a user was named, and as a number, where others are text.
//! * 2023: an album whose tracks nobody knows has no list of them; a single track stands alone, and
//!   a length that nobody knows is `null`.

use crate::methods::arguments::Subject;
use crate::wire::Object;
use crate::{
    ArtistName, Authentication, DecodeError, Image, InvalidArgument, Mbid, Method, Params,
    TagEntry, TrackEntry, Username, Verb, Wiki,
};

/// Asks what the service knows about an album.
///
/// Service documentation: <https://www.last.fm/api/show/album.getInfo>.
///
/// ```
/// use lastfm_core::methods::album::GetInfo;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetInfo::new("Low", "Trust").username("RJ".parse()?).lang("de").params(&mut params);
/// assert_eq!(params.to_form(), "album=Trust&artist=Low&lang=de&username=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetInfo {
    album: Subject,
    autocorrect: bool,
    lang: Option<String>,
    username: Option<Username>,
}

impl GetInfo {
    /// About the album of this title by this artist.
    pub fn new(artist: impl Into<String>, album: impl Into<String>) -> Self {
        Self::of(Subject::album(artist, album))
    }

    /// About the album with this MusicBrainz identifier, that of a release.
    pub fn by_mbid(mbid: Mbid) -> Self {
        Self::of(Subject::Mbid(mbid))
    }

    fn of(album: Subject) -> Self {
        Self { album, autocorrect: false, lang: None, username: None }
    }

    /// Whether the service may correct the names. Default: no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }

    /// The language of the text, by its ISO 639-1 code. Default: English.
    pub fn lang(self, lang: impl Into<String>) -> Self {
        Self { lang: Some(lang.into()), ..self }
    }

    /// Also how often this user has played the album. Default: nobody.
    pub fn username(self, username: Username) -> Self {
        Self { username: Some(username), ..self }
    }
}

impl Method for GetInfo {
    const NAME: &'static str = "album.getInfo";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = AlbumInfo;

    fn params(&self, params: &mut Params) {
        self.album.params(params);
        params
            .set_opt("autocorrect", self.autocorrect.then_some(1))
            .set_opt("lang", self.lang.as_ref())
            .set_opt("username", self.username.as_ref());
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.album.check()
    }

    fn decode(body: &str) -> Result<AlbumInfo, DecodeError> {
        let album = Object::read(body)?.object("album")?;
        Ok(AlbumInfo {
            name: album.required("name")?,
            artist: ArtistName::of(&album),
            mbid: album.mbid(),
            url: album.text("url"),
            images: album.images()?,
            released: album.text("releasedate").map(|date| date.trim().to_owned()),
            listener_count: album.number("listeners")?,
            play_count: album.number("playcount")?,
            user_play_count: album.number("userplaycount")?,
            tracks: album.child("tracks").list("track")?,
            tags: album.child("tags").list("tag")?,
            wiki: Wiki::of(&album, "wiki"),
        })
    }
}

/// What the service knows about an album.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AlbumInfo {
    /// The title.
    pub name: String,
    /// Whose album it is, by name alone.
    pub artist: ArtistName,
    /// The MusicBrainz identifier (a release, not a release group).
    pub mbid: Option<Mbid>,
    /// The album's page on Last.fm.
    pub url: Option<String>,
    /// The cover in several sizes.
    pub images: Vec<Image>,
    /// When it was released, in the service's words, which it does not tell any more.
    pub released: Option<String>,
    /// How many people have listened to the album.
    pub listener_count: Option<u64>,
    /// Everybody's plays.
    pub play_count: Option<u64>,
    /// The plays of the user whom the call named.
    pub user_play_count: Option<u64>,
    /// The tracks in their order, each with its rank and, if anybody knows, its length; empty if
    /// nobody knows them. How often they were played,
    /// [`track.getInfo`](crate::methods::track::GetInfo) tells.
    pub tracks: Vec<TrackEntry>,
    /// The tags given most.
    pub tags: Vec<TagEntry>,
    /// What people have written.
    pub wiki: Option<Wiki>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        let all = GetInfo::new("Low", "Trust").autocorrect(true).lang("de").username(rj());
        harness::method::<GetInfo>()
            .sends(GetInfo::new("Low", "Trust"), "album=Trust&artist=Low")
            .sends(all, "album=Trust&artist=Low&autocorrect=1&lang=de&username=RJ")
            .sends(GetInfo::by_mbid(Mbid::new("a-b").unwrap()), "mbid=a-b")
            .refuses(&GetInfo::new(" ", "Trust"), "artist")
            .refuses(&GetInfo::new("Low", ""), "album")
            .reads(TYPICAL, |album| {
                assert_eq!((&*album.name, &*album.artist.name), ("Trust", "Low"));
                assert_eq!((album.mbid, album.url.as_deref()), (Mbid::new("m"), Some("u")));
                assert_eq!((album.listener_count, album.play_count), (Some(5), Some(9)));
                assert_eq!((album.user_play_count, album.images.len()), (Some(3), 2));
                let tag = &album.tags[0];
                assert_eq!((&*tag.name, tag.url.as_deref()), ("slowcore", Some("t")));
                let [first, second] = &album.tracks[..] else { panic!("{:?}", album.tracks) };
                assert_eq!((&*first.name, first.rank), ("Amazing Grace", Some(1)));
                assert_eq!(first.duration, Some(Duration::from_secs(304)));
                assert_eq!((first.url.as_deref(), &*first.artist.name), (Some("v"), "Low"));
                assert_eq!(first.artist.mbid, Mbid::new("n"));
                assert_eq!(first.artist.url.as_deref(), Some("w"));
                assert_eq!((second.duration, second.rank), (None, Some(2)));
                let wiki = album.wiki.unwrap();
                assert_eq!(wiki.published.as_deref(), Some("03 Mar 2010, 16:48"));
                assert_eq!((&*wiki.summary, &*wiki.content), ("S", "C"));
            })
            .reads(
                r#"{"album":{"name":"Trust","artist":"Low","mbid":"","tags":"","tracks":{"track":{
                    "name":"Canada","duration":null,"@attr":{"rank":"1"}}},"wiki":{}}}"#,
                |album| {
                    assert_eq!((&*album.tracks[0].name, album.tracks[0].rank), ("Canada", Some(1)));
                    assert_eq!((album.mbid, album.tags, album.wiki), (None, vec![], None));
                    assert_eq!((album.user_play_count, album.images), (None, vec![]));
                },
            )
            .reads(r#"{"album":{"name":"Trust"}}"#, |album| {
                assert_eq!((album.artist, album.tracks), (ArtistName::default(), vec![]));
            })
            .rejects([
                "{}",
                r#"{"album":"Trust"}"#,
                r#"{"album":{"artist":"Low"}}"#,
                r#"{"album":{"name":"Trust","playcount":"many"}}"#,
                r#"{"album":{"name":"Trust","tracks":{"track":[7]}}}"#,
            ]);
    }

    const TYPICAL: &str = r##"{"album":{"artist":"Low","mbid":"m","tags":{"tag":[{"url":"t",
        "name":"slowcore"}]},"name":"Trust","userplaycount":3,"image":[{"size":"small",
        "#text":"i"},{"size":"","#text":"j"}],"tracks":{"track":[{"streamable":{"fulltrack":"0",
        "#text":"0"},"duration":304,"url":"v","name":"Amazing Grace","@attr":{"rank":1},
        "artist":{"url":"w","name":"Low","mbid":"n"}},{"duration":null,"name":"Canada",
        "@attr":{"rank":2}}]},"listeners":"5","playcount":"9","url":"u","wiki":{
        "published":"03 Mar 2010, 16:48","summary":"S","content":"C"}}}"##;
}
