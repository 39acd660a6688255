//! What can go wrong in a store, of whatever kind: archives, queues, loved tracks, albums.

use std::error::Error as StdError;

/// What a store answers with.
pub type StoreResult<T> = Result<T, StoreError>;

/// What a store could not do.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {kind}")]
#[non_exhaustive]
pub struct StoreError {
    /// The method of the store's contract.
    pub operation: &'static str,
    /// What went wrong, and so what to do.
    pub kind: StoreErrorKind,
    /// What the database said.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// An error that no database said.
    pub fn new(operation: &'static str, kind: StoreErrorKind) -> Self {
        Self { operation, kind, source: None }
    }

    /// An error with the database's own.
    pub fn with_source(
        operation: &'static str,
        kind: StoreErrorKind,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self { operation, kind, source: Some(source.into()) }
    }

    /// Whether the same call may succeed later, or, for a stale observation, after reading again,
    /// or, for work that was overtaken, after claiming it.
    pub fn is_retryable(&self) -> bool {
        match self.kind {
            StoreErrorKind::Busy | StoreErrorKind::Overtaken | StoreErrorKind::Stale => true,
            StoreErrorKind::Conflict
            | StoreErrorKind::Corrupt
            | StoreErrorKind::Failed
            | StoreErrorKind::Full
            | StoreErrorKind::Occupied
            | StoreErrorKind::OutsideSpan
            | StoreErrorKind::UnknownUser => false,
        }
    }
}

/// Why a store could not do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The database is locked or not reachable; try again.
    #[error("the database is busy")]
    Busy,
    /// Another user has that name.
    #[error("another user has that name")]
    Conflict,
    /// The database holds what it cannot hold.
    #[error("the database is damaged")]
    Corrupt,
    /// Anything else that the database said.
    #[error("the database failed")]
    Failed,
    /// There is no room, or nothing may be written.
    #[error("the database cannot be written: no room, or no permission")]
    Full,
    /// The user has an archive already.
    #[error("the user has an archive already")]
    Occupied,
    /// The work on the user is not, or no longer, the worker's.
    #[error("someone else is at work on the user, or the lease has passed")]
    Overtaken,
    /// A play lies outside the span that was to be replaced, or the second it was to stand in.
    #[error("a play lies outside the span")]
    OutsideSpan,
    /// The span changed after the observation began.
    #[error("the span changed since it was read")]
    Stale,
    /// There is no such user.
    #[error("no such user")]
    UnknownUser,
}
