//! What the queue in a database promises, the contract and beyond: whatever dies, nothing is lost.

mod agreement;
mod child;
mod contract;
mod cutting;
mod disk;
mod kills;
mod people;

use lastfm_core::scrobble::{Account, Enqueued, Repeats, ScrobbleQueue, Submission};
use lastfm_core::{NewPlay, PlayerTrack, Service, Timestamp};
use lastfm_postgres::testing::{Database, PrivateServer};
use lastfm_postgres::{PostgresQueue, PostgresStore, PostgresStoreOptions};

/// A database of its own, removed at the end.
#[derive(Debug)]
pub(crate) struct Scratch {
    pub(crate) database: Database,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { database: PrivateServer::shared().database() }
    }

    fn options(&self) -> PostgresStoreOptions {
        PostgresStoreOptions::new(self.database.url()).connections(4)
    }

    pub(crate) async fn queue(&self) -> PostgresQueue {
        self.options().open_queue().await.unwrap()
    }

    pub(crate) async fn open(&self) -> PostgresStore {
        self.options().open().await.unwrap()
    }
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

/// A number from the environment.
fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text:?}")))
}

fn account(name: &str) -> Account {
    Account::new(&Service::last_fm(), name.parse().unwrap())
}

pub(crate) fn rj() -> Account {
    account("RJ")
}

/// The play of this second.
fn play(second: i64) -> Submission {
    let track = PlayerTrack::new("Low", format!("track {second}")).album("Secret Name");
    Submission::new(NewPlay::new(track, at(second)))
}

/// Adds plays, all of which must be new.
async fn add(
    queue: &dyn ScrobbleQueue,
    account: &Account,
    seconds: impl IntoIterator<Item = i64>,
    now: i64,
) {
    let plays = seconds.into_iter().map(play).collect();
    let added = queue.enqueue(account, plays, Repeats::Same, at(now)).await.unwrap();
    assert!(added.iter().all(|added| matches!(added, Enqueued::Added(_))), "{added:?}");
}
