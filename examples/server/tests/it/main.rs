//! Everything that the server promises, each sentence a test.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api;
mod attacks;
mod attacks_hidden;
mod attacks_pages;
mod attacks_sessions;
mod attacks_slow;
mod browser;
mod collections;
mod instances;
mod kills;
mod live;
mod orders;
mod pages;
mod scene;
mod scrobbles;
mod skeleton;
mod standing;
mod webhook;
