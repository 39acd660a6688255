//! `artist.*`: who made the music.

mod add_tags;
mod get_info;

pub use add_tags::AddTags;
pub use get_info::{ArtistInfo, GetInfo};
