//! Where archives are kept: a file, or a database that many share. Everything that differs between
//! the two is said here.

use std::fmt;
#[cfg(feature = "postgres")]
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
#[cfg(feature = "postgres")]
use std::time::Duration;

use lastfm_core::Username;
use lastfm_core::albums::AlbumStore;
use lastfm_core::archive::{ArchiveStore, StoreError, StoreErrorKind, StoreResult};
use lastfm_core::scrobble::ScrobbleQueue;
use lastfm_core::transport::Pacer;
#[cfg(feature = "postgres")]
use lastfm_postgres::{OpenError, PostgresPacer, PostgresStore};
use lastfm_sqlite::{SqliteQueue, SqliteStore};
use url::Url;

use crate::exit::{Exit, Trouble};
use crate::file;
#[cfg(feature = "postgres")]
use crate::output::Mode;
use crate::program::program;
#[cfg(feature = "postgres")]
use crate::waiting::Waiting;
use crate::{settings, show};

/// What `--db` or `$SCROBBLES_DB` names.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL database.
    Postgres(Address),
}

/// How a PostgreSQL database is reached. It may hold a password, which is never shown.
#[derive(Clone)]
pub struct Address {
    url: String,
    /// Whether it is found without being named again.
    is_set: bool,
}

/// However it came to be known.
impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

impl Eq for Address {}

impl Address {
    /// All of it, for another driver of databases; never to be shown.
    pub fn with_password(&self) -> &str {
        &self.url
    }
}

impl From<PathBuf> for Place {
    fn from(said: PathBuf) -> Self {
        match said.to_str() {
            Some(text) if is_postgres(text) => {
                Self::Postgres(Address { url: text.to_owned(), is_set: false })
            }
            _ => Self::File(said),
        }
    }
}

