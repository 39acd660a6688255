//! `sync --every`: the loop around the schedule. It ends when it is told to stop, or when no later
//! run could help anybody.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use lastfm_core::Username;
use lastfm_core::archive::{Archiver, Report, SyncError};
use terminal::exit::{Exit, Trouble};
use terminal::musicbrainz::MusicBrainz;
use terminal::output::Mode;

use crate::job::Job;
use crate::journal::{Journal, now};
use crate::progress::View;
use crate::rounds::Rounds;
use crate::schedule::{Outcome, Schedule, UserRun};
use crate::summary::Summary;
use crate::years_beside::Years;

/// Last.fm itself is not asked more often: a play shows up once it is over.
const SHORTEST: Duration = Duration::from_secs(60);
/// The longest sleep. A clock that was set, or a machine that slept, is noticed after it.
const NAP: Duration = Duration::from_secs(30);

/// Brings these users up to date, everyone in the file if none is named, every so often. After each
/// round `source` is asked what identifiers tell of the years of new albums.
pub(crate) async fn run(
    job: &Job,
    named: &[Username],
    every: Duration,
    source: Option<MusicBrainz>,
) -> Result<Exit, Trouble> {
    if job.is_real && every < SHORTEST {
        let what = "every minute is as often as Last.fm should be asked";
        return Err(Trouble::new(Exit::Failed, "bad_setting", what).advice("Nothing was changed."));
    }
    let users = job.users(named).await?;
    let mut rounds = Rounds::new(every, dice(), now());
    let journal = Journal::new(job.mode, job.db.place.clone());
    journal.started(&users, every, rounds.after(now()));
    let identity = job.db.place.identity();
    let years = source.map(|source| Years::new(job, source));
    let service = Service { job, named, journal, identity, years };
    let exit = service.serve(&mut rounds).await;
    service.journal.stopped(exit);
    Ok(exit)
}

struct Service<'a> {
    job: &'a Job,
    named: &'a [Username],
    journal: Journal,
    /// Of the file, as it was opened.
    identity: Option<(u64, u64)>,
    years: Option<Years<'a>>,
}

/// A run that has ended.
struct Ended {
    turn: UserRun,
    outcome: Result<Report, SyncError>,
    took: Duration,
    /// Spans that Last.fm refused in it.
    refused: u64,
    reached: Option<lastfm_core::Timestamp>,
}

