//! How an archive stands, without asking the service.

use std::time::Duration;

use super::copy::is_half_copy;
use super::coverage::Coverage;
use super::store::{ArchiveStore, ArchivedUser, Book, Count, Hole};
use crate::store_error::StoreResult;
use crate::{Span, Timestamp};

/// How one user's archive stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchiveStatus {
    /// The user.
    pub user: ArchivedUser,
    /// Plays, and how many of them are in doubt.
    pub count: Count,
    /// The moments of the first and the last play; nothing if there is none.
    pub bounds: Option<(Timestamp, Timestamp)>,
    /// Covered stretches, oldest first, neighbours joined.
    pub covered: Vec<Span>,
    /// What is missing: spans below the end of coverage that are neither covered nor holes,
    /// oldest first.
    pub missing: Vec<Span>,
    /// Spans that the service refuses, oldest first.
    pub holes: Vec<Hole>,
    /// Plays removed on the service since they were archived, and kept.
    pub removed_count: u64,
    /// Whether it is a copy that is not finished: plays, and no archive.
    pub is_half_copy: bool,
    /// What else is remembered.
    pub book: Book,
}

impl ArchiveStatus {
    /// Reads the status of `user` from `store`.
    ///
    /// # Errors
    ///
    /// Whatever the store fails with.
    ///
    /// # Cancel safety
    ///
    /// It only reads.
    pub async fn read(store: &dyn ArchiveStore, user: ArchivedUser) -> StoreResult<Self> {
        let id = user.id;
        let coverage = Coverage::new(store.coverage(id).await?);
        let holes = store.holes(id).await?;
        let covered = coverage.stretches();
        let end = covered.last().map_or(Timestamp::MIN, |last| last.end);
        let readable = coverage.beside(&holes);
        Ok(Self {
            count: store.count(id, Span::EVER).await?,
            bounds: store.bounds(id).await?,
            missing: readable.gaps(Span::new(Timestamp::MIN, end)),
            removed_count: store.removed_count(id).await?,
            is_half_copy: is_half_copy(store, id).await?,
            book: store.book(id).await?,
            user,
            covered,
            holes,
        })
    }

    /// Whether nothing is missing but what the service refuses, up to the end of coverage.
    pub fn is_complete(&self) -> bool {
        !self.covered.is_empty() && self.missing.is_empty()
    }

    /// How long before `now` the archive was last found complete; nothing if it never was.
    pub fn staleness(&self, now: Timestamp) -> Option<Duration> {
        self.book.last_success_at.map(|at| now.since(at))
    }
}
