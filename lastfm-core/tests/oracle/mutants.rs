//! Whether the oracle bites: programs with one known mistake each, all of which it must catch.
//!
//! The mistakes are those that real archivers made.

mod engines;
mod stores;

use std::sync::Arc;

use futures_executor::block_on;
use lastfm_core::Clock;
use lastfm_core::archive::{ArchiveStore, MemoryStore};
use lastfm_core::testing::oracle::{Planted, run_schedule, schedule_clock};
use lastfm_core::testing::{Scenario, VirtualClock};

/// Within so many seeds a mistake must be found.
const SEEDS: u64 = 100;

/// Finds the first seed at which `trial` fails though `control`, the same without the mistake,
/// does not.
fn caught(
    name: &str,
    trial: impl Fn(u64) -> Result<(), String>,
    control: impl Fn(u64) -> Result<(), String>,
) {
    for seed in 0..SEEDS {
        let Err(wrong) = trial(seed) else { continue };
        if control(seed).is_ok() {
            let first: String = wrong.chars().take(90).collect();
            println!("{name}: caught at seed {seed}: {first}");
            return;
        }
        println!("{name}: seed {seed} fails without the mistake, too");
    }
    panic!("{name}: not caught within {SEEDS} seeds")
}

/// A schedule over a shorter history, so that many fit into a minute.
fn schedule(seed: u64, planted: Planted) -> Result<(), String> {
    schedule_of(seed, short(seed), schedule_clock(), planted)
}

fn short(seed: u64) -> Scenario {
    let mut scenario = Scenario::random(seed);
    scenario.history.plays %= 1_500;
    scenario
}

fn schedule_of(
    seed: u64,
    scenario: Scenario,
    clock: VirtualClock,
    planted: Planted,
) -> Result<(), String> {
    let of_store: Arc<dyn Clock> = Arc::new(clock.clone());
    let store: Arc<dyn ArchiveStore> = Arc::new(MemoryStore::new(of_store));
    block_on(run_schedule(seed, scenario, clock, store, planted)).map(drop)
}
