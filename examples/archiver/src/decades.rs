//! `decades`: which years the music of an archive is from.

use std::collections::{BTreeMap, HashMap};

use lastfm_core::albums::{AlbumId, AlbumStore, KnownAlbum, PlayedAlbum, ReleaseYears, collect};
use lastfm_core::archive::{ArchivedUser, Span, StoreResult};
use terminal::database::{Database, Place};
use terminal::dates;
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;

use crate::chart::{Chart, Measure, Top};
use crate::cli::music;
use crate::json::{self, Decade, Line, ReleasedIn, TopAlbum};
use crate::{archive, enrich};

/// Albums that are named of each decade, as far as there is room.
const TOP: usize = 3;

/// Draws the chart of one user after the other.
pub(crate) async fn run(
    said: music::Decades,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let span = said.period.checked()?;
    let db = archive::open_existing(environment.db(db)).await?;
    let users = enrich::users(&db, said.user.as_slice()).await?;
    for user in users {
        // Songs that are new on albums that are known.
        collect(&*db.albums, user.id).await?;
        if said.months {
            months(&db, &user, span, &said, mode).await?;
        } else {
            whole(&db, &user, span, &said, mode).await?;
        }
    }
    Ok(Exit::Complete)
}

/// All of the span in one chart.
async fn whole(
    db: &Database,
    user: &ArchivedUser,
    span: Option<Span>,
    said: &music::Decades,
    mode: Mode,
) -> Result<(), Trouble> {
    let played = db.albums.played_albums(user.id, span.unwrap_or(Span::EVER)).await?;
    let years = ReleaseYears::of(&played);
    let step = if said.by_year && mode != Mode::Json { 1 } else { 10 };
    let tops = tops(&*db.albums, &played.albums, step).await?;
    match mode {
        Mode::Json => as_json(user, span.unwrap_or(Span::EVER), &years, &tops),
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log => {
            let measure = if said.albums { Measure::Albums } else { Measure::Plays };
            let (place, tops) = (&db.place, &tops);
            let chart = Chart { user: &user.name, span, years: &years, tops, step, measure, place };
            chart.lines().iter().for_each(|line| output::line(line));
        }
    }
    Ok(())
}

/// Each month in a line.
async fn months(
    db: &Database,
    user: &ArchivedUser,
    span: Option<Span>,
    said: &music::Decades,
    mode: Mode,
) -> Result<(), Trouble> {
    let Some((first, last)) = db.store.bounds(user.id).await? else { return Ok(()) };
    let lived = Span::new(first, last.plus(1)).intersection(span.unwrap_or(Span::EVER));
    // Not the sum of the months, in which an album counts each time.
    let all = ReleaseYears::of(&db.albums.played_albums(user.id, lived).await?);
    let mut months = Vec::new();
    for month in dates::months(lived) {
        let years = ReleaseYears::of(&db.albums.played_albums(user.id, month).await?);
        months.push((month, years));
    }
    match mode {
        Mode::Json => {
            for (month, years) in &months {
                as_json(user, *month, years, &BTreeMap::new());
            }
        }
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log => {
            let measure = if said.albums { Measure::Albums } else { Measure::Plays };
            let (years, tops, place) = (&all, &BTreeMap::new(), &db.place);
            let chart = Chart { user: &user.name, span, years, tops, step: 10, measure, place };
            chart.months(&months).iter().for_each(|line| output::line(line));
        }
    }
    Ok(())
}

/// What is played most of each decade (or of as many years as `step` says), by its first year.
async fn tops(
    store: &dyn AlbumStore,
    played: &[PlayedAlbum],
    step: i16,
) -> StoreResult<BTreeMap<i16, Vec<Top>>> {
    let mut by_year: BTreeMap<i16, Vec<(&PlayedAlbum, i16)>> = BTreeMap::new();
    for album in played {
        if let Some(year) = album.year {
            by_year.entry(year - year.rem_euclid(step)).or_default().push((album, year));
        }
    }
    for albums in by_year.values_mut() {
        albums.sort_by_key(|(album, _)| (std::cmp::Reverse(album.plays), album.id));
        albums.truncate(TOP);
    }
    let ids: Vec<AlbumId> = by_year.values().flatten().map(|(album, _)| album.id).collect();
    let known = store.albums(&ids).await?.into_iter().map(|album| (album.id, album));
    let mut known: HashMap<AlbumId, KnownAlbum> = known.collect();
    let mut top = |(album, year): (&PlayedAlbum, i16)| {
        let known = known.remove(&album.id)?;
        Some(Top { album: known, year, plays: album.plays })
    };
    let tops = by_year.into_iter();
    Ok(tops
        .map(|(year, albums)| (year, albums.into_iter().filter_map(&mut top).collect()))
        .collect())
}

fn as_json(user: &ArchivedUser, span: Span, years: &ReleaseYears, tops: &BTreeMap<i16, Vec<Top>>) {
    let decades = years.decades().map(|(decade, amount)| Decade {
        first_year: decade,
        plays: amount.plays,
        albums: amount.albums,
        top: tops.get(&decade).into_iter().flatten().map(top_album).collect(),
    });
    let in_year = years.years.iter().map(|(year, amount)| ReleasedIn {
        year: *year,
        plays: amount.plays,
        albums: amount.albums,
    });
    let dated = years.dated();
    let undated_albums: u64 = years.undated.values().map(|amount| amount.albums).sum();
    json::print(&Line::ReleaseYears {
        user: user.name.as_str(),
        span: span.into(),
        plays: years.plays,
        albums: dated.albums + undated_albums,
        dated_plays: dated.plays,
        dated_albums: dated.albums,
        decades: decades.collect(),
        years: in_year.collect(),
        undated: (&years.undated).into(),
        plays_without_album: years.without_album,
    });
}

fn top_album(top: &Top) -> TopAlbum<'_> {
    TopAlbum {
        album: top.album.id.0,
        artist: &top.album.artist,
        title: &top.album.title,
        year: top.year,
        plays: top.plays,
    }
}
