//! Whatever happens to the server, nothing is said to be absent that was not looked up, nothing is
//! written, and no password is shown.

use std::thread;
use std::time::Duration;

use lastfm_postgres::testing::{Database, Fault, PrivateServer, Proxy, Shutdown};
use mb_enrich::{Album, MirrorOptions, Outcome, Source, Status};

use crate::agreement::{albums, small};
use crate::catalogue::{Is, assert_agreement, engine, mbid, mirror};

const MOMENT: Duration = Duration::from_millis(200);

fn filled() -> Database {
    small().database(PrivateServer::shared())
}

/// What is right.
async fn expected() -> Vec<Outcome> {
    engine(small().memory()).enrich(&albums()).await
}

/// Asserts that each album is as it would be without the fault, or waits.
fn assert_never_wrong(expected: &[Outcome], found: &[Outcome]) -> usize {
    let mut waiting = 0;
    for (expected, found) in expected.iter().zip(found) {
        if found.status == Status::Pending {
            waiting += 1;
            assert!(found.trouble.is_some() && found.next_try.is_some(), "{found:?}");
        } else {
            assert_eq!(expected, found);
        }
    }
    waiting
}

/// Keeps others from a table until its connection is ended.
fn lock(database: &Database, table: &str) -> thread::JoinHandle<()> {
    let url = database.url().to_owned();
    let sql = format!(
        "BEGIN; LOCK TABLE musicbrainz.{table} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)"
    );
    let held = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let connected = tokio_postgres::connect(&url, tokio_postgres::NoTls).await;
            let (client, connection) = connected.unwrap();
            let _ = tokio::join!(client.batch_execute(&sql), connection);
        });
    });
    let locked = format!(
        "SELECT FROM pg_locks WHERE relation = 'musicbrainz.{table}'::regclass AND granted"
    );
    while database.sql(&locked).is_empty() {}
    held
}

#[tokio::test]
async fn a_connection_that_is_cut_once_costs_nothing() {
    let server = PrivateServer::shared();
    let (database, proxy) = (filled(), Proxy::start(server));
    let expected = expected().await;
    for fault in [Fault::CutBefore, Fault::CutMeanwhile, Fault::CutAfter] {
        for nth in 1..8 {
            let source = MirrorOptions::new(proxy.url(&database)).build().unwrap();
            let before = proxy.fired();
            proxy.at("", nth, fault);
            assert_eq!(engine(source).enrich(&albums()).await, expected);
            assert_eq!(proxy.fired(), before + 1);
        }
    }
}

