//! All SQL but the schema, each statement next to the function that binds it.

pub(crate) mod albums;
pub(crate) mod books;
pub(crate) mod coverage;
pub(crate) mod loved;
pub(crate) mod plays;
pub(crate) mod queue;
pub(crate) mod rate;
pub(crate) mod recount;
pub(crate) mod replace;
pub(crate) mod restore;
pub(crate) mod size;
mod songs;
mod text;
pub(crate) mod users;
pub(crate) mod work;

use std::error::Error;

use bytes::BytesMut;
use lastfm_core::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::error::Failure;

/// A moment in a column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At(pub(crate) Timestamp);

impl<'a> FromSql<'a> for At {
    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        i64::from_sql(of, raw).map(|at| Self(Timestamp::from_unix(at)))
    }

    fn accepts(of: &Type) -> bool {
        <i64 as FromSql<'_>>::accepts(of)
    }
}

impl ToSql for At {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.0.as_unix().to_sql(of, out)
    }

    fn accepts(of: &Type) -> bool {
        <i64 as ToSql>::accepts(of)
    }

    to_sql_checked!();
}

/// A count or a limit as PostgreSQL takes it.
pub(crate) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A column of a row.
pub(crate) fn get<'a, T: FromSql<'a>>(row: &'a Row, column: usize) -> Result<T, Failure> {
    Ok(row.try_get(column)?)
}

/// A moment in a column.
pub(crate) fn at(row: &Row, column: usize) -> Result<Timestamp, Failure> {
    get::<At>(row, column).map(|at| at.0)
}

/// A moment in a column that may have none.
pub(crate) fn maybe_at(row: &Row, column: usize) -> Result<Option<Timestamp>, Failure> {
    let at: Option<At> = get(row, column)?;
    Ok(at.map(|at| at.0))
}
