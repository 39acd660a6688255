//! `/api/user/{name}/{year}/events`: how a year stands, as it changes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use lastfm_core::Username;
use serde::Serialize;
use tokio::time::MissedTickBehavior;

use crate::address::ClientAddress;
use crate::app::{self, App};
use crate::failure::Failure;
use crate::hub::Listener;
use crate::path;
use crate::private::allowed;
use crate::secret::Digest;
use crate::slots::{Slot, SlotsFull};
use crate::view::{Phase, View};
use crate::visitor::InPerson;

/// How often is looked though nobody told of a change: places in line move, and lines get lost.
const LOOK: Duration = Duration::from_secs(3);
/// How often something is sent though nothing has changed, so that proxies keep the line open.
const ALIVE: Duration = Duration::from_secs(15);
/// When it is worth asking for a place again.
const LATER: Duration = Duration::from_secs(30);
/// When a browser whose line was cut asks again.
const RETRY: Duration = Duration::from_secs(3);

/// What one client is told.
struct Told {
    app: Arc<App>,
    user: Username,
    year: i16,
    listener: Listener,
    stopping: tokio::sync::watch::Receiver<bool>,
    /// What the client says that it is logged in with.
    session: Option<Digest>,
    look: tokio::time::Interval,
    last: String,
    is_over: bool,
    /// Given back whoever ends it.
    _slot: Slot,
}

/// Streams how a year stands: first as it is now, then each change, as events `state` with a
/// View each; then `end`, and the stream is closed. A year that nobody has ordered is told as
/// `unordered`, and what follows once somebody does.
#[utoipa::path(
    get, path = "/api/user/{name}/{year}/events", tag = "years",
    params(
        ("name" = String, Path, description = "A name at Last.fm"),
        ("year" = i16, Path, description = "A year, UTC"),
        ("Last-Event-ID" = Option<String>, Header, description = "What was heard last: it is not sent again"),
    ),
    responses(
        (status = 200, description = "Events `state`, each a View; then `end`", content_type = "text/event-stream", body = View),
        (status = 204, description = "Nothing has changed since, and nothing will"),
        (status = 404, description = "Nobody has this name, or the account has no such year", content_type = "application/problem+json", body = crate::failure::Problem),
        (status = 503, description = "No room for another stream", content_type = "application/problem+json", body = crate::failure::Problem),
    ),
)]
pub(crate) async fn events(
    _: InPerson,
    client: ClientAddress,
    State(app): app::State,
    headers: HeaderMap,
    Path((name, year)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (user, year) = (path::name(&name)?, path::year(&year)?);
    let slot = app.place(client)?;
    // Before the first look, so that nothing is missed.
    let listener = app.hub.listen(&user);
    let looked = app.look(&user, year).await?;
    if looked.view.phase == Phase::Unordered {
        // It is told as such, and goes on once somebody orders it: of an account that there is.
        let person = app.person(&user, client).await?;
        path::of_person(&person, None, year)?;
    }
    let heard = heard(&headers);
    if looked.view.is_over() && heard == id(&looked.view) {
        // A browser that is told so does not ask again.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let told = Told {
        stopping: app.stopping.subscribe(),
        session: app.session_said(&headers),
        user,
        year,
        listener,
        look,
        last: heard.to_owned(),
        is_over: false,
        _slot: slot,
        app,
    };
    let events = stream::unfold(told, |mut told| async {
        let event = told.next().await?;
        Some((Ok::<_, Infallible>(event), told))
    });
    Ok(response(events))
}

impl App {
    /// A place among those who are told.
    pub(crate) fn place(&self, client: ClientAddress) -> Result<Slot, Failure> {
        self.slots.take(client).map_err(|no_place| {
            self.figures.refused_streams.inc();
            let what = match no_place {
                SlotsFull::ForAnybody => "Too many watch",
                SlotsFull::ForYou => "You watch too many pages",
            };
            Failure::Full { what, retry_after: LATER }
        })
    }
}

/// Events as they come.
pub(crate) fn response(
    events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static,
) -> Response {
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE));
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // For nginx.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, stream).into_response()
}

/// What a client has heard last.
pub(crate) fn heard(headers: &HeaderMap) -> &str {
    headers.get("last-event-id").and_then(|id| id.to_str().ok()).unwrap_or_default()
}

/// How something stands, or how it has ended.
pub(crate) fn event(view: &impl Serialize, id: &str, is_over: bool) -> Option<Event> {
    let name = if is_over { "end" } else { "state" };
    Event::default().event(name).id(id).retry(RETRY).json_data(view).ok()
}

/// What tells one view from another.
pub(crate) fn id(view: &impl Serialize) -> String {
    let words = serde_json::to_vec(view).unwrap_or_default();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&words))
}

impl Told {
    /// The next event; nothing at the end.
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        loop {
            let is_look = tokio::select! {
                _ = self.look.tick() => true,
                () = self.listener.changed() => false,
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            };
            if is_look {
                // A history may be hidden, and a login end, while somebody listens.
                let allowed = allowed(&self.app, &self.user, self.session.as_ref()).await;
                if matches!(allowed, Err(Failure::Hidden(_))) {
                    return None;
                }
            }
            // A database that does not answer may do so next time.
            let Ok(looked) = self.app.look(&self.user, self.year).await else { continue };
            let view = looked.view;
            let id = id(&view);
            if id == self.last && !view.is_over() {
                continue;
            }
            self.is_over = view.is_over();
            self.last.clone_from(&id);
            return event(&view, &id, self.is_over);
        }
    }
}
