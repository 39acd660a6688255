//! Opens the file, and says what is wrong with it.

use std::path::Path;

use lastfm_core::Username;
use lastfm_core::archive::{ArchiveStore, ArchivedUser, StoreError, StoreErrorKind};
use lastfm_sqlite::{OpenError, SqliteStore};

use crate::exit::{Exit, Trouble};
use crate::show;

/// Opens the archive in this file; makes it if there is none.
pub(crate) async fn open(path: &Path) -> Result<SqliteStore, Trouble> {
    SqliteStore::open(path).await.map_err(|error| not_opened(path, &error))
}

/// Opens the archive in this file, which must be there: reading makes no files.
pub(crate) async fn open_existing(path: &Path) -> Result<SqliteStore, Trouble> {
    must_exist(path, "sync USER")?;
    open(path).await
}

/// Says how to make the archive in this file, if there is none.
pub(crate) fn must_exist(path: &Path, command: &str) -> Result<(), Trouble> {
    if path.exists() {
        return Ok(());
    }
    let what = format!("there is no archive in {}", path.display());
    let program = show::program();
    Err(Trouble::new(Exit::Failed, "no_archive", what)
        .advice(format!("To make one: {program} {command}. Another file: --db FILE")))
}

/// The archive of one user, who must be in the file.
pub(crate) async fn user(store: &SqliteStore, name: &Username) -> Result<ArchivedUser, Trouble> {
    match store.user(name).await? {
        Some(user) => Ok(user),
        None => Err(Trouble::new(
            Exit::NeedsPerson,
            "not_archived",
            format!("nothing of {name} is archived in this file"),
        )
        .about(name)
        .advice(format!("To archive it: {} sync {name}", show::program()))),
    }
}

/// The bytes of the file. What SQLite keeps beside it goes into the file, or away, at the end.
pub(crate) fn size(path: &Path) -> u64 {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let sizes = [path, Path::new(&log)].map(|file| file.metadata().map_or(0, |meta| meta.len()));
    sizes.into_iter().max().unwrap_or_default()
}

/// What tells the file from another one that has its name later; nothing where that is not known.
#[cfg(unix)]
pub(crate) fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    path.metadata().ok().map(|file| (file.dev(), file.ino()))
}

#[cfg(not(unix))]
pub(crate) fn identity(_path: &Path) -> Option<(u64, u64)> {
    None
}

fn not_opened(path: &Path, error: &OpenError) -> Trouble {
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
            StoreErrorKind::Full => "the archive cannot be written",
            _ => "the archive failed",
        };
        // What the database said is more exact than what it means for a program.
        let said = error.source.as_deref().map_or_else(|| error.to_string(), |said| chain(said));
        let trouble = Trouble::new(exit, "archive_failed", format!("{what}: {said}"));
        trouble.advice(match error.kind {
            StoreErrorKind::Busy => {
                "What is archived is safe. Another program writes to the file: try again later."
                    .to_owned()
            }
            StoreErrorKind::Full => {
                format!(
                    "What is archived is safe. {MAKE_ROOM} The same command goes on from there."
                )
            }
            StoreErrorKind::Corrupt => "Keep a copy of the file before anything else; \
                                        `sqlite3 FILE .recover` reads what can be read."
                .to_owned(),
            _ => "What is archived is safe. If the disk is well, the same command goes on from \
                  there."
                .to_owned(),
        })
    }
}

/// An error and what it came from, in one line. A cause that only says the same at greater length
/// takes its place.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if parts.last().is_some_and(|last| words.contains(last.as_str())) {
            parts.pop();
        }
        parts.push(words);
        source = cause.source();
    }
    parts.join(": ")
}
