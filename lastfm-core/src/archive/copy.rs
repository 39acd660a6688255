//! Copying an archive from one store to another, byte for byte.

use std::collections::VecDeque;
use std::time::Duration;

use super::coverage::Covered;
use super::store::{
    ArchiveStore, ArchivedUser, Book, Claim, Count, Hole, Place, RemovedPlay, Revision, StoredPlay,
    UserId, WorkerId,
};
use crate::store_error::{StoreError, StoreResult};
use crate::{Span, Username};

/// A part of a copy of an archive, as [`ArchiveStore::restore`](super::ArchiveStore::restore) takes
/// it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Some of the plays, each place named once, in any order.
    Plays {
        /// Plays that the archive holds, those in doubt included.
        held: Vec<StoredPlay>,
        /// Plays that the service no longer has.
        removed: Vec<RemovedPlay>,
    },
    /// All that is kept beside plays: the end of the copy.
    Rest(Rest),
}

/// What is kept of an archive beside its plays. (Counts follow from the plays; who is at work on
/// it belongs to the store.)
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rest {
    /// The user's revision.
    pub revision: Revision,
    /// The covered spans, disjoint, oldest first.
    pub coverage: Vec<Covered>,
    /// The spans that the service refuses, disjoint, oldest first.
    pub holes: Vec<Hole>,
    /// What else is remembered.
    pub book: Book,
}

/// One of the two stores of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one that is copied from.
    From,
    /// The one that is copied to.
    To,
}

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Copying {
    /// Plays are compared with what is there already, and copied.
    #[non_exhaustive]
    Plays {
        /// Plays gone through, removed ones included.
        done: u64,
        /// About how many there are.
        total: u64,
    },
    /// Both stores are read again and compared.
    #[non_exhaustive]
    Comparing {
        /// Plays gone through, removed ones included.
        done: u64,
        /// About how many there are.
        total: u64,
    },
}

/// What a copy came to: both stores hold the same of the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Copied {
    /// Plays that both hold, those in doubt included.
    pub plays: u64,
    /// Those in doubt.
    pub doubted: u64,
    /// Plays that both keep though the service removed them, edits not counted.
    pub removed: u64,
    /// Plays that both keep though another one stands in their place.
    pub edited: u64,
    /// Of all these, how many were not there before.
    pub written: u64,
    /// Whether the whole copy was there before.
    pub was_there: bool,
}

/// Why an archive could not be copied. What was copied until then is gone on from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CopyError {
    /// Another account of this name is in the store that is copied to.
    #[error("another account of the name {user} is there")]
    #[non_exhaustive]
    AnotherAccount {
        /// The name.
        user: Username,
    },
    /// Someone is at work on the user.
    #[error("someone is at work on {user}")]
    #[non_exhaustive]
    AtWork {
        /// The name.
        user: Username,
        /// In which of the stores.
        side: Side,
        /// Who.
        by: WorkerId,
    },
    /// Both stores were to hold the same, and do not: somebody else changed one of them.
    #[error("of {user}, {count} plays or notes differ")]
    #[non_exhaustive]
    Differs {
        /// The name.
        user: Username,
        /// In how many places.
        count: u64,
    },
    /// What was to be copied is itself a copy that was never finished.
    #[error("the archive of {user} is a copy that is not finished")]
    #[non_exhaustive]
    HalfCopy {
        /// The name.
        user: Username,
    },
    /// The user has an archive in the store that is copied to, and it is another one.
    #[error("{user} has an archive there already")]
    #[non_exhaustive]
    Occupied {
        /// The name.
        user: Username,
    },
    /// Both stores are the same one, however they were reached.
    #[error("the archive of {user} is there already: both stores are the same one")]
    #[non_exhaustive]
    SamePlace {
        /// The name.
        user: Username,
    },
    /// A store failed.
    #[error("an archive cannot be read or written")]
    #[non_exhaustive]
    Store {
        /// Which of them.
        side: Side,
        /// What it said.
        source: StoreError,
    },
    /// There is nothing to copy.
    #[error("there is no archive of {user}")]
    #[non_exhaustive]
    UnknownUser {
        /// The name.
        user: Username,
    },
}

