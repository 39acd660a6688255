//! The archive in a database against the truth: schedules, and stories stopped at their steps.
//!
//! `ORACLE_SEEDS` and `ORACLE_FIRST` choose the schedules, `ORACLE_PLAYS` how long the histories are.

use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use std::{iter, thread};

use futures_executor::block_on;
use lastfm_core::archive::ArchiveStore;
use lastfm_core::testing::oracle::{Planted, Tally, run_schedule, schedule_clock};
use lastfm_core::testing::stories::{Stage, Story, polled, until_cut};
use lastfm_core::testing::{Cut, Scenario, VirtualClock};
use lastfm_postgres::PostgresStoreOptions;

use crate::support::{Scratch, setting};

async fn open(scratch: &Scratch, clock: &VirtualClock) -> Arc<dyn ArchiveStore> {
    // Whoever is paused in the middle of a transaction keeps its locks that long; on a machine that is
    // busy with other tests, an ordinary statement may take half of it.
    let options = PostgresStoreOptions::new(scratch.database.url())
        .statement_timeout(Duration::from_secs(3))
        .clock(Arc::new(clock.clone()));
    Arc::new(options.open().await.unwrap())
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

/// How many schedules run at a time: each of them waits for the database most of the time.
fn at_a_time() -> usize {
    (2 * thread::available_parallelism().map_or(1, NonZero::get)).min(16)
}

#[test]
fn schedules_leave_the_database_equal_to_the_truth() {
    let first = setting("ORACLE_FIRST").unwrap_or(0);
    let last = first + setting("ORACLE_SEEDS").unwrap_or(25);
    let (runtime, next) = (runtime(), AtomicU64::new(first));
    let outcome = Mutex::new((Vec::new(), Tally::default()));
    thread::scope(|scope| {
        for _ in 0..at_a_time() {
            scope.spawn(|| {
                let _inside = runtime.enter();
                let seeds = iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
                let (failed, tally) = run_all(seeds.take_while(|seed| *seed < last));
                let mut outcome = outcome.lock().unwrap();
                outcome.0.extend(failed);
                outcome.1 += tally;
            });
        }
    });
    let (failed, total) = outcome.into_inner().unwrap();
    println!("seeds {first} to {last}: {total:?}");
    assert!(
        failed.is_empty(),
        "failed: {failed:?}; again: ORACLE_FIRST={} ORACLE_SEEDS=1",
        failed[0]
    );
}

/// Runs schedules one after the other; gives those that fail, and what the others came to. A removed user leaves nothing behind,
/// so that the next one can have the database: a new one for each would take a fifth of the time.
fn run_all(seeds: impl Iterator<Item = u64>) -> (Vec<u64>, Tally) {
    let mut scratch = Scratch::new();
    let (mut failed, mut total) = (Vec::new(), Tally::default());
    for seed in seeds {
        let clock = schedule_clock();
        let mut scenario = Scenario::random(seed);
        scenario.history.plays = match setting("ORACLE_PLAYS") {
            Some(plays) => usize::try_from(plays).unwrap(),
            None => scenario.history.plays.min(600),
        };
        let outcome = block_on(async {
            let store = open(&scratch, &clock).await;
            let planted = Planted::default();
            let outcome = run_schedule(seed, scenario, clock, Arc::clone(&store), planted).await;
            for user in store.users().await.unwrap() {
                store.remove_user(user.id).await.unwrap();
            }
            outcome
        });
        match outcome {
            Ok(tally) => total += tally,
            Err(wrong) => {
                eprintln!("seed {seed}: {wrong}");
                failed.push(seed);
                scratch = Scratch::new();
            }
        }
    }
    (failed, total)
}

/// Plays a story up to a place where it is stopped, opens the database again, and looks at its
/// end. Says whether the run came to its end before it was stopped.
async fn stopped(of: Story, at: usize, steps: bool) -> bool {
    let (scratch, clock) = (Scratch::new(), Stage::clock());
    let stage = Stage::new(of, clock.clone());
    let store = open(&scratch, &clock).await;
    stage.prepare(&store).await.unwrap();
    let cut = if steps { Cut::after(at as u64) } else { Cut::never() };
    let mut run = Box::pin(stage.run(&store, &cut).finish());
    let outcome = if steps { until_cut(&mut run, &cut).await } else { polled(&mut run, at).await };
    drop(run);
    drop(store);
    let store = open(&scratch, &clock).await;
    let ending = stage.end(&store).await;
    assert_eq!(ending, Ok(stage.expected()), "{of:?}, stopped at {at} (steps: {steps})");
    outcome.map(Result::unwrap).is_some()
}

/// A new database for each place takes its time: some places of each story, and all where
/// `ORACLE_EVERY_STEP` is set.
fn stride(story: Story) -> usize {
    match (std::env::var_os("ORACLE_EVERY_STEP"), story) {
        (Some(_), _) => 1,
        (None, Story::Hole) => 331,
        (None, _) => 23,
    }
}

#[test]
fn a_run_that_is_killed_at_any_step_ends_the_same_in_the_database() {
    let runtime = runtime();
    let _inside = runtime.enter();
    for story in Story::ALL {
        let every = stride(story);
        let steps = (1..).step_by(every).find(|at| block_on(stopped(story, *at, true))).unwrap();
        println!("{story:?}: killed at every {every} of {steps} steps");
    }
}

#[test]
fn a_run_that_is_dropped_at_any_poll_ends_the_same_in_the_database() {
    let runtime = runtime();
    let _inside = runtime.enter();
    for story in Story::ALL {
        let every = 3 * stride(story); // Between two steps lie several polls.
        let polls = (1..).step_by(every).find(|at| block_on(stopped(story, *at, false))).unwrap();
        println!("{story:?}: dropped at every {every} of {polls} polls");
    }
}
