//! What must hold of everything that reads what others wrote, whatever they wrote.
//!
//! Each target takes any bytes and panics if a property does not hold. `tests/replay.rs` runs the
//! inputs that are kept in `corpus` through them, on any compiler; the programs in `search` look
//! for new ones.
#![allow(clippy::missing_panics_doc, reason = "to panic is what each of these is for")]

mod archive;
mod client;
mod coverage;
mod dump;
mod http_answer;
mod lists;
/// The scrobbler is a program; what it reads logs with is a file that needs nothing else of it.
#[path = "../../../examples/scrobbler/src/log_file.rs"]
mod log_file;
mod methods;
mod musicbrainz;
mod offline_index;
mod place;
mod recent_tracks;
mod scrobbled;
mod signature;
#[cfg(feature = "server")]
mod web_request;

pub use archive::archive;
pub use coverage::coverage;
pub use dump::dump;
pub use http_answer::http_answer;
pub use lists::lists;
pub use methods::methods;
pub use musicbrainz::musicbrainz;
pub use offline_index::{offline_index, small_index};
pub use place::place;
pub use recent_tracks::recent_tracks;
pub use scrobbled::scrobbled;
pub use signature::signature;
#[cfg(feature = "server")]
pub use web_request::web_request;

/// A target: panics if what must hold does not.
pub type Target = fn(&[u8]);

/// All targets by name, which is also that of their corpus and of the program that searches.
pub const TARGETS: &[(&str, Target)] = &[
    ("archive", archive),
    ("coverage", coverage),
    ("dump", dump),
    ("http_answer", http_answer),
    ("lists", lists),
    ("methods", methods),
    ("musicbrainz", musicbrainz),
    ("offline_index", offline_index),
    ("place", place),
    ("recent_tracks", recent_tracks),
    ("scrobbled", scrobbled),
    ("signature", signature),
    #[cfg(feature = "server")]
    ("web_request", web_request),
];