fn is_postgres(text: &str) -> bool {
    ["postgres://", "postgresql://"].iter().any(|scheme| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

impl Place {
    /// The place that `$SCROBBLES_DB` or a `.env` names: without `--db` it is found again.
    pub(crate) fn set(named: PathBuf) -> Self {
        match Self::from(named) {
            Self::Postgres(address) => Self::Postgres(Address { is_set: true, ..address }),
            file @ Self::File(_) => file,
        }
    }

    /// What a command needs to find it again: ` --db FILE`, or nothing.
    pub fn option(&self) -> String {
        match self {
            Self::File(path) => show::db_option(path.display()),
            Self::Postgres(address) if address.is_set => String::new(),
            Self::Postgres(address) => format!(" --db {}", address.with_user(":…")),
        }
    }

    /// Whether there may be an archive. Of a database only its server knows.
    pub fn exists(&self) -> bool {
        match self {
            Self::File(path) => path.exists(),
            Self::Postgres(_) => true,
        }
    }

    /// The file or the database, without its name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Postgres(_) => "database",
        }
    }

    /// What reads the view `scrobbles` without this program.
    pub fn without_us(&self) -> String {
        let query = "'SELECT * FROM scrobbles LIMIT 9'";
        match self {
            Self::File(path) => format!("sqlite3 {} {query}", path.display()),
            // It asks for the password.
            Self::Postgres(address) => format!("psql {} -c {query}", address.with_user("")),
        }
    }

    /// What tells a file from another one that has its name later; nothing where that is not known.
    /// A database is what its server gives that name.
    pub fn identity(&self) -> Option<(u64, u64)> {
        match self {
            Self::File(path) => identity(path),
            Self::Postgres(_) => None,
        }
    }

    /// The file, for a program that works with nothing else.
    ///
    /// # Errors
    ///
    /// It is a database.
    pub fn into_file(self) -> Result<PathBuf, Trouble> {
        match self {
            Self::File(path) => Ok(path),
            Self::Postgres(address) => {
                let what = format!("{} works with a file, not with {address}", program().name);
                Err(Trouble::new(Exit::Failed, "no_file", what)
                    .advice("Nothing was changed. Name one: --db FILE"))
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(address) => address.fmt(f),
        }
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Address {
    /// `postgres://ann@host:5433/name`; the mark stands where there is a password.
    fn with_user(&self, mark: &str) -> String {
        let shown = self.to_string();
        let url = self.url.parse::<Url>().ok().filter(|url| !url.username().is_empty());
        match (url, shown.strip_prefix("postgres://")) {
            (Some(url), Some(rest)) => {
                let mark = if url.password().is_some() { mark } else { "" };
                format!("postgres://{}{mark}@{rest}", url.username())
            }
            _ => shown,
        }
    }
}

/// `postgres://host:5433/name`
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An address of several hosts is no URL. And in one with an @ that ends no password, a
        // password that is not escaped looks like a host, a port and a path.
        let signs = self.url.matches('@').count();
        let url = self.url.parse::<Url>().ok();
        let url = url.filter(|url| {
            let is_said = !url.username().is_empty() || url.password().is_some();
            signs == usize::from(is_said)
        });
        let Some(url) = url else { return f.write_str("postgres://…") };
        write!(f, "postgres://{}", url.host_str().unwrap_or_default())?;
        if let Some(port) = url.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(url.path())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Archives that are open.
#[derive(Debug, Clone)]
pub struct Database {
    /// Where they are kept.
    pub place: Place,
    /// What they are read from and written to.
    pub store: Arc<dyn ArchiveStore>,
    /// The same for what is known of their albums.
    pub albums: Arc<dyn AlbumStore>,
    driver: Driver,
}

/// The store, of its own type.
#[derive(Debug, Clone)]
enum Driver {
    Sqlite(SqliteStore),
    #[cfg(feature = "postgres")]
    Postgres(PostgresStore),
}

impl Database {
    /// Opens the archives in this place; makes the file if there is none.
    ///
    /// # Errors
    ///
    /// What is wrong with the place.
    pub async fn open(place: Place) -> Result<Self, Trouble> {
        let driver = match &place {
            Place::File(path) => Driver::Sqlite(file::open(path).await?),
            #[cfg(feature = "postgres")]
            Place::Postgres(address) => {
                let opened = answered(&place, PostgresStore::open(&address.url)).await;
                Driver::Postgres(opened.map_err(|error| not_opened(&error))?)
            }
            #[cfg(not(feature = "postgres"))]
            Place::Postgres(_) => return Err(no_postgres()),
        };
        let (store, albums): (Arc<dyn ArchiveStore>, Arc<dyn AlbumStore>) = match &driver {
            Driver::Sqlite(store) => (Arc::new(store.clone()), Arc::new(store.clone())),
            #[cfg(feature = "postgres")]
            Driver::Postgres(store) => (Arc::new(store.clone()), Arc::new(store.clone())),
        };
        Ok(Self { place, store, albums, driver })
    }

    /// The pace that all processes with this database keep together, towards one host.
    pub fn pacer(&self, service: Option<&Url>, rate: f64) -> Arc<dyn Pacer> {
        match &self.driver {
            Driver::Sqlite(store) => settings::pacer(store, service, rate),
            #[cfg(feature = "postgres")]
            Driver::Postgres(store) => {
                let (host, spacing) = (settings::host(service), settings::spacing(rate));
                Arc::new(PostgresPacer::new(store, host, spacing))
            }
        }
    }

    /// The same pace, in turns with the other users: of what there is, each who asks has its share.
    /// Within a file the one who asks first comes first.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "within a file nobody's share is kept")
    )]
    pub fn share(&self, service: Option<&Url>, rate: f64, user: &Username) -> Arc<dyn Pacer> {
        match &self.driver {
            Driver::Sqlite(store) => settings::pacer(store, service, rate),
            #[cfg(feature = "postgres")]
            Driver::Postgres(store) => {
                let (host, spacing) = (settings::host(service), settings::spacing(rate));
                Arc::new(PostgresPacer::new(store, host, spacing).share(user.folded()))
            }
        }
    }

    /// The queue of scrobbles in the same file or database, opened anew: of a file it has a connection
    /// and a thread of its own.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub async fn queue(&self) -> StoreResult<Arc<dyn ScrobbleQueue>> {
        #[cfg(feature = "postgres")]
        if let Driver::Postgres(store) = &self.driver {
            return Ok(Arc::new(store.queue()));
        }
        let Place::File(path) = &self.place else {
            return Err(StoreError::new("queue", StoreErrorKind::Failed));
        };
        let opened = SqliteQueue::open(path).await.map_err(|error| {
            let kind =
                if error.is_retryable() { StoreErrorKind::Busy } else { StoreErrorKind::Failed };
            StoreError::with_source("queue", kind, error)
        });
        Ok(Arc::new(opened?))
    }

    /// The bytes of the file, or of the tables in the database; nothing if they cannot be told.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(clippy::unused_async, reason = "only a database is asked")
    )]
    pub async fn size(&self) -> Option<u64> {
        match (&self.place, &self.driver) {
            // What SQLite keeps beside it goes into the file, or away, at the end.
            (Place::File(path), _) => {
                let mut log = path.as_os_str().to_owned();
                log.push("-wal");
                let files = [path, Path::new(&log)];
                files.map(|file| file.metadata().map_or(0, |meta| meta.len())).into_iter().max()
            }
            #[cfg(feature = "postgres")]
            (Place::Postgres(_), Driver::Postgres(store)) => store.size().await.ok(),
            (Place::Postgres(_), _) => None,
        }
    }
}

