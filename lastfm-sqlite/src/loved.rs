//! The store of loved tracks: each method of the contract is one job on one thread.

use async_trait::async_trait;
use lastfm_core::Timestamp;
use lastfm_core::archive::StoreResult;
use lastfm_core::loved::{
    LocalMatch, Loved, LovedCounts, LovedId, LovedPage, LovedStore, NewLove, Reading, ReadingId,
    Shown, Which, Written,
};
use lastfm_core::scrobble::Account;

use crate::SqliteStore;
use crate::statements::loved;

#[async_trait]
impl LovedStore for SqliteStore {
    async fn accounts(&self) -> StoreResult<Vec<Account>> {
        self.read("accounts", loved::accounts).await
    }

    async fn begin(&self, account: &Account, at: Timestamp) -> StoreResult<Reading> {
        let account = account.clone();
        self.write("begin", move |db, _| loved::begin(db, &account, at)).await
    }

    async fn reading(&self, account: &Account) -> StoreResult<Option<Reading>> {
        let account = account.clone();
        self.read("reading", move |db| loved::reading(db, &account)).await
    }

    async fn add_page(
        &self,
        account: &Account,
        reading: ReadingId,
        page: LovedPage,
    ) -> StoreResult<Written> {
        let account = account.clone();
        self.write("add_page", move |db, _| loved::add_page(db, &account, reading, &page)).await
    }

    async fn shown(&self, account: &Account, since: ReadingId) -> StoreResult<Shown> {
        let account = account.clone();
        self.read("shown", move |db| loved::shown(db, &account, since)).await
    }

    async fn finish(
        &self,
        account: &Account,
        since: ReadingId,
        at: Timestamp,
    ) -> StoreResult<Vec<Loved>> {
        let account = account.clone();
        self.write("finish", move |db, _| loved::finish(db, &account, since, at)).await
    }

    async fn love(&self, account: &Account, track: NewLove) -> StoreResult<Loved> {
        let account = account.clone();
        self.write("love", move |db, _| loved::love(db, &account, &track)).await
    }

    async fn unlove(
        &self,
        account: &Account,
        artist: &str,
        track: &str,
        at: Timestamp,
    ) -> StoreResult<Option<Loved>> {
        let (account, artist, track) = (account.clone(), artist.to_owned(), track.to_owned());
        self.write("unlove", move |db, _| loved::unlove(db, &account, &artist, &track, at)).await
    }

    async fn track(
        &self,
        account: &Account,
        artist: &str,
        track: &str,
    ) -> StoreResult<Option<Loved>> {
        let (account, artist, track) = (account.clone(), artist.to_owned(), track.to_owned());
        self.read("track", move |db| loved::track(db, &account, &artist, &track)).await
    }

    async fn tracks(
        &self,
        account: &Account,
        which: Which,
        after: Option<LovedId>,
        limit: usize,
    ) -> StoreResult<Vec<Loved>> {
        let account = account.clone();
        self.read("tracks", move |db| loved::tracks(db, &account, which, after, limit)).await
    }

    async fn of_local(&self, account: &Account, local_id: &str) -> StoreResult<Vec<Loved>> {
        let (account, local_id) = (account.clone(), local_id.to_owned());
        self.read("of_local", move |db| loved::of_local(db, &account, &local_id)).await
    }

    async fn set_matches(
        &self,
        account: &Account,
        found: Vec<(LovedId, LocalMatch)>,
    ) -> StoreResult<Vec<Loved>> {
        let account = account.clone();
        self.write("set_matches", move |db, _| loved::set_matches(db, &account, &found)).await
    }

    async fn choose(
        &self,
        account: &Account,
        id: LovedId,
        choice: Option<Vec<String>>,
        at: Timestamp,
    ) -> StoreResult<Option<Loved>> {
        let account = account.clone();
        let choose = move |db: &_| loved::choose(db, &account, id, choice, at);
        self.write_down("choose", choose).await
    }

    async fn counts(&self, account: &Account) -> StoreResult<LovedCounts> {
        let account = account.clone();
        self.read("counts", move |db| loved::counts(db, &account)).await
    }
}
