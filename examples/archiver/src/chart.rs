//! The chart of release years, in lines that fit a terminal.

use std::collections::BTreeMap;

use lastfm_core::Username;
use lastfm_core::albums::{Amount, KnownAlbum, ReleaseYears, Status};
use lastfm_core::archive::Span;
use terminal::database::Place;
use terminal::{columns, show};

use crate::looking::in_words;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    Plays,
    Albums,
}

/// An album that is played much.
#[derive(Debug)]
pub(crate) struct Top {
    pub(crate) album: KnownAlbum,
    pub(crate) year: i16,
    pub(crate) plays: u64,
}

/// Which years somebody's music is from.
pub(crate) struct Chart<'a> {
    pub(crate) user: &'a Username,
    /// Of what was played then; nothing: of everything.
    pub(crate) span: Option<Span>,
    pub(crate) years: &'a ReleaseYears,
    /// By the first year of each row.
    pub(crate) tops: &'a BTreeMap<i16, Vec<Top>>,
    /// Years in a row.
    pub(crate) step: i16,
    pub(crate) measure: Measure,
    pub(crate) place: &'a Place,
}

/// Columns in front of a bar: two blanks, `1960s`, two blanks.
const NAME: usize = 9;
/// Columns of a share, `>99 %`, and two in front of it.
const SHARE: usize = 7;
/// Columns of a month and how much was played in it.
const MONTH: usize = 20;
/// With less room than this a name has a line of its own.
const LEAST_ROOM: usize = 24;

