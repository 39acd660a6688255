//! Killed at any moment: nothing that was acknowledged is lost, and nothing is scrobbled twice.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use crate::stage::{Stage, end, send};
use crate::watch::Player;

const PLAYS: i64 = 120;

/// Each track that the service has, and how often.
fn times(stage: &Stage) -> HashMap<String, usize> {
    let mut times = HashMap::new();
    for track in stage.scrobbled() {
        *times.entry(track).or_default() += 1;
    }
    times
}

/// A player that is killed after this many plays were acknowledged; how many were.
fn watch_killed(stage: &Stage, after: u64) -> u64 {
    let mut player = Player::new(stage, &["--json"]);
    for number in 0..PLAYS {
        player.played(&format!("Song {number}"), stage.now - 86_400 + number * 200);
    }
    let out = BufReader::new(player.child.stdout.take().unwrap()).lines();
    let mut queued = 0;
    for line in out {
        let Ok(line) = serde_json::from_str::<serde_json::Value>(&line.unwrap()) else { break };
        if line["event"] == "queued" {
            queued += line["added"].as_u64().unwrap();
        }
        if queued >= after && player.child.try_wait().unwrap().is_none() {
            send(&player.child, "-KILL");
        }
    }
    player.child.wait().unwrap();
    queued
}

/// A list whose run is killed while the service sees this many requests with plays.
fn collection_killed(stage: &Stage, requests: usize) {
    let tracks = (0..PLAYS).map(|n| format!("Low,Song {n},3:20\n"));
    stage.write("songs.csv", &format!("artist,track,length\n{}", tracks.collect::<String>()));
    let child = stage.command(&["collection", "songs.csv", "--yes"]).spawn().unwrap();
    stage.wait_for("track.scrobble", requests);
    send(&child, "-KILL");
    let _ = child.wait_with_output();
}

#[test]
fn a_watch_that_is_killed_keeps_what_it_acknowledged() {
    for after in [1, 7, 60, 119] {
        let stage = Stage::new();
        let queued = watch_killed(&stage, after);
        assert!(queued >= after);
        let kept = stage.queue();
        assert!(kept.len() as u64 >= queued, "{queued} acknowledged, {} kept", kept.len());
        for play in &kept {
            // What is accepted is there; what is there is in the queue.
            let track = play["track"].as_str().unwrap();
            let there = times(&stage).get(track).copied().unwrap_or(0);
            assert!(there == 1 || (there == 0 && play["state"] != "accepted"), "{play}");
        }
        stage.run(&["queue", "send", "--patience", "0s"]);
        assert!(times(&stage).values().all(|times| *times == 1), "after {after}");
    }
}

#[test]
fn a_list_that_is_killed_is_whole_and_sent_once() {
    for requests in [1, 2, 3] {
        let stage = Stage::new();
        collection_killed(&stage, requests);
        assert_eq!(stage.queue().len(), usize::try_from(PLAYS).unwrap());
        stage.run(&["collection", "songs.csv", "--yes", "--patience", "0s"]);
        assert_eq!(stage.queue().len(), usize::try_from(PLAYS).unwrap());
        assert!(times(&stage).values().all(|times| *times == 1), "after {requests}");
    }
}

/// Waits out the two minutes of a lease and the two after which a lost answer is looked for.
#[test]
#[ignore = "takes five minutes: cargo test -p scrobbler -- --ignored"]
fn after_a_kill_every_play_comes_to_be_there_once() {
    let finish = |stage: &Stage, acknowledged: u64| {
        std::thread::sleep(Duration::from_secs(121));
        end(stage.command(&["queue", "send", "--patience", "5min"]).spawn().unwrap()).ok();
        let times = times(stage);
        assert!(times.len() as u64 >= acknowledged);
        assert!(times.values().all(|times| *times == 1), "{times:?}");
    };
    std::thread::scope(|scope| {
        for after in [3, 50, 100] {
            scope.spawn(move || {
                let stage = Stage::new();
                let queued = watch_killed(&stage, after);
                finish(&stage, queued);
            });
        }
        for requests in [1, 2] {
            scope.spawn(move || {
                let stage = Stage::new();
                collection_killed(&stage, requests);
                finish(&stage, PLAYS.try_into().unwrap());
                assert_eq!(stage.scrobbled().len(), usize::try_from(PLAYS).unwrap());
            });
        }
    });
}
