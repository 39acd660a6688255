//! `/api/user/{name}`

use axum::Json;
use axum::extract::{Path, State};
use lastfm_core::{Play, Timestamp, Track};
use serde::Serialize;
use utoipa::ToSchema;

use crate::address::ClientAddress;
use crate::api::Stretch;
use crate::app;
use crate::failure::{Failure, Problem};
use crate::path;
use crate::standing::Standing;
use crate::tops::Top;
use crate::user_overview::UserOverview;

/// Somebody, and what is archived of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct User {
    /// The name, as Last.fm spells it.
    name: String,
    /// When the account was made.
    registered_at: Option<i64>,
    /// All plays that Last.fm counts, if it said so lately.
    play_count: Option<u64>,
    /// Nothing if nothing is archived.
    archive: Option<Archive>,
    /// Calendar years, newest first, as they are archived.
    years: Vec<ArchivedYear>,
    /// What plays right now.
    now_playing: Option<Music>,
    /// The last plays, newest first.
    latest: Vec<Heard>,
    /// Plays of each of the last 24 months, oldest first.
    months: Vec<Month>,
    /// What was played most in the last twelve months.
    top_artists: Vec<Most>,
    top_albums: Vec<Most>,
    top_tracks: Vec<Most>,
}

/// How an archive stands.
#[derive(Debug, Serialize, ToSchema)]
struct Archive {
    plays: u64,
    /// What is archived, oldest first.
    covered: Vec<Stretch>,
    /// What is missing below the end of it.
    missing: Vec<Stretch>,
    /// What Last.fm refuses to show.
    refused: Vec<Stretch>,
    /// Plays that were removed at Last.fm since, and are kept here.
    removed: u64,
    last_success_at: Option<i64>,
    last_error: Option<String>,
}

/// A year as it is archived.
#[derive(Debug, Serialize, ToSchema)]
struct ArchivedYear {
    /// Nothing: everything that is dated before the account was made.
    year: Option<i16>,
    plays: u64,
    covered: bool,
    missing: Vec<Stretch>,
}

/// A track.
#[derive(Debug, Serialize, ToSchema)]
struct Music {
    artist: String,
    track: String,
    album: Option<String>,
}

/// A play.
#[derive(Debug, Serialize, ToSchema)]
struct Heard {
    played_at: i64,
    #[serde(flatten)]
    music: Music,
}

/// A calendar month, UTC.
#[derive(Debug, Serialize, ToSchema)]
struct Month {
    /// Its first second.
    start: i64,
    /// Nothing where not all of it is archived.
    plays: Option<u64>,
}

/// Something that was played much.
#[derive(Debug, Serialize, ToSchema)]
struct Most {
    artist: String,
    /// The album or track; nothing for an artist.
    title: Option<String>,
    plays: u64,
}

/// Somebody, and what is archived of them. Orders nothing.
#[utoipa::path(
    get, path = "/api/user/{name}", tag = "people",
    params(("name" = String, Path, description = "A name at Last.fm, in any case")),
    responses(
        (status = 200, body = User),
        (status = 304, description = "As it was"),
        (status = 403, description = "The history is hidden", content_type = "application/problem+json", body = Problem),
        (status = 404, description = "Nobody has this name", content_type = "application/problem+json", body = Problem),
        (status = 503, description = "Last.fm does not answer", content_type = "application/problem+json", body = Problem),
    ),
)]
pub(crate) async fn show(
    client: ClientAddress,
    State(app): app::State,
    Path(name): Path<String>,
) -> Result<Json<User>, Failure> {
    let user_overview = app.gather(&path::name(&name)?, client).await?;
    let UserOverview { person, standing, profile, plays, playing, tops, .. } = user_overview;
    let years = profile.iter().flat_map(|profile| &profile.years).map(|year| ArchivedYear {
        year: year.year,
        plays: year.held,
        covered: year.is_covered(),
        missing: year.missing.iter().copied().map(Stretch::from).collect(),
    });
    let months = profile.iter().flat_map(|profile| &profile.months);
    let months = months.map(|(start, plays)| Month { start: start.as_unix(), plays: *plays });
    let most = |of: Option<&Vec<Top>>| of.into_iter().flatten().map(Most::from).collect();
    Ok(Json(User {
        name: person.name.to_string(),
        registered_at: person.registered_at.map(Timestamp::as_unix),
        play_count: person.play_count,
        archive: standing.as_deref().map(Archive::from),
        years: years.collect(),
        now_playing: playing.map(Music::from),
        latest: plays.iter().map(Heard::from).collect(),
        months: months.collect(),
        top_artists: most(tops.as_ref().map(|tops| &tops.artists)),
        top_albums: most(tops.as_ref().map(|tops| &tops.albums)),
        top_tracks: most(tops.as_ref().map(|tops| &tops.tracks)),
    }))
}

impl From<&Standing> for Archive {
    fn from(standing: &Standing) -> Self {
        let status = &standing.status;
        Self {
            plays: status.count.plays,
            covered: status.covered.iter().copied().map(Stretch::from).collect(),
            missing: status.missing.iter().copied().map(Stretch::from).collect(),
            refused: status.holes.iter().map(|hole| hole.span.into()).collect(),
            removed: status.removed_count,
            last_success_at: status.book.last_success_at.map(Timestamp::as_unix),
            last_error: status.book.last_error.as_ref().map(|(_, why)| why.clone()),
        }
    }
}

impl From<Track> for Music {
    fn from(track: Track) -> Self {
        Self { artist: track.artist, track: track.name, album: track.album }
    }
}

impl From<&Play> for Heard {
    fn from(play: &Play) -> Self {
        Self { played_at: play.played_at().as_unix(), music: play.track().into() }
    }
}

impl From<&Top> for Most {
    fn from(top: &Top) -> Self {
        Self { artist: top.artist.clone(), title: top.title.clone(), plays: top.plays }
    }
}
