//! The chart of release years: how much was played of the music of each year, as a template draws it.

use std::fmt::Write as _;

use lastfm_core::albums::{Amount, ReleaseYears, Status};
use terminal::{columns, show};

/// Charts begin here, or earlier: so that nothing moves while years come to be known.
const FIRST: i16 = 1950;

/// What `chart.html` draws. Its unit across is a year, its height is 100.
#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) width: usize,
    pub(crate) bars: Vec<Bar>,
    pub(crate) decades: Vec<Decade>,
    /// Plays at the top, in the middle and at the bottom.
    pub(crate) ticks: [String; 3],
    /// `9,412 plays · 91 % have a year`
    pub(crate) summary: String,
    /// Why the rest has no year, the most frequent reason first.
    pub(crate) reasons: Vec<Reason>,
    /// How much that is: `9 %`.
    pub(crate) undated: String,
    /// How many albums that is, as far as they are known one by one.
    pub(crate) undated_albums: u64,
}

/// A year.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) year: i16,
    pub(crate) plays: u64,
    pub(crate) albums: u64,
    /// Where it stands.
    pub(crate) left: usize,
    /// Where it begins, from above, and how high it is.
    pub(crate) top: String,
    pub(crate) height: String,
    /// `1973: 88 plays, 2 albums`
    pub(crate) title: String,
}

/// Ten years, or as many of them as the chart shows.
#[derive(Debug)]
pub(crate) struct Decade {
    pub(crate) first: i16,
    /// `19` and `70s`
    pub(crate) century: i16,
    pub(crate) short: String,
    pub(crate) years: usize,
    pub(crate) share: String,
}

/// Why plays have no year.
#[derive(Debug)]
pub(crate) struct Reason {
    pub(crate) words: &'static str,
    pub(crate) plays: u64,
    pub(crate) share: String,
}

impl Chart {
    /// The chart up to `last`, the year that it is now.
    pub(crate) fn new(years: &ReleaseYears, last: i16) -> Self {
        let decade = |year: i16| year - year.rem_euclid(10);
        let oldest = years.years.keys().next().copied().unwrap_or(FIRST);
        let newest = years.years.keys().next_back().copied().unwrap_or(last);
        let (first, last) = (decade(oldest.min(FIRST)), newest.max(last));
        let most = years.years.values().map(|amount| amount.plays).max().unwrap_or(0);
        let ceiling = ceiling(most);
        let bar = |(left, year)| {
            let amount = years.years.get(&year).copied().unwrap_or_default();
            Bar::new(year, left, amount, ceiling)
        };
        let bars: Vec<Bar> =
            (first..=last).enumerate().map(|(left, year)| bar((left, year))).collect();
        let decades = (first..=last).step_by(10).map(|first| {
            let years_of = bars.iter().filter(|bar| decade(bar.year) == first);
            let plays = years_of.clone().map(|bar| bar.plays).sum();
            let (count, share) = (years_of.count(), columns::percent(plays, years.plays));
            let (century, short) =
                (first.div_euclid(100), format!("{:02}s", first.rem_euclid(100)));
            Decade { first, century, short, years: count, share }
        });
        let decades = decades.collect();
        let dated = years.dated().plays;
        let share = columns::percent(dated, years.plays);
        let summary = match years.plays {
            0 => "no plays yet".to_owned(),
            plays => format!("{} · {share} have a year", show::count(plays, "play")),
        };
        Self {
            width: bars.len(),
            bars,
            decades,
            ticks: [ceiling, ceiling / 2, 0].map(show::number),
            summary,
            reasons: reasons(years),
            undated: columns::percent(years.plays - dated, years.plays),
            undated_albums: years.undated.values().map(|amount| amount.albums).sum(),
        }
    }

    /// Years that have plays, for whoever reads a table.
    pub(crate) fn played(&self) -> impl Iterator<Item = &Bar> {
        self.bars.iter().filter(|bar| bar.plays > 0)
    }
}

