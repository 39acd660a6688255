//! Where a play stands on its way to the service.

use super::{Attempt, Refusal};
use crate::Timestamp;

/// Where a play stands, with all that is known about it there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// It waits to be sent.
    Waiting,
    /// A person has stopped it.
    Paused,
    /// A request with it is on its way.
    Sending {
        /// Which one.
        attempt: Attempt,
        /// When its sender must be dead if nothing was written down by then.
        until: Timestamp,
    },
    /// Nobody knows whether the service has it: the answer got lost, or was an error that came
    /// although the play was taken. It is looked for in the history before it is sent again.
    Unknown {
        /// The request whose answer is missing.
        attempt: Attempt,
    },
    /// The service has it.
    Accepted(Receipt),
    /// The service will not have it. It is kept and shown until a person changes or drops it.
    Refused(Refusal),
    /// A person has dropped it.
    Cancelled,
}

/// What the service has a play as.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Receipt {
    /// The artist's name, if the service corrected it.
    pub artist: Option<String>,
    /// The track's name, if the service corrected it.
    pub track: Option<String>,
    /// The album's name, if the service corrected it.
    pub album: Option<String>,
    /// The name of the album's artist, if the service corrected it.
    pub album_artist: Option<String>,
    /// How it is known.
    pub proof: Proof,
}

impl Proof {
    /// Its name in a database or in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::History => "history",
        }
    }

    /// The proof of this [name](Self::name), if there is one.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Answer, Self::History].into_iter().find(|proof| proof.name() == name)
    }
}

impl Receipt {
    /// Whether the service has it under other names than were sent.
    pub fn is_corrected(&self) -> bool {
        [&self.artist, &self.track, &self.album, &self.album_artist]
            .iter()
            .any(|name| name.is_some())
    }
}

/// How it is known that the service has a play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Proof {
    /// It said so when the play was sent.
    #[default]
    Answer,
    /// The answer was lost; the history shows the play.
    History,
}

/// Where a play stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum State {
    /// To be sent now.
    Ready,
    /// To be sent later.
    Scheduled,
    /// Stopped by a person.
    Paused,
    /// On its way.
    Sending,
    /// Perhaps there, perhaps not.
    Unknown,
    /// With the service.
    Accepted,
    /// Not wanted by the service.
    Refused,
    /// Dropped by a person.
    Cancelled,
}

impl State {
    /// All of them, in the order of a play's way.
    pub const ALL: [Self; 8] = [
        Self::Ready,
        Self::Scheduled,
        Self::Paused,
        Self::Sending,
        Self::Unknown,
        Self::Accepted,
        Self::Refused,
        Self::Cancelled,
    ];

    /// Those in which a play is still on its way.
    pub const OPEN: [Self; 5] =
        [Self::Ready, Self::Scheduled, Self::Paused, Self::Sending, Self::Unknown];

    /// Its name: one word in small letters.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Scheduled => "scheduled",
            Self::Paused => "paused",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this [name](Self::name), if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether a play is still on its way.
    pub fn is_open(self) -> bool {
        Self::OPEN.contains(&self)
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_proof_is_read_back_by_its_name() {
        for proof in [Proof::Answer, Proof::History] {
            assert_eq!(Proof::named(proof.name()), Some(proof));
        }
        assert_eq!(Proof::named("hearsay"), None);
    }
}
