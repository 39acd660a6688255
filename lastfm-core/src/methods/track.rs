//! `track.*`: what is known of a track, what people think of it, and that it was played.

mod add_tags;
mod get_correction;
mod get_info;
mod get_similar;
mod get_tags;
mod get_top_tags;
mod love;
mod remove_tag;
mod scrobble;
mod search;
mod sending;
mod unlove;
mod update_now_playing;

pub use add_tags::AddTags;
pub use get_correction::{Correction, GetCorrection};
pub use get_info::{GetInfo, TrackInfo};
pub use get_similar::GetSimilar;
pub use get_tags::GetTags;
pub use get_top_tags::GetTopTags;
pub use love::Love;
pub use remove_tag::RemoveTag;
pub use scrobble::{Scrobble, Scrobbled, ScrobbledPlay};
pub use search::Search;
pub use unlove::Unlove;
pub use update_now_playing::{Announced, UpdateNowPlaying};