/// Copies the archive of a user from one store to another, byte for byte, compares both, and says
/// how many plays they hold. A few thousand plays are in memory at a time.
///
/// Nobody else works on the user meanwhile: `worker` has the place in both stores, keeps it, and
/// gives it back. (Who drops the future gives it back with
/// [`release`](ArchiveStore::release), or waits for the lease of a minute to pass.)
///
/// Where a copy was begun before, it goes on: what is there is compared and not written again. A
/// copy that is whole is compared only. Coverage is given to it at the very end, after everything
/// was read back; until then nobody takes it for an archive: every run on it is refused
/// ([`SyncError::HalfCopy`](super::SyncError::HalfCopy)).
///
/// # Errors
///
/// [`CopyError`]. The archive that is copied from never changes.
///
/// # Cancel safety
///
/// The future may be dropped and the process killed at any instant; the same call goes on.
///
/// ```
/// # #[cfg(feature = "testing")]
/// # futures_executor::block_on(async {
/// # use std::sync::Arc;
/// # use lastfm_core::Timestamp;
/// # use lastfm_core::archive::{ArchiveStore, MemoryStore};
/// # use lastfm_core::testing::VirtualClock;
/// # use lastfm_core::testing::conformance::{Given, plays};
/// # let clock = Arc::new(VirtualClock::new(Timestamp::from_unix(0)));
/// # let (old, new) = (MemoryStore::new(clock.clone()), MemoryStore::new(clock));
/// # Given::user(&old, "rj").await.replace(0, 99, &plays([5, 7]), 100).await;
/// use lastfm_core::archive::{WorkerId, copy_user};
///
/// let me = WorkerId("this machine".to_owned());
/// let copied = copy_user(&old, &new, &"rj".parse()?, &me, &mut |_| {}).await?;
/// assert_eq!(copied.plays, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub async fn copy_user(
    from: &dyn ArchiveStore,
    to: &dyn ArchiveStore,
    user: &Username,
    worker: &WorkerId,
    progress: &mut (dyn FnMut(Copying) + Send),
) -> Result<Copied, CopyError> {
    let store = |side| move |source| CopyError::Store { side, source };
    let Some(ours) = from.user(user).await.map_err(store(Side::From))? else {
        return Err(CopyError::UnknownUser { user: user.clone() });
    };
    if is_half_copy(from, ours.id).await.map_err(store(Side::From))? {
        return Err(CopyError::HalfCopy { user: ours.name });
    }
    let theirs = to.add_user(&ours.name, ours.registered_at).await.map_err(store(Side::To))?;
    let fenced = to.fenced(worker);
    let mut copy = Copy { from, to: &*fenced, ours, theirs, worker, progress, total: 0 };
    let copied = copy.run().await;
    // If this fails, the leases pass.
    let _ = from.release(copy.ours.id, worker).await;
    let _ = to.release(copy.theirs.id, worker).await;
    copied
}

/// Whether what is kept of a user is a copy that is not finished: plays, and no archive.
pub(super) async fn is_half_copy(store: &dyn ArchiveStore, user: UserId) -> StoreResult<bool> {
    let has_plays = async || -> StoreResult<bool> {
        Ok(store.count(user, Span::EVER).await?.plays > 0 || store.removed_count(user).await? > 0)
    };
    let is_unfinished =
        async || -> StoreResult<bool> { Ok(store.revision(user).await? == Revision::default()) };
    // Asked again: the plays may be those of an archive that another worker began meanwhile.
    Ok(is_unfinished().await? && has_plays().await? && is_unfinished().await?)
}

/// How long the place is kept without a sign of life.
const LEASE: Duration = Duration::from_secs(60);
/// How long a place is taken to see whether it can be.
const ASKING: Duration = Duration::from_secs(1);
/// Plays of each kind in memory at a time, and in one part.
const PAGE: usize = 2_000;

struct Copy<'a> {
    from: &'a dyn ArchiveStore,
    to: &'a dyn ArchiveStore,
    ours: ArchivedUser,
    theirs: ArchivedUser,
    worker: &'a WorkerId,
    progress: &'a mut (dyn FnMut(Copying) + Send),
    /// About how many rows there are.
    total: u64,
}

/// What going through both stores found.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    copied: Copied,
    /// Rows that one of them lacks or has otherwise.
    differing: u64,
    /// Those of them that only the store copied to has.
    extra: u64,
}

