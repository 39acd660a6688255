//! `sync` when all is well.

use lastfm_core::Timestamp;
use lastfm_core::testing::Happening;

use crate::stage::{KEY, Stage};

#[test]
pub(crate) fn the_first_run_archives_everything_and_the_second_what_is_new() {
    let stage = Stage::still(4200);
    stage.run(&["sync", "RJ"]).ok().says("✓ rj: complete · 4,200 plays").says(&stage.place());
    stage.assert_complete();
    let first = stage.requests();
    assert!(first <= 4200_usize.div_ceil(997) + 3, "{first} requests");

    stage.run(&["sync"]).ok().says("up to date · 4,200 plays (nothing new)");
    assert_eq!(stage.requests() - first, 1, "an idle run costs one request");

    let now = stage.server.lastfm().now();
    stage.server.lastfm().insert(now.plus(-30), "Kraftwerk", "Spacelab", None);
    stage.run(&["sync", "rj"]).ok().says("4,201 plays (1 new)");
    assert_eq!(stage.requests() - first, 2);
    stage.assert_complete();
    stage.assert_no_secret_on_disk();
}

#[test]
pub(crate) fn one_year_is_archived_alone() {
    let stage = Stage::still(6000);
    let [first, next] = [2024, 2025].map(|year| Timestamp::start_of_year(year).unwrap());
    let of_2024 = stage.truth().iter().filter(|play| first <= play.at && play.at < next).count();
    assert!(of_2024 > 0);
    stage.run(&["sync", "rj", "--year", "2024"]).ok().says("✓ rj: 2024 is complete");
    let archive = stage.archive();
    assert_eq!(archive.len(), of_2024);
    let status = stage.run(&["status", "--json"]).ok().json().remove(0);
    assert_eq!(status["covered"][0]["from"], first.as_unix());
    assert_eq!(status["covered"][0]["to"], next.as_unix());
    // The same in other words, and read again.
    stage
        .run(&["sync", "rj", "--from", "2024-01", "--to", "2024-12-31"])
        .ok()
        .says("2024 is complete")
        .says("nothing new");
    stage.run(&["sync", "rj", "--from", "2025", "--to", "2024"]).with(1).says("later than --to");
    stage.run(&["sync", "rj"]).ok();
    stage.assert_complete();
}

#[test]
pub(crate) fn machines_get_one_object_a_line_and_the_last_one_is_the_summary() {
    let stage = Stage::still(2500);
    let lines = stage.run(&["sync", "rj", "--json"]).ok().json();
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert!(events.contains(&"started") && events.contains(&"archived"), "{events:?}");
    let summary = lines.last().unwrap();
    assert_eq!(summary["event"], "summary");
    for (name, value) in [("held", 2500), ("added", 2500), ("removed", 0), ("exit_code", 0)] {
        assert_eq!(summary[name], value, "{name}");
    }
    assert_eq!(summary["complete"], true);
    assert_eq!(summary["refused"], serde_json::json!([]));
}

#[test]
pub(crate) fn quiet_is_quiet() {
    let stage = Stage::still(500);
    let ended = stage.run(&["sync", "rj", "--quiet"]).ok();
    assert_eq!((ended.out.as_str(), ended.err.as_str()), ("", ""));
}

#[test]
fn a_log_gets_one_line() {
    let stage = Stage::still(1500);
    let ended = stage.run(&["sync", "rj"]).ok();
    assert_eq!(ended.out.lines().count(), 1, "{}", ended.out);
    assert_eq!(ended.err, "");
}

#[test]
fn the_archive_of_a_user_who_was_renamed_goes_on() {
    let stage = Stage::still(300);
    stage.run(&["sync", "rj"]).ok();
    stage.server.lastfm().happen(&Happening::Rename { to: "rj2".to_owned() });
    let ended = stage.run(&["years", "rj", "--db", "./scrobbles.db"]).with(5);
    ended.says("If rj was renamed: archiver sync NEW-NAME --db ./scrobbles.db");
    let ended = stage.run(&["sync", "rj2"]).ok().says("rj is now rj2: the archive goes on");
    ended.says("✓ rj2: up to date · 300 plays");
    let ended = stage.run(&["sync", "rj2"]).ok();
    assert_eq!(ended.err, "", "it is told once");
}

#[test]
fn settings_come_from_a_file_too() {
    let stage = Stage::still(300);
    let env = format!(
        "# a comment\nLASTFM_API_KEY={KEY}\nexport LASTFM_API_URL=\"{}\"\nSCROBBLES_DB=other.db\n",
        stage.server.url()
    );
    std::fs::write(stage.path(".env"), env).unwrap();
    let mut command = stage.command(&["sync", "rj", "--rate", "100"]);
    // What is blank is not set.
    command.env("LASTFM_API_KEY", "").env_remove("LASTFM_API_URL");
    crate::stage::end(command.spawn().unwrap()).ok().says("in other.db");
    assert!(stage.path("other.db").exists() && !stage.path("scrobbles.db").exists());
}

#[test]
fn a_smaller_page_gives_the_same_archive() {
    let stage = Stage::still(1200);
    stage.run(&["sync", "rj", "--page-size", "50"]).ok();
    stage.assert_complete();
    let log = stage.server.lastfm().log().to_vec();
    assert!(log.iter().all(|entry| entry.plays <= 50));
    stage.run(&["sync", "rj", "--page-size", "1001"]).with(1).says("1001");
}
