//! `user.*`: listeners, and what they listened to.

mod get_friends;
mod get_info;
mod get_loved_tracks;
mod get_personal_tags;
mod get_recent_tracks;
mod get_top_albums;
mod get_top_artists;
mod get_top_tags;
mod get_top_tracks;
mod get_track_scrobbles;
mod get_weekly_album_chart;
mod get_weekly_artist_chart;
mod get_weekly_chart_list;
mod get_weekly_track_chart;

pub use get_friends::{Friend, GetFriends, LastTrack};
pub use get_info::{GetInfo, User};
pub use get_loved_tracks::{GetLovedTracks, LovedTrack};
pub use get_personal_tags::{GetPersonalTags, Taggable};
pub use get_recent_tracks::{GetRecentTracks, Playing, RecentTracksPage};
pub use get_top_albums::GetTopAlbums;
pub use get_top_artists::GetTopArtists;
pub use get_top_tags::GetTopTags;
pub use get_top_tracks::GetTopTracks;
pub use get_track_scrobbles::GetTrackScrobbles;
pub use get_weekly_album_chart::GetWeeklyAlbumChart;
pub use get_weekly_artist_chart::GetWeeklyArtistChart;
pub use get_weekly_chart_list::GetWeeklyChartList;
pub use get_weekly_track_chart::GetWeeklyTrackChart;

pub use crate::ChartWeek;
