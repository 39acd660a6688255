//! What is asked of a database that keeps loved tracks.

use std::collections::BTreeSet;
use std::fmt::Debug;

use async_trait::async_trait;

use crate::store_error::StoreResult;
use crate::{Account, Mbid, Timestamp};

/// Keeps the loved tracks of accounts, those that are no longer loved included, and which local
/// track each one is.
///
/// # Contract
///
/// Every sentence here and at the methods is a case of the suite `loved_conformance` (feature
/// `testing`), which any store can run.
///
/// * Each method is one transaction: it has happened whole or not at all, whatever dies.
/// * Accounts are apart. One that nothing was done to yet is empty.
/// * A track is one whatever the case of its names, and blanks around them do not count.
/// * Nothing is deleted: what is no longer loved is kept with the moment, and comes back as the
///   same one.
/// * Readings and what a person does are numbered in one order. What is newer is not undone by what
///   is older: a page of a reading that began before a person loved or unloved a track leaves that
///   track as it is.
///
/// No method asks a clock. Nothing is defaulted.
#[async_trait]
pub trait LovedStore: Debug + Send + Sync + 'static {
    /// All accounts that have tracks, by service and name.
    async fn accounts(&self) -> StoreResult<Vec<Account>>;

    /// Begins a new reading of the service's list, in place of one that has not come to its end.
    async fn begin(&self, account: &Account, at: Timestamp) -> StoreResult<Reading>;

    /// The reading that has not come to its end, if there is one, as the last page left it.
    async fn reading(&self, account: &Account) -> StoreResult<Option<Reading>>;

    /// Writes down what a page of a reading shows, and where the reading goes on, unless a newer
    /// one has begun: tracks that are new are added, those that are not loved are loved again,
    /// the others get names, moment and identifier as they are now.
    async fn add_page(
        &self,
        account: &Account,
        reading: ReadingId,
        page: LovedPage,
    ) -> StoreResult<Written>;

    /// How many loved tracks this reading or something later has shown, and how many not.
    async fn shown(&self, account: &Account, since: ReadingId) -> StoreResult<Shown>;

    /// Ends the reading that has not come to its end. The loved tracks that neither the reading
    /// `since` nor anything later has shown are no longer loved; they are returned, by number.
    async fn finish(
        &self,
        account: &Account,
        since: ReadingId,
        at: Timestamp,
    ) -> StoreResult<Vec<Loved>>;

    /// A person loves a track. One that is loved already keeps its moment and its identifier.
    async fn love(&self, account: &Account, track: NewLove) -> StoreResult<Loved>;

    /// A person no longer loves a track. Nothing if the store does not have it; one that is not
    /// loved already keeps its moment.
    async fn unlove(
        &self,
        account: &Account,
        artist: &str,
        track: &str,
        at: Timestamp,
    ) -> StoreResult<Option<Loved>>;

    /// A track by its names.
    async fn track(
        &self,
        account: &Account,
        artist: &str,
        track: &str,
    ) -> StoreResult<Option<Loved>>;

    /// Tracks by number, those that come after `after`, at most `limit`. Fewer only at the end.
    async fn tracks(
        &self,
        account: &Account,
        which: Which,
        after: Option<LovedId>,
        limit: usize,
    ) -> StoreResult<Vec<Loved>>;

    /// The loved tracks that this local track is a match of, by number.
    async fn of_local(&self, account: &Account, local_id: &str) -> StoreResult<Vec<Loved>>;

    /// Writes down what was found, but never in place of what a person chose
    /// ([`How::Person`]), nor as if a person had chosen it. Returns what was written, in the order
    /// given.
    async fn set_matches(
        &self,
        account: &Account,
        found: Vec<(LovedId, LocalMatch)>,
    ) -> StoreResult<Vec<Loved>>;

    /// A person says which local tracks it is (none: there is no such track here), or takes that
    /// back (`None`), and then nothing is known of it. Nothing if there is no track of this number.
    async fn choose(
        &self,
        account: &Account,
        id: LovedId,
        choice: Option<Vec<String>>,
        at: Timestamp,
    ) -> StoreResult<Option<Loved>>;

    /// How many there are.
    async fn counts(&self, account: &Account) -> StoreResult<LovedCounts>;
}

/// A track's number in a store. Never given to another track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LovedId(pub i64);

/// The number of a reading: a later one has a higher number. The first one is above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadingId(pub i64);

/// A reading of the service's list that has not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reading {
    /// Its number.
    pub id: ReadingId,
    /// When it began.
    pub begun_at: Timestamp,
    /// The page that comes next, from 1.
    pub next_page: u32,
    /// How many tracks the list has, as the last page said.
    pub total: Option<u64>,
    /// How many tracks a full page has, as the last page said.
    pub per_page: Option<u64>,
}

impl Reading {
    /// A reading of which no page was written yet.
    pub fn new(id: ReadingId, begun_at: Timestamp) -> Self {
        Self { id, begun_at, next_page: 1, total: None, per_page: None }
    }
}

/// A page of a reading.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LovedPage {
    /// What it shows, in the order of the service: loved last first.
    pub tracks: Vec<NewLove>,
    /// The number of the page that comes next, from 1.
    pub next_page: u32,
    /// How many tracks the list has, if the service says so.
    pub total: Option<u64>,
    /// How many tracks a full page has, if the service says so.
    pub per_page: Option<u64>,
}

impl LovedPage {
    /// A page of these tracks, after which `next_page` is read. Default: the service says neither how
    /// many tracks the list has nor how many a page has.
    pub fn new(tracks: Vec<NewLove>, next_page: u32) -> Self {
        Self { tracks, next_page, total: None, per_page: None }
    }
}

