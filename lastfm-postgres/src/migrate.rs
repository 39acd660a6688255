//! Brings the schema to the newest version, and refuses databases that are not ours.

use std::sync::Arc;

use lastfm_core::archive::StoreErrorKind;
use tokio_postgres::error::SqlState;

use crate::OpenError;
use crate::database::Database;
use crate::error::Failure;
use crate::transaction::{Purpose, Transaction};

/// The steps from one schema to the next, each with the version that a database has afterwards.
const MIGRATIONS: [(i32, &str); 5] = [
    (1, include_str!("../migrations/001_init.sql")),
    (2, include_str!("../migrations/002_rate.sql")),
    (3, include_str!("../migrations/003_scrobble_queue.sql")),
    (4, include_str!("../migrations/004_loved.sql")),
    (5, include_str!("../migrations/005_albums.sql")),
];

/// The version after the last step.
const NEWEST: i32 = MIGRATIONS[MIGRATIONS.len() - 1].0;

/// Nobody else takes this lock: "LFMA". It ends with the transaction, so that it also holds behind
/// a connection pooler.
const LOCK: &str = "SELECT pg_advisory_xact_lock(x'4C464D41'::bigint)";

/// Which of our tables are there, and the server's version. (`to_regclass` would answer from the
/// connection's memory, which may be older than the lock, or newer than the transaction.)
const STATE: &str = "
    SELECT current_setting('server_version_num')::int, current_setting('server_version'),
        EXISTS (SELECT FROM pg_class WHERE relname = 'lastfm_schema' AND pg_table_is_visible(oid))";

const VERSION: &str = "SELECT version FROM lastfm_schema";

const MAKE: &str = "
    CREATE TABLE lastfm_schema (version integer NOT NULL);
    INSERT INTO lastfm_schema VALUES (0)";

/// The oldest server that knows `pg_current_xact_id`.
const OLDEST_SERVER: i32 = 130_000;

/// Takes all steps that the database has not taken yet, in one transaction.
pub(crate) async fn migrate(database: &Database) -> Result<(), OpenError> {
    let name = database.name();
    let failed = |failure: Failure| failure.into_open_error(name);
    let look = |transaction: Arc<Transaction>| async move { state(&transaction).await };
    let found = database.try_transact(Purpose::Read, look).await.map_err(failed)?;
    if found.check(name)? == NEWEST {
        return Ok(());
    }
    let steps = |transaction: Arc<Transaction>| async move {
        transaction.query(LOCK, &[]).await?;
        // Another program may have been faster.
        let found = state(&transaction).await?;
        if let Ok(version) = found.check(name) {
            transaction.take_time().await?;
            take_steps(&transaction, version, found.is_made).await?;
        }
        Ok(found)
    };
    match database.try_transact(Purpose::Precious, steps).await {
        Ok(found) => found.check(name).map(drop),
        Err(Failure::Postgres(error)) if error.code() == Some(&SqlState::DUPLICATE_TABLE) => {
            Err(OpenError::ForeignSchema { database: name.to_owned() })
        }
        Err(failure) => Err(failed(failure)),
    }
}

async fn take_steps(transaction: &Transaction, version: i32, is_made: bool) -> Result<(), Failure> {
    if !is_made {
        transaction.run(MAKE).await?;
    }
    for (_, step) in MIGRATIONS.iter().filter(|(after, _)| *after > version) {
        transaction.run(step).await?;
    }
    transaction.run(&format!("UPDATE lastfm_schema SET version = {NEWEST}")).await
}

/// What stands in the database.
struct State {
    server: i32,
    server_in_words: String,
    is_made: bool,
    version: i32,
}

impl State {
    /// The version of the schema, 0 if there is none, if we can work with it.
    fn check(&self, database: &str) -> Result<i32, OpenError> {
        if self.server < OLDEST_SERVER {
            let (database, found) = (database.to_owned(), self.server_in_words.clone());
            return Err(OpenError::ServerTooOld { database, found });
        }
        if self.version > NEWEST {
            let (database, found) = (database.to_owned(), self.version);
            return Err(OpenError::SchemaTooNew { database, found, supported: NEWEST });
        }
        Ok(self.version)
    }
}

async fn state(transaction: &Transaction) -> Result<State, Failure> {
    let row = transaction.row(STATE, &[]).await?.ok_or(StoreErrorKind::Failed)?;
    let is_made = row.try_get(2)?;
    let version = if is_made {
        let row = transaction.row(VERSION, &[]).await?.ok_or(StoreErrorKind::Corrupt)?;
        row.try_get(0)?
    } else {
        0
    };
    Ok(State { server: row.try_get(0)?, server_in_words: row.try_get(1)?, is_made, version })
}
