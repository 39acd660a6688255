//! What a run tells while it works, and at its end.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use super::store::{Hole, Replaced, WorkerId};
use crate::steps::{self, Next, Steps};
use crate::store_error::StoreError;
use crate::{Error, Span, Timestamp, Username};

/// One step of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// Someone else is at work on this user; the run goes on when they have finished.
    #[non_exhaustive]
    Waiting {
        /// Who.
        by: WorkerId,
    },
    /// The first answer came: the run knows what there is to do. Comes again if the run has to
    /// begin again because someone else changed the same plays.
    #[non_exhaustive]
    Started {
        /// The user, as the service spells the name.
        user: Username,
        /// Plays that the archive holds of what was asked for.
        held: u64,
        /// Plays that the service counts of it, if it says so.
        total: Option<u64>,
        /// When the account was made.
        registered_at: Option<Timestamp>,
    },
    /// Plays were written down; `span` is covered now.
    #[non_exhaustive]
    Archived {
        /// What was read.
        span: Span,
        /// What it changed.
        replaced: Replaced,
        /// Plays that the archive holds now of what was asked for.
        held: u64,
        /// Plays that the service counts of it, if it says so.
        total: Option<u64>,
        /// Plays that were read since [`Started`](Self::Started), those read twice counted twice.
        read_count: u64,
    },
    /// The service did not answer, or not sensibly; it is asked again.
    #[non_exhaustive]
    Retrying {
        /// Why, in words for a person.
        reason: String,
        /// How long until then.
        wait: Duration,
    },
    /// The service refuses this span while it answers elsewhere.
    Refused(Hole),
    /// The archive and the service count differently; the difference is looked for.
    #[non_exhaustive]
    Comparing {
        /// Plays that the archive holds.
        held: u64,
        /// Plays that the service counts.
        total: u64,
    },
    /// The run has ended; nothing comes after it.
    Finished(Report),
}

/// What a run did and how the archive stands after it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The user, as the service spells the name.
    pub user: Username,
    /// All changes of this run.
    pub replaced: Replaced,
    /// Plays that the archive holds in all, those in doubt included.
    pub held: u64,
    /// Plays in doubt: the service did not show them, and that is not believed yet.
    pub doubted: u64,
    /// Plays that the service counts of what was asked for, if it says so.
    pub total: Option<u64>,
    /// Plays by which the service counts more than it shows anywhere (negative: fewer).
    pub residual: i64,
    /// Requests that this run made.
    pub request_count: u64,
    /// Spans that the service refuses, oldest first, those outside of what was asked for included.
    pub holes: Vec<Hole>,
    /// Spans of what was asked for that are not archived yet, oldest first; empty unless stopped.
    pub missing: Vec<Span>,
    /// Whether the run was asked to stop.
    pub stopped: bool,
    /// The service's time at the end of the run.
    pub at: Timestamp,
}

/// Why a run could not go on. What was archived until then is safe.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// Another account has taken the name: the archive is not touched.
    #[error("the name {name} belongs to another account now (registered {registered_at})")]
    #[non_exhaustive]
    AnotherAccount {
        /// The name.
        name: Username,
        /// When the account that has it now was made.
        registered_at: Timestamp,
    },
    /// What is kept of the user is a copy that is not finished
    /// ([`copy_user`](super::copy_user)): nothing is added to it.
    #[error("the archive of {user} is a copy that is not finished")]
    #[non_exhaustive]
    HalfCopy {
        /// The user.
        user: Username,
    },
    /// The user hides the listening history; it can be read with the user's session.
    #[error("{user} hides the listening history")]
    #[non_exhaustive]
    Hidden {
        /// The user.
        user: Username,
        /// What the service said.
        source: Error,
    },
    /// The service did not answer for longer than the run's patience.
    #[error("Last.fm does not answer: {reason}")]
    #[non_exhaustive]
    NotNow {
        /// What went wrong last, in words for a person.
        reason: String,
    },
    /// The service refuses the key, the session or the request.
    #[error("Last.fm refuses the request")]
    #[non_exhaustive]
    Refused {
        /// What the service said.
        source: Error,
    },
    /// The store failed.
    #[error("the archive cannot be read or written")]
    #[non_exhaustive]
    Store {
        /// What it said.
        source: StoreError,
    },
    /// There is no such user.
    #[error("Last.fm knows no user {user}")]
    #[non_exhaustive]
    UnknownUser {
        /// The name.
        user: Username,
        /// What the service said.
        source: Error,
    },
}

impl SyncError {
    /// Whether a person has to do something before a further run can succeed.
    pub fn needs_a_person(&self) -> bool {
        match self {
            Self::AnotherAccount { .. }
            | Self::HalfCopy { .. }
            | Self::Hidden { .. }
            | Self::Refused { .. }
            | Self::UnknownUser { .. } => true,
            Self::NotNow { .. } | Self::Store { .. } => false,
        }
    }
}

/// Where the steps of a run wait to be read.
pub(super) type Events = steps::Events<Progress>;

/// A run at work: a stream of [`Progress`] that ends with [`Progress::Finished`] or an error.
///
/// # Cancel safety
///
/// Nothing happens unless it is polled. Dropping it at any moment loses no play that was
/// archived: the next run goes on from what is not covered.
#[must_use = "a run does nothing unless it is polled"]
pub struct Run(Steps<Progress, Result<Report, SyncError>>);

impl Run {
    pub(super) fn new<W>(begin: impl FnOnce(Events) -> W) -> Self
    where
        W: Future<Output = Result<Report, SyncError>> + Send + 'static,
    {
        Self(Steps::new(begin))
    }

    /// Runs to the end without looking at the steps.
    ///
    /// # Errors
    ///
    /// [`SyncError`] if the run could not go on.
    pub async fn finish(mut self) -> Result<Report, SyncError> {
        loop {
            let next = std::future::poll_fn(|context| Pin::new(&mut self).poll_next(context)).await;
            match next {
                Some(Ok(Progress::Finished(report))) => return Ok(report),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                // The stream ends only after one of the two above.
                None => unreachable!("a run was polled after its end"),
            }
        }
    }
}

impl Stream for Run {
    type Item = Result<Progress, SyncError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next(context).map(|next| match next {
            Next::Event(event) => Some(Ok(event)),
            Next::Outcome(outcome) => Some(outcome.map(Progress::Finished)),
            Next::Nothing => None,
        })
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("finished", &self.0.is_over()).finish_non_exhaustive()
    }
}
