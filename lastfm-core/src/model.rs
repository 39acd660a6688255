//! What several methods share, and all rooms: moments, stretches of time, accounts.

mod account;
mod chart_week;
mod entries;
mod image;
mod mbid;
pub(crate) mod new_play;
mod page;
mod period;
mod play;
mod span;
mod timestamp;
mod track;
mod username;
mod verdict;
mod weekly_chart;
mod wiki;

pub use account::Account;
pub use chart_week::ChartWeek;
pub use entries::{AlbumEntry, ArtistEntry, ArtistName, TagEntry, TrackEntry};
pub use image::Image;
pub use mbid::Mbid;
pub use new_play::{NewPlay, PlayerTrack};
pub use page::{Listing, Page};
pub use period::Period;
pub use play::{DATE_TEXT, DATE_UTS, MalformedPlay, Play, PlayParts};
pub use span::Span;
pub(crate) use timestamp::DAY;
pub use timestamp::Timestamp;
pub use track::Track;
pub use username::{InvalidUsername, Username};
pub use verdict::{Ignored, IgnoredReason, TakenName};
pub use weekly_chart::WeeklyChart;
pub use wiki::Wiki;
