//! One long history from the first page to the last, and a month of hourly runs after it, in
//! virtual time: the engine and the file are the real ones, the service is in the same process.
//! `cargo run --release -p lastfm-sqlite --example long_history -- 10000000 30` (plays, days)

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "it prints, or stops")]

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use futures_executor::block_on;
use lastfm_core::archive::{ArchiveStore, Archiver, Report, Span, WorkerId};
use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Happening, Scenario, VirtualClock};
use lastfm_core::transport::{LocalPacer, RateLimited};
use lastfm_core::{ApiKey, Client, Clock, Credentials, Timestamp};
use lastfm_sqlite::{SqliteStore, SqliteStoreOptions};

const START: Timestamp = Timestamp::from_unix(1_780_000_000);
const HOUR: Duration = Duration::from_secs(3600);

fn main() {
    let argument = |place| std::env::args().nth(place).map(|text| text.parse::<u64>().unwrap());
    let (plays, days) = (argument(1).unwrap_or(1_000_000), argument(2).unwrap_or(30));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plays.db");
    let world = World::new(usize::try_from(plays).unwrap(), &path);
    let service = forget_peak();
    println!("the service holds {plays} plays, in {service} MB of memory");

    let (report, spent, requests) = world.run();
    assert_eq!((report.held, report.residual), (plays, 0));
    let rate = number(plays) / spent.as_secs_f64();
    println!("import: {plays} plays in {spent:.1?} ({rate:.0} plays/s), {requests} requests");
    println!("peak memory of the import, service apart: {} MB", memory("VmHWM:") - service);
    let bytes = std::fs::metadata(&path).unwrap().len();
    println!("{:.1} bytes a play", number(bytes) / number(plays));
    world.assert_equal();

    world.hours(1);
    let (report, spent, requests) = world.run();
    println!("an hour later: {} plays, {requests} requests, {spent:.1?}", report.replaced.added);
    world.fake().happen(&Happening::DeleteRandom { plays: 1 });
    world.hours(1);
    let (report, spent, requests) = world.run();
    assert_eq!(report.replaced.removed, 1, "the deletion was not found");
    println!("a deleted play: found and removed with {requests} requests, {spent:.1?}");

    world.ask();
    let before = memory("VmRSS:");
    let began = Instant::now();
    let mut requests = 0;
    for _ in 0..days * 24 {
        world.hours(1);
        requests += world.run().2;
    }
    let spent = began.elapsed();
    let grown = i128::from(memory("VmRSS:")) - i128::from(before);
    println!(
        "{days} days of hourly runs: {requests} requests, {spent:.1?}, memory grew by {grown} MB"
    );
    world.assert_equal();
    println!("the archive holds what the service holds, byte for byte");
}

struct World {
    clock: VirtualClock,
    fake: Arc<Mutex<FakeLastfm>>,
    store: Arc<SqliteStore>,
    archiver: Archiver,
}

impl World {
    fn new(plays: usize, path: &std::path::Path) -> Self {
        let mut scenario = Scenario::still(plays);
        scenario.life.plays_per_day = 50.0;
        let fake = Arc::new(Mutex::new(FakeLastfm::new(7, &scenario, START)));
        let clock = VirtualClock::new(START);
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let options = SqliteStoreOptions::new(path).clock(Arc::clone(&shared));
        let store = Arc::new(block_on(options.open()).unwrap());
        let network = FakeLastfmTransport::new(Arc::clone(&fake), Arc::clone(&shared));
        let pacer = LocalPacer::new(Duration::from_secs(1), Arc::clone(&shared));
        let limited = RateLimited::new(Arc::new(network), Arc::new(pacer), Arc::clone(&shared));
        let credentials = Credentials::read_only(ApiKey::new("key").unwrap());
        let client = Client::builder(credentials, Arc::new(limited), shared).build();
        let archiver = Archiver::new(client, store.clone(), WorkerId("long".to_owned()));
        Self { clock, fake, store, archiver }
    }

    fn fake(&self) -> MutexGuard<'_, FakeLastfm> {
        let mut fake = self.fake.lock().unwrap();
        fake.advance_to(self.clock.now());
        fake
    }

    fn hours(&self, hours: u32) {
        self.clock.advance(HOUR * hours);
    }

    /// One run: what it reports, how long it took, how many requests it made.
    fn run(&self) -> (Report, Duration, usize) {
        let requests = self.fake().log().len();
        let began = Instant::now();
        let report = block_on(self.archiver.sync("rj".parse().unwrap()).finish()).unwrap();
        (report, began.elapsed(), self.fake().log().len() - requests)
    }

    /// How long the store takes to answer.
    fn ask(&self) {
        let user = block_on(self.store.users()).unwrap().remove(0).id;
        let half = Span::new(Timestamp::MIN, START.plus(-8 * 31_556_952));
        let began = Instant::now();
        let all = block_on(self.store.count(user, Span::EVER)).unwrap().plays;
        println!("count of all time: {all} in {:.1?}", began.elapsed());
        let began = Instant::now();
        let some = block_on(self.store.count(user, half)).unwrap().plays;
        println!("count up to eight years ago: {some} in {:.1?}", began.elapsed());
        let began = Instant::now();
        block_on(self.store.bounds(user)).unwrap().unwrap();
        println!("first and last moment: in {:.1?}", began.elapsed());
        let began = Instant::now();
        block_on(self.store.plays(user, Span::EVER, None, 1_000)).unwrap();
        println!("the first 1,000 plays: in {:.1?}", began.elapsed());
    }

    /// Compares all objects by the sum of their hashes: memory is for other things here.
    fn assert_equal(&self) {
        let user = block_on(self.store.users()).unwrap().remove(0).id;
        let (mut found, mut count, mut after) = (0_u64, 0, None);
        loop {
            let page = block_on(self.store.plays(user, Span::EVER, after, 10_000)).unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.place);
            count += page.len();
            let sum = page.iter().map(|stored| hash(stored.play.raw()));
            found = sum.fold(found, u64::wrapping_add);
        }
        let fake = self.fake();
        let truth = fake.truth();
        assert_eq!(count, truth.len());
        let expected = truth.iter().map(|play| hash(&fake.object(play)));
        assert_eq!(found, expected.fold(0, u64::wrapping_add), "other plays than the service's");
    }
}

fn hash(object: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    object.hash(&mut hasher);
    hasher.finish()
}

#[allow(clippy::cast_precision_loss, reason = "for printing")]
fn number(count: u64) -> f64 {
    count as f64
}

/// Lets the peak begin again at what is in use, as far as the system can, and says how much that
/// is. Megabytes.
fn forget_peak() -> u64 {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    memory("VmRSS:")
}

/// Megabytes; 0 where the system does not tell.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = line.and_then(|size| size.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1_024
}
