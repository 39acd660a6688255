//! A database to try things on, and short ways to fill it.

use lastfm_core::archive::{
    ArchiveStore, Observation, Removals, Replaced, Span, StoreResult, UserId,
};
use lastfm_core::{Play, Timestamp};
use lastfm_postgres::PostgresStore;
use lastfm_postgres::testing::{Database, PrivateServer};

/// A database of its own, removed at the end.
#[derive(Debug)]
pub(crate) struct Scratch {
    pub(crate) database: Database,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { database: PrivateServer::shared().database() }
    }

    pub(crate) async fn open(&self) -> PostgresStore {
        PostgresStore::open(self.database.url()).await.unwrap()
    }

    /// The first column of what a query finds.
    pub(crate) fn column(&self, sql: &str) -> Vec<Option<String>> {
        self.database.sql(sql).into_iter().map(|mut row| row.swap_remove(0)).collect()
    }
}

pub(crate) async fn user(store: &dyn ArchiveStore) -> UserId {
    store.add_user(&"RJ".parse().unwrap(), None).await.unwrap().id
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

pub(crate) fn span(start: i64, end: i64) -> Span {
    Span::new(at(start), at(end))
}

/// Replaces `[start, end)`, observed with nothing in between.
pub(crate) async fn replace(
    store: &dyn ArchiveStore,
    user: UserId,
    (start, end): (i64, i64),
    plays: &[Play],
) -> StoreResult<Replaced> {
    let observation = Observation {
        revision: store.revision(user).await?,
        at: at(1_000_000),
        removals: Removals::Confirm,
    };
    store.replace(user, span(start, end), plays.to_vec(), observation).await
}

/// A number from the environment.
pub(crate) fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text:?}")))
}
