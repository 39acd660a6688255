//! `sync --every`: rounds, outages, users who come and go, and the end.
#![cfg(unix)]

use std::process::Child;
use std::time::{Duration, Instant};

use lastfm_core::testing::{ErrorBody, Fault, Happening, Scenario};

use crate::stage::{Stage, end, send};

const EVERY_SECOND: [&str; 4] = ["sync", "rj", "--every", "1s"];

/// Waits until something is so; a test that never gets there has failed.
#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[track_caller]
fn stop(child: Child) -> crate::stage::Ended {
    send(&child, "-TERM");
    end(child).ok()
}

fn lines_with(text: &str, words: &str) -> usize {
    text.lines().filter(|line| line.contains(words)).count()
}

#[test]
pub(crate) fn what_is_played_later_is_archived_in_a_later_round() {
    let stage = Stage::still(1200);
    let child = stage.command(&EVERY_SECOND).spawn().unwrap();
    wait_until("two idle rounds", || stage.requests() >= 6);
    let now = stage.server.lastfm().now();
    stage.server.lastfm().insert(now.plus(-30), "Kraftwerk", "Spacelab", None);
    wait_until("the play is archived", || stage.archive().len() == 1201);
    let ended = stop(child);
    assert_eq!(lines_with(&ended.out, "rj: complete · 1,200 plays"), 1, "{}", ended.out);
    assert_eq!(lines_with(&ended.out, "up to date, 1,200 new plays;"), 1, "{}", ended.out);
    assert_eq!(ended.out.lines().count(), 5, "idle rounds are silent: {}", ended.out);
    assert!(ended.out.lines().all(|line| line.contains("Z  ")), "{}", ended.out);
    ended
        .says(&format!("keeping rj up to date every 1 s in {}; the next round", stage.place()))
        .says("rj: 1 new");
    stage.assert_complete();
    stage.assert_no_secret_on_disk();
}

#[test]
pub(crate) fn told_to_stop_in_an_import_it_ends_well_and_goes_on_later() {
    let stage = Stage::still(6000);
    let slowly = ["--page-size", "50", "--rate", "40"];
    let arguments = [&EVERY_SECOND[..], &slowly[..]].concat();
    for (signal, requests) in [("-TERM", 30), ("-INT", 60)] {
        let child = stage.command(&arguments).spawn().unwrap();
        stage.wait_for_requests(requests);
        send(&child, signal);
        end(child).ok().says("plays are safe").says("stopped; what is archived is safe");
    }
    let held = stage.archive().len();
    assert!(held > 2000, "{held} plays");
    // The place of the one that was stopped is free at once.
    let ended = stage.run(&[&["sync", "rj"], &slowly[..]].concat()).ok();
    assert!(!ended.err.contains("another archiver"), "{}", ended.err);
    stage.assert_complete();
    let requests = stage.requests();
    assert!(requests < 6000 / 47 + 20, "{requests} requests");
}

