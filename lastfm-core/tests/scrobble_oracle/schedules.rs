//! Many seeds: plays handed over in bursts, faults, lies, logouts, limits, kills and pauses.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_executor::block_on;
use lastfm_core::scrobble::MemoryQueue;
use lastfm_core::testing::oracle::schedule_clock;
use lastfm_core::testing::scrobble_oracle::{Planted, Tally, run_scrobble_schedule};

/// Seeds that once found a bug; they always run.
const ONCE_FAILED: [u64; 3] = [20, 62, 302];

#[test]
fn no_schedule_loses_or_doubles_a_play_or_hides_one() {
    let first = setting("SCROBBLE_FIRST").unwrap_or(0);
    let chosen = first..first + setting("SCROBBLE_SEEDS").unwrap_or(60);
    let mut seeds: Vec<u64> = chosen.collect();
    seeds.extend(ONCE_FAILED.iter().filter(|seed| !seeds.contains(seed)).collect::<Vec<_>>());

    let failures = Mutex::new(Vec::new());
    let total = Mutex::new(Tally::default());
    each(&seeds, |seed| match schedule(seed, Planted::default()) {
        Ok(tally) => *total.lock().unwrap() += tally,
        Err(wrong) => failures.lock().unwrap().push((seed, wrong)),
    });

    let total = total.into_inner().unwrap();
    println!("{} seeds: {total:?}", seeds.len());
    let failures = failures.into_inner().unwrap();
    for (seed, wrong) in &failures {
        let wrong: String = wrong.chars().take(6_000).collect();
        eprintln!("seed {seed}: {wrong}");
        eprintln!(
            "  again: SCROBBLE_FIRST={seed} SCROBBLE_SEEDS=1 cargo test --test scrobble_oracle \
             schedules"
        );
    }
    let failed: Vec<u64> = failures.iter().map(|(seed, _)| *seed).collect();
    assert!(failed.is_empty(), "{} of {} seeds failed: {failed:?}", failed.len(), seeds.len());
    assert!(total.unknown * 1_000 <= total.plays, "that nobody knows must be rare");
}

/// One schedule on a queue in memory.
pub(crate) fn schedule(seed: u64, planted: Planted) -> Result<Tally, String> {
    let queue = Arc::new(MemoryQueue::new());
    block_on(run_scrobble_schedule(seed, schedule_clock(), queue, planted))
}

/// Does `act` for each seed, on all processors.
fn each(seeds: &[u64], act: impl Fn(u64) + Sync) {
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
fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text:?}")))
}
