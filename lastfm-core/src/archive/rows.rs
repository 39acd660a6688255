//! Help for whoever writes a store that keeps plays in rows of a database.
//!
//! What such stores have to decide alike, and what needs no database, is decided here: how an
//! object is kept so that every play of a track shares it ([`Body`]), which objects are known
//! without asking the database ([`Known`]), and which rows a [`replace`] writes ([`Rewrite`]).
//!
//! [`replace`]: super::ArchiveStore::replace

mod body;
mod known;
mod rewrite;
mod songs;

pub use body::{Body, USUAL_DATE};
pub use known::{Fingerprint, Known};
pub use rewrite::{Rewrite, Tally, Write};
pub use songs::{Song, SongKey};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{Place, Standing, UserId};

/// The number by which the row of a user's text is looked up (XXH3, with the user as its seed), the
/// same on every machine. Equal numbers need not be equal texts: what is found is compared.
pub fn hash(user: UserId, text: &str) -> i64 {
    xxh3_64_with_seed(text.as_bytes(), user.0.cast_unsigned()).cast_signed()
}

/// The row of an object that plays share, and of the song it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// The number of the object's row.
    pub id: i64,
    /// The number of the song's row.
    pub song_id: i64,
}

/// A play that the archive holds or held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Where it stands, or stood.
    pub place: Place,
    /// The number of its object's row.
    pub variant_id: i64,
    /// How it stands.
    pub standing: Standing,
    /// Of a removed play: whether another play stands in its place.
    pub edited: bool,
}