/// What a page changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Tracks that the store did not have.
    pub added: u64,
    /// Tracks that are loved again.
    pub revived: u64,
}

/// What a reading has shown of the loved tracks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shown {
    /// Tracks that it or something later has shown.
    pub shown: u64,
    /// Tracks that nothing has shown since it began.
    pub missing: u64,
}

/// A track that somebody loves.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewLove {
    /// The artist's name.
    pub artist: String,
    /// The track's name.
    pub track: String,
    /// The MusicBrainz identifier that the service has for it, right or wrong.
    pub mbid: Option<Mbid>,
    /// When it was loved.
    pub loved_at: Timestamp,
}

impl NewLove {
    /// A track of these names. Default: no identifier is known.
    pub fn new(artist: impl Into<String>, track: impl Into<String>, loved_at: Timestamp) -> Self {
        Self { artist: artist.into(), track: track.into(), mbid: None, loved_at }
    }

    /// Artist and track in small letters, without blanks around them: two tracks are the same if
    /// this is equal. The service compares names in this way, too.
    pub fn identity(artist: &str, track: &str) -> (String, String) {
        let fold = |name: &str| name.trim().to_lowercase();
        (fold(artist), fold(track))
    }
}

/// A track that is or was loved.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loved {
    /// Its number.
    pub id: LovedId,
    /// The artist's name.
    pub artist: String,
    /// The track's name.
    pub track: String,
    /// The MusicBrainz identifier that the service has for it, right or wrong.
    pub mbid: Option<Mbid>,
    /// When it was loved.
    pub loved_at: Timestamp,
    /// Since when it is known to be no longer loved.
    pub unloved_at: Option<Timestamp>,
    /// What was found in the local library; nothing if nobody looked yet.
    pub local: Option<LocalMatch>,
}

impl Loved {
    /// A track that is loved, and that nobody looked for yet.
    pub fn new(id: LovedId, track: NewLove) -> Self {
        let NewLove { artist, track, mbid, loved_at } = track;
        Self { id, artist, track, mbid, loved_at, unloved_at: None, local: None }
    }

    /// A reading of the service's list shows it so. Says whether it was not loved before.
    pub fn show(&mut self, track: NewLove) -> bool {
        let NewLove { artist, track, mbid, loved_at } = track;
        (self.artist, self.track, self.mbid, self.loved_at) = (artist, track, mbid, loved_at);
        self.unloved_at.take().is_some()
    }

    /// A person loves it at this moment; of a track that is loved already the moment stays.
    pub fn love(&mut self, at: Timestamp) {
        if self.unloved_at.take().is_some() {
            self.loved_at = at;
        }
    }

    /// A person no longer loves it at this moment; the first such moment stays.
    pub fn unlove(&mut self, at: Timestamp) {
        self.unloved_at.get_or_insert(at);
    }

    /// What was found for it is this. Says whether it changed: not if a person chose, nor if it is
    /// said to be what a person chose.
    pub fn find(&mut self, local: LocalMatch) -> bool {
        let is_chosen = self.local.as_ref().is_some_and(|local| local.how == How::Person);
        let is_found = !is_chosen && local.how != How::Person;
        if is_found {
            self.local = Some(local);
        }
        is_found
    }

    /// Its local tracks, by what the player calls them; none if none is known.
    pub fn local_ids(&self) -> &[String] {
        self.local.as_ref().map_or(&[], |local| &local.ids)
    }

    /// Whether it belongs to these.
    pub fn is(&self, which: Which) -> bool {
        let is_chosen = self.local.as_ref().is_some_and(|local| local.how == How::Person);
        match which {
            Which::Loved => self.unloved_at.is_none(),
            Which::Unloved => self.unloved_at.is_some(),
            Which::Matched => self.unloved_at.is_none() && !self.local_ids().is_empty(),
            Which::Unmatched => {
                self.unloved_at.is_none() && self.local_ids().is_empty() && !is_chosen
            }
        }
    }
}

/// Which local tracks a loved track is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LocalMatch {
    /// What the player calls them, each once.
    pub ids: Vec<String>,
    /// How that is known.
    pub how: How,
    /// When somebody looked last.
    pub checked_at: Timestamp,
}

impl LocalMatch {
    /// These tracks, known in this way. One that is named again is left out.
    pub fn new(ids: Vec<String>, how: How, checked_at: Timestamp) -> Self {
        let mut seen = BTreeSet::new();
        let ids = ids.into_iter().filter(|id| seen.insert(id.clone())).collect();
        Self { ids, how, checked_at }
    }
}

/// How it is known which local track a loved track is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum How {
    /// The MusicBrainz identifier is the same.
    Id,
    /// The names are the same.
    Name,
    /// A person said so.
    Person,
    /// It is not: nothing was found.
    Nothing,
}

impl How {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Id, Self::Name, Self::Person, Self::Nothing];

    /// Its name in a database or in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Person => "person",
            Self::Nothing => "nothing",
        }
    }

    /// The one of this [name](Self::name), if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.name() == name)
    }
}

/// Which tracks of a store are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Which {
    /// Those that are loved.
    Loved,
    /// Those that were loved once.
    Unloved,
    /// Those that are loved and have a local track.
    Matched,
    /// Those that are loved, of which no local track is known, and of which no person said that
    /// there is none.
    Unmatched,
}

/// How many tracks a store has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LovedCounts {
    /// Tracks that are loved.
    pub loved: u64,
    /// Tracks that were loved once.
    pub unloved: u64,
    /// Tracks that are loved and have a local track.
    pub matched: u64,
    /// Tracks that are loved and wait for a local track; see [`Which::Unmatched`].
    pub unmatched: u64,
}
