//! `status`: how the archives stand, without asking Last.fm.

use std::time::Duration;

use lastfm_core::Timestamp;
use lastfm_core::albums::{ReleaseYears, Status};
use lastfm_core::archive::{ArchiveStatus, Doubt, Estimate, Span};
use terminal::database::Place;
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::{dates, show};

use crate::json::{self, Line};
use crate::{archive, cli};

/// Plays that a request asks for, as `sync` does unless it is told otherwise.
const PAGE_SIZE: u32 = 1000;
/// Spans that are listed in a line; of more, the number is told.
const LISTED: usize = 5;

/// Tells how the archives stand.
pub(crate) async fn run(
    said: cli::Status,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let db = archive::open_existing(environment.db(db)).await?;
    let store = &*db.store;
    let users = match &said.user {
        Some(name) => vec![archive::user(&db, name).await?],
        None => store.users().await?,
    };
    if users.is_empty() && mode.is_for_people() {
        output::line(&format!("{}: nobody is archived here yet", db.place));
    }
    let now = dates::now();
    let rate = environment.rate(None, environment.service()?.as_ref())?;
    let mut standings = Vec::with_capacity(users.len());
    for user in users {
        let doubts = store.doubts(user.id).await?;
        let years = ReleaseYears::of(&db.albums.played_albums(user.id, Span::EVER).await?);
        let status = ArchiveStatus::read(store, user).await?;
        standings.push(Standing::new(status, doubts, years, now, said.max_age, rate));
    }
    let widest = standings.iter().map(|one| one.status.user.name.as_str().chars().count()).max();
    for standing in &standings {
        match mode {
            Mode::Json => standing.as_json(),
            Mode::Quiet if standing.is_too_old => output::note(&standing.too_old()),
            Mode::Quiet => {}
            Mode::Terminal | Mode::Log => standing.in_words(widest.unwrap_or_default()),
        }
    }
    Ok(standings.iter().map(Standing::exit).max().unwrap_or(Exit::Complete))
}

/// One user's archive, looked at now.
struct Standing {
    status: ArchiveStatus,
    /// Plays of which it is not known whether Last.fm has removed them.
    doubts: Vec<Doubt>,
    /// Nothing if no album was looked up yet.
    years: Option<ReleaseYears>,
    age: Option<Duration>,
    max_age: Option<Duration>,
    is_too_old: bool,
    /// About how many requests would fetch what is missing.
    requests: u64,
    /// How long they would take.
    length: Duration,
}

impl Standing {
    fn new(
        status: ArchiveStatus,
        doubts: Vec<Doubt>,
        years: ReleaseYears,
        now: Timestamp,
        max_age: Option<Duration>,
        rate: f64,
    ) -> Self {
        let age = status.staleness(now);
        let is_too_old = max_age.is_some_and(|max| age.is_none_or(|age| age > max));
        // What was played since the last run is not missing yet.
        let lacks = !status.missing.is_empty() || status.book.last_success_at.is_none();
        let estimate = Estimate::of_archive(&status, None, now, PAGE_SIZE);
        let requests = if lacks { estimate.request_count } else { 0 };
        // Far below where `f64` gets coarse.
        #[allow(clippy::cast_precision_loss)]
        let length = Duration::try_from_secs_f64(requests as f64 / rate).unwrap_or(Duration::MAX);
        let is_known = |status: &Status| *status != Status::Pending;
        let is_looked_up = !years.years.is_empty() || years.undated.keys().any(is_known);
        let years = is_looked_up.then_some(years);
        Self { status, doubts, years, age, max_age, is_too_old, requests, length }
    }

    fn exit(&self) -> Exit {
        if self.is_too_old { Exit::NotNow } else { Exit::Complete }
    }

    fn in_words(&self, width: usize) {
        let ArchiveStatus { user, count, bounds, book, .. } = &self.status;
        let name = user.name.as_str();
        let plays = show::number(count.plays);
        let unit = if count.plays == 1 { "play " } else { "plays" };
        let range = match bounds {
            Some((first, last)) => format!("  {} – {}", show::day(*first), show::minute(*last)),
            None => String::new(),
        };
        let complete = if self.status.is_complete() { "complete" } else { "incomplete" };
        let checked = match self.age {
            Some(age) => format!("checked {}", show::ago(age)),
            None => "never checked to the end".to_owned(),
        };
        let padded = format!("{name}{}", " ".repeat(width.saturating_sub(name.chars().count())));
        output::line(&format!("{padded}  {plays:>11} {unit}{range}  {complete}, {checked}"));
        let indent = " ".repeat(width);
        for line in self.details() {
            output::line(&format!("{indent}  {line}"));
        }
        if self.is_too_old {
            output::line(&format!("{indent}  ! {}", self.too_old()));
        }
        if let Some((at, reason)) = &book.last_error {
            let reason = show::complaint(reason);
            output::line(&format!(
                "{indent}  ! the last run failed on {}: {reason}",
                show::minute(*at)
            ));
        }
    }

