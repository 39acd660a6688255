//! Imports the histories of many users into one PostgreSQL, by one worker and by several, each a
//! process of its own: how the rate grows with workers. The service is in each worker's memory, so
//! that only the engine, the store and the server are measured.
//!
//! `cargo run --release -p benches --bin postgres-crowd -- [USERS] [PLAYS]`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lastfm_core::archive::{Archiver, WorkerId};
use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario};
use lastfm_core::{ApiKey, Client, Clock, Credentials, Timestamp, TokioClock};
use lastfm_postgres::PostgresStoreOptions;
use lastfm_postgres::testing::{Database, PrivateServer};

/// In the part of a worker: the address, the first user, how many, how many plays each.
const CHILD: &str = "worker";

fn main() {
    let said: Vec<String> = std::env::args().skip(1).collect();
    if said.first().is_some_and(|first| first == CHILD) {
        let number = |at: usize| said[at].parse().unwrap();
        return work(&said[1], number(2), number(3), number(4));
    }
    let number = |at: usize, usual| said.get(at).map_or(usual, |said| said.parse().unwrap());
    let (users, plays) = (number(0, 1_000), number(1, 5_000));
    let server = PrivateServer::durable();
    for workers in [1, 2, 4] {
        import(&server.database(), workers, users / 10, plays);
    }
    import(&server.database(), 4, users, plays);
}

/// Lets so many workers share the users, and says what came of it.
fn import(database: &Database, workers: usize, users: usize, plays: usize) {
    let began = Instant::now();
    let me = std::env::current_exe().unwrap();
    let children: Vec<_> = (0..workers)
        .map(|worker| {
            let (first, end) = (users * worker / workers, users * (worker + 1) / workers);
            let numbers = [first, end - first, plays].map(|number| number.to_string());
            let mut child = Command::new(&me);
            child.arg(CHILD).arg(database.url()).args(numbers).stdin(Stdio::null());
            child.spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success(), "a worker failed");
    }
    let took = began.elapsed().as_secs_f64();
    let held = database.sql("SELECT count(*), sum(play_count) FROM listener WHERE play_count > 0");
    let expected = [users, users * plays].map(|count| Some(count.to_string()));
    assert_eq!(held, [expected], "not everything is there");
    #[allow(clippy::cast_precision_loss, reason = "for printing")]
    let rate = (users * plays) as f64 / took;
    println!("{workers} workers: {users} users x {plays} plays in {took:.1} s, {rate:.0} plays/s");
}

/// Imports the histories of these users, one after the other.
#[tokio::main(flavor = "current_thread")]
async fn work(url: &str, first: usize, users: usize, plays: usize) {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::default());
    let store = Arc::new(PostgresStoreOptions::new(url).connections(2).open().await.unwrap());
    let start = Timestamp::from_unix(1_780_000_000);
    for user in first..first + users {
        let name = format!("user-{user}");
        let mut scenario = Scenario::still(plays);
        scenario.user.clone_from(&name);
        // Each user has a service of its own, which knows nobody else: two who registered in the
        // same second would be one account that was renamed.
        let start = Timestamp::from_unix(start.as_unix() + i64::try_from(user).unwrap());
        let fake = FakeLastfm::new(user.try_into().unwrap(), &scenario, start);
        let transport = FakeLastfmTransport::new(Arc::new(Mutex::new(fake)), Arc::clone(&clock));
        let transport = transport.latency(Duration::ZERO);
        let credentials = Credentials::read_only(ApiKey::new("bench").unwrap());
        let client = Client::builder(credentials, Arc::new(transport), Arc::clone(&clock)).build();
        let worker = WorkerId(format!("worker of {name}"));
        let archiver = Archiver::new(client, store.clone(), worker);
        let report = archiver.sync(name.parse().unwrap()).finish().await.unwrap();
        assert_eq!(report.held, u64::try_from(plays).unwrap());
    }
}
