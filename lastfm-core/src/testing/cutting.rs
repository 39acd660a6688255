//! Stopping a program between any two of its steps: a decorator for a store and a transport.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;

use super::yield_once;
use crate::archive::{
    ArchiveStore, ArchivedUser, Book, Claim, Count, Covered, Doubt, Hole, Observation, Place,
    RemovedPlay, Replaced, Revision, Span, StoreResult, StoredPlay, UserId, WorkerId,
};
use crate::transport::{Request, Response, Transport, TransportError};
use crate::{Play, Timestamp, Username};

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
    pub(super) async fn step(&self) {
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

#[async_trait]
impl ArchiveStore for Cutting<Arc<dyn ArchiveStore>> {
    async fn user(&self, name: &Username) -> StoreResult<Option<ArchivedUser>> {
        self.around(self.inner.user(name)).await
    }

    async fn users(&self) -> StoreResult<Vec<ArchivedUser>> {
        self.around(self.inner.users()).await
    }

    async fn add_user(
        &self,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<ArchivedUser> {
        self.around(self.inner.add_user(name, registered_at)).await
    }

    async fn rename_user(
        &self,
        user: UserId,
        name: &Username,
        registered_at: Option<Timestamp>,
    ) -> StoreResult<()> {
        self.around(self.inner.rename_user(user, name, registered_at)).await
    }

    async fn remove_user(&self, user: UserId) -> StoreResult<()> {
        self.around(self.inner.remove_user(user)).await
    }

    async fn revision(&self, user: UserId) -> StoreResult<Revision> {
        self.around(self.inner.revision(user)).await
    }

    async fn replace(
        &self,
        user: UserId,
        span: Span,
        plays: Vec<Play>,
        observation: Observation,
    ) -> StoreResult<Replaced> {
        self.around(self.inner.replace(user, span, plays, observation)).await
    }

    async fn coverage(&self, user: UserId) -> StoreResult<Vec<Covered>> {
        self.around(self.inner.coverage(user)).await
    }

    async fn count(&self, user: UserId, span: Span) -> StoreResult<Count> {
        self.around(self.inner.count(user, span)).await
    }

    async fn bounds(&self, user: UserId) -> StoreResult<Option<(Timestamp, Timestamp)>> {
        self.around(self.inner.bounds(user)).await
    }

    async fn moments(
        &self,
        user: UserId,
        span: Span,
        skip: u64,
        limit: usize,
    ) -> StoreResult<Vec<Timestamp>> {
        self.around(self.inner.moments(user, span, skip, limit)).await
    }

    async fn plays(
        &self,
        user: UserId,
        span: Span,
        after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<StoredPlay>> {
        self.around(self.inner.plays(user, span, after, limit)).await
    }

    async fn removed_count(&self, user: UserId) -> StoreResult<u64> {
        self.around(self.inner.removed_count(user)).await
    }

    async fn removed(
        &self,
        user: UserId,
        span: Span,
        after: Option<Place>,
        limit: usize,
    ) -> StoreResult<Vec<RemovedPlay>> {
        self.around(self.inner.removed(user, span, after, limit)).await
    }

    async fn recount(&self, user: UserId) -> StoreResult<Count> {
        self.around(self.inner.recount(user)).await
    }

    async fn doubts(&self, user: UserId) -> StoreResult<Vec<Doubt>> {
        self.around(self.inner.doubts(user)).await
    }

    async fn withdraw_doubts(&self, user: UserId, span: Span) -> StoreResult<()> {
        self.around(self.inner.withdraw_doubts(user, span)).await
    }

    async fn holes(&self, user: UserId) -> StoreResult<Vec<Hole>> {
        self.around(self.inner.holes(user)).await
    }

    async fn set_hole(&self, user: UserId, hole: Hole) -> StoreResult<()> {
        self.around(self.inner.set_hole(user, hole)).await
    }

    async fn book(&self, user: UserId) -> StoreResult<Book> {
        self.around(self.inner.book(user)).await
    }

    async fn set_book(&self, user: UserId, book: Book) -> StoreResult<()> {
        self.around(self.inner.set_book(user, book)).await
    }

    async fn claim(&self, user: UserId, worker: &WorkerId, lease: Duration) -> StoreResult<Claim> {
        self.around(self.inner.claim(user, worker, lease)).await
    }

    async fn release(&self, user: UserId, worker: &WorkerId) -> StoreResult<()> {
        self.around(self.inner.release(user, worker)).await
    }
}
