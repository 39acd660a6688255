//! What the SQLite store promises, to programs and to people with nothing but `sqlite3`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod agreement;
mod albums;
mod audit;
mod by_hand;
mod contract;
mod cutting;
mod files;
mod loved;
mod oracle;
mod queue;
mod scrobbles;
mod sharing;
mod support;
mod views;
mod zombies;