impl Bar {
    fn new(year: i16, left: usize, amount: Amount, ceiling: u64) -> Self {
        let Amount { plays, albums } = amount;
        // Something is never nothing.
        let hundredths = (plays * 10_000).div_ceil(ceiling).max(if plays > 0 { 60 } else { 0 });
        let percent = |hundredths: u64| {
            let mut text = (hundredths / 100).to_string();
            if !hundredths.is_multiple_of(100) {
                // Writing to a text does not fail.
                let _ = write!(text, ".{:02}", hundredths % 100);
            }
            text
        };
        let title =
            format!("{year}: {}, {}", show::count(plays, "play"), show::count(albums, "album"));
        let (top, height) = (percent(10_000 - hundredths), percent(hundredths));
        Self { year, plays, albums, left, top, height, title }
    }
}

/// A round number that is even, and not below this.
fn ceiling(most: u64) -> u64 {
    let mut power = 1;
    loop {
        let steps = [2, 4, 6, 8, 10, 12, 16];
        if let Some(step) = steps.iter().find(|step| *step * power >= most) {
            return step * power;
        }
        power *= 10;
    }
}

fn reasons(years: &ReleaseYears) -> Vec<Reason> {
    let reason = |words, plays| {
        let share = columns::percent(plays, years.plays);
        Reason { words, plays, share }
    };
    let mut reasons: Vec<Reason> = years
        .undated
        .iter()
        .map(|(status, amount)| reason(in_words(*status), amount.plays))
        .chain([reason("no album named", years.without_album)])
        .filter(|reason| reason.plays > 0)
        .collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.plays));
    reasons
}

/// Why an album has no year.
pub(crate) fn in_words(status: Status) -> &'static str {
    match status {
        Status::Pending => "not looked up yet",
        Status::Ambiguous => "several records of that name",
        Status::NotFound => "not known to MusicBrainz",
        Status::NoDate => "nobody knows when",
        _ => "found",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn years(of: &[(i16, u64)]) -> ReleaseYears {
        let mut years = ReleaseYears::default();
        for (year, plays) in of {
            years.years.insert(*year, Amount { plays: *plays, albums: 1 });
            years.plays += plays;
        }
        years
    }

    #[test]
    fn the_frame_is_the_same_before_and_after_years_are_known() {
        let (empty, full) = (years(&[]), years(&[(1973, 88), (2024, 7)]));
        let (empty, full) = (Chart::new(&empty, 2026), Chart::new(&full, 2026));
        assert_eq!((empty.width, full.width), (77, 77));
        let frame = |chart: &Chart| -> Vec<_> {
            chart.decades.iter().map(|decade| (decade.first, decade.years)).collect()
        };
        assert_eq!(frame(&empty), frame(&full));
        assert_eq!(frame(&full).last(), Some(&(2020, 7)));
        let classical = Chart::new(&years(&[(1923, 1)]), 2026);
        assert_eq!(classical.bars[0].year, 1920);
    }

    #[test]
    fn bars_stand_on_the_ground_and_something_is_never_nothing() {
        let chart = Chart::new(&years(&[(1973, 8000), (1974, 1), (1975, 4000)]), 2026);
        let bar = |year: i16| chart.bars.iter().find(|bar| bar.year == year).unwrap();
        assert_eq!((bar(1973).top.as_str(), bar(1973).height.as_str()), ("0", "100"));
        assert_eq!((bar(1974).top.as_str(), bar(1974).height.as_str()), ("99.40", "0.60"));
        assert_eq!((bar(1975).height.as_str(), bar(1976).height.as_str()), ("50", "0"));
        assert_eq!(bar(1973).title, "1973: 8,000 plays, 1 album");
        assert_eq!(chart.played().count(), 3);
    }

    #[test]
    fn ticks_are_round() {
        let ceilings: Vec<u64> = [0, 1, 3, 9, 11, 13, 88, 170, 4321].map(ceiling).to_vec();
        assert_eq!(ceilings, [2, 2, 4, 10, 12, 16, 100, 200, 6000]);
    }

    #[test]
    fn every_play_without_a_year_has_its_reason() {
        let mut years = years(&[(1973, 90)]);
        years.undated.insert(Status::NotFound, Amount { plays: 6, albums: 2 });
        (years.without_album, years.plays) = (4, 100);
        let chart = Chart::new(&years, 2026);
        assert_eq!(chart.summary, "100 plays · 90 % have a year");
        let reasons: Vec<_> =
            chart.reasons.iter().map(|reason| (reason.words, reason.plays)).collect();
        assert_eq!(reasons, [("not known to MusicBrainz", 6), ("no album named", 4)]);
        assert_eq!(chart.undated, "10 %");
    }
}
