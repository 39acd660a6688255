//! `play`, `album`: what is scrobbled, and what is left out.

use crate::stage::{Stage, end, send};

#[test]
fn a_play_is_accepted_and_not_scrobbled_twice() {
    let stage = Stage::new();
    let play = ["play", "Low", "Words", "--album", "Trust", "--length", "5:45"];
    let at = |time| [&play[..], &["--at", time]].concat();
    stage.run(&at("10min ago")).ok().says("✓ accepted 1   ✎ corrected 0   ✗ refused 0");
    assert_eq!(stage.scrobbled(), ["Words"]);
    stage.run(&at("11min ago")).ok().says("was scrobbled 10 min ago already: Words · left out");
    assert_eq!(stage.scrobbled(), ["Words"]);
    let again = [&at("11min ago")[..], &["--again"]].concat();
    stage.run(&again).ok().says("accepted 1");
    assert_eq!(stage.scrobbled().len(), 2);
}

#[test]
fn what_is_refused_beforehand_is_told_and_not_queued() {
    let stage = Stage::new();
    let ended = stage.run(&["play", "Unknown Artist", "Track 01", "--at", "10min ago"]).with(3);
    ended.says("left out: the artist's name stands for no artist").says("✗ refused 1");
    let ended = stage.run(&["play", "Low", "Words", "--at", "2020-03-01 20:14"]).with(3);
    ended.says("it was played more than 14 days ago").says("1 Mar 2020 20:14  Low – Words");
    assert_eq!(stage.queue().pop().unwrap()["refusal"], "too_old");
    for short in ["0:20", "0:30"] {
        let ended = stage.run(&["play", "Low", "Words", "--length", short, "--at", "now"]).with(3);
        ended.says("the track is not longer than 30 seconds");
    }
    assert!(stage.queue().len() == 1 && stage.scrobbled().is_empty());
}

#[test]
fn what_seems_too_old_is_queued_as_long_as_nobody_knows_the_time() {
    let stage = Stage::new();
    stage.run(&["play", "Low", "Canada", "--at", "30min ago"]).ok();
    // Nobody asks Last.fm for the time.
    stage.run(&["queue", "pause", "--all"]).ok();
    let play = ["play", "Low", "Words", "--at", "2020-03-01 20:14", "--patience", "0s"];
    stage.run(&play).with(4).says("will be refused, by this machine's clock").says("… waiting 1");
    assert_eq!(stage.queue()[1]["state"], "ready");
    stage.run(&["queue", "resume", "--all"]).ok();
    stage.run(&["queue", "send"]).with(3).says("✗ refused 1");
    assert_eq!(stage.scrobbled(), ["Canada"]);
}

#[test]
fn what_the_service_ignores_is_kept_as_refused() {
    let stage = Stage::with(|scenario| scenario.service.filtered_tracks = vec!["Words".to_owned()]);
    stage.run(&["play", "Low", "Words", "--at", "10min ago"]).with(3).says("✗ refused 1");
    let ended = stage.run(&["queue", "list"]).with(3);
    ended.says("1 refused").says("Low – Words: Last.fm ignores it").says("queue cancel 1");
    assert_eq!(stage.queue()[0]["refusal"], "ignored:2");
}

#[test]
fn a_play_of_now_is_shown_and_scrobbled_when_enough_was_heard() {
    let stage = Stage::new();
    stage.run(&["play", "Low", "Words", "--now"]).ok().says("♪ Low – Words is shown as playing");
    assert_eq!(
        stage.run(&["play", "Low", "Words", "--now", "--json"]).ok().json()[0]["event"],
        "now_playing"
    );
    // Half of 32 seconds.
    let ended = stage.run(&["play", "Low", "Canada", "--length", "0:32"]).ok();
    ended.says("♪ Low – Canada").says("accepted 1");
    assert_eq!(stage.scrobbled(), ["Canada"]);
    let child = stage.command(&["play", "Low", "Words", "--length", "3:00"]).spawn().unwrap();
    stage.wait_for("track.updateNowPlaying", 4);
    send(&child, "-INT");
    end(child).with(1).says("was not heard for long enough").says("Nothing was queued");
    assert_eq!(stage.scrobbled(), ["Canada"]);
}

#[test]
fn a_play_to_come_waits_in_the_queue() {
    let stage = Stage::new();
    let ended = stage.run(&["play", "Low", "Words", "--length", "4:00", "--at", "now"]).with(4);
    ended.says("… waiting 1").says("from ");
    stage.run(&["queue", "list"]).with(4).says("1 for later").says("· sent at ");
}

#[test]
fn an_album_is_scrobbled_track_by_track() {
    let stage = Stage::new();
    let (artist, album) = stage.album();
    let said = ["album", &artist, &album, "--ending", "30min ago"];
    let dry =
        stage.run(&[&said[..], &["--dry-run"]].concat()).ok().says("would be queued; nothing was");
    let planned = dry.out.lines().filter(|line| line.contains(" – ")).count();
    assert!(planned > 1 && stage.scrobbled().is_empty() && stage.queue().is_empty(), "{dry:?}");
    stage.run(&said).ok().says(&format!("✓ accepted {planned}")).says(" tracks, ").says(" from ");
    assert_eq!(stage.scrobbled().len(), planned);
    // Some minutes apart it is the same record.
    stage.run(&["album", &artist, &album, "--ending", "28min ago"]).ok().says("already");
    assert_eq!(stage.scrobbled().len(), planned);
    let ended = stage.run(&["album", "Low", "No Such Album"]).with(3);
    ended.says("Last.fm knows no tracks of Low – No Such Album").says("collection FILE");
}

#[test]
fn a_demo_needs_no_key_and_leaves_nothing() {
    let stage = Stage::new();
    let mut command = stage.command(&["--demo", "play", "Low", "Words", "--at", "5min ago"]);
    command.env_remove("LASTFM_API_KEY").env_remove("LASTFM_API_URL");
    end(command.spawn().unwrap()).ok().says("accepted 1");
    assert_eq!(std::fs::read_dir(stage.folder.path()).unwrap().count(), 0);
    let ended = stage.run(&["--demo", "album", "Nobody", "Nothing"]).with(3);
    let command = ended.err.lines().find(|line| line.contains("--demo album")).unwrap();
    let names: Vec<_> = command.split('"').collect();
    stage.run(&["--demo", "album", names[1], names[3]]).ok().says("✓ accepted");
}
