//! Who has logged in: browsers, logins under way, and the keys with which Last.fm lets this server
//! act for people. Tables of the server's own, in a file or a database.

use std::fmt;
use std::path::Path;

use async_trait::async_trait;
use crew::Sessions;
use jobs::{Database, Place};
use lastfm_core::archive::{StoreError, StoreErrorKind, StoreResult, UserId};
use lastfm_core::{SessionKey, Username};
use sqlx::AssertSqlSafe;

use crate::failure::Failure;
use crate::secret::Digest;

/// Once and forever; its version is its place, counted from 1.
const SCHEMA: [&str; 1] = [include_str!("schema.sql")];
/// The version that is known here.
#[expect(clippy::cast_possible_wrap, reason = "There are few.")]
const KNOWN: i64 = SCHEMA.len() as i64;
/// The number of the advisory lock that those hold who make tables.
const LOCK: i64 = 0x6c66_6d5f_7765_6273;
const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS server_schema (version bigint PRIMARY KEY)";
const VERSION: &str = "SELECT coalesce(max(version), 0) FROM server_schema";
const APPLIED: &str = "INSERT INTO server_schema (version) VALUES ($1)";

/// How long a login may take, from its begin to the way back, seconds.
pub(crate) const LONGEST_LOGIN: i64 = 10 * 60;
/// How long a browser stays logged in, seconds.
pub(crate) const LONGEST: i64 = 24 * 3600;
/// The same if it asks for nothing.
pub(crate) const LONGEST_IDLE: i64 = 2 * 3600;
/// How exactly it is known when a browser asked last.
const SEEN: i64 = 60;

/// Runs the same expression on the pool of either database.
macro_rules! on {
    ($database:expr, $pool:ident => $body:expr) => {
        match $database {
            Database::Postgres($pool) => $body,
            Database::Sqlite($pool) => $body,
        }
    };
}

/// The same in a transaction that writes, committed at its end.
macro_rules! write {
    ($database:expr, $transaction:ident => $body:expr) => {
        match $database {
            Database::Postgres(pool) => {
                let mut $transaction = jobs::begin_postgres(pool).await?;
                $body;
                $transaction.commit().await?;
            }
            Database::Sqlite(pool) => {
                let mut $transaction = jobs::begin_sqlite_write(pool).await?;
                $body;
                $transaction.commit().await?;
            }
        }
    };
}

/// The tables. Cheap to clone.
#[derive(Clone)]
pub struct Logins {
    database: Database,
}

/// A browser that is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: Username,
    /// Seconds since 1970.
    pub(crate) since: i64,
    seen_at: i64,
}

impl Login {
    /// When it ends at the latest.
    pub(crate) fn expires_at(&self) -> i64 {
        self.since + LONGEST
    }

    fn is_over(&self, now: i64) -> bool {
        now >= self.expires_at() || now >= self.seen_at + LONGEST_IDLE
    }
}

