//! What lines of `--json` say about release years.

use std::collections::BTreeMap;

use lastfm_core::albums::{Amount, Status};
use serde::Serialize;

/// How much music is from a year.
#[derive(Debug, Serialize)]
pub(crate) struct ReleasedIn {
    pub(crate) year: i16,
    pub(crate) plays: u64,
    pub(crate) albums: u64,
}

/// How much music is from a decade, and what of it is played most.
#[derive(Debug, Serialize)]
pub(crate) struct Decade<'a> {
    /// The decade's first year.
    #[serde(rename = "decade")]
    pub(crate) first_year: i16,
    pub(crate) plays: u64,
    pub(crate) albums: u64,
    pub(crate) top: Vec<TopAlbum<'a>>,
}

/// An album that is played much.
#[derive(Debug, Serialize)]
pub(crate) struct TopAlbum<'a> {
    pub(crate) album: i64,
    pub(crate) artist: &'a str,
    pub(crate) title: &'a str,
    pub(crate) year: i16,
    pub(crate) plays: u64,
}

/// Why the rest has no year.
#[derive(Debug, Serialize)]
pub(crate) struct Undated {
    pending: Many,
    ambiguous: Many,
    not_found: Many,
    no_date: Many,
}

#[derive(Debug, Serialize)]
struct Many {
    plays: u64,
    albums: u64,
}

impl From<&BTreeMap<Status, Amount>> for Undated {
    fn from(undated: &BTreeMap<Status, Amount>) -> Self {
        let of = |status: Status| {
            let Amount { plays, albums } = undated.get(&status).copied().unwrap_or_default();
            Many { plays, albums }
        };
        Self {
            pending: of(Status::Pending),
            ambiguous: of(Status::Ambiguous),
            not_found: of(Status::NotFound),
            no_date: of(Status::NoDate),
        }
    }
}

/// How many albums stand how.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Standing {
    matched: u64,
    fuzzy_matched: u64,
    ambiguous: u64,
    not_found: u64,
    no_date: u64,
    pending: u64,
}

impl From<&BTreeMap<Status, u64>> for Standing {
    fn from(standing: &BTreeMap<Status, u64>) -> Self {
        let of = |status: Status| standing.get(&status).copied().unwrap_or_default();
        Self {
            matched: of(Status::Matched),
            fuzzy_matched: of(Status::FuzzyMatched),
            ambiguous: of(Status::Ambiguous),
            not_found: of(Status::NotFound),
            no_date: of(Status::NoDate),
            pending: of(Status::Pending),
        }
    }
}
