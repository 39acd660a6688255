//! What keeps plays from being sent: no network, a limit, a login that has ended, a pause.

use lastfm_core::testing::Fault;

use crate::stage::{Stage, now};

const LATER: [&str; 2] = ["--patience", "0s"];

fn play(stage: &Stage, track: &str, minutes: u32) -> crate::stage::Ended {
    let at = format!("{minutes}min ago");
    stage.run(&[&["play", "Low", track, "--at", &at][..], &LATER].concat())
}

#[test]
fn what_is_played_offline_is_sent_online() {
    let stage = Stage::new();
    stage.go_offline();
    play(&stage, "Words", 30).with(4).says("… waiting 1").says("scrobbler run");
    play(&stage, "Canada", 20).with(4).says("… waiting 1");
    // What waits is not scrobbled yet, and nobody is told that it were.
    play(&stage, "Canada", 21).with(4).says("queued for a moment").says("… waiting 2");
    stage.run(&["queue", "list"]).with(4).says("2 waiting").says("Low – Words");
    assert!(stage.scrobbled().is_empty());
    stage.go_online();
    stage.run(&["queue", "send", "--try-now"]).ok().says("✓ accepted 2").says("… waiting 0");
    assert_eq!(stage.scrobbled(), ["Words", "Canada"]);
    stage.run(&["queue", "list"]).ok().says("nothing waits · 2 accepted");
    let history = stage.run(&["queue", "history"]).ok();
    for state in ["ready", "sending", "accepted"] {
        assert!(history.out.contains(state), "{}", history.out);
    }
}

#[test]
fn the_daily_limit_is_waited_for() {
    let stage = Stage::with(|scenario| scenario.service.scrobbles_per_day = 1);
    play(&stage, "Words", 30).ok();
    play(&stage, "Canada", 20).with(4).says("Last.fm's daily limit is reached; trying again at");
    stage.run(&["queue", "list"]).with(4).says("! Last.fm's daily limit is reached");
    assert_eq!(stage.scrobbled(), ["Words"]);
}

#[test]
fn a_login_that_has_ended_is_said_and_the_next_one_sends_what_waits() {
    let stage = Stage::new();
    assert!(stage.server.lastfm().revoke("rj"));
    let ended = play(&stage, "Words", 30).with(5).says("… waiting 1");
    ended.says("Last.fm does not accept the login any more").says("scrobbler login");
    stage.run(&["queue", "list"]).with(5).says("! Last.fm does not accept the login any more");
    // Another command does not help, another login does.
    play(&stage, "Canada", 20).with(5);
    let session = stage.server.lastfm().log_in("rj").unwrap();
    // By a clock that is behind.
    stage.log_in("rj", &session, now() - 86_400);
    stage.run(&["queue", "send"]).ok().says("✓ accepted 2");
    assert_eq!(stage.scrobbled(), ["Words", "Canada"]);
}

#[test]
fn what_is_paused_waits_until_it_is_resumed() {
    let stage = Stage::new();
    stage.go_offline();
    play(&stage, "Words", 30).with(4);
    stage.go_online();
    stage.run(&["queue", "pause", "--all"]).ok().says("1 play paused, and what is queued later");
    play(&stage, "Canada", 20).with(4).says("everything is paused").says("queue resume --all");
    stage.run(&["queue", "send", "--try-now"]).with(4).says("everything is paused");
    assert!(stage.scrobbled().is_empty());
    let dry = stage.run(&["queue", "resume", "--all", "--dry-run"]).ok();
    dry.says("2 plays would be resumed");
    stage.run(&["queue", "resume", "--all"]).ok().says("2 plays resumed, and what is queued later");
    stage.run(&["queue", "resume", "--all"]).ok().says("0 plays resumed");
    stage.run(&["queue", "send", "--try-now"]).ok();
    assert_eq!(stage.scrobbled(), ["Words", "Canada"]);
}

#[test]
fn a_lost_answer_is_said_and_what_waits_for_it() {
    let stage = Stage::new();
    // The history and the time are asked for before.
    for fault in [Fault::EmptyList, Fault::EmptyList, Fault::ResetAfter] {
        stage.server.lastfm().fail_next(fault);
    }
    play(&stage, "Words", 30).with(4).says("the answer to 1 play was lost").says("queue send");
}
