//! Runs that do not come to their end, and the ones after them.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};

use crate::stage::{Stage, end, send};

/// Pages of 50 at 40 a second: time enough to be interrupted.
const SLOWLY: [&str; 6] = ["sync", "rj", "--page-size", "50", "--rate", "40"];

#[test]
pub(crate) fn ctrl_c_finishes_the_page_and_the_same_command_goes_on() {
    let stage = Stage::still(6000);
    for (signal, requests) in [("-INT", 30), ("-TERM", 60)] {
        let child = stage.command(&SLOWLY).spawn().unwrap();
        stage.wait_for_requests(requests);
        send(&child, signal);
        let ended = end(child).with(4).says("■ stopped at ").says("plays are safe");
        ended.says("The same command goes on from there.");
    }
    let held = stage.archive().len();
    assert!(held > 2000, "{held} plays");
    stage.run(&SLOWLY).ok().says("6,000 plays");
    stage.assert_complete();
    let requests = stage.requests();
    assert!(requests < 6000 / 47 + 20, "{requests} requests");
}

#[test]
pub(crate) fn a_killed_run_loses_nothing_and_is_not_waited_for() {
    let stage = Stage::still(6000);
    let mut child = stage.command(&SLOWLY).spawn().unwrap();
    stage.wait_for_requests(70);
    child.kill().unwrap();
    child.wait().unwrap();
    let held = stage.archive().len();
    assert!(held > 0, "nothing was written down after 70 pages");
    let before = stage.requests();
    let ended = stage.run(&["sync", "rj"]).ok();
    assert!(!ended.err.contains("waiting"), "{}", ended.err);
    stage.assert_complete();
    let pages = (6000 - held).div_ceil(997) + 4;
    assert!(stage.requests() - before <= pages, "what was archived was fetched again");
}

#[test]
pub(crate) fn one_that_hangs_is_waited_for_until_it_is_killed() {
    let stage = Stage::still(3000);
    let mut hanging = stage.command(&SLOWLY).spawn().unwrap();
    stage.wait_for_requests(5);
    send(&hanging, "-STOP");
    let mut waiting = stage.command(&["sync", "rj", "--json"]).spawn().unwrap();
    let mut said = BufReader::new(waiting.stdout.take().unwrap()).lines();
    assert!(said.next().unwrap().unwrap().contains("waiting"));
    hanging.kill().unwrap();
    hanging.wait().unwrap();
    let last = said.last().unwrap().unwrap();
    assert!(last.contains("summary"), "{last}");
    end(waiting).ok();
    stage.assert_complete();
}

#[test]
fn a_stop_before_the_first_answer_changes_nothing() {
    let stage = Stage::still(10);
    stage.server.lastfm().fail_next(lastfm_core::testing::Fault::UserNotFound);
    let child = stage.command(&["sync", "rj", "--json"]).spawn().unwrap();
    stage.wait_for_requests(1);
    send(&child, "-INT");
    let ended = end(child).with(4);
    let last = ended.json().pop().unwrap();
    assert_eq!(last["exit_code"], 4, "{last}");
}
