//! What a person does to plays.

use super::{JobId, PlayId, Standing, State};

/// Which plays a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Selection {
    /// All of the account.
    All,
    /// Those of a job.
    Job(JobId),
    /// This one.
    Play(PlayId),
}

/// What a person does to plays. Plays in other states than those named stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Change {
    /// What waits is paused.
    Pause,
    /// What is paused waits again.
    Resume,
    /// What waits, is paused, refused or unknown is cancelled.
    Cancel,
    /// What is refused waits again, due now. Of [one job](Selection::Job) also what is cancelled,
    /// unless it was queued again since. A [single play](Selection::Play) also if it is unknown (it
    /// may be there: that is for a person to know) or waits for a later time.
    Retry,
}

impl Change {
    /// The states in which it changes a play of this selection.
    pub fn changes(self, which: Selection) -> &'static [State] {
        use State::{Cancelled, Paused, Ready, Refused, Scheduled, Unknown};
        match (self, which) {
            (Self::Pause, _) => &[Ready, Scheduled],
            (Self::Resume, _) => &[Paused],
            (Self::Cancel, _) => &[Ready, Scheduled, Paused, Refused, Unknown],
            (Self::Retry, Selection::Play(_)) => &[Refused, Cancelled, Unknown, Scheduled],
            (Self::Retry, Selection::Job(_)) => &[Refused, Cancelled],
            (Self::Retry, Selection::All) => &[Refused],
        }
    }

    /// Where it puts a play.
    pub fn standing(self) -> Standing {
        match self {
            Self::Pause => Standing::Paused,
            Self::Resume | Self::Retry => Standing::Waiting,
            Self::Cancel => Standing::Cancelled,
        }
    }
}
