//! Every story, stopped at every step: it ends the same as if nothing had happened.

use std::sync::Arc;

use futures_executor::block_on;
use lastfm_core::archive::{ArchiveStore, MemoryStore};
use lastfm_core::testing::Cut;
use lastfm_core::testing::stories::{Stage, Story, polled, until_cut};

fn begin(of: Story) -> (Stage, Arc<dyn ArchiveStore>) {
    let clock = Stage::clock();
    let store: Arc<dyn ArchiveStore> = Arc::new(MemoryStore::new(Arc::new(clock.clone())));
    let stage = Stage::new(of, clock);
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
