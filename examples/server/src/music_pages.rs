//! `/search`, `/album` and `/scrobble`: albums of Last.fm, and what is about to be scrobbled of them.

use std::time::Duration;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use lastfm_core::methods::album::Search;
use lastfm_core::scrobble::{Album, near};
use lastfm_core::{ErrorClass, NewPlay};
use serde::Deserialize;
use terminal::{dates, show};

use crate::address::ClientAddress;
use crate::app;
use crate::failure::Failure;
use crate::layout::{Layout, Moment, Page, album_address, music_segment};
use crate::plan::{Asked, DAILY, RECENTLY, When, outage};
use crate::secret::Secret;
use crate::visitor::{Member, Visitor};

/// Albums that are shown.
const FOUND: u32 = 30;
/// Plays of the history that are looked at for what was scrobbled lately.
const RECENT: u32 = 200;
/// How long a page waits for Last.fm.
const PATIENCE: Duration = Duration::from_secs(8);

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    layout: Layout,
    asked: String,
    albums: Vec<Found>,
}

/// An album that was found.
struct Found {
    artist: String,
    title: String,
    href: String,
}

#[derive(Deserialize)]
pub(crate) struct Words {
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "album.html")]
struct AlbumPage {
    layout: Layout,
    artist: String,
    title: String,
    /// `12,000 listeners · 340,000 plays · 12 of them yours`
    heard: String,
    rows: Vec<TrackRow>,
    /// Whether whoever looks can scrobble.
    is_member: bool,
}

