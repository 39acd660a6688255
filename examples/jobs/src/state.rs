//! How a job stands: what watchers see, and what outlives restarts.

use std::time::Duration;

use lastfm_core::{Timestamp, Username};
use serde::{Deserialize, Serialize};

use crate::database::{Database, on};
use crate::order::Key;
use crate::{Error, Kind, Priority};

/// After this time a slice that has not ended is given to another worker. The work itself is
/// dropped five seconds earlier, so that two workers are never at one job.
pub const RESCUE_AFTER: Duration = Duration::from_secs(45);
/// What was told of a job within this time is what it does now. A few pages of a service that is slow
/// take no longer.
const FRESH: Duration = Duration::from_secs(20);

/// How far a job has come. Every field may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// What is being done, in a word or two: `"fetching 2014"`. A change of it is told at once,
    /// everything else about once a second.
    pub phase: String,
    /// How much of it is done, in what the phase counts (plays, albums).
    pub done: u64,
    /// Of how much; `None` as long as nobody knows.
    pub total: Option<u64>,
    /// How much of it a second.
    pub rate: Option<f64>,
    /// Of those that were looked up, how many were found for certain.
    pub matched: u64,
    /// How many were found by a likeness of names.
    pub fuzzy_matched: u64,
    /// How many were not found.
    pub not_found: u64,
    /// How many were left out on purpose, or refused.
    pub skipped: u64,
    /// How much came new with it.
    pub added: u64,
    /// How much of what was there before was changed.
    pub changed: u64,
    /// How much of what was there before is gone.
    pub removed: u64,
    /// Down to where it is done, if it goes from the newest to the oldest: the next slice goes on
    /// from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reached: Option<Timestamp>,
    /// What a person should know now: `"Last.fm is busy, trying again in 4 s"`.
    pub message: Option<String>,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// In line: ordered, or between two slices.
    Waiting,
    /// A worker is at it. If it is not, [`State::nobody_since`] tells.
    Running,
    /// Something went wrong, and it is tried again at [`State::resume_at`].
    Resting,
    /// Done.
    Finished,
    /// Somebody did not want it any more.
    Cancelled,
    /// Given up: [`State::error`] says why, [`State::retryable`] whether to order it again.
    Failed,
}

impl Status {
    /// The word for it in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Resting => "resting",
            Self::Finished => "finished",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether the job goes on by itself: only then no second one of its kind and year can be ordered.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Waiting | Self::Running | Self::Resting)
    }

    pub(crate) fn read(word: &str) -> Result<Self, Error> {
        Ok(match word {
            "waiting" => Self::Waiting,
            "running" => Self::Running,
            "resting" => Self::Resting,
            "finished" => Self::Finished,
            "cancelled" => Self::Cancelled,
            "failed" => Self::Failed,
            _ => return Err(Error::Row { table: "fetch_jobs", why: format!("status {word:?}") }),
        })
    }
}

/// How the newest job of one kind, user and year stands, as it was at [`as_of`](Self::as_of).
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct State {
    /// What the job does.
    pub kind: Kind,
    /// For whom.
    pub user: Username,
    /// Of which year (UTC) of the user's history; `None`: of all of it.
    pub year: Option<i16>,
    /// The job's number. A later order of the same kind, user and year has a higher one.
    pub job: i64,
    /// Where it stands.
    pub status: Status,
    /// Whether jobs of this kind are paused: this one begins no further slice until they go on.
    pub paused: bool,
    /// How urgent it is.
    pub priority: Priority,
    /// How far it has come.
    pub progress: Progress,
    /// What came of it, once it is finished.
    pub summary: Option<String>,
    /// What went wrong last, in words. It stays until a slice goes well.
    pub error: Option<String>,
    /// Whether to order it again can help, if it failed.
    pub retryable: bool,
    /// How often it failed in a row.
    pub failures: u32,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// When its first slice began.
    pub started_at: Option<Timestamp>,
    /// When it was last heard of.
    pub updated_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When it goes on, if it rests or its turn is later.
    pub resume_at: Option<Timestamp>,
    /// When the slice in work began; `None` if nobody is at work.
    pub slice_at: Option<Timestamp>,
    /// Who is at work, or was last.
    pub worker: Option<String>,
    /// Rises with every change of this kind, user and year, over all of their jobs.
    pub change: i64,
    /// When this was read, by the database's clock.
    pub as_of: Timestamp,
}

