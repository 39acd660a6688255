//! A store that may be cut before and after each call.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Cutting;
use crate::archive::{
    ArchiveStore, ArchivedUser, Book, Claim, Count, Covered, Doubt, Hole, Observation, Part, Place,
    RemovedPlay, Replaced, Revision, Span, StoreResult, StoredPlay, UserId, WorkerId,
};
use crate::{Play, Timestamp, Username};

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

    async fn restore(&self, user: UserId, part: Part) -> StoreResult<()> {
        self.around(self.inner.restore(user, part)).await
    }

    async fn claim(&self, user: UserId, worker: &WorkerId, lease: Duration) -> StoreResult<Claim> {
        self.around(self.inner.claim(user, worker, lease)).await
    }

    async fn release(&self, user: UserId, worker: &WorkerId) -> StoreResult<()> {
        self.around(self.inner.release(user, worker)).await
    }
    fn fenced(&self, worker: &WorkerId) -> Arc<dyn ArchiveStore> {
        Arc::new(Cutting::new(self.inner.fenced(worker), self.cut.clone()))
    }
}
