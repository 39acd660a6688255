//! Connections to a mirror, and reads on them: each in a transaction that cannot write.

use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::connection::Address;
use super::error::Failure;
use super::{MirrorError, MirrorOptions};

/// How long at most to wait for what the server does at once: a connection, a begin, an answer
/// beyond the time that a statement has.
const GRACE: Duration = Duration::from_secs(10);

/// A value of a statement.
pub(super) type Value<'a> = (&'a (dyn ToSql + Sync), Type);

/// The connections to one mirror.
#[derive(Debug)]
pub(super) struct Sessions {
    pool: Pool,
    begin: String,
    schema: String,
    name: String,
    statement_timeout: Duration,
}

/// One read: what it sees does not change until it is over, whatever the replication does.
pub(super) struct Session<'a> {
    connection: Option<Object>,
    sessions: &'a Sessions,
}

impl Sessions {
    pub(super) fn new(options: MirrorOptions) -> Result<Self, MirrorError> {
        let Address { config, tls, name } = Address::parse(&options.url)?;
        let settings = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, tls, settings))
            .max_size(options.connections)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(options.statement_timeout.saturating_add(GRACE)))
            .create_timeout(Some(GRACE))
            .build();
        let pool = pool.map_err(|error| MirrorError::Postgres {
            database: name.clone(),
            is_retryable: false,
            source: error.into(),
        })?;
        Ok(Self {
            pool,
            begin: begin(&options),
            schema: options.schema,
            name,
            statement_timeout: options.statement_timeout,
        })
    }

    /// Where the tables are.
    pub(super) fn schema(&self) -> &str {
        &self.schema
    }

    /// What to call the database: `postgres://host/database`.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// How many there can be at a time.
    pub(super) fn count(&self) -> usize {
        self.pool.status().max_size
    }

    pub(super) async fn begin(&self) -> Result<Session<'_>, MirrorError> {
        let connection = self.pool.get().await.map_err(|error| self.failed(error))?;
        let session = Session { connection: Some(connection), sessions: self };
        session.run(&self.begin).await?;
        Ok(session)
    }

    /// Gives up the connections that nobody uses: they may be dead, too.
    pub(super) fn forget(&self) {
        self.pool.retain(|_, _| false);
    }

    fn failed(&self, failure: impl Into<Failure>) -> MirrorError {
        MirrorError::of(&self.name, failure.into())
    }
}

/// What begins a read. A mirror is planned for as one that is in memory: its indexes are there to be
/// used, and compiling a statement takes longer than running it.
fn begin(options: &MirrorOptions) -> String {
    let schema = options.schema.replace('"', "\"\"");
    let most = options.statement_timeout.as_millis().min(i32::MAX.unsigned_abs().into());
    format!(
        "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
         SET LOCAL statement_timeout = {most};
         SET LOCAL idle_in_transaction_session_timeout = 60000;
         SET LOCAL jit = off;
         SET LOCAL random_page_cost = 1.1;
         SET LOCAL search_path = \"{schema}\", public"
    )
}

impl Session<'_> {
    /// The rows of a statement.
    pub(super) async fn rows(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<Row>, MirrorError> {
        let Some(connection) = &self.connection else { return Err(self.failed(Failure::TimedOut)) };
        self.in_time(connection.query_typed(sql, values)).await
    }

    /// Ends it, so that another can use the connection.
    pub(super) async fn end(mut self) {
        if self.run("ROLLBACK").await.is_ok() {
            // It goes back to where it came from.
            self.connection.take();
        }
    }

    async fn run(&self, sql: &str) -> Result<(), MirrorError> {
        let Some(connection) = &self.connection else { return Err(self.failed(Failure::TimedOut)) };
        self.in_time(connection.batch_execute(sql)).await
    }

    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, MirrorError> {
        match timeout(self.sessions.statement_timeout.saturating_add(GRACE), answer).await {
            Ok(answer) => answer.map_err(|error| self.failed(error)),
            Err(_) => Err(self.failed(Failure::TimedOut)),
        }
    }

    /// What one of its values was no value of.
    pub(super) fn failed(&self, failure: impl Into<Failure>) -> MirrorError {
        self.sessions.failed(failure)
    }
}

impl Drop for Session<'_> {
    /// One that did not end well, or was given up, leaves a connection that nobody can use.
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}
