//! What is asked of a database that keeps albums beside archives.

use std::fmt::Debug;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::album::Album;
use super::outcome::{Outcome, Status};
use super::partial_date::PartialDate;
use crate::archive::UserId;
use crate::store_error::StoreResult;
use crate::{Mbid, Span, Timestamp};

/// Keeps the albums of the histories that it archives, each once for all users, by artist and
/// title as the service spells them, and what is known of each.
///
/// # Contract
///
/// Every sentence here and at the methods is a case of the suite `album_conformance` (feature
/// `testing`), which any store can run.
///
/// * Each method is one transaction: it has happened whole or not at all, whatever dies.
/// * No method changes a play, and none adds a play's album but [`collect_albums`]. What is written
///   down of an album shows in all its plays at once, whoever played it.
/// * What a person said stays, whatever is found out later, until they take it back.
/// * A method called with a user that does not exist fails with
///   [`StoreErrorKind::UnknownUser`](crate::archive::StoreErrorKind::UnknownUser); numbers of albums
///   that do not exist are passed over.
///
/// No method asks a clock. Nothing is defaulted.
///
/// [`collect_albums`]: Self::collect_albums
#[async_trait]
pub trait AlbumStore: Debug + Send + Sync + 'static {
    /// Takes note of the albums of plays that came since the last time: looks at `limit` objects
    /// at most (one for each spelling of a track; at least one), and says whether that was all.
    ///
    /// [`collect`] goes on to the end.
    async fn collect_albums(&self, user: UserId, limit: usize) -> StoreResult<Collected>;

    /// How often each album was played in a span, removed plays left out, by number.
    async fn played_albums(&self, user: UserId, span: Span) -> StoreResult<PlayedAlbums>;

    /// These albums, in the order of the numbers.
    async fn albums(&self, ids: &[AlbumId]) -> StoreResult<Vec<KnownAlbum>>;

    /// These albums as they can be asked for, in the order of the numbers: with the identifiers
    /// that came with this user's plays, and up to five of the tracks that they played; those that
    /// most objects say come first, equals by name. With how often they were asked for in vain.
    async fn questions(&self, user: UserId, ids: &[AlbumId]) -> StoreResult<Vec<(AlbumId, Album)>>;

    /// Writes down what was found out, in place of what was known before, if it
    /// [takes its place](Outcome::takes_place_of). What a person said of the album stays in force.
    async fn record_outcomes(&self, outcomes: Vec<(AlbumId, Outcome)>) -> StoreResult<()>;

    /// A person says when an album was first released, or that nobody knows; or takes back what
    /// they said (`None`), and then the outcome is in force again. Returns the album as it is now.
    async fn correct_album(
        &self,
        id: AlbumId,
        correction: Option<Correction>,
    ) -> StoreResult<Option<KnownAlbum>>;
}

/// An album's number within one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlbumId(pub i64);

/// What [`AlbumStore::collect_albums`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collected {
    /// Albums that the store did not have.
    pub new_albums: u64,
    /// Whether every object was looked at: all albums of the plays are known.
    pub is_whole: bool,
}

/// An album, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownAlbum {
    /// Its number.
    pub id: AlbumId,
    /// The artist: the one of the tracks, as the service spells them.
    pub artist: String,
    /// The title.
    pub title: String,
    /// What came of looking it up last; nothing if nobody has.
    pub outcome: Option<Outcome>,
    /// What a person says instead.
    pub correction: Option<Correction>,
}

impl KnownAlbum {
    /// An album of which nothing is known.
    pub fn new(id: AlbumId, artist: impl Into<String>, title: impl Into<String>) -> Self {
        let (artist, title) = (artist.into(), title.into());
        Self { id, artist, title, outcome: None, correction: None }
    }

    /// When it was first released, as far as anybody knows.
    pub fn first_release(&self) -> Option<PartialDate> {
        match &self.correction {
            Some(correction) => correction.first_release,
            None => self.outcome.as_ref()?.found.as_ref()?.group.first_release,
        }
    }

    /// How it stands: with a correction [`Status::Matched`] or [`Status::NoDate`].
    pub fn status(&self) -> Status {
        match &self.correction {
            Some(Correction { first_release: Some(_), .. }) => Status::Matched,
            Some(_) => Status::NoDate,
            None => self.outcome.as_ref().map_or(Status::Pending, |outcome| outcome.status),
        }
    }
}

/// What a person says of an album.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Correction {
    /// When it was first released; nothing: nobody knows, and nobody needs to ask.
    pub first_release: Option<PartialDate>,
    /// The release group that it is, if they named one.
    pub group: Option<Mbid>,
    /// When they said so.
    pub at: Timestamp,
}

impl Correction {
    /// It was first released then.
    pub fn dated(first_release: PartialDate, at: Timestamp) -> Self {
        Self { first_release: Some(first_release), group: None, at }
    }

    /// Nobody knows when it was first released.
    pub fn undated(at: Timestamp) -> Self {
        Self { first_release: None, group: None, at }
    }

    /// It is this release group.
    pub fn group(self, group: Mbid) -> Self {
        Self { group: Some(group), ..self }
    }
}

/// The albums that were played in a span.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PlayedAlbums {
    /// Each of them, by number.
    pub albums: Vec<PlayedAlbum>,
    /// Plays that name no album.
    pub without_album: u64,
    /// Plays that [`collect_albums`](AlbumStore::collect_albums) has not looked at yet.
    pub uncollected: u64,
}

/// An album that was played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlayedAlbum {
    /// Its number.
    pub id: AlbumId,
    /// How it stands, corrections counted.
    pub status: Status,
    /// The year in which it was first released, as far as anybody knows.
    pub year: Option<i16>,
    /// How often any of its tracks was played.
    pub plays: u64,
}

impl PlayedAlbum {
    /// An album that was played so often.
    pub fn new(id: AlbumId, status: Status, year: Option<i16>, plays: u64) -> Self {
        Self { id, status, year, plays }
    }
}

/// Takes note of all albums of plays that came since the last time; returns how many are new.
///
/// # Errors
///
/// Whatever the store fails with.
///
/// # Cancel safety
///
/// The future may be dropped at any instant; what it took note of stays, the same call goes on.
pub async fn collect(store: &dyn AlbumStore, user: UserId) -> StoreResult<u64> {
    let mut new_albums = 0;
    loop {
        let collected = store.collect_albums(user, 5_000).await?;
        new_albums += collected.new_albums;
        if collected.is_whole {
            return Ok(new_albums);
        }
    }
}
