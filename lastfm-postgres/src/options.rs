//! How a database is opened.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lastfm_core::Clock;

use crate::database::Database;
use crate::{OpenError, PostgresQueue, PostgresStore};

/// How to open a [`PostgresStore`] or a [`PostgresQueue`].
#[derive(Clone)]
#[must_use]
pub struct PostgresStoreOptions {
    pub(crate) url: String,
    pub(crate) busy_timeout: Duration,
    pub(crate) statement_timeout: Duration,
    pub(crate) connections: usize,
    pub(crate) clock: Option<Arc<dyn Clock>>,
}

impl PostgresStoreOptions {
    /// The database at this address, `postgres://user:password@host:port/database`; its tables are
    /// made if there are none, in the schema that comes first in the search path.
    ///
    /// What may follow after a `?`, beside what [`tokio_postgres::Config`] knows: `sslmode`
    /// (`disable`, or anything else for encryption with a server whose certificate is verified)
    /// and `sslrootcert` (a file with certificates to trust beside the system's). Without an
    /// `sslmode`, a connection to another machine is encrypted and verified, and one that stays on
    /// this machine is not.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            busy_timeout: Duration::from_secs(30),
            statement_timeout: Duration::from_secs(30),
            connections: 8,
            clock: None,
        }
    }

    /// How long to go on trying while the database cannot be reached, is restarted, or has no
    /// connection free. Default: 30 s.
    pub fn busy_timeout(mut self, timeout: Duration) -> Self {
        self.busy_timeout = timeout;
        self
    }

    /// How long one statement may take, in whole milliseconds, at least one; 120 times as long if it
    /// goes through all that somebody has: their removal, a recount, what is over in their queue; or
    /// through all that there is: a new schema. Default: 30 s.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// How many connections there are at most, 1 to 100; a [`PostgresPacer`](crate::PostgresPacer)
    /// adds up to two. Default: 8.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.clamp(1, 100);
        self
    }

    /// The clock whose time of day leases and request rates go by, for tests. Default: the
    /// database's, so that all machines agree.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Opens the archives, and makes or migrates the tables if need be.
    ///
    /// # Errors
    ///
    /// [`OpenError`]; the database is then as it was.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves the database as it was, or migrated.
    pub async fn open(self) -> Result<PostgresStore, OpenError> {
        Database::open(self).await.map(PostgresStore::new)
    }

    /// Opens the queue of plays in the same database, and makes or migrates the tables if need be.
    /// To share connections, take [`PostgresStore::queue`].
    ///
    /// # Errors
    ///
    /// [`OpenError`]; the database is then as it was.
    ///
    /// # Cancel safety
    ///
    /// As [`open`](Self::open).
    pub async fn open_queue(self) -> Result<PostgresQueue, OpenError> {
        Database::open(self).await.map(PostgresQueue::new)
    }
}

impl fmt::Debug for PostgresStoreOptions {
    /// Leaves the address out: it holds the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStoreOptions")
            .field("busy_timeout", &self.busy_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("connections", &self.connections)
            .field("clock", &self.clock)
            .finish_non_exhaustive()
    }
}
