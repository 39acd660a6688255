//! What is acknowledged is there once, and what is refused not at all or whole: whatever becomes of
//! the connections and the server meanwhile. `POSTGRES_RESTARTS`, `POSTGRES_TERMINATIONS` and
//! `POSTGRES_CUTS` say how often.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use lastfm_core::testing::Dice;

use super::*;
use crate::testing::{Database as Rows, Fault, PgBouncer, PrivateServer, Proxy, Shutdown};

const MOMENT: Duration = Duration::from_millis(100);

fn setting(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|said| said.parse().ok()).unwrap_or(otherwise)
}

fn options(url: &str) -> PostgresStoreOptions {
    PostgresStoreOptions::new(url)
}

async fn open(options: PostgresStoreOptions) -> Database {
    let database = Database::open(options).await.unwrap();
    let make = |transaction: Arc<Transaction>| async move {
        transaction.run("CREATE TABLE IF NOT EXISTS note (id bigint, part bigint)").await
    };
    database.transact("make", Purpose::Precious, make).await.unwrap();
    database
}

/// Writes three rows that belong together.
async fn write(database: &Database, id: i64) -> StoreResult<()> {
    const WRITE: &str = "INSERT INTO note SELECT $1, part FROM generate_series(1, 3) AS part";
    let write = |transaction: Arc<Transaction>| async move {
        transaction.execute(WRITE, &[(&id, Type::INT8)]).await.map(drop)
    };
    database.transact("write", Purpose::Precious, write).await
}

/// What the writers were told.
#[derive(Debug, Default)]
struct Told {
    done: Vec<i64>,
    failed: Vec<i64>,
}

impl Told {
    fn note(&mut self, id: i64, done: StoreResult<()>) {
        match done {
            Ok(()) => self.done.push(id),
            Err(error) => {
                assert_eq!(error.kind, StoreErrorKind::Busy, "{error:?}");
                self.failed.push(id);
            }
        }
    }

    /// Asserts that what is there is what they were told.
    fn check(&self, rows: &Rows) {
        let found = rows.sql("SELECT id, count(*) FROM note GROUP BY id");
        let number = |text: &Option<String>| text.as_ref().unwrap().parse::<i64>().unwrap();
        let mut found: BTreeMap<_, _> =
            found.iter().map(|row| (number(&row[0]), number(&row[1]))).collect();
        for id in &self.done {
            assert_eq!(found.remove(id), Some(3), "{id} was acknowledged");
        }
        for id in &self.failed {
            assert!(matches!(found.remove(id), None | Some(3)), "{id} was refused");
        }
        assert_eq!(found, BTreeMap::new(), "written by nobody");
    }
}

