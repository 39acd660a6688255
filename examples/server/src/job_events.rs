//! `/api/scrobble/{job}/events`: how a job of somebody's queue stands, as it changes.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use terminal::dates;
use tokio::time::MissedTickBehavior;

use crate::address::ClientAddress;
use crate::app::{self, App};
use crate::events::{event, heard, id, response};
use crate::failure::{Failure, Problem};
use crate::scrobbling::{JobView, view};
use crate::secret::Digest;
use crate::slots::Slot;
use crate::visitor::Member;

/// How often is looked: whoever sends may be another process.
const LOOK: Duration = Duration::from_secs(1);

/// What one client is told.
struct Told {
    app: Arc<App>,
    member: Member,
    session: Digest,
    job: i64,
    stopping: tokio::sync::watch::Receiver<bool>,
    look: tokio::time::Interval,
    last: String,
    is_over: bool,
    /// Given back whoever ends it.
    _slot: Slot,
}

/// Streams how a job stands: first as it is now, then each change, as events `state`; then `end`,
/// once nothing of it is to come any more, and the stream is closed.
#[utoipa::path(
    get, path = "/api/scrobble/{job}/events", tag = "scrobbling",
    params(
        ("job" = i64, Path),
        ("Last-Event-ID" = Option<String>, Header, description = "What was heard last: it is not sent again"),
    ),
    responses(
        (status = 200, description = "Events `state`, each a JobView; then `end`", content_type = "text/event-stream", body = JobView),
        (status = 204, description = "Nothing has changed since, and nothing will"),
        (status = 404, description = "There is no such job", content_type = "application/problem+json", body = Problem),
        (status = 503, description = "No room for another stream", content_type = "application/problem+json", body = Problem),
    ),
)]
pub(crate) async fn events(
    member: Member,
    client: ClientAddress,
    State(app): app::State,
    headers: HeaderMap,
    Path(job): Path<i64>,
) -> Result<Response, Failure> {
    let slot = app.place(client)?;
    let session = app.session_said(&headers).ok_or(Failure::NotLoggedIn)?;
    let seen = view(&app, &member, job).await?;
    let heard = heard(&headers);
    if !seen.is_open() && heard == id(&seen) {
        // A browser that is told so does not ask again.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let told = Told {
        stopping: app.stopping.subscribe(),
        app,
        member,
        session,
        job,
        look,
        last: heard.to_owned(),
        is_over: false,
        _slot: slot,
    };
    Ok(response(stream::unfold(told, |mut told| async {
        let event = told.next().await?;
        Some((Ok::<_, Infallible>(event), told))
    })))
}

impl Told {
    /// The next event; nothing at the end.
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        loop {
            tokio::select! {
                _ = self.look.tick() => {}
                _ = self.stopping.wait_for(|stopping| *stopping) => return None,
            }
            // A database that does not answer may do so next time.
            let now = dates::now().as_unix();
            let Ok(login) = self.app.logins.look(&self.session, now).await else { continue };
            // Whoever has logged out is told nothing more.
            login.filter(|login| login.user == self.member.user)?;
            let seen = match view(&self.app, &self.member, self.job).await {
                Ok(seen) => seen,
                Err(Failure::NoSuchJob) => return None,
                Err(_) => continue,
            };
            let id = id(&seen);
            if id == self.last && seen.is_open() {
                continue;
            }
            self.is_over = !seen.is_open();
            self.last.clone_from(&id);
            return event(&seen, &id, self.is_over);
        }
    }
}
