//! Which address is answered by what.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::app::App;
use crate::failure::Failure;
use crate::{
    account_page, albums_page, api, assets, collection_order, collection_page, etag, events,
    headers, health, home, job_events, login, music_pages, noted, origin, ownership, private,
    queue_page, scrobbling, user_page, year_page,
};

/// What is sent may be this long.
const LONGEST_BODY: usize = 64 * 1024;
/// The same of a list: in a form its letters take three bytes each.
const LONGEST_FORM: usize = 4 * LONGEST_BODY;

/// Pages about somebody.
fn of_people(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/user/{name}", get(user_page::show))
        .route("/user/{name}/{year}", get(year_page::show))
        .route("/user/{name}/{year}/chart", get(year_page::chart))
        .route("/user/{name}/{year}/{released}", get(albums_page::show))
        .route("/api/user/{name}", get(api::user::show))
        .route("/api/user/{name}/{year}", get(api::year::show))
        .route("/api/user/{name}/{year}/{released}", get(api::year::albums))
        .route_layer(from_fn_with_state(Arc::clone(app), private::check))
}

/// The same without a tag.
fn of_people_now(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/user/{name}/fetch", post(user_page::fetch))
        .route("/user/{name}/{year}/fetch", post(year_page::fetch))
        .route("/api/user/{name}/{year}/fetch", post(api::year::fetch))
        .route("/api/user/{name}/{year}/events", get(events::events))
        .route_layer(from_fn_with_state(Arc::clone(app), private::check))
}

pub(crate) fn router(app: Arc<App>) -> Router {
    let list = DefaultBodyLimit::max(LONGEST_FORM);
    Router::new()
        .route("/", get(home::home))
        .route("/assets/{name}", get(assets::serve))
        .route("/favicon.svg", get(assets::icon))
        .route("/robots.txt", get(assets::robots))
        .merge(of_people(&app))
        .route("/api", get(api::viewer::show))
        .route("/api/openapi.json", get(api::described))
        .route("/account", get(account_page::show))
        .route("/search", get(music_pages::search))
        .route("/album", get(music_pages::album))
        .route("/collection", get(collection_page::show))
        .route("/queue", get(queue_page::show))
        .route("/queue/{job}", get(queue_page::job))
        .layer(from_fn(etag::tag))
        .route("/account/again", post(ownership::again))
        .route("/account/pause", post(ownership::pause))
        .route("/account/resume", post(ownership::resume))
        .route("/account/export/{format}", post(ownership::export))
        .route("/account/delete", post(ownership::delete))
        .route("/scrobble", get(music_pages::confirm))
        .route("/api/scrobble", get(scrobbling::queue_view))
        .route("/api/scrobble/track", post(scrobbling::track))
        .route("/api/scrobble/album", post(scrobbling::album))
        .route("/collection", post(collection_page::plan).layer(list))
        .route("/api/scrobble/collection", post(collection_order::collection).layer(list))
        .route("/api/scrobble/{job}", get(scrobbling::show))
        .route("/api/scrobble/{job}/events", get(job_events::events))
        .route("/api/scrobble/{job}/{what}", post(scrobbling::change))
        .route("/api/scrobble/play/{play}/{what}", post(scrobbling::change_play))
        .route("/api/auth/login", post(login::begin))
        .route("/api/auth/callback/{mark}", get(login::come_back).head(login::look_ahead))
        .route("/api/auth/status", get(login::status))
        .route("/api/auth/logout", post(login::end))
        .merge(of_people_now(&app))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(async || Failure::NotFound)
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(from_fn_with_state(Arc::clone(&app), origin::check))
        .layer(app.allowed.cors())
        // Around everything, the fallback included.
        .layer(from_fn_with_state(Arc::clone(&app), noted::note))
        .layer(from_fn_with_state(Arc::clone(&app), headers::add))
        .with_state(app)
}
