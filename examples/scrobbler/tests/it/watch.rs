//! `watch`: a player on standard input.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Stdio};

use crate::stage::{Ended, Stage, end, send};

/// A player, and the program that listens to it.
pub(crate) struct Player {
    pub(crate) child: Child,
}

impl Player {
    pub(crate) fn new(stage: &Stage, arguments: &[&str]) -> Self {
        let mut command = stage.command(&[&["watch"], arguments].concat());
        Self { child: command.stdin(Stdio::piped()).spawn().unwrap() }
    }

    pub(crate) fn say(&mut self, line: impl AsRef<[u8]>) {
        let stdin = self.child.stdin.as_mut().unwrap();
        // A program that was killed hears nothing.
        let _ = stdin.write_all(&[line.as_ref(), b"\n"].concat());
    }

    /// A play that the player has counted itself.
    pub(crate) fn played(&mut self, track: &str, at: i64) {
        self.say(format!(
            r#"{{"event":"played","artist":"Low","track":"{track}","played_at":{at}}}"#
        ));
    }

    fn quit(mut self) -> Ended {
        drop(self.child.stdin.take());
        end(self.child)
    }
}

#[test]
fn what_a_player_counted_is_scrobbled_and_what_is_no_event_is_told() {
    let stage = Stage::new();
    let mut player = Player::new(&stage, &[]);
    player.played("Words", stage.now - 900);
    player.say("nonsense");
    player.played("Canada", stage.now - 600);
    // The same play, told twice.
    player.played("Canada", stage.now - 600);
    let ended = player.quit().ok().says("listening for rj").says("? it is no JSON: nonsense");
    ended.says("✓ accepted 2");
    assert_eq!(stage.scrobbled(), ["Words", "Canada"]);
}

