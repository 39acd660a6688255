//! A process that works on a queue in a file, to be killed. It is this test program itself, with
//! one test wanted.

use std::path::Path;

use lastfm_core::testing::queue_worker::{Worker, take_all, work};
use lastfm_sqlite::SqliteQueue;

use super::rj;

/// What it does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    /// Adds, takes and settles plays, for ever.
    Work,
    /// The same, but for the wait for the disk.
    Relaxed,
    /// Takes plays as long as there are any.
    Take,
}

pub(super) fn start(role: Role, path: &Path, seed: u64) -> Worker {
    let (role, path, seed) = (format!("{role:?}"), path.to_str().unwrap(), seed.to_string());
    let vars = [("QUEUE_FILE", path), ("QUEUE_SEED", seed.as_str()), ("QUEUE_ROLE", &role)];
    Worker::start("queue::child::works_until_it_is_killed", vars)
}

#[tokio::test]
#[ignore = "is started by other tests"]
async fn works_until_it_is_killed() {
    let Some(path) = std::env::var_os("QUEUE_FILE") else { return };
    let seed = std::env::var("QUEUE_SEED").unwrap().parse().unwrap();
    let role = std::env::var("QUEUE_ROLE").unwrap();
    let queue = SqliteQueue::open(path).await.unwrap();
    if role == "Relaxed" {
        let relax = |db: &mut rusqlite::Connection| db.execute_batch("PRAGMA synchronous = NORMAL");
        queue.on_writer(relax).await.unwrap().unwrap();
    }
    if role == "Take" {
        return take_all(&queue, &rj(), seed).await;
    }
    work(&queue, &rj(), seed).await;
}
