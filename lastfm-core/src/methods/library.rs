//! `library.*`: what a user has ever played.

mod get_artists;

pub use get_artists::GetArtists;
