//! How jobs stand, in words for a person: a table, and a line for each.

use std::fmt::Write as _;

use jobs::{Kind, State, Status};
use lastfm_core::{Timestamp, Username};
use serde::Serialize;
use terminal::output;
use terminal::show;

/// A line of `--json`.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Line<'a> {
    Job {
        #[serde(flatten)]
        state: &'a State,
        /// Since when nobody is at work on it, though somebody should be.
        nobody_since: Option<Timestamp>,
    },
    Ordered {
        kind: Kind,
        user: &'a str,
        year: Option<i16>,
        job: i64,
        new: bool,
    },
    History {
        kind: Kind,
        user: &'a str,
        #[serde(flatten)]
        entry: &'a jobs::Entry,
    },
    Paused {
        kinds: Vec<Kind>,
        paused: bool,
    },
    /// Nobody works on jobs.
    Unattended,
}

impl<'a> Line<'a> {
    pub(crate) fn job(state: &'a State) -> Self {
        Self::Job { state, nobody_since: state.nobody_since() }
    }
}

/// All of them, as a table.
pub(crate) fn print(states: &[State]) {
    let heads = ["job", "user", "stands", "", "since"].map(str::to_owned);
    let rows = states.iter().map(|state| {
        let (kind, user) = (kind(state.kind, state.year), state.user.to_string());
        [kind, user, stands(state), what(state), since(state)]
    });
    let rows: Vec<_> = std::iter::once(heads).chain(rows).collect();
    // The longest tells come before the last column: it would be pushed off the screen by them.
    let order = [0, 1, 2, 4, 3];
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<_> = (0..5).map(|column| width(column).unwrap_or_default()).collect();
    for row in &rows {
        let mut line = String::new();
        for column in order {
            let gap = (widths[column] + 2).saturating_sub(row[column].chars().count());
            line.push_str(&row[column]);
            line.extend(std::iter::repeat_n(' ', gap));
        }
        output::line(line.trim_end());
    }
}

/// `sync rj: fetching 2014 · 112,000 of 185,212 plays · 92 a second`
pub(crate) fn line(state: &State) -> String {
    let job = named(state.kind, &state.user, state.year);
    let mut line = format!("{job}: {}", stands(state));
    let what = what(state);
    if !what.is_empty() {
        let _ = write!(line, " · {what}");
    }
    line
}

/// `sync rj`, `sync 2014 rj`
pub(crate) fn named(of: Kind, user: &Username, year: Option<i16>) -> String {
    format!("{} {user}", kind(of, year))
}

/// `sync`, `sync 2014`
pub(crate) fn kind(kind: Kind, year: Option<i16>) -> String {
    year.map_or_else(|| kind.to_string(), |year| format!("{kind} {year}"))
}

/// Where it stands, in a word or two.
pub(crate) fn stands(state: &State) -> String {
    let later =
        |at: Option<Timestamp>| at.filter(|at| *at > state.as_of).map(|at| until(state, at));
    match state.status {
        Status::Running if state.nobody_since().is_some() => "nobody at work".to_owned(),
        Status::Running if state.progress.phase.is_empty() => "running".to_owned(),
        Status::Running => state.progress.phase.clone(),
        _ if state.paused && state.status.is_live() => "paused".to_owned(),
        Status::Waiting => match later(state.resume_at) {
            Some(at) => format!("due {at}"),
            // Between two slices.
            None if state.started_at.is_some() => "in line again".to_owned(),
            None => "in line".to_owned(),
        },
        Status::Resting => match later(state.resume_at) {
            Some(at) => format!("again {at}"),
            None => "in line again".to_owned(),
        },
        status => status.as_str().to_owned(),
    }
}

/// What there is to say of it.
fn what(state: &State) -> String {
    match state.status {
        Status::Finished => return state.summary.clone().unwrap_or_default(),
        Status::Failed => return state.error.clone().unwrap_or_default(),
        Status::Cancelled => return String::new(),
        _ => {}
    }
    let progress = &state.progress;
    let mut parts = Vec::new();
    if let Some(began) = state.nobody_since() {
        let ago = show::ago(state.as_of.since(began));
        parts.push(format!("its worker was last heard of {ago}"));
    }
    let counted = if progress.phase == crew::FINDING_YEARS { "album" } else { "play" };
    match progress.total {
        Some(total) => {
            let (done, all) = (show::number(progress.done), show::count(total, counted));
            parts.push(format!("{done} of {all}"));
        }
        None if progress.done > 0 => parts.push(show::count(progress.done, counted)),
        None => {}
    }
    if state.status == Status::Running {
        // Shown without decimals, and never negative.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rate = progress.rate.filter(|_| state.is_fresh()).map(|rate| rate.round() as u64);
        let rate = rate.filter(|rate| *rate > 0);
        parts.extend(rate.map(|rate| format!("{} a second", show::number(rate))));
        parts.extend(progress.message.clone());
    }
    parts.extend(state.error.clone());
    parts.join(" · ")
}

/// Since when it stands there, more or less.
fn since(state: &State) -> String {
    let at = match state.status {
        Status::Finished | Status::Cancelled | Status::Failed => state.finished_at,
        _ => state.started_at,
    };
    show::ago(state.as_of.since(at.unwrap_or(state.ordered_at)))
}

/// `at 15:03:20`, `at 18:30`, `on 23 Nov 2026 at 01:12`
fn until(state: &State, at: Timestamp) -> String {
    if show::day(at) != show::day(state.as_of) {
        format!("on {} at {}", show::day(at), show::minute_of_day(at))
    } else if at.since(state.as_of).as_secs() < 60 * 60 {
        format!("at {}", show::second_of_day(at))
    } else {
        format!("at {}", show::minute_of_day(at))
    }
}
