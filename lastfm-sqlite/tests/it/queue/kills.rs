//! Processes that are killed, and processes that share a queue.
//!
//! `QUEUE_KILLS=1000 cargo test --release -p lastfm-sqlite --test it queue::kills -- --nocapture`

use std::time::Duration;

use lastfm_core::scrobble::{Repeats, ScrobbleQueue as _};
use lastfm_core::testing::Dice;
use lastfm_core::testing::queue_worker::{Kept, Worker};
use lastfm_sqlite::SqliteQueue;

use super::child::{Role, start};
use super::{add, play, rj};
use crate::support::{Scratch, at, setting};

#[tokio::test]
async fn kills_take_nothing_that_was_acknowledged() {
    let kills = setting("QUEUE_KILLS").unwrap_or(20);
    let scratch = Scratch::new();
    let mut dice = Dice::stream(kills, 0xC2);
    let mut kept = Kept::default();
    for seed in 0..kills {
        let mut worker = start(Role::Work, &scratch.path(), seed);
        worker.hear(Duration::from_micros(dice.below(80_000)));
        let said = worker.kill();
        let queue = sound(scratch.queue().await).await;
        assert_eq!(kept.lost(&queue, &rj(), said).await, 0, "kill {seed}");
    }
    println!("{kills} kills: all of {} acknowledged steps are there", kept.step_count());
}

/// Asserts that no page of the file is broken.
pub(super) async fn sound(queue: SqliteQueue) -> SqliteQueue {
    let sound = queue.on_writer(|db| {
        db.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap()
    });
    assert_eq!(sound.await.unwrap(), "ok");
    queue
}

#[tokio::test]
async fn processes_that_take_at_once_never_share_a_play() {
    let scratch = Scratch::new();
    let queue = scratch.queue().await;
    add(&queue, 0..120, 5).await;
    let taking: Vec<Worker> = (0..3).map(|seed| start(Role::Take, &scratch.path(), seed)).collect();
    let taken = taking.into_iter().map(|worker| worker.end().lines);
    let taken: Vec<Vec<String>> = taken.collect();
    let mut all: Vec<i64> = taken.iter().flatten().map(|id| id.parse().unwrap()).collect();
    all.sort_unstable();
    assert!(all.iter().copied().eq(1..=120), "{taken:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn handles_that_add_and_take_at_once_lose_and_share_nothing() {
    let scratch = Scratch::new();
    let opened = [scratch.queue().await, scratch.queue().await, scratch.queue().await];
    let working = opened.map(|queue| {
        tokio::spawn(async move {
            let mut taken = Vec::new();
            for second in 0..40 {
                // All of them hand over the same plays.
                queue.enqueue(&rj(), vec![play(second)], Repeats::Same, at(50)).await.unwrap();
                let batch = queue.take(&rj(), 2, Duration::from_secs(60), at(50)).await.unwrap();
                taken.extend(batch.plays.iter().map(|play| play.id.0));
            }
            taken
        })
    });
    let mut taken = Vec::new();
    for work in working {
        taken.extend(work.await.unwrap());
    }
    taken.sort_unstable();
    assert!(taken.iter().copied().eq(1..=40), "{taken:?}");
}