impl Logins {
    /// Opens the tables, and makes them if they are not there. A file is made so that only its owner
    /// can read it.
    ///
    /// # Errors
    ///
    /// If nothing can be opened there, or a newer version has written it.
    pub async fn open(place: &Place) -> Result<Self, jobs::Error> {
        if let Place::Sqlite(path) = place {
            private(path).map_err(sqlx::Error::Io)?;
        }
        let database = Database::open(place).await?;
        write!(&database, transaction => {
            if matches!(place, Place::Postgres(_)) {
                sqlx::query("SELECT pg_advisory_xact_lock($1)")
                    .bind(LOCK).execute(&mut *transaction).await?;
            }
            sqlx::query(VERSIONS).execute(&mut *transaction).await?;
            let version: i64 = sqlx::query_scalar(VERSION).fetch_one(&mut *transaction).await?;
            if version > KNOWN {
                return Err(jobs::Error::Newer { found: version, known: KNOWN });
            }
            for (number, sql) in (1_i64..).zip(SCHEMA).filter(|(number, _)| *number > version) {
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *transaction).await?;
                sqlx::query(APPLIED).bind(number).execute(&mut *transaction).await?;
            }
        });
        Ok(Self { database })
    }

    /// Notes that a browser was sent to Last.fm, and forgets what has expired.
    pub(crate) async fn begin(&self, nonce: &Digest, now: i64) -> Result<(), Failure> {
        const NOTE: &str = "INSERT INTO server_begun (nonce, expires_at) VALUES ($1, $2)";
        let expired = [
            ("DELETE FROM server_begun WHERE expires_at <= $1", now),
            ("DELETE FROM server_sessions WHERE since <= $1", now - LONGEST),
        ];
        on!(&self.database, pool => {
            for (sql, before) in expired {
                sqlx::query(sql).bind(before).execute(pool).await?;
            }
            sqlx::query(NOTE).bind(nonce.hex()).bind(now + LONGEST_LOGIN).execute(pool).await?;
        });
        Ok(())
    }

    /// Whether this login was begun here and has not come back yet; asked once, it has.
    pub(crate) async fn take(&self, nonce: &Digest, now: i64) -> Result<bool, Failure> {
        const TAKE: &str = "DELETE FROM server_begun WHERE nonce = $1 AND expires_at > $2";
        let taken = on!(&self.database, pool => sqlx::query(TAKE)
            .bind(nonce.hex()).bind(now).execute(pool).await?.rows_affected());
        Ok(taken == 1)
    }

    /// Logs a browser in, and out of where it was before.
    pub(crate) async fn log_in(
        &self,
        session: &Digest,
        before: Option<&Digest>,
        user: &Username,
        key: &SessionKey,
        now: i64,
    ) -> Result<(), Failure> {
        const KEEP: &str = "INSERT INTO server_keys (user_key, username, key, since) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (user_key) DO UPDATE \
             SET username = excluded.username, key = excluded.key, since = excluded.since";
        const OUT: &str = "DELETE FROM server_sessions WHERE session = $1";
        const IN: &str = "INSERT INTO server_sessions (session, user_key, username, since, seen_at) \
             VALUES ($1, $2, $3, $4, $4)";
        write!(&self.database, transaction => {
            sqlx::query(KEEP)
                .bind(user.folded()).bind(user.as_str()).bind(key.expose()).bind(now)
                .execute(&mut *transaction).await?;
            if let Some(before) = before {
                sqlx::query(OUT).bind(before.hex()).execute(&mut *transaction).await?;
            }
            sqlx::query(IN)
                .bind(session.hex()).bind(user.folded()).bind(user.as_str()).bind(now)
                .execute(&mut *transaction).await?;
        });
        Ok(())
    }

    /// Who this browser is logged in as.
    pub(crate) async fn look(&self, session: &Digest, now: i64) -> Result<Option<Login>, Failure> {
        const LOOK: &str =
            "SELECT username, since, seen_at FROM server_sessions WHERE session = $1";
        const SEE: &str = "UPDATE server_sessions SET seen_at = $2 WHERE session = $1";
        let row: Option<(String, i64, i64)> = on!(&self.database, pool =>
            sqlx::query_as(LOOK).bind(session.hex()).fetch_optional(pool).await?);
        let Some((user, since, seen_at)) = row else { return Ok(None) };
        let user = user.parse().map_err(Failure::inside)?;
        let login = Login { user, since, seen_at };
        if login.is_over(now) {
            self.log_out(session).await?;
            return Ok(None);
        }
        if now >= seen_at + SEEN {
            on!(&self.database, pool =>
                sqlx::query(SEE).bind(session.hex()).bind(now).execute(pool).await?.rows_affected());
        }
        Ok(Some(login))
    }

    /// Logs a browser out. The key stays for what is queued, until its owner has it deleted.
    pub(crate) async fn log_out(&self, session: &Digest) -> Result<(), Failure> {
        const OUT: &str = "DELETE FROM server_sessions WHERE session = $1";
        on!(&self.database, pool => sqlx::query(OUT).bind(session.hex()).execute(pool).await?.rows_affected());
        Ok(())
    }

    /// Forgets everything about somebody, and logs all of their browsers out.
    pub(crate) async fn forget(&self, user: &Username) -> Result<(), Failure> {
        write!(&self.database, transaction => {
            for sql in [
                "DELETE FROM server_sessions WHERE user_key = $1",
                "DELETE FROM server_keys WHERE user_key = $1",
                "DELETE FROM server_paused WHERE user_key = $1",
            ] {
                sqlx::query(sql).bind(user.folded()).execute(&mut *transaction).await?;
            }
        });
        Ok(())
    }

    /// Nothing of somebody's is read any more.
    pub(crate) async fn pause(&self, user: &Username, now: i64) -> Result<(), Failure> {
        const PAUSE: &str = "INSERT INTO server_paused (user_key, since) VALUES ($1, $2) \
             ON CONFLICT (user_key) DO NOTHING";
        on!(&self.database, pool => sqlx::query(PAUSE)
            .bind(user.folded()).bind(now).execute(pool).await?.rows_affected());
        Ok(())
    }

    /// It is read again.
    pub(crate) async fn resume(&self, user: &Username) -> Result<(), Failure> {
        const RESUME: &str = "DELETE FROM server_paused WHERE user_key = $1";
        on!(&self.database, pool =>
            sqlx::query(RESUME).bind(user.folded()).execute(pool).await?.rows_affected());
        Ok(())
    }

    /// Whether somebody wants nothing of theirs read.
    pub(crate) async fn is_paused(&self, user: &Username) -> Result<bool, Failure> {
        const PAUSED: &str = "SELECT since FROM server_paused WHERE user_key = $1";
        let since: Option<i64> = on!(&self.database, pool =>
            sqlx::query_scalar(PAUSED).bind(user.folded()).fetch_optional(pool).await?);
        Ok(since.is_some())
    }

    /// Whether the history that this archive is of was hidden when that was looked at last; nothing
    /// if it never was.
    pub(crate) async fn is_hidden(&self, UserId(id): UserId) -> Result<Option<bool>, Failure> {
        const HIDDEN: &str = "SELECT hidden FROM server_hidden WHERE user_id = $1";
        let hidden: Option<i64> = on!(&self.database, pool =>
            sqlx::query_scalar(HIDDEN).bind(id).fetch_optional(pool).await?);
        Ok(hidden.map(|hidden| hidden != 0))
    }

    /// Notes whether it is hidden.
    pub(crate) async fn set_hidden(
        &self,
        UserId(id): UserId,
        is_hidden: bool,
    ) -> Result<(), Failure> {
        const SET: &str = "INSERT INTO server_hidden (user_id, hidden) VALUES ($1, $2) \
             ON CONFLICT (user_id) DO UPDATE SET hidden = excluded.hidden";
        on!(&self.database, pool => sqlx::query(SET)
            .bind(id).bind(i64::from(is_hidden)).execute(pool).await?.rows_affected());
        Ok(())
    }

    /// Forgets it: the number may come to be somebody else's.
    pub(crate) async fn forget_hidden(&self, UserId(id): UserId) -> Result<(), Failure> {
        const FORGET: &str = "DELETE FROM server_hidden WHERE user_id = $1";
        on!(&self.database, pool =>
            sqlx::query(FORGET).bind(id).execute(pool).await?.rows_affected());
        Ok(())
    }

    /// Whether somebody's key is here.
    pub(crate) async fn has_key(&self, user: &Username) -> Result<bool, Failure> {
        Ok(self.key_of(user).await?.is_some())
    }

    async fn key_of(&self, user: &Username) -> Result<Option<SessionKey>, sqlx::Error> {
        const KEY: &str = "SELECT key FROM server_keys WHERE user_key = $1";
        let key: Option<String> = on!(&self.database, pool =>
            sqlx::query_scalar(KEY).bind(user.folded()).fetch_optional(pool).await?);
        Ok(key.and_then(|key| SessionKey::new(key).ok()))
    }
}

