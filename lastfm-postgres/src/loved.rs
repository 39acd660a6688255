//! The store of loved tracks: each method of the contract is one transaction.

use std::sync::Arc;

use async_trait::async_trait;
use lastfm_core::Timestamp;
use lastfm_core::archive::StoreResult;
use lastfm_core::loved::{
    LocalMatch, Loved, LovedCounts, LovedId, LovedPage, LovedStore, NewLove, Reading, ReadingId,
    Shown, Which, Written,
};
use lastfm_core::scrobble::Account;

use crate::PostgresStore;
use crate::statements::loved;
use crate::transaction::Purpose::{Precious, Read};
use crate::transaction::Transaction;

/// An open transaction, as a call gets it.
type Db = Arc<Transaction>;

#[async_trait]
impl LovedStore for PostgresStore {
    async fn accounts(&self) -> StoreResult<Vec<Account>> {
        let act = |db: Db| async move { loved::accounts(&db).await };
        self.database.transact("accounts", Read, act).await
    }

    async fn begin(&self, account: &Account, at: Timestamp) -> StoreResult<Reading> {
        let act = |db: Db| async move { loved::begin(&db, account, at).await };
        self.database.transact("begin", Precious, act).await
    }

    async fn reading(&self, account: &Account) -> StoreResult<Option<Reading>> {
        let act = |db: Db| async move { loved::reading(&db, account).await };
        self.database.transact("reading", Read, act).await
    }

    async fn add_page(
        &self,
        account: &Account,
        reading: ReadingId,
        page: LovedPage,
    ) -> StoreResult<Written> {
        let page = &page;
        let act = |db: Db| async move { loved::add_page(&db, account, reading, page).await };
        self.database.transact("add_page", Precious, act).await
    }

    async fn shown(&self, account: &Account, since: ReadingId) -> StoreResult<Shown> {
        let act = |db: Db| async move { loved::shown(&db, account, since).await };
        self.database.transact("shown", Read, act).await
    }

    async fn finish(
        &self,
        account: &Account,
        since: ReadingId,
        at: Timestamp,
    ) -> StoreResult<Vec<Loved>> {
        let act = |db: Db| async move { loved::finish(&db, account, since, at).await };
        self.database.transact("finish", Precious, act).await
    }

    async fn love(&self, account: &Account, track: NewLove) -> StoreResult<Loved> {
        let track = &track;
        let act = |db: Db| async move { loved::love(&db, account, track).await };
        self.database.transact("love", Precious, act).await
    }

    async fn unlove(
        &self,
        account: &Account,
        artist: &str,
        track: &str,
        at: Timestamp,
    ) -> StoreResult<Option<Loved>> {
        let act = |db: Db| async move { loved::unlove(&db, account, artist, track, at).await };
        self.database.transact("unlove", Precious, act).await
    }

    async fn track(
        &self,
        account: &Account,
        artist: &str,
        track: &str,
    ) -> StoreResult<Option<Loved>> {
        let act = |db: Db| async move { loved::track(&db, account, artist, track).await };
        self.database.transact("track", Read, act).await
    }

    async fn tracks(
        &self,
        account: &Account,
        which: Which,
        after: Option<LovedId>,
        limit: usize,
    ) -> StoreResult<Vec<Loved>> {
        let act = |db: Db| async move { loved::tracks(&db, account, which, after, limit).await };
        self.database.transact("tracks", Read, act).await
    }

    async fn of_local(&self, account: &Account, local_id: &str) -> StoreResult<Vec<Loved>> {
        let act = |db: Db| async move { loved::of_local(&db, account, local_id).await };
        self.database.transact("of_local", Read, act).await
    }

    async fn set_matches(
        &self,
        account: &Account,
        found: Vec<(LovedId, LocalMatch)>,
    ) -> StoreResult<Vec<Loved>> {
        let found = &found;
        let act = |db: Db| async move { loved::set_matches(&db, account, found).await };
        self.database.transact("set_matches", Precious, act).await
    }

    async fn choose(
        &self,
        account: &Account,
        id: LovedId,
        choice: Option<Vec<String>>,
        at: Timestamp,
    ) -> StoreResult<Option<Loved>> {
        let choice = &choice;
        let act = |db: Db| async move { loved::choose(&db, account, id, choice.clone(), at).await };
        self.database.transact("choose", Precious, act).await
    }

    async fn counts(&self, account: &Account) -> StoreResult<LovedCounts> {
        let act = |db: Db| async move { loved::counts(&db, account).await };
        self.database.transact("counts", Read, act).await
    }
}