/// Four writers at work while `act` goes on, and a little longer; what they were told.
async fn work_while(database: &Database, act: impl FnOnce() + Send + 'static) -> Told {
    let is_over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..4_i64)
        .map(|writer| {
            let (database, is_over) = (database.clone(), Arc::clone(&is_over));
            tokio::spawn(async move {
                let mut told = Told::default();
                for nth in 0.. {
                    let id = nth * 4 + writer;
                    told.note(id, write(&database, id).await);
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                }
                told
            })
        })
        .collect();
    tokio::task::spawn_blocking(act).await.unwrap();
    is_over.store(true, Ordering::Relaxed);
    let mut all = Told::default();
    for writer in writers {
        let told = writer.await.unwrap();
        all.done.extend(told.done);
        all.failed.extend(told.failed);
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn restarts_lose_and_double_nothing() {
    let server = Arc::new(PrivateServer::durable());
    let rows = server.database();
    let database = open(options(rows.url())).await;
    let restarts = setting("POSTGRES_RESTARTS", 3);
    let restart = {
        let server = Arc::clone(&server);
        move || {
            for nth in 0..restarts {
                std::thread::sleep(MOMENT);
                server.restart(if nth % 3 == 2 { Shutdown::Fast } else { Shutdown::Immediate });
            }
        }
    };
    let told = work_while(&database, restart).await;
    told.check(&rows);
    // After a crash nobody can say whether a commit without an answer was its own.
    println!("{restarts} restarts, {} done, {} unknown", told.done.len(), told.failed.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn terminated_connections_lose_and_double_nothing() {
    let rows = Arc::new(PrivateServer::shared().database());
    let database = open(options(rows.url())).await;
    let terminations = setting("POSTGRES_TERMINATIONS", 20);
    let terminate = {
        let rows = Arc::clone(&rows);
        move || {
            let (mut done, mut dice) = (0, Dice::stream(1, 0xA1));
            while done < terminations {
                std::thread::sleep(Duration::from_micros(dice.below(30_000)));
                done += rows.terminate_connections();
            }
        }
    };
    let told = work_while(&database, terminate).await;
    told.check(&rows);
    assert!(told.failed.is_empty(), "there was time enough");
    println!("{terminations} terminations, {} transactions", told.done.len());
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_made_once() {
    let server = PrivateServer::shared();
    let (rows, proxy) = (server.database(), Proxy::start(server));
    let database = open(options(&proxy.url(&rows))).await;
    let cuts = setting("POSTGRES_CUTS", 20);
    let mut told = Told::default();
    for id in 0..cuts {
        let faults = [Fault::CutAfter, Fault::CutBefore, Fault::CutMeanwhile];
        proxy.at("COMMIT", 1, faults[id % 3]);
        let id = i64::try_from(id).unwrap();
        told.note(id, write(&database, id).await);
    }
    assert_eq!(proxy.fired(), cuts);
    assert!(told.failed.is_empty());
    told.check(&rows);
    println!("{cuts} cuts");
}

#[tokio::test]
async fn a_commit_that_is_swallowed_is_ended_and_made_again() {
    let server = PrivateServer::shared();
    let (rows, proxy) = (server.database(), Proxy::start(server));
    let options = options(&proxy.url(&rows)).busy_timeout(Duration::from_secs(3));
    let database = open(options.statement_timeout(Duration::from_secs(1))).await;
    proxy.at("COMMIT", 1, Fault::Swallow);
    write(&database, 1).await.unwrap();
    Told { done: vec![1], failed: vec![] }.check(&rows);
}

#[tokio::test]
async fn connections_that_died_in_silence_are_replaced() {
    let server = PrivateServer::shared();
    let (rows, proxy) = (server.database(), Proxy::start(server));
    let options = options(&proxy.url(&rows)).busy_timeout(Duration::from_secs(3));
    let database = open(options).await;
    let used = (0..6).map(|id| write(&database, id));
    futures_util::future::try_join_all(used).await.unwrap();
    assert!(proxy.connections() > 3, "several are idle now");
    proxy.swallow_all();
    proxy.pass();
    write(&database, 6).await.unwrap();
    // A server that takes connections, and never says a word.
    proxy.swallow_all();
    let failed = write(&database, 7).await.unwrap_err();
    assert_eq!(failed.kind, StoreErrorKind::Busy);
    proxy.pass();
    write(&database, 8).await.unwrap();
    Told { done: (0..7).chain([8]).collect(), failed: vec![7] }.check(&rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_stands_still_for_seconds_loses_and_doubles_nothing() {
    let server = PrivateServer::shared();
    let (rows, proxy) = (server.database(), Arc::new(Proxy::start(server)));
    let database = open(options(&proxy.url(&rows))).await;
    let stall = {
        let proxy = Arc::clone(&proxy);
        move || {
            for stall in [5_000, 300, 700] {
                std::thread::sleep(MOMENT);
                proxy.stall_all(Duration::from_millis(stall));
                std::thread::sleep(Duration::from_millis(stall));
            }
            std::thread::sleep(MOMENT);
        }
    };
    let told = work_while(&database, stall).await;
    told.check(&rows);
    assert!(told.failed.is_empty());
}

#[tokio::test]
async fn who_finds_no_connection_free_waits_or_is_told_and_the_rest_goes_on() {
    let rows = PrivateServer::shared().database();
    let options = options(rows.url()).connections(1).busy_timeout(MOMENT * 5);
    let database = open(options).await;
    let keep_it = |transaction: Arc<Transaction>| async move {
        transaction.run("SELECT pg_sleep(1.5)").await
    };
    let held = database.transact("hold", Purpose::Precious, keep_it);
    let refused = async {
        tokio::time::sleep(MOMENT).await;
        write(&database, 1).await.unwrap_err().kind
    };
    let (held, refused) = tokio::join!(held, refused);
    held.unwrap();
    assert_eq!(refused, StoreErrorKind::Busy);
    let waiting = (2..10).map(|id| write(&database, id));
    futures_util::future::try_join_all(waiting).await.unwrap();
    Told { done: (2..10).collect(), failed: vec![] }.check(&rows);
}

#[tokio::test]
async fn a_write_that_is_given_up_at_any_poll_takes_nothing_else_along() {
    let rows = PrivateServer::shared().database();
    let database = open(options(rows.url()).connections(2)).await;
    let mut told = Told::default();
    for polls in 0.. {
        let id = 1_000 + polls;
        let mut polled = 0;
        let mut writing = pin!(write(&database, id));
        let ended = poll_fn(|context| {
            polled += 1;
            if polled > polls {
                return Poll::Ready(None);
            }
            writing.as_mut().poll(context).map(Some)
        });
        match ended.await {
            Some(done) => {
                told.note(id, done);
                break;
            }
            None => told.failed.push(id),
        }
    }
    assert!(told.failed.len() > 3, "{told:?}");
    for id in 0..100 {
        told.note(id, write(&database, id).await);
    }
    assert_eq!(told.done.len(), 101);
    told.check(&rows);
}

#[tokio::test]
async fn nothing_is_committed_where_a_statement_failed_or_was_given_up() {
    let rows = PrivateServer::shared().database();
    let database = open(options(rows.url())).await;
    let hide = |transaction: Arc<Transaction>| async move {
        transaction.run("INSERT INTO note VALUES (1, 1)").await?;
        let _ = transaction.run("SELECT 1 / 0").await;
        Ok(())
    };
    let hidden = database.transact("hide", Purpose::Precious, hide).await.unwrap_err();
    assert_eq!(hidden.kind, StoreErrorKind::Failed);
    let too_slow = |transaction: Arc<Transaction>| async move {
        transaction.run("INSERT INTO note VALUES (2, 1)").await?;
        let slow = transaction.run("SELECT pg_sleep(1); SELECT 1 / 0");
        let _ = timeout(MOMENT, slow).await;
        Ok(())
    };
    let given_up = database.transact("give up", Purpose::Precious, too_slow).await.unwrap_err();
    assert_eq!(given_up.kind, StoreErrorKind::Busy);
    write(&database, 3).await.unwrap();
    Told { done: vec![3], failed: vec![] }.check(&rows);
}

#[tokio::test]
async fn who_sleeps_in_a_transaction_may_try_again() {
    let rows = PrivateServer::shared().database();
    let options = options(rows.url()).busy_timeout(MOMENT * 5);
    let database = open(options.statement_timeout(MOMENT)).await;
    let sleep = |transaction: Arc<Transaction>| async move {
        // The whole thread, as if the process were frozen: the server ends the connection.
        std::thread::sleep(MOMENT * 4);
        transaction.run("SELECT 1").await
    };
    let slept = database.transact("sleep", Purpose::Precious, sleep).await.unwrap_err();
    assert_eq!(slept.kind, StoreErrorKind::Busy, "{slept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_pgbouncer_terminated_connections_lose_and_double_nothing() {
    let server = PrivateServer::shared();
    let rows = Arc::new(server.database());
    let bouncer = PgBouncer::start(server);
    let database = open(options(&bouncer.url(&rows))).await;
    let terminate = {
        let rows = Arc::clone(&rows);
        move || {
            for _ in 0..10 {
                std::thread::sleep(MOMENT / 2);
                rows.terminate_connections();
            }
        }
    };
    let told = work_while(&database, terminate).await;
    told.check(&rows);
    assert!(told.failed.is_empty());
}

#[tokio::test]
async fn a_number_that_a_crash_set_free_acknowledges_nothing() {
    let rows = PrivateServer::shared().database();
    let options = options(rows.url()).busy_timeout(MOMENT * 5);
    let database = open(options).await;
    let said = rows.sql("SELECT pg_current_xact_id(), stats_reset FROM pg_stat_bgwriter");
    let [number, life] = [0, 1].map(|column| said[0][column].clone().unwrap());
    let mark =
        |number: &str, life: &str| Mark { number: number.to_owned(), server_life: life.to_owned() };
    assert!(database.is_committed(&mark(&number, &life)).await.unwrap());
    assert!(database.is_committed(&mark(&number, "before a crash")).await.is_err());
    assert!(!database.is_committed(&mark("4000000000", &life)).await.unwrap());
}
