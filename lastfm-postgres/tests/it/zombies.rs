//! A worker that was paused for longer than its lease, and wakes up after another has done its
//! work: it writes nothing that it read before.
//!
//! `ZOMBIES=200` chooses how many places it is paused at.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_executor::block_on;
use lastfm_core::archive::{
    ArchiveStore, Archiver, Claim, Run, Span, StoreErrorKind, UserId, WorkerId,
};
use lastfm_core::testing::conformance::plays;
use lastfm_core::testing::stories::until_cut;
use lastfm_core::testing::{
    Cut, Cutting, FakeLastfm, FakeLastfmTransport, Scenario, TruePlay, VirtualClock,
};
use lastfm_core::transport::Transport;
use lastfm_core::{ApiKey, Client, Clock, Credentials, Timestamp};
use lastfm_postgres::{PostgresStore, PostgresStoreOptions};

use crate::support::{Scratch, replace, setting, user};

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
    async fn process(&self, worker: &str, cut: &Cut) -> (Run, Arc<PostgresStore>) {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        // Whoever is paused in the middle of a transaction keeps its locks that long.
        let options = PostgresStoreOptions::new(self.scratch.database.url())
            .statement_timeout(Duration::from_millis(500))
            .clock(Arc::clone(&clock));
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

    fn fake(&self) -> MutexGuard<'_, FakeLastfm> {
        self.fake.lock().unwrap()
    }
}

#[test]
fn a_worker_that_wakes_up_after_its_lease_writes_nothing_stale() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let _inside = runtime.enter();
    let steps = block_on(steps_of_a_run());
    let wanted = setting("ZOMBIES").unwrap_or(8);
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
    let (run, _) = world.process("paused", &cut).await;
    let mut run = Box::pin(run.finish());
    if let Some(outcome) = until_cut(&mut run, &cut).await {
        panic!("it ended before step {step}: {outcome:?}");
    }
    world.clock.advance(LONGER_THAN_A_LEASE);
    let store = world.scratch.open().await;
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
    assert_equal(&world, &store, step, "overtaken").await;
    cut.go_on();
    run.await.unwrap();
    assert_equal(&world, &store, step, "awake again").await;
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

/// One worker writes as fast as it can behind its fence, the other takes over whenever the lease
/// has passed: from then on nothing changes but by the other.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_behind_a_fence_once_the_work_is_someone_elses() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    let (mut at_work, mut waiting) = (WorkerId("one".to_owned()), WorkerId("other".to_owned()));
    let lease = Duration::from_millis(100);
    let mut written = 0;
    for _ in 0..25 {
        assert_eq!(store.claim(user, &at_work, lease).await.unwrap(), Claim::Yours);
        let writes = tokio::spawn(write_until_overtaken(store.fenced(&at_work), user));
        while store.claim(user, &waiting, lease).await.unwrap() != Claim::Yours {}
        let before = store.revision(user).await.unwrap();
        written += writes.await.unwrap();
        assert_eq!(store.revision(user).await.unwrap(), before, "it was written after that");
        store.release(user, &waiting).await.unwrap();
        std::mem::swap(&mut at_work, &mut waiting);
    }
    assert!(written > 0, "nothing was written that could be overtaken");
}

/// How often it wrote.
async fn write_until_overtaken(fenced: Arc<dyn ArchiveStore>, user: UserId) -> u64 {
    for number in 0.. {
        match replace(fenced.as_ref(), user, (0, 10), &plays([1, 2, 3])).await {
            Ok(_) => {}
            Err(error) if error.kind == StoreErrorKind::Overtaken => return number,
            Err(error) => panic!("{error:?}"),
        }
    }
    unreachable!("numbers do not end")
}
