//! Many seeds: random schedules of listening, faults, kills and pauses.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_executor::block_on;
use lastfm_core::archive::MemoryStore;
use lastfm_core::testing::Scenario;
use lastfm_core::testing::oracle::{Planted, Tally, run_schedule, schedule_clock};

/// Seeds that once found a bug; they run unless others are asked for.
const ONCE_FAILED: [u64; 13] = [1, 13, 21, 29, 43, 58, 74, 96, 155, 317, 761, 865, 910];

#[test]
fn three_hundred_schedules_leave_the_archive_equal_to_the_truth() {
    let first = setting("ORACLE_FIRST");
    let chosen = first.unwrap_or(0)..first.unwrap_or(0) + setting("ORACLE_SEEDS").unwrap_or(300);
    let mut seeds: Vec<u64> = chosen.clone().collect();
    if first.is_none() {
        seeds.extend(ONCE_FAILED.iter().filter(|seed| !chosen.contains(seed)));
    }

    let failures = Mutex::new(Vec::new());
    let total = Mutex::new(Tally::default());
    each(&seeds, |seed| match schedule(seed) {
        Ok(tally) => *total.lock().unwrap() += tally,
        Err(wrong) => failures.lock().unwrap().push((seed, wrong)),
    });

    println!("{} seeds: {:?}", seeds.len(), total.into_inner().unwrap());
    let failures = failures.into_inner().unwrap();
    for (seed, wrong) in &failures {
        eprintln!("seed {seed}: {wrong}");
        eprintln!("  again: ORACLE_FIRST={seed} ORACLE_SEEDS=1 cargo test --test oracle schedules");
    }
    let failed: Vec<u64> = failures.iter().map(|(seed, _)| *seed).collect();
    assert!(failed.is_empty(), "{} of {} seeds failed: {failed:?}", failed.len(), seeds.len());
}

fn schedule(seed: u64) -> Result<Tally, String> {
    let mut scenario = Scenario::random(seed);
    if let Some(plays) = setting("ORACLE_PLAYS") {
        scenario.history.plays = usize::try_from(plays).unwrap();
    }
    let clock = schedule_clock();
    let store = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
    block_on(run_schedule(seed, scenario, clock, store, Planted::default()))
}

/// Does `act` for each seed, on all processors.
pub(crate) fn each(seeds: &[u64], act: impl Fn(u64) + Sync) {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    act(*seed);
                }
            });
        }
    });
}

/// A number from the environment.
pub(crate) fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text:?}")))
}
