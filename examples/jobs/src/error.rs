//! What can go wrong with jobs.

use std::error::Error as StdError;

/// Why jobs could not be read, ordered or run. No variant shows a password: what databases and
/// River say of a failure names hosts, tables and users, never the address as it was given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address of a database cannot be read. It is not repeated, since it may hold a password.
    #[error("this is not the address of a PostgreSQL database (postgres://user@host/database)")]
    Place,
    /// The tables belong to a newer version of this program, and are left alone.
    #[error(
        "the tables of jobs are of version {found}, this program knows version {known}: use a newer one"
    )]
    Newer {
        /// What the database holds.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// There is no job of this kind for this user, of this year.
    #[error("there is no job to {0}")]
    NoJob(String),
    /// The database failed, or nobody answered.
    #[error("the database of jobs failed: {0}")]
    Database(#[source] sqlx::Error),
    /// River failed.
    #[error("the queue of jobs failed: {0}")]
    River(#[source] Box<dyn StdError + Send + Sync>),
    /// The list of users for a schedule could not be had.
    #[error("the users of a schedule could not be listed: {0}")]
    Users(#[source] Box<dyn StdError + Send + Sync>),
    /// What a table holds cannot be read: somebody else has written it.
    #[error("a row of {table} cannot be read: {why}")]
    Row {
        /// The table.
        table: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

impl Error {
    /// Whether the same call can succeed later, with nothing changed by anybody.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Place | Self::Newer { .. } | Self::NoJob(_) | Self::Row { .. } => false,
            Self::Database(_) | Self::River(_) | Self::Users(_) => true,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<riverqueue::Error> for Error {
    fn from(error: riverqueue::Error) -> Self {
        Self::River(Box::new(error))
    }
}

impl From<riverqueue::migrate::Error> for Error {
    fn from(error: riverqueue::migrate::Error) -> Self {
        Self::River(Box::new(error))
    }
}
