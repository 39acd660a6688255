//! Scrobbling against the truth, on a fake Last.fm that lies.
//!
//! The long programme is the same program with more seeds: `SCROBBLE_SEEDS=2000 cargo test
//! --release --features testing --test scrobble_oracle schedules`. `SCROBBLE_FIRST` is the first
//! seed.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod mutants;
mod schedules;
