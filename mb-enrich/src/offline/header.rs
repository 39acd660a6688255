//! What an index says of itself.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::OfflineError;
use super::file::Place;
use crate::names::rules;

/// What an index holds, and which dump it was made of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct About {
    /// When the dump was made, as it says itself; nothing if it does not.
    pub dump_made_at: Option<String>,
    /// The version of MusicBrainz' schema, if the dump says it.
    pub schema_sequence: Option<u32>,
    /// The last change that the dump holds, by MusicBrainz' number, if it says it.
    pub replication_sequence: Option<u32>,
    /// Release groups.
    pub group_count: u64,
    /// Releases that are known by their identifiers.
    pub release_count: u64,
    /// Identifiers that were merged into others.
    pub merged_count: u64,
    /// Artists of groups.
    pub artist_count: u64,
    /// Tracks of the groups' releases, those of one key in one group counted once.
    pub track_count: u64,
    /// Bytes of the file.
    pub byte_count: u64,
    /// Bytes of each part of it, by name.
    pub parts: Vec<(String, u64)>,
}

/// The header of the file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    /// The rules that made the keys: their name, and which version of them.
    pub(super) rules: (String, String),
    pub(super) about: About,
    /// Bytes of a number that stands for a group.
    pub(super) width: usize,
    pub(super) places: Places,
}

/// Where each section is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Places {
    /// By the first of some groups of one credit: the credit, then these groups.
    pub(super) groups: Place,
    /// By number: the names of artists.
    pub(super) artists: Place,
    /// By artist: which groups are the artist's.
    pub(super) works: Place,
    /// By key of a name: the artist, or the groups of a credit.
    pub(super) names: Place,
    /// By key of a title: the group.
    pub(super) titles: Place,
    /// By key of an identifier: the group of a release or of what was merged.
    pub(super) releases: Place,
    /// By key of an identifier: the group itself.
    pub(super) group_ids: Place,
    /// By group: the keys of its tracks.
    pub(super) tracks: Place,
}

impl Places {
    pub(super) fn parts(&self) -> Vec<(String, u64)> {
        let parts = [
            ("groups", &self.groups),
            ("artists", &self.artists),
            ("works", &self.works),
            ("names", &self.names),
            ("titles", &self.titles),
            ("releases", &self.releases),
            ("group ids", &self.group_ids),
            ("tracks", &self.tracks),
        ];
        parts.into_iter().map(|(name, place)| (name.to_owned(), place.byte_count())).collect()
    }
}

/// The rules that make keys here.
pub(super) fn our_rules() -> &'static (String, String) {
    static RULES: OnceLock<(String, String)> = OnceLock::new();
    RULES.get_or_init(|| {
        let (name, all) = rules();
        (name.to_owned(), format!("{:016x}", xxh3_64(all.as_bytes())))
    })
}

impl Header {
    /// Refuses keys that no question would meet.
    pub(super) fn check(&self) -> Result<(), OfflineError> {
        let said = |(name, version): &(String, String)| format!("{name} {version}");
        let ours = our_rules();
        if self.rules == *ours {
            Ok(())
        } else {
            Err(OfflineError::OtherKeys { found: said(&self.rules), ours: said(ours) })
        }
    }
}
