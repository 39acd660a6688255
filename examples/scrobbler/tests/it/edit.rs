//! `queue edit`: other names for what was refused or waits.

use serde_json::Value;

use crate::stage::Stage;

/// Of all plays: number, track, state and moment.
fn plays(stage: &Stage) -> Vec<(i64, String, String, i64)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let number = |value: &Value| value.as_i64().unwrap();
    let play = |play: &Value| {
        (
            number(&play["id"]),
            text(&play["track"]),
            text(&play["state"]),
            number(&play["played_at"]),
        )
    };
    stage.queue().iter().map(play).collect()
}

#[test]
fn a_refused_play_is_sent_under_another_name_for_the_same_moment() {
    let stage = Stage::with(|scenario| scenario.service.filtered_tracks = vec!["Wrods".to_owned()]);
    stage.run(&["play", "Low", "Wrods", "--at", "30min ago"]).with(3);
    stage.run(&["queue", "list"]).with(3).says("renamed: … edit 1");
    stage.run(&["queue", "edit", "1"]).with(1).says("required").says("--artist");
    let edit = ["queue", "edit", "1", "--track", "Words"];
    let dry = stage.run(&[&edit[..], &["--dry-run"]].concat()).ok();
    dry.says("would become Low – Words; nothing was changed");
    stage.run(&["queue", "edit", "1", "--track", " "]).with(3).says("the track has no name");
    stage.run(&["queue", "edit", "1", "--artist", "Low"]).with(1).says("like that already");
    assert_eq!(plays(&stage).len(), 1);
    stage.run(&edit).ok().says("Low – Wrods is now 2").says("queue send");
    stage.run(&["queue", "send"]).ok().says("✓ accepted 1");
    assert_eq!(stage.scrobbled(), ["Words"]);
    let at = plays(&stage)[0].3;
    let stand = |id, track: &str, state: &str| (id, track.to_owned(), state.to_owned(), at);
    assert_eq!(plays(&stage), [stand(1, "Wrods", "cancelled"), stand(2, "Words", "accepted")]);
    // Said again, it is the same play.
    stage.run(&edit).ok().says("accepted");
    assert_eq!(plays(&stage).len(), 2);
    stage.run(&["queue", "edit", "2", "--track", "Canada"]).with(3).says("Last.fm has it");
    stage.run(&["queue", "edit", "9", "--track", "Canada"]).with(1).says("no play 9");
}

#[test]
fn what_waits_is_edited_where_it_stands() {
    let stage = Stage::new();
    stage.go_offline();
    for (track, at) in [("Words", "30min ago"), ("Canada", "20min ago")] {
        stage.run(&["play", "Low", track, "--at", at, "--patience", "0s"]).with(4);
    }
    stage.run(&["queue", "pause", "2"]).ok();
    // To the queue it is the same play.
    stage.run(&["queue", "edit", "1", "--album", "Trust"]).ok().says("· waiting");
    let lines = stage.run(&["queue", "edit", "2", "--track", "Candy Girl", "--json"]).ok().json();
    assert_eq!((&lines[0]["id"], &lines[0]["state"]), (&4.into(), &"paused".into()));
    assert_eq!((&lines[1]["event"], &lines[1]["plays"]), (&"changed".into(), &1.into()));
    let states: Vec<_> = plays(&stage).into_iter().map(|(.., state, _)| state).collect();
    assert_eq!(states, ["cancelled", "cancelled", "ready", "paused"]);
    assert_eq!(stage.queue()[2]["album"], "Trust");
    stage.go_online();
    stage.run(&["queue", "send", "--try-now"]).with(4).says("✓ accepted 1");
    assert_eq!(stage.scrobbled(), ["Words"]);
}

#[test]
fn a_play_that_was_refused_for_its_time_is_not_edited() {
    let stage = Stage::new();
    stage.run(&["play", "Low", "Words", "--at", "2020-03-01 20:14"]).with(3);
    let ended = stage.run(&["queue", "edit", "1", "--track", "Canada"]).with(3);
    ended.says("refused for its time").says("Nothing was changed");
    assert_eq!(plays(&stage).len(), 1);
}
