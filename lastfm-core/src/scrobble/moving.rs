//! What each call of a queue does to one play: where it stands afterwards, since when and why.

use std::time::Duration;

use super::rules::seconds;
use super::{
    Attempt, Change, JobId, PlayId, QueuedPlay, Refusal, Standing, State, Submission, Verdict,
};
use crate::Timestamp;

impl QueuedPlay {
    /// A play as it is queued at this moment, with this number.
    pub fn new(id: PlayId, new: Submission, job: Option<JobId>, at: Timestamp) -> Self {
        let reason = new.refusal.as_ref().map(ToString::to_string);
        Self {
            id,
            play: new.play,
            job,
            queued_at: at,
            due_at: new.due_at.unwrap_or(at),
            attempt_count: 0,
            standing: new.refusal.map_or(Standing::Waiting, Standing::Refused),
            since: at,
            reason,
        }
    }

    /// It is being sent, by a sender that is given up for dead after `lease`.
    pub fn take(&mut self, attempt: Attempt, lease: Duration, at: Timestamp) {
        self.attempt_count = self.attempt_count.saturating_add(1);
        let until = at.plus(seconds(lease));
        self.stand(Standing::Sending { attempt, until }, None, at);
    }

    /// This became of it. Says whether it changed: not if it no longer belongs to the attempt.
    pub fn settle(&mut self, attempt: Attempt, verdict: Verdict, at: Timestamp) -> bool {
        if self.attempt() != Some(attempt) {
            return false;
        }
        if let Verdict::Again { due_at, .. } = &verdict {
            self.due_at = *due_at;
        }
        let (standing, reason) = verdict.standing(attempt);
        self.stand(standing, reason, at);
        true
    }

    /// Sees what time has done, as [`ScrobbleQueue::refresh`](super::ScrobbleQueue::refresh) says.
    /// Says whether it changed.
    pub fn refresh(&mut self, oldest: Timestamp, longest_lease: Duration, at: Timestamp) -> bool {
        let longest = at.plus(seconds(longest_lease));
        let (standing, reason) = match self.standing {
            Standing::Sending { attempt, until } if until <= at || until > longest => {
                (Standing::Unknown { attempt }, "its sender has vanished".to_owned())
            }
            Standing::Waiting | Standing::Paused if self.play.played_at < oldest => {
                (Standing::Refused(Refusal::TooOld), Refusal::TooOld.to_string())
            }
            _ => return false,
        };
        self.stand(standing, Some(reason), at);
        true
    }

    /// A person changes it. Says whether it changed: not if it is in none of these states.
    pub fn change(&mut self, change: Change, states: &[State], at: Timestamp) -> bool {
        if !states.contains(&self.state(at)) {
            return false;
        }
        if change == Change::Retry {
            self.due_at = at;
        }
        self.stand(change.standing(), None, at);
        true
    }

    fn stand(&mut self, standing: Standing, reason: Option<String>, at: Timestamp) {
        (self.standing, self.since, self.reason) = (standing, at, reason);
    }
}
