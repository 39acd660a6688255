//! `album.*`: what tracks are released on.

mod add_tags;
mod get_info;
mod get_tags;
mod get_top_tags;
mod remove_tag;
mod search;

pub use add_tags::AddTags;
pub use get_info::{AlbumInfo, GetInfo};
pub use get_tags::GetTags;
pub use get_top_tags::GetTopTags;
pub use remove_tag::RemoveTag;
pub use search::Search;
