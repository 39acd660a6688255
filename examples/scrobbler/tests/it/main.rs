//! The built program against a Last.fm on this machine: what it prints, how it ends, what is in the
//! queue afterwards, and what the service has.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod asking;
mod edit;
mod held;
mod kills;
mod lists;
mod loved;
mod plays;
mod queue;
mod readme;
mod run;
mod stage;
mod watch;
