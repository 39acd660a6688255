//! The file, seen as an archive: who is in it, how large it is.

use std::path::Path;

use lastfm_core::Username;
use lastfm_core::archive::{ArchiveStore, ArchivedUser};
use lastfm_sqlite::SqliteStore;
use terminal::exit::{Exit, Trouble};
pub(crate) use terminal::file::open;
use terminal::show;

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
