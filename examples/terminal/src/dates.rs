//! Dates and times as people write them on a command line.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lastfm_core::Timestamp;
use lastfm_core::archive::Span;

/// The seconds that a date names: a year, a month, a day or a single second, UTC.
pub fn named_span(text: &str) -> Result<Span, String> {
    let wrong =
        || format!("{text:?} is no date such as 2024-03-01, 2024-03, 2024 or 2024-03-01T20:15:00Z");
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(Span::second(Timestamp::from_unix(at.as_second())));
    }
    let parts: Vec<&str> = text.split('-').collect();
    let is_plain = parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
    if !is_plain || parts[0].len() != 4 {
        return Err(wrong());
    }
    let number = |part: &str| part.parse::<i8>().map_err(|_| wrong());
    let year = parts[0].parse::<i16>().map_err(|_| wrong())?;
    let day = |month: i8, day: i8| Date::new(year, month, day).map_err(|_| wrong());
    let (first, next) = match parts[..] {
        [_] => (day(1, 1)?, Date::new(year + 1, 1, 1).ok()),
        [_, month] => {
            let first = day(number(month)?, 1)?;
            (first, first.last_of_month().tomorrow().ok())
        }
        [_, month, of_month] => {
            let first = day(number(month)?, number(of_month)?)?;
            (first, first.tomorrow().ok())
        }
        _ => return Err(wrong()),
    };
    let end = next.map_or(Some(Timestamp::MAX), midnight);
    midnight(first).zip(end).map(|(start, end)| Span::new(start, end)).ok_or_else(wrong)
}

/// The seconds of a year, UTC.
pub fn named_year(text: &str) -> Result<Span, String> {
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let span = named_span(text).ok().filter(|_| is_year);
    span.ok_or_else(|| format!("{text:?} is no year such as 2024"))
}

/// This machine's time.
pub fn now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(i64::try_from(since_1970.as_secs()).unwrap_or_default())
}

/// The calendar months of a span, UTC, the first and the last one as far as they belong to it.
pub fn months(span: Span) -> Vec<Span> {
    let mut months = Vec::new();
    let mut start = span.start;
    while start < span.end {
        let Ok(at) = jiff::Timestamp::from_second(start.as_unix()) else { break };
        let last = TimeZone::UTC.to_datetime(at).date().last_of_month();
        let next = last.tomorrow().ok().and_then(midnight).unwrap_or(span.end);
        months.push(Span::new(start, next.min(span.end)));
        start = next;
    }
    months
}

/// A length of time: `90s`, `15min`, `2h`, `1d`.
pub fn named_time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no length of time such as 90s, 15min, 2h or 1d");
    let span: jiff::Span = text.parse().map_err(|_| wrong())?;
    let of_24_hours = jiff::SpanRelativeTo::days_are_24_hours();
    let length = span.to_duration(of_24_hours).map_err(|_| wrong())?;
    Duration::try_from(length).map_err(|_| wrong())
}

/// How often something is to happen: a second or more.
pub fn named_period(text: &str) -> Result<Duration, String> {
    match named_time(text)? {
        period if period >= Duration::from_secs(1) => Ok(period),
        _ => Err("a second is the shortest period".to_owned()),
    }
}

fn midnight(day: Date) -> Option<Timestamp> {
    let at = day.to_zoned(TimeZone::UTC).ok()?;
    Some(Timestamp::from_unix(at.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(text: &str) -> (i64, i64) {
        let span = named_span(text).unwrap();
        (span.start.as_unix(), span.end.as_unix())
    }

    #[test]
    fn a_date_names_all_of_its_seconds() {
        assert_eq!(seconds("2024"), (1_704_067_200, 1_735_689_600));
        assert_eq!(seconds("2024-02"), (1_706_745_600, 1_709_251_200));
        assert_eq!(seconds("2024-02-29"), (1_709_164_800, 1_709_251_200));
        assert_eq!(seconds("2024-02-29T00:00:01Z"), (1_709_164_801, 1_709_164_802));
    }

    #[test]
    fn a_span_has_the_months_that_it_touches() {
        let span = Span::new(
            named_span("2023-12-30").unwrap().start,
            named_span("2024-02-01").unwrap().end,
        );
        let months: Vec<_> = months(span).iter().map(|month| month.seconds() / 86_400).collect();
        assert_eq!(months, [2, 31, 1]);
        assert!(super::months(Span::new(span.end, span.end)).is_empty());
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in ["", "24", "2024-", "2024-13", "2023-02-29", "yesterday", "2024-1-1-1", "-2024"]
        {
            assert!(named_span(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_year_has_four_digits() {
        assert_eq!(named_year("2024"), named_span("2024"));
        for text in ["20244", "24", "2024-03", "2024-03-01", "this", "-024", ""] {
            let said = named_year(text).unwrap_err();
            assert_eq!(said, format!("{text:?} is no year such as 2024"));
        }
    }

    #[test]
    fn lengths_are_written_as_people_do() {
        for (text, seconds) in [("90s", 90), ("15min", 900), ("2h", 7200), ("1d", 86_400)] {
            assert_eq!(named_time(text).unwrap().as_secs(), seconds, "{text}");
        }
        for text in ["", "2", "soon", "-2h"] {
            assert!(named_time(text).is_err(), "{text:?}");
        }
        assert!(named_period("1s").is_ok() && named_period("0.5s").is_err());
    }
}
