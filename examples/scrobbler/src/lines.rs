//! What a player writes on standard input, line by line: none of it ends the listening.

use std::io::{self, BufRead, Read as _};

use tokio::sync::mpsc;

/// How long a line may be, bytes. Of a longer one no more is kept in memory.
const LONGEST: usize = 64 * 1024;
/// Characters that are shown of a line that is too long.
const SHOWN: usize = 80;

/// A line that says nothing that is understood, and why.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadLine {
    pub(crate) line: String,
    pub(crate) why: String,
}

pub(crate) type Line = Result<String, BadLine>;

/// The lines of standard input, read on a thread that nobody waits for at the end.
pub(crate) fn of_stdin() -> mpsc::Receiver<Line> {
    let (sender, receiver) = mpsc::channel(64);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        while let Ok(Some(line)) = next(&mut input) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// The next line, without its end; `None` after the last one.
fn next(input: &mut impl BufRead) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    let most = LONGEST as u64;
    if input.by_ref().take(most).read_until(b'\n', &mut bytes)? == 0 {
        return Ok(None);
    }
    if bytes.len() == LONGEST && !bytes.ends_with(b"\n") {
        input.skip_until(b'\n')?;
        let line = String::from_utf8_lossy(&bytes).chars().take(SHOWN).collect::<String>() + "…";
        return Ok(Some(Err(BadLine { line, why: "it is too long".to_owned() })));
    }
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    Ok(Some(str::from_utf8(line).map(str::to_owned).map_err(|_| BadLine {
        line: String::from_utf8_lossy(line).into_owned(),
        why: "its text is not UTF-8".to_owned(),
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(mut input: &[u8]) -> Vec<Line> {
        std::iter::from_fn(|| next(&mut input).unwrap()).collect()
    }

    fn why(line: &Line) -> Option<&str> {
        line.as_ref().err().map(|bad| &*bad.why)
    }

    #[test]
    fn a_line_that_is_no_text_is_one_line() {
        let lines = lines(b"one\n\xff\n\ntwo");
        let bad = BadLine { line: "\u{fffd}".to_owned(), why: "its text is not UTF-8".to_owned() };
        assert_eq!(
            lines,
            [Ok("one".to_owned()), Err(bad), Ok(String::new()), Ok("two".to_owned())]
        );
    }

    #[test]
    fn a_line_that_is_too_long_is_one_line() {
        for (length, is_bad) in [(LONGEST - 1, false), (LONGEST, true), (3 * LONGEST, true)] {
            let lines = lines(format!("{}\ntwo\n", "x".repeat(length)).as_bytes());
            assert_eq!(why(&lines[0]).is_some(), is_bad, "{length}");
            assert_eq!(lines[1..], [Ok("two".to_owned())]);
        }
        let endless = lines(&vec![b'x'; 2 * LONGEST]);
        assert_eq!(endless.iter().map(why).collect::<Vec<_>>(), [Some("it is too long")]);
    }
}
