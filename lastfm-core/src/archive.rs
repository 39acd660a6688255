//! A listening history that is complete, and knows it.
//!
//! An archive is *plays plus coverage*: beside the plays themselves a store keeps the spans for
//! which it is known to hold what Last.fm holds. One operation changes both, in one transaction:
//! [`ArchiveStore::replace`]. The first import, the hourly update, going on after a crash and
//! repairing an old deletion are all that operation, called on a span that someone chose.
//!
//! [`Archiver`] chooses the spans, [`ArchiveStatus`] tells how an archive stands, and
//! [`MemoryStore`] is the plainest store; others are crates of their own.
//!
//! # What it promises
//!
//! Whatever the service does wrong and wherever the program is killed: once the service answers
//! again, one run leaves no play lost, doubled or invented. Plays that were removed on the
//! service stay, marked as such. What a run cannot know:
//!
//! * An edit changes no count. Edits of the last 15 days are found within a day; older ones, and
//!   differences that cancel out, when their span is read again: in about a month of daily runs,
//!   or at once by an [`Audit`] that reads everything.
//! * A second that is denser than a page, on a service that orders its plays at random, stays a
//!   [`Hole`], as does one that the service refuses to show.

mod account;
mod archiver;
mod audit;
mod batch;
mod compare;
mod copy;
mod coverage;
mod diff;
mod estimate;
mod look;
mod memory;
mod progress;
mod reader;
pub mod rows;
mod status;
mod store;
mod sync;
mod upkeep;
mod walk;
mod years;

pub use archiver::Archiver;
pub use audit::Audit;
pub use copy::{Copied, CopyError, Copying, Side, copy_user};
pub use coverage::Coverage;
pub use diff::{Change, Difference, Existing, Seen, Standing};
pub use estimate::Estimate;
pub use memory::MemoryStore;
pub use progress::{Progress, Report, Run, SyncError};
pub use status::ArchiveStatus;
pub use store::{
    ArchiveStore, ArchivedUser, Book, Claim, Count, Covered, Doubt, Hole, Observation, Part, Place,
    Removals, RemovedPlay, Replaced, Rest, Revision, StoredPlay, UserId, WorkerId,
};
pub use years::{Year, Years};

#[doc(no_inline)]
pub use crate::Span;
pub use crate::store_error::{StoreError, StoreErrorKind, StoreResult};
