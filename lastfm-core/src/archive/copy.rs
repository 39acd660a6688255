//! Copying an archive from one store to another, byte for byte.

mod outcome;
mod rows;

use std::time::Duration;

pub use outcome::{Copied, CopyError, Copying, Side};
use rows::{Row, Rows};

use super::store::{
    ArchiveStore, ArchivedUser, Claim, Count, Part, Rest, Revision, UserId, WorkerId,
};
use crate::store_error::{StoreError, StoreResult};
use crate::{Span, Username};

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
