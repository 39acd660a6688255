//! What tests of this crate, and of programs built on it, run against: a private server with a
//! fresh database for each test, a network in front of it that can be cut, and a PgBouncer.
//!
//! Everything here blocks for some milliseconds and needs no runtime of its own, so that plain
//! tests and those of any async runtime use it alike. What cannot be done panics: a test has
//! nobody to return an error to.

#![allow(clippy::missing_panics_doc, reason = "said above of all of them")]

mod database;
mod keeper;
mod pgbouncer;
mod private_server;
mod programs;
mod proxy;

pub use database::{Database, Rows};
pub use pgbouncer::PgBouncer;
pub use private_server::{PrivateServer, Shutdown};
pub use proxy::{Fault, Proxy};
