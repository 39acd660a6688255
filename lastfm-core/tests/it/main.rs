//! What the client does at its edges: the network, secrets, garbage and real answers.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod garbage;
mod methods;
mod recorded;
#[cfg(feature = "reqwest")]
mod reqwest_transport;
mod secrets;
mod support;
