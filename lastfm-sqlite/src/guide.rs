//! One page for each thing that people do with a file of their own: when to do it this way, the shortest
//! right program, what can go wrong and what to do then, what it costs, and what Last.fm asks.
//!
//! The crate's page of [`lastfm_core`] lists all guides, those of other crates too. All programs are
//! compiled and run, against a Last.fm of their own.

pub mod archive;
pub mod queue;
pub mod schedule;
