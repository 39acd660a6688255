//! Processes that are killed, and processes that share a queue.
//!
//! `QUEUE_KILLS=1000 cargo test --release -p lastfm-postgres --test it queue::kills -- --nocapture`

use std::collections::BTreeMap;
use std::time::Duration;

use lastfm_core::scrobble::{
    Batch, HoldReason, PlayId, Repeats, ScrobbleQueue as _, State, Verdict,
};
use lastfm_core::testing::Dice;
use lastfm_core::testing::queue_conformance::seen;
use lastfm_core::testing::queue_worker::{Kept, Worker};
use lastfm_postgres::PostgresQueue;

use super::child::{Role, start};
use super::{Scratch, add, at, play, rj, setting};

#[tokio::test]
async fn kills_take_nothing_that_was_acknowledged() {
    let kills = setting("QUEUE_KILLS").unwrap_or(8);
    let scratch = Scratch::new();
    let mut dice = Dice::stream(kills, 0xC2);
    let mut kept = Kept::default();
    for seed in 0..kills {
        let mut worker = start(Role::Work, scratch.database.url(), seed);
        worker.hear(Duration::from_micros(dice.below(80_000)));
        let said = worker.kill();
        let queue = settled(scratch.queue().await).await;
        assert_eq!(kept.lost(&queue, &rj(), said).await, 0, "kill {seed}");
    }
    println!("{kills} kills: all of {} acknowledged steps are there", kept.step_count());
}

/// Waits for what a dead process had begun.
pub(super) async fn settled(queue: PostgresQueue) -> PostgresQueue {
    queue.lift(&rj(), HoldReason::App).await.unwrap();
    queue
}

#[tokio::test]
async fn processes_that_take_at_once_never_share_a_play() {
    let scratch = Scratch::new();
    let queue = scratch.queue().await;
    add(&queue, &rj(), 0..120, 5).await;
    let taking: Vec<Worker> =
        (0..3).map(|seed| start(Role::Take, scratch.database.url(), seed)).collect();
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

#[tokio::test(flavor = "multi_thread")]
async fn senders_on_two_pools_never_hold_the_same_play() {
    let scratch = Scratch::new();
    let queue = scratch.queue().await;
    add(&queue, &rj(), 0..20, 50).await;
    let pools = [queue, scratch.queue().await];
    let sending = (0..4).map(|sender| {
        let queue = pools[sender % 2].clone();
        tokio::spawn(async move {
            let mut taken: Vec<Batch> = Vec::new();
            for _ in 0..100 {
                let lease = Duration::from_secs(60);
                let batch = queue.take(&rj(), 7, lease, at(50)).await.unwrap();
                let again = Verdict::Again { due_at: at(0), reason: String::new() };
                let ids = batch.plays.iter().map(|play| play.id);
                let verdicts: Vec<_> = ids.map(|id| (id, again.clone())).collect();
                let settled = queue.settle(&rj(), batch.attempt, verdicts, at(50)).await.unwrap();
                assert_eq!(settled.len(), batch.plays.len(), "nobody else settled them");
                taken.push(batch);
            }
            taken
        })
    });
    let sending: Vec<_> = sending.collect();
    let mut attempts = BTreeMap::new();
    let mut count = 0;
    for sender in sending {
        for batch in sender.await.unwrap() {
            count += batch.plays.len();
            assert_eq!(attempts.insert(batch.attempt, batch.plays.len()), None, "one number, one");
        }
    }
    // In the order of the history: taken, settled, taken, and never taken twice in between.
    let seen = seen(&pools[0], &rj(), at(50)).await.unwrap();
    let mut states = BTreeMap::<PlayId, State>::new();
    for step in &seen.steps {
        assert_ne!(states.insert(step.play, step.state), Some(step.state), "{step:?}");
    }
    let steps = seen.steps.iter().filter(|step| step.state == State::Sending).count();
    assert!(count > 400, "{count} plays were taken");
    assert_eq!((attempts.len(), steps), (400, count));
}
