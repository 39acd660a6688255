//! Work that tells what it does: a future and the events that it leaves on its way, as one stream.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

/// Where events wait to be read.
#[derive(Debug)]
pub(crate) struct Events<E>(Arc<Mutex<VecDeque<E>>>);

impl<E> Events<E> {
    pub(crate) fn push(&self, event: E) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(event);
    }

    fn pop(&self) -> Option<E> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

impl<E> Default for Events<E> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<E> Clone for Events<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A future and its events. Nothing happens unless it is polled.
pub(crate) struct Steps<E, T> {
    work: Option<Work<T>>,
    outcome: Option<T>,
    events: Events<E>,
}

/// What comes next.
pub(crate) enum Next<E, T> {
    /// It has done something.
    Event(E),
    /// It is over, and came to this.
    Outcome(T),
    /// It was over before.
    Nothing,
}

impl<E, T> Steps<E, T> {
    /// The work that `begin` makes, which leaves its events where it is told.
    pub(crate) fn new<W>(begin: impl FnOnce(Events<E>) -> W) -> Self
    where
        W: Future<Output = T> + Send + 'static,
    {
        let events = Events::default();
        Self { work: Some(Box::pin(begin(events.clone()))), outcome: None, events }
    }

    /// Whether it has come to its end; events may wait still.
    pub(crate) fn is_over(&self) -> bool {
        self.work.is_none()
    }

    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Next<E, T>> {
        if let Some(work) = &mut self.work
            && let Poll::Ready(outcome) = work.as_mut().poll(context)
        {
            self.work = None;
            self.outcome = Some(outcome);
        }
        if let Some(event) = self.events.pop() {
            return Poll::Ready(Next::Event(event));
        }
        match self.outcome.take() {
            Some(outcome) => Poll::Ready(Next::Outcome(outcome)),
            None if self.is_over() => Poll::Ready(Next::Nothing),
            None => Poll::Pending,
        }
    }
}
