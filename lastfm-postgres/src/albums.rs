//! The store of albums: each method of the contract is one transaction.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::try_join;
use lastfm_core::albums::{
    Album, AlbumId, AlbumStore, Collected, Correction, KnownAlbum, Outcome, PlayedAlbums,
};
use lastfm_core::archive::{Span, StoreResult, UserId};

use crate::PostgresStore;
use crate::statements::{albums, users};
use crate::transaction::Purpose::{Precious, Read, Refetchable};
use crate::transaction::Transaction;

/// An open transaction, as a call gets it.
type Db = Arc<Transaction>;

#[async_trait]
impl AlbumStore for PostgresStore {
    async fn collect_albums(&self, user: UserId, limit: usize) -> StoreResult<Collected> {
        let act = |db: Db| async move { albums::collect(&db, user, limit).await };
        self.database.transact("collect_albums", Refetchable, act).await
    }

    async fn played_albums(&self, user: UserId, span: Span) -> StoreResult<PlayedAlbums> {
        let act = |db: Db| async move {
            let played = albums::played(&db, user, span);
            try_join!(users::known(&db, user), played).map(|((), played)| played)
        };
        self.database.transact("played_albums", Read, act).await
    }

    async fn albums(&self, ids: &[AlbumId]) -> StoreResult<Vec<KnownAlbum>> {
        let act = |db: Db| async move { albums::known(&db, ids).await };
        self.database.transact("albums", Read, act).await
    }

    async fn questions(&self, user: UserId, ids: &[AlbumId]) -> StoreResult<Vec<(AlbumId, Album)>> {
        let act = |db: Db| async move {
            let questions = albums::questions(&db, user, ids);
            try_join!(users::known(&db, user), questions).map(|((), questions)| questions)
        };
        self.database.transact("questions", Read, act).await
    }

    /// What was found out can be found out again.
    async fn record_outcomes(&self, outcomes: Vec<(AlbumId, Outcome)>) -> StoreResult<()> {
        let outcomes = &outcomes;
        let act = |db: Db| async move { albums::record(&db, outcomes).await };
        self.database.transact("record_outcomes", Refetchable, act).await
    }

    async fn correct_album(
        &self,
        id: AlbumId,
        correction: Option<Correction>,
    ) -> StoreResult<Option<KnownAlbum>> {
        let correction = correction.as_ref();
        let act = |db: Db| async move { albums::correct(&db, id, correction).await };
        self.database.transact("correct_album", Precious, act).await
    }
}
