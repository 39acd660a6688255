//! Whether the oracle bites: senders with one known mistake each, all of which it must catch.
//!
//! The mistakes are those that real programs made.

mod answers;
mod queues;

use lastfm_core::testing::scrobble_oracle::Planted;

use crate::schedules::schedule;

/// Within so many seeds a mistake must be found.
const SEEDS: u64 = 100;

/// Finds the first seed at which the schedule fails with the mistake, and not without it.
fn caught(name: &str, planted: &Planted) {
    for seed in 0..SEEDS {
        let Err(wrong) = schedule(seed, planted.clone()) else { continue };
        if schedule(seed, Planted::default()).is_ok() {
            let first: String = wrong.chars().take(110).collect();
            println!("{name}: caught at seed {seed}: {first}");
            return;
        }
        println!("{name}: seed {seed} fails without the mistake, too");
    }
    panic!("{name}: not caught within {SEEDS} seeds")
}
