//! What tests of this crate, and of programs built on it, run against: time that a test owns, a
//! transport that says what it is told to, and a Last.fm of one's own with every fault it has.
//!
//! Nothing here needs tokio: [`VirtualClock`] and the fakes run on any executor, and the same
//! seed gives the same run, request for request.

pub mod album_conformance;
pub mod conformance;
mod cutting;
mod dice;
mod failing_queue;
mod fake_lastfm;
mod fake_transport;
pub mod loved_conformance;
pub mod oracle;
pub mod queue_conformance;
pub mod queue_worker;
pub mod scrobble_oracle;
pub mod stories;
mod virtual_clock;
mod wrong_clocks;

pub use cutting::{Cut, Cutting};
pub use dice::Dice;
pub use failing_queue::{FailingQueue, Failure};
pub use fake_lastfm::*;
pub use fake_transport::{FakeTransport, SentRequest};
pub use virtual_clock::VirtualClock;
pub use wrong_clocks::WrongClocks;

pub use crate::yielding::yield_once;
