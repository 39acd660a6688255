//! The store of albums: each method of the contract is one job on one thread.

use async_trait::async_trait;
use lastfm_core::albums::{
    Album, AlbumId, AlbumStore, Collected, Correction, KnownAlbum, Outcome, PlayedAlbums,
};
use lastfm_core::archive::{Span, StoreResult, UserId};

use crate::SqliteStore;
use crate::statements::albums;

#[async_trait]
impl AlbumStore for SqliteStore {
    async fn collect_albums(&self, user: UserId, limit: usize) -> StoreResult<Collected> {
        self.write("collect_albums", move |db, _| albums::collect(db, user, limit)).await
    }

    async fn played_albums(&self, user: UserId, span: Span) -> StoreResult<PlayedAlbums> {
        self.read_heard("played_albums", move |db, heard| albums::played(db, heard, user, span))
            .await
    }

    async fn albums(&self, ids: &[AlbumId]) -> StoreResult<Vec<KnownAlbum>> {
        let ids = ids.to_vec();
        self.read("albums", move |db| albums::known(db, &ids)).await
    }

    async fn questions(&self, user: UserId, ids: &[AlbumId]) -> StoreResult<Vec<(AlbumId, Album)>> {
        let ids = ids.to_vec();
        self.read("questions", move |db| albums::questions(db, user, &ids)).await
    }

    async fn record_outcomes(&self, outcomes: Vec<(AlbumId, Outcome)>) -> StoreResult<()> {
        self.write("record_outcomes", move |db, _| albums::record(db, &outcomes)).await
    }

    async fn correct_album(
        &self,
        id: AlbumId,
        correction: Option<Correction>,
    ) -> StoreResult<Option<KnownAlbum>> {
        let correct = move |db: &_| albums::correct(db, id, correction.as_ref());
        self.write_down("correct_album", correct).await
    }
}