impl State {
    /// Whether how far it has come was told a moment ago. If not, its pace says nothing any more
    /// of when it will be done: whoever is at it may have died.
    pub fn is_fresh(&self) -> bool {
        self.as_of.since(self.updated_at) < FRESH
    }

    /// Since when nobody is at work, though somebody should be: its worker died or is cut off. The
    /// job goes on by itself as soon as any worker runs.
    pub fn nobody_since(&self) -> Option<Timestamp> {
        let lease = i64::try_from(RESCUE_AFTER.as_secs()).unwrap_or(i64::MAX);
        let began = self.slice_at.filter(|_| self.status == Status::Running)?;
        (self.as_of.as_unix() > began.as_unix().saturating_add(lease)).then_some(began)
    }
}

/// A row of `fetch_jobs`, beside what River says of the job.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Row {
    kind: String,
    username: String,
    year: i16,
    job_id: i64,
    status: String,
    priority: i16,
    details: String,
    summary: Option<String>,
    error: Option<String>,
    retryable: bool,
    failures: i32,
    ordered_at: i64,
    started_at: Option<i64>,
    updated_at: i64,
    finished_at: Option<i64>,
    resume_at: Option<i64>,
    slice_at: Option<i64>,
    worker: Option<String>,
    change: i64,
    paused: bool,
    /// Whether River has forgotten the job.
    gone: bool,
    as_of: i64,
}

/// What a [`Row`] is read with.
const SELECT: &str = "SELECT f.kind, f.username, f.year, f.job_id, f.status, f.priority, \
     f.details, f.summary, f.error, f.retryable, f.failures, f.ordered_at, f.started_at, \
     f.updated_at, f.finished_at, f.resume_at, f.slice_at, f.worker, f.change, \
     q.paused_at IS NOT NULL AS paused, j.id IS NULL AS gone, {now} AS as_of \
     FROM fetch_jobs f LEFT JOIN river_job j ON j.id = f.job_id \
     LEFT JOIN river_queue q ON q.name = f.kind";

impl Row {
    fn into_state(self) -> Result<State, Error> {
        let wrong = |why: String| Error::Row { table: "fetch_jobs", why };
        let written = Status::read(&self.status)?;
        // Somebody has removed it by hand: nobody will ever work on it.
        let status = if written.is_live() && self.gone { Status::Failed } else { written };
        let at = Timestamp::from_unix;
        Ok(State {
            kind: self.kind.parse()?,
            user: self.username.parse().map_err(|error| wrong(format!("{error}")))?,
            year: Key::year_of(self.year),
            job: self.job_id,
            status,
            paused: self.paused,
            priority: Priority::from_number(self.priority),
            progress: serde_json::from_str(&self.details)
                .map_err(|error| wrong(error.to_string()))?,
            summary: self.summary,
            error: self.error,
            retryable: self.retryable,
            failures: u32::try_from(self.failures).unwrap_or_default(),
            ordered_at: at(self.ordered_at),
            started_at: self.started_at.map(at),
            updated_at: at(self.updated_at),
            finished_at: self.finished_at.map(at),
            resume_at: self.resume_at.map(at),
            slice_at: self.slice_at.map(at),
            worker: self.worker,
            change: self.change,
            as_of: at(self.as_of),
        })
    }
}

/// Which years jobs are about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Years {
    /// Whatever they are about.
    #[default]
    Any,
    /// All years at once.
    Whole,
    /// This year.
    Only(i16),
}

