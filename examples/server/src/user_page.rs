//! `/user/{name}`: the years of somebody's, what they listened to last and most, and how their archive
//! stands.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use lastfm_core::archive::{ArchiveStatus, Span};
use lastfm_core::{Timestamp, Track};
use terminal::{columns, dates, show};

use crate::address::ClientAddress;
use crate::app::{self, App};
use crate::failure::Failure;
use crate::latest::{Heard, heard};
use crate::layout::{Layout, Page, album_address, music_segment, segment};
use crate::listening::Profile;
use crate::path;
use crate::people::Person;
use crate::standing::{Standing, this_year};
use crate::tops::{Top, Tops};
use crate::user_overview::UserOverview;
use crate::visitor::Visitor;
use crate::year_page::moved;

/// How often a browser without scripts looks again while something is done, seconds.
const LOOK: u32 = 10;

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage {
    layout: Layout,
    name: String,
    home: String,
    /// `185,212 plays since Feb 2005`
    lead: String,
    /// How the archive stands, a fact each.
    facts: Vec<Fact>,
    /// Whether everything can be fetched at a click.
    can_fetch: bool,
    years: Vec<YearRow>,
    playing: Option<Music>,
    heard: Vec<Heard>,
    trend: Option<Trend>,
    tops: Vec<(&'static str, Vec<TopRow>)>,
}

/// Something about an archive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fact {
    pub(crate) words: String,
    pub(crate) needs_care: bool,
}

struct YearRow {
    year: i16,
    plays: Option<String>,
    /// Of a hundred, of the year with the most plays.
    share: u64,
    words: String,
}

/// A track, and where more of it is: the page of its album here, or at Last.fm.
pub(crate) struct Music {
    pub(crate) artist: String,
    pub(crate) title: String,
    pub(crate) href: String,
}

struct TopRow {
    music: Music,
    plays: String,
}

/// Plays of each of the last months, as a template draws it.
struct Trend {
    bars: Vec<TrendBar>,
    /// `4,100 plays in the last twelve months, 12 % more than in the twelve before`
    words: String,
    first: String,
    last: String,
}

struct TrendBar {
    left: usize,
    top: u64,
    height: u64,
    title: String,
    is_recent: bool,
}

/// The page. Orders nothing.
pub(crate) async fn show(
    visitor: Visitor,
    client: ClientAddress,
    State(app): app::State,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let UserOverview { person, standing, job_states, profile, plays, playing, tops } =
        app.gather(&path::name(&name)?, client).await?;
    if person.name.as_str() != name {
        return Ok(moved(&person, ""));
    }
    let mut facts = standing.as_ref().map_or_else(Vec::new, |standing| facts(&standing.status));
    if let Some(state) = job_states.fetching() {
        let words = app.line_of(state).await?;
        facts.insert(0, Fact { words, needs_care: false });
    }
    let is_whole = standing.as_ref().is_some_and(|standing| is_whole(standing, &person));
    let home = format!("/user/{}", segment(person.name.as_str()));
    let layout = Layout::new(visitor).at_lastfm(format!("https://www.last.fm{home}"));
    let page = UserPage {
        layout: if job_states.fetching().is_some() { layout.refresh(LOOK) } else { layout },
        home,
        lead: lead(&person, standing.as_deref()),
        can_fetch: !is_whole && job_states.fetching().is_none(),
        facts,
        years: years(&person, profile.as_deref()),
        playing: playing.as_ref().map(Music::of),
        heard: plays.iter().map(heard).collect(),
        trend: profile.as_deref().and_then(Trend::of),
        tops: tops.map_or_else(Vec::new, |tops| rows(&tops)),
        name: person.name.to_string(),
    };
    Ok(Page(page).into_response())
}

/// `POST /user/{name}/fetch`: orders that everything is archived.
pub(crate) async fn fetch(
    client: ClientAddress,
    State(app): app::State,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let person = app.person(&path::name(&name)?, client).await?;
    app.order_fetch(&person.name, None, client).await?;
    Ok(Redirect::to(&format!("/user/{}", segment(person.name.as_str()))).into_response())
}

/// Whether everything since the account was made is archived.
fn is_whole(standing: &Standing, person: &Person) -> bool {
    let first = person.registered_at.unwrap_or(Timestamp::from_unix(0));
    let end = standing.end().unwrap_or(Timestamp::MIN);
    standing.covers(Span::new(first, end))
}

fn lead(person: &Person, standing: Option<&Standing>) -> String {
    let archived = standing.map(|standing| standing.status.count.plays);
    let plays = person.play_count.max(archived);
    let plays = plays.map(|plays| show::count(plays, "play"));
    let since = person.registered_at.map(|at| format!("since {}", show::month(at)));
    let parts: Vec<String> = plays.into_iter().chain(since).collect();
    parts.join(" ")
}

/// What there is to say of an archive.
pub(crate) fn facts(status: &ArchiveStatus) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut say = |needs_care, words| facts.push(Fact { words, needs_care });
    let spans = |spans: &[Span]| {
        let named: Vec<String> = spans.iter().take(3).map(|span| show::span(*span)).collect();
        let more = spans.len().saturating_sub(named.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", named.join(", "))
    };
    if !status.covered.is_empty() {
        let plays = show::count(status.count.plays, "play");
        let stretches = match &status.covered[..] {
            [one] if one.start == Timestamp::MIN => {
                format!("everything up to {}", show::minute(one.end))
            }
            stretches => spans(stretches),
        };
        say(false, format!("{plays} archived: {stretches}"));
    }
    if !status.holes.is_empty() {
        let refused: Vec<Span> = status.holes.iter().map(|hole| hole.span).collect();
        say(true, format!("refused by Last.fm, tried again daily: {}", spans(&refused)));
    }
    if status.removed_count > 0 {
        let plays = show::count(status.removed_count, "play");
        say(false, format!("{plays} removed at Last.fm since, kept here"));
    }
    if let Some(at) = status.book.last_success_at {
        say(false, format!("last brought up to date {}", show::ago(dates::now().since(at))));
    }
    if let Some((at, why)) = &status.book.last_error
        && status.book.last_success_at.is_none_or(|success| success < *at)
    {
        let ago = show::ago(dates::now().since(*at));
        say(true, format!("{ago} it failed: {}", show::complaint(why)));
    }
    facts
}

