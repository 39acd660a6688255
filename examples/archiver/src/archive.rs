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
    if path.exists() {
        return open(path).await;
    }
    Err(Trouble::new(
        Exit::Failed,
        "no_archive",
        format!("there is no archive in {}", path.display()),
    )
    .advice(format!("To make one: {} sync USER. Another file: --db FILE", show::program())))
}

/// The archive of one user, who must be in the file.
pub(crate) async fn user(store: &SqliteStore, name: &Username) -> Result<ArchivedUser, Trouble> {
    match store.user(name).await.map_err(failed)? {
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

fn not_opened(path: &Path, error: &OpenError) -> Trouble {
    let exit = if error.is_retryable() { Exit::NotNow } else { Exit::Failed };
    let trouble = Trouble::new(exit, "cannot_open", chain(error));
    match error {
        OpenError::ForeignFile { .. } | OpenError::SchemaTooNew { .. } => {
            trouble.advice("Nothing was changed. Another file: --db FILE")
        }
        _ => trouble.advice(format!(
            "Nothing was changed. May {} be read and written here, and is there room on the disk?",
            path.display()
        )),
    }
}

/// What a failure of the store means to a person.
pub(crate) fn failed(error: StoreError) -> Trouble {
    let exit = if error.is_retryable() { Exit::NotNow } else { Exit::Failed };
    let trouble =
        Trouble::new(exit, "archive_failed", format!("the archive failed: {}", chain(&error)));
    trouble.advice(match error.kind {
        StoreErrorKind::Busy => "What is archived is safe. Another program writes to the file: try again later.",
        StoreErrorKind::Full => "What is archived is safe. Make room, or let this user write to the file and its folder.",
        StoreErrorKind::Corrupt => "Keep a copy of the file before anything else; `sqlite3 FILE .recover` reads what can be read.",
        _ => "What is archived is safe.",
    })
}

/// An error and what it came from, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
