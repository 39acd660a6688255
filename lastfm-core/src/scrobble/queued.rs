//! A play in a queue: handed over, kept, and what happened to it.

use super::rules::folded;
use super::{Attempt, JobId, PlayId, Refusal, Standing, State, StepId};
use crate::{NewPlay, Timestamp};

/// A play to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Submission {
    /// The play, as it will be sent.
    pub play: NewPlay,
    /// When it may be sent; nothing for now.
    pub due_at: Option<Timestamp>,
    /// Why it will not be sent: it is kept as refused.
    pub refusal: Option<Refusal>,
}

impl Submission {
    /// To be sent now.
    pub fn new(play: NewPlay) -> Self {
        Self { play, due_at: None, refusal: None }
    }

    /// Not to be sent before this moment. Default: now.
    pub fn due_at(self, due_at: Timestamp) -> Self {
        Self { due_at: Some(due_at), ..self }
    }

    /// Not to be sent, but kept for a person to see. Default: sent.
    pub fn refused(self, refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..self }
    }
}

impl From<NewPlay> for Submission {
    fn from(play: NewPlay) -> Self {
        Self::new(play)
    }
}

/// What happens to a play that is in the queue already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Repeats {
    /// It is the same play, told twice: nothing is added.
    #[default]
    Same,
    /// It is another play of the same second: it is moved to the next second that is free. At
    /// [`Timestamp::MIN`] and before [`Timestamp::MAX`] there is none: it is the same play.
    Shift,
}

impl Repeats {
    /// The second to which a repeat of this second is moved; nothing if it is the same play.
    pub fn moved(self, second: Timestamp) -> Option<Timestamp> {
        let next = second.plus(1);
        let is_free = next != second && next != Timestamp::MAX;
        (self == Self::Shift && is_free).then_some(next)
    }
}

/// What became of a play that was to be queued. It is no success yet: nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Enqueued {
    /// It is in the queue.
    Added(PlayId),
    /// It was there already.
    Repeats(PlayId),
}

impl Enqueued {
    /// The number of the play.
    pub fn id(self) -> PlayId {
        match self {
            Self::Added(id) | Self::Repeats(id) => id,
        }
    }
}

/// A play in a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedPlay {
    /// Its number.
    pub id: PlayId,
    /// What is sent. It never changes, so that sending it again is sending the same.
    pub play: NewPlay,
    /// The job that it belongs to, if any.
    pub job: Option<JobId>,
    /// When it was queued.
    pub queued_at: Timestamp,
    /// Not sent before this moment.
    pub due_at: Timestamp,
    /// How many requests were made with it.
    pub attempt_count: u32,
    /// Where it stands.
    pub standing: Standing,
    /// Since when it stands there.
    pub since: Timestamp,
    /// Why it stands there, in words for a person.
    pub reason: Option<String>,
}

impl QueuedPlay {
    /// Where it stands at this moment, in one word.
    pub fn state(&self, at: Timestamp) -> State {
        match &self.standing {
            Standing::Waiting if self.due_at > at => State::Scheduled,
            Standing::Waiting => State::Ready,
            Standing::Paused => State::Paused,
            Standing::Sending { .. } => State::Sending,
            Standing::Unknown { .. } => State::Unknown,
            Standing::Accepted(_) => State::Accepted,
            Standing::Refused(_) => State::Refused,
            Standing::Cancelled => State::Cancelled,
        }
    }

    /// The request that it belongs to, as long as it is not known what became of it.
    pub fn attempt(&self) -> Option<Attempt> {
        match self.standing {
            Standing::Sending { attempt, .. } | Standing::Unknown { attempt } => Some(attempt),
            _ => None,
        }
    }

    /// Artist and track in small letters, without blanks around them: two plays of one second are
    /// the same play if this is equal. The service compares names in this way, too.
    pub fn identity(play: &NewPlay) -> (String, String) {
        (folded(&play.track.artist), folded(&play.track.name))
    }
}

/// One thing that happened to a play.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub id: StepId,
    /// Which play.
    pub play: PlayId,
    /// When.
    pub at: Timestamp,
    /// Where the play stood from then on.
    pub state: State,
    /// Why, in words for a person.
    pub reason: Option<String>,
}
