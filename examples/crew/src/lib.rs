//! What a slice of each kind of job does: shared by the archiver's worker and the server.
//!
//! A program says what it works with ([`SliceContext`]), whose session reads a user ([`Sessions`]) and who
//! is told of what happens ([`Observer`]), and gives its [`Slices`] to a [`jobs::Worker`].

mod enriching;
mod figures;
mod host;
mod judging;
mod outage;
mod reading;
mod scrobbling;
mod slices;
mod turn;

pub use enriching::{FINDING_YEARS, NO_CONTACT};
pub use figures::Figures;
pub use host::{JobOutcome, Observer, Sessions, Upstream};
pub use slices::{STORE_FAILED, SliceContext, Slices};
