//! A sync or an audit: a run of the archive engine for one user, with a name of its own.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use jobs::{Done, Ending, Kind, Slice, Task};
use lastfm_core::archive::{
    Archiver, Audit, Progress, Report, Run, Span, StoreResult, SyncError, WorkerId,
};
use lastfm_core::{ErrorClass, Timestamp};
use terminal::pace::Pace;
use terminal::signals::Stop;
use terminal::{process, settings, show};
use tokio::time::Instant;

use crate::Upstream;
use crate::slices::{Ended, Slices, of_store};

/// How long the place at work on a user is kept without a sign of life.
const LEASE: Duration = Duration::from_secs(50);
/// How long a run goes on without an answer. More is not worth a slice.
const PATIENCE: Duration = Duration::from_secs(20);
/// The same where an outage is known: an answer, or a second try.
const PATIENCE_OF_A_LOOK: Duration = Duration::from_secs(1);
/// How long the page in flight may still take once the time is up. When the worker stops, there is
/// no such time.
const LAST_PAGE: Duration = Duration::from_secs(6);

/// A run that is at work in a slice.
pub(crate) struct Working<'a> {
    pub(crate) task: &'a Task,
    pub(crate) slice: &'a Slice,
    pub(crate) name: WorkerId,
    pub(crate) archiver: Archiver,
    /// One in nobody's name, if that one has the session of the user.
    pub(crate) public: Option<Archiver>,
    /// Lets go of what the run waits for.
    pub(crate) stop: Stop,
    pub(crate) progress: jobs::Progress,
    pub(crate) pace: Option<Pace>,
    pub(crate) is_look: bool,
    /// Whether the slice was asked to end.
    pub(crate) ending: Option<Ending>,
}

/// What a run came to.
pub(crate) enum RunOutcome {
    Report(Report),
    Failed(SyncError),
    /// Somebody else is at work on the user, for so long.
    Others(Duration),
    /// It need not go on: nobody answers anybody.
    InVain,
}

impl Slices {
    /// Brings a user's archive, or one year of it, up to date, or checks it, for as long as a slice
    /// is.
    pub(crate) async fn read(
        &self,
        task: &Task,
        slice: &Slice,
        year: Option<Span>,
        is_look: bool,
    ) -> Ended {
        if self.is_forgotten(task).await {
            return Ended::forgotten();
        }
        let mut working = match self.begin(task, slice, is_look).await {
            Ok(working) => working,
            Err(error) => return Ended::new("store", Err(of_store(&error))),
        };
        // Newest first: what slices before this one have read again is done.
        let left = year.map(|year| {
            Span::new(year.start, task.progress.reached.map_or(year.end, |at| at.min(year.end)))
        });
        if left.is_some_and(Span::is_empty) {
            let words = self.finished_year(task, &task.progress).await;
            return Ended::new("finished", Ok(Done::Finished(words)));
        }
        self.look_for_the_dead(&task.user, &working.name).await;
        let came = self.work_in_a_name(&mut working, left).await;
        let (outcome, done) = self.judge(&working, came).await;
        if task.kind == Kind::Sync && matches!(done, Ok(Done::Finished(_))) {
            self.enrich_beside(&task.user, slice, &working.progress).await;
        }
        Ended::new(outcome, done)
    }

