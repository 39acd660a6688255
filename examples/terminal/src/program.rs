//! Which program it is that speaks.

use std::sync::OnceLock;

use clap::Parser;
use clap::error::{ContextKind, ErrorKind};
use lastfm_core::Username;

use crate::exit::Exit;

/// What the texts here say of a program.
#[derive(Debug, Clone, Copy)]
pub struct Program {
    /// As it is called. Its logins are kept in a folder of this name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The variable that names another file for its logins.
    pub sessions_variable: &'static str,
    /// What it is told to show itself without a key.
    pub demo: &'static str,
    /// What it writes to the file, with the article: `the archive`.
    pub store: &'static str,
    /// That what was written is safe, as a sentence without its full stop.
    pub is_safe: &'static str,
    /// What this user can do after a login; a line.
    pub after_login: fn(&Username) -> String,
}

/// A process is one program, and its texts are made in many places.
static PROGRAM: OnceLock<Program> = OnceLock::new();

const UNSAID: Program = Program {
    name: "program",
    version: env!("CARGO_PKG_VERSION"),
    sessions_variable: "SESSIONS",
    demo: "--demo",
    store: "the file",
    is_safe: "What is written is safe",
    after_login: |user| format!("programs can now act for {user}"),
};

impl Program {
    /// Says which program this process is. The first word counts.
    pub fn introduce(self) {
        PROGRAM.get_or_init(|| self);
    }

    /// How to call it again: as it was called.
    pub fn command(self) -> String {
        // Cargo tells the programs that it runs where it is.
        if std::env::var_os("CARGO").is_some() {
            format!("cargo run --release -p {} --", self.name)
        } else {
            self.name.to_owned()
        }
    }
}

/// What was said on the command line; if that was no command, it is answered, and this is how to
/// end.
pub fn said<Said: Parser>() -> Result<Said, Exit> {
    Said::try_parse().map_err(|mut answer| {
        // It would name what has a value of its own as if it had to be said.
        if answer.kind() == ErrorKind::ArgumentConflict {
            answer.remove(ContextKind::Usage);
        }
        // Help and the version are answers too, and no failure.
        let exit = if answer.use_stderr() { Exit::Failed } else { Exit::Complete };
        let _ = answer.print();
        exit
    })
}

/// The program that this process is.
pub fn program() -> Program {
    PROGRAM.get().copied().unwrap_or(UNSAID)
}
