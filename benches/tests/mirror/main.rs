//! The mirror as a source, on a private PostgreSQL with MusicBrainz' schema: it gives the same
//! answers as the catalogue in memory, whatever happens to the server it is never wrong, and it
//! never writes.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

mod agreement;
mod catalogue;
mod faults;
mod generated;
mod recorded;
mod shapes;
