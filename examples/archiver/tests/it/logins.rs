//! Logins that are kept: `whoami`, `logout`, and runs in the name of their users.
#![cfg(unix)]

use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};

use lastfm_core::testing::Scenario;

use crate::login::hidden;
use crate::stage::{SECRET, SESSION, Stage, end};

/// Keeps these sessions for the service of this stage, as if their users had logged in.
fn keep(stage: &Stage, sessions: &[(&str, &str)]) {
    let sessions = sessions.iter().map(|(user, key)| {
        let session = serde_json::json!({ "user": user, "key": key, "since": 1_780_000_000 });
        (user.to_lowercase(), session)
    });
    let sessions: serde_json::Map<_, _> = sessions.collect();
    let path = stage.sessions();
    let mut folders = std::fs::DirBuilder::new();
    folders.recursive(true).mode(0o700).create(path.parent().unwrap()).unwrap();
    let file = std::fs::File::options().create_new(true).write(true).mode(0o600).open(path);
    let place = format!("127.0.0.1:{}", stage.server.url().port().unwrap());
    let content = serde_json::json!({ place: sessions });
    serde_json::to_writer(file.unwrap(), &content).unwrap();
}

/// Two users who hide their histories, both logged in.
fn two_hidden() -> Stage {
    let stage = hidden();
    let mut ann = Scenario::still(700);
    "Ann".clone_into(&mut ann.user);
    ann.service.hidden = true;
    // An account that was made in the same second could be the other one, renamed.
    ann.history.years = 9.0;
    let key = {
        let mut lastfm = stage.server.lastfm();
        lastfm.add_account(&ann);
        lastfm.log_in("ann").unwrap()
    };
    keep(&stage, &[("rj", SESSION), ("Ann", &key)]);
    stage
}

#[test]
fn whoami_asks_with_every_session_who_that_is() {
    let stage = two_hidden();
    let ended = stage.run_signed(&["whoami"]).ok().says("✓ Ann · 700 plays since ");
    ended.says("✓ rj · 1,500 plays since ").says("logged in on 28 May 2026, still valid");
    let ended = stage.run_signed(&["whoami", "RJ", "--json"]).ok();
    let line = ended.json().remove(0);
    assert_eq!((&line["event"], &line["user"]), (&"session".into(), &"rj".into()));
    assert_eq!((&line["play_count"], &line["logged_in_at"]), (&1500.into(), &1_780_000_000.into()));
    stage.run_signed(&["whoami", "bob"]).with(5).says("bob has not logged in here");
    hidden()
        .run_signed(&["whoami"])
        .with(5)
        .says("nobody has logged in here")
        .says("archiver login");
}

#[test]
fn a_session_that_was_taken_back_is_said_to_be_and_the_others_are_told() {
    let stage = two_hidden();
    stage.run_signed(&["sync", "rj", "ann"]).ok();
    assert!(stage.server.lastfm().revoke("rj"));
    let ended = stage.run_signed(&["whoami"]).with(5).says("✓ Ann · 700 plays");
    ended.says("does not accept the session of rj (error 9)").says("archiver login");
    let ended = stage.run_signed(&["sync", "rj", "ann"]).with(5).says("✓ Ann: up to date");
    ended
        .says("does not accept the session of rj (error 9)")
        .says("1,500 plays are safe; nothing was changed by this")
        .says("To log in again: archiver login");
    stage.assert_complete();
}

#[test]
fn a_public_history_is_read_without_the_session_that_was_taken_back() {
    let mut scenario = Scenario::still(700);
    scenario.service.shared_secret = Some(SECRET.to_owned());
    scenario.service.session_key = Some(SESSION.to_owned());
    let stage = Stage::new(&scenario);
    keep(&stage, &[("rj", SESSION)]);
    assert!(stage.server.lastfm().revoke("rj"));
    let note = "no longer accepts the session of rj (error 9): only what is public is read";
    let ended = stage.run_signed(&["years", "rj"]).ok().says("rj: 700 plays, none here");
    ended.says(note);
    let ended = stage.run_signed(&["sync", "rj"]).ok().says("✓ rj: complete · 700 plays");
    ended.says(note).says("archiver login").says("archiver logout rj");
    stage.assert_complete();
    stage.run_signed(&["audit", "rj"]).ok().says(note);
    let lines = stage.run_signed(&["sync", "rj", "--json"]).ok().json();
    let told = lines.iter().filter(|line| line["code"] == "session_refused");
    assert_eq!(told.count(), 1);
    stage.run(&["logout", "rj"]).ok();
    assert_eq!(stage.run_signed(&["sync", "rj"]).ok().err, "");
}

