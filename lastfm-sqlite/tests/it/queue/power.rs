//! Power cuts: what has not reached the disk is gone.
//!
//! The disk is a file with an ext4 in it, mounted. The worker is stopped in the middle of its work,
//! the file is copied, and the copy is mounted: what the system held back in memory for the disk is
//! not in it. Writes that did reach the disk are in it in their order; a disk that loses them, or
//! turns them round, is not what this is about. Needs root.
//!
//! `QUEUE_CUTS=200 cargo test --release -p lastfm-sqlite --test it queue::power -- --nocapture`

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lastfm_core::testing::Dice;
use lastfm_core::testing::queue_worker::Kept;
use lastfm_sqlite::SqliteQueue;
use tempfile::TempDir;

use super::child::{Role, start};
use super::kills::sound;
use super::rj;
use crate::support::setting;

#[tokio::test]
async fn power_cuts_take_nothing_that_was_acknowledged() {
    let Some(rig) = Rig::new() else { return };
    let cuts = setting("QUEUE_CUTS").unwrap_or(3);
    let mut acknowledged = 0;
    for seed in 0..cuts {
        let (said, lost) = rig.cut(Role::Work, seed).await;
        acknowledged += said;
        assert_eq!(lost, 0, "cut {seed} took {lost} of {said} acknowledged steps");
    }
    println!("{cuts} power cuts: none of {acknowledged} acknowledged steps was lost");
}

/// What would be if the queue were kept as the archive is: the test above can fail.
#[tokio::test]
async fn power_cuts_take_from_a_queue_that_does_not_wait_for_the_disk() {
    let Some(rig) = Rig::new() else { return };
    let wanted = setting("QUEUE_CUTS");
    let (mut cuts, mut losing, mut most) = (0, 0, 0);
    // One loss is enough, unless figures are wanted.
    while cuts < wanted.unwrap_or(20) && (wanted.is_some() || losing == 0) {
        let (_, lost) = rig.cut(Role::Relaxed, cuts).await;
        cuts += 1;
        losing += usize::from(lost > 0);
        most = most.max(lost);
    }
    println!("{cuts} power cuts without waiting: {losing} took something, at most {most} steps");
    assert!(losing > 0, "nothing was lost in {cuts} cuts");
}

/// What disks are made of.
struct Rig {
    folder: TempDir,
}

impl Rig {
    /// Says so loudly if nothing may be mounted here.
    fn new() -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let empty = folder.path().join("empty.img");
        std::fs::File::create(&empty).unwrap().set_len(24 << 20).unwrap();
        let made = Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&empty).output();
        if !made.is_ok_and(|made| made.status.success()) {
            eprintln!("SKIPPED: there is no mkfs.ext4 here");
            return None;
        }
        let rig = Self { folder };
        if rig.mount(&empty, "trial").is_none() {
            eprintln!("SKIPPED: no file may be mounted here (only root may)");
            return None;
        }
        Some(rig)
    }

    fn mount(&self, image: &Path, name: &str) -> Option<Mounted> {
        let at = self.folder.path().join(name);
        std::fs::create_dir_all(&at).unwrap();
        let mounted = Command::new("mount").args(["-o", "loop"]).arg(image).arg(&at).output();
        mounted.is_ok_and(|done| done.status.success()).then(|| Mounted(at))
    }

    /// One worker on a new disk, cut off in its work: the steps that were acknowledged, and how
    /// many of them are lost.
    async fn cut(&self, role: Role, seed: u64) -> (usize, usize) {
        let mut dice = Dice::stream(seed, 0xC3);
        let [empty, disk, cut] =
            ["empty.img", "disk.img", "cut.img"].map(|name| self.folder.path().join(name));
        std::fs::copy(&empty, &disk).unwrap();
        let mounted = self.mount(&disk, "disk").unwrap();
        let mut worker = start(role, &mounted.0.join("plays.db"), seed);
        worker.hear(Duration::from_millis(dice.below(400)));
        stop(worker.id());
        std::fs::copy(&disk, &cut).unwrap();
        let said = worker.kill();
        drop(mounted);
        let mounted = self.mount(&cut, "cut").unwrap();
        let queue = SqliteQueue::open(mounted.0.join("plays.db")).await.unwrap();
        let acknowledged = said.lines.len();
        let lost = Kept::default().lost(&sound(queue).await, &rj(), said).await;
        (acknowledged, lost)
    }
}

/// A disk in use.
struct Mounted(std::path::PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        // Whoever was killed a moment ago may still hold it.
        for _ in 0..100 {
            let done = Command::new("umount").arg(&self.0).output();
            if done.is_ok_and(|done| done.status.success()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Stops a process, and waits until none of its threads does anything any more.
fn stop(id: u32) {
    let stopped = Command::new("kill").args(["-STOP", &id.to_string()]).status().unwrap();
    assert!(stopped.success());
    let is_stopped =
        |stat: String| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'));
    loop {
        let threads = std::fs::read_dir(format!("/proc/{id}/task")).unwrap();
        let mut stats =
            threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("stat")));
        if stats.all(|stat| stat.is_ok_and(is_stopped)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}
