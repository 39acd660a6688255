//! MusicBrainz' dump: a tar, mostly packed by bzip2, with a file for each table in PostgreSQL's
//! COPY text format.
//!
//! See <https://musicbrainz.org/doc/MusicBrainz_Database/Download> and
//! <https://www.postgresql.org/docs/current/sql-copy.html>.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bzip2::bufread::MultiBzDecoder;

use super::BuildError;

/// Columns of a row that are looked at: the first ones.
const COLUMNS: usize = 8;

/// Bytes of a row. Without a bound, a dump of some megabytes could unpack to a row that fills the
/// memory.
const LONGEST: u64 = 1 << 20;

/// How much of a dump has been read, in bytes as it is packed.
#[derive(Debug, Clone, Default)]
pub(super) struct Gauge(Arc<AtomicU64>);

impl Gauge {
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Counted<R> {
    from: R,
    gauge: Gauge,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.gauge.0.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// The tar in a dump, unpacked if it is packed.
pub(super) fn unpacked<'a>(dump: impl Read + 'a, gauge: Gauge) -> io::Result<Box<dyn Read + 'a>> {
    let counted = Counted { from: dump, gauge };
    let mut dump = BufReader::with_capacity(1 << 18, counted);
    let packed = dump.fill_buf()?.starts_with(b"BZh");
    Ok(if packed { Box::new(MultiBzDecoder::new(dump)) } else { Box::new(dump) })
}

/// Goes through the rows of a table.
pub(super) fn rows(
    table: &'static str,
    from: impl Read,
    mut visit: impl FnMut(&Row<'_>) -> Result<(), BuildError>,
) -> Result<(), BuildError> {
    let mut from = BufReader::with_capacity(1 << 16, from);
    let mut text = Vec::new();
    for line in 1_u64.. {
        text.clear();
        let mut row = from.by_ref().take(LONGEST);
        let count = row.read_until(b'\n', &mut text).map_err(BuildError::Dump)? as u64;
        if count == 0 {
            break;
        }
        if count == LONGEST && !text.ends_with(b"\n") {
            return Err(BuildError::Row { table, line, what: "it is too long" });
        }
        let Some((b'\n', text)) = text.split_last() else {
            return Err(BuildError::Row { table, line, what: "it is cut off" });
        };
        // Older servers end a table so.
        if text == br"\." {
            break;
        }
        let mut row = Row { table, line, columns: [b""; COLUMNS], count: 0 };
        for (place, column) in row.columns.iter_mut().zip(text.split(|byte| *byte == b'\t')) {
            *place = column;
            row.count += 1;
        }
        visit(&row)?;
    }
    Ok(())
}

/// A row of a table.
#[derive(Debug)]
pub(super) struct Row<'a> {
    table: &'static str,
    line: u64,
    columns: [&'a [u8]; COLUMNS],
    count: usize,
}

impl<'a> Row<'a> {
    pub(super) fn odd(&self, what: &'static str) -> BuildError {
        BuildError::Row { table: self.table, line: self.line, what }
    }

    /// A column as it stands there; nothing for NULL.
    fn column(&self, column: usize) -> Result<Option<&'a [u8]>, BuildError> {
        let found = self.columns[..self.count].get(column);
        let found = found.ok_or_else(|| self.odd("it has too few columns"))?;
        Ok(Some(*found).filter(|found| found != br"\N"))
    }

    /// A number; nothing for NULL.
    pub(super) fn number<N: std::str::FromStr>(
        &self,
        column: usize,
    ) -> Result<Option<N>, BuildError> {
        let Some(digits) = self.column(column)? else { return Ok(None) };
        let digits = std::str::from_utf8(digits).ok();
        let number = digits.and_then(|digits| digits.parse().ok());
        number.map(Some).ok_or_else(|| self.odd("a column is not the number it should be"))
    }

    /// A row's number.
    pub(super) fn id(&self, column: usize) -> Result<u32, BuildError> {
        self.number(column)?.ok_or_else(|| self.odd("a number is missing"))
    }

    /// An identifier.
    pub(super) fn gid(&self, column: usize) -> Result<u128, BuildError> {
        let text = self.text(column)?;
        let id = lastfm_core::Mbid::new(&text).and_then(|id| id.to_u128());
        id.ok_or_else(|| self.odd("an identifier is none"))
    }

    /// A text; empty for NULL.
    pub(super) fn text(&self, column: usize) -> Result<Cow<'a, str>, BuildError> {
        let Some(bytes) = self.column(column)? else { return Ok(Cow::Borrowed("")) };
        let text = if bytes.contains(&b'\\') {
            String::from_utf8(unescaped(bytes)).map(Cow::Owned).ok()
        } else {
            std::str::from_utf8(bytes).map(Cow::Borrowed).ok()
        };
        text.ok_or_else(|| self.odd("a text is not UTF-8"))
    }
}