#[test]
fn users_of_one_run_are_each_read_in_their_own_name() {
    let stage = two_hidden();
    let ended = stage.run_signed(&["sync", "rj", "ANN"]).ok();
    ended.says("✓ rj: complete · 1,500 plays").says("✓ Ann: complete · 700 plays");
    stage.assert_complete();
    let held = stage.run(&["status", "ann", "--json"]).ok().json().remove(0);
    assert_eq!(held["held"], 700);
    stage.assert_no_secret_on_disk();
}

#[test]
fn a_user_who_logs_out_is_forgotten_and_the_others_stay() {
    let stage = two_hidden();
    // That takes neither a key nor a secret.
    let mut command = stage.command(&["logout", "RJ"]);
    let ended = end(command.env_remove("LASTFM_API_KEY").spawn().unwrap()).ok();
    ended.says("✓ rj: logged out").says("https://www.last.fm/settings/applications");
    stage.run(&["logout", "rj"]).with(5).says("rj has not logged in here");
    stage.run_signed(&["sync", "rj", "ann"]).with(5).says("✓ Ann: complete").says("rj hides");
    let line = stage.run(&["logout", "--json"]).ok().json().remove(0);
    assert_eq!((&line["event"], &line["user"]), (&"logged_out".into(), &"Ann".into()));
    let left = std::fs::read_to_string(stage.sessions()).unwrap();
    assert_eq!(left.trim(), "{}");
}

#[test]
fn sessions_that_others_can_read_are_refused_with_the_command_that_mends_it() {
    let stage = two_hidden();
    let allow = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(stage.sessions(), permissions).unwrap();
    };
    allow(0o644);
    let mends = format!("chmod 600 {}", stage.sessions().display());
    for arguments in [&["sync", "rj"][..], &["whoami"], &["logout"], &["login"]] {
        let ended = stage.run_signed(arguments).with(5).says("can be read by others (mode 644)");
        ended.says(&mends);
    }
    assert_eq!(stage.requests(), 0);
    allow(0o600);
    stage.run_signed(&["sync", "rj"]).ok();
}

#[test]
fn a_damaged_file_is_left_as_it_is() {
    let stage = two_hidden();
    std::fs::write(stage.sessions(), "{\"127.0.0.1\":{\"rj\":{\"user\":\"rj\",").unwrap();
    for arguments in [["sync", "rj"], ["logout", "rj"], ["whoami", "rj"]] {
        stage.run_signed(&arguments).with(5).says("is damaged (line 1)");
    }
    stage.run_signed(&["login"]).with(5).says("is damaged (line 1)").says("Nothing was changed");
    assert!(std::fs::read_to_string(stage.sessions()).unwrap().ends_with("\"rj\","));
}

#[test]
fn without_a_secret_sessions_are_said_once_to_be_of_no_use() {
    let stage = Stage::still(300);
    keep(&stage, &[("rj", SESSION), ("bob", "k")]);
    let words = "sessions are of no use without LASTFM_API_SECRET";
    let ended = stage.run(&["sync", "rj", "bob"]).with(5).says("✓ rj: complete");
    assert_eq!(ended.err.matches(words).count(), 1, "{}", ended.err);
    let line = stage.run(&["sync", "rj", "--json"]).ok().json().remove(0);
    assert_eq!((&line["event"], &line["code"]), (&"note".into(), &"no_secret".into()));
    let ended = stage.run(&["sync", "rj", "--quiet"]).ok();
    assert_eq!((ended.out, ended.err), (String::new(), String::new()));
}

#[test]
fn the_session_in_the_environment_comes_first() {
    let stage = hidden();
    keep(&stage, &[("rj", "one that Last.fm does not know")]);
    stage.run_signed(&["sync", "rj"]).with(5).says("the session of rj (error 9)");
    let with = |key, arguments: &[&str]| {
        let mut command = stage.command(arguments);
        command.env("LASTFM_API_SECRET", SECRET).env("LASTFM_SESSION_KEY", key);
        end(command.spawn().unwrap())
    };
    with(SESSION, &["sync", "rj"]).ok().says("✓ rj: complete");
    let ended = with("an old one", &["sync", "rj"]).with(5);
    ended.says("does not accept LASTFM_SESSION_KEY (error 9)").says("Unset LASTFM_SESSION_KEY");
    with(SESSION, &["whoami"]).with(5).says("✓ rj · 1,500 plays").says("comes before all others");
}

#[test]
fn a_session_that_is_taken_back_does_not_end_a_service_for_the_others() {
    let stage = two_hidden();
    assert!(stage.server.lastfm().revoke("rj"));
    let mut command = stage.command(&["sync", "rj", "ann", "--every", "1s"]);
    let child = command.env("LASTFM_API_SECRET", SECRET).spawn().unwrap();
    // Ann's first run is over, and rounds without anything new go on.
    stage.wait_for_requests(12);
    crate::stage::send(&child, "-TERM");
    let ended = end(child).ok().says("Ann: complete · 700 plays");
    ended.says("the session of rj (error 9)").says("1 of 2 up to date");
}
