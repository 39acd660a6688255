//! `user.*`: listeners, and what they listened to.

mod get_info;
mod get_recent_tracks;
mod get_top_artists;
mod get_weekly_chart_list;

pub use get_info::{GetInfo, User};
pub use get_recent_tracks::{GetRecentTracks, RecentTracksPage};
pub use get_top_artists::GetTopArtists;
pub use get_weekly_chart_list::GetWeeklyChartList;

pub use crate::ChartWeek;
