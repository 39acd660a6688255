//! What slices do, each kind against fakes of the services, with archives in both databases.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod enriching;
mod musicbrainz;
mod scrobbling;
mod stage;
mod years;
