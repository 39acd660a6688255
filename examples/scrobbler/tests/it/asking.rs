//! What is asked of a person: a login, a name, a key.

use crate::stage::{SESSION, Stage, end};

#[test]
fn nobody_scrobbles_without_a_login() {
    let stage = Stage::new();
    stage.run(&["logout"]).ok().says("✓ rj: logged out");
    let ended = stage.run(&["play", "Low", "Words", "--at", "10min ago"]).with(5);
    ended.says("nobody has logged in here").says("To log in: scrobbler login");
    let mut command = stage.command(&["play", "Low", "Words", "--at", "10min ago"]);
    let ended = end(command.env_remove("LASTFM_API_SECRET").spawn().unwrap()).with(5);
    ended.says("LASTFM_API_SECRET is not set");
    assert_eq!(std::fs::read_dir(stage.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_session_in_the_environment_scrobbles_for_its_user() {
    let stage = Stage::new();
    stage.run(&["logout"]).ok();
    let with = |arguments: &[&str]| {
        end(stage.command(arguments).env("LASTFM_SESSION_KEY", SESSION).spawn().unwrap())
    };
    with(&["play", "Low", "Words", "--at", "10min ago"]).ok().says("accepted 1");
    with(&["whoami"]).ok().says("✓ rj");
    stage.go_offline();
    let ended = with(&["play", "Low", "Canada", "--at", "20min ago"]);
    assert_ne!(ended.code, Some(0));
    let ended =
        with(&["play", "Low", "Canada", "--at", "20min ago", "--user", "rj", "--patience", "0s"]);
    ended.with(4).says("… waiting 1");
}

#[test]
fn of_several_who_have_logged_in_one_must_be_named() {
    let stage = Stage::new();
    let path = stage.sessions();
    let text = std::fs::read_to_string(&path).unwrap();
    let two = text.replace(r#"{"rj":"#, r#"{"ann":{"user":"Ann","key":"k","since":7},"rj":"#);
    std::fs::write(&path, two).unwrap();
    let ended = stage.run(&["play", "Low", "Words", "--at", "10min ago"]).with(5);
    ended.says("whose plays? There are Ann, rj").says("--user USER");
    stage.run(&["play", "Low", "Words", "--at", "10min ago", "--user", "RJ"]).ok();
    assert_eq!(stage.scrobbled(), ["Words"]);
}
