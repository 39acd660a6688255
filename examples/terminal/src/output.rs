//! Where words go: results to standard output, everything else to standard error.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};

/// Who reads along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A person, at a terminal.
    Terminal,
    /// A log file or a mail.
    Log,
    /// A machine.
    Json,
    /// Nobody, unless something is wrong.
    Quiet,
}

impl Mode {
    /// What was said on the command line, or else what standard error is.
    pub fn new(json: bool, quiet: bool) -> Self {
        match (json, quiet) {
            (true, _) => Self::Json,
            (false, true) => Self::Quiet,
            _ if io::stderr().is_terminal() => Self::Terminal,
            _ => Self::Log,
        }
    }

    /// Whether a person reads what this run comes to.
    pub fn is_for_people(self) -> bool {
        matches!(self, Self::Terminal | Self::Log)
    }
}

/// A line of the result. Nobody need be reading: a closed pipe is no error.
pub fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{}", printable(text));
}

/// A line on the side.
pub fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", printable(text));
}

/// The text without what would steer a terminal or turn its letters around: names come from
/// anywhere. Lines stay lines.
pub fn printable(text: &str) -> Cow<'_, str> {
    let steers = |letter: char| {
        letter != '\n' && letter.is_control()
            || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(steers) { text.replace(steers, "\u{fffd}").into() } else { text.into() }
}

/// The text in lines that fit most terminals; a word, as an address or a command, is not cut.
pub fn wrapped(text: &str) -> Vec<String> {
    const WIDTH: usize = 98;
    let mut words = text.split(' ');
    let mut lines = Vec::new();
    let mut line = words.next().unwrap_or_default().to_owned();
    for word in words {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_steers_the_terminal() {
        assert_eq!(printable("Sigur Rós \u{2013} Hoppípolla\n"), "Sigur Rós \u{2013} Hoppípolla\n");
        let names = "L\u{1b}]0;pwn\u{7}ow \u{9b}2J \u{202e}eye\0";
        assert_eq!(printable(names), "L\u{fffd}]0;pwn\u{fffd}ow \u{fffd}2J \u{fffd}eye\u{fffd}");
    }
}
