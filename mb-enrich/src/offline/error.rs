//! Why an index cannot be read, or not be built.

use std::io;

/// An index cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OfflineError {
    /// The file is something else.
    #[error("the file is no index of release groups")]
    NotAnIndex,
    /// Another version of this crate wrote it in another format.
    #[error("the index has format {found}, and this program reads format {read}: build it again")]
    OtherFormat {
        /// The format of the file.
        found: u32,
        /// The format that is read here.
        read: u32,
    },
    /// Its keys were made by other rules than those of a question would be.
    #[error("the keys of the index are by {found}, and this program's by {ours}: build it again")]
    OtherKeys {
        /// The rules of the file's keys: name and version.
        found: String,
        /// The rules here.
        ours: String,
    },
    /// It is not as it was written.
    #[error("the index is damaged ({what}): build it again, or copy it again")]
    Damaged {
        /// What is wrong, in words for a person.
        what: &'static str,
    },
    /// The system does not read it.
    #[error("the index cannot be read")]
    Read(#[from] io::Error),
}

impl OfflineError {
    pub(super) fn damaged(what: &'static str) -> Self {
        Self::Damaged { what }
    }
}

/// No index was built. The file that was there before is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The dump cannot be read, or is cut off, or no archive.
    #[error("the dump cannot be read")]
    Dump(#[source] io::Error),
    /// A row is not what the table holds.
    #[error("line {line} of table {table}: {what}")]
    Row {
        /// The table.
        table: &'static str,
        /// The line, from 1.
        line: u64,
        /// What is wrong, in words for a person.
        what: &'static str,
    },
    /// A table is not in the dump: it may be another of MusicBrainz' archives.
    #[error("the dump has no table {0}: `mbdump.tar.bz2` has all that are needed")]
    NoTable(&'static str),
    /// There is more than the format holds.
    #[error("the dump has more {0} than an index can hold")]
    TooMany(&'static str),
    /// The index, or what is kept beside it meanwhile, cannot be written.
    #[error("the index cannot be written")]
    Write(#[from] io::Error),
    /// It was told to stop.
    #[error("stopped")]
    Stopped,
}

impl BuildError {
    /// What was kept on disk meanwhile is not what was written there.
    pub(super) fn inner() -> Self {
        Self::Write(io::ErrorKind::InvalidData.into())
    }
}
