//! How a connection is set up, and what a power cut may take from it.

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use lastfm_core::archive::StoreErrorKind;
use rusqlite::{Connection, OpenFlags};

use crate::error::{OpenError, kind, open_error};
use crate::migrate;

/// The first SQLite without the bug that can damage a database in WAL mode with two connections.
const OLDEST_SQLITE: i32 = 3_051_003;

/// Opens connections to one file.
#[derive(Debug, Clone)]
pub(crate) struct Opener {
    pub(crate) path: PathBuf,
    pub(crate) busy_timeout: Duration,
    pub(crate) kept: Kept,
}

/// What a power cut may take of that which was acknowledged. Half of a change, never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// The newest changes may go: what the archive holds can be fetched again, and that it is there
    /// is written in the same transaction. Nothing waits for the disk but the log's end.
    Consistent,
    /// Nothing may go: the queue holds the only copy of a play. Each change waits for the disk, and
    /// takes with it whatever others wrote to the log before.
    Everything,
}

impl Kept {
    /// On a Mac only `fullfsync` gets beyond the disk's own memory; elsewhere it does nothing.
    fn pragmas(self) -> &'static str {
        match self {
            Self::Consistent => "PRAGMA synchronous = NORMAL; PRAGMA fullfsync = OFF;",
            Self::Everything => "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;",
        }
    }
}

impl Opener {
    /// A connection that may write. Makes or migrates the file if need be.
    pub(crate) fn writer(&self) -> Result<Connection, OpenError> {
        check_version(rusqlite::version_number(), rusqlite::version())?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut connection = self.connect(flags).map_err(|error| self.error(error))?;
        migrate::migrate(&mut connection, &self.path)?;
        // Only now is it known to be our file. Readers do not wait for the writer in this mode.
        self.log_ahead(&connection).map_err(|error| self.error(error))?;
        // The page cache is bounded, and the log is cut back after a large import.
        connection
            .execute_batch(
                "PRAGMA foreign_keys = ON;
                 PRAGMA cache_size = -4096;
                 PRAGMA journal_size_limit = 16777216;",
            )
            .map_err(|error| self.error(error))?;
        self.keep(&connection, self.kept)?;
        Ok(connection)
    }

    /// From now on, a power cut may take this much of what the connection writes.
    pub(crate) fn keep(&self, connection: &Connection, kept: Kept) -> Result<(), OpenError> {
        connection.execute_batch(kept.pragmas()).map_err(|error| self.error(error))?;
        if kept == Kept::Everything {
            self.keep_names().map_err(|source| OpenError::Sqlite {
                path: self.path.clone(),
                kind: StoreErrorKind::Failed,
                source: source.into(),
            })?;
        }
        Ok(())
    }

    /// Has the names of the file and its log reach the disk. SQLite does so only if this very
    /// connection made the log and waits for the disk; it may have been the archive's.
    #[cfg(unix)]
    fn keep_names(&self) -> std::io::Result<()> {
        let folder = self.path.canonicalize()?;
        folder.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    }

    /// Elsewhere a folder is no file that could be made to reach the disk.
    #[cfg(not(unix))]
    fn keep_names(&self) -> std::io::Result<()> {
        Ok(())
    }

    /// A connection that only reads.
    pub(crate) fn reader(&self) -> Result<Connection, OpenError> {
        // Reading in WAL mode writes to the shared index beside the file.
        let connection =
            self.connect(OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(|error| self.error(error))?;
        connection
            .execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -1024;")
            .map_err(|error| self.error(error))?;
        Ok(connection)
    }

    /// Switches to WAL mode. SQLite does not wait by itself for others that open the file at the
    /// same time to be done with this.
    fn log_ahead(&self, connection: &Connection) -> rusqlite::Result<()> {
        let started = Instant::now();
        loop {
            let done = connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()));
            match done {
                Err(error)
                    if kind(&error) == StoreErrorKind::Busy
                        && started.elapsed() < self.busy_timeout =>
                {
                    std::thread::sleep(Duration::from_millis(5));
                }
                done => return done,
            }
        }
    }

    fn connect(&self, flags: OpenFlags) -> rusqlite::Result<Connection> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(64);
        // Whoever empties the log writes what others had acknowledged: on a Mac, beyond the disk's
        // own memory before the log goes.
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        Ok(connection)
    }

    fn error(&self, error: rusqlite::Error) -> OpenError {
        open_error(&self.path, error)
    }
}

fn check_version(number: i32, found: &'static str) -> Result<(), OpenError> {
    if number < OLDEST_SQLITE {
        return Err(OpenError::SqliteTooOld { found });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_that_can_damage_the_file_is_refused() {
        assert!(check_version(3_051_002, "3.51.2").is_err());
        assert!(check_version(3_051_003, "3.51.3").is_ok());
    }
}