/// Tells a person at a terminal what is waited for, if it takes a while: a server that is just
/// being started is worth it.
#[cfg(feature = "postgres")]
async fn answered<T>(place: &Place, opening: impl Future<Output = T>) -> T {
    let mut opening = std::pin::pin!(opening);
    tokio::select! {
        opened = &mut opening => return opened,
        () = tokio::time::sleep(Duration::from_secs(1)) => {}
    }
    let line = Waiting::new(Mode::new(false, false));
    line.say(format!("{place} does not answer yet; waiting for it, half a minute at most"));
    opening.await
}

/// Why the database cannot be opened, in words for a person. No error of opening shows a password.
#[cfg(feature = "postgres")]
fn not_opened(error: &OpenError) -> Trouble {
    let exit = if error.is_retryable() { Exit::NotNow } else { Exit::Failed };
    let trouble = Trouble::new(exit, "cannot_open", file::chain(error));
    match error {
        _ if error.is_retryable() => trouble.advice(
            "Nothing was changed. Is its server at work, and does it let this machine in? The \
             same command works as soon as it does.",
        ),
        OpenError::ForeignSchema { .. }
        | OpenError::SchemaTooNew { .. }
        | OpenError::ServerTooOld { .. } => {
            trouble.advice(format!("Nothing was changed. Another database: {NAMED}"))
        }
        _ => trouble.advice(format!(
            "Nothing was changed. A database is named {NAMED}, by --db or, so that nobody sees the \
             password, by SCROBBLES_DB, also in a file .env.",
        )),
    }
}

#[cfg(feature = "postgres")]
const NAMED: &str = "postgres://USER:PASSWORD@HOST/DATABASE";

/// Whether a database, or the network to one, has failed.
#[cfg(feature = "postgres")]
pub(crate) fn is_at_fault(error: &StoreError) -> bool {
    lastfm_postgres::is_of_postgres(error)
}

/// No program without PostgreSQL meets one.
#[cfg(not(feature = "postgres"))]
pub(crate) fn is_at_fault(_error: &StoreError) -> bool {
    false
}

/// What a person can do when a database fails.
pub(crate) fn advice(kind: StoreErrorKind) -> &'static str {
    match kind {
        StoreErrorKind::Busy => {
            "The database cannot be reached, or is at its limits: the same command goes on from \
             there when it is back."
        }
        StoreErrorKind::Full => {
            "Make room on the database's server, or let this user write there. The same command \
             goes on from there."
        }
        StoreErrorKind::Corrupt => {
            "The database holds what cannot be: keep a copy (pg_dump) before anything else."
        }
        _ => "If the database is well, the same command goes on from there.",
    }
}

#[cfg(not(feature = "postgres"))]
fn no_postgres() -> Trouble {
    let name = program().name;
    let what = format!("this {name} was built without PostgreSQL");
    Trouble::new(Exit::Failed, "no_postgres", what).advice(format!(
        "Nothing was changed. With it: cargo build --release -p {name} --features postgres"
    ))
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    path.metadata().ok().map(|file| (file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(_path: &Path) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_is_shown_without_its_password() {
        for (said, shown) in [
            ("postgres://ann:canary@db.example/plays", "postgres://db.example/plays"),
            ("POSTGRESQL://ann:canary@[::1]:5433/plays?a=canary", "postgres://[::1]:5433/plays"),
            ("postgres://ann:canary@one:1,two:2/plays", "postgres://…"),
            ("postgres:///plays?host=/run/canary", "postgres:///plays"),
            // The driver takes all of these for a password.
            ("postgres://ann:1/canary@db.example/plays", "postgres://…"),
            ("postgres://ann:/canary@db.example/plays", "postgres://…"),
            ("postgres://ann:1?canary@db.example/plays", "postgres://…"),
            ("postgres://ann:1#canary@db.example/plays", "postgres://…"),
        ] {
            let place = Place::from(PathBuf::from(said));
            assert!(matches!(place, Place::Postgres(_)), "{said}");
            assert_eq!(place.to_string(), shown);
            let again = place.option();
            assert!(!format!("{place:?} {again}").contains("canary"), "{place:?} {again}");
        }
    }

    #[test]
    fn a_command_finds_a_database_again() {
        let said = PathBuf::from("postgres://ann:canary@db.example:1/plays");
        let place = Place::from(said.clone());
        assert_eq!(place.option(), " --db postgres://ann:…@db.example:1/plays");
        assert_eq!(Place::set(said.clone()).option(), "");
        assert_eq!(Place::set(said), place);
    }

    #[test]
    fn everything_else_is_a_file() {
        for said in ["plays.db", "postgres", "./postgres:/x", "é", "postgres:/plays"] {
            assert_eq!(Place::from(PathBuf::from(said)), Place::File(said.into()));
        }
    }
}
