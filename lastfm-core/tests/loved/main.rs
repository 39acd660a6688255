//! Loved tracks and play counts, between a Last.fm with faults and a player's library.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod import;
mod player;
mod support;
