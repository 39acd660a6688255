//! Every story, stopped at every step: it ends the same as if nothing had happened.

use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;
use lastfm_core::archive::{ArchiveStore, MemoryStore};
use lastfm_core::testing::stories::{Stage, Story, polled, until_cut};
use lastfm_core::testing::{Cut, VirtualClock};

/// A lease is 50 s long.
const LONGER_THAN_A_LEASE: Duration = Duration::from_secs(60);

fn begin(of: Story) -> (Stage, Arc<dyn ArchiveStore>) {
    begin_at(of, &Stage::clock())
}

fn begin_at(of: Story, clock: &VirtualClock) -> (Stage, Arc<dyn ArchiveStore>) {
    let store: Arc<dyn ArchiveStore> = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
    let stage = Stage::new(of, clock.clone());
    block_on(stage.prepare(&store)).unwrap();
    (stage, store)
}

#[test]
fn a_run_that_is_killed_at_any_step_ends_the_same() {
    for story in Story::ALL {
        let mut steps = 0;
        loop {
            steps += 1;
            let (stage, store) = begin(story);
            let cut = Cut::after(steps);
            let run = stage.run(&store, &cut).finish();
            let outcome = block_on(until_cut(&mut Box::pin(run), &cut));
            let ending = block_on(stage.end(&store));
            assert_eq!(ending, Ok(stage.expected()), "{story:?}, killed at step {steps}");
            if let Some(outcome) = outcome {
                outcome.unwrap();
                break;
            }
        }
        println!("{story:?}: killed at each of {} steps", steps - 1);
    }
}

#[test]
fn a_run_that_is_overtaken_at_any_step_ends_well_when_it_goes_on() {
    for story in Story::ALL {
        let mut steps = 0;
        loop {
            steps += 1;
            let clock = Stage::clock();
            let (stage, store) = begin_at(story, &clock);
            let cut = Cut::after(steps);
            let mut run = Box::pin(stage.run_of("paused", &store, &cut).finish());
            let outcome = block_on(until_cut(&mut run, &cut));
            let is_over = outcome.is_some();
            clock.advance(LONGER_THAN_A_LEASE);
            block_on(stage.run(&store, &Cut::never()).finish()).unwrap();
            cut.go_on();
            let outcome = outcome.unwrap_or_else(|| block_on(run));
            outcome.unwrap_or_else(|error| panic!("{story:?}, paused at step {steps}: {error:?}"));
            let ending = block_on(stage.end(&store));
            assert_eq!(ending, Ok(stage.expected()), "{story:?}, paused at step {steps}");
            if is_over {
                break;
            }
        }
        println!("{story:?}: overtaken at each of {} steps", steps - 1);
    }
}

#[test]
fn a_run_that_is_dropped_at_any_poll_ends_the_same() {
    for story in Story::ALL {
        let mut polls = 0;
        loop {
            polls += 1;
            let (stage, store) = begin(story);
            let run = stage.run(&store, &Cut::never()).finish();
            let outcome = block_on(polled(run, polls));
            let ending = block_on(stage.end(&store));
            assert_eq!(ending, Ok(stage.expected()), "{story:?}, dropped at poll {polls}");
            if let Some(outcome) = outcome {
                outcome.unwrap();
                break;
            }
        }
        println!("{story:?}: dropped at each of {} polls", polls - 1);
    }
}
