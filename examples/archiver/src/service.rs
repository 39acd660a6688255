//! `sync --every`: the loop around the schedule. It ends when it is told to stop, or when no later
//! run could help anybody.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use lastfm_core::Username;
use lastfm_core::archive::{ArchiveStore, Report, SyncError};

use crate::exit::{Exit, Trouble};
use crate::job::Job;
use crate::journal::{Journal, now};
use crate::output::Mode;
use crate::progress::View;
use crate::schedule::{Outcome, Schedule, Turn};
use crate::summary::Summary;
use crate::trouble;

/// Last.fm itself is not asked more often: a play shows up once it is over.
const SHORTEST: Duration = Duration::from_secs(60);
/// The longest sleep. A clock that was set, or a machine that slept, is noticed after it.
const NAP: Duration = Duration::from_secs(30);

/// Brings these users up to date, everyone in the file if none is named, every so often.
pub(crate) async fn run(job: &Job, named: &[Username], every: Duration) -> Result<Exit, Trouble> {
    if job.is_real && every < SHORTEST {
        let what = "every minute is as often as Last.fm should be asked";
        return Err(Trouble::new(Exit::Failed, "bad_setting", what).advice("Nothing was changed."));
    }
    let users = job.users(named).await?;
    let mut schedule = Schedule::new(every, dice(), now());
    let journal = Journal::new(job.mode, job.path.clone());
    journal.started(&users, every, schedule.round_after(now()));
    let service = Service { job, named, journal };
    let exit = service.serve(&mut schedule).await;
    service.journal.stopped(exit);
    Ok(exit)
}

struct Service<'a> {
    job: &'a Job,
    named: &'a [Username],
    journal: Journal,
}

/// A run that has ended.
struct Ended {
    turn: Turn,
    outcome: Result<Report, SyncError>,
    took: Duration,
    /// Spans that Last.fm refused in it.
    refused: u64,
    reached: Option<lastfm_core::Timestamp>,
}

impl Service<'_> {
    async fn serve(&self, schedule: &mut Schedule) -> Exit {
        let mut runs = FuturesUnordered::new();
        let mut exit = Exit::Complete;
        let mut is_ending = false;
        loop {
            if !is_ending {
                if schedule.is_due(now()) {
                    self.begin_round(schedule).await;
                }
                while let Some(turn) = schedule.next_turn() {
                    let is_outage = schedule.is_outage();
                    runs.push(self.one(turn, is_outage));
                }
                if let Some(survey) = schedule.survey(now()) {
                    self.journal.survey(&survey, schedule.round_after(now()));
                }
            } else if runs.is_empty() {
                return exit;
            }
            let nap = schedule.next_round().saturating_sub(now()).min(NAP);
            tokio::select! {
                Some(ended) = runs.next(), if !runs.is_empty() => {
                    if self.ended(schedule, ended, is_ending).await && !is_ending {
                        exit = Exit::NeedsPerson;
                        is_ending = true;
                        self.job.archiver(false).stop();
                    }
                }
                () = self.job.stop.asked(), if !is_ending => is_ending = true,
                () = tokio::time::sleep(nap), if !is_ending => {}
            }
        }
    }

    async fn begin_round(&self, schedule: &mut Schedule) {
        match self.users().await {
            Ok(users) => {
                let (round, names) = schedule.begin_round(users, now());
                self.journal.round_started(&round, &names);
                if names.is_empty() {
                    self.journal.round_finished(&round, schedule.next_round());
                }
            }
            Err(trouble) => {
                schedule.skip_round(now());
                self.journal.trouble(&trouble, schedule.next_round());
            }
        }
    }

    /// Who takes part, and whether it is their first import.
    async fn users(&self) -> Result<Vec<(Username, bool)>, Trouble> {
        let names = self.job.users(self.named).await?;
        let mut users = Vec::with_capacity(names.len());
        for name in names {
            let is_import = match self.job.store.user(&name).await? {
                Some(user) => self.job.store.book(user.id).await?.last_success_at.is_none(),
                None => true,
            };
            users.push((name, is_import));
        }
        Ok(users)
    }

    async fn one(&self, turn: Turn, is_outage: bool) -> Ended {
        let began = Instant::now();
        let job = self.job;
        // The bar is for one who waits for it.
        let is_watched = turn.is_import && self.named.len() == 1 && job.mode == Mode::Terminal;
        let view = View::new(job.mode, job.plan, turn.user.clone());
        let mut view = if is_watched { view } else { view.of_a_service() };
        let run = job.archiver(is_outage).sync(turn.user.clone());
        let outcome = job.follow(&turn.user, run, &mut view).await;
        view.clear();
        let (refused, reached) = (view.refused_count(), view.reached());
        Ended { turn, outcome, took: began.elapsed(), refused, reached }
    }

    /// Says what is to be said of a run; whether the service ends. Once it does, what else fails
    /// is no news to a person.
    async fn ended(&self, schedule: &mut Schedule, ended: Ended, is_ending: bool) -> bool {
        let Ended { turn, outcome, took, refused, reached } = ended;
        let is_json = self.job.mode == Mode::Json;
        let after = match outcome {
            Ok(report) => {
                let outcome =
                    if report.stopped { Outcome::Stopped } else { Outcome::Done(report.replaced) };
                let after = schedule.ended(&turn, &outcome, now());
                let (path, is_demo) = (&self.job.path, self.job.demo.is_some());
                let summary = Summary { report, span: None, path, took, reached, is_demo };
                if is_json {
                    summary.tell(Mode::Json, &self.job.store).await;
                } else if summary.report.stopped {
                    if turn.is_import {
                        self.journal.stopped_in_import(&summary);
                    }
                } else {
                    self.journal.run(&summary, refused, after.recovered.as_ref());
                }
                after
            }
            // It is the stop that it could not go on for.
            Err(SyncError::NotNow { .. }) if is_ending && !is_json => {
                schedule.ended(&turn, &Outcome::Stopped, now())
            }
            Err(error) => {
                let held = self.job.held(&turn.user).await;
                let trouble = trouble::of_run(error, &turn.user, held);
                let after = schedule.ended(&turn, &outcome_of(&trouble), now());
                if is_json || (!is_ending && (after.is_news || after.ends)) {
                    self.journal.trouble(&trouble, schedule.round_after(now()));
                }
                after
            }
        };
        if let Some(round) = &after.finished {
            self.journal.round_finished(round, schedule.next_round());
        }
        after.ends
    }
}

/// A number from 0 to 1 that differs between processes.
fn dice() -> f64 {
    let random = RandomState::new().build_hasher().finish() >> 32;
    u32::try_from(random).map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}

/// What a trouble means to the schedule.
fn outcome_of(trouble: &Trouble) -> Outcome {
    let (code, what) = (trouble.code, trouble.what.clone());
    match code {
        // The settings are read at the start: as long as the process runs, they stay wrong.
        "invalid_key" | "suspended_key" | "invalid_secret" | "invalid_session" => {
            Outcome::Everybody
        }
        _ if trouble.exit == Exit::NeedsPerson => Outcome::Person { code, what },
        _ => Outcome::Later { code, what },
    }
}
