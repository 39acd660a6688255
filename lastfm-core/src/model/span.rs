//! A stretch of time.

use std::fmt;

use super::Timestamp;

/// The seconds from `start` up to, but without, `end`.
///
/// ```
/// use lastfm_core::{Span, Timestamp};
///
/// let year = Span::year(2024).unwrap();
/// assert_eq!(year.seconds(), 366 * 24 * 60 * 60);
/// assert!(year.contains(Timestamp::start_of_year(2024).unwrap()));
/// assert!(!year.contains(Timestamp::start_of_year(2025).unwrap()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first second.
    pub start: Timestamp,
    /// The first second that no longer belongs to it.
    pub end: Timestamp,
}

impl Span {
    /// All of time.
    pub const EVER: Self = Self { start: Timestamp::MIN, end: Timestamp::MAX };

    /// The seconds from `start` up to, but without, `end`; empty if `end` is not later.
    pub const fn new(start: Timestamp, end: Timestamp) -> Self {
        Self { start, end }
    }

    /// This one second.
    pub const fn second(at: Timestamp) -> Self {
        Self { start: at, end: at.plus(1) }
    }

    /// A calendar year, UTC; nothing outside the years -9999 to 9998.
    pub fn year(year: i16) -> Option<Self> {
        let end = Timestamp::start_of_year(year.checked_add(1)?)?;
        Some(Self { start: Timestamp::start_of_year(year)?, end })
    }

    /// Whether no second belongs to it.
    pub fn is_empty(self) -> bool {
        self.start >= self.end
    }

    /// Whether `at` belongs to it.
    pub fn contains(self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether they share a second.
    pub fn overlaps(self, other: Self) -> bool {
        !self.intersection(other).is_empty()
    }

    /// The seconds that belong to both; may be empty.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self { start: self.start.max(other.start), end: self.end.min(other.end) }
    }

    /// What of it lies before and after `other`, as far as there is any.
    pub fn without(self, other: Self) -> impl Iterator<Item = Self> {
        let before = Self::new(self.start, self.end.min(other.start));
        let after = Self::new(self.start.max(other.end), self.end);
        [before, after].into_iter().filter(|part| !part.is_empty())
    }

    /// How many seconds; 2^64 - 1 for all of time.
    pub fn seconds(self) -> u64 {
        if self.is_empty() { 0 } else { self.end.as_unix().abs_diff(self.start.as_unix()) }
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {})", self.start, self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_shows_that_its_end_is_not_in_it() {
        let span = Span::new(Timestamp::from_unix(0), Timestamp::from_unix(60));
        assert_eq!(format!("{span:?}"), "[1970-01-01T00:00:00Z, 1970-01-01T00:01:00Z)");
    }
}
