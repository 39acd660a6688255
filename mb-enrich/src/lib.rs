// Its program needs the feature; it is read without.
#![cfg_attr(
    any(not(doctest), feature = "reqwest"),
    doc = include_str!("../README.md")
)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod enricher;
// Its program needs both features; it is read without.
#[cfg(any(not(doctest), all(feature = "reqwest", feature = "testing")))]
pub mod guide;
mod history;
mod memory;
#[cfg(feature = "mirror")]
mod mirror;
pub mod names;
#[cfg(feature = "offline")]
pub mod offline;
mod release_group;
mod source;
#[cfg(feature = "testing")]
pub mod testing;
mod web;

pub use enricher::{Effort, Enricher, UNKNOWN_FOR};
pub use history::{HistoryRun, Progress};
pub use lastfm_core::albums::{
    Album, Because, Found, GroupName, MalformedDate, Method, Near, Outcome, PartialDate, Status,
};
pub use memory::MemorySource;
#[cfg(feature = "mirror")]
pub use mirror::{MirrorError, MirrorOptions, MirrorSource};
#[cfg(feature = "offline")]
pub use offline::OfflineSource;
pub use release_group::{CreditedArtist, PrimaryType, ReleaseGroup};
pub use source::{Answers, Names, Source, SourceError, Tracks, Works};
pub use web::{FilePacer, NoContact, UserAgent, WebSource, WebSourceBuilder};

/// What an app holds can go to another thread.
const _: () = {
    const fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Enricher>();
    is_shared::<MemorySource>();
    #[cfg(feature = "mirror")]
    is_shared::<MirrorSource>();
    #[cfg(feature = "offline")]
    is_shared::<OfflineSource>();
    is_shared::<SourceError>();
    is_shared::<WebSource>();
};
