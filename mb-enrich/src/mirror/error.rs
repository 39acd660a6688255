//! What can go wrong with a mirror.

use std::error::Error as _;

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{WasNull, WrongType};

use crate::SourceError;

/// A mirror could not be asked. No variant shows the password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MirrorError {
    /// The address cannot be understood.
    #[error("the address of the mirror cannot be understood: {reason}")]
    BadUrl {
        /// Why, without what stands in it.
        reason: String,
    },
    /// The database is no mirror of MusicBrainz, or not all of one, or this user may not read it.
    #[error("{database} is no mirror of MusicBrainz that can be read: it lacks {missing}")]
    NotMusicbrainz {
        /// The database, without user and password.
        database: String,
        /// The tables that are not there, with their schema, or that they have no rows yet.
        missing: String,
    },
    /// The server could not be reached, or did not answer.
    #[error("{database} cannot be asked")]
    Postgres {
        /// The database, without user and password.
        database: String,
        /// Whether asking again may help without anybody doing anything.
        is_retryable: bool,
        /// What the server or the network said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl MirrorError {
    /// Whether asking again may help without anybody doing anything.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Postgres { is_retryable, .. } => *is_retryable,
            Self::BadUrl { .. } | Self::NotMusicbrainz { .. } => false,
        }
    }

    /// Whether a connection that was good has gone: another may do.
    pub(super) fn is_lost(&self) -> bool {
        let Self::Postgres { source, .. } = self else { return false };
        source.downcast_ref::<tokio_postgres::Error>().is_some_and(|error| {
            error.code().map_or_else(|| !is_misread(error), |state| state.code().starts_with("57P"))
        })
    }

    /// Whether the server ended a statement because it took too long.
    pub(super) fn is_too_slow(&self) -> bool {
        let Self::Postgres { source, .. } = self else { return false };
        let error = source.downcast_ref::<tokio_postgres::Error>();
        error.and_then(tokio_postgres::Error::code) == Some(&SqlState::QUERY_CANCELED)
    }

    pub(super) fn of(database: &str, failure: Failure) -> Self {
        let is_retryable = failure.is_retryable();
        let source = match failure {
            Failure::Postgres(error) | Failure::Pool(PoolError::Backend(error)) => error.into(),
            Failure::Pool(PoolError::Timeout(_)) | Failure::TimedOut => TimedOut.into(),
            Failure::Pool(error) => error.into(),
        };
        Self::Postgres { database: database.to_owned(), is_retryable, source }
    }
}

impl From<MirrorError> for SourceError {
    fn from(error: MirrorError) -> Self {
        let mut said = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            said = format!("{said}: {error}");
            cause = error.source();
        }
        let what = if error.is_retryable() { Self::outage(said) } else { Self::broken(said) };
        what.because(error)
    }
}

/// Why a session came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The database or the network said so.
    Postgres(tokio_postgres::Error),
    /// No connection was to be had.
    Pool(PoolError),
    /// No answer came in time.
    TimedOut,
}

/// What is said where no answer came.
#[derive(Debug, thiserror::Error)]
#[error("it did not answer in time")]
struct TimedOut;

/// The connection, a standby that dropped what was read, room for connections, memory or files,
/// what an administrator or a timeout ended, and what broke within the server.
const PASSING: [&str; 7] = ["08", "25P03", "40", "53", "55P03", "57", "58"];

impl Failure {
    fn is_retryable(&self) -> bool {
        match self {
            Self::Postgres(error) | Self::Pool(PoolError::Backend(error)) => {
                error.code().map_or_else(
                    || !is_misread(error),
                    |state| PASSING.iter().any(|class| state.code().starts_with(class)),
                )
            }
            Self::Pool(_) | Self::TimedOut => true,
        }
    }
}

/// Whether the server answered, but with other things than were asked for.
fn is_misread(error: &tokio_postgres::Error) -> bool {
    error.source().is_some_and(|source| source.is::<WrongType>() || source.is::<WasNull>())
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
