//! Stopping a program between any two of its steps: a decorator for a store, a queue and a
//! transport.

mod queue;
mod store;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;

use async_trait::async_trait;

use super::yield_once;
use crate::transport::{Request, Response, Transport, TransportError};

/// Counts the steps of a program and stops it at one: what it awaits then never comes, until
/// [`go_on`](Self::go_on). Dropping the stopped program is a kill; letting it go on is a pause.
#[derive(Clone)]
pub struct Cut(Arc<State>);

struct State {
    left: AtomicU64,
    is_cut: AtomicBool,
    goes_on: AtomicBool,
}

impl Cut {
    /// Stops at the step after so many.
    pub fn after(steps: u64) -> Self {
        Self(Arc::new(State {
            left: AtomicU64::new(steps),
            is_cut: AtomicBool::new(false),
            goes_on: AtomicBool::new(false),
        }))
    }

    /// Does not stop.
    pub fn never() -> Self {
        Self::after(u64::MAX)
    }

    /// Whether the program has been stopped.
    pub fn is_cut(&self) -> bool {
        self.0.is_cut.load(Ordering::SeqCst)
    }

    /// Lets it go on from where it was stopped, without stopping again.
    pub fn go_on(&self) {
        self.0.goes_on.store(true, Ordering::SeqCst);
    }

    /// How many steps are left before it stops.
    pub fn left(&self) -> u64 {
        self.0.left.load(Ordering::SeqCst)
    }

    /// One step.
    async fn step(&self) {
        let state = &self.0;
        let left = state
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(1)));
        if left == Ok(1) {
            state.is_cut.store(true, Ordering::SeqCst);
            let goes_on = || state.goes_on.load(Ordering::SeqCst);
            std::future::poll_fn(|_| if goes_on() { Poll::Ready(()) } else { Poll::Pending }).await;
        } else {
            yield_once().await;
        }
    }
}

impl fmt::Debug for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cut").field("left", &self.left()).field("is_cut", &self.is_cut()).finish()
    }
}

/// Passes everything on, with a step before and one after, at each of which it may be cut.
#[derive(Debug)]
pub struct Cutting<T> {
    inner: T,
    cut: Cut,
}

impl<T> Cutting<T> {
    /// Cuts what goes to `inner` as `cut` says.
    pub fn new(inner: T, cut: Cut) -> Self {
        Self { inner, cut }
    }

    async fn around<R>(&self, work: impl Future<Output = R>) -> R {
        self.cut.step().await;
        let result = work.await;
        self.cut.step().await;
        result
    }
}

#[async_trait]
impl<T: Transport> Transport for Cutting<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.around(self.inner.send(request)).await
    }
}
