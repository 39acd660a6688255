//! What tests run against does what it says: the server, PgBouncer, and the faults of the network.

use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use lastfm_postgres::testing::{Database, Fault, PgBouncer, PrivateServer, Proxy, Rows, Shutdown};
use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

fn one(value: &str) -> Rows {
    vec![vec![Some(value.to_owned())]]
}

async fn connect(url: &str) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// A database with an empty table, and a network in front of it.
fn a_table_behind_a_proxy() -> (Database, Proxy) {
    let server = PrivateServer::shared();
    let database = server.database();
    database.sql("CREATE TABLE plays (at int)");
    (database, Proxy::start(server))
}

/// Writes a play in a transaction. Whether the client was told that it is there.
async fn write(client: &mut Client) -> bool {
    let Ok(transaction) = client.transaction().await else { return false };
    let written = transaction.execute("INSERT INTO plays VALUES (1)", &[]).await;
    written.is_ok() && transaction.commit().await.is_ok()
}

/// Waits until no transaction holds the table any more.
const NOBODY_WRITES: &str = "BEGIN; LOCK TABLE plays; COMMIT";

fn plays(database: &Database) -> Rows {
    database.sql("SELECT count(*) FROM plays")
}

/// Waits for what comes soon; a minute means never.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn databases_of_a_shared_server_are_separate_and_removed() {
    let server = PrivateServer::shared();
    let (one_database, other) = (server.database(), server.database());
    one_database.sql("CREATE TABLE plays (at int)");
    other.sql("CREATE TABLE plays (at int); INSERT INTO plays VALUES (1), (NULL)");
    assert_eq!(plays(&one_database), one("0"));
    assert_eq!(other.sql("SELECT at FROM plays"), [[Some("1".to_owned())], [None]]);
    let name = other.sql("SELECT current_database()")[0][0].clone().unwrap();
    drop(other);
    let of_that_name = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(server.sql(&of_that_name), one("0"));
}

#[test]
fn a_restart_keeps_what_was_committed_and_nothing_else() {
    let server = PrivateServer::durable();
    assert_eq!(server.sql("SHOW fsync"), one("on"));
    let database = server.database();
    database.sql("CREATE TABLE plays (at int)");
    for how in [Shutdown::Fast, Shutdown::Immediate] {
        database.sql("INSERT INTO plays VALUES (1)");
        server.restart(how);
    }
    assert_eq!(plays(&database), one("2"));
    server.stop(Shutdown::Immediate);
    let port = database.url().rsplit([':', '/']).nth(1).unwrap().parse().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    server.start();
    assert_eq!(plays(&database), one("2"));
}

#[tokio::test]
async fn terminated_connections_are_gone() {
    let database = PrivateServer::shared().database();
    let clients = [connect(database.url()).await.unwrap(), connect(database.url()).await.unwrap()];
    assert_eq!(database.terminate_connections(), 2);
    for client in clients {
        assert!(client.simple_query("SELECT 1").await.is_err());
    }
    assert_eq!(database.terminate_connections(), 0);
}

#[test]
#[should_panic = "a shared server is not stopped"]
fn a_shared_server_is_not_stopped() {
    PrivateServer::shared().stop(Shutdown::Fast);
}

#[test]
fn nothing_is_left_of_a_server_that_is_dropped() {
    let server = PrivateServer::fast();
    let folder = server.sql("SHOW data_directory")[0][0].clone().unwrap();
    let process = format!("/proc/{}", server.sql("SELECT pg_backend_pid()")[0][0].clone().unwrap());
    assert!(Path::new(&folder).exists());
    drop(server);
    assert!(!Path::new(&folder).parent().unwrap().exists());
    assert!(!Path::new(&process).exists());
}

#[test]
#[ignore = "it is killed by the test below"]
fn serves_until_it_is_killed() {
    let server = PrivateServer::fast();
    let folder = server.sql("SHOW data_directory")[0][0].clone().unwrap();
    println!("\nserver {folder} {}", server.database().url());
    thread::sleep(Duration::from_secs(600));
}

