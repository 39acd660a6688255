//! Loved tracks in memory: the contract in its plainest form.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;

use super::{
    How, LocalMatch, Loved, LovedCounts, LovedId, LovedPage, LovedStore, NewLove, Reading,
    ReadingId, Shown, Which, Written,
};
use crate::by_account::ByAccount;
use crate::store_error::StoreResult;
use crate::{Account, Timestamp};

/// Keeps loved tracks for as long as the program runs: for tests, and for apps that keep them
/// elsewhere.
///
/// # Cancel safety
///
/// Each method waits once before it acts, and then acts whole: a future dropped before it is
/// ready has done nothing.
#[derive(Debug, Default)]
pub struct MemoryLoved {
    lists: ByAccount<List>,
}

/// The tracks of one account.
#[derive(Debug, Default)]
struct List {
    rows: BTreeMap<LovedId, Row>,
    by_name: HashMap<(String, String), LovedId>,
    reading: Option<Reading>,
    /// The number of the last reading or of what a person did last.
    last: i64,
}

#[derive(Debug)]
struct Row {
    loved: Loved,
    /// What showed or changed it last.
    seen: i64,
}

impl MemoryLoved {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    async fn on<T>(&self, account: &Account, act: impl FnOnce(&mut List) -> T) -> StoreResult<T> {
        Ok(self.lists.on(account, act).await)
    }
}

#[async_trait]
impl LovedStore for MemoryLoved {
    async fn accounts(&self) -> StoreResult<Vec<Account>> {
        Ok(self.lists.of(|list| !list.rows.is_empty()).await)
    }

    async fn begin(&self, account: &Account, at: Timestamp) -> StoreResult<Reading> {
        self.on(account, |list| {
            list.last += 1;
            list.reading.insert(Reading::new(ReadingId(list.last), at)).clone()
        })
        .await
    }

    async fn reading(&self, account: &Account) -> StoreResult<Option<Reading>> {
        self.on(account, |list| list.reading.clone()).await
    }

    async fn add_page(
        &self,
        account: &Account,
        reading: ReadingId,
        page: LovedPage,
    ) -> StoreResult<Written> {
        self.on(account, |list| {
            let mut written = Written::default();
            for track in page.tracks {
                list.show(track, reading.0, &mut written);
            }
            if let Some(current) = list.reading.as_mut().filter(|current| current.id == reading) {
                current.next_page = page.next_page;
                (current.total, current.per_page) = (page.total, page.per_page);
            }
            written
        })
        .await
    }

    async fn shown(&self, account: &Account, since: ReadingId) -> StoreResult<Shown> {
        self.on(account, |list| {
            let mut shown = Shown::default();
            for row in list.rows.values().filter(|row| row.loved.is(Which::Loved)) {
                *(if row.seen < since.0 { &mut shown.missing } else { &mut shown.shown }) += 1;
            }
            shown
        })
        .await
    }

    async fn finish(
        &self,
        account: &Account,
        since: ReadingId,
        at: Timestamp,
    ) -> StoreResult<Vec<Loved>> {
        self.on(account, |list| {
            list.reading = None;
            let rows = list.rows.values_mut();
            let missing = rows.filter(|row| row.loved.is(Which::Loved) && row.seen < since.0);
            let unloved = missing.map(|row| {
                row.loved.unloved_at = Some(at);
                row.loved.clone()
            });
            unloved.collect()
        })
        .await
    }

    async fn love(&self, account: &Account, track: NewLove) -> StoreResult<Loved> {
        self.on(account, |list| {
            list.last += 1;
            let seen = list.last;
            let row = list.row(track.clone(), seen).0;
            row.seen = seen;
            row.loved.love(track.loved_at);
            row.loved.clone()
        })
        .await
    }

    async fn unlove(
        &self,
        account: &Account,
        artist: &str,
        track: &str,
        at: Timestamp,
    ) -> StoreResult<Option<Loved>> {
        self.on(account, |list| {
            list.last += 1;
            let id = list.by_name.get(&NewLove::identity(artist, track))?;
            let row = list.rows.get_mut(id)?;
            row.seen = list.last;
            row.loved.unlove(at);
            Some(row.loved.clone())
        })
        .await
    }

    async fn track(
        &self,
        account: &Account,
        artist: &str,
        track: &str,
    ) -> StoreResult<Option<Loved>> {
        self.on(account, |list| {
            let id = list.by_name.get(&NewLove::identity(artist, track))?;
            list.rows.get(id).map(|row| row.loved.clone())
        })
        .await
    }

    async fn tracks(
        &self,
        account: &Account,
        which: Which,
        after: Option<LovedId>,
        limit: usize,
    ) -> StoreResult<Vec<Loved>> {
        self.on(account, |list| {
            let tracks = list.rows.values().map(|row| &row.loved);
            let meant = tracks
                .filter(|loved| loved.is(which) && after.is_none_or(|after| loved.id > after));
            meant.take(limit).cloned().collect()
        })
        .await
    }

    async fn of_local(&self, account: &Account, local_id: &str) -> StoreResult<Vec<Loved>> {
        self.on(account, |list| {
            let tracks = list.rows.values().map(|row| &row.loved);
            let meant = tracks.filter(|loved| {
                loved.is(Which::Loved) && loved.local_ids().iter().any(|id| id == local_id)
            });
            meant.cloned().collect()
        })
        .await
    }

    async fn set_matches(
        &self,
        account: &Account,
        found: Vec<(LovedId, LocalMatch)>,
    ) -> StoreResult<Vec<Loved>> {
        self.on(account, |list| {
            let written = found.into_iter().filter_map(|(id, local)| {
                let loved = &mut list.rows.get_mut(&id)?.loved;
                loved.find(local).then(|| loved.clone())
            });
            written.collect()
        })
        .await
    }

    async fn choose(
        &self,
        account: &Account,
        id: LovedId,
        choice: Option<Vec<String>>,
        at: Timestamp,
    ) -> StoreResult<Option<Loved>> {
        self.on(account, |list| {
            let loved = &mut list.rows.get_mut(&id)?.loved;
            loved.local = choice.map(|ids| LocalMatch::new(ids, How::Person, at));
            Some(loved.clone())
        })
        .await
    }

    async fn counts(&self, account: &Account) -> StoreResult<LovedCounts> {
        self.on(account, |list| {
            let count = |which| list.rows.values().filter(|row| row.loved.is(which)).count() as u64;
            LovedCounts {
                loved: count(Which::Loved),
                unloved: count(Which::Unloved),
                matched: count(Which::Matched),
                unmatched: count(Which::Unmatched),
            }
        })
        .await
    }
}

impl List {
    /// The row of this track, and whether it was added now.
    fn row(&mut self, track: NewLove, seen: i64) -> (&mut Row, bool) {
        let name = NewLove::identity(&track.artist, &track.track);
        let new = LovedId(i64::try_from(self.rows.len()).unwrap_or(i64::MAX).saturating_add(1));
        let id = *self.by_name.entry(name).or_insert(new);
        let row = self.rows.entry(id);
        (row.or_insert_with(|| Row { loved: Loved::new(new, track), seen }), id == new)
    }

    /// A reading of this number shows a track.
    fn show(&mut self, track: NewLove, reading: i64, written: &mut Written) {
        let (row, is_new) = self.row(track.clone(), reading);
        if is_new {
            written.added += 1;
            return;
        }
        if row.seen > reading {
            return;
        }
        row.seen = reading;
        written.revived += u64::from(row.loved.show(track));
    }
}
