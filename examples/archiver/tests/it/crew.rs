//! A folder, a fake Last.fm with many users, a database of either kind, and workers on it.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use lastfm_core::testing::Scenario;
use lastfm_postgres::testing::{Database, PrivateServer};
use serde_json::Value;

use crate::stage::{Ended, Stage, end};

pub(crate) struct Crew {
    pub(crate) stage: Stage,
    /// Removed at the end.
    database: Option<Database>,
    db: String,
}

/// Someone who listens, registered at another time than the others: accounts that were made in the
/// same second could be the same one, renamed.
pub(crate) fn listener(number: u8, plays: usize) -> Scenario {
    let mut scenario = Scenario::still(plays);
    if number > 0 {
        scenario.user = format!("user{number}");
    }
    scenario.history.years = f64::from(3 + number);
    scenario
}

impl Crew {
    pub(crate) fn sqlite(users: u8, plays: usize) -> Self {
        let stage = stage(users, plays);
        let db = stage.path("scrobbles.db").display().to_string();
        Self { stage, database: None, db }
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(users: u8, plays: usize) -> Self {
        let database = PrivateServer::shared().database();
        let db = database.url().to_owned();
        Self { stage: stage(users, plays), database: Some(database), db }
    }

    /// The program with these arguments, on the database.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.stage.command(arguments);
        command.env("SCROBBLES_DB", &self.db);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        end(self.command(arguments).spawn().unwrap())
    }

    /// A worker that orders nothing by itself.
    pub(crate) fn worker(&self, arguments: &[&str]) -> Child {
        let all = [&["worker", "--no-schedule"], arguments].concat();
        self.command(&all).spawn().unwrap()
    }

    /// Changes what is kept of jobs by hand.
    pub(crate) fn sql(&self, change: &str) {
        if let Some(database) = &self.database {
            database.sql(change);
        } else {
            let file = rusqlite::Connection::open(self.stage.path("scrobbles.jobs.db")).unwrap();
            file.execute_batch(change).unwrap();
        }
    }

    /// How all jobs stand.
    pub(crate) fn jobs(&self) -> Vec<Value> {
        let ended = self.run(&["jobs", "--json"]).ok();
        ended.json().into_iter().filter(|line| line["event"] == "job").collect()
    }

    /// Waits until the jobs stand so.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, stand_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let began = Instant::now();
        loop {
            let jobs = self.jobs();
            if stand_so(&jobs) {
                return jobs;
            }
            assert!(began.elapsed() < Duration::from_secs(120), "never: {what}\n{jobs:#?}");
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Asserts that the archive of this user holds what the service holds, play for play.
    pub(crate) fn assert_complete(&self, user: &str) {
        let truth = self.stage.server.lastfm().truth_of(user).unwrap();
        let mut expected: Vec<_> = truth
            .iter()
            .map(|play| (play.at.as_unix(), play.artist.to_string(), play.track.to_string()))
            .collect();
        let exported = self.run(&["export", user, "--format", "jsonl"]).ok();
        let mut found: Vec<_> = exported
            .out
            .lines()
            .map(|line| {
                let row: crate::stage::Row = serde_json::from_str(line).unwrap();
                (row.played_at, row.artist, row.track)
            })
            .collect();
        expected.sort();
        found.sort();
        assert_eq!(found.len(), expected.len(), "{user}");
        assert!(found == expected, "{user}: other plays than those of the service");
    }
}

fn stage(users: u8, plays: usize) -> Stage {
    let stage = Stage::new(&listener(0, plays));
    for number in 1..users {
        stage.server.lastfm().add_account(&listener(number, plays));
    }
    stage
}

/// Every test with both databases.
macro_rules! on_both {
    ($($name:ident ($users:expr, $plays:expr);)*) => {
        mod sqlite {
            $(#[test] fn $name() { super::$name(&crate::crew::Crew::sqlite($users, $plays)) })*
        }
        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[test] fn $name() { super::$name(&crate::crew::Crew::postgres($users, $plays)) })*
        }
    };
}
pub(crate) use on_both;
