//! What the crew of this server is told, and whom it tells.

use crew::{Asked, How, Told};
use jobs::Task;

/// Writes what becomes of jobs to the log. No line names a person.
#[derive(Debug)]
pub struct Logged;

impl Told for Logged {
    fn ended(&self, task: &Task, how: How, words: &str) {
        let (kind, job, attempt) = (task.kind, task.job, task.attempt);
        match how {
            How::GaveUp | How::FailedOnce => {
                tracing::warn!(%kind, job, attempt, ?how, words, "a job failed");
            }
            _ => tracing::info!(%kind, job, ?how, "a job ended"),
        }
    }

    fn outage_began(&self, of: Asked, reason: &str) {
        tracing::warn!(?of, reason, "an outage began");
    }

    fn outage_ended(&self, of: Asked) {
        tracing::info!(?of, "an outage ended");
    }
}
