//! A second on the calendar.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The seconds of a day: the service counts in UTC, where every day has as many.
pub(crate) const DAY: i64 = 24 * 60 * 60;

/// A moment in whole seconds UTC since 1970-01-01, the only precision that Last.fm has.
///
/// May be zero (some players submitted their whole library there) or negative.
///
/// ```
/// use lastfm_core::Timestamp;
///
/// let first_of_2024 = Timestamp::start_of_year(2024).unwrap();
/// assert_eq!(first_of_2024.as_unix(), 1_704_067_200);
/// assert_eq!(first_of_2024.to_string(), "2024-01-01T00:00:00Z");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Before every play: the start of a span that has no lower end.
    pub const MIN: Self = Self(i64::MIN);
    /// After every play: the end of a span that has no upper end.
    pub const MAX: Self = Self(i64::MAX);

    /// The moment this many seconds after 1970-01-01 00:00 UTC.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01 00:00 UTC.
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    /// The UTC year; nothing where the calendar ends (years beyond -9999 to 9999).
    pub fn year(self) -> Option<i16> {
        self.civil().map(jiff::civil::DateTime::year)
    }

    /// The first second of a UTC year, or nothing outside the years -9999 to 9999.
    pub fn start_of_year(year: i16) -> Option<Self> {
        let date = jiff::civil::Date::new(year, 1, 1).ok()?;
        let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Self(zoned.timestamp().as_second()))
    }

    /// The moment that an HTTP `Date` header names.
    pub fn from_http_date(text: &str) -> Option<Self> {
        let zoned = jiff::fmt::rfc2822::DateTimeParser::new().parse_zoned(text).ok()?;
        Some(Self(zoned.timestamp().as_second()))
    }

    /// How the service writes this moment beside `uts`: `12 Apr 2026, 20:07`.
    ///
    /// Nothing where the calendar ends (years beyond -9999 to 9999).
    pub fn service_text(self) -> Option<String> {
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let at = self.civil()?;
        // Written for each play that is read.
        let month = MONTHS[usize::try_from(at.month()).ok()? - 1];
        let (day, year, hour, minute) = (at.day(), at.year(), at.hour(), at.minute());
        let year = if year < 0 { format!("{year:05}") } else { format!("{year:04}") };
        Some(format!("{day:02} {month} {year}, {hour:02}:{minute:02}"))
    }

    /// This many seconds later (earlier if negative), kept between [`MIN`](Self::MIN) and
    /// [`MAX`](Self::MAX), which themselves never move.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        match self {
            Self::MIN | Self::MAX => self,
            Self(at) => Self(at.saturating_add(seconds)),
        }
    }

    /// The moment so much later, in whole seconds, within the same ends as [`plus`](Self::plus).
    #[must_use]
    pub fn later(self, by: Duration) -> Self {
        self.plus(i64::try_from(by.as_secs()).unwrap_or(i64::MAX))
    }

    /// The moment so much earlier, in whole seconds, within the same ends as [`plus`](Self::plus).
    #[must_use]
    pub fn earlier(self, by: Duration) -> Self {
        self.plus(-i64::try_from(by.as_secs()).unwrap_or(i64::MAX))
    }

    /// The time from `earlier` to this moment; zero if it is not earlier.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    fn civil(self) -> Option<jiff::civil::DateTime> {
        let at = jiff::Timestamp::from_second(self.0).ok()?;
        Some(jiff::tz::TimeZone::UTC.to_datetime(at))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(at) => write!(f, "{at}"),
            Err(_) => write!(f, "{} s", self.0),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_writes_minutes_in_utc() {
        let at = Timestamp::from_unix(1_776_024_459);
        assert_eq!(at.service_text().unwrap(), "12 Apr 2026, 20:07");
    }

    #[test]
    fn a_year_begins_with_its_first_second() {
        let start = Timestamp::start_of_year(2024).unwrap();
        assert_eq!((start.year(), start.plus(-1).year()), (Some(2024), Some(2023)));
        assert_eq!(Timestamp::MAX.year(), None);
    }

    #[test]
    fn a_date_header_is_read() {
        let at = Timestamp::from_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        assert_eq!(at.as_unix(), 784_111_777);
        assert_eq!(Timestamp::from_http_date("yesterday"), None);
    }

    #[test]
    fn the_ends_of_time_do_not_move() {
        assert_eq!(Timestamp::MIN.plus(1), Timestamp::MIN);
        assert_eq!(Timestamp::MAX.plus(-1), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.earlier(Duration::from_secs(1)), Timestamp::MAX);
    }

    #[test]
    fn no_time_is_too_long() {
        let at = Timestamp::from_unix(7);
        let nearly_three = Duration::from_millis(2_999);
        assert_eq!((at.earlier(nearly_three), at.later(nearly_three)), (at.plus(-2), at.plus(2)));
        assert_eq!(at.earlier(Duration::MAX).as_unix(), 7 - i64::MAX);
        assert_eq!(at.later(Duration::MAX), Timestamp::MAX);
    }
}
