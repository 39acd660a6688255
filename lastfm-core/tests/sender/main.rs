//! What becomes of plays that are handed to a sender, whatever the service does with them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod limits;
mod logins;
mod lost_answers;
mod refusals;
mod stage;