/// What escapes stand for. A backslash before anything else is left out.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        let Some((escape, behind)) = rest.split_first() else { break };
        rest = behind;
        out.push(match escape {
            b'b' => 0x08,
            b'f' => 0x0C,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0B,
            b'0'..=b'7' => number(*escape, &mut rest, 3, 8),
            b'x' if behind.first().is_some_and(u8::is_ascii_hexdigit) => {
                number(b'0', &mut rest, 3, 16)
            }
            other => *other,
        });
    }
    out
}

/// A byte in so many digits at most, the first of which was read.
fn number(first: u8, rest: &mut &[u8], most: usize, radix: u32) -> u8 {
    let value = |digit: u8| char::from(digit).to_digit(radix);
    let mut sum = value(first).unwrap_or_default();
    for _ in 1..most {
        let Some((digit, behind)) = rest.split_first() else { break };
        let Some(digit) = value(*digit) else { break };
        (sum, *rest) = (sum * radix + digit, behind);
    }
    // As PostgreSQL does it: what is too much is cut off.
    sum.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_stand_for_what_postgresql_wrote() {
        for (written, text) in [
            (r"AC\\DC", "AC\\DC"),
            (r"a\tb\nc\rd\be\ff\vg", "a\tb\nc\rd\u{8}e\u{c}f\u{b}g"),
            (r"\101\x42\x4g\60", "AB\u{4}g0"),
            (r"\q\x\", "qx"),
            (r"\303\251", "é"),
        ] {
            assert_eq!(
                String::from_utf8(unescaped(written.as_bytes())).unwrap(),
                text,
                "{written}"
            );
        }
    }

    fn read(text: &str) -> Result<Vec<(u32, String, Option<i16>)>, String> {
        let mut found = Vec::new();
        let read = rows("release", text.as_bytes(), |row| {
            found.push((row.id(0)?, row.text(1)?.into_owned(), row.number(2)?));
            Ok(())
        });
        read.map(|()| found).map_err(|error| error.to_string())
    }

    #[test]
    fn rows_are_read_column_by_column() {
        let rows = read("1\ta\\\\N\t\\N\n2\t\\N\t-5\tmore\n\\.\nnever read\n").unwrap();
        assert_eq!(rows, [(1, "a\\N".to_owned(), None), (2, String::new(), Some(-5))]);
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_row_is_refused_with_its_line() {
        for (text, error) in [
            ("1\ta\t1\n2\tb", "line 2 of table release: it is cut off"),
            ("1\ta\n", "line 1 of table release: it has too few columns"),
            ("\n", "line 1 of table release: a column is not the number it should be"),
            ("\\N\ta\t1\n", "line 1 of table release: a number is missing"),
            ("1\ta\t70000\n", "line 1 of table release: a column is not the number it should be"),
            ("-1\ta\t1\n", "line 1 of table release: a column is not the number it should be"),
        ] {
            assert_eq!(read(text).unwrap_err(), error, "{text}");
        }
        let endless = rows("release", io::repeat(b'1'), |_| Ok(()));
        let error = endless.unwrap_err().to_string();
        assert_eq!(error, "line 1 of table release: it is too long");
        let odd = rows("release", &b"1\t\xFF\n"[..], |row| row.text(1).map(|_| ()));
        assert_eq!(odd.unwrap_err().to_string(), "line 1 of table release: a text is not UTF-8");
    }
}
