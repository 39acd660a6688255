//! The built program against a Last.fm on this machine: what it prints, how it ends, and what is
//! in the file afterwards.
#![allow(clippy::unwrap_used)] // A test that cannot go on has failed.

mod audit;
mod discover;
mod export;
mod interrupted;
mod login;
mod logins;
mod readme;
mod refused;
mod removed;
mod service;
mod stage;
mod status;
mod sync;
mod together;