impl Service<'_> {
    async fn serve(&self, rounds: &mut Rounds) -> Exit {
        let mut schedule = Schedule::default();
        let mut runs = FuturesUnordered::new();
        // One at a time: it goes on while the next round begins.
        let mut lookups = FuturesUnordered::new();
        let mut exit = Exit::Complete;
        let mut is_ending = false;
        loop {
            if !is_ending {
                if rounds.is_due(now()) {
                    if let Some(trouble) = self.is_moved() {
                        self.journal.trouble(&trouble, None);
                        self.job.end_runs();
                        exit = trouble.exit;
                        is_ending = true;
                        continue;
                    }
                    rounds.begin(now());
                    let next = rounds.after(now());
                    // A database that does not answer must not keep it from ending.
                    tokio::select! {
                        () = self.begin_round(&mut schedule, next) => {}
                        () = self.job.stop.asked() => {
                            is_ending = true;
                            continue;
                        }
                    }
                }
                while let Some(turn) = schedule.next_turn() {
                    let is_outage = schedule.is_outage();
                    runs.push(self.one(turn, is_outage));
                }
                if let Some(overview) = schedule.overview(now()) {
                    self.journal.overview(&overview, rounds.after(now()));
                }
            } else if runs.is_empty() {
                return exit;
            }
            let nap = rounds.wait(now()).min(NAP);
            tokio::select! {
                Some(ended) = runs.next(), if !runs.is_empty() => {
                    let next = rounds.after(now());
                    let (ends, is_finished) =
                        self.ended(&mut schedule, ended, next, is_ending).await;
                    if let Some(years) = self.years.as_ref().filter(|_| is_finished)
                        && lookups.is_empty()
                    {
                        lookups.push(years.look_up(self.named));
                    }
                    if ends && !is_ending {
                        exit = Exit::NeedsPerson;
                        is_ending = true;
                        self.job.end_runs();
                    }
                }
                Some(told) = lookups.next(), if !lookups.is_empty() => {
                    if let Some(told) = told {
                        self.journal.years(&told);
                    }
                }
                () = self.job.stop.asked(), if !is_ending => is_ending = true,
                () = tokio::time::sleep(nap), if !is_ending => {}
            }
        }
    }

    async fn begin_round(&self, schedule: &mut Schedule, next: Duration) {
        match self.users().await {
            Ok(users) => {
                let (round, names) = schedule.begin_round(users, now());
                self.journal.round_started(&round, &names);
                if names.is_empty() {
                    self.journal.round_finished(&round, next);
                }
            }
            Err(trouble) => {
                if schedule.is_hindered(trouble.code) {
                    self.journal.trouble(&trouble, Some(next));
                }
            }
        }
    }

    /// An open file stays the same file when it is moved or deleted: what is written to it then is
    /// found by nobody.
    fn is_moved(&self) -> Option<Trouble> {
        if self.job.db.place.identity() == self.identity {
            return None;
        }
        let what = format!("{} was moved, replaced or deleted", self.job.db.place);
        let advice =
            "Nothing more is written. Started again, it goes on with the file of that name.";
        Some(Trouble::new(Exit::Failed, "archive_moved", what).advice(advice))
    }

    /// Who takes part, and whether it is their first import.
    async fn users(&self) -> Result<Vec<(Username, bool)>, Trouble> {
        let names = self.job.users(self.named).await?;
        let mut users = Vec::with_capacity(names.len());
        for name in names {
            let is_import = match self.job.db.store.user(&name).await? {
                Some(user) => self.job.db.store.book(user.id).await?.last_success_at.is_none(),
                None => true,
            };
            users.push((name, is_import));
        }
        Ok(users)
    }

    async fn one(&self, turn: UserRun, is_outage: bool) -> Ended {
        let began = Instant::now();
        let job = self.job;
        // The bar is for one who waits for it.
        let is_watched = turn.is_import && self.named.len() == 1 && job.mode == Mode::Terminal;
        let view = View::new(job.mode, job.plan, turn.user.clone());
        let mut view = if is_watched { view } else { view.of_a_service() };
        let archiver = job.archiver(&turn.user, is_outage);
        let run = |archiver: &Archiver| archiver.sync(turn.user.clone());
        let outcome = job.follow(&turn.user, &archiver, run, &mut view).await;
        view.clear();
        let (refused, reached) = (view.refused_count(), view.reached());
        Ended { turn, outcome, took: began.elapsed(), refused, reached }
    }

    /// Says what is to be said of a run; whether the service ends, and whether it was the last one of
    /// a round. Once the service ends, what else fails is no news to a person.
    async fn ended(
        &self,
        schedule: &mut Schedule,
        ended: Ended,
        next: Duration,
        is_ending: bool,
    ) -> (bool, bool) {
        let Ended { turn, outcome, took, refused, reached } = ended;
        let is_json = self.job.mode == Mode::Json;
        let effects = match outcome {
            Ok(report) => {
                let outcome =
                    if report.stopped { Outcome::Stopped } else { Outcome::Done(report.replaced) };
                let effects = schedule.ended(&turn, &outcome, now());
                let (db, is_demo) = (&self.job.db, self.job.demo.is_some());
                let summary = Summary { report, span: None, db, took, reached, is_demo };
                if is_json {
                    summary.tell(Mode::Json).await;
                } else if summary.report.stopped {
                    if turn.is_import {
                        self.journal.stopped_in_import(&summary);
                    }
                } else {
                    self.journal.run(&summary, refused, effects.recovered.as_ref());
                }
                effects
            }
            // It is the stop that it could not go on for.
            Err(SyncError::NotNow { .. }) if is_ending && !is_json => {
                schedule.ended(&turn, &Outcome::Stopped, now())
            }
            Err(error) => {
                let trouble = self.job.trouble(error, &turn.user).await;
                let effects = schedule.ended(&turn, &self.outcome_of(&trouble), now());
                if is_json || (!is_ending && (effects.is_news || effects.ends)) {
                    self.journal.trouble(&trouble, Some(next).filter(|_| !effects.ends));
                }
                effects
            }
        };
        if let Some(round) = &effects.finished {
            self.journal.round_finished(round, next);
        }
        (effects.ends, effects.finished.is_some())
    }

    /// What a trouble means to the schedule.
    fn outcome_of(&self, trouble: &Trouble) -> Outcome {
        let (code, what) = (trouble.code, trouble.what.clone());
        match trouble.exit {
            _ if self.job.is_everybodys(trouble) => Outcome::Everybody,
            Exit::NeedsPerson => Outcome::Person { code, what },
            _ => Outcome::Later { code, what },
        }
    }
}

/// A number from 0 to 1 that differs between processes.
fn dice() -> f64 {
    let random = RandomState::new().build_hasher().finish() >> 32;
    u32::try_from(random).map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}
