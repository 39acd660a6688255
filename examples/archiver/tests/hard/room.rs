//! No room on the disk, and disks that fail: it is said, nothing is lost, and the same command goes
//! on when it is over.
//!
//! `ROOM=50 WRITES=500 cargo test --release -p archiver --test hard room -- --nocapture`

use std::path::Path;
use std::process::Command;

use lastfm_core::testing::TruePlay;
use tempfile::TempDir;

use crate::afterwards::{assert_complete, assert_sound};
use crate::stage::{Ended, Stage, end};
use crate::{places, setting, strace};

const IMPORT: [&str; 4] = ["sync", "rj", "--page-size", "250"];

#[test]
fn room_that_is_gone_from_any_write_on_loses_nothing() {
    fails_at_each(strace::WRITE, "error=ENOSPC", "+", "full");
}

#[test]
fn room_for_a_write_that_fails_once_loses_nothing() {
    fails_at_each(strace::WRITE, "error=EIO", "", "I/O error");
}

#[test]
fn room_that_does_not_reach_the_disk_loses_nothing() {
    fails_at_each(strace::REACH_THE_DISK, "error=EIO", "", "I/O error");
}

fn fails_at_each(calls: &str, error: &str, and_on: &str, words: &str) {
    if !strace::is_there() {
        return;
    }
    let mut stage = Stage::still(3_000);
    let truth = stage.truth();
    let all = strace::count(&stage, &IMPORT, calls);
    let chosen = places(all, setting("WRITES", 5));
    let mut failures = 0;
    for place in &chosen {
        stage.folder = TempDir::new().unwrap();
        let what = format!("{error}:when={place}{and_on}");
        let ended = end(strace::command(&stage, &IMPORT, calls, &what).spawn().unwrap());
        failures += usize::from(says_why(&ended, words));
        stands(&stage, &truth);
    }
    println!(
        "{error} at {} of {all} {calls}: {failures} runs failed in words, nothing was lost",
        chosen.len()
    );
}

#[test]
fn room_of_any_size_that_ends_loses_nothing() {
    let mut stage = Stage::still(20_000);
    let truth = stage.truth();
    let sizes = setting("ROOM", 2);
    let mut failures = 0;
    for number in 0..sizes {
        // Up to what the whole archive needs.
        let kib = 256 + number * 10_000 / sizes;
        stage.folder = TempDir::new().unwrap();
        let Some(disk) = Disk::new(stage.folder.path(), kib) else { return };
        let ended = end(stage.command(&IMPORT).spawn().unwrap());
        failures += usize::from(says_why(&ended, "full"));
        disk.grow();
        stands(&stage, &truth);
    }
    println!("{sizes} small disks: {failures} runs failed in words, nothing was lost");
    assert!(failures > 0, "no disk was small enough");
}

/// Whether it failed; if so it must have said why in words, and how to go on.
fn says_why(ended: &Ended, words: &str) -> bool {
    let failed = ended.code != Some(0);
    if failed {
        if std::env::var_os("ROOM_WORDS").is_some() {
            println!("{:?} {}", ended.code, ended.err);
        }
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert!(ended.err.contains("error: ") && ended.err.contains(words), "{ended:?}");
    }
    failed
}

/// Asserts that what is covered is there, and that the same command goes on to the end.
fn stands(stage: &Stage, truth: &[TruePlay]) {
    assert_sound(&stage.path("scrobbles.db"), Some(truth));
    end(stage.command(&IMPORT).spawn().unwrap()).ok();
    assert_complete(stage);
}

/// A disk of its own in this folder.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    /// Says so loudly if nothing may be mounted here.
    fn new(folder: &'a Path, kib: u64) -> Option<Self> {
        let options = format!("size={kib}k");
        let mount = ["-t", "tmpfs", "-o", &options, "tmpfs"];
        let mounted = Command::new("mount").args(mount).arg(folder).output();
        if mounted.is_ok_and(|done| done.status.success()) {
            return Some(Self(folder));
        }
        eprintln!("SKIPPED: no file system may be mounted here (only root may)");
        None
    }

    fn grow(&self) {
        let grown = Command::new("mount").args(["-o", "remount,size=64m"]).arg(self.0).status();
        assert!(grown.unwrap().success());
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}
