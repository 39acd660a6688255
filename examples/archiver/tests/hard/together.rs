//! Several processes on one file: of one user and of two, one of them paused meanwhile.
//!
//! `ROUNDS=20 PAUSE=55 cargo test --release -p archiver --test hard together -- --nocapture`: a pause
//! of more than 50 s outlasts the place at work, so that another process takes it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use lastfm_core::testing::{Dice, Scenario};

use crate::afterwards::{assert_complete, assert_sound};
use crate::setting;
use crate::stage::{Stage, end, send};

/// Requests a second, of all processes together.
const RATE: usize = 25;
/// A machine under load brings requests closer together than they were sent.
const JITTER: usize = RATE / 4;

#[test]
fn together_they_lose_nothing_and_keep_one_rate() {
    let rounds = setting("ROUNDS", 1);
    let mut busiest = 0;
    for round in 0..rounds {
        busiest = busiest.max(four_at_once(round));
    }
    println!(
        "{rounds} rounds of 4 processes: nothing lost or doubled; at most {busiest} requests a \
         second, {RATE} allowed"
    );
    assert!(busiest <= RATE + JITTER, "{busiest} requests a second");
}

/// How many requests were made in the busiest second.
fn four_at_once(seed: u64) -> usize {
    let mut dice = Dice::stream(seed, 8);
    let stages = ["rj", "alice"].map(|user| {
        let mut scenario = Scenario::still(4_000);
        user.clone_into(&mut scenario.user);
        // An account that was made in the same second could be the other one, renamed.
        scenario.history.years = f64::from(15 + u8::from(user == "rj"));
        Stage::new(&scenario)
    });
    let [rj, alice] = &stages;
    let file = rj.path("scrobbles.db");
    let rate = RATE.to_string();
    let start = |stage: &Stage, user: &str| {
        let arguments = ["sync", user, "--rate", &rate, "--page-size", "100", "--db"];
        stage.command(&arguments).arg(&file).spawn().unwrap()
    };
    let mut children = vec![start(rj, "rj"), start(rj, "RJ"), start(alice, "alice")];
    rj.wait_for_requests(4 + dice.index(20));
    let paused = dice.index(children.len());
    send(&children[paused], "-STOP");
    children.push(start(rj, "rj"));
    std::thread::sleep(Duration::from_secs(setting("PAUSE", 2)));
    assert_sound(&file, None);
    send(&children[paused], "-CONT");
    for child in children {
        end(child).ok();
    }
    let busiest = busiest_second(&stages);
    assert_complete(rj);
    let mut export = alice.command(&["export", "alice", "--format", "jsonl", "--db"]);
    let exported = end(export.arg(&file).spawn().unwrap()).ok();
    assert_eq!(exported.out.lines().count(), alice.truth().len());
    busiest
}

/// The most requests in any second, of two services whose clocks began at different times.
fn busiest_second(stages: &[Stage; 2]) -> usize {
    for stage in stages {
        mark(stage);
    }
    let mut arrived: Vec<i64> = Vec::new();
    for stage in stages {
        let lastfm = stage.server.lastfm();
        let (mark, requests) = lastfm.log().split_last().unwrap();
        assert_eq!(mark.method, "mark");
        let since = |at_ms: u64| i64::try_from(at_ms).unwrap() - i64::try_from(mark.at_ms).unwrap();
        arrived.extend(requests.iter().map(|entry| since(entry.at_ms)));
    }
    arrived.sort_unstable();
    let within = |first: usize| arrived[first..].partition_point(|at| *at < arrived[first] + 1_000);
    (0..arrived.len()).map(within).max().unwrap_or(0)
}

/// A request that both services get at the same moment, or nearly.
fn mark(stage: &Stage) {
    let mut connection = TcpStream::connect(stage.server.address()).unwrap();
    let request =
        "GET /2.0/?method=mark&format=json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    connection.write_all(request.as_bytes()).unwrap();
    connection.read_to_end(&mut Vec::new()).unwrap();
}
