//! What is remembered about a user beside plays and coverage.

use lastfm_core::archive::{Book, StoreErrorKind, UserId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::At;
use crate::error::Failure;

const READ: &str = "
    SELECT last_success_at, last_error_at, last_error, residual, residual_checked_at,
        recent_read_at, newest_refused_until, audit_begun_at
    FROM user WHERE id = ?1";

pub(crate) fn read(connection: &Connection, user: UserId) -> Result<Book, Failure> {
    let book = connection
        .prepare_cached(READ)?
        .query_row([user.0], |row| {
            let at = |column| row.get::<_, Option<At>>(column).map(|at| at.map(|at| at.0));
            let mut book = Book::default();
            book.last_success_at = at(0)?;
            book.last_error = at(1)?.zip(row.get(2)?);
            book.residual = row.get(3)?;
            book.residual_checked_at = at(4)?;
            book.recent_read_at = at(5)?;
            book.newest_refused_until = at(6)?;
            book.audit_begun_at = at(7)?;
            Ok(book)
        })
        .optional()?;
    Ok(book.ok_or(StoreErrorKind::UnknownUser)?)
}

const WRITE: &str = "
    UPDATE user SET last_success_at = ?2, last_error_at = ?3, last_error = ?4, residual = ?5,
        residual_checked_at = ?6, recent_read_at = ?7, newest_refused_until = ?8,
        audit_begun_at = ?9
    WHERE id = ?1";

pub(crate) fn write(connection: &Connection, user: UserId, book: &Book) -> Result<(), Failure> {
    let (error_at, error) = match &book.last_error {
        Some((at, error)) => (Some(At(*at)), Some(error)),
        None => (None, None),
    };
    let written = connection.prepare_cached(WRITE)?.execute(params![
        user.0,
        book.last_success_at.map(At),
        error_at,
        error,
        book.residual,
        book.residual_checked_at.map(At),
        book.recent_read_at.map(At),
        book.newest_refused_until.map(At),
        book.audit_begun_at.map(At)
    ])?;
    if written == 0 {
        return Err(StoreErrorKind::UnknownUser.into());
    }
    Ok(())
}
