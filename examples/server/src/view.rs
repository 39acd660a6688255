//! How a year stands, in words and figures: what its page, its stream and its JSON tell.

use std::sync::Arc;
use std::time::Duration;

use jobs::{State, Status};
use lastfm_core::Username;
use lastfm_core::archive::Span;
use serde::Serialize;
use terminal::{dates, show};
use utoipa::ToSchema;

use crate::app::App;
use crate::failure::Failure;
use crate::listening::YearOf;
use crate::orders::QueuePosition;
use crate::standing::{JobStates, Standing, this_year};

/// How words begin that go on with what is not for everybody.
const INSIDE: [&str; 4] = [
    crew::STORE_FAILED,
    "the work panicked",
    "the slice could not begin",
    "the end of a slice could not be written",
];

/// What is being done about a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Nobody has asked for it.
    Unordered,
    /// In line.
    Waiting,
    /// Plays are being fetched.
    Fetching,
    /// Years of release are being looked up.
    LookingUp,
    /// Something went wrong; it goes on by itself.
    Resting,
    /// Somebody has paused all jobs of this kind, or all of this listener's.
    Paused,
    /// It was given up, or cancelled.
    Failed,
    /// All plays are archived, some of its albums were never looked up, and nobody is at it.
    NotLookedUp,
    /// Nothing is left to do.
    Done,
}

/// How a year stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct View {
    /// Whose.
    pub(crate) user: String,
    /// Which year, UTC.
    pub(crate) year: i16,
    /// What is being done.
    pub(crate) phase: Phase,
    /// The same for a person, in one line.
    pub(crate) line: String,
    /// How much of it is done: plays, or albums.
    pub(crate) done: u64,
    /// Of how much, if that is known.
    pub(crate) total: Option<u64>,
    /// How much a second.
    pub(crate) rate: Option<f64>,
    /// How long it takes still.
    pub(crate) seconds_left: Option<u64>,
    /// How many jobs come before it.
    pub(crate) jobs_before: Option<usize>,
    /// Albums that were found for certain, by a likeness of names, and not at all.
    pub(crate) matched: u64,
    pub(crate) fuzzy_matched: u64,
    pub(crate) not_found: u64,
    /// Whether all plays of the year are archived, but for what Last.fm refuses.
    pub(crate) covered: bool,
    /// Plays of the year that are archived, and how many of them have a year.
    pub(crate) plays: u64,
    pub(crate) dated_plays: u64,
    /// Changes whenever the chart does.
    pub(crate) chart: String,
}

/// A year, all of it.
pub(crate) struct YearData {
    pub(crate) view: View,
    pub(crate) standing: Option<Arc<Standing>>,
    pub(crate) job_states: Arc<JobStates>,
    /// Nothing as long as nothing is archived.
    pub(crate) year: Option<Arc<YearOf>>,
}

impl App {
    /// How a year stands now.
    pub(crate) async fn look(&self, user: &Username, year: i16) -> Result<YearData, Failure> {
        let job_states = self.job_states(user, Some(year)).await?;
        let standing = self.standing(user).await?;
        let change = job_states.enrich.as_ref().map_or(0, |state| state.change);
        let of = match &standing {
            Some(standing) => Some(self.year_of(standing, year, change).await?),
            None => None,
        };
        let span = Span::year(year).unwrap_or(Span::EVER);
        let covered = standing.as_ref().is_some_and(|standing| standing.covers(span));
        let mut view = View { covered, ..View::new(user.as_str(), year) };
        if let Some(of) = &of {
            (view.plays, view.dated_plays) = (of.years.plays, of.years.dated().plays);
            view.chart.clone_from(&of.version);
        }
        let failed = |state: &&State| matches!(state.status, Status::Failed | Status::Cancelled);
        if let Some(state) = job_states.fetching() {
            view.at_work(state, self.turn(state).await?, Phase::Fetching, "play");
        } else if !covered && let Some(state) = job_states.fetch.as_ref().filter(failed) {
            view.phase = Phase::Failed;
            view.line = match state.status {
                Status::Cancelled => "cancelled".to_owned(),
                _ => why(state).unwrap_or("it was given up").to_owned(),
            };
        } else if let Some(state) = job_states.enriching() {
            view.at_work(state, self.turn(state).await?, Phase::LookingUp, "album");
        } else if covered {
            let is_pending = of.as_ref().is_some_and(|of| of.is_pending());
            if is_pending && self.finds_years {
                view.phase = Phase::NotLookedUp;
                view.line = match job_states.enrich.as_ref().filter(failed) {
                    Some(state) => {
                        let why = why(state).unwrap_or("it was given up");
                        format!("all plays are here · no release years: {why}")
                    }
                    None => "all plays are here · release years not looked up yet".to_owned(),
                };
            } else {
                let checked = standing.as_ref().and_then(|standing| standing.end());
                // What is over stays as it is.
                view.line = match checked.filter(|_| year == this_year()) {
                    Some(at) => format!("complete up to {}", show::ago(dates::now().since(at))),
                    None => "complete".to_owned(),
                };
                if is_pending {
                    view.line.push_str(" · this server does not look up release years");
                }
            }
        } else if self.logins.is_paused(user).await? {
            view.phase = Phase::Paused;
            view.line = format!("not fetched · {user} has paused it");
        } else {
            view.phase = Phase::Unordered;
            "not fetched yet".clone_into(&mut view.line);
        }
        Ok(YearData { view, standing, job_states, year: of })
    }
}

