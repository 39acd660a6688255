//! The file that keeps everything: opens it, and says what is wrong with it.

use std::error::Error;
use std::path::Path;

use lastfm_core::archive::{StoreError, StoreErrorKind};
use lastfm_sqlite::{OpenError, SqliteStore};

use crate::database;
use crate::exit::{Exit, Trouble};
use crate::program::program;

/// Opens the store in this file; makes it if there is none.
pub async fn open(path: &Path) -> Result<SqliteStore, Trouble> {
    SqliteStore::open(path).await.map_err(|error| not_opened(path, &error))
}

/// Why the file cannot be opened, in words for a person.
pub fn not_opened(path: &Path, error: &OpenError) -> Trouble {
    let exit = if error.is_retryable() { Exit::NotNow } else { Exit::Failed };
    let trouble = Trouble::new(exit, "cannot_open", chain(error));
    match error {
        OpenError::ForeignFile { .. } | OpenError::SchemaTooNew { .. } => {
            trouble.advice("Nothing was changed. Another file: --db FILE")
        }
        OpenError::Sqlite { kind: StoreErrorKind::Full, .. } => {
            trouble.advice(format!("Nothing was changed. {MAKE_ROOM}"))
        }
        _ => trouble.advice(format!(
            "Nothing was changed. May {} be read and written here, and is the disk well?",
            path.display()
        )),
    }
}

const MAKE_ROOM: &str = "Make room, or let this user write to the file and its folder.";

/// What a failure of the store means to a person.
impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        let exit = if error.is_retryable() { Exit::NotNow } else { Exit::Failed };
        let what = match error.kind {
            StoreErrorKind::Full => "cannot be written",
            _ => "failed",
        };
        // What the database said is more exact than what it means for a program.
        let said = error.source.as_deref().map_or_else(|| error.to_string(), |said| chain(said));
        let trouble =
            Self::new(exit, "archive_failed", format!("{} {what}: {said}", program().store));
        let safe = program().is_safe;
        if database::is_at_fault(&error) {
            return trouble.advice(format!("{safe}. {}", database::advice(error.kind)));
        }
        trouble.advice(match error.kind {
            StoreErrorKind::Busy => {
                format!("{safe}. Another program writes to the file: try again later.")
            }
            StoreErrorKind::Full => {
                format!("{safe}. {MAKE_ROOM} The same command goes on from there.")
            }
            StoreErrorKind::Corrupt => "Keep a copy of the file before anything else; \
                                        `sqlite3 FILE .recover` reads what can be read."
                .to_owned(),
            _ => format!("{safe}. If the disk is well, the same command goes on from there."),
        })
    }
}

/// An error and what it came from, in one line. A cause that only says the same at greater length
/// takes its place, and so does the cause of one that says nothing but where it comes from.
pub fn chain(error: &dyn Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        let says_less = |last: &String| words.contains(last.as_str()) || last == "db error";
        if parts.last().is_some_and(says_less) {
            parts.pop();
        }
        parts.push(words);
        source = cause.source();
    }
    parts.join(": ")
}
