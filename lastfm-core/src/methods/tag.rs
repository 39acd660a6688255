//! `tag.*`: the words that listeners give to music.

mod get_info;
mod get_similar;
mod get_top_albums;
mod get_top_artists;
mod get_top_tags;
mod get_top_tracks;
mod get_weekly_chart_list;

pub use get_info::{GetInfo, TagInfo};
pub use get_similar::GetSimilar;
pub use get_top_albums::GetTopAlbums;
pub use get_top_artists::GetTopArtists;
pub use get_top_tags::GetTopTags;
pub use get_top_tracks::GetTopTracks;
pub use get_weekly_chart_list::GetWeeklyChartList;
