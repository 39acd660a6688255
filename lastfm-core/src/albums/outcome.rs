//! What is known of an album's year, and from where.

use serde::{Deserialize, Serialize};

use super::partial_date::PartialDate;
use crate::{Mbid, Timestamp};

/// What became of one album.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Outcome {
    /// How it stands.
    pub status: Status,
    /// The release group that it is, with [`Status::Matched`], [`Status::FuzzyMatched`] and
    /// [`Status::NoDate`].
    pub found: Option<Found>,
    /// Groups that it may be, the nearest first, five at most: for a person to choose from.
    pub near: Vec<Near>,
    /// When the source was asked.
    pub looked_up_at: Timestamp,
    /// When to ask again; nothing if that is for a person to decide, or if nobody asked yet.
    pub next_try: Option<Timestamp>,
    /// How often it was asked for in a row without an answer.
    #[serde(default)]
    pub failure_count: u32,
    /// Why there is no answer yet, in words for a person.
    pub trouble: Option<String>,
}

/// How an album stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Status {
    /// Not asked yet, or without an answer.
    Pending,
    /// Found by its identifier, or by names that are equal.
    Matched,
    /// Found by names that had to be brought together.
    FuzzyMatched,
    /// It may be several, and nothing decides.
    Ambiguous,
    /// The source does not know it.
    NotFound,
    /// Found, but nobody knows when it was released.
    NoDate,
}

impl Status {
    /// All of them, those with a year first.
    pub const ALL: [Self; 6] = [
        Self::Matched,
        Self::FuzzyMatched,
        Self::NoDate,
        Self::Ambiguous,
        Self::NotFound,
        Self::Pending,
    ];

    /// Whether an album that stands like this is not asked for again: it was found, or is left to
    /// a person.
    pub fn is_settled(self) -> bool {
        self.weight() > 0
    }

    /// How much it says of the album.
    fn weight(self) -> u8 {
        match self {
            Self::Matched | Self::FuzzyMatched => 2,
            Self::Ambiguous => 1,
            Self::Pending | Self::NoDate | Self::NotFound => 0,
        }
    }

    /// The one of this [name](Self::as_str), if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Its name, as databases and programs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Matched => "matched",
            Self::FuzzyMatched => "fuzzy_matched",
            Self::Ambiguous => "ambiguous",
            Self::NotFound => "not_found",
            Self::NoDate => "no_date",
        }
    }
}

/// The release group that an album is, and why that is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Found {
    /// The group.
    pub group: GroupName,
    /// How it was found.
    pub method: Method,
    /// How far to believe it: 0 to 1000. A table of what was right how often belongs to it, not a
    /// probability.
    pub confidence: u16,
    /// Whether one of the album's tracks was found on it, where that was asked.
    pub track_confirmed: bool,
}

/// A release group by its names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GroupName {
    /// Its identifier.
    pub id: Mbid,
    /// Its title.
    pub title: String,
    /// Its artists, as they stand on the record.
    pub artist: String,
    /// When its first release came out.
    pub first_release: Option<PartialDate>,
}

impl Found {
    /// A group that was found in this way, no track of it confirmed.
    pub fn new(group: GroupName, method: Method, confidence: u16) -> Self {
        Self { group, method, confidence, track_confirmed: false }
    }
}

impl GroupName {
    /// A group of this artist and title, first released at that time if anybody knows.
    pub fn new(
        id: Mbid,
        artist: impl Into<String>,
        title: impl Into<String>,
        first_release: Option<PartialDate>,
    ) -> Self {
        Self { id, title: title.into(), artist: artist.into(), first_release }
    }
}

/// How a group was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Method {
    /// By an identifier that came with a play.
    Identifier,
    /// By names that are equal but for case, accents and punctuation.
    Names,
    /// By names without editions, articles and the like.
    WithoutEdition,
    /// By a title that is misspelled, among the artist's.
    Spelling,
    /// By one of several artists who are named.
    OtherArtist,
    /// On a record of many artists, which holds one of the tracks.
    Various,
}

impl Method {
    /// Its name, as databases and programs write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Identifier => "identifier",
            Self::Names => "names",
            Self::WithoutEdition => "without_edition",
            Self::Spelling => "spelling",
            Self::OtherArtist => "other_artist",
            Self::Various => "various",
        }
    }
}

/// A group that an album may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Near {
    /// The group.
    pub group: GroupName,
    /// What speaks for it.
    pub because: Because,
}

impl Near {
    /// A group for which this speaks.
    pub fn new(group: GroupName, because: Because) -> Self {
        Self { group, because }
    }
}

/// What speaks for a group that was not believed to be the album.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Because {
    /// An identifier that came with a play, though the names are others.
    Identifier,
    /// Its names, which others have, too.
    Names,
    /// Half of the words of its title, by the same artist.
    Words,
}

impl Outcome {
    /// An album of which nothing is known but that it was asked for at this moment.
    pub fn new(status: Status, looked_up_at: Timestamp) -> Self {
        let (found, near, next_try, trouble) = (None, Vec::new(), None, None);
        Self { status, found, near, looked_up_at, next_try, failure_count: 0, trouble }
    }

    /// Whether it takes the place of what was known before: not if that says more, which somebody
    /// else has found out meanwhile. A group that was found says the most, then several that it may
    /// be, then all else.
    pub fn takes_place_of(&self, before: &Self) -> bool {
        self.status.weight() >= before.status.weight()
    }

    /// Keeps what was found before an answer that is missing now: to wait for one takes nothing away.
    pub fn keep_evidence_of(&mut self, before: &Self) {
        if self.status == Status::Pending && self.found.is_none() && self.near.is_empty() {
            self.found.clone_from(&before.found);
            self.near.clone_from(&before.near);
        }
    }

    /// The year in which the album was first released.
    pub fn year(&self) -> Option<i16> {
        Some(self.found.as_ref()?.group.first_release?.year())
    }
}
