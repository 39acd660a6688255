//! The queue in a file against the truth: what was handed over is with the service, or visible.
//!
//! `SCROBBLE_SEEDS` and `SCROBBLE_FIRST` choose the schedules.

use std::sync::Arc;

use futures_executor::block_on;
use lastfm_core::testing::oracle::schedule_clock;
use lastfm_core::testing::scrobble_oracle::{Planted, run_scrobble_schedule};
use lastfm_sqlite::SqliteQueue;

use crate::support::{Scratch, setting};

#[test]
fn schedules_lose_and_double_no_play_of_a_queue_in_a_file() {
    let first = setting("SCROBBLE_FIRST").unwrap_or(0);
    let mut failed = Vec::new();
    for seed in first..first + setting("SCROBBLE_SEEDS").unwrap_or(4) {
        let scratch = Scratch::new();
        let run = block_on(async {
            let queue = Arc::new(SqliteQueue::open(scratch.path()).await.unwrap());
            run_scrobble_schedule(seed, schedule_clock(), queue, Planted::default()).await
        });
        match run {
            Ok(tally) => println!("seed {seed}: {tally:?}"),
            Err(wrong) => {
                let wrong: String = wrong.chars().take(6_000).collect();
                eprintln!("seed {seed}: {wrong}");
                failed.push(seed);
            }
        }
    }
    assert!(failed.is_empty(), "failed: {failed:?}; again: SCROBBLE_FIRST={failed:?}");
}
