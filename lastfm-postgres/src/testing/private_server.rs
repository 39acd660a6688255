//! A PostgreSQL server of a test's own, from the programs that the machine has.
//!
//! The crate `pgtemp` cannot restart its server, leaves it running when the tests are killed, and
//! wants `sudo` where they run as root.

use std::sync::OnceLock;

use url::Url;

use super::database::{Database, Rows, random, sql};
use super::keeper::{Keeper, free_port};
use super::programs;

/// How a server is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// It ends connections and open transactions, and leaves its files in order.
    Fast,
    /// It ends where it stands, as in a crash, and recovers from its log at the next start.
    Immediate,
}

/// A PostgreSQL server on a free port of loopback, with its data in a temporary folder.
///
/// Server and folder are gone when this is dropped, and shortly after this process has ended in
/// any way, `kill -9` included. It lets 200 connections in, without TLS, and sorts text by its
/// bytes. As root it runs as `postgres`, or else as `nobody`.
///
/// ```
/// use lastfm_postgres::testing::PrivateServer;
///
/// let database = PrivateServer::shared().database();
/// database.sql("CREATE TABLE plays (at bigint); INSERT INTO plays VALUES (1), (2)");
/// assert_eq!(database.sql("SELECT sum(at) FROM plays"), [[Some("3".to_owned())]]);
/// ```
#[derive(Debug)]
pub struct PrivateServer {
    url: Url,
    /// None of a server that the environment names.
    keeper: Option<Keeper>,
    command: String,
    is_shared: bool,
}

impl PrivateServer {
    /// The one that all tests of this process share. It does not wait for the disk, so that small
    /// tests are quick.
    ///
    /// Where the environment variable `LASTFM_POSTGRES` holds the address of a server
    /// (`postgres://superuser:password@host/postgres`), it is that one.
    ///
    /// # Panics
    ///
    /// Without PostgreSQL on this machine, with a line that says what to install.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PrivateServer> = OnceLock::new();
        SHARED.get_or_init(|| {
            let mut server = programs::address_of_a_server().map_or_else(Self::fast, |address| {
                let url = Url::parse(&address).expect("LASTFM_POSTGRES holds an address");
                Self { url, keeper: None, command: String::new(), is_shared: true }
            });
            server.is_shared = true;
            server
        })
    }

    /// One of the caller's own that waits for the disk as PostgreSQL does.
    ///
    /// # Panics
    ///
    /// As [`shared`](Self::shared).
    pub fn durable() -> Self {
        Self::start_new("")
    }

    /// One of the caller's own that never waits for the disk: an immediate restart loses nothing,
    /// a power cut would lose all.
    ///
    /// # Panics
    ///
    /// As [`shared`](Self::shared).
    pub fn fast() -> Self {
        Self::start_new("-c fsync=off -c full_page_writes=off")
    }

    fn start_new(settings: &str) -> Self {
        let keeper = Keeper::new(&programs::of_the_server(), "QUIT", settings.is_empty());
        let password = format!("{:016x}{:016x}", random(), random());
        keeper.write("password", &password);
        keeper.run(
            "\"$PROGRAMS/initdb\" --no-sync --no-locale --encoding=UTF8 --username=postgres \
             --auth=password --pwfile=password --pgdata=data",
        );
        let mut server = Self {
            url: Url::parse("postgres://postgres@127.0.0.1/postgres").expect("it is an address"),
            keeper: Some(keeper),
            command: String::new(),
            is_shared: false,
        };
        server.url.set_password(Some(&password)).expect("the scheme has a password");
        // Two processes may find the same port free: the second one takes another.
        for _ in 0..5 {
            let port = free_port();
            server.url.set_port(Some(port)).expect("the scheme has a port");
            server.command = format!(
                "\"$PROGRAMS/postgres\" -D data -p {port} -c listen_addresses=127.0.0.1 \
                 -c unix_socket_directories= -c max_connections=200 {settings}"
            );
            if server.try_start() {
                return server;
            }
        }
        panic!("a private server does not start:\n{}", server.own().log());
    }

    /// A new database, with its address.
    pub fn database(&self) -> Database {
        Database::new(&self.url)
    }

    /// Runs statements as superuser, in the database `postgres`, and returns the rows of all of
    /// them.
    pub fn sql(&self, statements: &str) -> Rows {
        sql(&self.url, statements).unwrap_or_else(|error| panic!("{statements}: {error:?}"))
    }

    /// Stops the server and waits for its end.
    ///
    /// # Panics
    ///
    /// If it is shared: others need it.
    pub fn stop(&self, how: Shutdown) {
        assert!(!self.is_shared, "a shared server is not stopped: take one of your own");
        self.own().stop(match how {
            Shutdown::Fast => "INT",
            Shutdown::Immediate => "QUIT",
        });
    }

    /// Starts it again, on the same port, and waits until it answers.
    pub fn start(&self) {
        assert!(self.try_start(), "a private server does not start:\n{}", self.own().log());
    }

    /// Stops it and starts it again.
    ///
    /// # Panics
    ///
    /// As [`stop`](Self::stop).
    pub fn restart(&self, how: Shutdown) {
        self.stop(how);
        self.start();
    }

    pub(super) fn address(&self) -> &Url {
        &self.url
    }

    fn try_start(&self) -> bool {
        self.own().start(&self.command, || sql(&self.url, "").is_ok())
    }

    fn own(&self) -> &Keeper {
        self.keeper.as_ref().expect("a server that is named by its address is never stopped")
    }
}