impl Copy<'_> {
    async fn run(&mut self) -> Result<Copied, CopyError> {
        self.are_two_stores().await?;
        self.keep_places().await?;
        let plays = self.from.count(self.ours.id, Span::EVER).await.map_err(from)?.plays;
        self.total = plays + self.from.removed_count(self.ours.id).await.map_err(from)?;
        let there = rest(self.to, self.theirs.id).await.map_err(to)?;
        if there.revision != Revision::default() || !there.coverage.is_empty() {
            return self.compare_whole(&there).await;
        }
        self.agree_on_the_account().await?;
        let written = self.go_through(true).await?;
        let rest = rest(self.from, self.ours.id).await.map_err(from)?;
        let found = self.go_through(false).await?;
        let now = self.from.revision(self.ours.id).await.map_err(from)?;
        if found.differing > 0 || now != rest.revision {
            return Err(self.differs(found.differing.max(1)));
        }
        let id = self.theirs.id;
        self.to.restore(id, Part::Rest(rest.clone())).await.map_err(to)?;
        self.is_the_same(&rest, found).await?;
        Ok(Copied { written: written.differing - written.extra, ..found.copied })
    }

    /// What is there is no half of a copy: a whole one, or something else.
    async fn compare_whole(&mut self, there: &Rest) -> Result<Copied, CopyError> {
        let occupied = CopyError::Occupied { user: self.ours.name.clone() };
        let rest = rest(self.from, self.ours.id).await.map_err(from)?;
        if *there != rest || self.theirs.registered_at != self.ours.registered_at {
            return Err(occupied);
        }
        let found = self.go_through(false).await?;
        if found.differing > 0 {
            return Err(occupied);
        }
        self.is_the_same(&rest, found).await?;
        Ok(Copied { was_there: true, ..found.copied })
    }

    /// Whoever was added there before is the same account, spelled the same.
    async fn agree_on_the_account(&mut self) -> Result<(), CopyError> {
        let ArchivedUser { name, registered_at, .. } = &self.ours;
        let theirs = &self.theirs;
        if theirs.registered_at.is_some() && theirs.registered_at != *registered_at {
            return Err(CopyError::AnotherAccount { user: name.clone() });
        }
        if theirs.name.as_str() != name.as_str() || theirs.registered_at != *registered_at {
            self.to.rename_user(theirs.id, name, *registered_at).await.map_err(to)?;
        }
        Ok(())
    }

    /// Goes through the rows of both stores in order, and copies what differs, if asked to.
    async fn go_through(&mut self, copies: bool) -> Result<Found, CopyError> {
        let mut ours = Rows::new(self.from, self.ours.id);
        let mut theirs = Rows::new(self.to, self.theirs.id);
        let mut found = Found::default();
        let mut part = Vec::new();
        // The first row goes alone, at once: from then on it is seen to be a copy.
        let mut room = 1;
        let mut done = 0;
        let mut there = theirs.next().await.map_err(to)?;
        while let Some(row) = ours.next().await.map_err(from)? {
            while there.as_ref().is_some_and(|there| there.place() < row.place()) {
                self.skipped(&mut found).await?;
                there = theirs.next().await.map_err(to)?;
            }
            let is_there = there.as_ref() == Some(&row);
            if there.as_ref().is_some_and(|there| there.place() == row.place()) {
                there = theirs.next().await.map_err(to)?;
            }
            row.count(&mut found.copied);
            if !is_there {
                found.differing += 1;
                part.extend(copies.then_some(row));
            }
            done += 1;
            if part.len() == room {
                self.restore(&mut part).await?;
                room = PAGE;
            }
            if done % PAGE as u64 == 0 {
                self.keep_places().await?;
                self.tell(copies, done);
            }
        }
        while there.is_some() {
            self.skipped(&mut found).await?;
            there = theirs.next().await.map_err(to)?;
        }
        found.differing += found.extra;
        self.restore(&mut part).await?;
        self.keep_places().await?;
        self.tell(copies, done);
        Ok(found)
    }

    /// Counts a row that the source does not have. There may be many.
    async fn skipped(&self, found: &mut Found) -> Result<(), CopyError> {
        found.extra += 1;
        if found.extra.is_multiple_of(PAGE as u64) { self.keep_places().await } else { Ok(()) }
    }

    async fn restore(&mut self, part: &mut Vec<Row>) -> Result<(), CopyError> {
        if part.is_empty() {
            return Ok(());
        }
        let (mut held, mut removed) = (Vec::new(), Vec::new());
        for row in part.drain(..) {
            match row {
                Row::Held(play) => held.push(play),
                Row::Removed(play) => removed.push(play),
            }
        }
        let part = Part::Plays { held, removed };
        self.to.restore(self.theirs.id, part).await.map_err(to)
    }

    /// Compares what is kept beside plays, and the counts with what was found.
    async fn is_the_same(&self, ours: &Rest, found: Found) -> Result<(), CopyError> {
        let theirs = rest(self.to, self.theirs.id).await.map_err(to)?;
        let count = self.to.count(self.theirs.id, Span::EVER).await.map_err(to)?;
        let removed = self.to.removed_count(self.theirs.id).await.map_err(to)?;
        let Copied { plays, doubted, .. } = found.copied;
        let is_counted = count == Count { plays, doubted } && removed == found.copied.removed;
        if theirs == *ours && is_counted { Ok(()) } else { Err(self.differs(1)) }
    }

    fn differs(&self, count: u64) -> CopyError {
        CopyError::Differs { user: self.ours.name.clone(), count }
    }

    /// Whoever reaches one store by two addresses finds the place of the one side taken on the
    /// other.
    async fn are_two_stores(&self) -> Result<(), CopyError> {
        self.to.release(self.theirs.id, self.worker).await.map_err(to)?;
        self.claim(Side::From, self.worker, LEASE).await?;
        let other = WorkerId(format!("{}+", self.worker.0));
        match self.claim(Side::To, &other, ASKING).await {
            Err(CopyError::AtWork { by, user, .. }) if by == *self.worker => {
                Err(CopyError::SamePlace { user })
            }
            Err(error) => Err(error),
            Ok(()) => self.to.release(self.theirs.id, &other).await.map_err(to),
        }
    }

    /// Takes or keeps the work on the user in both stores.
    async fn keep_places(&self) -> Result<(), CopyError> {
        self.claim(Side::From, self.worker, LEASE).await?;
        self.claim(Side::To, self.worker, LEASE).await
    }

    async fn claim(&self, side: Side, worker: &WorkerId, lease: Duration) -> Result<(), CopyError> {
        let (store, id) = match side {
            Side::From => (self.from, self.ours.id),
            Side::To => (self.to, self.theirs.id),
        };
        let claim = store.claim(id, worker, lease).await;
        match claim.map_err(|source| CopyError::Store { side, source })? {
            Claim::Yours => Ok(()),
            Claim::Taken { by, .. } => {
                Err(CopyError::AtWork { user: self.ours.name.clone(), side, by })
            }
        }
    }

    fn tell(&mut self, copies: bool, done: u64) {
        let total = self.total.max(done);
        (self.progress)(if copies {
            Copying::Plays { done, total }
        } else {
            Copying::Comparing { done, total }
        });
    }
}

