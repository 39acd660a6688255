//! What was read, on its way into the store: collected to a batch, then written while the next
//! pages are read.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{BoxFuture, MaybeDone, maybe_done};

use super::store::{ArchiveStore, Observation, Replaced, UserId};
use crate::store_error::StoreResult;
use crate::{Play, Span};

/// Plays collected in memory before they are written.
const BATCH_PLAYS: usize = 2000;
/// How long they are collected at most.
const BATCH_TIME: Duration = Duration::from_secs(1);

/// What was read and not yet written: the plays of one span.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) span: Span,
    pub(super) plays: Vec<Play>,
    pub(super) observation: Observation,
    /// When the first of it was read, by the clock's elapsed time.
    pub(super) begun: Duration,
}

impl Batch {
    pub(super) fn is_due(&self, now: Duration) -> bool {
        self.plays.len() >= BATCH_PLAYS || now.saturating_sub(self.begun) >= BATCH_TIME
    }

    /// Begins to write it.
    pub(super) fn write(self, store: &Arc<dyn ArchiveStore>, user: UserId) -> Writing {
        let Self { span, plays, observation, .. } = self;
        let (store, play_count) = (Arc::clone(store), plays.len() as u64);
        let done = async move { store.replace(user, span, plays, observation).await };
        Writing { span, play_count, done: maybe_done(Box::pin(done)) }
    }
}

/// A batch that is being written.
pub(super) struct Writing {
    pub(super) span: Span,
    pub(super) play_count: u64,
    done: MaybeDone<BoxFuture<'static, StoreResult<Replaced>>>,
}

impl Writing {
    /// Waits until it is written.
    pub(super) async fn finish(mut self) -> StoreResult<Replaced> {
        (&mut self.done).await;
        // It was polled to its end just now, and nobody else takes what it came to.
        Pin::new(&mut self.done).take_output().expect("a write ends once")
    }
}

/// Does `work`; what is being written goes on meanwhile.
pub(super) async fn beside<T>(
    writing: &mut Option<Writing>,
    work: impl Future<Output = T> + Send,
) -> T {
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Some(writing) = writing {
            let _: Poll<()> = Pin::new(&mut writing.done).poll(context);
        }
        work.as_mut().poll(context)
    })
    .await
}
