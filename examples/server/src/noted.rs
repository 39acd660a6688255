//! What is around every request: its limit, its time, its line in the log, its figures, and the words
//! of a failure.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::address::{ClientAddress, Peer};
use crate::app::App;
use crate::failure::Failure;
use crate::layout::{self, Told};
use crate::visitor::Visitor;

/// How long an answer may take to begin.
const LONGEST: Duration = Duration::from_secs(15);

/// Limits, times and notes a request, and tells of its failure.
pub(crate) async fn note(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // The pattern, not the path: names of people, and secrets in addresses, stay out of logs.
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("none", MatchedPath::as_str);
    let is_free = route.starts_with("/assets/") || matches!(route, "/healthz" | "/readyz");
    // A form that a browser sends there is answered with a page.
    let is_api = request.uri().path().starts_with("/api/") && !is_browser(&request);
    let limited = if is_free { Ok(()) } else { app.limits.request(client(&app, &request)) };
    let response = match limited {
        Err(failure) => failure.into_response(),
        Ok(()) => match tokio::time::timeout(LONGEST, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Failure::Slow.into_response(),
        },
    };
    let response = in_words(response, is_api);
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    app.figures.answered(&method, route, status, took);
    let milliseconds = took.as_secs_f64() * 1000.0;
    tracing::info!(%method, route, status, milliseconds, "answered");
    response
}

fn client(app: &App, request: &Request) -> ClientAddress {
    let here = std::net::IpAddr::from([127, 0, 0, 1]);
    let peer = request.extensions().get::<Peer>().map_or(here, |peer| peer.0.ip());
    ClientAddress::of(peer, request.headers(), &app.trusted_proxies)
}

/// Whether a page is wanted, by somebody who would read it.
fn is_browser(request: &Request) -> bool {
    let wanted = request.headers().get(header::ACCEPT).and_then(|kinds| kinds.to_str().ok());
    wanted.is_some_and(|kinds| kinds.split(',').any(|kind| kind.trim().starts_with("text/html")))
}

/// Puts the words of a failure where there is only its status.
fn in_words(mut response: Response, is_api: bool) -> Response {
    let failure = response.extensions_mut().remove::<Failure>();
    let failure = match failure {
        Some(failure) => failure,
        None if response.extensions().get::<Told>().is_some() => return response,
        None => match Failure::of_status(response.status()) {
            Some(failure) => failure,
            None => return response,
        },
    };
    if let Failure::Inside(why) | Failure::Unready(why) = &failure {
        tracing::error!(code = failure.code(), why, "failed");
    }
    let mut told = if is_api {
        failure.problem()
    } else {
        // Whoever asked is not known where a failure is told.
        layout::failure_page(&failure, Visitor::default())
    };
    let headers = told.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(wait) = failure.retry_after() {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    // What an answer says of the methods that there are.
    if let Some(allow) = response.headers_mut().remove(header::ALLOW) {
        headers.insert(header::ALLOW, allow);
    }
    told
}
