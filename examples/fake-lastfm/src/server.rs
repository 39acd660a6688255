//! The socket: connections in, deliveries out.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use lastfm_core::Timestamp;
use lastfm_core::testing::{Delivery, FakeLastfm};
use lastfm_core::transport::{Request, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

use crate::bodies::{self, Body};
use crate::{control, login_page};

/// Starts to serve `fake` on this machine, at `/2.0/` of the port; port 0 takes a free one.
///
/// Time passes as it does outside, from the fake's start on. GET and POST are both answered, with
/// gzip where the client accepts it. Beside `/2.0/` there are the page `/api/auth/`, on which people
/// let apps in, and the paths of the README, all of which begin with `/_`.
///
/// # Errors
///
/// If the port is taken.
pub async fn serve(fake: FakeLastfm, port: u16) -> io::Result<Server> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    let shared = Arc::new(Shared {
        start: fake.start(),
        fake: Mutex::new(fake),
        began: Instant::now(),
        ahead: AtomicU64::new(0),
    });
    let accepting = tokio::spawn(accept(listener, Arc::clone(&shared)));
    Ok(Server { address, shared, accepting })
}

/// A fake Last.fm that is being served. Dropping it ends the serving.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Where it is served.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of the web service, to give to a client.
    ///
    /// # Panics
    ///
    /// Never: an IP address and a port make a valid URL.
    pub fn url(&self) -> Url {
        let url = format!("http://{}/2.0/", self.address);
        url.parse().expect("an IP address and a port make a URL")
    }

    /// The page on which people let apps in, to be opened in a browser with `api_key` and either
    /// `token` or `cb` added.
    ///
    /// # Panics
    ///
    /// Never: as [`url`](Self::url).
    pub fn login_url(&self) -> Url {
        let url = format!("http://{}/api/auth/", self.address);
        url.parse().expect("an IP address and a port make a URL")
    }

    /// The fake, at the present moment. No request is answered while it is held.
    pub fn lastfm(&self) -> MutexGuard<'_, FakeLastfm> {
        let mut fake = self.shared.fake();
        fake.advance_to(self.shared.now());
        fake
    }

    /// Lets this much time pass at once.
    pub fn advance(&self, duration: Duration) {
        self.shared.advance(duration);
    }

    /// Ends the serving, open connections included.
    pub async fn shutdown(mut self) {
        self.accepting.abort();
        // An aborted task ends with an error that says so.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// What the connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    fake: Mutex<FakeLastfm>,
    start: Timestamp,
    began: Instant,
    /// How far time was moved on, milliseconds.
    ahead: AtomicU64,
}

impl Shared {
    pub(crate) fn fake(&self) -> MutexGuard<'_, FakeLastfm> {
        // The fake leaves nothing half done that a later request could stumble over.
        self.fake.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn advance(&self, duration: Duration) {
        let ahead = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.ahead.fetch_add(ahead, Ordering::Relaxed);
    }

    fn elapsed(&self) -> Duration {
        let ahead = self.ahead.load(Ordering::Relaxed);
        self.began.elapsed() + Duration::from_millis(ahead)
    }

    pub(crate) fn now(&self) -> Timestamp {
        let seconds = i64::try_from(self.elapsed().as_secs()).unwrap_or(i64::MAX);
        self.start.plus(seconds)
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    // Dropping the set, with this task, ends its connections.
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file handles, most likely: they come back when clients leave.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        while connections.try_join_next().is_some() {}
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| answer(request, &shared));
            let http = hyper::server::conn::http1::Builder::new();
            // A connection that fails is the client's affair, or a fault that was asked for.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// Why a connection is closed without an answer: a fault asks for it.
#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the connection is reset, as the scenario says")
    }
}

impl std::error::Error for Refused {}

async fn answer(
    request: hyper::Request<Incoming>,
    shared: &Shared,
) -> Result<hyper::Response<Body>, Refused> {
    const LONGEST_BODY: usize = 1 << 20;
    let (parts, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LONGEST_BODY).collect().await else {
        return Ok(bodies::plain(StatusCode::PAYLOAD_TOO_LARGE, "too long"));
    };
    let body = body.to_bytes();
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    if matches!(path, "/api/auth" | "/api/auth/") {
        return Ok(login_page::answer(&parts.method, query, &body, shared));
    }
    if path.starts_with("/_") {
        return Ok(control::answer(&parts.method, path, query, &body, shared));
    }
    if !matches!(path, "/2.0" | "/2.0/") {
        return Ok(bodies::plain(StatusCode::NOT_FOUND, "the web service is at /2.0/"));
    }
    let Some(request) = read(&parts, body) else {
        return Ok(bodies::plain(StatusCode::METHOD_NOT_ALLOWED, "GET or POST"));
    };
    let accepts = parts.headers.get_all(hyper::header::ACCEPT_ENCODING);
    let gzip = accepts.iter().any(|value| value.to_str().is_ok_and(|text| text.contains("gzip")));
    let delivery = shared.fake().deliver(&request, shared.elapsed());
    hand_over(delivery, gzip).await
}

fn read(parts: &hyper::http::request::Parts, body: Bytes) -> Option<Request> {
    let path = parts.uri.path_and_query()?.as_str();
    // What the client called this host does not matter.
    let url: Url = format!("http://localhost{path}").parse().ok()?;
    let mut request = match parts.method {
        Method::GET => Request::get(url),
        Method::POST => Request::post(url, body),
        _ => return None,
    };
    request.headers.clone_from(&parts.headers);
    Some(request)
}

async fn hand_over(delivery: Delivery, gzip: bool) -> Result<hyper::Response<Body>, Refused> {
    match delivery {
        Delivery::Whole(response) => Ok(whole(&response, gzip)),
        Delivery::Cut(response) => Ok(with_body(&response, bodies::cut(&response.body))),
        Delivery::Drip(response) => Ok(with_body(&response, bodies::drip(&response.body))),
        Delivery::Bomb => Ok(bodies::bomb()),
        Delivery::Silence => silence().await,
        _ => Err(Refused),
    }
}

async fn silence() -> Result<hyper::Response<Body>, Refused> {
    let never: Infallible = std::future::pending().await;
    match never {}
}

fn whole(response: &Response, gzip: bool) -> hyper::Response<Body> {
    if !gzip || response.body.is_empty() {
        let body = bodies::full(response.body.clone());
        return with_body(response, body);
    }
    let body = bodies::full(bodies::gzip(&response.body));
    let mut response = with_body(response, body);
    let encoding = hyper::header::HeaderValue::from_static("gzip");
    response.headers_mut().insert(hyper::header::CONTENT_ENCODING, encoding);
    response
}

fn with_body(response: &Response, body: Body) -> hyper::Response<Body> {
    let mut out = hyper::Response::new(body);
    *out.status_mut() = response.status;
    out.headers_mut().clone_from(&response.headers);
    out
}
