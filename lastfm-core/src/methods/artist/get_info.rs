//! `artist.getInfo` — API key only.
//!
//! What the service knows about an artist.
//!
//! # Observed
//!
//! * 2023: pictures are all placeholders.
//! * 2023: `userplaycount` comes only if a user was named.
//! * 2023: lists with a single item may come as that item.

use crate::methods::arguments::Subject;
use crate::wire::Object;
use crate::{
    ArtistEntry, Authentication, DecodeError, Image, InvalidArgument, Mbid, Method, Params,
    TagEntry, Username, Verb, Wiki,
};

/// Asks what the service knows about an artist.
///
/// Service documentation: <https://www.last.fm/api/show/artist.getInfo>.
///
/// ```
/// use lastfm_core::methods::artist::GetInfo;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetInfo::new("Low").username("RJ".parse()?).lang("de").params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&lang=de&username=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetInfo {
    artist: Subject,
    autocorrect: bool,
    lang: Option<String>,
    username: Option<Username>,
}

impl GetInfo {
    /// About the artist of this name.
    pub fn new(artist: impl Into<String>) -> Self {
        Self::about(Subject::artist(artist))
    }

    /// About the artist with this MusicBrainz identifier.
    pub fn by_mbid(mbid: Mbid) -> Self {
        Self::about(Subject::Mbid(mbid))
    }

    fn about(artist: Subject) -> Self {
        Self { artist, autocorrect: false, lang: None, username: None }
    }

    /// Whether the service may correct the name. Default: no.
    pub fn autocorrect(self, autocorrect: bool) -> Self {
        Self { autocorrect, ..self }
    }

    /// The language of the text, by its ISO 639-1 code. Default: English.
    pub fn lang(self, lang: impl Into<String>) -> Self {
        Self { lang: Some(lang.into()), ..self }
    }

    /// Also how often this user has played the artist. Default: nobody.
    pub fn username(self, username: Username) -> Self {
        Self { username: Some(username), ..self }
    }
}

impl Method for GetInfo {
    const NAME: &'static str = "artist.getInfo";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = ArtistInfo;

    fn params(&self, params: &mut Params) {
        self.artist.params(params);
        params
            .set_opt("autocorrect", self.autocorrect.then_some(1))
            .set_opt("lang", self.lang.as_ref())
            .set_opt("username", self.username.as_ref());
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.artist.check()
    }

    fn decode(body: &str) -> Result<ArtistInfo, DecodeError> {
        let artist = Object::read(body)?.object("artist")?;
        let stats = artist.child("stats");
        Ok(ArtistInfo {
            name: artist.required("name")?,
            mbid: artist.mbid(),
            url: artist.text("url"),
            images: artist.images()?,
            on_tour: artist.flag("ontour"),
            listener_count: stats.number("listeners")?,
            play_count: stats.number("playcount")?,
            user_play_count: stats.number("userplaycount")?,
            similar: artist.child("similar").list("artist")?,
            tags: artist.child("tags").list("tag")?,
            bio: Wiki::of(&artist, "bio"),
        })
    }
}

/// What the service knows about an artist.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ArtistInfo {
    /// The name.
    pub name: String,
    /// The MusicBrainz identifier.
    pub mbid: Option<Mbid>,
    /// The artist's page on Last.fm.
    pub url: Option<String>,
    /// Pictures, which nowadays are all [placeholders](Image::is_placeholder).
    pub images: Vec<Image>,
    /// Whether concerts are announced.
    pub on_tour: Option<bool>,
    /// How many people have listened to the artist.
    pub listener_count: Option<u64>,
    /// Everybody's plays.
    pub play_count: Option<u64>,
    /// The plays of the user whom the call named.
    pub user_play_count: Option<u64>,
    /// A few similar artists, the most similar first.
    pub similar: Vec<ArtistEntry>,
    /// The tags given most.
    pub tags: Vec<TagEntry>,
    /// What people have written.
    pub bio: Option<Wiki>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        let all = GetInfo::new("Low").autocorrect(true).lang("de").username(rj());
        let mbid = GetInfo::by_mbid(Mbid::new("a-b").unwrap());
        harness::method::<GetInfo>()
            .sends(GetInfo::new("Low"), "artist=Low")
            .sends(all, "artist=Low&autocorrect=1&lang=de&username=RJ")
            .sends(mbid, "mbid=a-b")
            .refuses(&GetInfo::new(""), "artist")
            .reads(
                r##"{"artist":{"name":"Low","mbid":"m","url":"u","image":[{"size":"small",
                    "#text":"i"}],"streamable":"0","ontour":"1","stats":{"listeners":"5",
                    "playcount":"9","userplaycount":"3"},"similar":{"artist":[{"name":"Ida"}]},
                    "tags":{"tag":{"name":"slowcore","url":"t"}},"bio":{"links":{"link":{
                    "#text":"","rel":"original","href":"w"}},"published":"10 Feb 2006, 19:13",
                    "summary":"S","content":"C"}}}"##,
                |artist| {
                    assert_eq!((&*artist.name, artist.on_tour), ("Low", Some(true)));
                    assert_eq!((artist.listener_count, artist.play_count), (Some(5), Some(9)));
                    assert_eq!((artist.user_play_count, artist.images.len()), (Some(3), 1));
                    assert_eq!(
                        (&*artist.similar[0].name, &*artist.tags[0].name),
                        ("Ida", "slowcore")
                    );
                    assert_eq!(artist.bio.unwrap().url.as_deref(), Some("w"));
                },
            )
            .reads(r#"{"artist":{"name":"Low","mbid":"","tags":"","bio":{}}}"#, |artist| {
                assert_eq!((artist.mbid, artist.play_count), (None, None));
                assert_eq!((artist.tags, artist.bio), (vec![], None));
            })
            .rejects([
                "{}",
                r#"{"artist":"Low"}"#,
                r#"{"artist":{"mbid":"m"}}"#,
                r#"{"artist":{"name":"Low","stats":{"listeners":"many"}}}"#,
            ]);
    }
}
