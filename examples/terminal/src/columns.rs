//! Text that fits a terminal: its width, names cut and padded to columns, bars, percent. Wide letters
//! count as two.

use console::{Term, measure_text_width, truncate_str};

use crate::output::printable;

/// Columns where nobody says how many there are: in a file, a pipe, a mail.
const UNKNOWN: usize = 100;

/// The columns of standard output.
pub fn width() -> usize {
    columns_at(&Term::stdout())
}

/// The columns of standard error, where what is redrawn stands.
pub fn error_width() -> usize {
    columns_at(&Term::stderr())
}

fn columns_at(term: &Term) -> usize {
    let columns = term.size_checked().map(|(_, columns)| usize::from(columns));
    columns.filter(|columns| *columns > 0).unwrap_or(UNKNOWN)
}

/// The columns that a text takes.
pub fn columns_of(text: &str) -> usize {
    measure_text_width(text)
}

/// The text in one line of so many columns at most, without what would steer a terminal.
pub fn fit(text: &str, columns: usize) -> String {
    let line = printable(text).replace('\n', " ");
    truncate_str(&line, columns, "…").into_owned()
}

/// The same, filled up with blanks.
pub fn padded(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    let blanks = columns.saturating_sub(columns_of(&text));
    text + &" ".repeat(blanks)
}

/// The parts, with dots between them, in lines of so many columns. A part is not cut: one that is
/// longer has a line of its own.
pub fn lines(parts: &[String], columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if columns_of(line) + 3 + columns_of(part) <= columns => {
                line.push_str(" · ");
                line.push_str(part);
            }
            _ => lines.push(part.clone()),
        }
    }
    lines
}

/// A bar; that of `most` has so many columns, and something is never nothing.
pub fn bar(amount: u64, most: u64, columns: u64) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (amount * columns * 8).div_ceil(most.max(1));
    let (whole, part) = (eighths / 8, usize::try_from(eighths % 8).unwrap_or_default());
    let bar = format!("{}{}", "█".repeat(usize::try_from(whole).unwrap_or_default()), PARTS[part]);
    let columns = usize::try_from(columns).unwrap_or_default();
    let blank = columns.saturating_sub(bar.chars().count());
    format!("{bar}{}", " ".repeat(blank))
}

/// A bar of one letter, as high as its part of `most`; a blank for nothing.
pub fn level(amount: u64, most: u64) -> char {
    const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let eighths = (amount * 8).div_ceil(most.max(1)).min(8);
    LEVELS[usize::try_from(eighths).unwrap_or_default()]
}

/// `12 %`, `<1 %`: never all of it, nor nothing, where that is not so.
pub fn percent(part: u64, whole: u64) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole.max(1)));
    match (part * 200 + whole) / (whole * 2) {
        0 if part > 0 => "<1 %".to_owned(),
        100 if part < whole => ">99 %".to_owned(),
        rounded => format!("{rounded} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        assert_eq!(bar(100, 100, 20), "█".repeat(20));
        assert_eq!(bar(50, 100, 20), format!("{}{}", "█".repeat(10), " ".repeat(10)));
        assert_eq!(bar(1, 100_000, 20).trim_end(), "▏", "something is not nothing");
        assert_eq!(bar(0, 0, 20), " ".repeat(20));
        assert_eq!([0, 1, 50, 100].map(|amount| level(amount, 100)), [' ', '▁', '▄', '█']);
    }

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(fit("三毒史", 6), "三毒史");
        assert_eq!(fit("三毒史", 5), "三毒…");
        assert_eq!(padded("三毒史", 8), "三毒史  ");
        assert_eq!(padded("Low\u{1b}[2J\nHex", 14), "Low\u{fffd}[2J Hex   ");
    }

    #[test]
    fn parts_go_on_in_the_next_line() {
        let parts = ["12 matched", "3 fuzzy", "40 waiting"].map(str::to_owned);
        assert_eq!(lines(&parts, 99), ["12 matched · 3 fuzzy · 40 waiting"]);
        assert_eq!(lines(&parts, 22), ["12 matched · 3 fuzzy", "40 waiting"]);
        assert_eq!(lines(&parts, 5).len(), 3);
    }

    #[test]
    fn percent_is_whole_only_where_it_is() {
        let said = [(0, 9), (1, 900), (1, 3), (2, 3), (899, 900), (9, 9), (0, 0)];
        let said = said.map(|(part, whole)| percent(part, whole));
        assert_eq!(said, ["0 %", "<1 %", "33 %", "67 %", ">99 %", "100 %", "0 %"]);
    }
}
