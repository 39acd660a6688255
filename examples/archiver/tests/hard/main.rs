//! The built program under hard conditions: killed at any instant, without room on the disk, several
//! at once on one file. A few cases of each by default, as many as one likes by hand: see
//! CONTRIBUTING.md.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.
#![allow(clippy::print_stdout, clippy::print_stderr)] // Figures, and what was skipped.

mod afterwards;
#[cfg(all(feature = "jobs", feature = "postgres"))]
mod crew;
mod kills;
mod room;
#[path = "../it/stage.rs"]
#[allow(dead_code)] // The other tests use more of it.
mod stage;
mod strace;
mod together;
mod writes;

/// A number from the environment.
fn setting(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text:?}")),
        Err(_) => default,
    }
}

/// So many of the places from 1 to `all`, spread evenly; all if there are no more.
fn places(all: u64, wanted: u64) -> Vec<u64> {
    let wanted = wanted.min(all);
    (0..wanted).map(|number| 1 + number * all / wanted).collect()
}
