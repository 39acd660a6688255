//! Where words go: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

/// Who reads along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
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
    pub(crate) fn new(json: bool, quiet: bool) -> Self {
        match (json, quiet) {
            (true, _) => Self::Json,
            (false, true) => Self::Quiet,
            _ if io::stderr().is_terminal() => Self::Terminal,
            _ => Self::Log,
        }
    }

    /// Whether a person reads what this run comes to.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self, Self::Terminal | Self::Log)
    }
}

/// A line of the result. Nobody need be reading: a closed pipe is no error.
pub(crate) fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// A line on the side.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The text in lines that fit most terminals; a word, as an address or a command, is not cut.
pub(crate) fn wrapped(text: &str) -> Vec<String> {
    const WIDTH: usize = 98;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is a first line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= WIDTH {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
