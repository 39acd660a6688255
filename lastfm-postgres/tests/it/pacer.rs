//! One rate for all processes: how many requests go out in any second, whose turn it is, and what
//! becomes of the turn of a process that dies. `PACER_SECONDS` says for how long to look.

mod child;

use std::time::Duration;

use lastfm_core::transport::{Pacer as _, Slot};
use lastfm_postgres::testing::{Database, PrivateServer};
use lastfm_postgres::{PostgresPacer, PostgresStore};

use self::child::Caller;
use crate::service::Service;

/// Ten in a second.
const SPACING: Duration = Duration::from_millis(100);

async fn pacer(database: &Database) -> PostgresPacer {
    let store = PostgresStore::open(database.url()).await.unwrap();
    PostgresPacer::new(&store, "service", SPACING)
}

fn seconds() -> Duration {
    let said = std::env::var("PACER_SECONDS").ok().and_then(|said| said.parse().ok());
    Duration::from_secs(said.unwrap_or(4))
}

/// Says what share of the rate was used.
fn used(service: &Service, what: &str) {
    let (first, last) = (&service.seen[0], &service.seen[service.seen.len() - 1]);
    let gaps = service.seen.len() - 1;
    let apart =
        last.at.saturating_sub(first.at).as_secs_f64() / f64::from(u32::try_from(gaps).unwrap());
    let used = SPACING.as_secs_f64() / apart;
    println!("{what}: {gaps} requests, {:.1} % of the rate", used * 100.0);
}

#[test]
fn no_second_sees_more_than_the_rate_and_a_heavy_user_starves_nobody() {
    let database = PrivateServer::shared().database();
    let mut service = Service::start();
    // Five callers of one user in each of four processes, and five users with one caller each.
    let light = [["anna", "ben"].as_slice(), &["carl"], &["dora"], &["emil"]];
    let callers = light.map(|light| {
        let heavy = std::iter::repeat_n("heavy", 5);
        Caller::start(&database, &service, heavy.chain(light.iter().copied()))
    });
    // All have begun.
    service.hear_until(20);
    service.seen.clear();
    service.hear(seconds());
    drop(callers);
    assert!(service.most_in_a_second() <= 10, "{}", service.most_in_a_second());
    used(&service, "4 processes, 6 users");
    let fair = service.seen.len() / 6;
    for light in light.concat() {
        let count = service.count(light);
        println!("{light}: {count} of {fair}");
        // On a machine that is short of time a process misses slots; without turns, 20 callers
        // would leave each of these a quarter of it.
        assert!(count * 2 >= fair, "{light}: {count}, {fair} would be fair");
    }
}

#[test]
fn who_asks_alone_has_the_whole_rate() {
    let database = PrivateServer::shared().database();
    let mut service = Service::start();
    let caller = Caller::start(&database, &service, ["rj", "rj"]);
    service.hear_until(5);
    service.seen.clear();
    service.hear(seconds());
    drop(caller);
    assert!(service.most_in_a_second() <= 10, "{}", service.most_in_a_second());
    used(&service, "one user");
}

#[test]
fn a_process_that_was_frozen_lets_nothing_go_too_late() {
    let database = PrivateServer::shared().database();
    let mut service = Service::start();
    let frozen = Caller::start(&database, &service, ["a", "b", "c"]);
    let other = Caller::start(&database, &service, ["d", "e"]);
    service.hear_until(8);
    service.seen.clear();
    for round in 0..12 {
        frozen.freeze();
        service.hear(Duration::from_millis(70 + round * 23));
        frozen.thaw();
        service.hear(Duration::from_millis(200));
    }
    drop((frozen, other));
    assert!(service.most_in_a_second() <= 10, "{}", service.most_in_a_second());
    used(&service, "one of 2 processes frozen half of the time");
}

#[test]
fn the_turn_of_a_killed_process_passes_at_once() {
    let database = PrivateServer::shared().database();
    let mut service = Service::start();
    let alive = Caller::start(&database, &service, ["alive"]);
    let others = ["a", "b", "c"].map(|name| Caller::start(&database, &service, [name]));
    service.hear_until(20);
    drop(others);
    service.seen.clear();
    service.hear_until(1);
    let left = service.seen.len();
    service.hear_until(left + 8);
    drop(alive);
    // Three slots of the dead at most, and then one after the other.
    let last = &service.seen[service.seen.len() - 8..];
    let took = last[7].at.saturating_sub(last[0].at);
    assert!(
        took < SPACING * 7 * 2,
        "{took:?}: a quarter of the rate would take four times as long"
    );
}

