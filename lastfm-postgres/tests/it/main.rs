//! What the PostgreSQL store promises, to programs and to people with nothing but `psql`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod agreement;
mod albums;
mod by_hand;
mod contract;
mod cutting;
mod faults;
mod long;
mod loved;
mod opening;
mod oracle;
mod pacer;
mod plans;
mod private_server;
mod queue;
mod removal;
mod service;
mod sharding;
mod source;
mod support;
mod views;
mod zombies;
