//! One pool of connections, to either database, and the few words in which their SQL differs.

use std::time::Duration;

use lastfm_core::transport::is_this_machine;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};
use url::Url;

use crate::{Error, Place};

/// A statement that waits for longer than this is given up.
const STATEMENT: Duration = Duration::from_secs(15);

/// A pool of connections to either database. Cheap to clone; clones share connections.
///
/// Programs that keep tables of their own beside those of jobs open theirs by the same rules.
#[derive(Clone, Debug)]
pub enum Database {
    /// Many machines.
    Postgres(PgPool),
    /// A file of one machine.
    Sqlite(SqlitePool),
}

/// Runs the same expression on the pool of either database.
macro_rules! on {
    ($database:expr, $pool:ident => $body:expr) => {
        match $database {
            $crate::database::Database::Postgres($pool) => $body,
            $crate::database::Database::Sqlite($pool) => $body,
        }
    };
}

/// Runs the same expression in a transaction that writes, on either database. The expression's
/// value is a `Result<_, Error>`; the transaction is committed if it is `Ok`.
macro_rules! write {
    ($database:expr, $transaction:ident => $body:expr) => {
        match $database {
            $crate::database::Database::Postgres(pool) => {
                let mut $transaction = riverqueue::database::begin_postgres(pool).await?;
                let value = $body;
                $transaction.commit().await?;
                value
            }
            $crate::database::Database::Sqlite(pool) => {
                let mut $transaction = riverqueue::database::begin_sqlite_write(pool).await?;
                let value = $body;
                $transaction.commit().await?;
                value
            }
        }
    };
}
pub(crate) use {on, write};

/// What leaves this machine is encrypted, with a server whose certificate is verified, unless the
/// address says `sslmode=disable`: the same rule as for archives.
fn encrypted(options: PgConnectOptions, url: &Url) -> PgConnectOptions {
    let stays_here = url.host_str().is_none_or(is_this_machine);
    let said = url.query_pairs().find(|(key, _)| key == "sslmode").map(|(_, mode)| mode);
    options.ssl_mode(match said.as_deref() {
        Some("disable") => PgSslMode::Disable,
        None if stays_here => PgSslMode::Disable,
        Some(_) | None => PgSslMode::VerifyFull,
    })
}

impl Database {
    /// Connects, and makes the file if there is none. What leaves this machine is encrypted, unless
    /// the address says `sslmode=disable`.
    ///
    /// # Errors
    ///
    /// If nothing can be connected to.
    pub async fn open(place: &Place) -> Result<Self, Error> {
        match place {
            Place::Postgres(url) => {
                let options = encrypted(url.as_str().parse().map_err(|_| Error::Place)?, url);
                // A frozen or lost client holds its locks no longer than this, so that whoever
                // takes over its jobs is not held up by them.
                let options = options.application_name("jobs").options([
                    ("statement_timeout", format!("{}ms", STATEMENT.as_millis())),
                    ("idle_in_transaction_session_timeout", "10s".to_owned()),
                    ("tcp_keepalives_idle", "10".to_owned()),
                    ("tcp_keepalives_interval", "5".to_owned()),
                    ("tcp_keepalives_count", "3".to_owned()),
                ]);
                let pool = PgPoolOptions::new()
                    .max_connections(20)
                    .acquire_timeout(Duration::from_secs(10))
                    .connect_with(options)
                    .await?;
                Ok(Self::Postgres(pool))
            }
            Place::Sqlite(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // A cut of the power can take back the last changes of jobs, never break the
                    // file: a job that is done again finds its work done.
                    .synchronous(SqliteSynchronous::Normal)
                    .busy_timeout(STATEMENT);
                let pool =
                    SqlitePoolOptions::new().max_connections(4).connect_with(options).await?;
                Ok(Self::Sqlite(pool))
            }
        }
    }

    /// A statement with what the database's dialect needs: `{now}` is the database's time in whole
    /// seconds, `{claim}` when `river_job j` was taken, in milliseconds, `{ids}` the numbers of a
    /// JSON array in `$1`, `{due}` when `river_job j` is due, in seconds, `{moment}` now as River writes it, and `{lock}` keeps the row that is read from
    /// changing before it is written.
    pub(crate) fn sql(&self, text: &str) -> AssertSqlSafe<String> {
        let [now, claim, ids, due, moment, lock] = match self {
            Self::Postgres(_) => [
                "floor(extract(epoch FROM clock_timestamp()))::bigint",
                // Up to version 13 a floating number, which a whole one is next to.
                "round(extract(epoch FROM date_trunc('milliseconds', j.attempted_at)) * 1000)::bigint",
                "SELECT value::bigint FROM json_array_elements_text($1::json)",
                "floor(extract(epoch FROM j.scheduled_at))::bigint",
                "now()",
                "FOR UPDATE",
            ],
            Self::Sqlite(_) => [
                "unixepoch()",
                "CAST(round(unixepoch(j.attempted_at, 'subsec') * 1000) AS integer)",
                "SELECT value FROM json_each($1)",
                "unixepoch(j.scheduled_at)",
                "strftime('%Y-%m-%d %H:%M:%f', 'now')",
                "",
            ],
        };
        let words = [
            ("{now}", now),
            ("{claim}", claim),
            ("{ids}", ids),
            ("{due}", due),
            ("{moment}", moment),
            ("{lock}", lock),
        ];
        AssertSqlSafe(
            words.iter().fold(text.to_owned(), |text, (name, sql)| text.replace(name, sql)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Until version 13 of PostgreSQL `extract` is what `date_part` still is: a floating number.
    #[tokio::test]
    async fn a_claim_is_exact_although_the_database_counts_in_floating_numbers() {
        let server = lastfm_postgres::testing::PrivateServer::shared().database();
        let place = server.url().parse().expect("an address");
        let database = Database::open(&place).await.expect("a database");
        let Database::Postgres(pool) = &database else { panic!("{database:?}") };
        // A floating number is next to a whole one now, and will not always be in 2038.
        let moments = "SELECT count(*) FROM (SELECT ms, \
             timestamptz 'epoch' + ms * interval '1 ms' + interval '7 us' AS attempted_at \
             FROM generate_series(1767225600000, 1767325600000, 1001) AS ms \
             UNION ALL SELECT ms, timestamptz 'epoch' + ms * interval '1 ms' \
             FROM generate_series(2147483648000, 2147583648000, 1001) AS ms) AS j \
             WHERE {claim} <> ms";
        let AssertSqlSafe(sql) = database.sql(moments);
        let sql = sql.replace("extract(epoch FROM ", "date_part('epoch', ");
        assert!(sql.contains("date_part"), "{sql}");
        let wrong: i64 =
            sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await.expect("a count");
        assert_eq!(wrong, 0);
    }

    #[test]
    fn what_leaves_this_machine_is_encrypted() {
        for (url, encrypts) in [
            ("postgres://a@localhost/b", false),
            ("postgres://a@127.0.0.1:5433/b", false),
            ("postgres://a@[::1]/b", false),
            ("postgres:///b", false),
            ("postgres://a@127.example/b", true),
            ("postgres://a@10.0.0.1/b", true),
            ("postgres://a@db.example/b?sslmode=prefer", true),
            ("postgres://a@db.example/b?sslmode=disable", false),
        ] {
            let options = encrypted(url.parse().expect("options"), &url.parse().expect("a URL"));
            let mode = if encrypts { PgSslMode::VerifyFull } else { PgSslMode::Disable };
            assert!(
                std::mem::discriminant(&options.get_ssl_mode()) == std::mem::discriminant(&mode),
                "{url}"
            );
        }
    }
}
