//! A file to try things on, and short ways to fill it.

use std::path::{Path, PathBuf};

use lastfm_core::archive::{
    ArchiveStore, Observation, Removals, Replaced, Span, StoreResult, UserId,
};
use lastfm_core::{Play, Timestamp};
use lastfm_sqlite::SqliteStore;

/// A folder of its own, removed at the end.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("plays.db")
    }

    pub(crate) async fn open(&self) -> SqliteStore {
        SqliteStore::open(self.path()).await.unwrap()
    }

    /// Another folder with what this one's file is at this moment.
    pub(crate) fn image(&self) -> Self {
        let image = Self::new();
        for end in ["", "-wal"] {
            let (from, to) = (with_end(&self.path(), end), with_end(&image.path(), end));
            if from.exists() {
                std::fs::copy(from, to).unwrap();
            }
        }
        image
    }
}

/// The path with something at the end of its name.
pub(crate) fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(end);
    path.into()
}

pub(crate) async fn user(store: &SqliteStore) -> UserId {
    store.add_user(&"RJ".parse().unwrap(), None).await.unwrap().id
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

pub(crate) fn span(start: i64, end: i64) -> Span {
    Span::new(at(start), at(end))
}

/// Replaces `[start, end)`, observed with nothing in between.
pub(crate) async fn replace(
    store: &SqliteStore,
    user: UserId,
    (start, end): (i64, i64),
    plays: &[Play],
) -> StoreResult<Replaced> {
    let observation = Observation {
        revision: store.revision(user).await?,
        at: at(1_000_000),
        removals: Removals::Confirm,
    };
    store.replace(user, span(start, end), plays.to_vec(), observation).await
}

/// A number from the environment.
pub(crate) fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text:?}")))
}
