//! Processes that are killed, and processes that share a queue.
//!
//! `QUEUE_KILLS=1000 cargo test --release -p lastfm-postgres --test it queue::kills -- --nocapture`

use std::collections::BTreeMap;
use std::time::Duration;

use lastfm_core::scrobble::{
    Batch, HoldReason, PlayId, Repeats, ScrobbleQueue as _, State, Verdict,
};
use lastfm_core::testing::Dice;
use lastfm_postgres::PostgresQueue;

use super::child::{ADDED, Role, Said, Worker, line};
use super::{Scratch, add, at, play, rj, setting, told};

#[tokio::test]
async fn kills_take_nothing_that_was_acknowledged() {
    let kills = setting("QUEUE_KILLS").unwrap_or(8);
    let scratch = Scratch::new();
    let mut dice = Dice::stream(kills, 0xC2);
    let mut known = Vec::new();
    for seed in 0..kills {
        let mut worker = Worker::start(Role::Work, scratch.database.url(), seed);
        worker.hear(Duration::from_micros(dice.below(80_000)));
        let mut said = worker.kill();
        known.append(&mut said.steps);
        said.steps = known;
        let found = found(&scratch.queue().await).await;
        assert_eq!(found.lost(&said), 0, "kill {seed}");
        known = found.history;
    }
    println!("{kills} kills: all of {} acknowledged steps are there", known.len());
}

/// What is in the database after a process died.
pub(super) struct Found {
    /// Each step, as a line.
    pub(super) history: Vec<String>,
}

impl Found {
    /// How many acknowledged steps are missing. Those that are there must be the first, and what
    /// is there beyond them one whole call.
    pub(super) fn lost(&self, said: &Said) -> usize {
        let both = self.history.len().min(said.steps.len());
        assert_eq!(self.history[..both], said.steps[..both]);
        let beyond = self.history.len() - both;
        assert!(beyond == 0 || beyond == said.begun, "{beyond} of {} steps", said.begun);
        said.steps.len() - both
    }
}

/// Reads the database, and asserts that all of it agrees.
pub(super) async fn found(queue: &PostgresQueue) -> Found {
    // Waits for what was begun.
    queue.lift(&rj(), HoldReason::App).await.unwrap();
    let told = told(queue, &rj(), at(i64::MAX - 1)).await;
    let mut states = BTreeMap::<PlayId, State>::new();
    for step in &told.history {
        states.insert(step.play, step.state);
    }
    assert_eq!(told.plays.len() % usize::from(ADDED), 0, "half a call");
    assert_eq!(told.plays.len(), states.len(), "a play for each that the history tells of");
    for (kept, (id, state)) in told.plays.iter().zip(states) {
        assert_eq!((kept.id, kept.state(at(i64::MAX - 1))), (id, state));
        assert_eq!(kept.play, play(kept.play.played_at.as_unix()).play, "as it was handed over");
    }
    Found { history: told.history.iter().map(line).collect() }
}

#[tokio::test]
async fn processes_that_take_at_once_never_share_a_play() {
    let scratch = Scratch::new();
    let queue = scratch.queue().await;
    add(&queue, &rj(), 0..120, 5).await;
    let taking: Vec<Worker> =
        (0..3).map(|seed| Worker::start(Role::Take, scratch.database.url(), seed)).collect();
    let taken = taking.into_iter().map(|worker| worker.end().steps);
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
    let told = told(&pools[0], &rj(), at(50)).await;
    let mut states = BTreeMap::<PlayId, State>::new();
    for step in &told.history {
        assert_ne!(states.insert(step.play, step.state), Some(step.state), "{step:?}");
    }
    let steps = told.history.iter().filter(|step| step.state == State::Sending).count();
    assert!(count > 400, "{count} plays were taken");
    assert_eq!((attempts.len(), steps), (400, count));
}
