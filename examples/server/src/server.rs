//! The socket: connections in, until the server is stopped.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use jobs::Worker;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinHandle, JoinSet};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt as _;

use crate::Dependencies;
use crate::address::{ClientAddress, Peer};
use crate::app::App;
use crate::due;
use crate::hub;
use crate::router::router;
use crate::slots::{Slot, SlotsFull};
use crate::webhook;

/// How long a client may take to say what it wants.
const QUESTION: Duration = Duration::from_secs(10);
/// How long answers under way may still take once the server stops.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// A server at work. Dropping it ends it at once; [`stop`](Self::stop) lets it finish what it is at.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    app: Stopping,
    answering: JoinHandle<()>,
    working: Option<JoinHandle<Result<(), jobs::Error>>>,
}

/// The app, which has nothing to show of itself.
struct Stopping(Arc<App>);

impl std::fmt::Debug for Stopping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", if self.0.is_stopping() { "stopping" } else { "at work" })
    }
}

impl Server {
    /// Answers from now on, and works on jobs if there is a `work`. Port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// If nothing can be answered at this address.
    pub async fn start(listen: SocketAddr, mut dependencies: Dependencies) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let worker = dependencies.work.take().map(|work| worker(&dependencies, work));
        let connections = Arc::new(Semaphore::new(dependencies.caps.connections));
        let webhook = dependencies.webhook.take();
        let app = App::new(dependencies);
        tokio::spawn(hub::tell_all(Arc::downgrade(&app)));
        if let Some(webhook) = webhook {
            tokio::spawn(webhook::tell_all(Arc::downgrade(&app), webhook));
        }
        tokio::spawn(due::see_to_all(Arc::downgrade(&app)));
        let router = router(Arc::clone(&app));
        let answering = tokio::spawn(accept(listener, router, connections, Arc::clone(&app)));
        let mut stopping = app.stopping.subscribe();
        let working = worker.map(|worker| {
            tokio::spawn(worker.run(async move {
                // The sender lives as long as the server.
                let _ = stopping.wait_for(|stopping| *stopping).await;
            }))
        });
        Ok(Self { address, app: Stopping(app), answering, working })
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns when the worker has ended by itself, which it does only if it cannot go on; never if there
    /// is none.
    ///
    /// # Errors
    ///
    /// Why it cannot, if it could say so.
    pub async fn failed(&mut self) -> Result<(), jobs::Error> {
        match &mut self.working {
            Some(working) => (&mut *working).await.unwrap_or(Ok(())),
            None => std::future::pending().await,
        }
    }

    /// Takes no more connections, ends streams of live changes, lets answers under way come to
    /// their end (for ten seconds at most), and jobs come to a point where they can go on.
    pub async fn stop(mut self) {
        self.app.0.stopping.send_replace(true);
        // A task that was ended otherwise has nothing left to do.
        let _ = (&mut self.answering).await;
        if let Some(working) = &mut self.working
            && !working.is_finished()
            && let Ok(Err(error)) = working.await
        {
            tracing::error!(%error, "the worker failed");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.app.0.stopping.send_replace(true);
        self.answering.abort();
        self.working.iter().for_each(JoinHandle::abort);
    }
}

/// Works on the jobs of these archives.
fn worker(dependencies: &Dependencies, work: Arc<dyn jobs::Work>) -> Worker {
    Worker::new(dependencies.jobs.clone(), work)
}

async fn accept(listener: TcpListener, router: Router, connections: Arc<Semaphore>, app: Arc<App>) {
    let graceful = GracefulShutdown::new();
    let patience = Duration::from_secs(app.caps.patience);
    let mut stopping = app.stopping.subscribe();
    // Ended with this: nobody else knows of them.
    let mut open = JoinSet::new();
    let accepted = async {
        loop {
            while open.try_join_next().is_some() {}
            // It is never closed.
            let Ok(place) = Arc::clone(&connections).acquire_owned().await else { return };
            let Ok((stream, peer)) = listener.accept().await else {
                // Out of file handles, most likely: they come back when clients leave.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let peer = Peer(peer);
            let place = match app.connection(peer) {
                Ok(slot) => (place, slot),
                // It has more than it needs.
                Err(_) => continue,
            };
            open.spawn(serve(stream, peer, router.clone(), patience, &graceful, place));
        }
    };
    tokio::select! {
        () = accepted => {}
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    drop(listener);
    // Whoever still reads after that is cut off.
    let _ = tokio::time::timeout(LAST_ANSWERS, graceful.shutdown()).await;
}

impl App {
    /// A place for a connection; proxies of ours need none of their own.
    fn connection(&self, peer: Peer) -> Result<Option<Slot>, SlotsFull> {
        let address = peer.0.ip().to_canonical();
        if self.trusted_proxies.contains(&address) {
            return Ok(None);
        }
        let client = ClientAddress::of(address, &HeaderMap::new(), &[]);
        self.connections.take(client).map(Some)
    }
}

fn serve(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    patience: Duration,
    graceful: &GracefulShutdown,
    place: (OwnedSemaphorePermit, Option<Slot>),
) -> impl Future<Output = ()> + use<> {
    // Small answers shall not wait for more.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(QUESTION);
    // Whoever reads nothing of an answer for so long has left.
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience));
    let stream = TokioIo::new(Box::pin(stream));
    let connection = graceful.watch(http.serve_connection(stream, service));
    async move {
        // A connection that fails is the client's affair.
        let _ = connection.await;
        drop(place);
    }
}
