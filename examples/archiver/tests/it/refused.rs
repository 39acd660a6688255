//! What cannot be done: the exit code, what it means for the plays, and what to do.

use lastfm_core::testing::{ErrorBody, Fault, Outage, Scenario, Ties};

use crate::stage::{KEY, SECRET, SESSION, Stage, end};

#[test]
fn without_a_key_it_says_where_to_get_one() {
    let stage = Stage::still(10);
    for key in [None, Some(""), Some("  ")] {
        let mut command = stage.command(&["sync", "rj"]);
        command.env_remove("LASTFM_API_KEY");
        if let Some(key) = key {
            command.env("LASTFM_API_KEY", key);
        }
        let ended =
            end(command.spawn().unwrap()).with(5).says("https://www.last.fm/api/account/create");
        assert_eq!(ended.err.lines().count(), 2, "{}", ended.err);
        ended.says("sync --demo");
    }
    assert!(!stage.path("scrobbles.db").exists(), "nothing was changed");
}

#[test]
fn a_key_that_is_not_accepted_changes_nothing() {
    let mut scenario = Scenario::still(100);
    scenario.service.api_key = Some("another".to_owned());
    let stage = Stage::new(&scenario);
    stage
        .run(&["sync", "rj"])
        .with(5)
        .says("does not accept this API key (error 10)")
        .says("Nothing was changed");
    let line = stage.run(&["sync", "rj", "--json"]).with(5).json().pop().unwrap();
    assert_eq!(
        (line["event"].as_str(), line["code"].as_str()),
        (Some("error"), Some("invalid_key"))
    );
    stage.run(&["sync"]).with(5).says("Nobody is archived");
}

#[test]
fn a_user_who_does_not_exist_is_said_to_be_unknown() {
    let stage = Stage::still(100);
    stage
        .run(&["sync", "nobody"])
        .with(5)
        .says("Last.fm knows no user nobody")
        .says("Nothing was changed");
    stage
        .run(&["export", "nobody", "--format", "csv"])
        .with(5)
        .says("nothing of nobody is archived");
}

#[test]
fn a_hidden_history_needs_the_users_session() {
    let mut scenario = Scenario::still(1500);
    scenario.service.hidden = true;
    scenario.service.shared_secret = Some(SECRET.to_owned());
    scenario.service.session_key = Some(SESSION.to_owned());
    let stage = Stage::new(&scenario);
    stage
        .run(&["sync", "rj"])
        .with(5)
        .says("rj hides the listening history")
        .says("archiver login");
    let signed = |secret: Option<&str>| {
        let mut command = stage.command(&["sync", "rj"]);
        command.env("LASTFM_SESSION_KEY", SESSION);
        if let Some(secret) = secret {
            command.env("LASTFM_API_SECRET", secret);
        }
        end(command.spawn().unwrap())
    };
    signed(None).with(5).says("LASTFM_API_SECRET");
    signed(Some("wrong")).with(5).says("does not accept the signature");
    signed(Some(SECRET)).ok().says("complete");
    stage.assert_complete();
    stage.assert_no_secret_on_disk();
}

#[test]
fn an_outage_is_waited_for_as_long_as_patience_lasts() {
    let stage = Stage::still(3000);
    stage.run(&["sync", "rj"]).ok();
    let (from, to) = (0, 1_000_000);
    let fault = Fault::error(8, 500, ErrorBody::Json);
    let mut scenario = Scenario::still(3000);
    scenario.faults.outages = vec![Outage { from, to, fault }];
    let down = Stage::new(&scenario);
    std::fs::copy(stage.path("scrobbles.db"), down.path("scrobbles.db")).unwrap();
    down.run(&["sync", "rj", "--patience", "4s"])
        .with(4)
        .says("Last.fm is busy (error 8)")
        .says("3,000 plays are safe");
    assert!(down.requests() <= 6, "{} requests", down.requests());
    down.run(&["status"]).ok().says("the last run failed");
    let nobody = Stage::new(&scenario);
    nobody.run(&["sync", "rj", "--patience", "2s"]).with(4).says("Nothing was changed");
}

