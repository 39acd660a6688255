//! A database for one test, and SQL as the server's superuser.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread;

use tokio_postgres::{Error, NoTls, SimpleQueryMessage};
use url::Url;

/// The rows of a query, each value as text; `None` is NULL.
pub type Rows = Vec<Vec<Option<String>>>;

/// A database. A new one is removed with whoever is still in it when this is dropped.
#[derive(Debug)]
pub struct Database {
    server: Url,
    url: Url,
    name: String,
    is_new: bool,
}

impl Database {
    /// Makes one on the server that this superuser's address names.
    pub(super) fn new(server: &Url) -> Self {
        let name = format!("lastfm_{:016x}", random());
        sql(server, &format!("CREATE DATABASE {name}")).expect("a database can be made");
        let mut url = server.clone();
        url.set_path(&name);
        Self { server: server.clone(), url, name, is_new: true }
    }

    /// One that is there already, by its superuser's address. It stays.
    ///
    /// # Panics
    ///
    /// If this is no address of a database.
    pub fn existing(url: &str) -> Self {
        let url = Url::parse(url).expect("a database has an address");
        let name = url.path().trim_start_matches('/').to_owned();
        Self { server: url.clone(), url, name, is_new: false }
    }

    /// Its address, with user and password: `postgres://user:password@127.0.0.1:port/name`.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The same database, where something between (a [`Proxy`](super::Proxy)) listens on this port
    /// of loopback.
    pub(super) fn url_through(&self, port: u16) -> String {
        let mut url = self.url.clone();
        url.set_ip_host([127, 0, 0, 1].into()).expect("the scheme has a host");
        url.set_port(Some(port)).expect("the scheme has a port");
        url.into()
    }

    /// Runs statements in this database, as superuser, and returns the rows of all of them.
    pub fn sql(&self, statements: &str) -> Rows {
        sql(&self.url, statements).unwrap_or_else(|error| panic!("{statements}: {error:?}"))
    }

    /// Ends all connections to this database, and returns how many there were once they are gone.
    pub fn terminate_connections(&self) -> usize {
        let ask = |statement: &str| sql(&self.server, statement).expect("the server answers");
        let terminated = ask(&format!(
            "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = '{}' AND backend_type = 'client backend'",
            self.name
        ));
        let pids: Vec<_> = terminated.iter().filter_map(|row| row[0].as_deref()).collect();
        let left =
            format!("SELECT FROM pg_stat_activity WHERE pid = ANY ('{{{}}}')", pids.join(","));
        while !ask(&left).is_empty() {}
        pids.len()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.is_new {
            return;
        }
        // A server that was stopped takes it along.
        let _ = sql(&self.server, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// Runs statements on a connection of their own, in a thread that may wait: the caller may be
/// within an async runtime.
pub(super) fn sql(url: &Url, statements: &str) -> Result<Rows, Error> {
    let run = async {
        let (client, connection) = tokio_postgres::connect(url.as_str(), NoTls).await?;
        let mut messages = Vec::new();
        let asked = async {
            messages = client.simple_query(statements).await?;
            drop(client);
            Ok(())
        };
        tokio::try_join!(asked, connection)?;
        Ok(messages)
    };
    let wait = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime can be made").block_on(run)
    };
    let messages = thread::scope(|scope| scope.spawn(wait).join()).expect("it does not panic")?;
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
        }
        _ => None,
    });
    Ok(rows.collect())
}

/// A number from the system's randomness, as far as the standard library hands it out.
pub(super) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
