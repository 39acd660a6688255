//! What can go wrong, in the words of the contract.

use std::path::{Path, PathBuf};

use lastfm_core::archive::{StoreError, StoreErrorKind};
use rusqlite::ErrorCode;

/// An archive could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file is a database of another program, or none at all. It was not changed.
    #[error("{} is not a listening archive", path.display())]
    ForeignFile {
        /// The file.
        path: PathBuf,
    },
    /// A newer release of this library wrote the file. It was not changed.
    #[error(
        "{} has schema {found}, but this release knows only schemas up to {supported}: \
         update the program",
        path.display()
    )]
    SchemaTooNew {
        /// The file.
        path: PathBuf,
        /// The file's schema.
        found: i64,
        /// The newest schema that this release can work with.
        supported: i64,
    },
    /// This SQLite can damage a database that two connections write to.
    #[error("SQLite {found} is older than 3.51.3, which is the first that is safe here")]
    SqliteTooOld {
        /// The version that the program runs with.
        found: &'static str,
    },
    /// SQLite could not open or prepare the file.
    #[error("{} cannot be opened", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What kind of failure it is.
        kind: StoreErrorKind,
        /// What SQLite said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl OpenError {
    /// Whether opening may succeed later as things are.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Sqlite { kind, .. } => *kind == StoreErrorKind::Busy,
            Self::ForeignFile { .. } | Self::SchemaTooNew { .. } | Self::SqliteTooOld { .. } => {
                false
            }
        }
    }

    /// The same, for a connection that is opened again in the middle of work.
    pub(crate) fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Sqlite { kind, .. } => *kind,
            Self::ForeignFile { .. } | Self::SchemaTooNew { .. } => StoreErrorKind::Corrupt,
            Self::SqliteTooOld { .. } => StoreErrorKind::Failed,
        }
    }
}

/// Why a job came to nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The contract says no; the database is well.
    Refused(StoreErrorKind),
    /// The database said so.
    Sqlite(rusqlite::Error),
    /// The connection could not be opened again.
    Open(OpenError),
}

impl Failure {
    pub(crate) fn into_error(self, operation: &'static str) -> StoreError {
        match self {
            Self::Refused(kind) => StoreError::new(operation, kind),
            Self::Sqlite(error) => StoreError::with_source(operation, kind(&error), error),
            Self::Open(error) => StoreError::with_source(operation, error.kind(), error),
        }
    }
}

impl From<StoreErrorKind> for Failure {
    fn from(kind: StoreErrorKind) -> Self {
        Self::Refused(kind)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Open(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// What an error of the driver means to whoever called.
pub(crate) fn kind(error: &rusqlite::Error) -> StoreErrorKind {
    use rusqlite::Error as E;
    match error {
        E::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreErrorKind::Busy,
            ErrorCode::DiskFull
            | ErrorCode::ReadOnly
            | ErrorCode::PermissionDenied
            | ErrorCode::CannotOpen => StoreErrorKind::Full,
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreErrorKind::Corrupt,
            _ => StoreErrorKind::Failed,
        },
        E::FromSqlConversionFailure(..)
        | E::IntegralValueOutOfRange(..)
        | E::InvalidColumnType(..)
        | E::Utf8Error(..) => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Failed,
    }
}

/// Whether the connection itself can no longer be trusted after this error: what it believes to
/// be on disk may not be there.
pub(crate) fn spoils_connection(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::CannotOpen
        )
    )
}

/// What went wrong with this file.
pub(crate) fn open_error(path: &Path, error: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
        return OpenError::ForeignFile { path };
    }
    OpenError::Sqlite { path, kind: kind(&error), source: error.into() }
}
