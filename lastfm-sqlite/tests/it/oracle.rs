//! The archive in a file against the truth: schedules, stories stopped at every step, histories.
//!
//! `ORACLE_SEEDS` and `ORACLE_FIRST` choose the schedules, `ORACLE_PLAYS` how long the histories are.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use futures_executor::block_on;
use lastfm_core::archive::{ArchiveStore, Archiver, Span, WorkerId};
use lastfm_core::testing::oracle::{Planted, Tally, run_schedule, schedule_clock};
use lastfm_core::testing::stories::{Stage, Story, polled, until_cut};
use lastfm_core::testing::{Cut, FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
use lastfm_core::{ApiKey, Client, Clock, Credentials, Play, Timestamp};
use lastfm_sqlite::SqliteStoreOptions;

use crate::support::{Scratch, setting};

async fn open(scratch: &Scratch, clock: &VirtualClock) -> Arc<dyn ArchiveStore> {
    let options = SqliteStoreOptions::new(scratch.path()).clock(Arc::new(clock.clone()));
    Arc::new(options.open().await.unwrap())
}

/// Everything in the archive, as a person could compare it.
async fn everything(store: &dyn ArchiveStore) -> Vec<String> {
    let mut all = Vec::new();
    for user in store.users().await.unwrap() {
        let id = user.id;
        all.push(format!("{user:?} {:?}", store.revision(id).await.unwrap()));
        all.push(format!("{:?}", store.coverage(id).await.unwrap()));
        all.push(format!("{:?}", store.holes(id).await.unwrap()));
        all.push(format!("{:?}", store.doubts(id).await.unwrap()));
        all.push(format!("{:?}", store.count(id, Span::EVER).await.unwrap()));
        let plays = store.plays(id, Span::EVER, None, 1_000_000).await.unwrap();
        all.extend(plays.iter().map(|stored| format!("{:?} {}", stored.place, stored.play.raw())));
    }
    all
}

#[test]
fn twenty_schedules_leave_the_file_equal_to_the_truth() {
    let first = setting("ORACLE_FIRST").unwrap_or(0);
    let seeds = first..first + setting("ORACLE_SEEDS").unwrap_or(20);
    let (mut failed, mut total) = (Vec::new(), Tally::default());
    for seed in seeds.clone() {
        let scratch = Scratch::new();
        let clock = schedule_clock();
        let mut scenario = Scenario::random(seed);
        if let Some(plays) = setting("ORACLE_PLAYS") {
            scenario.history.plays = usize::try_from(plays).unwrap();
        }
        block_on(async {
            let (store, planted) = (open(&scratch, &clock).await, Planted::default());
            let run = run_schedule(seed, scenario, clock.clone(), Arc::clone(&store), planted);
            match run.await {
                Ok(tally) => total += tally,
                Err(wrong) => {
                    eprintln!("seed {seed}: {wrong}");
                    failed.push(seed);
                }
            }
            let before = everything(store.as_ref()).await;
            drop(store);
            let again = everything(open(&scratch, &clock).await.as_ref()).await;
            assert!(before == again, "seed {seed}: another archive after it was opened again");
        });
    }
    println!("seeds {seeds:?}: {total:?}");
    assert!(
        failed.is_empty(),
        "failed: {failed:?}; again: ORACLE_FIRST={} ORACLE_SEEDS=1",
        failed[0]
    );
}

/// Plays a story up to a place where it is stopped, opens the file again, and looks at its end.
/// Says whether the run came to its end before it was stopped.
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

/// A file takes its time, and narrowing down to a hole takes a thousand steps: each of them is
/// tried where `ORACLE_EVERY_STEP` is set, and in memory always. Of polls it is every third.
fn stride(story: Story) -> usize {
    let all = std::env::var_os("ORACLE_EVERY_STEP").is_some();
    if story == Story::Hole && !all { 31 } else { 1 }
}

#[test]
fn a_run_that_is_killed_at_any_step_ends_the_same_in_the_file() {
    for story in Story::ALL {
        let every = stride(story);
        let steps = (1..).step_by(every).find(|at| block_on(stopped(story, *at, true))).unwrap();
        println!("{story:?}: killed at every {every} of {steps} steps");
    }
}

#[test]
fn a_run_that_is_dropped_at_any_poll_ends_the_same_in_the_file() {
    for story in Story::ALL {
        let every = 3 * stride(story); // Between two steps lie several polls.
        let polls = (1..).step_by(every).find(|at| block_on(stopped(story, *at, false))).unwrap();
        println!("{story:?}: dropped at every {every} of {polls} polls");
    }
}

#[test]
fn a_recorded_history_arrives_in_the_file_play_for_play() {
    const START: Timestamp = Timestamp::from_unix(1_780_000_000);
    let Ok(folder) = std::env::var("LASTFM_RECORDED") else {
        eprintln!("SKIPPED: LASTFM_RECORDED does not name the folder of recorded histories");
        return;
    };
    let file = PathBuf::from(folder).join("histories/old-player-syncs.csv");
    let csv = std::fs::read_to_string(file).unwrap();
    let fake = FakeLastfm::from_csv(1, &Scenario::still(0), START, &csv).unwrap();
    let mut expected: Vec<String> = fake.truth().iter().map(|play| fake.object(play)).collect();
    expected.sort_unstable();
    let fake = Arc::new(Mutex::new(fake));
    let (scratch, clock) = (Scratch::new(), VirtualClock::new(START));
    block_on(async {
        let store = open(&scratch, &clock).await;
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let transport = FakeLastfmTransport::new(fake, Arc::clone(&shared));
        let credentials = Credentials::read_only(ApiKey::new("key").unwrap());
        let client = Client::builder(credentials, Arc::new(transport), shared).build();
        let archiver = Archiver::new(client, Arc::clone(&store), WorkerId("test".to_owned()));
        archiver.sync("rj".parse().unwrap()).finish().await.unwrap();
        drop((archiver, store));
        let store = open(&scratch, &clock).await;
        let user = store.users().await.unwrap().remove(0).id;
        let stored = store.plays(user, Span::EVER, None, 1_000_000).await.unwrap();
        let plays = stored.iter().map(|stored| &stored.play).map(Play::raw);
        let mut plays: Vec<String> = plays.map(str::to_owned).collect();
        plays.sort_unstable();
        assert_eq!(plays.len(), expected.len());
        assert!(plays == expected, "the same number of plays, but not the same plays");
    });
}
