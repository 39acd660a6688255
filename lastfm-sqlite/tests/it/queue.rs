//! What the queue in a file promises beyond the contract: whatever dies, nothing is lost.

mod agreement;
mod child;
mod cutting;
mod files;
mod kills;
mod power;

use lastfm_core::scrobble::{
    Account, Counts, Enqueued, Filter, Hold, Job, QueuedPlay, Repeats, ScrobbleQueue, Step,
    Submission,
};
use lastfm_core::{NewPlay, PlayerTrack, Service, Timestamp};
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

/// All that a queue tells of an account.
#[derive(Debug, PartialEq)]
struct Told {
    plays: Vec<QueuedPlay>,
    history: Vec<Step>,
    jobs: Vec<Job>,
    counts: Counts,
    hold: Option<Hold>,
    next_due: Option<Timestamp>,
}

async fn told(queue: &dyn ScrobbleQueue, account: &Account, at: Timestamp) -> Told {
    let all = Filter::all();
    Told {
        plays: queue.plays(account, all, None, usize::MAX, at).await.unwrap(),
        history: queue.history(account, None, None, usize::MAX).await.unwrap(),
        jobs: queue.jobs(account, at).await.unwrap(),
        counts: queue.counts(account, at).await.unwrap(),
        hold: queue.held(account).await.unwrap(),
        next_due: queue.next_due(account).await.unwrap(),
    }
}