/// What a job that archives everything does, in one line.
pub(crate) fn line_of(state: &State, turn: QueuePosition) -> String {
    let mut view = View::new(state.user.as_str(), 0);
    view.at_work(state, turn, Phase::Fetching, "play");
    view.line
}

/// What went wrong with a job, as far as it is everybody's: what a database or a file says is for
/// whoever runs this server.
fn why(state: &State) -> Option<&str> {
    let words = state.error.as_deref()?;
    if words == crew::NO_CONTACT {
        return Some("nobody was there to be asked");
    }
    let is_inside = INSIDE.iter().any(|inside| words.starts_with(inside));
    Some(words.split_once(": ").filter(|_| is_inside).map_or(words, |(inside, _)| inside))
}

impl View {
    fn new(user: &str, year: i16) -> Self {
        Self {
            user: user.to_owned(),
            year,
            phase: Phase::Done,
            line: String::new(),
            done: 0,
            total: None,
            rate: None,
            seconds_left: None,
            jobs_before: None,
            matched: 0,
            fuzzy_matched: 0,
            not_found: 0,
            covered: false,
            plays: 0,
            dated_plays: 0,
            chart: String::new(),
        }
    }

    /// Whether nothing more happens by itself.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Failed | Phase::NotLookedUp | Phase::Done)
    }

    /// How far it is, from 0 to 100.
    pub(crate) fn percent(&self) -> Option<u64> {
        let total = self.total.filter(|total| *total > 0)?;
        Some((self.done.min(total) * 100).div_ceil(total))
    }

    fn at_work(&mut self, state: &State, turn: QueuePosition, phase: Phase, unit: &str) {
        let progress = &state.progress;
        (self.done, self.total) = (progress.done, progress.total);
        self.rate = progress.rate.filter(|_| state.is_fresh());
        self.matched = progress.matched;
        self.fuzzy_matched = progress.fuzzy_matched;
        self.not_found = progress.not_found;
        let is_begun = state.started_at.is_some();
        self.phase = match state.status {
            _ if state.paused => Phase::Paused,
            Status::Resting => Phase::Resting,
            Status::Waiting if !is_begun || turn.nobody_works => Phase::Waiting,
            _ => phase,
        };
        let mut parts = Vec::new();
        match self.phase {
            Phase::Paused => parts.push("paused by whoever runs this server".to_owned()),
            Phase::Resting => {
                let why = why(state).or(progress.message.as_deref());
                parts.push(why.unwrap_or("something went wrong").to_owned());
                if let Some(at) = state.resume_at {
                    let wait = Duration::from_secs(at.since(state.as_of).as_secs().max(1));
                    parts.push(format!("goes on by itself in {}", show::about(wait)));
                }
            }
            Phase::Waiting => {
                self.jobs_before = Some(turn.before);
                parts.push("waiting in line".to_owned());
                parts.push(match turn.before {
                    _ if turn.nobody_works => "nobody is at work here at the moment".to_owned(),
                    0 => "next to come".to_owned(),
                    before => format!("{} before it", show::count(before as u64, "job")),
                });
            }
            _ if state.nobody_since().is_some() => {
                parts
                    .push("whoever was at it is gone; it goes on by itself in a minute".to_owned());
            }
            _ => {
                let what = match phase {
                    Phase::LookingUp => "finding release years",
                    _ if progress.phase.is_empty() => "fetching",
                    _ => &progress.phase,
                };
                parts.push(what.to_owned());
                parts.extend(self.how_far(unit));
                parts.extend(self.found());
                parts.extend(progress.message.clone());
            }
        }
        self.line = parts.join(" · ");
    }

    /// `862 found, 39 not`
    fn found(&self) -> Option<String> {
        let found = self.matched + self.fuzzy_matched;
        let is_known = found + self.not_found > 0;
        let not = |not: u64| format!("{} found, {} not", show::number(found), show::number(not));
        is_known.then(|| not(self.not_found))
    }

    /// `3,200 of 9,412 plays` and `12 s left`
    fn how_far(&mut self, unit: &str) -> Vec<String> {
        let mut parts = Vec::new();
        if let Some(total) = self.total.filter(|total| *total > 0) {
            let done = show::number(self.done.min(total));
            parts.push(format!("{done} of {}", show::count(total, unit)));
            let left = total.saturating_sub(self.done);
            #[expect(clippy::cast_precision_loss, reason = "Nobody has played 2^52 tracks.")]
            let seconds = self.rate.filter(|rate| *rate > 0.0).map(|rate| left as f64 / rate);
            let seconds = seconds.filter(|seconds| left > 0 && *seconds < 1e7);
            if let Some(seconds) = seconds {
                let left = Duration::from_secs_f64(seconds.ceil());
                self.seconds_left = Some(left.as_secs());
                parts.push(format!("{} left", show::time(left)));
            }
        } else if self.done > 0 {
            parts.push(show::count(self.done, unit));
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_words_end_an_event_or_begin_another() {
        let mut view = View::new("rj\r\ndata: {}", 2024);
        "busy\n\nevent: end\ndata: {}\r\rid: 1".clone_into(&mut view.line);
        let event = serde_json::to_string(&view).unwrap();
        assert!(!event.contains(['\n', '\r']), "{event}");
    }
}