#[test]
fn nothing_is_left_of_a_server_whose_process_is_killed() {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "private_server::serves_until_it_is_killed", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let line = lines.map_while(Result::ok).find(|line| line.starts_with("server ")).unwrap();
    let [_, folder, url] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
    let port: u16 = url.rsplit([':', '/']).nth(1).unwrap().parse().unwrap();
    let answers = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    assert!(answers());
    // On Unix that is SIGKILL.
    process.kill().unwrap();
    process.wait().unwrap();
    until("the server ends", || !answers());
    until("its folder goes", || !Path::new(folder).parent().unwrap().exists());
}

#[tokio::test]
async fn pgbouncer_gives_each_transaction_any_connection() {
    let server = PrivateServer::shared();
    let (database, pgbouncer) = (server.database(), PgBouncer::start(server));
    let url = pgbouncer.url(&database);
    let clients = [connect(&url).await.unwrap(), connect(&url).await.unwrap()];
    let mut connections = Vec::new();
    for client in &clients {
        let rows = client.query_typed("SELECT pg_backend_pid()", &[]).await.unwrap();
        connections.push(rows[0].get::<_, i32>(0));
    }
    assert_eq!(connections[0], connections[1], "in session mode each client has its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_passes_every_byte() {
    let (database, proxy) = a_table_behind_a_proxy();
    let mut client = connect(&proxy.url(&database)).await.unwrap();
    assert!(write(&mut client).await);
    let long = "ü".repeat(1_000_000);
    let row = client.query_one("SELECT $1::text", &[&long]).await.unwrap();
    assert_eq!(row.get::<_, String>(0), long);
    assert_eq!((plays(&database), proxy.fired(), proxy.connections()), (one("1"), 0, 1));
    drop(client);
    until("the proxy closes what the client closed", || proxy.connections() == 0);
}

#[tokio::test]
async fn a_commit_whose_answer_is_cut_off_is_there() {
    let (database, proxy) = a_table_behind_a_proxy();
    proxy.at("COMMIT", 2, Fault::CutAfter);
    let mut client = connect(&proxy.url(&database)).await.unwrap();
    assert!(write(&mut client).await);
    assert!(!write(&mut client).await);
    // No wait: the server was done before the cut.
    assert_eq!((plays(&database), proxy.fired()), (one("2"), 1));
    let mut client = connect(&proxy.url(&database)).await.unwrap();
    assert!(write(&mut client).await, "a fault fires once");
}

#[tokio::test]
async fn a_commit_that_is_cut_off_is_never_there() {
    let (database, proxy) = a_table_behind_a_proxy();
    proxy.at("commit", 2, Fault::CutBefore);
    let mut client = connect(&proxy.url(&database)).await.unwrap();
    assert!(write(&mut client).await);
    assert!(!write(&mut client).await);
    // It is not open any more either: nothing waits for its lock.
    database.sql(NOBODY_WRITES);
    assert_eq!((plays(&database), proxy.fired()), (one("1"), 1));
}

#[tokio::test]
async fn a_statement_of_the_extended_protocol_is_cut_off_alike() {
    let (database, proxy) = a_table_behind_a_proxy();
    let insert = "INSERT INTO plays VALUES (1)";
    for fault in [Fault::CutAfter, Fault::CutBefore] {
        proxy.at("insert into", 1, fault);
        let client = connect(&proxy.url(&database)).await.unwrap();
        // The answer to what goes before in the same packet is not the one to wait for.
        let (before, cut) = (client.query_typed("SELECT 1", &[]), client.query_typed(insert, &[]));
        assert!(tokio::join!(before, cut).1.is_err());
        assert_eq!(plays(&database), one("1"), "{fault:?}");
    }
}

#[tokio::test]
async fn after_a_cut_in_the_middle_a_commit_is_there_or_not_but_over() {
    let (database, proxy) = a_table_behind_a_proxy();
    proxy.at("COMMIT", 1, Fault::CutMeanwhile);
    let mut client = connect(&proxy.url(&database)).await.unwrap();
    assert!(!write(&mut client).await);
    database.sql(NOBODY_WRITES);
    assert!([one("0"), one("1")].contains(&plays(&database)));
}

#[tokio::test]
async fn all_connections_are_cut_by_a_reset_and_later_ones_are_not() {
    let (database, proxy) = a_table_behind_a_proxy();
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    until("it is accepted", || proxy.connections() == 1);
    let client = connect(&proxy.url(&database)).await.unwrap();
    proxy.cut_all();
    let error = (&stream).read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(client.simple_query("SELECT 1").await.is_err());
    connect(&proxy.url(&database)).await.unwrap().simple_query("SELECT 1").await.unwrap();
}

#[tokio::test]
async fn what_is_swallowed_arrives_nowhere_and_nobody_is_told() {
    let (database, proxy) = a_table_behind_a_proxy();
    let client = connect(&proxy.url(&database)).await.unwrap();
    let other = connect(&proxy.url(&database)).await.unwrap();
    proxy.at("INSERT", 1, Fault::Swallow);
    let insert = "INSERT INTO plays VALUES (1)";
    let a_while = Duration::from_millis(300);
    timeout(a_while, client.simple_query(insert)).await.unwrap_err();
    // The other connection is a good one, until all are swallowed.
    other.simple_query(insert).await.unwrap();
    proxy.swallow_all();
    timeout(a_while, other.simple_query(insert)).await.unwrap_err();
    assert!(timeout(a_while, connect(&proxy.url(&database))).await.is_err());
    assert!(!client.is_closed() && !other.is_closed());
    assert_eq!(plays(&database), one("1"));
    assert_connected(&database, "2").await;
    drop(client);
    proxy.pass();
    let new = connect(&proxy.url(&database)).await.unwrap();
    new.simple_query(insert).await.unwrap();
    timeout(a_while, other.simple_query(insert)).await.unwrap_err();
    assert_eq!(plays(&database), one("2"));
    // The server has not noticed that a client went.
    assert_connected(&database, "3").await;
}

/// Asserts that the server has so many clients, beside the one that asks. One that has asked before
/// and is gone may be counted for a moment still.
async fn assert_connected(database: &Database, many: &str) {
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
        AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
    let mut found = database.sql(open);
    for _ in 0..100 {
        if found == one(many) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        found = database.sql(open);
    }
    panic!("{found:?} where {many} should be");
}

#[tokio::test]
async fn what_stands_still_goes_on() {
    let (database, proxy) = a_table_behind_a_proxy();
    let mut client = connect(&proxy.url(&database)).await.unwrap();
    let time = Duration::from_millis(300);
    proxy.at("COMMIT", 1, Fault::Stall(time));
    let begun = Instant::now();
    assert!(write(&mut client).await);
    assert!(begun.elapsed() >= time);
    let begun = Instant::now();
    proxy.stall_all(time);
    assert!(write(&mut client).await);
    assert!(begun.elapsed() >= time);
    assert_eq!((plays(&database), proxy.fired()), (one("2"), 1));
}

#[tokio::test]
async fn a_refusing_proxy_keeps_the_connections_it_has() {
    let (database, proxy) = a_table_behind_a_proxy();
    let mut client = connect(&proxy.url(&database)).await.unwrap();
    proxy.refuse();
    let refused = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert!(write(&mut client).await);
    proxy.pass();
    assert!(write(&mut connect(&proxy.url(&database)).await.unwrap()).await);
}

#[tokio::test]
async fn faults_at_one_statement_fire_one_after_the_other() {
    let (database, proxy) = a_table_behind_a_proxy();
    for nth in [1, 1, 2] {
        proxy.at("COMMIT", nth, Fault::CutBefore);
    }
    for fired in [1, 2, 3] {
        assert!(!write(&mut connect(&proxy.url(&database)).await.unwrap()).await);
        assert_eq!(proxy.fired(), fired);
    }
    assert!(write(&mut connect(&proxy.url(&database)).await.unwrap()).await);
}
