//! Several processes, and several users, with one file.

use std::time::{Duration, Instant};

use lastfm_core::testing::Scenario;

use crate::stage::{Stage, end};

#[test]
pub(crate) fn a_second_process_on_the_same_user_says_so_and_waits() {
    let stage = Stage::still(5000);
    let slowly = ["sync", "rj", "--page-size", "50", "--rate", "40"];
    let first = stage.command(&slowly).spawn().unwrap();
    stage.wait_for_requests(10);
    let second = stage.command(&slowly).spawn().unwrap();
    end(first).ok().says("complete · 5,000 plays");
    end(second).ok().says("is at work on rj; waiting for it").says("nothing new");
    stage.assert_complete();
    let requests = stage.requests();
    assert!(requests < 5000 / 47 + 15, "{requests} requests");
}

#[test]
pub(crate) fn processes_with_one_file_share_the_rate() {
    // Two accounts, each on a service of its own, so that neither run waits for the other.
    let stages = ["rj", "alice"].map(|user| {
        let mut scenario = Scenario::still(2000);
        user.clone_into(&mut scenario.user);
        // An account that was made in the same second could be the other one, renamed.
        scenario.history.years = f64::from(15 + u8::from(user == "rj"));
        (user, Stage::new(&scenario))
    });
    let first = &stages[0].1;
    let in_a_file = first.path("shared.db");
    let shared = if first.is_in_a_database() { first.db().into() } else { in_a_file };
    let began = Instant::now();
    let children = stages.each_ref().map(|(user, stage)| {
        let mut command = stage.command(&["sync", user, "--rate", "10", "--page-size", "100"]);
        command.arg("--db").arg(&shared);
        command.spawn().unwrap()
    });
    for child in children {
        end(child).ok().says("complete · 2,000 plays");
    }
    let requests: usize = stages.iter().map(|(_, stage)| stage.requests()).sum();
    assert!(requests > 40, "{requests}");
    let least = Duration::from_millis(100) * u32::try_from(requests - 1).unwrap();
    assert!(began.elapsed() >= least, "{requests} requests in {:?}", began.elapsed());
    for (_, stage) in &stages {
        let busiest = stage.server.lastfm().busiest(Duration::from_millis(950));
        assert!(busiest <= 10, "{busiest} requests in a second");
    }
}

#[test]
pub(crate) fn without_a_name_everyone_in_the_file_is_brought_up_to_date() {
    let stage = Stage::still(300);
    stage
        .run(&["sync", "rj", "nobody", "RJ"])
        .with(5)
        .says("✓ rj: complete")
        .says("no user nobody");
    let ended = stage.run(&["sync"]).ok().says("✓ rj: up to date");
    assert_eq!(ended.out.lines().count(), 1, "{}", ended.out);
}