struct TrackRow {
    name: String,
    length: String,
    /// `3 min ago`, if it was scrobbled lately.
    recently: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Which {
    artist: String,
    album: String,
}

#[derive(Template)]
#[template(path = "scrobble.html")]
struct ConfirmPage {
    layout: Layout,
    asked: Asked,
    title: String,
    action: &'static str,
    rows: Vec<PlanRow>,
    /// How many will be queued.
    chosen: usize,
    summary: String,
    /// Whether some are left out only because they look like ones that are there.
    can_repeat: bool,
    back: String,
}

struct PlanRow {
    name: String,
    at: Moment,
    /// Why it is left out, or what to know of it.
    note: String,
    is_out: bool,
}

/// Searches albums.
pub(crate) async fn search(
    visitor: Visitor,
    client: ClientAddress,
    State(app): app::State,
    Query(Words { q }): Query<Words>,
) -> Result<Response, Failure> {
    let asked = q.trim().to_owned();
    let mut albums = Vec::new();
    if !asked.is_empty() {
        app.limits.lookup(client)?;
        let search = Search::new(asked.clone()).limit(FOUND);
        let found = tokio::time::timeout(PATIENCE, app.lastfm.call(&search)).await;
        let found = found.map_err(|_| Failure::Outage { retry_after: PATIENCE })?;
        albums = match found {
            Ok(page) => page.items,
            Err(error) if error.class() == ErrorClass::Invalid => Vec::new(),
            Err(error) => return Err(outage(&error)),
        };
    }
    let albums = albums.into_iter().map(|album| Found {
        href: album_address(&album.artist.name, &album.name),
        artist: album.artist.name,
        title: album.name,
    });
    let page = SearchPage { layout: Layout::new(visitor), asked, albums: albums.collect() };
    Ok(Page(page).into_response())
}

/// An album with its tracks.
pub(crate) async fn album(
    visitor: Visitor,
    client: ClientAddress,
    State(app): app::State,
    Query(Which { artist, album }): Query<Which>,
) -> Result<Response, Failure> {
    app.limits.lookup(client)?;
    let user = visitor.login().map(|login| login.user.clone());
    let info = app.album(&artist, &album, user.as_ref()).await?;
    let info = info.ok_or_else(|| Failure::unknown_album(&artist, &album))?;
    let tracks = Album::from_info(&info);
    let mut recently = Vec::new();
    if let Some(user) = &user {
        let sender = app.sender(user).await?;
        let now = dates::now();
        let known = app.known(&sender, now, RECENTLY, RECENT).await?;
        let planned: Vec<NewPlay> =
            tracks.tracks().iter().map(|track| NewPlay::new(track.clone(), now)).collect();
        recently = near(&planned, known, RECENTLY);
    }
    let row = |(number, track): (usize, &lastfm_core::PlayerTrack)| TrackRow {
        name: track.name.clone(),
        length: track.duration.map_or_else(String::new, show::time),
        recently: recently
            .iter()
            .find(|near| near.planned == number)
            .map(|near| show::ago(dates::now().since(near.played_at))),
    };
    let rows = tracks.tracks().iter().enumerate().map(row).collect();
    let mut heard = Vec::new();
    heard.extend(info.listener_count.map(|many| show::count(many, "listener")));
    heard.extend(info.play_count.map(|many| show::count(many, "play")));
    // Answers are kept for a while: what was scrobbled since would be missing.
    let yours = info.user_play_count.filter(|_| recently.is_empty());
    heard.extend(yours.map(|many| format!("{} of them yours", show::number(many))));
    let at_lastfm = format!(
        "https://www.last.fm/music/{}/{}",
        music_segment(&info.artist.name),
        music_segment(&info.name)
    );
    let page = AlbumPage {
        layout: Layout::new(visitor).at_lastfm(at_lastfm),
        artist: info.artist.name.clone(),
        title: info.name.clone(),
        heard: heard.join(" · "),
        rows,
        is_member: user.is_some(),
    };
    Ok(Page(page).into_response())
}

/// What is about to be scrobbled: nothing is queued by looking at it.
pub(crate) async fn confirm(
    member: Member,
    client: ClientAddress,
    State(app): app::State,
    Query(mut asked): Query<Asked>,
) -> Result<Response, Failure> {
    app.limits.lookup(client)?;
    // From here on it is this order, however often it is sent.
    Secret::new()?.expose().clone_into(&mut asked.once);
    if !matches!(asked.when, When::From | When::Until) {
        // What was shown is what is queued, however long somebody thinks.
        asked.at = String::new();
    }
    let sender = app.sender(&member.user).await?;
    let plan = app.plan(&sender, &asked).await?;
    if let Some(first) = plan.plays.first() {
        asked.when = When::From;
        asked.at = first.play.played_at.as_unix().to_string();
    }
    let now = dates::now();
    let (mut rows, mut can_repeat) = (Vec::new(), false);
    for (submission, out) in plan.judged(now) {
        can_repeat |= out.as_ref().is_some_and(|out| out.is_repeat);
        let is_out = out.as_ref().is_some_and(|out| !(asked.again && out.is_repeat));
        let later = submission.due_at.map(|_| "sent once it was heard".to_owned());
        rows.push(PlanRow {
            name: submission.play.track.name.clone(),
            at: Moment(submission.play.played_at),
            note: out.map(|out| out.why).or(later).unwrap_or_default(),
            is_out,
        });
    }
    let chosen = plan.chosen(asked.again).0.len();
    let total = plan.today + chosen as u64;
    let over =
        format!(" Last.fm takes some {DAILY} a day: what is over goes on by itself the next day.");
    let summary = format!(
        "{} today, those that wait included.{}",
        show::count(total, "play"),
        if total > u64::from(DAILY) { &*over } else { "" }
    );
    let is_album = asked.track.trim().is_empty();
    let action = if is_album { "/api/scrobble/album" } else { "/api/scrobble/track" };
    let page = ConfirmPage {
        rows,
        layout: Layout::new(member.visitor),
        title: plan.title.clone(),
        action,
        chosen,
        summary,
        can_repeat,
        back: match asked.album.trim() {
            "" => "/search".to_owned(),
            album => album_address(&asked.artist, album),
        },
        asked,
    };
    Ok(Page(page).into_response())
}
