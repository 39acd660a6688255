//! How a mirror is reached.

use std::fmt;
use std::time::Duration;

use super::sessions::Sessions;
use super::{MirrorError, MirrorSource};

/// How to reach a mirror of MusicBrainz' database.
///
/// ```
/// use mb_enrich::MirrorOptions;
///
/// let mirror = MirrorOptions::new("postgres://musicbrainz@localhost/musicbrainz_db").build()?;
/// # Ok::<(), mb_enrich::MirrorError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct MirrorOptions {
    pub(super) url: String,
    pub(super) schema: String,
    pub(super) statement_timeout: Duration,
    pub(super) connections: usize,
    pub(super) most_groups: u32,
}

impl MirrorOptions {
    /// The database at this address, `postgres://user:password@host:port/database`.
    ///
    /// What may follow after a `?`, beside what [`tokio_postgres::Config`] knows: `sslmode`
    /// (`disable`, or anything else for encryption with a server whose certificate is verified)
    /// and `sslrootcert` (a file with certificates to trust beside the system's). Without an
    /// `sslmode`, a connection to another machine is encrypted and verified, and one that stays on
    /// this machine is not.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            schema: "musicbrainz".to_owned(),
            statement_timeout: Duration::from_secs(60),
            connections: 2,
            most_groups: 5_000,
        }
    }

    /// The schema that holds the tables. Default: `musicbrainz`.
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = schema.into();
        self
    }

    /// How long one statement may take, in whole milliseconds, at least one. A thousand albums need
    /// some hundred statements. Default: 60 s.
    pub fn statement_timeout(mut self, timeout: Duration) -> Self {
        self.statement_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// How many connections there are at most, 1 to 4. A call with many questions uses all
    /// that are free. Default: 2.
    pub fn connections(mut self, connections: usize) -> Self {
        self.connections = connections.clamp(1, 4);
        self
    }

    /// An artist of more release groups than this, such as Various Artists, is not read whole: only
    /// what is called like the album is. Default: 5,000.
    pub fn most_groups(mut self, groups: u32) -> Self {
        self.most_groups = groups;
        self
    }

    /// The mirror. Nothing is asked of it yet: whether it can be reached, and is one, the first
    /// call says.
    ///
    /// # Errors
    ///
    /// [`MirrorError::BadUrl`]; [`MirrorError::Postgres`] if the certificates to trust cannot be
    /// read.
    pub fn build(self) -> Result<MirrorSource, MirrorError> {
        let most_groups = self.most_groups;
        Ok(MirrorSource::new(Sessions::new(self)?, most_groups))
    }
}

impl fmt::Debug for MirrorOptions {
    /// Leaves the address out: it holds the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MirrorOptions")
            .field("schema", &self.schema)
            .field("statement_timeout", &self.statement_timeout)
            .field("connections", &self.connections)
            .field("most_groups", &self.most_groups)
            .finish_non_exhaustive()
    }
}
