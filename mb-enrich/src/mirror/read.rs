//! How rows are read.

use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::MirrorError;
use super::sessions::Session;

/// A value of a row.
pub(super) fn value<'a, T: FromSql<'a>>(
    session: &Session<'_>,
    row: &'a Row,
    column: usize,
) -> Result<T, MirrorError> {
    row.try_get(column).map_err(|error| session.failed(error))
}

/// A place in a list, as the database counts.
pub(super) fn count(place: usize) -> i32 {
    i32::try_from(place).unwrap_or(i32::MAX)
}
