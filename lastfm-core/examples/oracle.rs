//! Oracle.
use lastfm_core::archive::MemoryStore;
use lastfm_core::testing::{Scenario, oracle};
use std::sync::Arc;
fn main() {
    let mut args = std::env::args().skip(1);
    let from: u64 = args.next().unwrap().parse().unwrap();
    let to: u64 = args.next().unwrap().parse().unwrap();
    let mut bad = 0;
    for seed in from..to {
        let clock = oracle::schedule_clock();
        let store = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
        let scenario = Scenario::random(seed);
        let t = std::time::Instant::now();
        let run = oracle::run_schedule(seed, scenario, clock, store, Default::default());
        match futures_executor::block_on(run) {
            Ok(tally) => {
                if to - from < 20 {
                    println!("{seed}: {tally:?} {:?}", t.elapsed())
                }
            }
            Err(e) => {
                bad += 1;
                let e: String = e.chars().take(600).collect();
                println!("{seed}: FAIL {e} {:?}", t.elapsed())
            }
        }
    }
    println!("{bad} of {} failed", to - from);
}
