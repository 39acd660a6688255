//! What a made-up MusicBrainz throws: numbers and identifiers, the same ones each time.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use lastfm_core::Mbid;

/// A number that is always the same for the same thing.
pub fn dice(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

/// An identifier of the form that MusicBrainz gives, always the same for the same thing.
///
/// # Panics
///
/// Never: it is not blank.
pub fn id(what: &impl Hash) -> Mbid {
    let (high, low) = (dice(what), dice(&(what, 1)));
    let start = format!("{:08x}-{:04x}-4{:03x}", high >> 32, high >> 16 & 0xffff, high & 0xfff);
    let end = format!("8{:03x}-{:012x}", low >> 52, low & 0xffff_ffff_ffff);
    Mbid::new(&format!("{start}-{end}")).expect("it is not blank")
}
