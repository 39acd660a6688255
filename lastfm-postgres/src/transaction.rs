//! One transaction on one connection, and what became of it if its commit was not answered.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use deadpool_postgres::Object;
use futures_util::FutureExt as _;
use lastfm_core::archive::StoreErrorKind;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Row, SimpleQueryMessage};

use crate::error::Failure;

/// What stands for a `$n` of a statement.
pub(crate) type Value<'a> = (&'a (dyn ToSql + Sync), Type);

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reads; sees the database as it is at one moment.
    Read,
    /// Writes what can be fetched again: the newest changes may be lost with the machine, whole.
    Refetchable,
    /// Writes what exists nowhere else: on the disk before it is acknowledged.
    Precious,
}

/// How many times as long a statement may take that goes through all that somebody has: with the
/// usual 30 s, an hour.
const LONGER: u32 = 120;

/// Every statement of ours finds its rows by a key. Without statistics (of a table that was filled
/// a moment ago) the planner believes that there are few, and goes through all of them.
const BY_KEY: &str = "SET LOCAL jit = off; SET LOCAL enable_seqscan = off; \
    SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off; \
    SET LOCAL enable_mergejoin = off; SET LOCAL enable_material = off";

impl Purpose {
    fn begin(self, statement_timeout: Duration) -> String {
        let first = match self {
            Self::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Refetchable => "BEGIN; SET LOCAL synchronous_commit = off",
            Self::Precious => "BEGIN; SET LOCAL synchronous_commit = on",
        };
        let number = match self {
            Self::Read => "'', ''",
            // A server that comes back after a crash forgets its statistics, and may give numbers
            // again whose transactions are lost.
            Self::Refetchable | Self::Precious => {
                "pg_current_xact_id(), (SELECT coalesce(stats_reset::text, '') FROM pg_stat_bgwriter)"
            }
        };
        // Whoever is frozen in the middle of a transaction keeps its locks no longer than this.
        let timeout = statement_timeout.as_millis();
        format!(
            "{first}; {BY_KEY}; SET LOCAL statement_timeout = {timeout}; \
             SET LOCAL idle_in_transaction_session_timeout = {timeout}; \
             SELECT {number}, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
        )
    }
}

/// An open transaction. Dropped without an end, it takes its connection with it, so that the
/// server rolls it back.
#[derive(Debug)]
pub(crate) struct Transaction {
    connection: Option<Object>,
    statement_timeout: Duration,
    /// Whether statements may take [`LONGER`] by now.
    has_time: AtomicBool,
    /// How long to wait for an answer beyond what the server allows a statement.
    grace: Duration,
    /// Statements that were sent, and whose answer nobody has seen.
    unanswered: AtomicUsize,
    /// Whether a statement failed: then the server makes a rollback of a commit, and calls it done.
    has_failed: AtomicBool,
    mark: Mark,
    now_ms: i64,
}

/// What tells later what became of a transaction.
#[derive(Debug, Default)]
pub(crate) struct Mark {
    pub(crate) number: String,
    /// Differs after every crash of the server, and on another server that takes its place.
    pub(crate) server_life: String,
}

/// How a transaction ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// As it was meant to.
    Surely,
    /// It surely came to nothing.
    Not(Failure),
    /// The commit was sent, and no answer came. The transaction's mark tells.
    PerhapsNot { mark: Mark, failure: Failure },
}

impl Transaction {
    /// A transaction that nobody has begun yet.
    pub(crate) fn on(connection: Object, statement_timeout: Duration, grace: Duration) -> Self {
        Self {
            connection: Some(connection),
            statement_timeout,
            has_time: AtomicBool::new(false),
            grace,
            unanswered: AtomicUsize::new(0),
            has_failed: AtomicBool::new(false),
            mark: Mark::default(),
            now_ms: 0,
        }
    }

    /// Begins it, and learns what is known of it from then on.
    pub(crate) async fn begin(mut self, purpose: Purpose) -> Result<Self, Failure> {
        (self.mark, self.now_ms) = self.begun(purpose).await?;
        Ok(self)
    }

