//! `removed` and `forget`.

use lastfm_core::testing::Happening;

use crate::stage::{Stage, end};

#[test]
pub(crate) fn what_was_removed_on_the_service_is_listed() {
    let stage = Stage::still(300);
    stage.run(&["sync", "rj"]).ok();
    stage.run(&["removed", "rj"]).ok().says("no play was removed");
    stage.server.lastfm().happen(&Happening::DeleteNewest { plays: 3 });
    stage.server.lastfm().happen(&Happening::Edit { plays: 1 });
    for _ in 0..2 {
        stage.run(&["sync", "rj", "--from", "1990"]).ok();
    }
    let ended = stage.run(&["removed", "rj"]).ok().says("removed, noticed ");
    ended.says("edited, noticed ").says(", now ");
    let lines = stage.run(&["removed", "rj", "--json"]).ok().json();
    assert_eq!(lines.len(), 4);
    assert!(lines.iter().all(|line| line["event"] == "removed_play" && line["artist"].is_string()));
    let edited: Vec<_> = lines.iter().filter(|line| line["edited"] == true).collect();
    assert_eq!(edited.len(), 1);
    assert!(edited[0]["now"]["track"].is_string());
    assert!(lines.iter().is_sorted_by_key(|line| line["played_at"].as_i64()));
    stage.run(&["removed", "rj", "--year", "1990"]).ok().says("no play of 1990 was removed");
}

#[test]
pub(crate) fn a_user_is_forgotten_only_when_a_person_says_so() {
    let stage = Stage::still(300);
    stage.run(&["sync", "rj"]).ok();
    stage.run(&["forget", "rj"]).with(5).says("300 plays").says("forget rj --yes");
    assert_eq!(stage.archive().len(), 300);
    let ended = stage.run(&["forget", "RJ", "--yes"]).ok().says("forgotten · 300 plays");
    // A database gives the room to whatever comes next, without a person.
    assert_eq!(ended.out.contains("VACUUM"), !stage.is_in_a_database(), "{}", ended.out);
    stage.run(&["export", "rj", "--format", "jsonl"]).with(5).says("nothing of rj is archived");
    stage.run(&["sync", "rj"]).ok().says("complete · 300 plays");
    let lines = stage.run(&["forget", "rj", "--yes", "--json"]).ok().json();
    assert_eq!((&lines[0]["event"], &lines[0]["held"]), (&"forgotten".into(), &300.into()));
}

#[test]
pub(crate) fn a_user_whom_another_process_archives_is_not_forgotten() {
    let stage = Stage::still(3000);
    let slowly = ["sync", "rj", "--page-size", "50", "--rate", "40"];
    let first = stage.command(&slowly).spawn().unwrap();
    stage.wait_for_requests(10);
    stage.run(&["forget", "rj", "--yes"]).with(4).says("is at work on rj");
    end(first).ok();
    stage.assert_complete();
}

#[test]
fn a_period_that_ends_before_it_begins_or_has_not_begun_is_refused() {
    let stage = Stage::still(50);
    stage.run(&["sync", "rj"]).ok();
    for command in [["removed", "rj"], ["sync", "rj"]] {
        let arguments = [&command[..], &["--from", "2020", "--to", "2010"]].concat();
        stage.run(&arguments).with(1).says("--from is later than --to");
    }
    let before = stage.requests();
    stage.run(&["sync", "rj", "--year", "2999"]).with(1).says("nothing of that has happened yet");
    assert_eq!(stage.requests(), before);
}
