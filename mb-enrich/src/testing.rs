//! What tests of this crate, and of programs built on it, run against: a MusicBrainz of one's own.
//!
//! It needs no runtime and no network, and the same seed gives the same run, request for request.

#[cfg(feature = "offline")]
mod fake_dump;
mod fake_musicbrainz;
mod lucene;

#[cfg(feature = "offline")]
pub use fake_dump::FakeDump;
pub use fake_musicbrainz::{FakeGroup, FakeMusicbrainz};
