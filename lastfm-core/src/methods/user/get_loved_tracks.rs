//! `user.getLovedTracks` — API key only.
//!
//! The tracks that a user loves.
//!
//! # Observed
//!
//! * 2019: `limit` may be up to 1000; the service's page does not say.
//! * 2022-09: pictures are all placeholders, and items name no album.

use crate::methods::arguments::{Part, paged};
use crate::wire::{Entry, Object};
use crate::{
    Authentication, DecodeError, InvalidArgument, Method, Page, Params, Timestamp, TrackEntry,
    Username, Verb,
};

/// Asks for the tracks that a user loves, loved last first.
///
/// Each comes with the moment at which it was loved, and with no count, rank or length.
///
/// Service documentation: <https://www.last.fm/api/show/user.getLovedTracks>.
///
/// ```
/// use lastfm_core::methods::user::GetLovedTracks;
/// use lastfm_core::{Method, Params};
///
/// let mut params = Params::default();
/// GetLovedTracks::new("RJ".parse()?).limit(1000).params(&mut params);
/// assert_eq!(params.to_form(), "limit=1000&user=RJ");
/// # Ok::<(), lastfm_core::InvalidUsername>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GetLovedTracks {
    user: Username,
    part: Part,
}

impl GetLovedTracks {
    /// The tracks that this user loves.
    pub fn new(user: Username) -> Self {
        Self { user, part: Part::default() }
    }

    /// Tracks a page, 1 to 1000. Default: 50.
    pub fn limit(self, limit: u32) -> Self {
        Self { part: self.part.limit(limit), ..self }
    }

    /// The number of the page, 1 to 1,000,000. Default: 1.
    pub fn page(self, page: u32) -> Self {
        Self { part: self.part.page(page), ..self }
    }
}

impl Method for GetLovedTracks {
    const NAME: &'static str = "user.getLovedTracks";
    const VERB: Verb = Verb::Read;
    const AUTHENTICATION: Authentication = Authentication::ApiKey;
    type Response = Page<LovedTrack>;

    fn params(&self, params: &mut Params) {
        params.set("user", &self.user);
        self.part.params(params);
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        self.part.check()
    }

    fn decode(body: &str) -> Result<Page<LovedTrack>, DecodeError> {
        Page::read(&Object::read(body)?.object("lovedtracks")?, "track")
    }
}

paged!(GetLovedTracks, LovedTrack);

/// A track that somebody loves.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LovedTrack {
    /// The track.
    pub track: TrackEntry,
    /// When it was loved.
    pub loved_at: Timestamp,
}

impl Entry for LovedTrack {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let loved_at = Object::read(item)?.child("date").moment("uts")?;
        let loved_at = loved_at.ok_or_else(|| DecodeError::new("a loved track has no date"))?;
        Ok(Self { track: TrackEntry::read(item)?, loved_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mbid;
    use crate::methods::harness::{self, rj};

    #[test]
    fn it_keeps_its_contract() {
        harness::method::<GetLovedTracks>()
            .sends(GetLovedTracks::new(rj()), "user=RJ")
            .sends(GetLovedTracks::new(rj()).limit(2).page(3), "limit=2&page=3&user=RJ")
            .refuses(&GetLovedTracks::new(rj()).limit(1001), "limit")
            .refuses(&GetLovedTracks::new(rj()).page(0), "page")
            .reads(
                r##"{"lovedtracks":{"track":[{"artist":{"url":"l","name":"Low","mbid":"a"},
                    "date":{"uts":"1664461146","#text":"29 Sep 2022, 14:19"},"mbid":"m",
                    "url":"u","name":"Words","image":[{"size":"small","#text":"i"}],
                    "streamable":{"fulltrack":"0","#text":"0"}}],"@attr":{"user":"RJ",
                    "totalPages":"2","page":"1","perPage":"5","total":"8"}}}"##,
                |page| {
                    assert_eq!((page.of.as_deref(), page.total), (Some("RJ"), Some(8)));
                    assert_eq!((page.page, page.per_page), (Some(1), Some(5)));
                    assert_eq!(page.total_pages, Some(2));
                    let LovedTrack { track, loved_at } = &page.items[0];
                    assert_eq!(loved_at.as_unix(), 1_664_461_146);
                    assert_eq!((&*track.name, &*track.artist.name), ("Words", "Low"));
                    assert_eq!(
                        (&track.mbid, &track.artist.mbid),
                        (&Mbid::new("m"), &Mbid::new("a"))
                    );
                    assert_eq!((track.url.as_deref(), track.images.len()), (Some("u"), 1));
                    assert_eq!(track.artist.url.as_deref(), Some("l"));
                },
            )
            .reads(r#"{"lovedtracks":{"track":{"name":"Words","date":{"uts":7}}}}"#, |page| {
                assert_eq!((page.items[0].loved_at.as_unix(), page.total), (7, None));
                assert_eq!(page.items[0].track.artist.name, "");
            })
            .rejects([
                "{}",
                r#"{"lovedtracks":7}"#,
                r#"{"lovedtracks":{"track":[7]}}"#,
                r#"{"lovedtracks":{"track":{"name":"Words"}}}"#,
                r#"{"lovedtracks":{"track":{"name":"Words","date":{"uts":"soon"}}}}"#,
            ]);
    }
}
