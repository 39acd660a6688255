//! How an archive is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lastfm_core::Clock;

use crate::connection::{Kept, Opener};
use crate::{OpenError, SqliteQueue, SqliteStore};

/// How to open a [`SqliteStore`] or a [`SqliteQueue`].
///
/// ```
/// use std::time::Duration;
///
/// use lastfm_sqlite::SqliteStoreOptions;
///
/// # async fn open(path: &std::path::Path) -> Result<(), lastfm_sqlite::OpenError> {
/// let store = SqliteStoreOptions::new(path)
///     .busy_timeout(Duration::from_secs(5))
///     .open()
///     .await?;
/// # Ok(()) }
/// # let folder = tempfile::tempdir().unwrap();
/// # futures_executor::block_on(open(&folder.path().join("plays.db"))).unwrap();
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct SqliteStoreOptions {
    path: PathBuf,
    busy_timeout: Duration,
    readers: usize,
    clock: Option<Arc<dyn Clock>>,
}

impl SqliteStoreOptions {
    /// The archive in this file, which is made if there is none. Beside it SQLite keeps two more,
    /// with `-wal` and `-shm` at the end of their names, which belong to it.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), busy_timeout: Duration::from_secs(30), readers: 2, clock: None }
    }

    /// How long to wait for another program that writes to the file. Default: 30 s.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How many readings can go on at a time, 1 to 16. Default: 2.
    pub fn readers(mut self, readers: usize) -> Self {
        self.readers = readers.clamp(1, 16);
        self
    }

    /// The clock whose time of day leases and request rates go by, for tests. Default: the
    /// machine's, so that all programs that share the file agree.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Opens the archive, and makes or migrates the file if need be.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; the file is then as it was.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the file again; a migration begun is finished.
    pub async fn open(self) -> Result<SqliteStore, OpenError> {
        SqliteStore::start(self.opener(Kept::Consistent), self.readers, self.clock).await
    }

    /// Opens the queue of plays in the same file, and makes or migrates the file if need be. It has
    /// connections of its own, and no use for a clock.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; the file is then as it was.
    ///
    /// # Cancel safety
    ///
    /// As [`open`](Self::open).
    pub async fn open_queue(self) -> Result<SqliteQueue, OpenError> {
        SqliteQueue::start(self.opener(Kept::Everything), self.readers).await
    }

    fn opener(&self, kept: Kept) -> Opener {
        Opener { path: self.path.clone(), busy_timeout: self.busy_timeout, kept }
    }
}
