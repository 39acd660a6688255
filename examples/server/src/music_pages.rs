//! `/search`, `/album` and `/scrobble`: albums of Last.fm, and what is about to be scrobbled of them.

use std::time::Duration;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use lastfm_core::methods::album::Search;
use lastfm_core::methods::artist::GetTopAlbums;
use lastfm_core::scrobble::{Album, near};
use lastfm_core::{AlbumEntry, ErrorClass, NewPlay};
use serde::Deserialize;
use terminal::{dates, show};

use crate::address::ClientAddress;
use crate::app;
use crate::failure::Failure;
use crate::layout::{Layout, Moment, Page, address, album_address, music_segment};
use crate::plan::{Asked, DAILY, RECENTLY, When, outage};
use crate::secret::Secret;
use crate::visitor::{Member, Visitor};

/// Albums on a page of a search.
const FOUND: u32 = 30;
/// The last page of a search that is worth a look.
const LAST_PAGE: u32 = 20;
/// Albums that are shown of an artist of that name.
const BY_ARTIST: u32 = 10;
/// Plays of the history that are looked at for what was scrobbled lately.
const RECENT: u32 = 200;
/// How long a page waits for Last.fm.
const PATIENCE: Duration = Duration::from_secs(8);

#[derive(Template)]
#[template(path = "search.html")]
struct SearchPage {
    layout: Layout,
    asked: String,
    /// The artist of that name, and what of theirs is played most.
    artist: Option<(String, Vec<Found>)>,
    albums: Vec<Found>,
    /// Where there are more.
    next: Option<String>,
}

/// An album that was found.
struct Found {
    artist: String,
    title: String,
    href: String,
}

impl From<AlbumEntry> for Found {
    fn from(album: AlbumEntry) -> Self {
        let href = album_address(&album.artist.name, &album.name);
        Self { artist: album.artist.name, title: album.name, href }
    }
}

#[derive(Deserialize)]
pub(crate) struct Words {
    #[serde(default)]
    q: String,
    page: Option<u32>,
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

/// Searches albums by their titles, and those of the artist who is called so.
pub(crate) async fn search(
    visitor: Visitor,
    client: ClientAddress,
    State(app): app::State,
    Query(Words { q, page }): Query<Words>,
) -> Result<Response, Failure> {
    let asked = q.trim().to_owned();
    let number = page.unwrap_or(1).clamp(1, LAST_PAGE);
    let mut found = SearchPage {
        layout: Layout::new(visitor),
        asked,
        artist: None,
        albums: Vec::new(),
        next: None,
    };
    let asked = &found.asked;
    if asked.is_empty() {
        return Ok(Page(found).into_response());
    }
    app.limits.lookup(client)?;
    let by_title = Search::new(asked.clone()).limit(FOUND).page(number);
    let by_artist = GetTopAlbums::new(asked.clone()).limit(BY_ARTIST);
    let by_artist = async {
        // It is said once.
        if number == 1 { app.lastfm.call(&by_artist).await.ok() } else { None }
    };
    let both = async { tokio::join!(app.lastfm.call(&by_title), by_artist) };
    let both = tokio::time::timeout(PATIENCE, both).await;
    let (by_title, by_artist) = both.map_err(|_| Failure::Outage { retry_after: PATIENCE })?;
    let is_theirs = |album: &AlbumEntry| album.artist.name.to_lowercase() == asked.to_lowercase();
    let theirs: Vec<AlbumEntry> =
        by_artist.into_iter().flat_map(|page| page.items).filter(is_theirs).collect();
    let artist = theirs.first().map(|album| album.artist.name.clone());
    found.artist = artist.map(|name| (name, theirs.into_iter().map(Found::from).collect()));
    match by_title {
        Ok(page) => {
            let is_last = page.total_pages.is_none_or(|pages| pages <= number.into());
            if !is_last && number < LAST_PAGE {
                let next = (number + 1).to_string();
                found.next = Some(address("/search", &[("q", &found.asked), ("page", &next)]));
            }
            found.albums = page.items.into_iter().map(Found::from).collect();
        }
        Err(error) if error.class() == ErrorClass::Invalid => {}
        Err(error) => return Err(outage(&error)),
    }
    Ok(Page(found).into_response())
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