#[tokio::test]
async fn a_mirror_that_goes_away_in_the_middle_leaves_albums_waiting() {
    let server = PrivateServer::shared();
    let (database, proxy) = (filled(), Proxy::start(server));
    let (expected, mut waited) = (expected().await, 0);
    for nth in 1.. {
        let source = MirrorOptions::new(proxy.url(&database)).build().unwrap();
        let before = proxy.fired();
        // It is cut, and cut again when it is asked once more.
        proxy.at("", nth, Fault::CutMeanwhile);
        proxy.at("", nth + 1, Fault::CutMeanwhile);
        let found = engine(source).enrich(&albums()).await;
        waited = waited.max(assert_never_wrong(&expected, &found));
        if proxy.fired() < before + 2 {
            break;
        }
    }
    assert!(waited > albums().len() / 2, "it went away too late: {waited}");
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle_of_a_call_leaves_albums_waiting() {
    let server = PrivateServer::fast();
    let database = small().database(&server);
    let source = mirror(&database);
    source.check().await.unwrap();
    // The identifiers are answered; then names have to wait for a table, and the server stops.
    let ids = source.by_ids(&[mbid(Is::Group, 1)]).await;
    assert!(ids.answers[0].as_ref().unwrap().is_some());
    let held = lock(&database, "artist_alias");
    let stop = async {
        tokio::time::sleep(MOMENT).await;
        server.stop(Shutdown::Immediate);
    };
    let engine = engine(source);
    let albums = [Album::new("Low", "Trust"), Album::new("Nobody", "Nothing")];
    let (outcomes, ()) = tokio::join!(engine.enrich(&albums), stop);
    for outcome in &outcomes {
        assert_eq!(outcome.status, Status::Pending, "{outcome:?}");
    }
    held.join().unwrap();
    server.start();
    let outcomes = engine.enrich(&albums).await;
    assert_eq!([outcomes[0].status, outcomes[1].status], [Status::Matched, Status::NotFound]);
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_an_outage() {
    let database = filled();
    let options = MirrorOptions::new(database.url()).statement_timeout(MOMENT);
    let source = options.build().unwrap();
    source.check().await.unwrap();
    let expected = expected().await;
    let locked = lock(&database, "artist_alias");
    let found = engine(source).enrich(&albums()).await;
    database.terminate_connections();
    locked.join().unwrap();
    let waiting = assert_never_wrong(&expected, &found);
    assert!(waiting > albums().len() / 2, "few had to wait: {waiting}");
    let trouble = found.iter().find_map(|one| one.trouble.as_deref()).unwrap();
    assert!(trouble.contains("statement timeout"), "{trouble}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_an_outage() {
    let server = PrivateServer::shared();
    let (database, proxy) = (filled(), Proxy::start(server));
    let source = MirrorOptions::new(proxy.url(&database)).build().unwrap();
    source.check().await.unwrap();
    proxy.refuse();
    proxy.cut_all();
    let answers = source.by_ids(&[mbid(Is::Group, 1)]).await;
    assert!(answers.answers[0].is_none());
    assert!(answers.trouble.unwrap().is_retryable);
    proxy.pass();
    let answers = source.by_ids(&[mbid(Is::Group, 1)]).await;
    assert!(answers.trouble.is_none() && answers.answers[0].as_ref().unwrap().is_some());
}

/// The address of a database for another user.
fn as_user(database: &Database, user: &str, password: &str) -> String {
    let mut url = url::Url::parse(database.url()).unwrap();
    url.set_username(user).unwrap();
    url.set_password(Some(password)).unwrap();
    url.into()
}

#[tokio::test]
async fn a_server_without_room_is_an_outage_and_a_wrong_password_is_not() {
    let database = filled();
    database.sql(
        "DROP ROLE IF EXISTS crowd;
         CREATE ROLE crowd LOGIN PASSWORD 's3cret' CONNECTION LIMIT 0",
    );
    let ask = async |password: &str| {
        let url = as_user(&database, "crowd", password);
        let source = MirrorOptions::new(url).build().unwrap();
        let outcome = engine(source).enrich(&[Album::new("Low", "Trust")]).await.remove(0);
        assert_eq!(outcome.status, Status::Pending);
        outcome.trouble.unwrap()
    };
    let full = ask("s3cret").await;
    assert!(full.contains("too many connections"), "{full}");
    let wrong = ask("wr0ng").await;
    assert!(wrong.contains("password authentication failed"), "{wrong}");
    assert!(!format!("{full}{wrong}").contains("s3cret") && !wrong.contains("wr0ng"));
    let url = as_user(&database, "crowd", "wr0ng");
    let refused = MirrorOptions::new(url).build().unwrap().check().await.unwrap_err();
    assert!(!refused.is_retryable() && !format!("{refused:?}").contains("wr0ng"));
    database.sql("DROP ROLE crowd");
}

#[tokio::test]
async fn no_password_is_shown() {
    let options = MirrorOptions::new("postgres://rj:s3cret@127.0.0.1:1/musicbrainz_db");
    let shown = format!("{options:?}");
    let source = options.build().unwrap();
    let refused = source.check().await.unwrap_err();
    let answers = source.by_ids(&[mbid(Is::Group, 1)]).await;
    let shown = format!("{shown} {source:?} {refused} {refused:?} {answers:?}");
    assert!(shown.contains("127.0.0.1:1/musicbrainz_db") && !shown.contains("s3cret"), "{shown}");
    for url in ["postgres://rj:s3cret@h:port/d", "mysql://rj:s3cret@h/d"] {
        let refused = MirrorOptions::new(url).build().unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("s3cret"), "{refused:?}");
    }
}

#[tokio::test]
async fn who_may_only_read_can_use_it() {
    let database = filled();
    database.sql(
        "DROP ROLE IF EXISTS reader;
         CREATE ROLE reader LOGIN PASSWORD 'reader';
         GRANT USAGE ON SCHEMA musicbrainz TO reader;
         GRANT SELECT ON ALL TABLES IN SCHEMA musicbrainz TO reader",
    );
    let source = MirrorOptions::new(as_user(&database, "reader", "reader")).build().unwrap();
    assert_agreement(&small(), source, &albums()).await;
    database.sql("DROP OWNED BY reader; DROP ROLE reader");
}

#[tokio::test]
async fn it_cannot_write_even_where_it_may() {
    let database = filled();
    // A table whose every reader writes, unless something keeps it from that.
    database.sql(
        "SET search_path = musicbrainz, public;
         CREATE TABLE written (at timestamptz);
         ALTER TABLE release_group_secondary_type_join RENAME TO joined;
         CREATE FUNCTION trap() RETURNS SETOF joined LANGUAGE sql VOLATILE AS
             $$ INSERT INTO musicbrainz.written VALUES (now()); SELECT * FROM musicbrainz.joined $$;
         CREATE VIEW release_group_secondary_type_join AS SELECT * FROM trap()",
    );
    let answers = mirror(&database).by_ids(&[mbid(Is::Group, 1)]).await;
    let trouble = answers.trouble.unwrap().to_string();
    assert!(trouble.contains("read-only transaction"), "{trouble}");
    assert!(database.sql("SELECT FROM musicbrainz.written").is_empty());
    // The trap works.
    database.sql("SELECT * FROM musicbrainz.release_group_secondary_type_join");
    assert_eq!(database.sql("SELECT FROM musicbrainz.written").len(), 1);
}