#[test]
pub(crate) fn a_second_that_last_fm_refuses_is_named_and_all_else_archived() {
    let stage = Stage::still(300);
    let poisoned = stage.truth()[120].at;
    // The run narrows the failure down by halving, and a half without plays takes it 20 s to
    // believe: at these distances every half has one.
    for distance in (0..22).map(|power| 1 << power) {
        for at in [poisoned.plus(-distance), poisoned.plus(distance)] {
            stage.server.lastfm().insert(at, "Neighbor", "Near", None);
        }
    }
    stage.server.lastfm().poison(poisoned);
    let ended =
        stage.run(&["sync", "rj"]).with(3).says("complete but for 1 span that Last.fm refuses");
    assert!(ended.out.contains("refused: "), "{}", ended.out);
    let shown = stage.truth().iter().filter(|play| play.at != poisoned).count();
    assert_eq!(stage.archive().len(), shown);
    let ended = stage.run(&["status"]).ok().says("1 second refused by Last.fm").says("tried once");
    ended.says("covered: everything up to ").says(" but what Last.fm refuses");
    let status = stage.run(&["status", "--json"]).ok().json().remove(0);
    assert_eq!(status["refused"][0]["from"], poisoned.as_unix());
}

#[test]
fn of_a_second_that_is_never_whole_it_is_said_how_many_plays_it_has() {
    let mut scenario = Scenario::still(300);
    scenario.history.dense_seconds = vec![1200];
    scenario.service.ties = Ties::Random;
    let stage = Stage::new(&scenario);
    stage
        .run(&["sync", "rj"])
        .with(3)
        .says("Last.fm never shows the 1200 plays of one second twice alike");
}

#[test]
fn a_key_is_not_sent_over_plain_http_to_another_machine() {
    let stage = Stage::still(10);
    let mut command = stage.command(&["sync", "rj"]);
    command.env("LASTFM_API_URL", "http://192.0.2.1/2.0/");
    end(command.spawn().unwrap()).with(1).says("plain http").says("Nothing was changed");
}

#[test]
fn more_requests_than_last_fm_bears_are_not_sent_to_it() {
    let stage = Stage::still(10);
    let mut command = stage.command(&["sync", "rj", "--rate", "20"]);
    command.env_remove("LASTFM_API_URL");
    end(command.spawn().unwrap()).with(1).says("suspends keys");
}

#[test]
fn a_file_of_another_program_is_left_alone() {
    let stage = Stage::still(10);
    std::fs::write(stage.path("notes.db"), "dear diary, ".repeat(1000)).unwrap();
    stage.run(&["sync", "rj", "--db", "notes.db"]).with(1).says("Nothing was changed");
    assert!(std::fs::read_to_string(stage.path("notes.db")).unwrap().starts_with("dear diary"));
}

#[test]
fn what_is_said_wrongly_is_no_success() {
    let stage = Stage::still(10);
    stage.run(&["sink"]).with(1);
    stage.run(&["sync", "rj", "--year", "20244"]).with(1).says("is no year such as 2024");
    stage.run(&["sync", "rj", "--from", "yesterday"]).with(1).says("is no date such as");
    let ended = stage.run(&["discover", "rj", "--demo"]).with(1).says("cannot be used with");
    assert!(!ended.err.contains("Usage:"), "{}", ended.err);
    stage.run(&["sync", "a\tb"]).with(1).says("cannot be the name");
    stage.run(&["--help"]).ok().says("LASTFM_API_KEY");
    stage.run(&["sync"]).with(5).says("Nobody is archived in scrobbles.db yet");
    stage.run(&["status"]).with(1).says("there is no archive in scrobbles.db");
    assert!(!KEY.is_empty() && !stage.path("scrobbles.db").exists());
}
