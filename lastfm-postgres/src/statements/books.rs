//! What is remembered about a user beside plays and coverage.

use lastfm_core::Timestamp;
use lastfm_core::archive::{Book, StoreErrorKind, UserId};
use tokio_postgres::types::Type;

use super::text::{Text, maybe_text};
use super::{get, maybe_at};
use crate::error::Failure;
use crate::transaction::Transaction;

const READ: &str = "
    SELECT last_success_at, last_error_at, last_error, residual, residual_checked_at,
        recent_read_at, newest_refused_until, audit_begun_at
    FROM listener WHERE user_id = $1";

pub(crate) async fn read(transaction: &Transaction, user: UserId) -> Result<Book, Failure> {
    let row = transaction.row(READ, &[(&user.0, Type::INT8)]).await?;
    let row = row.ok_or(StoreErrorKind::UnknownUser)?;
    let mut book = Book::default();
    book.last_success_at = maybe_at(&row, 0)?;
    book.last_error = maybe_at(&row, 1)?.zip(maybe_text(&row, 2)?);
    book.residual = get(&row, 3)?;
    book.residual_checked_at = maybe_at(&row, 4)?;
    book.recent_read_at = maybe_at(&row, 5)?;
    book.newest_refused_until = maybe_at(&row, 6)?;
    book.audit_begun_at = maybe_at(&row, 7)?;
    Ok(book)
}

const WRITE: &str = "
    UPDATE listener SET last_success_at = $2, last_error_at = $3, last_error = $4, residual = $5,
        residual_checked_at = $6, recent_read_at = $7, newest_refused_until = $8,
        audit_begun_at = $9
    WHERE user_id = $1";

pub(crate) async fn write(
    transaction: &Transaction,
    user: UserId,
    book: &Book,
) -> Result<(), Failure> {
    let (error_at, error) = match &book.last_error {
        Some((at, error)) => (Some(at.as_unix()), Some(Text(error))),
        None => (None, None),
    };
    let at = |moment: Option<Timestamp>| moment.map(Timestamp::as_unix);
    let written = transaction
        .execute(
            WRITE,
            &[
                (&user.0, Type::INT8),
                (&at(book.last_success_at), Type::INT8),
                (&error_at, Type::INT8),
                (&error, Type::TEXT),
                (&book.residual, Type::INT8),
                (&at(book.residual_checked_at), Type::INT8),
                (&at(book.recent_read_at), Type::INT8),
                (&at(book.newest_refused_until), Type::INT8),
                (&at(book.audit_begun_at), Type::INT8),
            ],
        )
        .await?;
    if written == 0 {
        return Err(StoreErrorKind::UnknownUser.into());
    }
    Ok(())
}
