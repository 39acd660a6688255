//! Where jobs are kept: a database of PostgreSQL, or a file of SQLite.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

use crate::Error;

/// Where jobs are kept. Many machines share a PostgreSQL database, one machine shares a file.
///
/// ```
/// use jobs::Place;
///
/// let place: Place = "postgres://rj:secret@db.example/lastfm".parse()?;
/// assert_eq!(place.to_string(), "PostgreSQL, lastfm on db.example");
/// assert_eq!("jobs.db".parse::<Place>()?.to_string(), "jobs.db");
/// # Ok::<(), jobs::Error>(())
/// ```
///
/// On PostgreSQL the address leads to the server itself: behind `PgBouncer` in transaction mode
/// nobody hears a notification. A password in it is shown nowhere, neither by `Debug` nor by
/// `Display`.
#[derive(Clone)]
#[non_exhaustive]
pub enum Place {
    /// A database of PostgreSQL 13 or later, as `postgres://user:password@host:port/database`.
    Postgres(Url),
    /// A file of SQLite, which is made if it is not there. Only processes of one machine may share
    /// it, and never over a network's file system. An empty file beside it, `…-opening`, keeps two
    /// processes from making the tables at once.
    Sqlite(PathBuf),
}

impl FromStr for Place {
    type Err = Error;

    /// Reads `postgres://…` or `postgresql://…`; anything else is the path of a file.
    fn from_str(text: &str) -> Result<Self, Error> {
        if !text.starts_with("postgres://") && !text.starts_with("postgresql://") {
            return Ok(Self::Sqlite(text.into()));
        }
        // What is wrong is not repeated: it may hold a password.
        Url::parse(text).map(Self::Postgres).map_err(|_| Error::Place)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Postgres(url) => {
                let database = url.path().trim_start_matches('/');
                let database = if database.is_empty() { "its default database" } else { database };
                write!(f, "PostgreSQL, {database} on {}", url.host_str().unwrap_or("this machine"))
            }
            Self::Sqlite(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Place({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_shown_nowhere() {
        let place: Place = "postgres://rj:hunter2@localhost:5433/lastfm?sslmode=require"
            .parse()
            .expect("an address");
        assert!(!format!("{place} {place:?}").contains("hunter2"));
        let refused =
            "postgres://rj:hunter2@local host:x/".parse::<Place>().expect_err("no address");
        assert!(!format!("{refused} {refused:?}").contains("hunter2"));
    }
}
