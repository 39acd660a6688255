//! `login`: what is kept of it, and what is not.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr};
use std::time::Duration;

use lastfm_core::testing::Scenario;

use crate::stage::{Ended, KEY, SECRET, SESSION, Stage, end};

/// A Last.fm that knows the app's secret, and a user who hides the history.
pub(crate) fn hidden() -> Stage {
    let mut scenario = Scenario::still(1500);
    scenario.service.hidden = true;
    scenario.service.shared_secret = Some(SECRET.to_owned());
    scenario.service.session_key = Some(SESSION.to_owned());
    Stage::new(&scenario)
}

/// A login that waits for its user.
struct LoggingIn {
    child: Child,
    err: BufReader<ChildStderr>,
    /// What was said before and after the address.
    said: String,
    token: String,
}

impl LoggingIn {
    fn begin(stage: &Stage, arguments: &[&str]) -> Self {
        let arguments = [&["login"], arguments].concat();
        let mut command = stage.command(&arguments);
        let mut child = command.env("LASTFM_API_SECRET", SECRET).spawn().unwrap();
        let mut err = BufReader::new(child.stderr.take().unwrap());
        let mut said = String::new();
        let token = loop {
            let mut line = String::new();
            assert!(err.read_line(&mut line).unwrap() > 0, "no address: {said}");
            if let Some((page, token)) = line.trim().split_once("&token=") {
                assert!(page.ends_with(&format!("/api/auth/?api_key={KEY}")), "{page}");
                break token.to_owned();
            }
            said.push_str(&line);
        };
        Self { child, err, said, token }
    }

    fn end(mut self) -> Ended {
        let mut ended = end(self.child);
        std::io::Read::read_to_string(&mut self.err, &mut self.said).unwrap();
        ended.err = self.said;
        ended.assert_shows_none_of(&[KEY, SECRET, SESSION, &self.token]);
        ended
    }
}

#[cfg(unix)]
fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
#[test]
fn a_hidden_history_is_archived_after_a_login_and_refused_before() {
    let stage = hidden();
    stage
        .run_signed(&["sync", "rj"])
        .with(5)
        .says("rj hides the listening history (error 17)")
        .says("Hide recent listening information")
        .says("To log in as rj: archiver login");

    let login = LoggingIn::begin(&stage, &[]);
    assert!(stage.server.lastfm().approve(&login.token, "rj"));
    let kept = format!("✓ logged in as rj · kept in {}", stage.sessions().display());
    let ended = login.end().ok().says(&kept).says("which only you can read");
    ended.says("hidden plays of rj can now be archived: archiver sync rj");
    assert_eq!((mode(&stage.sessions()), mode(stage.sessions().parent().unwrap())), (0o600, 0o700));

    stage.run_signed(&["years", "rj"]).ok().says("rj: 1,500 plays, none here");
    stage.run_signed(&["sync", "rj"]).ok().says("✓ rj: complete · 1,500 plays");
    stage.assert_complete();
    stage.run_signed(&["audit", "RJ"]).ok();
    stage.assert_no_secret_on_disk();
}

#[test]
fn a_machine_is_told_the_address_and_who_logged_in() {
    let stage = hidden();
    let mut command = stage.command(&["login", "--json"]);
    let mut child = command.env("LASTFM_API_SECRET", SECRET).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line =
        || -> serde_json::Value { serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap() };
    let begun = line();
    assert_eq!(
        (&begun["event"], &begun["expires_in_seconds"]),
        (&"login_begun".into(), &3600.into())
    );
    let url = begun["url"].as_str().unwrap();
    let (_, token) = url.split_once("token=").unwrap();
    assert!(stage.server.lastfm().approve(token, "rj"));
    let done = line();
    assert_eq!((&done["event"], &done["user"]), (&"logged_in".into(), &"rj".into()));
    assert_eq!(done["file"], stage.sessions().display().to_string());
    assert!(!done.to_string().contains(SESSION) && !done.to_string().contains(token));
    end(child).ok();
}

#[test]
fn a_login_that_nobody_allows_leaves_nothing() {
    let stage = hidden();
    let login = LoggingIn::begin(&stage, &["--no-browser"]);
    stage.server.advance(Duration::from_secs(61 * 60));
    let ended = login.end().with(5).says("nobody has allowed it within the 60 minutes");
    ended.says("Nothing was stored. To begin again: archiver login");
    assert!(!stage.sessions().exists());
}

#[cfg(unix)]
#[test]
fn a_login_that_is_stopped_leaves_nothing() {
    let stage = hidden();
    for signal in ["-INT", "-TERM"] {
        let login = LoggingIn::begin(&stage, &[]);
        crate::stage::send(&login.child, signal);
        login.end().with(4).says("stopped before anybody logged in").says("Nothing was stored");
    }
    assert!(!stage.sessions().exists());
}

#[test]
fn a_login_with_another_secret_is_refused_at_once() {
    let stage = hidden();
    let mut command = stage.command(&["login"]);
    end(command.env("LASTFM_API_SECRET", "another").spawn().unwrap())
        .with(5)
        .says("does not accept the signature (error 13)")
        .says("The shared secret does not belong to the API key")
        .says("Nothing was stored");
    assert!(!stage.sessions().exists());
}

#[test]
fn what_a_login_needs_is_named_before_anything_is_asked() {
    let stage = hidden();
    let ended = stage.run(&["login"]).with(5).says("LASTFM_API_SECRET is not set");
    ended.says("https://www.last.fm/api/accounts");
    let mut command = stage.command(&["login", "--json"]);
    let ended = end(command.env_remove("LASTFM_API_KEY").spawn().unwrap()).with(5);
    let line = ended.json().remove(0);
    assert_eq!((&line["event"], &line["code"]), (&"error".into(), &"no_key".into()));
    let both = "LASTFM_API_KEY and LASTFM_API_SECRET are not set";
    assert!(line["message"].as_str().unwrap().contains(both), "{line}");
    assert_eq!(stage.requests(), 0);
}

#[cfg(unix)]
#[test]
fn nobody_is_asked_for_a_login_that_could_not_be_kept() {
    let stage = hidden();
    // A file where the folder should be: nobody can write there, root included.
    std::fs::write(stage.path("file"), "").unwrap();
    let mut command = stage.command(&["login"]);
    command.env("LASTFM_API_SECRET", SECRET).env("ARCHIVER_SESSIONS", "file/sessions.json");
    end(command.spawn().unwrap()).with(1).says("cannot be written").says("Nothing was stored");
    assert_eq!(stage.requests(), 0);
}
