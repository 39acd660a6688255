//! A date of which perhaps only the year is known.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// When something was released, as far as anybody knows: a year, a month of it, a day of that.
///
/// Ordered by time; of two dates that agree as far as both are known, the one that is known better
/// comes first, as in MusicBrainz: `1969-09-26` before `1969-09` before `1969`.
///
/// ```
/// use lastfm_core::albums::PartialDate;
///
/// let day: PartialDate = "1969-09-26".parse()?;
/// let year: PartialDate = "1969".parse()?;
/// assert!(day < year && year.year() == 1969);
/// assert_eq!(PartialDate::known("????-09-26")?, None);
/// # Ok::<(), lastfm_core::albums::MalformedDate>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartialDate {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
}

/// Text that is no date, nor a part of one, nor says that none is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a date nor a part of one")]
pub struct MalformedDate;

impl PartialDate {
    /// The date of these parts; nothing if no calendar has it. A day without a month says nothing
    /// and is left out. Years begin with 1: a 0 stands for one that nobody knows.
    pub fn new(year: i16, month: Option<i8>, day: Option<i8>) -> Option<Self> {
        let day = day.filter(|_| month.is_some());
        let on_calendar = jiff::civil::Date::new(year, month.unwrap_or(1), day.unwrap_or(1));
        (year > 0 && on_calendar.is_ok()).then_some(Self { year, month, day })
    }

    /// The same, as far as a calendar has it: the 30th of February is some day of February, and the
    /// 13th month some month of its year.
    pub fn as_far_as_known(year: i16, month: Option<i8>, day: Option<i8>) -> Option<Self> {
        Self::new(year, month, day)
            .or_else(|| Self::new(year, month, None))
            .or_else(|| Self::new(year, None, None))
    }

    /// The date in this text: `1969-09-26`, `1969-09` or `1969`, with question marks, zeros or
    /// nothing where a part is not known. Nothing if the year is not known.
    ///
    /// # Errors
    ///
    /// [`MalformedDate`] for anything else.
    pub fn known(text: &str) -> Result<Option<Self>, MalformedDate> {
        let mut parts = text.trim().split('-').map(str::trim);
        let mut part = |digits: usize| match parts.next() {
            None => Ok(None),
            Some(part) if part.bytes().all(|byte| byte == b'?' || byte == b'0') => Ok(None),
            Some(part) if part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()) => {
                part.parse::<i16>().map(Some).map_err(|_| MalformedDate)
            }
            Some(_) => Err(MalformedDate),
        };
        let (year, month, day) = (part(4)?, part(2)?, part(2)?);
        if parts.next().is_some() {
            return Err(MalformedDate);
        }
        let short = |part: Option<i16>| part.and_then(|part| i8::try_from(part).ok());
        // A leap year stands in for one that is not known, so that the rest is looked at, too.
        let whole = Self::new(year.unwrap_or(2000), short(month), short(day));
        let whole = whole.ok_or(MalformedDate)?;
        Ok(year.map(|_| whole))
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month, from 1 to 12.
    pub fn month(self) -> Option<i8> {
        self.month
    }

    /// The day of the month, from 1 to 31; only known with its month.
    pub fn day(self) -> Option<i8> {
        self.day
    }
}

impl Ord for PartialDate {
    fn cmp(&self, other: &Self) -> Ordering {
        // What is not known comes last.
        let key =
            |date: &Self| (date.year, date.month.unwrap_or(i8::MAX), date.day.unwrap_or(i8::MAX));
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for PartialDate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for PartialDate {
    type Err = MalformedDate;

    /// As [`known`](Self::known) reads it, but a date of which nothing is known is none.
    fn from_str(text: &str) -> Result<Self, MalformedDate> {
        Self::known(text)?.ok_or(MalformedDate)
    }
}

impl TryFrom<String> for PartialDate {
    type Error = MalformedDate;

    fn try_from(text: String) -> Result<Self, MalformedDate> {
        text.parse()
    }
}

impl From<PartialDate> for String {
    fn from(date: PartialDate) -> Self {
        date.to_string()
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        for part in [self.month, self.day].into_iter().flatten() {
            write!(f, "-{part:02}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_date_is_read_as_far_as_it_is_known() {
        for (text, said) in [
            ("1969-09-26", "1969-09-26"),
            ("1969-09", "1969-09"),
            ("1969", "1969"),
            (" 1969 ", "1969"),
            ("1969-??-??", "1969"),
            ("1969-09-??", "1969-09"),
            ("1969-00-00", "1969"),
            ("1969--", "1969"),
            // A day of no month says nothing.
            ("1969-??-26", "1969"),
            ("2000-02-29", "2000-02-29"),
        ] {
            assert_eq!(PartialDate::known(text).unwrap().unwrap().to_string(), said, "{text}");
        }
    }

    #[test]
    fn a_date_without_its_year_is_not_known() {
        for text in ["", "  ", "????", "????-09-26", "0000-09", "0000", "-09-26", "????-02-29"] {
            assert_eq!(PartialDate::known(text), Ok(None), "{text}");
            assert_eq!(text.parse::<PartialDate>(), Err(MalformedDate), "{text}");
        }
    }

    #[test]
    fn what_no_calendar_has_is_no_date() {
        for text in [
            "69",
            "19690926",
            "1969-13",
            "1969-9-26",
            "1969-02-30",
            "1900-02-29",
            "1969-09-26-1",
            "September 1969",
            "1969/09/26",
            "+969",
            "????-13-01",
            "١٩٦٩",
        ] {
            assert_eq!(PartialDate::known(text), Err(MalformedDate), "{text}");
        }
        let said = |year, month, day| {
            PartialDate::as_far_as_known(year, Some(month), Some(day)).map(|date| date.to_string())
        };
        assert_eq!(said(1974, 2, 30).as_deref(), Some("1974-02"));
        assert_eq!(said(1974, 13, 1).as_deref(), Some("1974"));
        assert_eq!(said(-5, 1, 1), None);
        assert_eq!(PartialDate::new(0, None, None), None);
        assert_eq!(PartialDate::new(-5, None, None), None);
    }

    #[test]
    fn what_is_known_better_comes_first() {
        let mut dates: Vec<PartialDate> =
            ["1970", "1969", "1969-09", "1969-09-26", "1969-10-01", "1968-12"]
                .map(|text| text.parse().unwrap())
                .into();
        dates.sort();
        let said: Vec<String> = dates.iter().map(PartialDate::to_string).collect();
        assert_eq!(said, ["1968-12", "1969-09-26", "1969-09", "1969-10-01", "1969", "1970"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9?-]{0,12}") {
            if let Ok(Some(date)) = PartialDate::known(&text) {
                prop_assert_eq!(PartialDate::known(&date.to_string()), Ok(Some(date)));
            }
        }
    }
}
