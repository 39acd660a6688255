//! The lines of `--json` that all programs have. Names and meanings are promised: they may be added
//! to, never changed.

use serde::Serialize;

use crate::output;

/// One line. Moments are seconds since 1970 UTC.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(missing_docs)] // Each is what its name says.
pub enum Line<'a> {
    Note {
        code: &'a str,
        message: &'a str,
    },
    Error {
        user: Option<&'a str>,
        code: &'a str,
        message: &'a str,
        advice: &'a [String],
        exit_code: u8,
    },
    LoginBegun {
        url: &'a str,
        expires_in_seconds: u64,
    },
    LoggedIn {
        user: &'a str,
        file: &'a str,
        exit_code: u8,
    },
    Session {
        user: &'a str,
        logged_in_at: Option<i64>,
        play_count: u64,
        registered_at: Option<i64>,
    },
    LoggedOut {
        user: &'a str,
        file: &'a str,
    },
}

/// Prints a line, of this kind or of a program's own.
///
/// # Panics
///
/// Not with numbers, text, and lists of them: nothing else belongs into a line.
pub fn print(line: &impl Serialize) {
    let text = serde_json::to_string(line).expect("a line is plain data");
    output::line(&text);
}