#[test]
fn a_play_that_is_refused_beforehand_is_told_and_counted() {
    let refused = |at: i64| {
        format!(r#"{{"event":"played","artist":"Unknown Artist","track":"Q","played_at":{at}}}"#)
    };
    let stage = Stage::new();
    let mut player = Player::new(&stage, &[]);
    player.say(refused(stage.now - 900));
    player.played("Words", stage.now - 600);
    let ended = player.quit().with(3);
    ended.says("✗ Unknown Artist – Q: the artist's name stands for no artist").says("✗ refused 1");
    assert_eq!(stage.scrobbled(), ["Words"]);
    let mut player = Player::new(&stage, &["--json"]);
    player.say(refused(stage.now - 300));
    let lines = player.quit().with(3).json();
    let settled = lines.iter().find(|line| line["event"] == "settled").unwrap();
    assert_eq!(settled["refusal"], "placeholder_artist");
    assert_eq!(lines.last().unwrap()["refused"], 1);
    let mut player = Player::new(&stage, &["--dry-run"]);
    player.say(refused(stage.now - 100));
    player.quit().with(3).says("✗ Unknown Artist – Q: ");
    assert_eq!(stage.queue().len(), 3);
}

#[test]
fn a_line_that_is_no_text_is_told_and_what_follows_is_heard() {
    let stage = Stage::new();
    let mut player = Player::new(&stage, &[]);
    player.played("Words", stage.now - 900);
    player.say(b"{\"event\":\"playing\",\"artist\":\"Sigur R\xf3s\",\"track\":\"Hopp\"}");
    player.say("x".repeat(1 << 20));
    player.played("Canada", stage.now - 600);
    let ended = player.quit().ok().says("? its text is not UTF-8: ").says("? it is too long: xx");
    ended.says("✓ accepted 2");
    assert_eq!(stage.scrobbled(), ["Words", "Canada"]);
}

#[test]
fn a_track_counts_when_half_of_it_was_heard() {
    let stage = Stage::new();
    let mut player = Player::new(&stage, &["--json"]);
    player.say(r#"{"event":"playing","artist":"Low","track":"Words","length":32}"#);
    stage.wait_for("track.updateNowPlaying", 1);
    player.say(r#"{"event":"playing","artist":"Low","track":"Canada","length":31}"#);
    stage.wait_for("track.scrobble", 1);
    let ended = player.quit().ok();
    let summary = ended.json().pop().unwrap();
    assert_eq!((&summary["event"], &summary["accepted"]), (&"summary".into(), &1.into()));
    assert_eq!(stage.scrobbled(), ["Canada"]);
}

#[test]
fn a_player_that_plays_offline_loses_nothing() {
    let stage = Stage::new();
    stage.go_offline();
    let mut player = Player::new(&stage, &[]);
    player.played("Words", stage.now - 900);
    player.quit().with(4).says("… waiting 1");
    stage.go_online();
    stage.run(&["queue", "send", "--try-now"]).ok();
    assert_eq!(stage.scrobbled(), ["Words"]);
}

#[test]
fn a_login_is_taken_up_also_if_it_was_made_before_the_old_one_was_refused() {
    let stage = Stage::new();
    let mut player = Player::new(&stage, &[]);
    player.played("Words", stage.now - 900);
    stage.wait_for("track.scrobble", 1);
    // The player still has the old session in hand.
    assert!(stage.server.lastfm().revoke("rj"));
    let session = stage.server.lastfm().log_in("rj").unwrap();
    stage.log_in("rj", &session, 1_780_000_000);
    player.played("Canada", stage.now - 600);
    stage.wait_for("track.scrobble", 3);
    player.quit().ok().says("✓ accepted 2");
    assert_eq!(stage.scrobbled(), ["Words", "Canada"]);
}

#[test]
fn a_stop_writes_everything_down_first() {
    for signal in ["-INT", "-TERM"] {
        let stage = Stage::new();
        stage.go_offline();
        let mut player = Player::new(&stage, &["--json"]);
        for minute in 1..=9 {
            player.played("Words", stage.now - minute * 60);
        }
        let mut out = BufReader::new(player.child.stdout.take().unwrap()).lines();
        let mut queued = 0;
        while queued < 9 {
            let line: serde_json::Value =
                serde_json::from_str(&out.next().unwrap().unwrap()).unwrap();
            queued += line["added"].as_u64().unwrap_or(0);
        }
        send(&player.child, signal);
        end(player.child).with(4);
        assert_eq!(stage.queue().len(), 9);
    }
}

#[test]
fn a_dry_run_says_what_would_be_done() {
    let stage = Stage::new();
    let mut player = Player::new(&stage, &["--dry-run"]);
    player.played("Words", stage.now - 900);
    player.quit().ok().says("heard Low – Words");
    assert!(stage.scrobbled().is_empty() && stage.queue().is_empty());
}

#[test]
fn a_dry_run_sends_nothing_of_what_waits_either() {
    let stage = Stage::new();
    stage.run(&["play", "Low", "Words", "--at", "50min ago"]).ok();
    stage.run(&["queue", "pause", "--all"]).ok();
    stage.run(&["play", "Low", "Candy Girl", "--at", "30min ago", "--patience", "0s"]).with(4);
    // Nothing holds it any more.
    stage.run(&["queue", "resume", "--all"]).ok();
    let mut player = Player::new(&stage, &["--dry-run"]);
    player.played("Canada", stage.now - 600);
    let mut err = BufReader::new(player.child.stderr.take().unwrap()).lines();
    err.find(|line| line.as_ref().unwrap().contains("heard Low – Canada")).unwrap().unwrap();
    // As long as a sender takes to begin, many times over.
    std::thread::sleep(std::time::Duration::from_secs(1));
    drop(player.child.stdin.take());
    assert!(player.child.wait().unwrap().success());
    assert_eq!(stage.scrobbled(), ["Words"]);
    stage.run(&["queue", "send"]).ok().says("✓ accepted 1");
}
