//! `geo.*`: what is listened to in a country.

mod get_top_artists;
mod get_top_tracks;

pub use get_top_artists::GetTopArtists;
pub use get_top_tracks::GetTopTracks;
