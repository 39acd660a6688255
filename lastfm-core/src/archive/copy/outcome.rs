//! What a copy tells: how far it is, what it came to, and why it could not be made.

use crate::Username;
use crate::archive::store::WorkerId;
use crate::store_error::StoreError;

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
