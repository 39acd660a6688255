//! Databases that cannot be reached, that refuse, and that go away in the middle of the work.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::sync::mpsc;
use std::time::Duration;

use lastfm_postgres::testing::{PrivateServer, Shutdown};

use crate::stage::{Stage, end, send, shown};

/// Pages of 50 at 40 a second: time enough for something to happen.
const SLOWLY: [&str; 6] = ["sync", "rj", "--page-size", "50", "--rate", "40"];

#[test]
fn a_database_that_cannot_be_reached_is_no_failure_of_the_archive() {
    let stage = Stage::still(10);
    // Nobody listens on the first port.
    let nowhere = "postgres://ann:canary-password@127.0.0.1:1/plays";
    let ended = stage.run(&["status", "--db", nowhere]).with(4);
    let ended =
        ended.says("postgres://127.0.0.1:1/plays cannot be opened").says("onnection refused");
    let ended = ended.says("Nothing was changed").says("as soon as it does");
    ended.assert_shows_none_of(&["canary"]);
}

#[test]
fn what_a_person_must_mend_in_an_address_is_said_without_the_password() {
    let stage = Stage::still(10).on(PrivateServer::shared());
    let url = stage.db();
    let (_, place) = url.split_once('@').unwrap();
    let (server, name) = place.split_once('/').unwrap();
    for (db, says) in [
        (format!("postgres://postgres:canary@{place}"), "password authentication failed"),
        (format!("postgres://canary:canary@{place}"), "password authentication failed"),
        (url.replace(name, "attic"), "database \"attic\" does not exist"),
        (format!("postgres://ann:canary@{server}:port/x"), "cannot be understood"),
    ] {
        let ended = stage.run(&["sync", "rj", "--db", &db]).with(1).says(says);
        let ended = ended.says("Nothing was changed").says("SCROBBLES_DB");
        assert!(!ended.err.contains(":canary") && !ended.out.contains("canary"), "{}", ended.err);
    }
}

#[test]
fn a_schema_of_a_newer_release_is_left_alone() {
    let stage = Stage::still(100).on(PrivateServer::shared());
    stage.run(&["sync", "rj"]).ok();
    let database = stage.database.as_ref().unwrap();
    database.sql("UPDATE lastfm_schema SET version = 999");
    for command in [&["sync", "rj"][..], &["status"], &["forget", "rj", "--yes"]] {
        let ended = stage.run(command).with(1).says("has schema 999").says("update the program");
        ended.says("Nothing was changed");
    }
    assert_eq!(database.sql("SELECT count(*) FROM play"), [[Some("100".to_owned())]]);
}

#[test]
fn a_server_that_restarts_in_the_middle_of_an_import_is_waited_for() {
    let server = PrivateServer::fast();
    let stage = Stage::still(6000).on(&server);
    for (how, requests) in [(Shutdown::Fast, 20), (Shutdown::Immediate, 40)] {
        let child = stage.command(&SLOWLY).spawn().unwrap();
        stage.wait_for_requests(stage.requests() + requests);
        server.restart(how);
        stage.wait_for_requests(stage.requests() + 10);
        if how == Shutdown::Immediate {
            end(child).ok().says("6,000 plays");
        } else {
            send(&child, "-TERM");
            end(child).with(4).says("plays are safe");
        }
    }
    stage.assert_complete();
}

/// What a program says on standard error, line for line while it runs.
fn lines_of(child: &mut Child) -> mpsc::Receiver<String> {
    let (say, said) = mpsc::channel();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| say.send(line)));
    said
}

#[test]
fn a_service_outlives_its_database_and_says_so() {
    let server = PrivateServer::fast();
    let stage = Stage::still(500).on(&server);
    stage.run(&["sync", "rj"]).ok();
    let mut child = stage.command(&["sync", "rj", "--every", "1s"]).spawn().unwrap();
    let said = lines_of(&mut child);
    stage.wait_for_requests(stage.requests() + 3);
    server.stop(Shutdown::Fast);
    let first = said.recv_timeout(Duration::from_secs(120)).unwrap();
    assert!(first.contains("the archive failed: ") && first.contains("trying again at"), "{first}");
    let now = stage.server.lastfm().now();
    stage.server.lastfm().insert(now.plus(-30), "Low", "Words", None);
    server.start();
    let before = stage.requests();
    stage.wait_for_requests(before + 3);
    send(&child, "-TERM");
    let ended = end(child).ok().says("rj: 1 new");
    ended.assert_shows_none_of(&[&stage.db()]);
    stage.assert_complete();
}

#[test]
fn a_service_whose_database_is_away_ends_when_it_is_told_to() {
    let server = PrivateServer::fast();
    let stage = Stage::still(300).on(&server);
    let mut child = stage.command(&["sync", "rj", "--every", "1s"]).spawn().unwrap();
    let said = lines_of(&mut child);
    stage.wait_for_requests(4);
    server.stop(Shutdown::Immediate);
    said.recv_timeout(Duration::from_secs(120)).unwrap();
    send(&child, "-TERM");
    end(child).ok().says("stopped; what is archived is safe");
    assert!(!shown(&stage.db()).contains('@'));
}
