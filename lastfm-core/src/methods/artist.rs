//! `artist.*`: who made the music.

mod add_tags;
mod get_correction;
mod get_info;
mod get_similar;
mod get_tags;
mod get_top_albums;
mod get_top_tags;
mod get_top_tracks;
mod remove_tag;
mod search;

pub use add_tags::AddTags;
pub use get_correction::GetCorrection;
pub use get_info::{ArtistInfo, GetInfo};
pub use get_similar::GetSimilar;
pub use get_tags::GetTags;
pub use get_top_albums::GetTopAlbums;
pub use get_top_tags::GetTopTags;
pub use get_top_tracks::GetTopTracks;
pub use remove_tag::RemoveTag;
pub use search::Search;
