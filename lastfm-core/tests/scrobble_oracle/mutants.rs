//! Whether the oracle bites: senders with one known mistake each, all of which it must catch.
//!
//! The mistakes are those that real programs made.