impl Chart<'_> {
    /// A row for each decade, or year; why the rest has none; what to do next.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines_of(columns::width())
    }

    fn lines_of(&self, width: usize) -> Vec<String> {
        let mut lines = self.title(width);
        if self.years.plays == 0 {
            return lines;
        }
        let bar = match width {
            0..60 => 10,
            60..100 => 14,
            _ => 20,
        };
        let rows = self.rows();
        let none = self.undated();
        let most = rows.iter().map(|(_, amount)| *amount).chain([none]).max().unwrap_or_default();
        let all = self.all();
        let mut row = |name: &str, amount: u64, beside: &dyn Fn(usize) -> Vec<String>| {
            let (drawn, share) = (columns::bar(amount, most, bar), columns::percent(amount, all));
            let head = format!("  {name:<5}  {drawn}  {share:>5}");
            let room = width.saturating_sub(NAME + SHARE + usize::try_from(bar).unwrap_or(0) + 3);
            if room >= LEAST_ROOM {
                let mut beside = beside(room).into_iter();
                let first = beside.next().unwrap_or_default();
                lines.push(format!("{head}   {first}").trim_end().to_owned());
                let indent = " ".repeat(width - room);
                lines.extend(beside.map(|line| format!("{indent}{line}")));
            } else {
                lines.push(head);
                let below = beside(width.saturating_sub(NAME)).into_iter();
                let below = below.filter(|line| !line.is_empty());
                lines.extend(below.map(|line| format!("{:NAME$}{line}", "")));
            }
        };
        for (year, amount) in &rows {
            let name = if self.step == 10 { format!("{year}s") } else { year.to_string() };
            let tops = self.tops.get(year).map(Vec::as_slice).unwrap_or_default();
            row(&name, *amount, &|room| vec![named(tops, room)]);
        }
        if none > 0 {
            let reasons = self.reasons();
            row("none", none, &|room| columns::lines(&reasons, room));
        }
        lines.extend(self.next_steps());
        lines
    }

    /// A line for each month: how much was played, and how high each decade stands in it.
    pub(crate) fn months(&self, months: &[(Span, ReleaseYears)]) -> Vec<String> {
        let width = columns::width();
        let mut lines = self.title(width);
        let decades: Vec<i16> = self.years.decades().map(|(decade, _)| decade).collect();
        let Some((first, last)) = decades.first().zip(decades.last()) else {
            lines.extend(self.next_steps());
            return lines;
        };
        let decades: Vec<i16> = (*first..=*last).step_by(10).collect();
        // `80`, or `8` where there is less room.
        let cell = if MONTH + 3 * decades.len() + SHARE <= width { 3 } else { 2 };
        let label = |decade: &i16| match cell {
            3 => format!("{:>cell$}", format!("{:02}", decade % 100)),
            _ => format!("{:>cell$}", decade / 10 % 10),
        };
        let head: String = decades.iter().map(label).collect();
        lines.push(format!("  {:8}  {:>7} {head}", "", self.unit()));
        for (month, years) in months {
            let part = Chart { years, ..*self };
            let rows: BTreeMap<i16, u64> = part.rows().into_iter().collect();
            let most = rows.values().copied().max().unwrap_or_default();
            let mut levels = String::new();
            for decade in &decades {
                let amount = rows.get(decade).copied().unwrap_or_default();
                levels.push_str(&" ".repeat(cell - 1));
                levels.push(columns::level(amount, most));
            }
            let (name, all) = (show::month(month.start), part.all());
            let share = columns::percent(part.dated(), all);
            let share = if all > 0 { share } else { String::new() };
            let line = format!("  {name}  {:>7} {levels}  {share:>5}", show::number(all));
            lines.push(line.trim_end().to_owned());
        }
        lines.extend(self.next_steps());
        lines
    }

    /// `Where rj's 2024 comes from · 9,412 plays · 91 % have a year`
    fn title(&self, width: usize) -> Vec<String> {
        let when = self.span.map(show::span);
        let is_year = |when: &&String| when.len() == 4;
        let mut parts = match when.as_ref().filter(is_year) {
            Some(year) => vec![format!("Where {}'s {year} comes from", self.user)],
            None => vec![format!("Where {}'s music comes from", self.user)],
        };
        parts.extend(when.filter(|when| !is_year(&when)));
        if self.years.plays == 0 {
            parts.push("no plays".to_owned());
            return columns::lines(&parts, width);
        }
        parts.push(show::count(self.all(), self.unit().trim_end_matches('s')));
        parts.push(format!("{} have a year", columns::percent(self.dated(), self.all())));
        columns::lines(&parts, width)
    }

    fn unit(&self) -> &'static str {
        match self.measure {
            Measure::Plays => "plays",
            Measure::Albums => "albums",
        }
    }

    fn of(&self, amount: Amount) -> u64 {
        match self.measure {
            Measure::Plays => amount.plays,
            Measure::Albums => amount.albums,
        }
    }

    fn rows(&self) -> Vec<(i16, u64)> {
        if self.step == 1 {
            let years = self.years.years.iter();
            return years.map(|(year, amount)| (*year, self.of(*amount))).collect();
        }
        self.years.decades().map(|(decade, amount)| (decade, self.of(amount))).collect()
    }

    fn dated(&self) -> u64 {
        self.of(self.years.dated())
    }

    fn undated(&self) -> u64 {
        let undated: u64 = self.years.undated.values().map(|amount| self.of(*amount)).sum();
        undated + self.without_album()
    }

    /// Plays without an album are no album.
    fn without_album(&self) -> u64 {
        match self.measure {
            Measure::Plays => self.years.without_album,
            Measure::Albums => 0,
        }
    }

    fn all(&self) -> u64 {
        self.dated() + self.undated()
    }

    /// Why there is no year, the most frequent reason first.
    fn reasons(&self) -> Vec<String> {
        let undated = self.years.undated.iter();
        let mut reasons: Vec<(u64, &str)> =
            undated.map(|(status, amount)| (self.of(*amount), in_words(*status))).collect();
        reasons.push((self.without_album(), "without album"));
        reasons.retain(|(amount, _)| *amount > 0);
        reasons.sort_by_key(|(amount, _)| std::cmp::Reverse(*amount));
        let all = self.all();
        let reason = |(amount, why)| format!("{why} {}", columns::percent(amount, all));
        reasons.into_iter().map(reason).collect()
    }

    /// What brings more years.
    fn next_steps(&self) -> Vec<String> {
        let (program, user, db) = (show::program(), self.user, self.place.option());
        let has = |status| self.years.undated.contains_key(&status);
        let mut steps = Vec::new();
        if has(Status::Pending) {
            steps.push(format!("  next: {program} enrich {user}{db}"));
        }
        if [Status::Ambiguous, Status::NotFound, Status::NoDate].into_iter().any(has) {
            let year = self.span.map(show::span).filter(|when| when.len() == 4);
            let year = year.map(|year| format!(" --year {year}")).unwrap_or_default();
            let label = if steps.is_empty() { "next:" } else { "     " };
            steps.push(format!("  {label} {program} albums {user} --unmatched{year}{db}"));
        }
        steps
    }
}

