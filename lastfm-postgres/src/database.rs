//! One open database: the connections, and how a transaction is begun, ended and repeated.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use futures_util::try_join;
use lastfm_core::Clock;
use lastfm_core::archive::{StoreErrorKind, StoreResult};
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;

use crate::connection::Address;
use crate::error::Failure;
use crate::transaction::{Ended, Mark, Purpose, Transaction, Value};
use crate::{OpenError, PostgresStoreOptions, migrate};

/// The longest rest before the next attempt.
const REST: Duration = Duration::from_secs(1);

/// How long at most to wait for what the server does at once: a connection with encryption and
/// password, a begin, an answer beyond the time that a statement has.
const GRACE: Duration = Duration::from_secs(10);

/// How many connections there are for single statements, and how long one of these may take.
const QUICK_CONNECTIONS: usize = 2;
const QUICK: Duration = Duration::from_secs(5);

/// The connections to one database, shared by all that is kept there. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    pool: Pool,
    /// For single statements that must not wait for long transactions.
    quick: Pool,
    name: String,
    busy_timeout: Duration,
    grace: Duration,
    statement_timeout: Duration,
    clock: Option<Arc<dyn Clock>>,
}

impl Database {
    pub(crate) async fn open(options: PostgresStoreOptions) -> Result<Self, OpenError> {
        let Address { config, tls, name } = Address::parse(&options.url)?;
        let recycling_method = RecyclingMethod::Fast;
        // There must be time for another attempt.
        let grace = GRACE.min(options.busy_timeout / 3);
        let pool = |connections| {
            let settings = ManagerConfig { recycling_method: recycling_method.clone() };
            let manager = Manager::from_config(config.clone(), tls.clone(), settings);
            let pool = Pool::builder(manager)
                .max_size(connections)
                .runtime(Runtime::Tokio1)
                .wait_timeout(Some(options.busy_timeout))
                .create_timeout(Some(grace))
                .build();
            pool.map_err(|error| OpenError::Postgres {
                database: name.clone(),
                kind: StoreErrorKind::Failed,
                source: error.into(),
            })
        };
        let shared = Shared {
            pool: pool(options.connections)?,
            quick: pool(QUICK_CONNECTIONS)?,
            name,
            busy_timeout: options.busy_timeout,
            grace,
            statement_timeout: options.statement_timeout,
            clock: options.clock,
        };
        let database = Self { shared: Arc::new(shared) };
        migrate::migrate(&database).await?;
        Ok(database)
    }

    /// What to call it: `postgres://host/database`.
    pub(crate) fn name(&self) -> &str {
        &self.shared.name
    }

    /// The clock of a test.
    pub(crate) fn clock(&self) -> Option<Arc<dyn Clock>> {
        self.shared.clock.clone()
    }

    /// The time of day that leases go by: milliseconds since 1970.
    pub(crate) fn now_ms(&self, transaction: &Transaction) -> i64 {
        match &self.shared.clock {
            Some(clock) => clock.wall().as_unix().saturating_mul(1_000),
            None => transaction.now_ms(),
        }
    }

    /// Does `act` in one transaction, whole or not at all, and again if the connection failed and
    /// it certainly came to nothing.
    ///
    /// # Cancel safety
    ///
    /// Dropped before its commit was sent, it has come to nothing; after that, it has happened
    /// whole or not at all.
    pub(crate) async fn transact<T, F>(
        &self,
        operation: &'static str,
        purpose: Purpose,
        act: impl Fn(Arc<Transaction>) -> F + Send + Sync,
    ) -> StoreResult<T>
    where
        F: Future<Output = Result<T, Failure>> + Send,
        T: Send,
    {
        let done = self.try_transact(purpose, act).await;
        done.map_err(|failure| failure.into_error(operation))
    }

