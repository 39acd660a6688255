//! What the queue in a file promises beyond the contract: whatever dies, nothing is lost.

mod agreement;
mod child;
mod cutting;
mod files;
mod kills;
mod power;

use lastfm_core::scrobble::{Account, Enqueued, Repeats, ScrobbleQueue, Submission};
use lastfm_core::{NewPlay, PlayerTrack, Service};
use lastfm_sqlite::SqliteQueue;

use crate::support::{Scratch, at};

impl Scratch {
    pub(crate) async fn queue(&self) -> SqliteQueue {
        SqliteQueue::open(self.path()).await.unwrap()
    }
}

fn account(name: &str) -> Account {
    Account::new(&Service::last_fm(), name.parse().unwrap())
}

fn rj() -> Account {
    account("RJ")
}

/// The play of this second.
fn play(second: i64) -> Submission {
    let track = PlayerTrack::new("Low", format!("track {second}")).album("Secret Name");
    Submission::new(NewPlay::new(track, at(second)))
}

/// Adds plays, all of which must be new.
async fn add(queue: &SqliteQueue, seconds: impl IntoIterator<Item = i64>, now: i64) {
    let plays = seconds.into_iter().map(play).collect();
    let added = queue.enqueue(&rj(), plays, Repeats::Same, at(now)).await.unwrap();
    assert!(added.iter().all(|added| matches!(added, Enqueued::Added(_))), "{added:?}");
}
