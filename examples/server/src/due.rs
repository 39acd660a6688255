//! Plays whose time has come though nobody is about to send them: every other minute their sending is
//! ordered.
//!
//! A job that sends goes to sleep until the next play is due, so that this has nothing to do but where
//! a play was queued in the moment in which a job ended, or where jobs were lost.

use std::sync::Weak;
use std::time::Duration;

use jobs::{Kind, State, Status};
use lastfm_core::Timestamp;
use terminal::dates;

use crate::app::App;
use crate::failure::Failure;

/// How often it is looked.
const EVERY: Duration = Duration::from_mins(2);
/// A job that failed, and may go well another time, is not ordered again sooner than this.
const REST: Duration = Duration::from_hours(1);

/// Looks again and again, as long as the server lives.
pub(crate) async fn see_to_all(app: Weak<App>) {
    loop {
        let Some(app) = app.upgrade().filter(|app| !app.is_stopping()) else { return };
        if let Err(failure) = see_to(&app).await {
            let code = failure.code();
            tracing::warn!(code, "what is due to be sent could not be looked at");
        }
        drop(app);
        tokio::time::sleep(EVERY).await;
    }
}

async fn see_to(app: &App) -> Result<(), Failure> {
    let (queue, now) = (app.queue().await?, dates::now());
    for account in queue.accounts().await? {
        let is_ours = *account.service == *app.lastfm.service().api().as_str();
        let is_due = queue.next_due(&account).await?.is_some_and(|due| due <= now);
        if !is_ours || !is_due {
            continue;
        }
        let is_held = queue.held(&account).await?.is_some_and(|hold| hold.is_in_force(now));
        let job = app.jobs.find(Kind::Scrobble, &account.user, None).await?;
        if !is_held && !job.is_some_and(|job| is_seen_to(&job, now)) {
            app.order_sending(&account.user).await?;
            tracing::info!("what was due to be sent is ordered");
        }
    }
    Ok(())
}

/// Whether a job sends what is due, or nothing can be sent until a person has done something.
fn is_seen_to(job: &State, now: Timestamp) -> bool {
    match job.status {
        // It may sleep for longer than a play waits that was queued since.
        Status::Waiting => job.resume_at.is_none_or(|at| at <= now),
        Status::Running | Status::Resting | Status::Cancelled => true,
        Status::Failed => !job.retryable || now.since(job.updated_at) < REST,
        _ => false,
    }
}
