//! `status`.

use std::time::Duration;

use crate::stage::Stage;

#[test]
pub(crate) fn an_archive_that_is_too_old_is_no_success() {
    let stage = Stage::still(800);
    stage.run(&["sync", "rj"]).ok();
    stage.run(&["status"]).ok().says("rj").says("800 plays").says("complete, checked just now");
    stage.run(&["status", "rj", "--max-age", "2h"]).ok();
    std::thread::sleep(Duration::from_secs(3));
    stage.run(&["status", "--max-age", "1s"]).with(4).says("the last success for rj is");
    let ended = stage.run(&["status", "--max-age", "1s", "--quiet"]).with(4);
    assert_eq!(ended.out, "");
    let line = stage.run(&["status", "--max-age", "1s", "--json"]).with(4).json().remove(0);
    assert_eq!((&line["too_old"], &line["exit_code"]), (&true.into(), &4.into()));
}

#[test]
pub(crate) fn what_is_missing_is_said_in_dates() {
    let stage = Stage::still(5000);
    for year in ["2020", "2023"] {
        stage.run(&["sync", "rj", "--year", year]).ok();
    }
    stage
        .run(&["status"])
        .ok()
        .says("incomplete, never checked to the end")
        .says("covered: 2020, 2023")
        .says("missing: before 1 Jan 2020, 2021 – 2022 (about ");
    // One year says nothing about when everything was last looked at.
    stage.run(&["status", "--max-age", "1d"]).with(4).says("no run for rj has come to its end yet");
}

#[test]
fn what_the_rest_will_cost_is_known_after_a_part() {
    let stage = Stage::still(20_000);
    stage.run(&["sync", "rj", "--year", "2023"]).ok();
    let status = stage.run(&["status", "rj", "--json"]).ok().json().remove(0);
    let told = status["missing_requests"].as_u64().unwrap();
    let before = stage.requests();
    stage.run(&["sync", "rj"]).ok();
    let made = (stage.requests() - before) as u64;
    // Nobody plays equally much in all years.
    assert!(made > 12 && told > made / 2 && told < made * 2, "{told} were told, {made} were made");
    let status = stage.run(&["status", "rj", "--json"]).ok().json().remove(0);
    assert_eq!((&status["missing_requests"], &status["missing_seconds"]), (&0.into(), &0.into()));
}

#[test]
pub(crate) fn removed_plays_are_counted_and_kept() {
    let stage = Stage::still(400);
    stage.run(&["sync", "rj"]).ok();
    let victim = stage.truth()[390].clone();
    let gone = stage
        .server
        .lastfm()
        .delete_where(|play| play.at == victim.at && play.track == victim.track);
    assert!(gone > 0);
    stage.run(&["sync", "rj"]).ok().says("removed on Last.fm, kept here");
    stage.run(&["status"]).ok().says("removed on Last.fm since they were archived, kept here");
    stage.assert_complete();
}