impl From<Option<i16>> for Years {
    fn from(year: Option<i16>) -> Self {
        year.map_or(Self::Whole, Self::Only)
    }
}

impl Years {
    fn takes(self, year: Option<i16>) -> bool {
        match self {
            Self::Any => true,
            Self::Whole => year.is_none(),
            Self::Only(only) => year == Some(only),
        }
    }
}

/// Which jobs are meant: all of them, or those of one kind, one user, one year.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// This kind only.
    pub kind: Option<Kind>,
    /// This user only.
    pub user: Option<Username>,
    /// These years only.
    pub year: Years,
    /// Only jobs that go on by themselves. A watch tells of their ends, too.
    pub live: bool,
}

impl Filter {
    /// The newest job of one kind and user, of one year or of all.
    pub fn one(kind: Kind, user: &Username, year: Option<i16>) -> Self {
        Self { kind: Some(kind), user: Some(user.clone()), year: year.into(), live: false }
    }

    pub(crate) fn takes(&self, state: &State) -> bool {
        self.kind.is_none_or(|kind| kind == state.kind)
            && self.user.as_ref().is_none_or(|user| *user == state.user)
            && self.year.takes(state.year)
            && (!self.live || state.status.is_live())
    }
}

/// The states that a filter takes, by user, kind and year.
pub(crate) async fn read(database: &Database, filter: &Filter) -> Result<Vec<State>, Error> {
    let kind = filter.kind.map(Kind::as_str);
    let user = filter.user.as_ref().map(Username::folded);
    // The plain form finds its rows by the key, those of all years; the other reads the whole table anyway.
    let is_one = kind.is_some() && user.is_some();
    let which = if is_one {
        "f.kind = $1 AND f.user_key = $2"
    } else {
        "(CAST($1 AS text) IS NULL OR f.kind = $1) \
         AND (CAST($2 AS text) IS NULL OR f.user_key = $2)"
    };
    let live = if filter.live { "AND f.status IN ('waiting', 'running', 'resting')" } else { "" };
    let sql = format!("{SELECT} WHERE {which} {live} ORDER BY f.user_key, f.kind, f.year");
    let rows: Vec<Row> = on!(database, pool => {
        sqlx::query_as(database.sql(&sql)).bind(kind).bind(user).fetch_all(pool).await?
    });
    let states = rows.into_iter().map(Row::into_state).filter(|state| match state {
        Ok(state) => filter.takes(state),
        // A newer version may have written it: that is no reason to know of no other job.
        Err(error) if !is_one => {
            tracing::warn!(%error, "a job cannot be read");
            false
        }
        Err(_) => true,
    });
    states.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sync in a slice that began at second 1,000, told of last at this second, looked at then.
    fn running(told: i64, now: i64) -> State {
        let row = Row {
            kind: "sync".to_owned(),
            username: "rj".to_owned(),
            year: 2024,
            job_id: 1,
            status: "running".to_owned(),
            priority: 1,
            details: "{}".to_owned(),
            summary: None,
            error: None,
            retryable: true,
            failures: 0,
            ordered_at: 900,
            started_at: Some(1000),
            updated_at: told,
            finished_at: None,
            resume_at: None,
            slice_at: Some(1000),
            worker: None,
            change: 7,
            paused: false,
            gone: false,
            as_of: now,
        };
        row.into_state().unwrap()
    }

    #[test]
    fn a_pace_of_which_nothing_was_heard_for_a_while_is_not_believed() {
        for (told, now, is_fresh, is_attended) in [
            (1000, 1000, true, true),
            (1010, 1029, true, true),
            // Its worker was killed, or Last.fm is slow: nobody can tell yet.
            (1010, 1030, false, true),
            (1010, 1046, false, false),
            // A clock that was set back.
            (1010, 1005, true, true),
        ] {
            let state = running(told, now);
            let stands = (state.is_fresh(), state.nobody_since().is_none());
            assert_eq!(stands, (is_fresh, is_attended), "{told} {now}");
        }
    }
}