fn from(source: StoreError) -> CopyError {
    CopyError::Store { side: Side::From, source }
}

fn to(source: StoreError) -> CopyError {
    CopyError::Store { side: Side::To, source }
}

/// What is kept beside plays.
async fn rest(store: &dyn ArchiveStore, user: UserId) -> StoreResult<Rest> {
    Ok(Rest {
        revision: store.revision(user).await?,
        coverage: store.coverage(user).await?,
        holes: store.holes(user).await?,
        book: store.book(user).await?,
    })
}

/// One row of an archive.
#[derive(Debug, PartialEq)]
enum Row {
    Held(StoredPlay),
    Removed(RemovedPlay),
}

impl Row {
    fn place(&self) -> Place {
        match self {
            Self::Held(play) => play.place,
            Self::Removed(play) => play.place,
        }
    }

    fn count(&self, copied: &mut Copied) {
        match self {
            Self::Held(play) => {
                copied.plays += 1;
                copied.doubted += u64::from(play.doubted_at.is_some());
            }
            Self::Removed(RemovedPlay { edited: false, .. }) => copied.removed += 1,
            Self::Removed(RemovedPlay { edited: true, .. }) => copied.edited += 1,
        }
    }
}

/// Reads all rows of an archive, by place.
struct Rows<'a> {
    store: &'a dyn ArchiveStore,
    user: UserId,
    held: Page<StoredPlay>,
    removed: Page<RemovedPlay>,
}

/// What was read of one kind and is not handed out yet.
struct Page<T> {
    rows: VecDeque<T>,
    last: Option<Place>,
    is_last: bool,
}

impl<T> Page<T> {
    fn new() -> Self {
        Self { rows: VecDeque::new(), last: None, is_last: false }
    }

    fn is_due(&self) -> bool {
        self.rows.is_empty() && !self.is_last
    }

    fn fill(&mut self, rows: Vec<T>, place: impl Fn(&T) -> Place) {
        self.is_last = rows.len() < PAGE;
        self.last = rows.last().map(place).or(self.last);
        self.rows = rows.into();
    }
}

impl<'a> Rows<'a> {
    fn new(store: &'a dyn ArchiveStore, user: UserId) -> Self {
        Self { store, user, held: Page::new(), removed: Page::new() }
    }

    async fn next(&mut self) -> StoreResult<Option<Row>> {
        let (store, user, ever) = (self.store, self.user, Span::EVER);
        if self.held.is_due() {
            let rows = store.plays(user, ever, self.held.last, PAGE).await?;
            self.held.fill(rows, |row| row.place);
        }
        if self.removed.is_due() {
            let rows = store.removed(user, ever, self.removed.last, PAGE).await?;
            self.removed.fill(rows, |row| row.place);
        }
        let held = self.held.rows.front().map(|row| row.place);
        let removed = self.removed.rows.front().map(|row| row.place);
        if held.is_some() && held == removed {
            // Somebody changed the rows by hand: the removal of a play that is there says nothing.
            self.removed.rows.pop_front();
        }
        let is_held = held.is_some_and(|held| removed.is_none_or(|removed| held <= removed));
        Ok(if is_held {
            self.held.rows.pop_front().map(Row::Held)
        } else {
            self.removed.rows.pop_front().map(Row::Removed)
        })
    }
}
