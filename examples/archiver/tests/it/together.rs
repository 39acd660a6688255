//! Several processes, and several users, with one file.

use std::time::Duration;

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
    let wasted = stage.requests() - 5000 / 47;
    assert!(wasted < 15, "{wasted} requests too many");
}

#[test]
fn processes_with_one_file_share_the_rate() {
    let stage = Stage::still(2000);
    let slowly = ["sync", "rj", "--page-size", "100", "--rate", "10"];
    let children = [0; 3].map(|_| stage.command(&slowly).spawn().unwrap());
    for child in children {
        end(child).ok();
    }
    // The network may bring two closer together than they were sent.
    let busiest = stage.server.lastfm().busiest(Duration::from_millis(950));
    assert!(busiest <= 10, "{busiest} requests in a second");
}

#[test]
fn without_a_name_everyone_in_the_file_is_brought_up_to_date() {
    let stage = Stage::still(300);
    stage.run(&["sync", "rj", "nobody", "RJ"]).with(5).says("✓ rj: complete").says("no user nobody");
    let ended = stage.run(&["sync"]).ok().says("✓ rj: up to date");
    assert_eq!(ended.out.lines().count(), 1, "{}", ended.out);
}
