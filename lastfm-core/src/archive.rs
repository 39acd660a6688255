//! A listening history that is complete, and knows it.
//!
//! An archive is *plays plus coverage*: beside the plays themselves a store keeps the spans for
//! which it is known to hold what Last.fm holds. One operation changes both, in one transaction:
//! [`ArchiveStore::replace`]. The first import, the hourly update, going on after a crash and
//! repairing an old deletion are all that operation, called on a span that someone chose.

mod archiver;
mod compare;
mod coverage;
mod diff;
mod memory;
mod progress;
mod reader;
mod span;
mod status;
mod store;
mod sync;
mod walk;

pub use archiver::Archiver;
pub use coverage::{Coverage, Covered};
pub use diff::{Change, Existing, Plan, Removals, Seen, Standing};
pub use memory::MemoryStore;
pub use progress::{Progress, Report, Run, SyncError};
pub use span::Span;
pub use status::ArchiveStatus;
pub use store::{
    ArchiveStore, ArchivedUser, Book, Claim, Count, Doubt, Hole, Observation, Place, Replaced,
    Revision, StoreError, StoreErrorKind, StoreResult, StoredPlay, UserId, WorkerId,
};
