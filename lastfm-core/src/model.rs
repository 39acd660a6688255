//! What several methods share.

mod image;
mod mbid;
mod play;
mod timestamp;
mod track;
mod username;

pub use image::Image;
pub use mbid::Mbid;
pub use play::{DATE_TEXT, DATE_UTS, MalformedPlay, Play, PlayParts};
pub use timestamp::Timestamp;
pub use track::Track;
pub use username::{InvalidUsername, Username};
