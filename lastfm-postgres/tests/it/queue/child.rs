//! A process that works on a queue in a database, to be killed. It is this test program itself,
//! with one test wanted.

use lastfm_core::testing::queue_worker::{Worker, take_all, work};
use lastfm_postgres::PostgresQueue;

use super::rj;

/// What it does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    /// Adds, takes and settles plays, for ever.
    Work,
    /// Takes plays as long as there are any.
    Take,
}

pub(super) fn start(role: Role, url: &str, seed: u64) -> Worker {
    let (role, seed) = (format!("{role:?}"), seed.to_string());
    let vars = [("QUEUE_URL", url), ("QUEUE_SEED", seed.as_str()), ("QUEUE_ROLE", &role)];
    Worker::start("queue::child::works_until_it_is_killed", vars)
}

#[tokio::test]
#[ignore = "is started by other tests"]
async fn works_until_it_is_killed() {
    let Ok(url) = std::env::var("QUEUE_URL") else { return };
    let seed = std::env::var("QUEUE_SEED").unwrap().parse().unwrap();
    let role = std::env::var("QUEUE_ROLE").unwrap();
    let queue = PostgresQueue::open(url).await.unwrap();
    if role == "Take" {
        return take_all(&queue, &rj(), seed).await;
    }
    work(&queue, &rj(), seed).await;
}
