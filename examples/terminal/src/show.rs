//! Numbers, dates and the service's complaints, in words for a person.

use std::fmt::Display;
use std::time::Duration;

use jiff::tz::TimeZone;
use lastfm_core::Timestamp;
use lastfm_core::albums::ReleaseYears;
use lastfm_core::archive::{Replaced, Span};

use crate::columns;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// `185,212`
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 play`, `112,000 plays`
pub fn count(many: u64, what: &str) -> String {
    let ending = if many == 1 { "" } else { "s" };
    format!("{} {what}{ending}", number(many))
}

/// `18 new, 2 removed on Last.fm, kept here`
pub fn changes(replaced: Replaced) -> String {
    let told = [
        (replaced.added, "new"),
        (replaced.changed, "changed"),
        (replaced.removed, "removed on Last.fm, kept here"),
    ];
    let told = told.into_iter().filter(|(many, _)| *many > 0);
    let told: Vec<_> = told.map(|(many, what)| format!("{} {what}", number(many))).collect();
    if told.is_empty() { "nothing new".to_owned() } else { told.join(", ") }
}

/// `91 % of 185,212 plays have a year`
pub fn share(years: &ReleaseYears) -> String {
    let part = columns::percent(years.dated().plays, years.plays);
    format!("{part} of {} have a year", count(years.plays, "play"))
}

/// `2 Mar 2014`
pub fn day(at: Timestamp) -> String {
    written(at, "%-d %b %Y")
}

/// `Feb 2005`
pub fn month(at: Timestamp) -> String {
    written(at, "%b %Y")
}

/// `20 Nov 2026 10:02`
pub fn minute(at: Timestamp) -> String {
    written(at, "%-d %b %Y %H:%M")
}

/// `14 Jun 2011 20:11:03`
pub fn moment(at: Timestamp) -> String {
    written(at, "%-d %b %Y %H:%M:%S")
}

/// `2026-11-21 14:00:03Z`
pub fn stamp(at: Timestamp) -> String {
    written(at, "%Y-%m-%d %H:%M:%SZ")
}

/// `14:00`
pub fn minute_of_day(at: Timestamp) -> String {
    written(at, "%H:%M")
}

/// `14:00:03`
pub fn second_of_day(at: Timestamp) -> String {
    written(at, "%H:%M:%S")
}

fn written(at: Timestamp, format: &str) -> String {
    match jiff::Timestamp::from_second(at.as_unix()) {
        Ok(known) => TimeZone::UTC.to_datetime(known).strftime(format).to_string(),
        // Beyond the calendar.
        Err(_) => at.to_string(),
    }
}

/// A span in dates: `2024`, `3 Jan – 9 Apr 2021`, `before 2 Mar 2014`, `14 Jun 2011 20:11:03`.
pub fn span(span: Span) -> String {
    let last = span.end.plus(-1);
    // What holds second 0 begins with all of time: nothing can be asked up to there.
    let is_of_1970 = (1..DAY.cast_signed()).contains(&span.end.as_unix());
    if span.start == Timestamp::MIN && is_of_1970 {
        return self::span(Span::new(Timestamp::from_unix(0), span.end));
    }
    match (span.start == Timestamp::MIN, span.end == Timestamp::MAX) {
        (true, true) => return "everything".to_owned(),
        (true, false) if starts_a_day(span.end) => return format!("before {}", day(span.end)),
        (true, false) => return format!("before {}", minute(span.end)),
        (false, true) => return format!("since {}", day(span.start)),
        (false, false) => {}
    }
    if span.seconds() <= 1 {
        return moment(span.start);
    }
    let is_days = starts_a_day(span.start) && starts_a_day(span.end);
    if !is_days && span.seconds() < 2 * DAY {
        return format!("{} – {}", moment(span.start), moment(last));
    }
    let (from, to) = (day(span.start), day(last));
    let (from_year, to_year) = (written(span.start, "%Y"), written(last, "%Y"));
    if from.starts_with("1 Jan") && to.starts_with("31 Dec") && is_days {
        return if from_year == to_year { from_year } else { format!("{from_year} – {to_year}") };
    }
    if from == to {
        return from;
    }
    let from = if from_year == to_year { written(span.start, "%-d %b") } else { from };
    format!("{from} – {to}")
}

fn starts_a_day(at: Timestamp) -> bool {
    at.as_unix().rem_euclid(86_400) == 0
}

/// `1 min 14 s`, `2 h 5 min`, `9 days`
pub fn time(length: Duration) -> String {
    let seconds = length.as_secs();
    let pair = |major: u64, unit: &str, minor: u64, small: &str| match minor {
        0 => format!("{major} {unit}"),
        _ => format!("{major} {unit} {minor} {small}"),
    };
    match seconds {
        0..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => pair(seconds / MINUTE, "min", seconds % MINUTE, "s"),
        HOUR..DAY => pair(seconds / HOUR, "h", seconds % HOUR / MINUTE, "min"),
        _ => count(seconds / DAY, "day"),
    }
}

/// `every hour`, `every 15 min`
pub fn every(period: Duration) -> String {
    match period.as_secs() {
        MINUTE => "every minute".to_owned(),
        HOUR => "every hour".to_owned(),
        DAY => "every day".to_owned(),
        _ => format!("every {}", time(period)),
    }
}

/// `just now`, `3 min ago`, `5 h ago`, `9 days ago`
pub fn ago(age: Duration) -> String {
    match age.as_secs() {
        0..MINUTE => "just now".to_owned(),
        seconds @ MINUTE..HOUR => format!("{} min ago", seconds / MINUTE),
        seconds @ HOUR..DAY => format!("{} h ago", seconds / HOUR),
        seconds => format!("{} ago", count(seconds / DAY, "day")),
    }
}

/// `about 40 seconds`, `about 3 minutes`
pub fn about(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0..90 => format!("about {}", count(seconds.max(1), "second")),
        90..5400 => format!("about {}", count((seconds + MINUTE / 2) / MINUTE, "minute")),
        _ => format!("about {}", count((seconds + HOUR / 2) / HOUR, "hour")),
    }
}

/// `31 MB`
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..10_000_000 => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
        _ => format!("{} MB", number(bytes / 1_000_000)),
    }
}

/// Why Last.fm is asked again, without the names of methods and layers.
pub fn complaint(reason: &str) -> String {
    if let Some((what, last)) = reason.split_once("; at last: ") {
        return format!("{}; at last: {}", complaint(what), complaint(last));
    }
    if let Some(words) = known_complaint(reason) {
        return words.to_owned();
    }
    // `user.getRecentTracks: …` tells a person nothing.
    let is_method = |word: &str| word.contains('.') && !word.contains(' ');
    let plain = reason.split_once(": ").filter(|(method, _)| is_method(method));
    let plain = plain.map_or(reason, |(_, rest)| rest);
    match plain.strip_prefix("it ") {
        Some(what) => format!("Last.fm {what}"),
        None if plain.contains("Last.fm") => plain.to_owned(),
        None => format!("Last.fm: {plain}"),
    }
}

/// The same of a reason that need not be Last.fm's: others stay as they are.
pub fn shortened(reason: &str) -> String {
    known_complaint(reason).unwrap_or(reason).to_owned()
}

/// What is wrong with the service or the way to it, if it is one of the usual things.
fn known_complaint(reason: &str) -> Option<&'static str> {
    let has_code = |code: u32| {
        let marked = format!("error {code}");
        let mut found = reason.match_indices(&marked);
        found.any(|(at, _)| {
            !reason[at + marked.len()..].starts_with(|next: char| next.is_ascii_digit())
        })
    };
    let codes = [
        (8, "Last.fm is busy (error 8)"),
        (11, "Last.fm is offline for the moment (error 11)"),
        (16, "Last.fm is not available for the moment (error 16)"),
        (29, "Last.fm asks for fewer requests (error 29)"),
    ];
    let signs = [
        ("no connection", "Last.fm cannot be reached"),
        ("no answer within", "Last.fm does not answer in time"),
        ("connection broke", "the connection to Last.fm broke"),
        ("requests are paused", "Last.fm asked for a pause"),
    ];
    let by_code = codes.into_iter().find(|(code, _)| has_code(*code)).map(|(_, words)| words);
    let by_sign = || signs.into_iter().find(|(sign, _)| reason.contains(sign));
    by_code.or_else(|| by_sign().map(|(_, words)| words))
}

/// ` --db FILE`, unless it is the file that is taken anyway.
pub fn db_option(place: impl Display) -> String {
    match &*place.to_string() {
        "scrobbles.db" => String::new(),
        place => format!(" --db {place}"),
    }
}

/// How to call this program again: as it was called.
pub fn program() -> String {
    crate::program::program().command()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::named_span;

    #[test]
    fn thousands_are_separated() {
        for (plain, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(number(plain), text);
        }
        assert_eq!(count(1, "play"), "1 play");
        assert_eq!(count(0, "play"), "0 plays");
    }

    #[test]
    fn spans_are_said_as_dates() {
        let between = |from: &str, to: &str| {
            span(Span::new(named_span(from).unwrap().start, named_span(to).unwrap().end))
        };
        assert_eq!(between("2024", "2024"), "2024");
        assert_eq!(between("2019", "2021"), "2019 – 2021");
        assert_eq!(between("2021-01-03", "2021-04-09"), "3 Jan – 9 Apr 2021");
        assert_eq!(between("2020-12-03", "2021-04-09"), "3 Dec 2020 – 9 Apr 2021");
        assert_eq!(between("2021-01-03", "2021-01-03"), "3 Jan 2021");
        assert_eq!(between("2011-06-14T20:11:03Z", "2011-06-14T20:11:03Z"), "14 Jun 2011 20:11:03");
        let before = Span::new(Timestamp::MIN, named_span("2014-03-02").unwrap().start);
        assert_eq!(span(before), "before 2 Mar 2014");
        let second_0 = Span::new(Timestamp::MIN, Timestamp::from_unix(1));
        assert_eq!(span(second_0), "1 Jan 1970 00:00:00");
    }

    #[test]
    fn lengths_of_time_have_two_parts_at_most() {
        for (seconds, text) in [
            (4, "4 s"),
            (60, "1 min"),
            (74, "1 min 14 s"),
            (7500, "2 h 5 min"),
            (800_000, "9 days"),
        ] {
            assert_eq!(time(Duration::from_secs(seconds)), text);
        }
        assert_eq!(every(Duration::from_secs(3600)), "every hour");
        assert_eq!(every(Duration::from_secs(5400)), "every 1 h 30 min");
        assert_eq!(about(Duration::from_secs(186)), "about 3 minutes");
        assert_eq!(ago(Duration::from_secs(185)), "3 min ago");
    }

    #[test]
    fn complaints_name_no_method() {
        let said = "user.getRecentTracks: the service says: Operation failed (error 8, HTTP 500)";
        assert_eq!(complaint(said), "Last.fm is busy (error 8)");
        let said = "user.getRecentTracks: no response: no connection to the service";
        assert_eq!(complaint(said), "Last.fm cannot be reached");
        assert_eq!(complaint("it shows no plays"), "Last.fm shows no plays");
        assert_eq!(complaint("user.getInfo: HTTP 502"), "Last.fm: HTTP 502");
        assert_eq!(shortened("its sender has vanished"), "its sender has vanished");
        assert_eq!(shortened(said), complaint(said));
        let said = "it never shows the 1500 plays of one second whole; at last: user.getRecentTracks: \
                    the service says: Operation failed (error 8, HTTP 500)";
        assert_eq!(
            complaint(said),
            "Last.fm never shows the 1500 plays of one second whole; at last: Last.fm is busy \
             (error 8)"
        );
    }
}
