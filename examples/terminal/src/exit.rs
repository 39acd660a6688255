//! How a command ends: its exit code, and what is said when something is wrong.

use std::process::ExitCode;

use lastfm_core::Username;

use crate::json::{self, Line};
use crate::output::{self, Mode};

/// The exit codes, better ones first: of several users the worst one counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// All is done.
    Complete,
    /// All is done but for what Last.fm refuses.
    Refused,
    /// Not now; the same command goes on from there.
    NotNow,
    /// Anything else.
    Failed,
    /// A person must act.
    NeedsPerson,
}

impl Exit {
    /// Its number.
    pub fn code(self) -> u8 {
        match self {
            Self::Complete => 0,
            Self::Failed => 1,
            Self::Refused => 3,
            Self::NotNow => 4,
            Self::NeedsPerson => 5,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Something is wrong, in words for a person.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// How to end.
    pub exit: Exit,
    /// A short name that never changes, for machines.
    pub code: &'static str,
    /// Whom it is about, if it is about one user.
    pub user: Option<String>,
    /// What happened.
    pub what: String,
    /// What that means for the data, and what to do; lines.
    pub advice: Vec<String>,
}

impl Trouble {
    /// How to end, a short name, and what happened.
    pub fn new(exit: Exit, code: &'static str, what: impl Into<String>) -> Self {
        Self { exit, code, user: None, what: what.into(), advice: Vec::new() }
    }

    /// It is about this user.
    pub fn about(self, user: &Username) -> Self {
        Self { user: Some(user.to_string()), ..self }
    }

    /// One more line of advice.
    pub fn advice(mut self, line: impl Into<String>) -> Self {
        self.advice.push(line.into());
        self
    }

    /// Says it, and how to end.
    pub fn tell(&self, mode: Mode) -> Exit {
        if mode == Mode::Json {
            json::print(&Line::Error {
                user: self.user.as_deref(),
                code: self.code,
                message: &self.what,
                advice: &self.advice,
                exit_code: self.exit.code(),
            });
        } else {
            output::note(&format!("error: {}", self.what));
            for line in self.advice.iter().flat_map(|advice| output::wrapped(advice)) {
                output::note(&format!("  {line}"));
            }
        }
        self.exit
    }
}
