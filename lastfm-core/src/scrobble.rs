//! Scrobbling that tells the truth: what counts as a play, a queue that loses nothing, and a
//! sender that knows for each play whether the service has it, refused it, or still has to get it.
//!
//! A play that is handed over is written down first ([`ScrobbleQueue`]) and sent then
//! ([`Sender`]). *Queued* is not *accepted*: each play stands somewhere ([`Standing`]), and where
//! it stands is known only from what the service answered, or from what its history shows.

mod album;
mod answer;
mod bell;
mod change;
mod collection;
mod hold;
mod known_time;
mod listening;
mod memory;
mod moving;
mod near;
mod progress;
mod queue;
mod queued;
mod read_back;
mod refusal;
pub mod rules;
mod sender;
mod standing;
mod teller;
mod threshold;

/// When a play is due that nobody wants to be sent later: by every clock, also by one that is set
/// back.
const AT_ONCE: crate::Timestamp = crate::Timestamp::MIN;

pub use album::{Album, Timing};
pub use change::{Change, Selection};
pub use collection::{Collection, Forecast, Pace, Plan};
pub use hold::{Hold, HoldReason};
pub use listening::{Heard, Listening, Moment, Section};
pub use memory::MemoryQueue;
pub use near::{KnownPlay, Near, near};
pub use progress::{SendEvent, Sending};
pub use queue::{
    AddedJob, Attempt, Batch, Counts, Filter, Job, JobId, NewJob, PlayId, ScrobbleQueue, StepId,
    Verdict,
};
pub use queued::{Enqueued, QueuedPlay, Repeats, Step, Submission};
pub use refusal::Refusal;
pub use sender::Sender;
pub use standing::{Proof, Receipt, Standing, State};
pub use threshold::{InvalidThreshold, Threshold};

#[doc(no_inline)]
pub use crate::Account;
