//! Moments and lengths as people say them, and how they are shown: in their own time zone.

use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use lastfm_core::Timestamp;

/// A moment, as it was said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MomentInput {
    /// The moment at which it is said.
    Now,
    /// So long before.
    Ago(Duration),
    /// This second.
    At(Timestamp),
    /// The last time that clocks showed this.
    Clock(Time),
    /// A date and a time on the clocks of a zone.
    Date(DateTime),
}

/// `now`, `20:14`, `10min ago`, `2026-11-21 20:14`, `2026-11-21T20:14:00Z`.
pub fn said(text: &str) -> Result<MomentInput, String> {
    let text = text.trim();
    if text == "now" {
        return Ok(MomentInput::Now);
    }
    if let Some(length) = text.strip_suffix("ago") {
        return crate::dates::named_time(length.trim()).map(MomentInput::Ago);
    }
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(MomentInput::At(Timestamp::from_unix(at.as_second())));
    }
    if let Ok(at) = text.parse::<i64>()
        && at >= 100_000_000
    {
        return Ok(MomentInput::At(Timestamp::from_unix(at)));
    }
    if let Ok(clock) = Time::strptime("%H:%M", text).or_else(|_| Time::strptime("%H:%M:%S", text)) {
        return Ok(MomentInput::Clock(clock));
    }
    text.parse().map(MomentInput::Date).map_err(|_| {
        format!("{text:?} is no moment such as now, 20:14, \"10min ago\" or \"2026-11-21 20:14\"")
    })
}

impl MomentInput {
    /// The moment that is meant, said now.
    pub fn moment(self, now: Timestamp, zone: &TimeZone) -> Timestamp {
        match self {
            Self::Now => now,
            Self::Ago(length) => now.earlier(length),
            Self::At(at) => at,
            Self::Clock(clock) => {
                let today = civil(now, zone).date().to_datetime(clock);
                let at = on_clocks(today, zone);
                if at <= now { at } else { on_clocks(today.saturating_sub(1.day()), zone) }
            }
            Self::Date(date) => on_clocks(date, zone),
        }
    }
}

/// When the clocks of a zone show this. Of an hour that they show twice, the first one.
pub fn on_clocks(shown: DateTime, zone: &TimeZone) -> Timestamp {
    let at = zone.to_ambiguous_timestamp(shown).compatible();
    // Beyond the calendar.
    at.map_or(Timestamp::MAX, |at| Timestamp::from_unix(at.as_second()))
}

/// What the clocks of a zone show.
fn civil(at: Timestamp, zone: &TimeZone) -> DateTime {
    let known = jiff::Timestamp::from_second(at.as_unix()).unwrap_or_default();
    zone.to_datetime(known)
}

/// `20:14`, `yesterday 20:14`, `20 Nov 20:14`, `20 Nov 2025 20:14`
pub fn shown(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    format!("{}{}", day(at, now, zone), civil(at, zone).strftime("%H:%M"))
}

/// The same to the second: `20:14:07`, `yesterday 20:14:07`
pub fn to_the_second(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    format!("{}{}", day(at, now, zone), civil(at, zone).strftime("%H:%M:%S"))
}

/// How much of the date is to be said.
fn day(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (civil(at, zone).date(), civil(now, zone).date());
    match at {
        date if date == now => String::new(),
        date if Some(date) == now.yesterday().ok() => "yesterday ".to_owned(),
        date if date.year() == now.year() => date.strftime("%-d %b ").to_string(),
        date => date.strftime("%-d %b %Y ").to_string(),
    }
}

/// No track is longer: a day.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The length of a track: `3:45`, `1:02:03`, `225`, `225s`.
pub fn length(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no length of a track such as 3:45");
    let text = text.trim();
    let of = |seconds| Duration::try_from_secs_f64(seconds).map_err(|_| wrong());
    let length = match text.split(':').collect::<Vec<_>>()[..] {
        [seconds] => match seconds.parse::<f64>() {
            Ok(seconds) => of(seconds)?,
            Err(_) => crate::dates::named_time(text).map_err(|_| wrong())?,
        },
        [ref parts @ .., seconds] if parts.len() <= 2 => {
            let mut sum = 0.0;
            for part in parts {
                sum = (sum + f64::from(part.parse::<u16>().map_err(|_| wrong())?)) * 60.0;
            }
            of(sum + seconds.parse::<f64>().ok().filter(|rest| *rest < 60.0).ok_or_else(wrong)?)?
        }
        _ => return Err(wrong()),
    };
    // Longer than a day is most likely a length in milliseconds.
    if length > LONGEST { Err(wrong()) } else { Ok(length) }
}

/// A time zone by its name: `Europe/Berlin`, `+02:00`, `UTC`.
pub fn zone(text: &str) -> Result<TimeZone, String> {
    if let Ok(offset) = jiff::fmt::strtime::parse("%:z", text)
        && let Some(offset) = offset.offset()
    {
        return Ok(offset.to_time_zone());
    }
    TimeZone::get(text)
        .map_err(|_| format!("{text:?} is no time zone such as Europe/Berlin, +02:00 or UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Saturday, 21 Nov 2026, 20:14:07 UTC.
    const NOW: Timestamp = Timestamp::from_unix(1_795_292_047);

    fn moment(text: &str, zone: &TimeZone) -> i64 {
        said(text).unwrap().moment(NOW, zone).as_unix() - NOW.as_unix()
    }

    #[test]
    fn a_moment_is_said_in_many_ways() {
        let berlin = zone("+01:00").unwrap();
        for (text, utc, there) in [
            ("now", 0, 0),
            ("10min ago", -600, -600),
            ("20:14", -7, -3607),
            ("20:15", 53 - 86_400, -3547),
            ("21:14:07", 3600 - 86_400, 0),
            ("2026-11-21 20:14:07", 0, -3600),
            ("2026-11-22 20:14:07", 86_400, 82_800),
            ("2026-11-21T20:14:07Z", 0, 0),
            ("1795292000", -47, -47),
        ] {
            assert_eq!(moment(text, &TimeZone::UTC), utc, "{text}");
            assert_eq!(moment(text, &berlin), there, "{text}");
        }
        for text in ["", "later", "25:00", "2026-13-01 10:00", "7"] {
            assert!(said(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn what_is_shown_says_no_more_of_the_date_than_is_needed() {
        for (ago, text) in [
            (0, "20:14"),
            (86_400, "yesterday 20:14"),
            (5 * 86_400, "16 Nov 20:14"),
            (400 * 86_400, "17 Oct 2025 20:14"),
        ] {
            let at = NOW.plus(-ago);
            assert_eq!(shown(at, NOW, &TimeZone::UTC), text);
            assert_eq!(to_the_second(at, NOW, &TimeZone::UTC), format!("{text}:07"));
        }
    }

    #[test]
    fn the_length_of_a_track_is_in_minutes_and_seconds() {
        for (text, seconds) in [("3:45", 225), ("1:02:03", 3723), ("225", 225), ("4min", 240)] {
            assert_eq!(length(text).unwrap().as_secs(), seconds, "{text}");
        }
        for text in ["", "3:75", "-3", "long", "1:2:3:4", "225000", "NaN", "25h"] {
            assert!(length(text).is_err(), "{text:?}");
        }
    }
}
