//! `/metrics` and `/health` of a worker, over HTTP/1.1.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crew::Slices;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use jobs::{Filter, Jobs, Snapshot, Status};
use serde::Serialize;
use terminal::exit::{Exit, Trouble};
use terminal::show;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

/// Jobs that could be worked on wait for longer than this, and nothing came to anything in as long:
/// something is wrong.
const LONG: Duration = Duration::from_secs(10 * 60);
/// How long the database may take to say how jobs stand.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a client may take to ask.
const QUESTION: Duration = Duration::from_secs(10);
const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Answers until it is dropped.
pub(crate) struct Metrics {
    pub(crate) address: SocketAddr,
    answering: JoinHandle<()>,
}

struct Shared {
    jobs: Jobs,
    slices: Arc<Slices>,
}

#[derive(Serialize)]
struct Health {
    ok: bool,
    problems: Vec<String>,
    /// Not wrong, but worth knowing.
    outage: Option<String>,
    jobs: Option<Snapshot>,
}

impl Metrics {
    pub(crate) async fn bind(
        address: SocketAddr,
        jobs: Jobs,
        slices: Arc<Slices>,
    ) -> Result<Self, Trouble> {
        let listener = TcpListener::bind(address).await;
        let bound = listener.and_then(|listener| Ok((listener.local_addr()?, listener)));
        let (address, listener) = bound.map_err(|error| {
            let what = format!("nothing can be answered at {address}: {error}");
            Trouble::new(Exit::Failed, "bad_setting", what)
        })?;
        let shared = Arc::new(Shared { jobs, slices });
        Ok(Self { address, answering: tokio::spawn(accept(listener, shared)) })
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        self.answering.abort();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
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
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(QUESTION);
            // A connection that fails is the client's affair.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    shared: &Shared,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(response(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "GET\n"));
    }
    Ok(match request.uri().path() {
        "/metrics" => shared.metrics().await,
        "/health" => shared.health().await,
        _ => response(StatusCode::NOT_FOUND, "text/plain", "/metrics or /health\n"),
    })
}

impl Shared {
    async fn metrics(&self) -> Response<Full<Bytes>> {
        match self.snapshot().await.map(|snapshot| self.slices.context().figures.text(&snapshot)) {
            Ok(Ok(text)) => response(StatusCode::OK, TEXT, text),
            Ok(Err(_)) => response(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "failed\n"),
            Err(problem) => response(StatusCode::SERVICE_UNAVAILABLE, "text/plain", problem + "\n"),
        }
    }

    async fn health(&self) -> Response<Full<Bytes>> {
        let (jobs, problems) = match self.snapshot().await {
            Ok(snapshot) => {
                let problems = self.problems(&snapshot).await;
                (Some(snapshot), problems)
            }
            Err(problem) => (None, vec![problem]),
        };
        let ok = problems.is_empty();
        let health = Health { ok, problems, outage: self.slices.outage(), jobs };
        // Numbers, texts and nothing else.
        let line = serde_json::to_string(&health).unwrap_or_default() + "\n";
        let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        response(status, "application/json", line)
    }

    async fn problems(&self, snapshot: &Snapshot) -> Vec<String> {
        let mut problems = Vec::new();
        if snapshot.abandoned > 0 {
            let jobs = show::count(snapshot.abandoned, "job");
            problems.push(format!("{jobs} abandoned by a dead worker, and taken over by nobody"));
        }
        let (idle, long) = (self.slices.idle(), LONG / self.slices.context().hurry);
        if snapshot.oldest_waiting.is_some_and(|waits| waits > long)
            && idle > long
            && self.slices.outage().is_none()
            && self.is_due().await
        {
            let idle = show::time(idle);
            problems.push(format!("jobs are due, and nothing came to anything for {idle}"));
        }
        problems
    }

    /// Whether there is a job that waits and is not paused.
    async fn is_due(&self) -> bool {
        let filter = Filter { live: true, ..Filter::default() };
        let states = self.jobs.list(&filter).await.unwrap_or_default();
        states.iter().any(|state| {
            state.status == Status::Waiting && !state.paused && state.resume_at.is_none()
        })
    }

    async fn snapshot(&self) -> Result<Snapshot, String> {
        match tokio::time::timeout(ANSWER, self.jobs.snapshot()).await {
            Ok(Ok(snapshot)) => Ok(snapshot),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("the database of jobs does not answer within {ANSWER:?}")),
        }
    }
}

fn response(
    status: StatusCode,
    kind: &'static str,
    body: impl Into<Bytes>,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
