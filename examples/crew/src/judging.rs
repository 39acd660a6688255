//! What follows from how a run ended, for its job and for all the others.

use std::time::Duration;

use jobs::{Done, Kind, Setback, Task};
use lastfm_core::archive::{Replaced, Report, Span, SyncError};
use terminal::{show, trouble};
use tokio::time::Instant;

use crate::Upstream;
use crate::outage::Permission;
use crate::reading::{RunOutcome, Working};
use crate::slices::{Slices, of_store};

/// What a run says that others kept from going on.
const OTHERS: &str = "someone else is at work";

impl Slices {
    /// What follows from how a run ended, and a word for it.
    pub(crate) async fn judge(
        &self,
        working: &Working<'_>,
        came: RunOutcome,
    ) -> (&'static str, Result<Done, Setback>) {
        let more = |after| Ok(Done::More { after });
        match came {
            RunOutcome::Report(report) if report.stopped => ("more", more(Duration::ZERO)),
            RunOutcome::Report(report) => {
                self.answered();
                let words = match working.task.year {
                    Some(_) => self.finished_year(working.task, &working.progress).await,
                    None => finished(working.task.kind, &report, &working.progress),
                };
                ("finished", Ok(Done::Finished(words)))
            }
            RunOutcome::Others(after) => ("taken", more(after)),
            RunOutcome::InVain => {
                let (after, reason) = match self.outage.leave(Instant::now()) {
                    Permission::Rest(after, reason) => (after, reason),
                    // It is over, or this one is to look: next time.
                    Permission::Ask | Permission::Look => (Duration::from_secs(1), String::new()),
                };
                ("outage", Err(Setback::Wait { after, reason }))
            }
            // It is the stop that it could not go on for.
            RunOutcome::Failed(SyncError::NotNow { .. }) if working.ending.is_some() => {
                ("more", more(Duration::ZERO))
            }
            RunOutcome::Failed(SyncError::NotNow { reason, .. }) if reason.starts_with(OTHERS) => {
                ("taken", more(Duration::from_secs(5)))
            }
            // About this user only, and an answer: it is asked again, later each time.
            RunOutcome::Failed(SyncError::NotNow { reason, .. }) if reason.starts_with("it ") => {
                self.answered();
                ("doubted", Err(Setback::Retry(show::complaint(&reason))))
            }
            RunOutcome::Failed(SyncError::NotNow { reason, .. }) => {
                let reason = show::complaint(&reason);
                let (after, is_news) = self.outage.begins(&reason, working.is_look, Instant::now());
                self.context.figures.outage(true);
                if is_news {
                    self.context.observer.outage_began(Upstream::Lastfm, &reason);
                }
                ("outage", Err(Setback::Wait { after, reason }))
            }
            RunOutcome::Failed(SyncError::Store { source, .. }) => {
                ("store", Err(of_store(&source)))
            }
            // Whoever copies it goes on some time, and Last.fm was not asked.
            RunOutcome::Failed(error @ SyncError::HalfCopy { .. }) => {
                let trouble = trouble::of_run(error, &working.task.user, 0, false);
                ("half_copy", Err(Setback::GiveUp(trouble.what)))
            }
            RunOutcome::Failed(error) => ("refused", Err(self.refused(working, error).await)),
        }
    }

    /// `5,234 plays of 2014, 12 new`
    pub(crate) async fn finished_year(&self, task: &Task, progress: &jobs::Progress) -> String {
        let year = task.year.unwrap_or_default();
        let span = Span::year(year).unwrap_or(Span::EVER);
        let plays = show::count(self.held(&task.user, span).await, "play");
        format!("{plays} of {year}, {}", show::changes(changes(progress)))
    }

    /// Last.fm answers, and it does not help.
    async fn refused(&self, working: &Working<'_>, error: SyncError) -> Setback {
        let user = &working.task.user;
        let held = self.held(user, Span::EVER).await;
        let is_set = self.context.credentials.has_session();
        let trouble = trouble::of_run(error, user, held, is_set);
        let is_everybodys = match trouble.code {
            "invalid_key" | "suspended_key" | "invalid_secret" => true,
            "invalid_session" => is_set,
            _ => false,
        };
        let words = trouble.what.clone();
        if !is_everybodys {
            // It answers.
            self.answered();
            return Setback::GiveUp(words);
        }
        // Whoever has other settings goes on; this process ends.
        self.ends.send_replace(Some(trouble));
        Setback::Wait { after: Duration::from_mins(1), reason: words }
    }
}

/// What came new, was changed or is gone.
fn changes(progress: &jobs::Progress) -> Replaced {
    Replaced {
        added: progress.added,
        changed: progress.changed,
        removed: progress.removed,
        ..Replaced::default()
    }
}

/// `41,355 plays, 12 new`
fn finished(kind: Kind, report: &Report, progress: &jobs::Progress) -> String {
    let plays = show::count(report.held, "play");
    let replaced = changes(progress);
    let is_first = replaced.added > 0 && replaced.added == report.held;
    let changes = show::changes(replaced);
    let mut words = match kind {
        Kind::Audit if replaced == Replaced::default() => format!("{plays}, as Last.fm has them"),
        _ if is_first => format!("{plays}, complete"),
        _ => format!("{plays}, {changes}"),
    };
    if report.doubted > 0 {
        let doubted = show::count(report.doubted, "play");
        words = format!("{words}; {doubted} did not show up this time, kept");
    }
    if report.residual != 0 {
        let residual = show::count(report.residual.unsigned_abs(), "play");
        let more = if report.residual > 0 { "more" } else { "fewer" };
        words = format!("{words}; Last.fm counts {residual} {more} than it shows");
    }
    if !report.holes.is_empty() {
        let spans = show::count(report.holes.len() as u64, "span");
        words = format!("{words}; Last.fm refuses {spans}");
    }
    words
}
