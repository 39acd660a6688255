//! What pages show, for programs: JSON, described by `OpenAPI`.

pub(crate) mod user;
pub(crate) mod viewer;
pub(crate) mod year;

use axum::Json;
use axum::response::{IntoResponse, Response};
use lastfm_core::archive::Span;
use serde::Serialize;
use utoipa::{OpenApi, ToSchema};

use crate::failure::Problem;

/// The description of everything below `/api`.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Where music comes from",
        description = "Listening histories of Last.fm, and the years their music is from. Moments \
            are seconds since 1970 UTC. What cannot be answered is told as RFC 9457 has it; 429 and \
            503 say in Retry-After when to ask again. Answers have an ETag.",
        license(name = "MIT OR Apache-2.0"),
    ),
    paths(
        user::show,
        year::show,
        year::albums,
        year::fetch,
        crate::events::events,
        crate::login::begin,
        crate::login::come_back,
        crate::login::status,
        crate::login::end,
        crate::scrobbling::track,
        crate::scrobbling::album,
        crate::collection_order::collection,
        crate::scrobbling::queue_view,
        crate::scrobbling::show,
        crate::job_events::events,
        crate::scrobbling::change,
        crate::scrobbling::change_play,
    ),
    components(schemas(Problem)),
    tags(
        (name = "people", description = "Somebody, and their archive"),
        (name = "login", description = "Login with Last.fm, for browsers"),
        (name = "scrobbling", description = "Queueing plays; for those who have logged in"),
        (name = "years", description = "A year of somebody's, and which years its music is from"),
    ),
)]
pub(crate) struct Described;

/// `/api/openapi.json`
pub(crate) async fn described() -> Response {
    Json(Described::openapi()).into_response()
}

/// A stretch of time: from `start` up to, not including, `end`, seconds since 1970 UTC. Nothing at
/// either side: as far as there is anything.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stretch {
    start: Option<i64>,
    end: Option<i64>,
}

impl From<Span> for Stretch {
    fn from(span: Span) -> Self {
        use lastfm_core::Timestamp;
        let start = Some(span.start).filter(|at| *at != Timestamp::MIN);
        let end = Some(span.end).filter(|at| *at != Timestamp::MAX);
        Self { start: start.map(Timestamp::as_unix), end: end.map(Timestamp::as_unix) }
    }
}