#[tokio::test]
async fn a_pause_holds_in_all_processes_until_it_ends() {
    let database = PrivateServer::shared().database();
    let mut service = Service::start();
    let pacer = pacer(&database).await;
    let callers = [["a", "b"], ["c", "d"]].map(|names| Caller::start(&database, &service, names));
    service.hear_until(8);
    assert_eq!(pacer.pause(None).await.unwrap(), Duration::from_secs(60));
    // What had its slot just then.
    service.hear(Duration::from_millis(30));
    service.seen.clear();
    service.hear(Duration::from_secs(1));
    assert_eq!(service.seen.len(), 0);
    let paused = pacer.take().await.unwrap();
    assert!(matches!(paused, Slot::Paused(rest) if rest > Duration::from_secs(50)), "{paused:?}");
    database.sql("UPDATE rate SET pause_length_us = 0");
    service.hear_until(8);
    drop(callers);
}

#[tokio::test]
async fn a_pause_that_nobody_can_have_begun_stops_nobody() {
    let database = PrivateServer::shared().database();
    let pacer = pacer(&database).await;
    pacer.pause(None).await.unwrap();
    for (start, length) in [("0", "9000000000000000"), ("9000000000000000", "60000000")] {
        let set = format!("UPDATE rate SET pause_start_us = {start}, pause_length_us = {length}");
        database.sql(&set);
        assert_eq!(pacer.take().await.unwrap(), Slot::In(Duration::ZERO), "{set}");
    }
}

#[tokio::test]
async fn a_database_that_is_down_is_worth_a_retry() {
    use lastfm_core::transport::TransportErrorKind;
    use lastfm_postgres::PostgresStoreOptions;
    use lastfm_postgres::testing::Proxy;

    let server = PrivateServer::shared();
    let (database, proxy) = (server.database(), Proxy::start(server));
    let options = PostgresStoreOptions::new(proxy.url(&database));
    let store = options.busy_timeout(Duration::from_secs(4)).open().await.unwrap();
    let pacer = PostgresPacer::new(&store, "service", SPACING);
    assert_eq!(pacer.take().await.unwrap(), Slot::In(Duration::ZERO));
    proxy.refuse();
    proxy.cut_all();
    for error in [pacer.take().await.unwrap_err(), pacer.pause(None).await.unwrap_err()] {
        assert_eq!(error.kind, TransportErrorKind::Pacer, "{error:?}");
    }
    proxy.pass();
    assert_eq!(pacer.take().await.unwrap(), Slot::In(Duration::ZERO));
    database.sql("DROP TABLE rate");
    let error = pacer.take().await.unwrap_err();
    assert_eq!(error.kind, TransportErrorKind::PacerFailed, "{error:?}");
}

#[tokio::test]
async fn a_database_that_answers_too_late_lets_nothing_go() {
    use lastfm_core::transport::TransportErrorKind;
    use lastfm_postgres::testing::{Fault, Proxy};

    let server = PrivateServer::shared();
    let (database, proxy) = (server.database(), Proxy::start(server));
    let store = PostgresStore::open(proxy.url(&database)).await.unwrap();
    let pacer = PostgresPacer::new(&store, "service", Duration::from_millis(1));
    for nth in 1..=100 {
        proxy.at("", nth, Fault::Stall(Duration::from_millis(40)));
    }
    let error = pacer.take().await.unwrap_err();
    assert_eq!(error.kind, TransportErrorKind::Pacer, "{error:?}");
}

#[tokio::test]
async fn a_take_that_is_given_up_keeps_nobody_from_the_next_slot() {
    let database = PrivateServer::shared().database();
    let pacer = pacer(&database).await;
    pacer.take().await.unwrap();
    for polls in 0..20 {
        let mut polled = 0;
        let mut take = pacer.take();
        let given_up = std::future::poll_fn(|context| {
            polled += 1;
            if polled > polls {
                std::task::Poll::Ready(None)
            } else {
                take.as_mut().poll(context).map(Some)
            }
        });
        given_up.await;
        drop(take);
        let next = tokio::time::timeout(Duration::from_secs(10), pacer.take()).await;
        assert_eq!(next.unwrap().unwrap(), Slot::In(Duration::ZERO), "after {polls} polls");
    }
}
