//! Schedules under clocks that are wrong, jump, or say nothing.
//!
//! `CLOCKS_FIRST=0 CLOCKS=2000 cargo test --release -p lastfm-core --features testing --test oracle
//! clocks`

use std::sync::{Arc, Mutex};

use futures_executor::block_on;
use lastfm_core::archive::{ArchiveStore, MemoryStore};
use lastfm_core::testing::oracle::{Tally, run_schedule, schedule_clock};
use lastfm_core::testing::{Scenario, WrongClocks};

use crate::schedules::{each, setting};

/// Seeds that showed what was wrong: moments of a wall clock were written down and believed later.
///
/// Some seeds still fail, 79, 450, 481 and 533 among the first 600: where the machine's clock is a day
/// off and the service's answer has no date, what is due daily is done a day late, and the oracle does
/// not wait for it.
const ONCE_FAILED: [u64; 5] = [44, 247, 347, 373, 390];

#[test]
fn whatever_the_clocks_say_the_archive_equals_the_truth() {
    let first = setting("CLOCKS_FIRST");
    let count = setting("CLOCKS");
    let from = first.unwrap_or(0);
    let mut seeds: Vec<u64> = (from..from + count.unwrap_or(10)).collect();
    if first.is_none() && count.is_none() {
        seeds.extend(ONCE_FAILED);
    }
    let failures = Mutex::new(Vec::new());
    let total = Mutex::new(Tally::default());
    each(&seeds, |seed| match under_wrong_clocks(seed) {
        Ok(tally) => *total.lock().unwrap() += tally,
        Err(wrong) => {
            let wrong: String = wrong.chars().take(3_000).collect();
            eprintln!("seed {seed}: {wrong}");
            eprintln!("  again: CLOCKS_FIRST={seed} CLOCKS=1 cargo test --test oracle clocks");
            failures.lock().unwrap().push(seed);
        }
    });
    println!("{} seeds under wrong clocks: {:?}", seeds.len(), total.into_inner().unwrap());
    let failed = failures.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {} seeds failed: {failed:?}", failed.len(), seeds.len());
}

fn under_wrong_clocks(seed: u64) -> Result<Tally, String> {
    let clock = schedule_clock();
    let store: Arc<dyn ArchiveStore> = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
    let clocks = WrongClocks::new(seed, clock.clone(), Arc::clone(&store));
    let schedule = run_schedule(seed, scenario(seed), clock, store, clocks.planted());
    let tally = block_on(schedule).and_then(|tally| clocks.verdict().map(|()| tally));
    tally.map_err(|wrong| format!("{}: {wrong}", clocks.in_words()))
}

/// The mixture of this seed, with moments that cannot be.
fn scenario(seed: u64) -> Scenario {
    let mut scenario = Scenario::random(seed);
    scenario.service.date_error = 0;
    let history = &mut scenario.history;
    if seed.is_multiple_of(2) {
        history.at_second_zero = history.at_second_zero.max(3);
        history.before_1970 = history.before_1970.max(2);
    }
    if seed.is_multiple_of(3) {
        history.in_the_future = history.in_the_future.max(2);
    }
    scenario
}
