//! Killed at the n-th write to the disk, for every n or for some: the next run makes it good.
//!
//! `WRITES=500 cargo test --release -p archiver --test hard writes -- --nocapture`

use std::os::unix::process::ExitStatusExt as _;

use lastfm_core::testing::Happening;
use tempfile::TempDir;

use crate::afterwards::{assert_complete, assert_sound};
use crate::stage::{Stage, end};
use crate::{places, setting, strace};

const IMPORT: [&str; 4] = ["sync", "rj", "--page-size", "250"];

#[test]
fn writes_of_an_import_may_be_the_last() {
    if !strace::is_there() {
        return;
    }
    let mut stage = Stage::still(3_000);
    let empty = TempDir::new().unwrap();
    killed_at_each(&mut stage, &empty, "an import");
}

#[test]
fn writes_of_a_run_that_finds_changes_may_be_the_last() {
    if !strace::is_there() {
        return;
    }
    let mut stage = Stage::still(3_000);
    stage.run(&IMPORT).ok();
    let begun = std::mem::replace(&mut stage.folder, TempDir::new().unwrap());
    {
        let mut lastfm = stage.server.lastfm();
        lastfm.happen(&Happening::LateBatch { plays: 40, oldest_days: 13 });
        lastfm.happen(&Happening::DeleteRandom { plays: 5 });
        let recent = lastfm.now().plus(-1_000);
        lastfm.insert(recent, "Low", "Monkey", None);
    }
    // A day later the last days are read again.
    stage.server.advance(std::time::Duration::from_secs(25 * 3600));
    killed_at_each(&mut stage, &begun, "a run that finds changes");
}

/// Begins with the files of `begun` each time.
fn killed_at_each(stage: &mut Stage, begun: &TempDir, what: &str) {
    for calls in [strace::WRITE, strace::REACH_THE_DISK] {
        copied(stage, begun);
        let all = strace::count(stage, &IMPORT, calls);
        let chosen = places(all, setting("WRITES", 5));
        for place in &chosen {
            copied(stage, begun);
            let at = format!("signal=KILL:when={place}");
            let killed = strace::command(stage, &IMPORT, calls, &at).spawn().unwrap();
            let killed = killed.wait_with_output().unwrap();
            // The calls of two runs differ a little.
            let was_killed = killed.status.signal() == Some(9) || killed.status.code() == Some(137);
            assert!(was_killed || killed.status.success(), "{calls} {place}: {killed:?}");
            assert_sound(&stage.path("scrobbles.db"), None);
            end(stage.command(&IMPORT).spawn().unwrap()).ok();
            assert_complete(stage);
        }
        println!("{what}: killed at {} of {all} {calls}: nothing was lost", chosen.len());
    }
}

/// Gives the program a new folder with the files of `begun`.
fn copied(stage: &mut Stage, begun: &TempDir) {
    stage.folder = TempDir::new().unwrap();
    for file in std::fs::read_dir(begun.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), stage.path(&file.file_name().to_string_lossy())).unwrap();
    }
}
