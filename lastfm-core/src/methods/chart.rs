//! `chart.*`: what everybody listens to.

mod get_top_artists;
mod get_top_tags;
mod get_top_tracks;

pub use get_top_artists::GetTopArtists;
pub use get_top_tags::GetTopTags;
pub use get_top_tracks::GetTopTracks;
