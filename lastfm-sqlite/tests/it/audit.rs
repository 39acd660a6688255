//! Rows that someone has dropped, added or changed by hand: an audit finds and repairs them all.
//!
//! `AUDITS=50` chooses how often each damage is done, to other rows each time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_executor::block_on;
use lastfm_core::archive::{ArchiveStore, Archiver, Audit, Span, WorkerId};
use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
use lastfm_core::{ApiKey, Client, Clock, Credentials, Timestamp};
use lastfm_sqlite::{SqliteStore, SqliteStoreOptions};
use rusqlite::Connection;

use crate::support::{Scratch, setting};

const START: Timestamp = Timestamp::from_unix(1_780_000_000);
const PLAYS: usize = 4_000;
const HOUR: Duration = Duration::from_secs(3600);
/// Requests for each month in which anything is wrong, beside what an audit costs that finds
/// nothing.
const MOST_A_MONTH: usize = 12;

/// An audit by counts.
const COUNTED: Audit = Audit { deep: false, accept_removals: true };
/// An audit by reading.
const DEEP: Audit = Audit { deep: true, accept_removals: true };

/// How often each play is there: its moment, and the service's object.
type Plays = BTreeMap<(Timestamp, String), i64>;

struct World {
    scratch: Scratch,
    clock: VirtualClock,
    fake: Arc<Mutex<FakeLastfm>>,
}

impl World {
    /// An account whose history is archived.
    fn new() -> Self {
        let fake = FakeLastfm::new(21, &Scenario::still(PLAYS), START);
        let clock = VirtualClock::new(START);
        let world = Self { scratch: Scratch::new(), clock, fake: Arc::new(Mutex::new(fake)) };
        let (archiver, _) = world.open();
        block_on(archiver.sync("rj".parse().unwrap()).finish()).unwrap();
        world
    }

    fn open(&self) -> (Archiver, Arc<SqliteStore>) {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let options = SqliteStoreOptions::new(self.scratch.path()).clock(Arc::clone(&clock));
        let store = Arc::new(block_on(options.open()).unwrap());
        let network = FakeLastfmTransport::new(Arc::clone(&self.fake), Arc::clone(&clock));
        let credentials = Credentials::read_only(ApiKey::new("key").unwrap());
        let client = Client::builder(credentials, Arc::new(network), clock).jitter_seed(1).build();
        (Archiver::new(client, store.clone(), WorkerId("audit".to_owned())), store)
    }

    /// Audits, an hour after whatever was done last; how many requests that took.
    fn audit(&self, audit: Audit) -> usize {
        self.clock.advance(HOUR);
        let before = self.fake.lock().unwrap().log().len();
        let (archiver, _) = self.open();
        let report = block_on(archiver.audit("rj".parse().unwrap(), audit).finish()).unwrap();
        assert_eq!(report.residual, 0);
        self.fake.lock().unwrap().log().len() - before
    }

    fn damage(&self, sql: &str) -> usize {
        let file = Connection::open(self.scratch.path()).unwrap();
        file.execute(sql, []).unwrap()
    }

    fn archived(&self) -> Plays {
        let (_, store) = self.open();
        let user = block_on(store.users()).unwrap().remove(0).id;
        let stored = block_on(store.plays(user, Span::EVER, None, usize::MAX)).unwrap();
        count(stored.iter().map(|stored| (stored.place.at, stored.play.raw().to_owned())))
    }

    fn truth(&self) -> Plays {
        let fake = self.fake.lock().unwrap();
        count(fake.truth().iter().map(|play| (play.at, fake.object(play))))
    }

    /// In how many months the archive is wrong.
    fn months_damaged(&self) -> usize {
        let (archived, truth) = (self.archived(), self.truth());
        let keys: BTreeSet<_> = archived.keys().chain(truth.keys()).collect();
        let wrong = keys.into_iter().filter(|key| archived.get(key) != truth.get(key));
        let months: BTreeSet<String> =
            wrong.map(|(at, _)| at.service_text().unwrap()[3..11].to_owned()).collect();
        months.len()
    }
}

fn count(plays: impl Iterator<Item = (Timestamp, String)>) -> Plays {
    let mut counted = Plays::new();
    for play in plays {
        *counted.entry(play).or_default() += 1;
    }
    counted
}

/// So many rows of the table, other ones for each seed.
fn some(rows: usize, seed: u64) -> String {
    format!(
        "(played_at, ordinal) IN (SELECT played_at, ordinal FROM play
            ORDER BY (played_at * 2654435761 + ordinal * 40503 + {seed} * 104729) % 1000003
            LIMIT {rows})"
    )
}

/// Does the damage for each seed, and asserts that the audit repairs it at its price.
fn repairs(what: &str, audit: Audit, sql: impl Fn(u64) -> String) {
    let rounds = setting("AUDITS").unwrap_or(1);
    let (mut rows, mut months, mut requests) = (0, 0, 0);
    for seed in 0..rounds {
        let world = World::new();
        let price = world.audit(audit);
        assert_eq!(world.months_damaged(), 0);
        rows += world.damage(&sql(seed));
        let damaged = world.months_damaged();
        assert!(damaged > 0, "{what}: nothing is damaged");
        let spent = world.audit(audit);
        let left = world.months_damaged();
        assert_eq!(left, 0, "{what}, seed {seed}: of {damaged} months {left} are still wrong");
        let most = price + MOST_A_MONTH * damaged;
        assert!(spent <= most, "{what}, seed {seed}: {spent} requests for {damaged} months");
        months += damaged;
        requests += spent.saturating_sub(price);
    }
    println!(
        "{what}: {rows} rows in {months} months, all found and repaired, {requests} requests more \
         than without damage"
    );
}

#[test]
fn dropped_rows_are_found_and_read_again() {
    for rows in [1, 10, PLAYS / 100, PLAYS / 10] {
        let drop = |seed| format!("DELETE FROM play WHERE {}", some(rows, seed));
        repairs(&format!("{rows} rows dropped"), COUNTED, drop);
    }
}

#[test]
fn rows_that_the_service_never_had_are_removed() {
    for rows in [1, 10, PLAYS / 100] {
        let add = |seed| {
            format!(
                "INSERT INTO play (user_id, played_at, ordinal, variant_id)
                SELECT user_id, played_at + 77, ordinal + 1000, variant_id FROM play WHERE {}",
                some(rows, seed)
            )
        };
        repairs(&format!("{rows} rows added"), COUNTED, add);
    }
}

#[test]
fn rows_at_another_moment_are_put_right_by_reading() {
    for rows in [1, 10, PLAYS / 100] {
        let shift = |seed| {
            format!(
                "UPDATE play SET played_at = played_at - 90000, ordinal = ordinal + 1000 WHERE {}",
                some(rows, seed)
            )
        };
        repairs(&format!("{rows} rows at another moment"), DEEP, shift);
    }
}

#[test]
fn rows_of_another_track_are_put_right_by_reading() {
    for rows in [1, 10, PLAYS / 100] {
        let exchange = |seed| {
            format!(
                "UPDATE play SET variant_id = (SELECT max(id) FROM variant
                    WHERE song_id != (SELECT song_id FROM variant WHERE id = play.variant_id))
                WHERE {}",
                some(rows, seed)
            )
        };
        repairs(&format!("{rows} rows of another track"), DEEP, exchange);
    }
}
