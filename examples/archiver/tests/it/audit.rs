//! `audit` and `years`.

use lastfm_core::Timestamp;
use lastfm_core::archive::Span;
use lastfm_core::testing::{Happening, Scenario};

use crate::stage::{Stage, end};

const DAY: i64 = 24 * 60 * 60;

#[test]
pub(crate) fn an_archive_that_agrees_is_said_to() {
    let stage = Stage::still(1500);
    stage.run(&["sync", "rj"]).ok();
    stage.run(&["audit"]).ok().says("✓ rj: 1,500 plays agree with Last.fm");
    let before = stage.requests();
    stage.run(&["audit", "rj", "--deep"]).ok().says("✓ rj: 1,500 plays agree with Last.fm");
    assert!(stage.requests() - before >= 2, "all of it was read again");
    stage.run(&["audit", "nobody"]).with(5).says("Last.fm knows no user nobody");
}

#[test]
pub(crate) fn what_was_edited_long_ago_is_found_by_reading_again() {
    let stage = Stage::still(1500);
    stage.run(&["sync", "rj"]).ok();
    stage.server.lastfm().happen(&Happening::Edit { plays: 3 });
    let ended = stage.run(&["audit", "rj", "--deep"]).ok();
    ended.says(" changed");
    stage.assert_complete();
}

#[test]
pub(crate) fn many_removals_wait_for_a_person() {
    let stage = Stage::still(3000);
    stage.run(&["sync", "rj"]).ok();
    let year = Span::year(2019).unwrap();
    // Away from the turns of the year, so that all of it is found in one span.
    let (from, to) = (year.start.plus(40 * DAY), year.end.plus(-40 * DAY));
    let gone = stage.server.lastfm().delete_where(|play| from <= play.at && play.at < to);
    assert!(gone > 50, "{gone}");
    let ended = stage.run(&["audit", "rj"]).ok();
    let ended = ended.says(&format!("{gone} plays in doubt")).says("audit rj --accept-removals");
    assert!(!ended.out.contains("repaired"), "{}", ended.out);
    assert_eq!(stage.archive().len(), 3000);
    stage.run(&["status"]).ok().says(&format!("{gone} plays")).says("--accept-removals");
    let line =
        stage.run(&["audit", "rj", "--accept-removals", "--json"]).ok().json().pop().unwrap();
    assert_eq!(line["event"], "audited");
    assert_eq!((&line["removed"], &line["in_doubt"]), (&gone.into(), &0.into()));
    assert_eq!(line["repaired"][0]["removed"], gone);
    stage.assert_complete();
}

#[test]
pub(crate) fn the_years_of_a_history_are_told_whether_archived_or_not() {
    let mut scenario = Scenario::still(4000);
    scenario.history.at_second_zero = 5;
    let stage = Stage::new(&scenario);
    let gap = Span::year(2018).unwrap();
    stage.server.lastfm().delete_where(|play| gap.contains(play.at));
    let total = stage.truth().len();
    let lines = stage.run(&["years", "rj", "--json"]).ok().json();
    for line in &lines {
        let (from, to) = (line["from"].as_i64().unwrap_or(i64::MIN), line["to"].as_i64().unwrap());
        let span = Span::new(Timestamp::from_unix(from), Timestamp::from_unix(to));
        let plays = stage.truth().iter().filter(|play| span.contains(play.at)).count();
        assert_eq!(line["counted"], plays, "{line}");
        assert_eq!((&line["held"], &line["covered"]), (&0.into(), &false.into()));
    }
    assert_eq!(lines[0]["year"], serde_json::Value::Null);
    assert_eq!(lines[0]["counted"], 5);
    let thousands = format!("{},{:03} plays", total / 1000, total % 1000);
    stage
        .run(&["years", "rj"])
        .ok()
        .says(&format!("rj: {thousands}, none here · no plays in 2018"))
        .says("gap year");

    stage.run(&["sync", "rj", "--year", "2019"]).ok();
    stage.run(&["sync", "rj", "--from", "2021-03", "--to", "2021-10"]).ok();
    stage.run(&["years", "rj"]).ok().says("here, missing 1 Jan – 28 Feb, 1 Nov – 31 Dec");
    // What is here can be told without a key.
    let mut command = stage.command(&["years", "rj"]);
    command.env_remove("LASTFM_API_KEY");
    end(command.spawn().unwrap()).ok().says("Last.fm was not asked").says("complete");
    let mut command = stage.command(&["years", "alice"]);
    command.env_remove("LASTFM_API_KEY");
    end(command.spawn().unwrap()).with(5).says("there is no API key");
    stage.run(&["years", "nobody"]).with(5).says("knows no user nobody");
}
