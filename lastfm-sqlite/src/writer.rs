//! The one connection that writes: every change is one transaction on its thread.

use lastfm_core::archive::StoreResult;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::connection::{Kept, Opener};
use crate::error::{Failure, OpenError, spoils_connection};
use crate::heard::Heard;
use crate::variants::Variants;

/// The writing connection and what is remembered of the database.
#[derive(Debug)]
pub(crate) struct Writer {
    opener: Opener,
    connection: Option<Connection>,
    variants: Variants,
}

impl Writer {
    pub(crate) fn new(opener: Opener) -> Self {
        Self { opener, connection: None, variants: Variants::default() }
    }

    /// Opens the connection if there is none that can be trusted.
    pub(crate) fn open(&mut self) -> Result<(), OpenError> {
        opened(&mut self.connection, || self.opener.writer()).map(drop)
    }

    /// The connection, if there is one.
    #[cfg(feature = "testing")]
    pub(crate) fn connection(&mut self) -> Option<&mut Connection> {
        self.connection.as_mut()
    }

    /// Does `act` in one transaction beside which nobody else writes: whole or not at all.
    pub(crate) fn transact<T>(
        &mut self,
        operation: &'static str,
        act: impl FnOnce(&Transaction<'_>, &mut Variants) -> Result<T, Failure>,
    ) -> StoreResult<T> {
        let done = self.try_transact(act);
        if let Err(failure) = &done {
            self.distrust(failure);
        }
        done.map_err(|failure| failure.into_error(operation))
    }

    fn try_transact<T>(
        &mut self,
        act: impl FnOnce(&Transaction<'_>, &mut Variants) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let connection = opened(&mut self.connection, || self.opener.writer())?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        self.variants.catch_up(&transaction)?;
        let done = act(&transaction, &mut self.variants)?;
        transaction.commit()?;
        Ok(done)
    }

    /// The same as [`transact`](Self::transact), but nothing of it can be lost once it is done.
    pub(crate) fn write_down<T>(
        &mut self,
        operation: &'static str,
        act: impl FnOnce(&Connection) -> Result<T, Failure>,
    ) -> StoreResult<T> {
        let done = self.keep(Kept::Everything).and_then(|()| self.try_transact(|db, _| act(db)));
        // Whatever fails to set it back waits for the disk more often than it needs to.
        let _ = self.keep(self.opener.kept);
        if let Err(failure) = &done {
            self.distrust(failure);
        }
        done.map_err(|failure| failure.into_error(operation))
    }

    fn keep(&mut self, kept: Kept) -> Result<(), Failure> {
        let connection = opened(&mut self.connection, || self.opener.writer())?;
        Ok(self.opener.keep(connection, kept)?)
    }

    /// After a failure the transaction is rolled back; what was remembered of it is forgotten,
    /// and a connection that cannot be trusted is closed, to be opened again by the next job.
    fn distrust(&mut self, failure: &Failure) {
        self.variants.clear();
        if let Failure::Sqlite(error) = failure {
            self.connection.take_if(|connection| is_spoilt(connection, error));
        }
    }
}

/// Whether a connection must not be used again after this error: it does not know what is on
/// disk, or is still within the transaction that failed.
fn is_spoilt(connection: &Connection, error: &rusqlite::Error) -> bool {
    spoils_connection(error) || !connection.is_autocommit()
}

/// The connection, opened if there is none.
fn opened(
    connection: &mut Option<Connection>,
    open: impl FnOnce() -> Result<Connection, OpenError>,
) -> Result<&mut Connection, OpenError> {
    match connection {
        Some(connection) => Ok(connection),
        none => Ok(none.insert(open()?)),
    }
}

/// A connection that reads: several of them, none waits for the writer.
#[derive(Debug)]
pub(crate) struct Reader {
    opener: Opener,
    connection: Option<Connection>,
    heard: Heard,
}

impl Reader {
    pub(crate) fn new(opener: Opener) -> Self {
        Self { opener, connection: None, heard: Heard::default() }
    }

    /// Does `act` on one state of the database, whatever is written meanwhile.
    pub(crate) fn read<T>(
        &mut self,
        operation: &'static str,
        act: impl FnOnce(&Connection, &mut Heard) -> Result<T, Failure>,
    ) -> StoreResult<T> {
        let done = self.try_read(act);
        if let Err(Failure::Sqlite(error)) = &done {
            self.connection.take_if(|connection| is_spoilt(connection, error));
        }
        done.map_err(|failure| failure.into_error(operation))
    }

    fn try_read<T>(
        &mut self,
        act: impl FnOnce(&Connection, &mut Heard) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if self.connection.is_none() {
            // Another connection counts the changes of others anew.
            self.heard = Heard::default();
        }
        let connection = opened(&mut self.connection, || self.opener.reader())?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
        let done = act(&transaction, &mut self.heard)?;
        transaction.commit()?;
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lastfm_core::archive::StoreErrorKind;
    use lastfm_core::testing::conformance::play;

    use super::*;
    use crate::statements::users;

    #[test]
    fn what_a_refused_change_added_is_not_remembered() {
        let folder = tempfile::tempdir().unwrap();
        let opener = Opener {
            path: folder.path().join("plays.db"),
            busy_timeout: Duration::from_secs(5),
            kept: Kept::Consistent,
        };
        let mut writer = Writer::new(opener);
        let name = "RJ".parse().unwrap();
        let user = writer.transact("add_user", |db, _| users::add(db, &name, None)).unwrap().id;
        let play = play(5, "a track");
        let refused: StoreResult<()> = writer.transact("replace", |db, variants| {
            variants.of(db, user, &play)?;
            Err(StoreErrorKind::Stale.into())
        });
        assert_eq!(refused.unwrap_err().kind, StoreErrorKind::Stale);
        let kept = writer.transact("replace", |db, variants| {
            let added = variants.of(db, user, &play)?;
            let sql = "SELECT count(*) FROM variant WHERE id = ?1";
            Ok(db.query_row(sql, [added.id], |row| row.get::<_, i64>(0))?)
        });
        assert_eq!(kept.unwrap(), 1);
    }
}
