//! A real history out of a file, in place of an invented one.

use std::collections::HashMap;

use super::catalogue::{Album, Artist, Tune};
use super::names::Name;
use super::{FakeLastfm, Scenario};
use crate::Timestamp;
use crate::testing::Dice;

/// The text is no history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
#[non_exhaustive]
pub struct MalformedHistory {
    /// Which line, counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
}

impl FakeLastfm {
    /// An account with the plays of this CSV text: a header line with at least the columns `uts`,
    /// `artist`, `album` and `track`, then one play a line, newest first. Quoted fields may hold
    /// commas, quotes and line breaks.
    ///
    /// The history's knobs are not used, all others are.
    ///
    /// # Errors
    ///
    /// [`MalformedHistory`] if a column is missing or a time is no whole number.
    pub fn from_csv(
        seed: u64,
        scenario: &Scenario,
        start: Timestamp,
        csv: &str,
    ) -> Result<Self, MalformedHistory> {
        let malformed = |line: usize, what: String| MalformedHistory { line, what };
        let mut records = records(csv).into_iter();
        let (_, header) = records.next().unwrap_or_default();
        let column = |name: &str| {
            let place = header.iter().position(|column| column.trim() == name);
            place.ok_or_else(|| malformed(1, format!("no column `{name}`")))
        };
        let columns = [column("artist")?, column("album")?, column("track")?];
        let uts = column("uts")?;

        let mut fake = Self::without_history(seed, scenario, start);
        let mut dice = Dice::stream(seed, 6);
        let mut known: HashMap<[String; 3], u32> = HashMap::new();
        let mut plays = Vec::new();
        for (line, record) in records {
            let field = |place: usize| record.get(place).map_or("", String::as_str);
            let at = field(uts).trim();
            let at: i64 = at
                .parse()
                .map_err(|_| malformed(line, format!("{at:?} is not a whole number of seconds")))?;
            let names = columns.map(|place| field(place).to_owned());
            let tune = known.get(&names).copied().unwrap_or_else(|| {
                let [artist, album, track] = &names;
                let album = Some(album.as_str()).filter(|album| !album.is_empty());
                let tune = fake.world.add(tune(artist, track, album, &mut dice));
                known.insert(names, tune);
                tune
            });
            plays.push((at, tune));
        }
        fake.world.taste.remember(plays.iter().map(|(_, tune)| *tune));
        let first = plays.iter().map(|(at, _)| *at).filter(|at| *at > 0).min();
        fake.world.registered = first.unwrap_or(fake.world.registered);
        fake.world.history.found(plays.into_iter().rev());
        fake.poison_random(scenario.poison.random);
        Ok(fake)
    }
}

/// A track of these names, with random mbids and image.
pub(super) fn tune(artist: &str, track: &str, album: Option<&str>, dice: &mut Dice) -> Tune {
    let artist = Artist::new(Name::new(artist), dice);
    let album = album.map(|album| Album::new(Name::new(album), dice));
    Tune::new(artist, Name::new(track), album, dice)
}

/// The records of a CSV text with the line each begins in; blank lines are none.
fn records(csv: &str) -> Vec<(usize, Vec<String>)> {
    let (mut records, mut record, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut begins, mut quoted) = (1, 1, false);
    let mut letters = csv.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                field.push('"');
                letters.next();
            }
            '"' if quoted || field.is_empty() => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                record.push(std::mem::take(&mut field));
                let whole = std::mem::take(&mut record);
                if whole != [""] {
                    records.push((begins, whole));
                }
                begins = line;
            }
            letter => field.push(letter),
        }
    }
    if !field.is_empty() || !record.is_empty() {
        record.push(field);
        records.push((begins, record));
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_hold_commas_quotes_and_line_breaks() {
        let text = "uts,artist\r\n1,\"a, \"\"b\"\"\nc\"\n\n2,plain\"";
        let fields = |record: &[&str]| record.iter().map(|&field| field.to_owned()).collect();
        assert_eq!(
            records(text),
            [
                (1, fields(&["uts", "artist"])),
                (2, fields(&["1", "a, \"b\"\nc"])),
                (5, fields(&["2", "plain\""])),
            ]
        );
    }

    #[test]
    fn a_history_comes_back_in_the_order_of_the_file() {
        let csv = "uts,artist,album,track\n9,Low,,b\n9,Low,,b\n9,Low,X,a\n0,Low,,c\n";
        let start = Timestamp::from_unix(1_780_000_000);
        let fake = FakeLastfm::from_csv(1, &Scenario::still(0), start, csv).unwrap();
        let truth = fake.truth();
        let tracks: Vec<_> = truth.iter().map(|play| (play.at.as_unix(), &*play.track)).collect();
        assert_eq!(tracks, [(0, "c"), (9, "a"), (9, "b"), (9, "b")]);
        assert_eq!(truth[1].album.as_deref(), Some("X"));
    }

    #[test]
    fn a_file_that_is_no_history_is_refused_with_its_line() {
        let start = Timestamp::from_unix(0);
        let read = |csv| FakeLastfm::from_csv(1, &Scenario::calm(), start, csv).unwrap_err();
        assert_eq!(read("uts,artist,track\n").to_string(), "line 1: no column `album`");
        let csv = "track,album,artist,uts\nx,,y,1\nx,,y,today\n";
        assert_eq!(read(csv).line, 3);
    }
}
