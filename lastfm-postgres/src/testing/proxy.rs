//! A network between a client and a private server, with the faults of real ones.

mod connection;
mod messages;

use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener, ToSocketAddrs};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use self::connection::Connection;
use self::messages::Message;
use super::database::Database;
use super::private_server::PrivateServer;

/// What happens to a connection at a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is cut, and the statement never reaches the server.
    CutBefore,
    /// It is cut at both ends as soon as the statement was sent on: whether the server does it,
    /// nobody knows.
    CutMeanwhile,
    /// It is cut when the server has done the statement and answered, and the answer never reaches
    /// the client.
    CutAfter,
    /// It stays open for both, and from this statement on nothing arrives at either end.
    Swallow,
    /// It stands still for so long, and then goes on as if nothing had been.
    Stall(Duration),
}

/// A TCP proxy in front of a server. It passes every byte until it is told otherwise.
///
/// A cut is a reset (RST), as from a machine that was restarted. The proxy speaks no TLS: a client
/// that asks for it is told no. Dropping it cuts whatever is open.
///
/// ```
/// use lastfm_postgres::testing::{Fault, PrivateServer, Proxy};
///
/// let server = PrivateServer::shared();
/// let (database, proxy) = (server.database(), Proxy::start(server));
/// // The third COMMIT from now is done by the server, and its client never learns of it.
/// proxy.at("COMMIT", 3, Fault::CutAfter);
/// let url = proxy.url(&database);
/// # assert!(url.starts_with("postgres://") && proxy.fired() == 0);
/// ```
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    network: Arc<Network>,
    accepting: Mutex<Option<JoinHandle<()>>>,
    runtime: Option<Runtime>,
}

/// What all connections look at.
#[derive(Debug)]
struct Network {
    server: SocketAddr,
    armed: Mutex<Vec<Armed>>,
    fired: AtomicUsize,
    orders: watch::Sender<Orders>,
    connections: AtomicUsize,
}

#[derive(Debug)]
struct Armed {
    statement: String,
    left: usize,
    fault: Fault,
}

/// A number that has grown since a connection began is an order to it.
#[derive(Clone, Copy, Debug)]
struct Orders {
    cut: u64,
    swallow: u64,
    swallow_new: bool,
    stalled_until: Instant,
}

impl Proxy {
    /// Starts one in front of this server.
    pub fn start(server: &PrivateServer) -> Self {
        let address = server.address();
        let host = address.host_str().unwrap_or("127.0.0.1");
        let server = (host, address.port().unwrap_or(5432)).to_socket_addrs();
        let server = server.ok().and_then(|mut all| all.next()).expect("the server has an address");
        // Its tasks run in a thread of their own: the caller may block its runtime.
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let orders =
            Orders { cut: 0, swallow: 0, swallow_new: false, stalled_until: Instant::now() };
        let network = Network {
            server,
            armed: Mutex::default(),
            fired: AtomicUsize::new(0),
            orders: watch::Sender::new(orders),
            connections: AtomicUsize::new(0),
        };
        let mut proxy = Self {
            port: super::keeper::free_port(),
            network: Arc::new(network),
            accepting: Mutex::default(),
            runtime: Some(runtime.expect("a runtime can be made")),
        };
        while !proxy.try_accept() {
            proxy.port = super::keeper::free_port();
        }
        proxy
    }

    /// The address of this database through the proxy.
    pub fn url(&self, database: &Database) -> String {
        database.url_through(self.port)
    }

    /// Where it listens on loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Arms a fault for the `nth` statement from now, counted from 1 over all connections, that
    /// begins with these words, in any case: `COMMIT`, or nothing for any statement. Each fault
    /// that is armed counts for itself and fires once.
    ///
    /// # Panics
    ///
    /// If `nth` is 0.
    pub fn at(&self, statement: &str, nth: usize, fault: Fault) {
        assert!(nth > 0, "the first statement is number 1");
        self.network.armed().push(Armed { statement: statement.to_owned(), left: nth, fault });
    }

    /// How many of the faults that were armed have fired.
    pub fn fired(&self) -> usize {
        self.network.fired.load(Ordering::Relaxed)
    }

    /// Cuts all connections.
    pub fn cut_all(&self) {
        self.network.orders.send_modify(|orders| orders.cut += 1);
    }

    /// From now on nothing arrives on any connection, in either direction, and nobody is told:
    /// those that are open, and those that are made until [`pass`](Self::pass).
    pub fn swallow_all(&self) {
        self.network.orders.send_modify(|orders| {
            orders.swallow += 1;
            orders.swallow_new = true;
        });
    }

    /// New connections are good ones again. What was swallowed is lost, and so are its
    /// connections.
    pub fn pass(&self) {
        self.network.orders.send_modify(|orders| orders.swallow_new = false);
        if self.accepting().is_none() {
            assert!(self.try_accept(), "somebody has taken the port of a proxy that refused");
        }
    }

    /// All connections stand still for so long, and then go on.
    pub fn stall_all(&self, time: Duration) {
        self.network.orders.send_modify(|orders| orders.stalled_until = Instant::now() + time);
    }

    /// Refuses new connections until [`pass`](Self::pass). Those that are open stay.
    pub fn refuse(&self) {
        if let Some(task) = self.accepting().take() {
            task.abort();
            // The port is closed when the task is gone.
            while !task.is_finished() {
                std::thread::yield_now();
            }
        }
    }

    /// How many connections are open, those that swallow included.
    pub fn connections(&self) -> usize {
        self.network.connections.load(Ordering::Relaxed)
    }
}

impl Proxy {
    /// Whether the port could be had.
    fn try_accept(&self) -> bool {
        let Ok(listener) = StdListener::bind((Ipv4Addr::LOCALHOST, self.port)) else {
            return false;
        };
        listener.set_nonblocking(true).expect("a listener can be told not to block");
        let runtime = self.runtime.as_ref().expect("it ends with the proxy");
        let _within = runtime.enter();
        let listener = TcpListener::from_std(listener).expect("a runtime takes a listener");
        let network = Arc::clone(&self.network);
        let accept = async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(Connection::new(Arc::clone(&network)).run(client));
            }
        };
        *self.accepting() = Some(runtime.spawn(accept));
        true
    }

    fn accepting(&self) -> MutexGuard<'_, Option<JoinHandle<()>>> {
        self.accepting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut_all();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Network {
    /// The fault that is due at this message of a client, if one is.
    fn fault_at(&self, message: &Message) -> Option<Fault> {
        let mut armed = self.armed();
        let mut due = None;
        armed.retain_mut(|armed| {
            let is_meant = message.asks_for(&armed.statement);
            if is_meant && armed.left > 1 {
                armed.left -= 1;
            } else if is_meant && due.is_none() {
                due = Some(armed.fault);
                return false;
            }
            // Of two that are due at once, the second has its turn at the next statement.
            true
        });
        if due.is_some() {
            self.fired.fetch_add(1, Ordering::Relaxed);
        }
        due
    }

    fn armed(&self) -> MutexGuard<'_, Vec<Armed>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
