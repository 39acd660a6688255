//! An identifier of MusicBrainz.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A MusicBrainz identifier as Last.fm sends it: never empty, but possibly merged, outdated or
/// wrong on their side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mbid(String);

impl Mbid {
    /// The identifier in this text; nothing if it is blank, which is how the service says "none".
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The identifier's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Mbid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
