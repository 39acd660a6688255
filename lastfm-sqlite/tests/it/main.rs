//! What the SQLite store promises, to programs and to people with nothing but `sqlite3`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod agreement;
mod contract;
mod cutting;
mod files;
mod sharing;
mod support;
mod views;