/// What is read and sent for people is in the name of those who have logged in.
#[async_trait]
impl Sessions for Logins {
    async fn session_of(&self, user: &Username) -> StoreResult<Option<SessionKey>> {
        let failed = |error| StoreError::with_source("session_of", StoreErrorKind::Busy, error);
        self.key_of(user).await.map_err(failed)
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logins").finish_non_exhaustive()
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        jobs::Error::from(error).into()
    }
}

/// Makes the file if there is none, for its owner alone.
fn private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use crate::secret::Secret;

    use super::*;

    async fn logins() -> (Logins, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Sqlite(folder.path().join("logins.db"));
        (Logins::open(&place).await.unwrap(), folder)
    }

    fn digest() -> Digest {
        Secret::new().unwrap().digest()
    }

    #[tokio::test]
    async fn a_login_comes_back_once_and_within_ten_minutes() {
        let (logins, _folder) = logins().await;
        let (one, late) = (digest(), digest());
        logins.begin(&one, 1000).await.unwrap();
        logins.begin(&late, 1000).await.unwrap();
        assert!(logins.take(&one, 1000 + LONGEST_LOGIN - 1).await.unwrap());
        assert!(!logins.take(&one, 1001).await.unwrap(), "it was used");
        assert!(!logins.take(&late, 1000 + LONGEST_LOGIN).await.unwrap(), "it is too late");
        assert!(!logins.take(&digest(), 1000).await.unwrap(), "it was never begun here");
    }

    #[tokio::test]
    async fn a_session_ends_after_a_day_or_two_hours_without_a_request() {
        let (logins, _folder) = logins().await;
        let user: Username = "RJ".parse().unwrap();
        let key = SessionKey::new("canary").unwrap();
        let (busy, idle) = (digest(), digest());
        for session in [&busy, &idle] {
            logins.log_in(session, None, &user, &key, 0).await.unwrap();
        }
        for now in (0..LONGEST).step_by(3600) {
            assert_eq!(logins.look(&busy, now).await.unwrap().unwrap().user, user, "{now}");
        }
        assert_eq!(logins.look(&busy, LONGEST).await.unwrap(), None);
        assert!(logins.look(&idle, LONGEST_IDLE - 1).await.unwrap().is_some());
        assert_eq!(logins.look(&idle, 2 * LONGEST_IDLE).await.unwrap(), None);
        assert_eq!(logins.look(&idle, 1).await.unwrap(), None, "what is over stays over");
        assert!(!format!("{logins:?}").contains("canary"));
    }

    #[tokio::test]
    async fn names_that_differ_in_case_are_one_account_whose_newest_key_counts() {
        let (logins, _folder) = logins().await;
        for (name, key) in [("RJ", "first"), ("rj", "second")] {
            let key = SessionKey::new(key).unwrap();
            logins.log_in(&digest(), None, &name.parse().unwrap(), &key, 0).await.unwrap();
        }
        let key = logins.session_of(&"Rj".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(key.expose(), "second");
        logins.forget(&"rJ".parse().unwrap()).await.unwrap();
        assert!(logins.session_of(&"RJ".parse().unwrap()).await.unwrap().is_none());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn nobody_else_can_read_the_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_logins, folder) = logins().await;
        let mode = folder.path().join("logins.db").metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
