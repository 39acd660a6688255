//! `user.getPersonalTags` — API key only.
//!
//! What a user has given a tag to.
//!
//! # Observed
//!
//! * 2020: an unknown user, and a tag that the user never gave, are answered with status 200.
//! * 2020: items say nothing but names, addresses and pictures.

use std::fmt::Debug;
use std::marker::PhantomData;

use crate::methods::arguments::{Part, not_blank};
use crate::wire::{Entry, Object};
use crate::{
    AlbumEntry, ArtistEntry, Authentication, DecodeError, InvalidArgument, Method, Page, Paged,
    Params, TrackEntry, Username, Verb,
};

/// Asks for the artists, albums or tracks that a user has given a tag.
///
/// Each comes with its names alone: no rank, no count.
///
/// Service documentation: <https://www.last.fm/api/show/user.getPersonalTags>.
///
/// ```
/// use lastfm_core::methods::user::GetPersonalTags;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetPersonalTags::albums("RJ".parse()?, "winter").params(&mut params);
/// assert_eq!(params.to_form(), "tag=winter&taggingtype=album&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetPersonalTags<T> {
    user: Username,
    tag: String,
    part: Part,
    tagged: PhantomData<fn() -> T>,
}

impl GetPersonalTags<ArtistEntry> {
    /// The artists that this user has given this tag.
    pub fn artists(user: Username, tag: impl Into<String>) -> Self {
        Self::new(user, tag)
    }
}

impl GetPersonalTags<AlbumEntry> {
    /// The albums that this user has given this tag.
    pub fn albums(user: Username, tag: impl Into<String>) -> Self {
        Self::new(user, tag)
    }
}

impl GetPersonalTags<TrackEntry> {
    /// The tracks that this user has given this tag.
    pub fn tracks(user: Username, tag: impl Into<String>) -> Self {
        Self::new(user, tag)
    }
}

impl<T> GetPersonalTags<T> {
    fn new(user: Username, tag: impl Into<String>) -> Self {
        Self { user, tag: tag.into(), part: Part::default(), tagged: PhantomData }
    }

    /// Items a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl<T: Taggable> Method for GetPersonalTags<T> {
    const NAME: &'static str = "user.getPersonalTags";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<T>;

    fn params(&self, params: &mut Params) {
        params.set("user", &self.user).set("tag", &self.tag).set("taggingtype", T::ONE);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        not_blank("tag", &self.tag)?;
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<T>, DecodeError> {
        let list = Object::read(body)?.object("taggings")?;
        let items = list.object(T::MANY)?.list(T::ONE)?;
        Page::with(&list, items)
    }
}

impl<T: Taggable> Paged for GetPersonalTags<T> {
    type Item = T;

    fn number(&self) -> u32 {
        self.part.number()
    }

    fn at(&self, number: u32) -> Self {
        self.clone().page(number)
    }
}

/// What can be tagged: artists, albums and tracks. Nothing else can be.
pub trait Taggable: Entry + Debug + Clone + PartialEq + Send + Sync + 'static {
    /// The service's word for one of them.
    const ONE: &'static str;
    /// The service's word for several.
    const MANY: &'static str;
}

impl Taggable for ArtistEntry {
    const ONE: &'static str = "artist";
    const MANY: &'static str = "artists";
}

impl Taggable for AlbumEntry {
    const ONE: &'static str = "album";
    const MANY: &'static str = "albums";
}

impl Taggable for TrackEntry {
    const ONE: &'static str = "track";
    const MANY: &'static str = "tracks";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        let artists = || GetPersonalTags::artists(rj(), "slow core");
        harness::method::<GetPersonalTags<ArtistEntry>>()
            .sends(artists(), "tag=slow+core&taggingtype=artist&user=RJ")
            .sends(
                artists().limit(2).page(3),
                "limit=2&page=3&tag=slow+core&taggingtype=artist&user=RJ",
            )
            .refuses(&GetPersonalTags::artists(rj(), " "), "tag")
            .refuses(&artists().limit(0), "limit")
            .refuses(&artists().page(0), "page")
            .reads(
                r##"{"taggings":{"artists":{"artist":[{"name":"Low","mbid":"m","url":"u",
                    "streamable":"0","image":[{"#text":"i","size":"small"}]}]},
                    "@attr":{"user":"RJ","tag":"slow core","page":"1","perPage":"1",
                    "totalPages":"20","total":"20"}}}"##,
                |page| {
                    assert_eq!((page.of.as_deref(), page.total), (Some("RJ"), Some(20)));
                    assert_eq!((page.page, page.per_page), (Some(1), Some(1)));
                    assert_eq!(page.total_pages, Some(20));
                    let artist = &page.items[0];
                    assert_eq!((&*artist.name, &artist.mbid), ("Low", &Mbid::new("m")));
                    assert_eq!((artist.url.as_deref(), artist.images.len()), (Some("u"), 1));
                },
            )
            .reads(r#"{"taggings":{"artists":{"artist":{"name":"Low"}}}}"#, |page| {
                assert_eq!((&*page.items[0].name, page.total), ("Low", None));
            })
            .reads(r#"{"taggings":{"artists":"\n","@attr":{"total":"0"}}}"#, |page| {
                assert_eq!((page.items.len(), page.total), (0, Some(0)));
            })
            .rejects([
                "{}",
                r#"{"taggings":7}"#,
                r#"{"taggings":{"albums":{"album":[]}}}"#,
                r#"{"taggings":{"artists":{"artist":[7]}}}"#,
                r#"{"taggings":{"artists":{},"@attr":{"total":"many"}}}"#,
            ]);
    }

    #[test]
    fn albums_and_tracks_are_tagged_alike() {
        harness::method::<GetPersonalTags<AlbumEntry>>()
            .sends(GetPersonalTags::albums(rj(), "a"), "tag=a&taggingtype=album&user=RJ")
            .reads(
                r#"{"taggings":{"albums":{"album":{"name":"Trust","artist":{"name":"Low"}}}}}"#,
                |page| {
                    let album = &page.items[0];
                    assert_eq!((&*album.name, &*album.artist.name), ("Trust", "Low"));
                },
            )
            .rejects([r#"{"taggings":{"artists":{"artist":[]}}}"#]);
        harness::method::<GetPersonalTags<TrackEntry>>()
            .sends(GetPersonalTags::tracks(rj(), "a"), "tag=a&taggingtype=track&user=RJ")
            .reads(
                r#"{"taggings":{"tracks":{"track":{"name":"Words","artist":{"name":"Low"}}}}}"#,
                |page| {
                    let track = &page.items[0];
                    assert_eq!((&*track.name, &*track.artist.name), ("Words", "Low"));
                },
            )
            .rejects([r#"{"taggings":{"albums":{"album":[]}}}"#]);
    }
}
