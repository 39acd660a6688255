//! A worker that was paused for longer than its lease, and wakes up after another has done its
//! work: it writes nothing that it read before.
//!
//! `ZOMBIES=200` chooses how many places it is paused at.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_executor::block_on;
use lastfm_core::archive::{ArchiveStore, Archiver, Run, Span, WorkerId};
use lastfm_core::testing::stories::until_cut;
use lastfm_core::testing::{
    Cut, Cutting, FakeLastfm, FakeLastfmTransport, Scenario, TruePlay, VirtualClock,
};
use lastfm_core::transport::Transport;
use lastfm_core::{ApiKey, Client, Clock, Credentials, Timestamp};
use lastfm_sqlite::{SqliteStore, SqliteStoreOptions};

use crate::support::{Scratch, setting};

const START: Timestamp = Timestamp::from_unix(1_780_000_000);
/// A lease is 50 s long.
const LONGER_THAN_A_LEASE: Duration = Duration::from_secs(60);

struct World {
    scratch: Scratch,
    clock: VirtualClock,
    fake: Arc<Mutex<FakeLastfm>>,
}

impl World {
    fn new() -> Self {
        let fake = FakeLastfm::new(5, &Scenario::still(2_500), START);
        let clock = VirtualClock::new(START);
        Self { scratch: Scratch::new(), clock, fake: Arc::new(Mutex::new(fake)) }
    }

    /// A run of a process of its own.
    async fn process(&self, worker: &str, cut: &Cut) -> (Run, Arc<SqliteStore>) {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let options = SqliteStoreOptions::new(self.scratch.path()).clock(Arc::clone(&clock));
        let store = Arc::new(options.open().await.unwrap());
        let network = FakeLastfmTransport::new(Arc::clone(&self.fake), Arc::clone(&clock));
        let network: Arc<dyn Transport> = Arc::new(Cutting::new(network, cut.clone()));
        let inner: Arc<dyn ArchiveStore> = store.clone();
        let cutting = Arc::new(Cutting::new(inner, cut.clone()));
        let credentials = Credentials::read_only(ApiKey::new("key").unwrap());
        let client = Client::builder(credentials, network, clock).jitter_seed(1).build();
        let archiver = Archiver::new(client, cutting, WorkerId(worker.to_owned()));
        (archiver.with_page_size(100).sync("rj".parse().unwrap()), store)
    }

    fn fake(&self) -> std::sync::MutexGuard<'_, FakeLastfm> {
        self.fake.lock().unwrap()
    }
}

#[test]
fn a_worker_that_wakes_up_after_its_lease_writes_nothing_stale() {
    let steps = block_on(steps_of_a_run());
    let wanted = setting("ZOMBIES").unwrap_or(12);
    for number in 0..wanted {
        block_on(paused_at(1 + number * steps / wanted));
    }
    println!("paused at {wanted} of {steps} steps, and overtaken: nothing stale was written");
}

async fn steps_of_a_run() -> u64 {
    let (world, never) = (World::new(), Cut::never());
    let (run, _) = world.process("only", &never).await;
    run.finish().await.unwrap();
    u64::MAX - never.left()
}

async fn paused_at(step: u64) {
    let world = World::new();
    let cut = Cut::after(step);
    let (run, store) = world.process("paused", &cut).await;
    let mut run = Box::pin(run.finish());
    if let Some(outcome) = until_cut(&mut run, &cut).await {
        panic!("it ended before step {step}: {outcome:?}");
    }
    // What its store was told to write before is written now, or never.
    store.on_writer(|_| ()).await.unwrap();
    world.clock.advance(LONGER_THAN_A_LEASE);
    // Words change in plays that are not archived yet: no count tells that, so that what the
    // paused one has read of them, if it were written, would stay.
    let reached = match store.users().await.unwrap().first() {
        Some(user) => store.coverage(user.id).await.unwrap().first().map(|first| first.span.start),
        None => None,
    };
    let is_open = |play: &TruePlay| reached.is_none_or(|reached| play.at < reached);
    world.fake().edit_where(|play| is_open(play) && play.id % 7 == 0, "Another Name");
    let (second, _) = world.process("second", &Cut::never()).await;
    second.finish().await.unwrap();
    assert_equal(&world, store.as_ref(), step, "overtaken").await;
    cut.go_on();
    run.await.unwrap();
    assert_equal(&world, store.as_ref(), step, "awake again").await;
}

async fn assert_equal(world: &World, store: &dyn ArchiveStore, step: u64, when: &str) {
    let mut expected: Vec<String> = {
        let fake = world.fake();
        fake.truth().iter().map(|play| fake.object(play)).collect()
    };
    let user = store.users().await.unwrap().remove(0).id;
    let stored = store.plays(user, Span::EVER, None, 1_000_000).await.unwrap();
    let mut found: Vec<String> = stored.iter().map(|stored| stored.play.raw().to_owned()).collect();
    expected.sort_unstable();
    found.sort_unstable();
    let wrong = found.iter().filter(|play| expected.binary_search(play).is_err()).count();
    assert!(found == expected, "paused at step {step}, {when}: {wrong} of {} plays", found.len());
}
