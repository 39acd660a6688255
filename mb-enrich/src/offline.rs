//! Release groups from a file: an index that was built from MusicBrainz' dump.
//!
//! [`IndexBuilder`] makes the file, [`OfflineSource`] answers from it.

mod assemble;
mod build;
mod bytes;
mod catalogue;
mod dump;
mod error;
mod file;
mod gather;
mod header;
mod index;
mod keys;
mod record;
mod sorter;

use std::fmt;
use std::fs::File;
use std::path::Path;

use async_trait::async_trait;
use lastfm_core::Mbid;

pub use self::build::{BuildStep, IndexBuilder};
pub use self::error::{BuildError, OfflineError};
pub use self::header::About;
use self::index::Index;
use crate::ReleaseGroup;
use crate::source::{Answers, Names, Source, SourceError, Tracks, Works};

/// Release groups in a file that was built from MusicBrainz' dump: see [`IndexBuilder`].
///
/// It answers as [`MemorySource`](crate::MemorySource) does. Of an artist of more than
/// 2,000 groups it tells of those first whose titles share words with the titles that are wanted,
/// and of no more. Identifiers of artists are not kept, but for the one that stands for many.
///
/// The file is not read as a whole: a few blocks of it for each question, in the thread that polls,
/// each held against its checksum. So a file that was damaged or cut off is noticed, at the latest
/// where it matters. Its directories are in memory, some 1 % of its size.
///
/// The file may be replaced while it is open: who has it open goes on with the old one.
///
/// # Cancel safety
///
/// Nothing to lose: every answer is there at the first poll.
pub struct OfflineSource(Index);

impl fmt::Debug for OfflineSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OfflineSource").field(self.about()).finish()
    }
}

impl OfflineSource {
    /// Opens an index.
    ///
    /// # Errors
    ///
    /// [`OfflineError`] if the file is no index, is damaged or cannot be read, and if it has to be
    /// built again because this program makes other keys of names than the one that built it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, OfflineError> {
        Ok(Self(Index::open(File::open(path)?)?))
    }

    /// What the index holds, and which dump it was made of.
    pub fn about(&self) -> &About {
        self.0.about()
    }

    /// Answers in turn; after the first that fails, none.
    fn each<'a, Q, T>(
        &'a self,
        questions: &[Q],
        answer: impl Fn(&mut index::Reader<'a>, &Q) -> Result<T, OfflineError>,
    ) -> Answers<T> {
        let mut reader = self.0.reader();
        let mut answers = Vec::with_capacity(questions.len());
        let mut trouble = None;
        for question in questions {
            match answer(&mut reader, question) {
                Ok(one) => answers.push(Some(one)),
                Err(error) => {
                    trouble = Some(error.into());
                    break;
                }
            }
        }
        answers.resize_with(questions.len(), || None);
        Answers { answers, trouble }
    }
}

#[async_trait]
impl Source for OfflineSource {
    async fn by_ids(&self, ids: &[Mbid]) -> Answers<Option<ReleaseGroup>> {
        self.each(ids, index::Reader::by_id)
    }

    async fn by_names(&self, questions: &[Names]) -> Answers<Vec<ReleaseGroup>> {
        self.each(questions, index::Reader::by_names)
    }

    async fn of_artists(&self, questions: &[Works]) -> Answers<Vec<ReleaseGroup>> {
        self.each(questions, index::Reader::of_artist)
    }

    async fn with_tracks(&self, questions: &[Tracks]) -> Answers<Vec<Mbid>> {
        self.each(questions, index::Reader::with_tracks)
    }
}

impl From<OfflineError> for SourceError {
    fn from(error: OfflineError) -> Self {
        let what = error.to_string();
        let source = if matches!(error, OfflineError::Read(_)) {
            Self::outage(what)
        } else {
            Self::broken(what)
        };
        source.because(error)
    }
}
