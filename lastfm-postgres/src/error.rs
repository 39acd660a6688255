//! What can go wrong, in the words of the contract.

use std::str::Utf8Error;

use deadpool_postgres::PoolError;
use lastfm_core::archive::{StoreError, StoreErrorKind};
use tokio_postgres::types::{WasNull, WrongType};

/// The database could not be opened. No variant shows the password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The address cannot be understood.
    #[error("the address of the database cannot be understood: {reason}")]
    BadUrl {
        /// Why, without what stands in it.
        reason: String,
    },
    /// The database holds tables of another program under our names. Nothing was changed.
    #[error("{database} holds tables of another program: use a database or schema of its own")]
    ForeignSchema {
        /// The database, without user and password.
        database: String,
    },
    /// A newer release of this library made the schema. Nothing was changed.
    #[error(
        "{database} has schema {found}, but this release knows only schemas up to {supported}: \
         update the program"
    )]
    SchemaTooNew {
        /// The database, without user and password.
        database: String,
        /// Its schema.
        found: i32,
        /// The newest schema that this release can work with.
        supported: i32,
    },
    /// The server is older than what the schema needs.
    #[error("{database} runs PostgreSQL {found}; 13 is the oldest that this release works with")]
    ServerTooOld {
        /// The database, without user and password.
        database: String,
        /// The server's version, as it says it.
        found: String,
    },
    /// The database could not be reached or prepared.
    #[error("{database} cannot be opened")]
    Postgres {
        /// The database, without user and password.
        database: String,
        /// What kind of failure it is.
        kind: StoreErrorKind,
        /// What the database or the network said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    /// Whether opening may succeed later as things are.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Postgres { kind, .. } => *kind == StoreErrorKind::Busy,
            Self::BadUrl { .. }
            | Self::ForeignSchema { .. }
            | Self::SchemaTooNew { .. }
            | Self::ServerTooOld { .. } => false,
        }
    }
}

/// Why a transaction came to nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The contract says no; the database is well.
    Refused(StoreErrorKind),
    /// The database or the network said so.
    Postgres(tokio_postgres::Error),
    /// No connection was to be had.
    Pool(PoolError),
    /// No answer came in time.
    TimedOut,
}

/// What is said where no answer came.
#[derive(Debug, thiserror::Error)]
#[error("the database did not answer in time")]
struct TimedOut;

impl Failure {
    pub(crate) fn into_error(self, operation: &'static str) -> StoreError {
        let kind = self.kind();
        match self {
            Self::Refused(_) => StoreError::new(operation, kind),
            Self::Postgres(error) | Self::Pool(PoolError::Backend(error)) => {
                StoreError::with_source(operation, kind, error)
            }
            Self::Pool(PoolError::Timeout(_)) | Self::TimedOut => {
                StoreError::with_source(operation, kind, TimedOut)
            }
            Self::Pool(error) => StoreError::with_source(operation, kind, error),
        }
    }

    pub(crate) fn into_open_error(self, database: &str) -> OpenError {
        let kind = self.kind();
        let source = match self {
            Self::Postgres(error) | Self::Pool(PoolError::Backend(error)) => error.into(),
            Self::Pool(PoolError::Timeout(_)) | Self::TimedOut => TimedOut.into(),
            Self::Pool(error) => error.into(),
            Self::Refused(kind) => kind.into(),
        };
        OpenError::Postgres { database: database.to_owned(), kind, source }
    }

    /// What it means to whoever called.
    pub(crate) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Refused(kind) => *kind,
            Self::Postgres(error) | Self::Pool(PoolError::Backend(error)) => kind(error),
            Self::Pool(_) | Self::TimedOut => StoreErrorKind::Busy,
        }
    }
}

impl From<StoreErrorKind> for Failure {
    fn from(kind: StoreErrorKind) -> Self {
        Self::Refused(kind)
    }
}

impl From<tokio_postgres::Error> for Failure {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        Self::Pool(error)
    }
}

/// Whether a database, or the network to one, is behind the error of a store.
pub fn is_of_postgres(error: &StoreError) -> bool {
    error.source.as_deref().is_some_and(|said| {
        said.is::<tokio_postgres::Error>() || said.is::<PoolError>() || said.is::<TimedOut>()
    })
}

/// The connection, who slept in a transaction, locks and deadlocks, room for connections, what an
/// administrator ended.
const BUSY: [&str; 6] = ["08", "25P03", "40", "53300", "55P03", "57"];
/// Nothing may be written, or there is no room.
const FULL: [&str; 4] = ["25006", "42501", "53100", "53200"];
/// What is stored, or was to be stored, cannot be.
const CORRUPT: [&str; 4] = ["XX001", "XX002", "22003", "22P02"];

/// What an error of the driver means to whoever called.
fn kind(error: &tokio_postgres::Error) -> StoreErrorKind {
    let Some(state) = error.code() else {
        // Nothing came from the server: the connection failed, or its answer was not understood.
        let is_misread = std::error::Error::source(error).is_some_and(|source| {
            source.is::<WrongType>() || source.is::<WasNull>() || source.is::<Utf8Error>()
        });
        return if is_misread { StoreErrorKind::Corrupt } else { StoreErrorKind::Busy };
    };
    let kinds = [
        (&BUSY[..], StoreErrorKind::Busy),
        (&FULL[..], StoreErrorKind::Full),
        (&CORRUPT[..], StoreErrorKind::Corrupt),
    ];
    let is_any = |codes: &[&str]| codes.iter().any(|code| state.code().starts_with(code));
    let known = kinds.into_iter().find(|(codes, _)| is_any(codes));
    known.map_or(StoreErrorKind::Failed, |(_, kind)| kind)
}