/// Years since the account was made, newest first; earlier ones as far as there are plays.
fn years(person: &Person, profile: Option<&Profile>) -> Vec<YearRow> {
    let archived = profile.map_or(&[][..], |profile| &profile.years[..]);
    let of = |year: i16| archived.iter().find(|one| one.year == Some(year));
    let registered = person.registered_at.and_then(Timestamp::year);
    let oldest = archived.iter().filter_map(|one| one.year).min();
    let first = registered.into_iter().chain(oldest).min().unwrap_or(2002);
    let most = archived.iter().map(|year| year.held).max().unwrap_or(0).max(1);
    let row = |year: i16| {
        let Some(held) = of(year).filter(|one| one.held > 0 || one.is_covered()) else {
            return YearRow { year, plays: None, share: 0, words: "not fetched yet".to_owned() };
        };
        let gaps: Vec<String> = held.missing.iter().take(2).map(|gap| show::span(*gap)).collect();
        let words = match (held.is_covered(), held.held) {
            (true, 0) => "no plays".to_owned(),
            (true, _) => String::new(),
            (false, _) => format!("missing {}", gaps.join(", ")),
        };
        let plays = Some(show::number(held.held)).filter(|_| held.held > 0);
        YearRow { year, plays, share: held.held * 100 / most, words }
    };
    (first..=this_year()).rev().map(row).collect()
}

fn rows(tops: &Tops) -> Vec<(&'static str, Vec<TopRow>)> {
    let lists = [("Artists", &tops.artists), ("Albums", &tops.albums), ("Tracks", &tops.tracks)];
    let row = |top: &Top| {
        let artist = music_segment(&top.artist);
        let at_lastfm = |rest: &str| format!("https://www.last.fm/music/{artist}{rest}");
        let href = match (&top.title, lists[1].1.contains(top)) {
            (None, _) => at_lastfm(""),
            (Some(title), true) => album_address(&top.artist, title),
            (Some(title), false) => at_lastfm(&format!("/_/{}", music_segment(title))),
        };
        let music = Music {
            artist: top.artist.clone(),
            title: top.title.clone().unwrap_or_default(),
            href,
        };
        TopRow { music, plays: show::number(top.plays) }
    };
    let filled = lists.into_iter().filter(|(_, tops)| !tops.is_empty());
    filled.map(|(name, tops)| (name, tops.iter().map(row).collect())).collect()
}

impl Music {
    pub(crate) fn of(track: &Track) -> Self {
        let made = || {
            let (artist, name) = (music_segment(&track.artist), music_segment(&track.name));
            format!("https://www.last.fm/music/{artist}/_/{name}")
        };
        // Only an address at Last.fm is one to follow.
        let url = track.url.clone().filter(|url| url.starts_with("https://www.last.fm/"));
        Self {
            artist: track.artist.clone(),
            title: track.name.clone(),
            href: match &track.album {
                Some(album) => album_address(&track.artist, album),
                None => url.unwrap_or_else(made),
            },
        }
    }
}

impl Trend {
    /// Nothing where nothing was played.
    fn of(profile: &Profile) -> Option<Self> {
        let months = &profile.months;
        let most = months.iter().filter_map(|(_, plays)| *plays).max().filter(|most| *most > 0)?;
        let half = months.len().saturating_sub(12);
        // Nothing where a month is not archived.
        let sum = |months: &[(Timestamp, Option<u64>)]| {
            months.iter().map(|(_, plays)| *plays).sum::<Option<u64>>()
        };
        let (before, recent) = (sum(&months[..half]), sum(&months[half..]));
        let words = match (before, recent) {
            (_, None) => "Not all of the last twelve months are archived".to_owned(),
            (None | Some(0), Some(recent)) => in_twelve(recent),
            (Some(before), Some(recent)) if recent >= before => {
                let more = columns::percent(recent - before, before);
                format!("{}, {more} more than in the twelve before", in_twelve(recent))
            }
            (Some(before), Some(recent)) => {
                let fewer = columns::percent(before - recent, before);
                format!("{}, {fewer} fewer than in the twelve before", in_twelve(recent))
            }
        };
        let bar = |(left, (month, plays)): (usize, &(Timestamp, Option<u64>))| {
            let height = (plays.unwrap_or_default() * 100).div_ceil(most);
            let plays = plays.map(|plays| show::count(plays, "play"));
            let plays = plays.unwrap_or_else(|| "not archived".to_owned());
            let title = format!("{}: {plays}", show::month(*month));
            TrendBar { left, top: 100 - height, height, title, is_recent: left >= half }
        };
        Some(Self {
            bars: months.iter().enumerate().map(bar).collect(),
            words,
            first: months.first().map_or_else(String::new, |(month, _)| show::month(*month)),
            last: months.last().map_or_else(String::new, |(month, _)| show::month(*month)),
        })
    }
}

fn in_twelve(plays: u64) -> String {
    format!("{} in the last twelve months", show::count(plays, "play"))
}

impl App {
    /// What a job does, in one line.
    pub(crate) async fn line_of(self: &Arc<Self>, state: &jobs::State) -> Result<String, Failure> {
        let turn = self.turn(state).await?;
        Ok(crate::view::line_of(state, turn))
    }
}
