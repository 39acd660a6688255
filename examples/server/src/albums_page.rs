//! `/user/{name}/{year}/{released}`: the albums behind a bar.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use lastfm_core::albums::{AlbumId, PlayedAlbum};
use terminal::show;

use crate::address::ClientAddress;
use crate::app::{self, App};
use crate::chart::in_words;
use crate::failure::Failure;
use crate::layout::{Layout, Page, album_address, music_segment, segment};
use crate::path::{self, Released};
use crate::view::YearData;
use crate::visitor::Visitor;
use crate::year_page;

/// Albums on a page: more are counted, not listed.
const LISTED: usize = 200;

#[derive(Template)]
#[template(path = "albums.html")]
struct AlbumsPage {
    layout: Layout,
    name: String,
    home: String,
    year: i16,
    /// `released in 1973`
    title: String,
    summary: String,
    /// Whether they are of several years.
    shows_years: bool,
    albums: Vec<Listed>,
    more: usize,
}

/// An album in a list.
pub(crate) struct Listed {
    pub(crate) artist: String,
    pub(crate) title: String,
    pub(crate) plays: u64,
    pub(crate) released: Option<i16>,
    /// Why it has no year.
    pub(crate) why: &'static str,
    /// Its page here, and at Last.fm.
    pub(crate) href: String,
    pub(crate) at_lastfm: String,
}

/// What was asked for, and what of it is listed.
pub(crate) struct AlbumList {
    pub(crate) listed: Vec<Listed>,
    pub(crate) albums: usize,
    pub(crate) plays: u64,
}

impl App {
    /// The albums of a year's that were released then, the most played first.
    pub(crate) async fn album_list(
        &self,
        looked: &YearData,
        released: Released,
    ) -> Result<AlbumList, Failure> {
        let Some(of) = &looked.year else {
            return Ok(AlbumList { listed: Vec::new(), albums: 0, plays: 0 });
        };
        let taken = of.albums.iter().filter(|album| released.takes(album.year));
        let taken: Vec<&PlayedAlbum> = taken.collect();
        let ids: Vec<AlbumId> = taken.iter().take(LISTED).map(|album| album.id).collect();
        let known = self.db.albums.albums(&ids).await?;
        let listed = taken.iter().zip(known).map(|(played, known)| Listed {
            href: album_address(&known.artist, &known.title),
            at_lastfm: format!(
                "https://www.last.fm/music/{}/{}",
                music_segment(&known.artist),
                music_segment(&known.title)
            ),
            artist: known.artist,
            title: known.title,
            plays: played.plays,
            released: played.year,
            why: in_words(played.status),
        });
        let plays = taken.iter().map(|album| album.plays).sum();
        Ok(AlbumList { listed: listed.collect(), albums: taken.len(), plays })
    }
}

pub(crate) async fn show(
    visitor: Visitor,
    client: ClientAddress,
    State(app): app::State,
    Path((name, year, released)): Path<(String, String, String)>,
) -> Result<Response, Failure> {
    let (asked, year) = (path::name(&name)?, path::year(&year)?);
    let shown = Released::parse(&released)?;
    let person = app.person(&asked, client).await?;
    if person.name.as_str() != name {
        return Ok(year_page::moved(&person, &format!("/{year}/{released}")));
    }
    let looked = year_page::look_at(&app, &person, year).await?;
    let AlbumList { listed, albums, plays } = app.album_list(&looked, shown).await?;
    let title = match shown {
        Released::In(released) => format!("released in {released}"),
        Released::Decade(first) => format!("of the {first}s"),
        Released::Unknown => "without a year".to_owned(),
    };
    let summary =
        format!("{} · {}", show::count(plays, "play"), show::count(albums as u64, "album"));
    let home = format!("/user/{}", segment(person.name.as_str()));
    let at_lastfm = format!("https://www.last.fm{home}");
    let page = AlbumsPage {
        layout: Layout::new(visitor).at_lastfm(at_lastfm),
        name: person.name.to_string(),
        home,
        year,
        title,
        summary,
        shows_years: matches!(shown, Released::Decade(_)),
        more: albums - listed.len(),
        albums: listed,
    };
    Ok(Page(page).into_response())
}