    /// Begins it. Statements that are sent before this is answered are in it, if only that goes
    /// well: where nothing can begin, they stand alone. So only reads may be.
    pub(crate) async fn begun(&self, purpose: Purpose) -> Result<(Mark, i64), Failure> {
        let begin = purpose.begin(self.statement_timeout);
        // It waits for nobody: without an answer, the connection is dead.
        let answer = self.wait_for(self.grace, self.connection()?.simple_query(&begin)).await?;
        let row = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).zip(row.get(1)).zip(row.get(2)),
            _ => None,
        });
        let ((number, server_life), now_ms) = row.ok_or(StoreErrorKind::Failed)?;
        let now_ms = now_ms.parse().map_err(|_| StoreErrorKind::Failed)?;
        Ok((Mark { number: number.to_owned(), server_life: server_life.to_owned() }, now_ms))
    }

    /// The time of day at the beginning of one that changes something: milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// The rows that a statement finds. Statements sent together are answered in their order.
    pub(crate) async fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Failure> {
        self.wait(self.connection()?.query_typed(sql, values)).await
    }

    /// The one row that a statement finds, if it finds any.
    pub(crate) async fn row(
        &self,
        sql: &str,
        values: &[Value<'_>],
    ) -> Result<Option<Row>, Failure> {
        Ok(self.query(sql, values).await?.pop())
    }

    /// Changes rows and says how many.
    pub(crate) async fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, Failure> {
        self.wait(self.connection()?.execute_typed(sql, values)).await
    }

    /// Runs statements without values, one after the other.
    pub(crate) async fn run(&self, statements: &str) -> Result<(), Failure> {
        self.wait(self.connection()?.batch_execute(statements)).await
    }

    /// Gives the statements after this one more time than others have: they go through all that
    /// somebody has. What waits for locks comes before it, so that nobody waits that long.
    pub(crate) async fn take_time(&self) -> Result<(), Failure> {
        // The server takes none that is longer than 24 days.
        let long = self.statement_timeout.saturating_mul(LONGER);
        let long = long.min(Duration::from_millis(i32::MAX.unsigned_abs().into()));
        self.has_time.store(true, Ordering::Relaxed);
        self.run(&format!("SET LOCAL statement_timeout = {}", long.as_millis())).await
    }

    /// Ends one that read, and went well: what was read is known, so nobody waits for the answer.
    pub(crate) fn let_go(mut self) {
        if *self.unanswered.get_mut() > 0 || *self.has_failed.get_mut() {
            return;
        }
        if let Some(connection) = self.connection.take() {
            // Sent when it is looked at, and answered before what comes next on the connection.
            let sent = connection.simple_query("COMMIT").now_or_never();
            if matches!(sent, Some(Err(_))) {
                drop(Object::take(connection));
            }
        }
    }

    /// Ends it: with a commit if what was done in it went well.
    pub(crate) async fn end(mut self, went_well: bool) -> Ended {
        if *self.unanswered.get_mut() > 0 {
            // Nobody knows what a statement has done, or whether the connection is alive.
            return Ended::Not(StoreErrorKind::Busy.into());
        }
        if went_well && *self.has_failed.get_mut() {
            return Ended::Not(StoreErrorKind::Failed.into());
        }
        let statement = if went_well { "COMMIT" } else { "ROLLBACK" };
        let ended = match self.connection() {
            Ok(connection) => self.wait(connection.simple_query(statement)).await,
            Err(failure) => return Ended::Not(failure),
        };
        match ended {
            Ok(_) => {
                // Back to the others.
                drop(self.connection.take());
                Ended::Surely
            }
            // Whatever the server says of a commit, it says after it has made up its mind.
            Err(Failure::Postgres(error)) if error.code().is_some_and(is_final) => {
                Ended::Not(Failure::Postgres(error))
            }
            Err(failure) => Ended::PerhapsNot { mark: std::mem::take(&mut self.mark), failure },
        }
    }

    fn connection(&self) -> Result<&Object, Failure> {
        self.connection.as_ref().ok_or(Failure::Refused(StoreErrorKind::Failed))
    }

    async fn wait<T>(
        &self,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        let times = if self.has_time.load(Ordering::Relaxed) { LONGER } else { 1 };
        self.wait_for(self.statement_timeout.saturating_mul(times) + self.grace, answer).await
    }

    async fn wait_for<T>(
        &self,
        patience: Duration,
        answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        // Large, and sent together with many others.
        let Ok(answer) = Box::pin(tokio::time::timeout(patience, answer)).await else {
            return Err(Failure::TimedOut);
        };
        let comes_from_server = answer.as_ref().err().is_none_or(|error| error.code().is_some());
        if comes_from_server {
            self.unanswered.fetch_sub(1, Ordering::Relaxed);
        }
        self.has_failed.fetch_or(answer.is_err(), Ordering::Relaxed);
        Ok(answer?)
    }
}

/// Whether the server has decided against the transaction: it did not merely go away.
fn is_final(state: &tokio_postgres::error::SqlState) -> bool {
    !state.code().starts_with("57") && !state.code().starts_with("08")
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            drop(Object::take(connection));
        }
    }
}