    pub(crate) async fn try_transact<T, F>(
        &self,
        purpose: Purpose,
        act: impl Fn(Arc<Transaction>) -> F + Send + Sync,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>> + Send,
        T: Send,
    {
        let mut patience = Patience::new(self.shared.busy_timeout);
        loop {
            let done = match self.once(purpose, &act).await {
                Ok(done) => return Ok(done),
                Err(Outcome::Nothing(failure)) => Err(failure),
                Err(Outcome::Unknown { done, mark, failure }) => {
                    match self.is_committed(&mark).await {
                        Ok(true) => Ok(done),
                        Ok(false) => Err(failure),
                        // Nobody can say what became of it.
                        Err(still_unknown) => return Err(still_unknown),
                    }
                }
            };
            match done {
                Ok(done) => return Ok(done),
                Err(failure) if is_worth_another(&failure) && patience.rest().await => {}
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Runs one statement that is a transaction of its own, and again if the connection failed: it
    /// may then have run twice.
    ///
    /// # Cancel safety
    ///
    /// Dropped after it was sent, it may have happened.
    pub(crate) async fn alone(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Failure> {
        let mut patience = Patience::new(self.shared.busy_timeout);
        loop {
            match self.once_alone(sql, values).await {
                Ok(rows) => return Ok(rows),
                Err(failure) if is_worth_another(&failure) && patience.rest().await => {}
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn once_alone(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Failure> {
        let connection = self.shared.quick.get().await?;
        let Ok(answer) = timeout(QUICK, connection.query_typed(sql, values)).await else {
            // Nobody waits on it again, nor on what the same silence may have met.
            drop(Object::take(connection));
            self.shared.quick.retain(|_, _| false);
            return Err(Failure::TimedOut);
        };
        Ok(answer?)
    }

    async fn once<T, F>(
        &self,
        purpose: Purpose,
        act: &(impl Fn(Arc<Transaction>) -> F + Send + Sync),
    ) -> Result<T, Outcome<T>>
    where
        F: Future<Output = Result<T, Failure>> + Send,
    {
        let (transaction, done) = if purpose == Purpose::Read {
            // Sent together: a read comes back after one trip.
            let transaction = Arc::new(self.transaction().await.map_err(Outcome::Nothing)?);
            let begun = self.noticed(transaction.begun(purpose));
            let done = try_join!(begun, act(Arc::clone(&transaction))).map(|(_, done)| done);
            (transaction, done)
        } else {
            let transaction = Arc::new(self.begin(purpose).await.map_err(Outcome::Nothing)?);
            let done = act(Arc::clone(&transaction)).await;
            (transaction, done)
        };
        let Ok(transaction) = Arc::try_unwrap(transaction) else {
            // Somebody kept it beyond its end; it is rolled back when they let it go.
            return Err(Outcome::Nothing(StoreErrorKind::Failed.into()));
        };
        if purpose == Purpose::Read && done.is_ok() {
            transaction.let_go();
            return done.map_err(Outcome::Nothing);
        }
        match (transaction.end(done.is_ok()).await, done) {
            (Ended::Surely, Ok(done)) => Ok(done),
            (_, Err(failure)) | (Ended::Not(failure), Ok(_)) => Err(Outcome::Nothing(failure)),
            (Ended::PerhapsNot { mark, failure }, Ok(done)) => {
                Err(Outcome::Unknown { done, mark, failure })
            }
        }
    }

    async fn transaction(&self) -> Result<Transaction, Failure> {
        let connection = self.shared.pool.get().await?;
        let Shared { statement_timeout, grace, .. } = *self.shared;
        Ok(Transaction::on(connection, statement_timeout, grace))
    }

    async fn begin(&self, purpose: Purpose) -> Result<Transaction, Failure> {
        self.noticed(self.transaction().await?.begin(purpose)).await
    }

    /// Notices when nothing can begin.
    async fn noticed<T>(
        &self,
        begun: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let begun = begun.await;
        if matches!(begun, Err(Failure::TimedOut)) {
            // What cut this one off silently may have cut off all that were idle.
            self.shared.pool.retain(|_, _| false);
        }
        begun
    }

    /// Whether the transaction of this number is committed; ends one that is still open.
    async fn is_committed(&self, mark: &Mark) -> Result<bool, Failure> {
        // What the work may have used up.
        let mut patience = Patience::new(self.shared.busy_timeout);
        loop {
            let failure = match self.status(mark).await {
                Ok(Status::Committed) => return Ok(true),
                Ok(Status::Lost) => return Ok(false),
                Ok(Status::Unknown) => return Err(Failure::TimedOut),
                // At its commit, or the server has not noticed that the connection is gone.
                Ok(Status::Open) => Failure::TimedOut,
                Err(failure) if is_worth_another(&failure) => failure,
                Err(failure) => return Err(failure),
            };
            if !patience.rest().await {
                return Err(failure);
            }
        }
    }

    async fn status(&self, mark: &Mark) -> Result<Status, Failure> {
        // One at its commit has time to finish it: it cannot be ended.
        const STATUS: &str = "
            SELECT pg_xact_status($1::text::xid8), life = $2, (
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE backend_xid = $1::text::xid8::xid AND life = $2)
            FROM (SELECT coalesce(stats_reset::text, '') FROM pg_stat_bgwriter) AS server (life)";
        let transaction = self.begin(Purpose::Read).await?;
        let values = [(&mark.number as _, Type::TEXT), (&mark.server_life as _, Type::TEXT)];
        let row = match transaction.row(STATUS, &values).await {
            // A number that the server has yet to give: a crash took the transaction with it.
            Err(Failure::Postgres(error))
                if error.code() == Some(&SqlState::INVALID_PARAMETER_VALUE) =>
            {
                return Ok(Status::Lost);
            }
            row => row?.ok_or(StoreErrorKind::Failed)?,
        };
        let (status, is_same_life): (Option<String>, bool) = (row.try_get(0)?, row.try_get(1)?);
        transaction.let_go();
        Ok(match (status.as_deref(), is_same_life) {
            (Some("committed"), true) => Status::Committed,
            // This one's, or another's that was given the number of one that was lost.
            (Some(_) | None, false) => Status::Unknown,
            (Some("aborted"), _) => Status::Lost,
            (Some(_) | None, true) => Status::Open,
        })
    }
}

/// What is known of a transaction whose commit was not answered.
enum Status {
    Committed,
    Lost,
    Open,
    Unknown,
}

/// What came of one attempt that did not end well.
enum Outcome<T> {
    /// Nothing.
    Nothing(Failure),
    /// All of it, or nothing.
    Unknown { done: T, mark: Mark, failure: Failure },
}

/// Whether the connection or the server failed rather than the work.
fn is_worth_another(failure: &Failure) -> bool {
    !matches!(failure, Failure::Refused(_)) && failure.kind() == StoreErrorKind::Busy
}

/// How long to go on trying.
struct Patience {
    until: Instant,
    rest: Duration,
}

impl Patience {
    fn new(patience: Duration) -> Self {
        Self { until: Instant::now() + patience, rest: Duration::from_millis(10) }
    }

    /// Rests a little longer each time; says whether there is time for another attempt.
    async fn rest(&mut self) -> bool {
        let is_left = Instant::now() + self.rest < self.until;
        if is_left {
            tokio::time::sleep(self.rest).await;
            self.rest = (self.rest * 2).min(REST);
        }
        is_left
    }
}

#[cfg(test)]
mod faults;