    fn details(&self) -> Vec<String> {
        let status = &self.status;
        let (program, name) = (show::program(), &status.user.name);
        let mut lines = vec![match status.covered[..] {
            [] if status.is_half_copy => {
                format!("a copy that is not finished: {program} move {name} goes on with it")
            }
            [] => "nothing is covered yet".to_owned(),
            [Span { start: Timestamp::MIN, end }] => {
                format!("covered: everything up to {}", show::minute(end))
            }
            [.., Span { end, .. }] if status.is_complete() && !status.holes.is_empty() => {
                format!("covered: everything up to {} but what Last.fm refuses", show::minute(end))
            }
            _ => format!("covered: {}", list(&status.covered)),
        }];
        if !status.missing.is_empty() {
            let requests = show::count(self.requests, "request");
            let missing = list(&status.missing);
            let length = show::about(self.length);
            lines.push(format!("missing: {missing} (about {requests}, {length})"));
        }
        for hole in status.holes.iter().take(LISTED) {
            let what = if hole.span.seconds() == 1 { "1 second" } else { "a span" };
            let tries =
                if hole.tries == 1 { "once".to_owned() } else { format!("{} times", hole.tries) };
            lines.push(format!(
                "{what} refused by Last.fm: {} (tried {tries}, again from {} on; {})",
                show::span(hole.span),
                show::minute(hole.next_try_at),
                show::complaint(&hole.reason),
            ));
        }
        if let Some(more) = status.holes.len().checked_sub(LISTED).filter(|more| *more > 0) {
            lines.push(format!("{more} more refused by Last.fm; all of them with --json"));
        }
        if status.removed_count > 0 {
            let plays = show::count(status.removed_count, "play");
            lines.push(format!(
                "{plays} removed on Last.fm since they were archived, kept here ({program} removed {name})"
            ));
        }
        if let Some(since) = self.doubts.iter().map(|doubt| doubt.since).min() {
            let plays = show::count(status.count.doubted, "play");
            let since = show::day(since);
            let spans: Vec<_> = self.doubts.iter().map(|doubt| doubt.span).collect();
            lines.push(format!(
                "? {plays} of {} in doubt: not shown by Last.fm since {since}, kept here",
                list(&spans)
            ));
            lines.push(format!(
                "  a later run finds out; if they were deleted: {program} audit {name} --accept-removals"
            ));
        }
        if let Some(since) = status.book.audit_begun_at {
            let since = show::day(since);
            lines.push(format!(
                "the audit that began on {since} is not over: {program} audit {name} --deep goes on"
            ));
        }
        if let Some(years) = &self.years {
            lines.push(format!("{}: {program} decades {name}", show::share(years)));
        }
        if status.book.residual != 0 {
            let plays = show::count(status.book.residual.unsigned_abs(), "play");
            let more = if status.book.residual > 0 { "more" } else { "fewer" };
            lines.push(format!("Last.fm counts {plays} {more} than it shows anywhere"));
        }
        lines
    }

    fn too_old(&self) -> String {
        let max = self.max_age.map(show::time).unwrap_or_default();
        let name = &self.status.user.name;
        match self.age {
            Some(age) => {
                format!("the last success for {name} is {} ago, allowed are {max}", show::time(age))
            }
            None => format!("no run for {name} has come to its end yet, allowed are {max}"),
        }
    }

    fn as_json(&self) {
        let status = &self.status;
        let spans = |spans: &[Span]| spans.iter().map(|span| (*span).into()).collect();
        let unix = |at: Option<Timestamp>| at.map(Timestamp::as_unix);
        let error = status.book.last_error.as_ref();
        json::print(&Line::Status {
            user: status.user.name.as_str(),
            held: status.count.plays,
            in_doubt: status.count.doubted,
            removed: status.removed_count,
            residual: status.book.residual,
            first_played_at: unix(status.bounds.map(|(first, _)| first)),
            last_played_at: unix(status.bounds.map(|(_, last)| last)),
            registered_at: unix(status.user.registered_at),
            complete: status.is_complete(),
            half_copy: status.is_half_copy,
            dated_plays: self.years.as_ref().map(|years| years.dated().plays),
            covered: spans(&status.covered),
            missing: spans(&status.missing),
            missing_requests: self.requests,
            missing_seconds: self.length.as_secs(),
            doubts: self.doubts.iter().map(Into::into).collect(),
            refused: status.holes.iter().map(Into::into).collect(),
            last_success_at: unix(status.book.last_success_at),
            age_seconds: self.age.map(|age| age.as_secs()),
            too_old: self.is_too_old,
            last_error_at: unix(error.map(|(at, _)| *at)),
            last_error: error.map(|(_, reason)| reason.as_str()),
            exit_code: self.exit().code(),
        });
    }
}

fn list(spans: &[Span]) -> String {
    let mut words: Vec<_> =
        spans.iter().rev().take(LISTED).rev().map(|one| show::span(*one)).collect();
    if let Some(more) = spans.len().checked_sub(LISTED).filter(|more| *more > 0) {
        words.insert(0, format!("{more} older"));
    }
    words.join(", ")
}
