//! What a sender tells while it works.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use super::{Counts, Hold, HoldReason, QueuedPlay};
use crate::steps::{self, Next, Steps};
use crate::store_error::StoreError;

/// One step of a sender at work.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendEvent {
    /// A request with these plays goes out.
    #[non_exhaustive]
    Sending {
        /// The plays, oldest first.
        plays: Vec<QueuedPlay>,
    },
    /// A play stands elsewhere than before: accepted, refused, unknown, or waiting again.
    Settled(Box<QueuedPlay>),
    /// Plays of which nobody knows whether the service has them are looked for in the history.
    #[non_exhaustive]
    ReadingBack {
        /// How many.
        count: usize,
    },
    /// Nothing is sent from now on, for this reason.
    Held(Hold),
    /// The reason is gone: plays are sent again.
    Lifted(HoldReason),
    /// The queue cannot be read or written at present. What was sent is written down as soon as it
    /// can be.
    #[non_exhaustive]
    QueueFailed {
        /// What happened, in words for a person.
        words: String,
    },
    /// There is nothing to do now.
    #[non_exhaustive]
    Resting {
        /// When it will look again, unless something is queued before.
        wait: Duration,
        /// How many plays stand where.
        counts: Counts,
    },
}

/// Where the steps wait to be read.
pub(super) type Events = steps::Events<SendEvent>;

/// A sender at work: a stream of [`SendEvent`] that ends when there is nothing more to do, or with
/// the queue's error.
///
/// # Cancel safety
///
/// Nothing happens unless it is polled. Dropping it at any moment loses nothing: a play whose
/// request was on its way is looked for in the history before it is sent again, by whoever sends
/// next.
#[must_use = "nothing is sent unless it is polled"]
pub struct Sending(Steps<SendEvent, Result<Counts, StoreError>>);

impl Sending {
    pub(super) fn new<W>(begin: impl FnOnce(Events) -> W) -> Self
    where
        W: Future<Output = Result<Counts, StoreError>> + Send + 'static,
    {
        Self(Steps::new(begin))
    }

    /// Goes on to the end without looking at the steps, and says how many plays then stand where.
    ///
    /// # Errors
    ///
    /// The queue's, if it cannot be read or written. No play is lost by it.
    pub async fn finish(mut self) -> Result<Counts, StoreError> {
        loop {
            match std::future::poll_fn(|context| self.0.poll_next(context)).await {
                Next::Event(_) => {}
                Next::Outcome(outcome) => return outcome,
                Next::Nothing => return Ok(Counts::default()),
            }
        }
    }
}

impl Stream for Sending {
    type Item = Result<SendEvent, StoreError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next(context).map(|next| match next {
            Next::Event(event) => Some(Ok(event)),
            Next::Outcome(Err(error)) => Some(Err(error)),
            Next::Outcome(Ok(_)) | Next::Nothing => None,
        })
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sending").field("finished", &self.0.is_over()).finish_non_exhaustive()
    }
}
