//! `run`: the sender that stays.

use std::time::{Duration, Instant};

use crate::stage::{SESSION, Stage, end, now, send};

/// Waits until the service has so many plays from here.
fn wait_for_plays(stage: &Stage, many: usize) {
    let began = Instant::now();
    while stage.scrobbled().len() < many {
        assert!(began.elapsed() < Duration::from_secs(60), "only {:?}", stage.scrobbled());
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_waits_is_sent_as_soon_as_that_works() {
    let stage = Stage::new();
    stage.go_offline();
    let play = ["play", "Low", "Words", "--at", "30min ago", "--patience", "0s"];
    stage.run(&play).with(4);
    let child = stage.command(&["run"]).spawn().unwrap();
    stage.go_online();
    wait_for_plays(&stage, 1);
    // Its word comes after the service's.
    stage.wait_until_nothing_waits();
    send(&child, "-TERM");
    let ended = end(child).ok().says("sending plays of rj from").says("✓ Low – Words");
    ended.says("■ stopped; 0 plays are safe in the queue");
}

#[test]
fn a_login_in_another_program_is_seen_at_work() {
    let stage = Stage::new();
    assert!(stage.server.lastfm().revoke("rj"));
    let play = ["play", "Low", "Words", "--at", "30min ago", "--patience", "0s"];
    stage.run(&play).with(5);
    let child = stage.command(&["run", "--json"]).spawn().unwrap();
    let session = stage.server.lastfm().log_in("rj").unwrap();
    // By a clock that is behind.
    stage.log_in("rj", &session, now() - 86_400);
    wait_for_plays(&stage, 1);
    stage.wait_until_nothing_waits();
    send(&child, "-INT");
    let lines = end(child).ok().json();
    let settled = lines.iter().find(|line| line["event"] == "settled").unwrap();
    assert_eq!((&settled["state"], &settled["track"]), (&"accepted".into(), &"Words".into()));
}

#[test]
fn a_session_that_is_not_accepted_is_tried_once() {
    let stage = Stage::new();
    stage.run(&["logout"]).ok();
    assert!(stage.server.lastfm().revoke("rj"));
    let mut command = stage.command(&["run", "--user", "rj"]);
    let child = command.env("LASTFM_SESSION_KEY", SESSION).spawn().unwrap();
    let play = ["play", "Low", "Words", "--at", "30min ago", "--user", "rj", "--patience", "0s"];
    let mut command = stage.command(&play);
    end(command.env("LASTFM_SESSION_KEY", SESSION).spawn().unwrap()).with(5);
    let refused = || {
        let fake = stage.server.lastfm();
        fake.log().iter().filter(|call| call.error == Some(9)).count()
    };
    let before = refused();
    // Some ticks of the one that stays.
    std::thread::sleep(Duration::from_secs(5));
    let after = refused();
    assert!(before > 0 && after <= before + 1, "{before}, then {after}");
    send(&child, "-TERM");
    end(child).ok();
}
