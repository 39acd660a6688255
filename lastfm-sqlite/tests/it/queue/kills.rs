//! Processes that are killed, and processes that share a queue.
//!
//! `QUEUE_KILLS=1000 cargo test --release -p lastfm-sqlite --test it queue::kills -- --nocapture`

use std::collections::BTreeMap;
use std::time::Duration;

use lastfm_core::scrobble::{PlayId, Repeats, ScrobbleQueue as _, State};
use lastfm_core::testing::Dice;
use lastfm_sqlite::SqliteQueue;

use super::child::{ADDED, Role, Said, Worker, line};
use super::{add, play, rj, told};
use crate::support::{Scratch, at, setting};

#[tokio::test]
async fn kills_take_nothing_that_was_acknowledged() {
    let kills = setting("QUEUE_KILLS").unwrap_or(20);
    let scratch = Scratch::new();
    let mut dice = Dice::stream(kills, 0xC2);
    let mut known = Vec::new();
    for seed in 0..kills {
        let mut worker = Worker::start(Role::Work, &scratch.path(), seed);
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

/// What is in the file after a process died.
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

/// Reads the file, and asserts that all of it agrees.
pub(super) async fn found(queue: &SqliteQueue) -> Found {
    let told = told(queue, &rj(), at(i64::MAX - 1)).await;
    let sound = queue.on_writer(|db| {
        db.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap()
    });
    assert_eq!(sound.await.unwrap(), "ok");
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
    add(&queue, 0..120, 5).await;
    let taking: Vec<Worker> =
        (0..3).map(|seed| Worker::start(Role::Take, &scratch.path(), seed)).collect();
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