#[test]
fn told_to_stop_between_rounds_it_ends_at_once() {
    let stage = Stage::still(300);
    let child = stage.command(&["sync", "rj", "--every", "1h"]).spawn().unwrap();
    wait_until("the first round is over", || {
        stage.requests() > 0 && stage.path("scrobbles.db").exists() && stage.archive().len() == 300
    });
    let began = Instant::now();
    stop(child);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
fn a_request_that_nobody_answers_does_not_keep_it_from_ending() {
    let stage = Stage::still(300);
    stage.server.lastfm().fail_next(Fault::Timeout);
    let child = stage.command(&EVERY_SECOND).spawn().unwrap();
    stage.wait_for_requests(1);
    let began = Instant::now();
    stop(child);
    // The request itself would be given up after a minute.
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[test]
pub(crate) fn an_outage_is_told_once_and_what_was_played_in_it_is_archived() {
    let stage = Stage::still(800);
    stage.run(&["sync", "rj"]).ok();
    {
        let mut lastfm = stage.server.lastfm();
        for _ in 0..12 {
            lastfm.fail_next(Fault::error(8, 500, ErrorBody::Json));
        }
        let now = lastfm.now();
        lastfm.insert(now.plus(-30), "Low", "Words", None);
    }
    let before = stage.requests();
    let child =
        stage.command(&[&EVERY_SECOND[..], &["--patience", "1s"]].concat()).spawn().unwrap();
    wait_until("the outage is over", || stage.requests() >= before + 14);
    wait_until("the play is archived", || stage.archive().len() == 801);
    let ended = stop(child);
    assert_eq!(lines_with(&ended.err, "! rj: "), 1, "{}", ended.err);
    ended.says("Last.fm is busy (error 8); trying again at").says("rj: 1 new").says("works again");
    stage.assert_complete();
}

#[test]
fn what_only_a_person_can_mend_is_told_once_and_the_others_go_on() {
    let stage = Stage::still(500);
    let arguments = ["sync", "nobody", "rj", "--every", "1s"];
    let child = stage.command(&arguments).spawn().unwrap();
    wait_until("a few rounds", || stage.requests() >= 10);
    let now = stage.server.lastfm().now();
    stage.server.lastfm().insert(now.plus(-30), "Low", "Words", None);
    wait_until("the play is archived", || stage.archive().len() == 501);
    let ended = stop(child);
    assert_eq!(lines_with(&ended.err, "nobody"), 1, "{}", ended.err);
    ended.says("Last.fm knows no user nobody").says("1 of 2 up to date, 500 new plays");
    let log = stage.server.lastfm().log().to_vec();
    let asked = log.iter().filter(|entry| entry.param("user") == Some("nobody")).count();
    assert!(asked <= 4, "asked {asked} times");
}

#[test]
fn a_history_that_is_hidden_meanwhile_is_told_once() {
    let stage = Stage::still(500);
    let child = stage.command(&[&EVERY_SECOND[..], &["--json"]].concat()).spawn().unwrap();
    wait_until("the first round is over", || stage.requests() >= 4);
    stage.server.lastfm().happen(&Happening::Hide);
    // Rounds go on, but rj rests until tomorrow.
    std::thread::sleep(Duration::from_secs(5));
    let ended = stop(child);
    let lines = ended.json();
    let count = |event: &str| lines.iter().filter(|line| line["event"] == event).count();
    assert_eq!(lines[0]["event"], "service_started");
    assert_eq!(lines.last().unwrap()["event"], "service_stopped");
    assert_eq!(count("error"), 1);
    assert_eq!(count("daily"), 1);
    assert!(count("round_started") >= 3, "{lines:?}");
    assert_eq!(count("round_started"), count("round_finished"));
    let first = lines.iter().find(|line| line["event"] == "round_finished").unwrap();
    assert_eq!((&first["up_to_date"], &first["added"]), (&1.into(), &500.into()));
    let last = lines.iter().rfind(|line| line["event"] == "round_started").unwrap();
    assert_eq!(last["users"], serde_json::json!([]));
}

#[test]
fn a_key_that_is_not_accepted_ends_it() {
    let mut scenario = Scenario::still(100);
    scenario.service.api_key = Some("another".to_owned());
    let stage = Stage::new(&scenario);
    let ended = stage.run(&["sync", "rj", "alice", "--every", "1s"]).with(5);
    assert_eq!(lines_with(&ended.err, "does not accept this API key (error 10)"), 1, "{ended:?}");
    ended.says("set LASTFM_API_KEY");
}

#[test]
fn a_user_who_is_added_by_another_process_takes_part() {
    let others = {
        let mut scenario = Scenario::still(100);
        "alice".clone_into(&mut scenario.user);
        // An account that was made in the same second could be the other one, renamed.
        scenario.history.years = 9.0;
        Stage::new(&scenario)
    };
    others.run(&["sync", "alice"]).ok();
    let stage = Stage::still(400);
    std::fs::copy(others.path("scrobbles.db"), stage.path("scrobbles.db")).unwrap();
    // Nobody is named, and at first nobody but alice is there.
    let child = stage.command(&["sync", "--every", "1s"]).spawn().unwrap();
    stage.wait_for_requests(1);
    stage.run(&["sync", "rj"]).ok();
    let now = stage.server.lastfm().now();
    stage.server.lastfm().insert(now.plus(-30), "Low", "Words", None);
    wait_until("the play is archived", || stage.archive().len() == 401);
    stop(child);
}

#[test]
fn it_does_not_go_on_with_a_file_that_was_moved() {
    let stage = Stage::still(300);
    let child = stage.command(&EVERY_SECOND).spawn().unwrap();
    wait_until("an idle round", || stage.requests() >= 4);
    std::fs::rename(stage.path("scrobbles.db"), stage.path("old.db")).unwrap();
    end(child).with(1).says("scrobbles.db was moved, replaced or deleted");
    assert!(!stage.path("scrobbles.db").exists());
}

#[test]
fn a_period_that_asks_too_often_is_refused() {
    let stage = Stage::still(10);
    for period in ["0s", "0.5s", "soon"] {
        stage.run(&["sync", "rj", "--every", period]).with(1);
    }
    stage.run(&["sync", "rj", "--every", "1h", "--year", "2024"]).with(1);
    let mut command = stage.command(&["sync", "rj", "--every", "30s", "--rate", "1"]);
    command.env_remove("LASTFM_API_URL");
    end(command.spawn().unwrap()).with(1).says("every minute is as often");
    stage.run(&["sync", "--every", "1h"]).with(5).says("Nobody is archived");
}
