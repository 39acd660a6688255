//! The seam to MusicBrainz: what a source is asked, and what it promises.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::Mbid;

use crate::ReleaseGroup;
use crate::names::{ArtistName, Title};

/// Something that knows release groups: the web service, a mirror of its database, an index.
///
/// A source finds; it does not judge. It may tell of more groups than were asked for, and never of
/// fewer than each method promises: what is found is held against the question by the same rules
/// for every source, so that all give the same outcomes on the same data.
///
/// Every method takes any number of questions and splits them as it likes. Nothing is ever said to
/// be absent that the source did not look up: see [`Answers`].
///
/// # Cancel safety
///
/// Dropping a future loses answers and changes nothing.
#[async_trait]
pub trait Source: fmt::Debug + Send + Sync + 'static {
    /// The group that each identifier stands for: of a release in it, else of the group itself,
    /// else of one or the other that was merged into another since. Nothing for an identifier that
    /// stands for none of these.
    async fn by_ids(&self, ids: &[Mbid]) -> Answers<Option<ReleaseGroup>>;

    /// For each question the groups that go by the artist's name *and* by the title.
    ///
    /// A group goes by a name if the [key](ArtistName::key) of its artists together, or of one of
    /// them in any spelling that is known, is the key of that name; and by a title if one of its
    /// own [shares a key](Title::shares_a_key) with it. A source that searches by other rules may
    /// leave some of them to [`of_artists`](Self::of_artists).
    async fn by_names(&self, questions: &[Names]) -> Answers<Vec<ReleaseGroup>>;

    /// For each question the groups that go by the artist's name. Where these are more than the
    /// source can tell of, the ones whose titles have words of these titles come first.
    async fn of_artists(&self, questions: &[Works]) -> Answers<Vec<ReleaseGroup>>;

    /// For each question those of its groups of which a release holds one of its tracks, by the
    /// [keys](Title::keys) of their titles.
    async fn with_tracks(&self, questions: &[Tracks]) -> Answers<Vec<Mbid>>;
}

/// Who and what is looked for by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The artist.
    pub artist: ArtistName,
    /// The title of a record by this artist.
    pub title: Title,
    /// Whether nothing else is asked about the album after this: worth asking with more care.
    pub is_last: bool,
}

impl Names {
    /// Whether a group goes by the title, whoever it is by.
    pub(crate) fn are_of(&self, group: &ReleaseGroup) -> bool {
        goes_by(group.titles(), &self.title, &self.artist)
    }
}

/// Whether one of these titles of a record by this artist is the one that is asked for.
pub(crate) fn goes_by<'a>(
    titles: impl IntoIterator<Item = &'a str>,
    asked: &Title,
    artist: &ArtistName,
) -> bool {
    titles.into_iter().any(|text| asked.shares_a_key(&Title::new(text, artist)))
}

/// Whose groups are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Works {
    /// The artist.
    pub artist: ArtistName,
    /// The titles for which they are wanted.
    pub titles: Vec<Title>,
}

/// Which of some groups hold one of some tracks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracks {
    /// The groups.
    pub groups: Vec<Mbid>,
    /// The tracks' titles.
    pub tracks: Vec<Title>,
}

/// The answers to some questions, in their order, as far as the source got.
#[derive(Debug)]
#[must_use]
pub struct Answers<T> {
    /// One for each question; nothing where the source did not get so far.
    pub answers: Vec<Option<T>>,
    /// Why it did not get to the end, if it did not.
    pub trouble: Option<SourceError>,
}

impl<T> Answers<T> {
    /// An answer to each question, in their order.
    pub fn all(answers: impl IntoIterator<Item = T>) -> Self {
        Self { answers: answers.into_iter().map(Some).collect(), trouble: None }
    }

    /// No answer to any of so many questions, and why.
    pub fn none(count: usize, trouble: SourceError) -> Self {
        Self {
            answers: std::iter::repeat_with(|| None).take(count).collect(),
            trouble: Some(trouble),
        }
    }
}

/// A source could not answer. It says nothing about what was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
#[non_exhaustive]
pub struct SourceError {
    /// What happened, in words for a person.
    pub what: Box<str>,
    /// How long the source asks to be left alone, if it says.
    pub retry_after: Option<Duration>,
    /// Whether asking again may help without anybody doing anything.
    pub is_retryable: bool,
    /// Where it came from.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl SourceError {
    /// The source cannot be reached now.
    pub fn outage(what: impl Into<Box<str>>) -> Self {
        Self { what: what.into(), retry_after: None, is_retryable: true, source: None }
    }

    /// The source will not answer until somebody changes something.
    pub fn broken(what: impl Into<Box<str>>) -> Self {
        Self { is_retryable: false, ..Self::outage(what) }
    }

    /// How long the source asks to be left alone. Default: it does not say.
    pub fn retry_after(self, retry_after: Option<Duration>) -> Self {
        Self { retry_after, ..self }
    }

    /// Where it came from. Default: nowhere else.
    pub fn because(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }
}
