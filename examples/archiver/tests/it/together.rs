//! Several processes, and several users, with one file.

use std::time::{Duration, Instant};

use lastfm_core::testing::Scenario;

use crate::stage::{Stage, end};

#[test]
fn a_second_process_on_the_same_user_says_so_and_waits() {
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
fn processes_with_one_file_share_the_rate() {
    // Two accounts, each on a service of its own, so that neither run waits for the other.
    let stages = ["rj", "alice"].map(|user| {
        let mut scenario = Scenario::still(2000);
        user.clone_into(&mut scenario.user);
        (user, Stage::new(&scenario))
    });
    let shared = stages[0].1.path("shared.db");
    let began = Instant::now();
    let children = stages.each_ref().map(|(user, stage)| {
        let rate = ["--rate", "10", "--page-size", "100"];
        let mut command = stage
            .command(&[&["sync", *user, "--db"], &[shared.to_str().unwrap()], &rate[..]].concat());
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
fn without_a_name_everyone_in_the_file_is_brought_up_to_date() {
    let stage = Stage::still(300);
    stage
        .run(&["sync", "rj", "nobody", "RJ"])
        .with(5)
        .says("✓ rj: complete")
        .says("no user nobody");
    let ended = stage.run(&["sync"]).ok().says("✓ rj: up to date");
    assert_eq!(ended.out.lines().count(), 1, "{}", ended.out);
}
