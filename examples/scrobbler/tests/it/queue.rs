//! `queue`: looked at and changed, one play at a time.

use crate::stage::Stage;

#[test]
fn looking_at_nothing_makes_no_file() {
    let stage = Stage::new();
    stage.run(&["queue", "list"]).ok().says("nothing is queued");
    stage.run(&["queue", "history", "--json"]).ok();
    assert_eq!(std::fs::read_dir(stage.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_play_is_paused_resumed_dropped_and_brought_back() {
    let stage = Stage::new();
    stage.go_offline();
    for (track, at) in [("Words", "30min ago"), ("Canada", "20min ago")] {
        stage.run(&["play", "Low", track, "--at", at, "--patience", "0s"]).with(4);
    }
    let states = || -> Vec<String> {
        stage.queue().iter().map(|play| play["state"].as_str().unwrap().to_owned()).collect()
    };
    stage.run(&["queue", "pause", "1", "--dry-run"]).ok().says("1 play would be paused");
    assert_eq!(states(), ["ready", "ready"]);
    stage.run(&["queue", "pause", "1"]).ok().says("1 play paused");
    stage.run(&["queue", "cancel", "2"]).ok().says("1 play dropped");
    assert_eq!(states(), ["paused", "cancelled"]);
    stage.run(&["queue", "resume", "1"]).ok().says("1 play resumed");
    let dry = stage.run(&["queue", "retry", "2", "--dry-run"]).ok();
    dry.says("1 play would be queued again; nothing was");
    stage.run(&["queue", "retry", "2"]).ok().says("1 play queued again");
    assert_eq!(states(), ["ready", "ready"]);
    stage.run(&["queue", "cancel", "--all"]).ok().says("2 plays dropped");
    let changed = stage.run(&["queue", "cancel", "--all", "--json"]).ok().json();
    assert_eq!((&changed[0]["event"], &changed[0]["plays"]), (&"changed".into(), &0.into()));
    stage.run(&["queue", "cancel", "99"]).with(1).says("there is no play 99 in this queue");
    stage.run(&["queue", "cancel", "--job", "9"]).with(1).says("there is no job 9");
    stage.run(&["queue", "cancel"]).with(1);
    stage.go_online();
    stage.run(&["queue", "send", "--try-now"]).ok();
    assert!(stage.scrobbled().is_empty());
    let of_one = stage.run(&["queue", "history", "2", "--json"]).ok().json();
    let states: Vec<_> = of_one.iter().map(|step| step["state"].as_str().unwrap()).collect();
    assert_eq!(states.last(), Some(&"cancelled"));
    assert!(of_one.iter().all(|step| step["play"] == 2), "{of_one:?}");
}

#[test]
fn a_machine_is_told_where_all_plays_stand() {
    let stage = Stage::new();
    stage.run(&["play", "Low", "Words", "--at", "30min ago", "--quiet"]).ok();
    let ended = stage.run(&["play", "Low", "Canada", "--at", "20min ago", "--json"]).ok();
    let events: Vec<_> = ended.json().iter().map(|line| line["event"].clone()).collect();
    assert_eq!(events.first(), Some(&"queued".into()));
    assert_eq!(events.last(), Some(&"summary".into()));
    let lines = stage.run(&["queue", "list", "--all", "--json"]).ok().json();
    let last = lines.last().unwrap();
    assert_eq!((&last["event"], &last["accepted"]), (&"queue".into(), &2.into()));
}

#[test]
fn what_is_done_is_forgotten_and_what_waits_is_not() {
    let stage = Stage::new();
    stage.run(&["play", "Low", "Words", "--at", "30min ago"]).ok();
    stage.run(&["queue", "pause", "--all"]).ok();
    stage.run(&["play", "Low", "Canada", "--at", "20min ago", "--patience", "0s"]).with(4);
    stage.run(&["queue", "forget"]).with(1);
    stage.run(&["queue", "forget", "--older", "1d"]).ok().says("0 plays forgotten");
    let said = ["queue", "forget", "--before", "2100-01-01 00:00"];
    let dry = stage.run(&[&said[..], &["--dry-run"]].concat()).ok();
    dry.says("1 play would be forgotten; nothing was");
    stage.run(&said).with(5).says("nobody can be asked here");
    assert_eq!(stage.queue().len(), 2);
    stage.run(&[&said[..], &["--yes"]].concat()).ok().says("1 play forgotten");
    let left = stage.queue();
    assert_eq!((left.len(), &left[0]["track"]), (1, &"Canada".into()));
}

#[test]
fn a_history_follows_the_clocks_of_the_person() {
    let stage = Stage::new();
    stage.run(&["play", "Low", "Words", "--at", "30min ago"]).ok();
    let at = stage.run(&["queue", "history", "--json"]).ok().json()[0]["at"].as_i64().unwrap();
    let clock = |ahead: i64| {
        let of_day = (at + ahead).rem_euclid(86_400);
        format!("{:02}:{:02}:{:02} ", of_day / 3600, of_day / 60 % 60, of_day % 60)
    };
    for (zone, ahead) in [("UTC", 0), ("+05:30", 19_800)] {
        let history = stage.run(&["queue", "history", "--zone", zone]).ok();
        assert!(history.out.lines().next().unwrap().contains(&clock(ahead)), "{}", history.out);
    }
}
