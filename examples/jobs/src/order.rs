//! What can be ordered: a kind of work for one user, perhaps of one year, and how urgent it is.

use std::fmt;
use std::str::FromStr;

use lastfm_core::Username;
use riverqueue::JobArgs;
use serde::{Deserialize, Serialize};

use crate::Error;

/// What a job does for its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Brings the user's archive up to date. Of one year: archives it, again if it is archived.
    Sync,
    /// Compares the user's archive with the service, and repairs it.
    Audit,
    /// Finds out when the user's albums were first released.
    Enrich,
    /// Sends what waits in the user's queue of scrobbles.
    Scrobble,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: &[Self] = &[Self::Sync, Self::Audit, Self::Enrich, Self::Scrobble];

    /// The word for it in tables, queues and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Audit => "audit",
            Self::Enrich => "enrich",
            Self::Scrobble => "scrobble",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let kind = Self::ALL.iter().find(|kind| kind.as_str() == word);
        kind.copied()
            .ok_or_else(|| Error::Row { table: "fetch_jobs", why: format!("kind {word:?}") })
    }
}

/// How urgent a job is. Workers take the most urgent job first, and of those that are equally
/// urgent the one that has waited longest.
///
/// A job goes to the end of its line after each slice, so that a first import of hours does not
/// hold up the others that are as urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// A person waits for it.
    Waiting,
    /// It is done by the clock, every hour.
    Scheduled,
    /// It is done some time at night.
    Nightly,
}

impl Priority {
    /// River's number: 1 is taken first.
    pub(crate) const fn number(self) -> i16 {
        match self {
            Self::Waiting => 1,
            Self::Scheduled => 2,
            Self::Nightly => 3,
        }
    }

    pub(crate) const fn from_number(number: i16) -> Self {
        match number {
            ..=1 => Self::Waiting,
            2 => Self::Scheduled,
            _ => Self::Nightly,
        }
    }
}

/// An order for one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What is to be done.
    pub kind: Kind,
    /// For whom. Names that differ in case only are the same user.
    pub user: Username,
    /// Of which year (UTC) of the user's history; `None`: of all of it. Orders for different years
    /// stand beside one another, and beside the one for all.
    pub year: Option<i16>,
    /// How urgent it is.
    pub priority: Priority,
}

/// What River keeps of an order.
#[derive(Debug, Clone, Serialize, Deserialize, JobArgs)]
#[river(kind = "fetch", unique(by_args))]
pub(crate) struct Fetch {
    #[river(unique)]
    pub(crate) kind: Kind,
    /// The name in lower case.
    #[river(unique)]
    pub(crate) user: String,
    /// The name as it was ordered.
    pub(crate) name: Username,
    /// Left out if there is none: so River takes it for the same order as before there were years.
    #[river(unique)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) year: Option<i16>,
}

impl Fetch {
    pub(crate) fn new(order: &Order) -> Self {
        let Key { kind, user, year } = order.key();
        Self { kind, user, name: order.user.clone(), year }
    }

    pub(crate) fn key(&self) -> Key {
        Key { kind: self.kind, user: self.user.clone(), year: self.year }
    }
}

impl Order {
    pub(crate) fn key(&self) -> Key {
        Key::new(self.kind, &self.user, self.year)
    }
}

/// What a job is about: of each, one job is live at a time, and the newest one is shown.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) kind: Kind,
    /// The name in lower case.
    pub(crate) user: String,
    pub(crate) year: Option<i16>,
}

impl Key {
    pub(crate) fn new(kind: Kind, user: &Username, year: Option<i16>) -> Self {
        Self { kind, user: user.folded(), year: year.filter(|year| *year != WHOLE) }
    }

    /// The year as tables have it. It is part of their keys, in which two that are NULL would be
    /// different.
    pub(crate) fn number(&self) -> i16 {
        self.year.unwrap_or(WHOLE)
    }

    /// The year of this number.
    pub(crate) fn year_of(number: i16) -> Option<i16> {
        Some(number).filter(|number| *number != WHOLE)
    }
}

/// In the place of a year: all of them.
const WHOLE: i16 = 0;

/// `sync 2024 rj`, as changes are announced; in words it says what is missing.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.kind, self.number(), self.user)
    }
}

impl FromStr for Key {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Row { table: "fetch_jobs", why: format!("announced as {text:?}") };
        let mut words = text.splitn(3, ' ');
        let (Some(kind), Some(year), Some(user)) = (words.next(), words.next(), words.next())
        else {
            return Err(wrong());
        };
        let year = year.parse().map_err(|_| wrong())?;
        Ok(Self { kind: kind.parse()?, user: user.to_owned(), year: Self::year_of(year) })
    }
}