/// `1973 The Dark Side of the Moon 88 · 1977 Low 61`: as many as there is room for.
fn named(tops: &[Top], room: usize) -> String {
    let mut line = String::new();
    for top in tops {
        let (year, plays) = (top.year, show::number(top.plays));
        let frame = columns::columns_of(&plays) + 6;
        let title = columns::fit(&top.album.title, room.saturating_sub(frame));
        let text = format!("{year} {title} {plays}");
        if line.is_empty() {
            line = text;
        } else if columns::columns_of(&line) + 3 + columns::columns_of(&text) <= room {
            line = format!("{line} · {text}");
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use lastfm_core::albums::{Album, AlbumId};

    use super::*;

    fn top(title: &str, year: i16, plays: u64) -> Top {
        let Album { artist, title, .. } = Album::new("Low", title);
        Top { album: KnownAlbum::new(AlbumId(1), artist, title), year, plays }
    }

    /// 100 plays: 60 of the seventies, 30 of the nineties, 10 without a year.
    fn drawn(width: usize, tops: &[(i16, Vec<Top>)]) -> Vec<String> {
        let mut years = ReleaseYears::default();
        years.years.insert(1973, Amount { plays: 60, albums: 2 });
        years.years.insert(1994, Amount { plays: 30, albums: 1 });
        years.undated.insert(Status::Pending, Amount { plays: 6, albums: 3 });
        years.undated.insert(Status::NotFound, Amount { plays: 3, albums: 1 });
        (years.without_album, years.plays) = (1, 100);
        let mut by_decade: BTreeMap<i16, Vec<Top>> = BTreeMap::new();
        for (decade, tops) in tops {
            let tops = tops.iter().map(|one| top(&one.album.title, one.year, one.plays));
            by_decade.insert(*decade, tops.collect());
        }
        let (user, place) = ("rj".parse().unwrap(), Place::File("scrobbles.db".into()));
        let (years, tops, measure) = (&years, &by_decade, Measure::Plays);
        let chart =
            Chart { user: &user, span: None, years, tops, step: 10, measure, place: &place };
        chart.lines_of(width)
    }

    #[test]
    fn a_narrow_terminal_has_names_below_the_bars() {
        let dark = || vec![top("The Dark Side of the Moon (2011 Remaster)", 1973, 88)];
        let lines = drawn(40, &[(1970, dark())]);
        assert_eq!(
            lines[..3],
            [
                "Where rj's music comes from · 100 plays",
                "90 % have a year",
                "  1970s  ██████████   60 %",
            ]
        );
        assert_eq!(lines[3], "         1973 The Dark Side of the M… 88");
        assert_eq!(
            lines[5..7],
            ["  none   █▊           10 %", "         waiting 6 % · not found 3 %",]
        );
        let chart =
            lines.iter().filter(|line| !line.contains(" enrich ") && !line.contains("albums rj"));
        assert!(chart.clone().all(|line| columns::columns_of(line) <= 40), "{lines:?}");
        let lines = drawn(80, &[(1970, dark())]);
        assert!(
            lines[1].ends_with("60 %   1973 The Dark Side of the Moon (2011 Remast… 88"),
            "{lines:?}"
        );
    }

    #[test]
    fn wide_letters_and_those_that_steer_take_no_more_room() {
        let tops = [top("三毒史三毒史三毒史三毒史三毒史\u{1b}[2J\nx", 1973, 9), top("b", 1974, 3)];
        for width in [30, 40, 64, 80, 120] {
            let lines = drawn(width, &[(1970, vec![])]);
            let tops: Vec<Top> =
                tops.iter().map(|one| top(&one.album.title, one.year, 9)).collect();
            let named = drawn(width, &[(1970, tops)]);
            assert!(named.len() >= lines.len());
            for line in named
                .iter()
                .filter(|line| !line.contains(" enrich ") && !line.contains("albums rj"))
            {
                assert!(columns::columns_of(line) <= width.max(30), "{width}: {line}");
                assert!(!line.contains(char::is_control), "{line:?}");
            }
        }
    }
}
