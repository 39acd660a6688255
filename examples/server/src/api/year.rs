//! `/api/user/{name}/{year}`, the albums behind it, and ordering it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use lastfm_core::albums::{Amount, ReleaseYears, Status};
use serde::Serialize;
use utoipa::ToSchema;

use crate::address::ClientAddress;
use crate::albums_page::AlbumList;
use crate::app;
use crate::failure::{Failure, Problem};
use crate::path::{self, Released};
use crate::view::{View, YearData};
use crate::year_page;

/// A year of somebody's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Year {
    /// How it stands.
    #[serde(flatten)]
    view: View,
    /// By the year in which the album was first released, oldest first.
    released: Vec<Of>,
    /// Why the rest has no year.
    undated: Vec<Why>,
}

/// How much was played of the music of one year.
#[derive(Debug, Serialize, ToSchema)]
struct Of {
    year: i16,
    plays: u64,
    albums: u64,
}

/// Plays that have no year.
#[derive(Debug, Serialize, ToSchema)]
struct Why {
    /// `pending`, `ambiguous`, `not_found`, `no_date` or `no_album`.
    reason: &'static str,
    plays: u64,
    albums: u64,
}

/// Albums of a year's.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Albums {
    /// All plays of them.
    plays: u64,
    /// How many they are; at most 200 are listed.
    count: usize,
    /// The most played first.
    #[serde(rename = "albums")]
    listed: Vec<Album>,
}

/// An album.
#[derive(Debug, Serialize, ToSchema)]
struct Album {
    artist: String,
    title: String,
    plays: u64,
    released: Option<i16>,
    url: String,
}

/// How a year stands, and which years its music is from. Orders nothing.
#[utoipa::path(
    get, path = "/api/user/{name}/{year}", tag = "years",
    params(
        ("name" = String, Path, description = "A name at Last.fm, in any case"),
        ("year" = i16, Path, description = "A year, UTC"),
    ),
    responses(
        (status = 200, body = Year),
        (status = 304, description = "As it was"),
        (status = 404, description = "Nobody has this name, or the account has no such year", content_type = "application/problem+json", body = Problem),
    ),
)]
pub(crate) async fn show(
    client: ClientAddress,
    State(app): app::State,
    Path((name, year)): Path<(String, String)>,
) -> Result<Json<Year>, Failure> {
    let (name, year) = (path::name(&name)?, path::year(&year)?);
    let person = app.person(&name, client).await?;
    let looked = year_page::look_at(&app, &person, year).await?;
    Ok(Json(looked.into()))
}

/// The albums that were released in a year (`1973`), in a decade (`1970s`), or nobody knows when
/// (`unknown`).
#[utoipa::path(
    get, path = "/api/user/{name}/{year}/{released}", tag = "years",
    params(
        ("name" = String, Path, description = "A name at Last.fm, in any case"),
        ("year" = i16, Path, description = "A year, UTC"),
        ("released" = String, Path, description = "`1973`, `1970s` or `unknown`"),
    ),
    responses(
        (status = 200, body = Albums),
        (status = 304, description = "As it was"),
        (status = 404, content_type = "application/problem+json", body = Problem, description = "Nobody has this name, or the account has no such year"),
    ),
)]
pub(crate) async fn albums(
    client: ClientAddress,
    State(app): app::State,
    Path((name, year, released)): Path<(String, String, String)>,
) -> Result<Json<Albums>, Failure> {
    let (name, year) = (path::name(&name)?, path::year(&year)?);
    let released = Released::parse(&released)?;
    let person = app.person(&name, client).await?;
    let looked = year_page::look_at(&app, &person, year).await?;
    let AlbumList { listed, albums, plays } = app.album_list(&looked, released).await?;
    let listed = listed.into_iter().map(|album| Album {
        artist: album.artist,
        title: album.title,
        plays: album.plays,
        released: album.released,
        url: album.at_lastfm,
    });
    Ok(Json(Albums { plays, count: albums, listed: listed.collect() }))
}

/// Has a year archived, unless that is under way; again if it was archived before.
#[utoipa::path(
    post, path = "/api/user/{name}/{year}/fetch", tag = "years",
    params(
        ("name" = String, Path, description = "A name at Last.fm, in any case"),
        ("year" = i16, Path, description = "A year, UTC"),
    ),
    responses(
        (status = 202, description = "It is ordered: how it stands", body = View),
        (status = 404, description = "Nobody has this name, or the account has no such year", content_type = "application/problem+json", body = Problem),
        (status = 429, description = "Too many orders", content_type = "application/problem+json", body = Problem),
        (status = 503, description = "Too many are waiting", content_type = "application/problem+json", body = Problem),
    ),
)]
pub(crate) async fn fetch(
    client: ClientAddress,
    State(app): app::State,
    Path((name, year)): Path<(String, String)>,
) -> Result<(StatusCode, Json<View>), Failure> {
    let (name, year) = (path::name(&name)?, path::year(&year)?);
    let person = app.person(&name, client).await?;
    path::of_person(&person, None, year)?;
    app.order_fetch(&person.name, Some(year), client).await?;
    let looked = app.look(&person.name, year).await?;
    Ok((StatusCode::ACCEPTED, Json(looked.view)))
}

impl From<YearData> for Year {
    fn from(looked: YearData) -> Self {
        let none = ReleaseYears::default();
        let years = looked.year.as_ref().map_or(&none, |of| &of.years);
        let released = years.years.iter().map(|(year, amount)| {
            let Amount { plays, albums } = *amount;
            Of { year: *year, plays, albums }
        });
        let why = |reason, plays, albums| Why { reason, plays, albums };
        let undated = years
            .undated
            .iter()
            .map(|(status, amount)| why(Status::as_str(*status), amount.plays, amount.albums));
        let nameless = why("no_album", years.without_album, 0);
        Self {
            released: released.collect(),
            undated: undated.chain([nameless]).filter(|why| why.plays > 0).collect(),
            view: looked.view,
        }
    }
}
