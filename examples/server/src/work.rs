//! What the crew of this server does beside its slices, what it is told, and whom it tells.

use async_trait::async_trait;
use crew::{JobOutcome, Observer, Slices, Upstream};
use jobs::{Done, Jobs, Kind, Order, Setback, Slice, Task, Work};

use crate::Logins;
use crate::failure::Failure;

/// The slices of jobs, and what follows from them: once a year is archived its albums are looked up,
/// whoever ordered it and whether or not anybody watches.
#[derive(Debug)]
pub struct Crew {
    slices: Slices,
    jobs: Jobs,
    logins: Logins,
}

impl Crew {
    /// Orders what follows among these jobs.
    pub fn new(slices: Slices, jobs: Jobs, logins: Logins) -> Self {
        Self { slices, jobs, logins }
    }

    /// Has the albums of the year that this task has archived looked up.
    async fn order_years(&self, task: &Task) -> Result<(), Failure> {
        if self.logins.is_paused(&task.user).await? {
            return Ok(());
        }
        let Task { user, year, priority, .. } = task;
        let (kind, user) = (Kind::Enrich, user.clone());
        self.jobs.order(&Order { kind, user, year: *year, priority: *priority }).await?;
        Ok(())
    }
}

#[async_trait]
impl Work for Crew {
    async fn slice(&self, task: &Task, slice: &Slice) -> Result<Done, Setback> {
        let done = self.slices.slice(task, slice).await?;
        let is_year = task.kind == Kind::Sync && task.year.is_some();
        let finds_years = self.slices.context().musicbrainz.is_some();
        // Before the end is written down: so a year never looks finished in between, and whoever is
        // killed here does it again.
        if is_year
            && finds_years
            && matches!(done, Done::Finished(_))
            && let Err(failure) = self.order_years(task).await
        {
            tracing::warn!(job = task.job, ?failure, "release years could not be ordered");
            return Err(Setback::Retry("release years could not be ordered".to_owned()));
        }
        Ok(done)
    }
}

/// Writes what becomes of jobs to the log. No line names a person.
#[derive(Debug)]
pub struct Logged;

impl Observer for Logged {
    fn ended(&self, task: &Task, how: JobOutcome, words: &str) {
        let (kind, job, attempt) = (task.kind, task.job, task.attempt);
        match how {
            JobOutcome::GaveUp | JobOutcome::FailedOnce => {
                tracing::warn!(%kind, job, attempt, ?how, words, "a job failed");
            }
            _ => tracing::info!(%kind, job, ?how, "a job ended"),
        }
    }

    fn outage_began(&self, of: Upstream, reason: &str) {
        tracing::warn!(?of, reason, "an outage began");
    }

    fn outage_ended(&self, of: Upstream) {
        tracing::info!(?of, "an outage ended");
    }
}
