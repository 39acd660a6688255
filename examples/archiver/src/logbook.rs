//! What `worker` says: a line for each job that ended, with the date and time (UTC) in front.

use crew::{JobOutcome, Observer, Upstream};
use jobs::{Kind, Task};
use lastfm_core::Timestamp;
use serde::Serialize;
use terminal::database::Place;
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};

use crate::journal::{now, stamped};
use crate::{board, json};

/// A line of `--json`. Moments are seconds since 1970 UTC.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    WorkerStarted {
        at: i64,
        worker: &'a str,
        db: &'a str,
        jobs_db: &'a str,
    },
    JobEnded {
        at: i64,
        kind: Kind,
        user: &'a str,
        year: Option<i16>,
        job: i64,
        how: JobOutcome,
        words: &'a str,
    },
    OutageBegan {
        at: i64,
        service: Upstream,
        reason: &'a str,
    },
    OutageEnded {
        at: i64,
        service: Upstream,
    },
    WorkerStopped {
        at: i64,
        exit_code: u8,
    },
}

#[derive(Debug)]
pub(crate) struct Logbook {
    mode: Mode,
}

impl Logbook {
    pub(crate) fn new(mode: Mode) -> Self {
        Self { mode }
    }

    pub(crate) fn started(&self, worker: &str, db: &Place, jobs: &jobs::Place, heard: &str) {
        if self.mode == Mode::Json {
            let (db, jobs_db) = (&*db.to_string(), &*jobs.to_string());
            return json::print(&Line::WorkerStarted { at: at(), worker, db, jobs_db });
        }
        let jobs = match jobs {
            jobs::Place::Sqlite(path) => format!(" (in {})", path.display()),
            _ => String::new(),
        };
        self.say(&format!("{worker} works on the jobs of {db}{jobs}{heard}"));
    }

    /// Something that ends the worker.
    pub(crate) fn trouble(&self, trouble: &Trouble) {
        trouble.tell(self.mode);
    }

    pub(crate) fn stopped(&self, exit: Exit) {
        if self.mode == Mode::Json {
            return json::print(&Line::WorkerStopped { at: at(), exit_code: exit.code() });
        }
        if exit == Exit::Complete {
            self.say("stopped; what is archived is safe, and another worker goes on");
        }
    }

    fn say(&self, text: &str) {
        if self.mode.is_for_people() {
            output::line(&stamped(text));
        }
    }
}

impl Observer for Logbook {
    fn ended(&self, task: &Task, how: JobOutcome, words: &str) {
        let Task { kind, user, year, job, .. } = task;
        if self.mode == Mode::Json {
            let user = user.as_str();
            return json::print(&Line::JobEnded {
                at: at(),
                kind: *kind,
                user,
                year: *year,
                job: *job,
                how,
                words,
            });
        }
        let job = board::named(*kind, user, *year);
        match how {
            JobOutcome::Finished => self.say(&format!("{job}: {words}")),
            JobOutcome::Cancelled => self.say(&format!("{job}: cancelled")),
            JobOutcome::GaveUp => output::note(&stamped(&format!("! {job}: {words}"))),
            JobOutcome::FailedOnce => {
                output::note(&stamped(&format!("! {job}: {words}; tried again later")));
            }
            _ => {}
        }
    }

    fn outage_began(&self, of: Upstream, reason: &str) {
        if self.mode == Mode::Json {
            return json::print(&Line::OutageBegan { at: at(), service: of, reason });
        }
        let what = match of {
            Upstream::MusicBrainz => "enrich jobs",
            _ => "all jobs",
        };
        output::note(&stamped(&format!("! {reason}; {what} wait until that is over")));
    }

    fn outage_ended(&self, of: Upstream) {
        if self.mode == Mode::Json {
            return json::print(&Line::OutageEnded { at: at(), service: of });
        }
        self.say(&format!("{} answers again", of.name()));
    }
}

fn at() -> i64 {
    Timestamp::from_unix(i64::try_from(now().as_secs()).unwrap_or(i64::MAX)).as_unix()
}
