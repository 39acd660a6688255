//! The tables: River's migrations, then ours, one process at a time.

use std::fs::File;

use riverqueue::migrate::{MIGRATION_VERSION_LATEST, PostgresMigrator, SqliteMigrator};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

use crate::database::Database;
use crate::{Error, Place};

/// Ours, each once and forever; its version is its place, counted from 1.
const POSTGRES: &[&str] =
    &[include_str!("schema/postgres.sql"), include_str!("schema/postgres_years.sql")];
const SQLITE: &[&str] =
    &[include_str!("schema/sqlite.sql"), include_str!("schema/sqlite_years.sql")];

/// The number of the advisory lock that those hold who migrate.
const LOCK: i64 = 0x6c66_6d5f_6a6f_6273;

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS fetch_schema (version integer PRIMARY KEY)";
const VERSION: &str = "SELECT coalesce(max(version), 0) FROM fetch_schema";
const APPLIED: &str = "INSERT INTO fetch_schema (version) VALUES ($1)";

/// Held by the one process that opens a file of SQLite, beside which it has a file of its own.
#[derive(Debug)]
pub(crate) struct FileLock(
    #[expect(dead_code, reason = "the lock ends when the file is closed")] File,
);

impl FileLock {
    /// Waits until nobody else holds the lock of a file; nothing is locked for PostgreSQL.
    pub(crate) async fn take(place: &Place) -> Result<Option<Self>, Error> {
        let Place::Sqlite(path) = place else { return Ok(None) };
        let mut beside = path.clone().into_os_string();
        beside.push("-opening");
        let locked = tokio::task::spawn_blocking(move || {
            let file = File::create(beside)?;
            file.lock()?;
            Ok(file)
        });
        let file = locked.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        file.map(|file| Some(Self(file))).map_err(|error| Error::Database(error.into()))
    }
}

pub(crate) async fn migrate(database: &Database) -> Result<(), Error> {
    match database {
        Database::Postgres(pool) => postgres(pool).await,
        Database::Sqlite(pool) => sqlite(pool).await,
    }
}

async fn postgres(pool: &PgPool) -> Result<(), Error> {
    // The lock's own connection is closed, not given back: a call that is dropped leaves no lock.
    let mut lock = pool.acquire().await?.detach();
    sqlx::query("SELECT set_config('statement_timeout', '60s', false), pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(&mut lock)
        .await?;
    let river = PostgresMigrator::new(pool.clone());
    refuse_newer(&river.existing_versions().await?, MIGRATION_VERSION_LATEST)?;
    river.migrate_up().await?;
    sqlx::query(VERSIONS).execute(pool).await?;
    let version: i32 = sqlx::query_scalar(VERSION).fetch_one(pool).await?;
    for (number, sql) in pending(POSTGRES, version.into())? {
        let mut transaction = riverqueue::database::begin_postgres(pool).await?;
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
        sqlx::query(APPLIED)
            .bind(i32::try_from(number).unwrap_or(i32::MAX))
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
    }
    drop(lock);
    Ok(())
}

/// Whoever calls this holds [`FileLock`]: SQLite's own locks are for one transaction each, and
/// River has one for each of its migrations.
async fn sqlite(pool: &SqlitePool) -> Result<(), Error> {
    let river = SqliteMigrator::new(pool.clone());
    refuse_newer(&river.existing_versions().await?, MIGRATION_VERSION_LATEST)?;
    river.migrate_up().await?;
    let mut transaction = riverqueue::database::begin_sqlite_write(pool).await?;
    sqlx::query(VERSIONS).execute(&mut *transaction).await?;
    let version: i64 = sqlx::query_scalar(VERSION).fetch_one(&mut *transaction).await?;
    for (number, sql) in pending(SQLITE, version)? {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
        sqlx::query(APPLIED).bind(number).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(())
}

fn refuse_newer(versions: &[i64], known: i64) -> Result<(), Error> {
    match versions.iter().copied().max() {
        Some(found) if found > known => Err(Error::Newer { found, known }),
        _ => Ok(()),
    }
}

fn pending(
    all: &'static [&'static str],
    version: i64,
) -> Result<impl Iterator<Item = (i64, &'static str)>, Error> {
    let numbered = (1_i64..).zip(all.iter().copied());
    refuse_newer(&[version], i64::try_from(all.len()).unwrap_or(i64::MAX))?;
    Ok(numbered.filter(move |(number, _)| *number > version))
}
