//! What tests of this crate, and of programs built on it, run against.

pub mod conformance;