    async fn begin<'a>(
        &self,
        task: &'a Task,
        slice: &'a Slice,
        is_look: bool,
    ) -> StoreResult<Working<'a>> {
        let context = &self.context;
        let stop = Stop::new();
        let pacer = context.db.share(context.service.as_ref(), context.rate, &task.user);
        let pacer = Some(context.figures.over(pacer));
        let (network, credentials) = (Arc::clone(&context.network), context.credentials.clone());
        let client =
            settings::client_over(network, credentials, context.service.clone(), pacer, &stop);
        let name = process::part(&format!("{}-{}-{}", task.kind, task.job, task.number));
        let patience = if is_look { PATIENCE_OF_A_LOOK } else { PATIENCE };
        let archiver = Archiver::new(client, Arc::clone(&context.db.store), name.clone())
            .with_page_size(context.page_size)
            .with_patience(patience)
            .with_lease(LEASE / context.hurry);
        let (archiver, public) = match context.sessions.session_of(&task.user).await? {
            Some(session) => (archiver.clone().with_session(session), Some(archiver)),
            None => (archiver, None),
        };
        let mut progress = task.progress.clone();
        progress.message = None;
        let (pace, ending) = (None, None);
        Ok(Working { task, slice, name, archiver, public, stop, progress, pace, is_look, ending })
    }

    /// Runs the engine, in nobody's name if Last.fm no longer accepts the session of the user: a
    /// history that is shown to all is archived without one.
    async fn work_in_a_name(&self, working: &mut Working<'_>, span: Option<Span>) -> RunOutcome {
        let came = self.work(working, span).await;
        let RunOutcome::Failed(SyncError::Refused { source, .. }) = &came else { return came };
        let Some(public) = working.public.take() else { return came };
        if source.class() != ErrorClass::SessionExpired {
            return came;
        }
        working.archiver = public;
        match self.work(working, span).await {
            // Only the session shows it.
            RunOutcome::Failed(SyncError::Hidden { .. }) => came,
            again => again,
        }
    }

    /// Runs the engine: about this span, if the job is about one.
    async fn work(&self, working: &mut Working<'_>, span: Option<Span>) -> RunOutcome {
        let user = working.task.user.clone();
        let mut run: Run = match (working.task.kind, span) {
            (Kind::Audit, _) => working.archiver.audit(user, Audit::default()),
            (_, Some(span)) => working.archiver.sync_span(user, span),
            (_, None) => working.archiver.sync(user),
        };
        let asked = working.slice.ended();
        tokio::pin!(asked);
        let last_page = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(last_page);
        loop {
            let is_ending = working.ending.is_some();
            tokio::select! {
                step = run.next() => match step {
                    Some(Ok(Progress::Finished(report))) => return RunOutcome::Report(report),
                    Some(Ok(Progress::Waiting { by, .. })) => {
                        if let Some(free_in) = self.taken(&working.task.user, &working.name, &by).await {
                            return RunOutcome::Others(free_in);
                        }
                    }
                    Some(Ok(step)) => {
                        let is_retry = matches!(step, Progress::Retrying { .. });
                        if is_retry && !working.is_look && self.outage.reason().is_some() {
                            return RunOutcome::InVain;
                        }
                        self.step(working, &step);
                    }
                    Some(Err(error)) => return RunOutcome::Failed(error),
                    None => unreachable!("a run ends with a report or an error"),
                },
                ending = &mut asked, if !is_ending => {
                    working.ending = Some(ending);
                    working.archiver.stop();
                    let rest = if ending == Ending::TimeIsUp { LAST_PAGE } else { Duration::ZERO };
                    let rest = rest / self.context.hurry;
                    last_page.as_mut().reset(Instant::now() + rest);
                }
                () = &mut last_page, if is_ending && !working.stop.is_asked() => working.stop.ask(),
            }
        }
    }

    /// Tells how far the run is.
    fn step(&self, working: &mut Working<'_>, step: &Progress) {
        let now = std::time::Instant::now();
        let task = working.task;
        // A year that is archived already is read again: what counts is what was read.
        let before = task.progress.reached.map_or(0, |_| task.progress.done);
        let of_year =
            |read: u64, total: &Option<u64>| (before + read, total.map(|all| before + all));
        let progress = &mut working.progress;
        match step {
            Progress::Started { held, total, .. } => {
                self.answered();
                let (held, total) = task.year.map_or((*held, *total), |_| of_year(0, total));
                progress.phase = match task.year {
                    Some(year) => format!("fetching {year}"),
                    None => "looking for what is new".to_owned(),
                };
                (progress.done, progress.total, progress.message) = (held, total, None);
                // As planned, if this job is alone: others share the rate.
                let planned = f64::from(self.context.page_size) * self.context.rate;
                working.pace = Some(Pace::new(held, total).planned(Some(planned)));
            }
            Progress::Archived { span, replaced, held, total, read_count, .. } => {
                self.answered();
                self.context.figures.changed(*replaced);
                let (held, total) =
                    task.year.map_or((*held, *total), |_| of_year(*read_count, total));
                if task.year.is_some() {
                    let reached = progress.reached.into_iter().chain([span.start]).min();
                    progress.reached = reached;
                }
                progress.phase = format!("fetching {}", year(span.end.plus(-1)));
                (progress.done, progress.message) = (held, None);
                progress.total = total.or(progress.total);
                progress.added += replaced.added;
                progress.changed += replaced.changed;
                progress.removed += replaced.removed;
                let pace = working.pace.get_or_insert_with(|| Pace::new(held, total));
                pace.archived(*span, held, total, now);
                progress.rate = pace.rate();
            }
            Progress::Retrying { reason, wait, .. } => {
                "waiting for Last.fm".clone_into(&mut progress.phase);
                let again = show::time(*wait + Duration::from_millis(999));
                let words = format!("{}, trying again in {again}", show::complaint(reason));
                progress.message = Some(words);
            }
            Progress::Comparing { held, total, .. } => {
                "comparing".clone_into(&mut progress.phase);
                (progress.done, progress.total) = (*held, Some(*total));
            }
            _ => return,
        }
        working.slice.report(progress.clone());
    }

    pub(crate) fn answered(&self) {
        if self.outage.is_over() {
            self.context.figures.outage(false);
            self.context.observer.outage_ended(Upstream::Lastfm);
        }
    }
}

fn year(at: Timestamp) -> String {
    let day = show::day(at);
    day.rsplit_once(' ').map_or(day.clone(), |(_, year)| year.to_owned())
}
