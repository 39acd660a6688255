//! A PgBouncer in front of a private server, in transaction mode.

use std::net::TcpStream;

use super::database::Database;
use super::keeper::{Keeper, free_port};
use super::private_server::PrivateServer;
use super::programs;

/// A PgBouncer that gives each transaction any of at most 20 connections to a database, on a free
/// port of loopback. It ends as a [`PrivateServer`] does.
#[derive(Debug)]
pub struct PgBouncer {
    port: u16,
    _keeper: Keeper,
}

impl PgBouncer {
    /// Starts one in front of this server.
    ///
    /// # Panics
    ///
    /// Without PgBouncer on this machine, with a line that says what to install.
    pub fn start(server: &PrivateServer) -> Self {
        let program = programs::pgbouncer();
        let address = server.address();
        let (host, to) =
            (address.host_str().unwrap_or("127.0.0.1"), address.port().unwrap_or(5432));
        let (user, password) = (address.username(), address.password().unwrap_or_default());
        // Two processes may find the same port free: the second one takes another.
        for _ in 0..5 {
            // Its versions disagree about which signal ends it at once, and it has nothing to lose.
            let keeper = Keeper::new(&program, "KILL", true);
            let port = free_port();
            let settings = format!(
                "[databases]\n* = host={host} port={to}\n[pgbouncer]\npool_mode = transaction\n\
                 listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
                 auth_type = plain\nauth_file = users\nmax_client_conn = 500\n"
            );
            keeper.write("settings", &settings);
            keeper.write("users", &format!("\"{user}\" \"{password}\"\n"));
            if keeper.start(r#""$PROGRAMS" settings"#, || {
                TcpStream::connect(("127.0.0.1", port)).is_ok()
            }) {
                return Self { port, _keeper: keeper };
            }
        }
        panic!("PgBouncer does not start");
    }

    /// The address of this database through PgBouncer.
    pub fn url(&self, database: &Database) -> String {
        database.url_through(self.port)
    }
}
