//! All SQL but the schema, each statement next to the function that binds it.

pub(crate) mod albums;
pub(crate) mod books;
pub(crate) mod coverage;
pub(crate) mod loved;
pub(crate) mod plays;
pub(crate) mod queue;
pub(crate) mod recount;
pub(crate) mod replace;
pub(crate) mod restore;
mod songs;
pub(crate) mod users;
pub(crate) mod work;

use lastfm_core::Timestamp;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// A moment in a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At(pub(crate) Timestamp);

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        i64::column_result(value).map(|at| Self(Timestamp::from_unix(at)))
    }
}

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_unix().into())
    }
}

/// A count or a limit as SQLite takes it.
pub(crate) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
