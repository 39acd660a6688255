//! The archive engine against the truth, on a fake Last.fm.
//!
//! The long programme is the same program with more seeds:
//! `ORACLE_SEEDS=10000 ORACLE_PLAYS=20000 cargo test --release --features testing --test oracle
//! schedules`. `ORACLE_FIRST` is the first seed; `ORACLE_PLAYS` gives every history that length.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]

mod budget;
mod clocks;
mod events;
mod histories;
mod mutants;
mod poisoned;
mod polls;
mod schedules;
mod steps;
mod support;
mod upkeep;
mod years;
