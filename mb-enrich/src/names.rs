//! What names come down to, so that two spellings of one album meet and two albums do not.
//!
//! Everything here is pure and the same for every source: a source finds groups by the keys that
//! are made here, and what is found is held against the question by them.

mod artist;
mod editions;
mod kinds;
mod numbers;
mod parts;
#[cfg(feature = "offline")]
mod rules;
mod title;

pub use artist::{ArtistName, is_various};
pub use kinds::{Kind, Kinds};
#[cfg(feature = "offline")]
pub(crate) use rules::rules;
pub use title::{Likeness, Title};
