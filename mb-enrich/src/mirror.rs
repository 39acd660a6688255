//! A mirror of MusicBrainz' database in PostgreSQL, as a source.

mod artists;
mod connection;
mod error;
mod groups;
mod options;
mod questions;
mod read;
mod sessions;
mod shape;
mod spellings;

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use lastfm_core::Mbid;

pub use self::error::MirrorError;
pub use self::options::MirrorOptions;
use self::questions::{Question, Reading};
use self::sessions::{Session, Sessions};
use self::shape::{Shape, check_filled};
use crate::ReleaseGroup;
use crate::source::{Answers, Names, Source, Tracks, Works};

/// A mirror of MusicBrainz' database: that of [musicbrainz-docker], of [mbslave], or one filled
/// from a dump by hand.
///
/// Hundreds of questions are one statement, on the indexes that mirrors have. Nothing is ever
/// written: every transaction is read-only, and sees one state of the mirror, whatever its
/// replication does meanwhile. It needs the tables of the core data, the years as well from the
/// releases as from the derived data; nothing has to be installed in it.
///
/// An artist is found by the name, an alias, the name that lists are sorted by or the one on a
/// record, in the spellings that catalogues use; one whose name shares only its letters with these
/// (`Ke$ha`, asked for as `Keha`) where the artists' names have an index of the extension `pg_trgm`.
///
/// It lives on tokio: its methods panic outside of a runtime.
///
/// # Errors
///
/// What the server does not say, for whatever reason, is [trouble](Answers::trouble) whose source is
/// a [`MirrorError`], and never "absent".
///
/// # Cancel safety
///
/// Dropping a future ends its connection and changes nothing. The server notices at the latest when
/// the statement's time is over.
///
/// [musicbrainz-docker]: https://github.com/metabrainz/musicbrainz-docker
/// [mbslave]: https://github.com/acoustid/mbslave
#[derive(Debug)]
pub struct MirrorSource {
    sessions: Sessions,
    most_groups: u32,
    shape: Mutex<Option<Arc<Shape>>>,
}

/// As few questions as are not asked in parts when they take too long.
const FEW: usize = 15;

impl MirrorSource {
    fn new(sessions: Sessions, most_groups: u32) -> Self {
        Self { sessions, most_groups, shape: Mutex::default() }
    }

    /// Whether it can be reached, and is a mirror of MusicBrainz.
    ///
    /// # Errors
    ///
    /// [`MirrorError`].
    pub async fn check(&self) -> Result<(), MirrorError> {
        self.ask::<Mbid>(&[]).await.map(drop)
    }

    async fn answers<Q: Question>(&self, questions: &[Q]) -> Answers<Q::Answer> {
        let mut answers: Vec<Option<Q::Answer>> = Vec::new();
        answers.resize_with(questions.len(), || None);
        // What is read of an artist serves all questions of a part.
        let mut order: Vec<usize> = (0..questions.len()).collect();
        order.sort_by_key(|place| questions[*place].artist());
        let parts: Vec<_> =
            order.chunks(Q::TOGETHER).map(|places| self.part(questions, places)).collect();
        // While one answer is made, another is read.
        let mut parts = stream::iter(parts).buffered(self.sessions.count());
        while let Some((part, found)) = parts.next().await {
            match found {
                Ok(found) => {
                    for (place, answer) in part.iter().zip(found) {
                        answers[*place] = Some(answer);
                    }
                }
                Err(error) => return Answers { answers, trouble: Some(error.into()) },
            }
        }
        Answers { answers, trouble: None }
    }

    /// The answers to those questions that stand at some places.
    async fn part<'a, Q: Question>(
        &self,
        questions: &[Q],
        places: &'a [usize],
    ) -> (&'a [usize], Result<Vec<Q::Answer>, MirrorError>) {
        let asked: Vec<&Q> = places.iter().map(|place| &questions[*place]).collect();
        (places, self.ask(&asked).await)
    }

    /// Asks again, once, if a connection was lost: it may have been lost long ago.
    async fn ask<Q: Question>(&self, asked: &[&Q]) -> Result<Vec<Q::Answer>, MirrorError> {
        match self.ask_once(asked).await {
            Err(error) if error.is_lost() => {
                self.sessions.forget();
                *self.shape.lock().unwrap_or_else(PoisonError::into_inner) = None;
                self.ask_once(asked).await
            }
            // Fewer at once may be done in time. Very few that are not wait for something else.
            Err(error) if error.is_too_slow() && asked.len() > FEW => {
                let (some, others) = asked.split_at(asked.len() / 2);
                let mut answers = Box::pin(self.ask(some)).await?;
                answers.extend(Box::pin(self.ask(others)).await?);
                Ok(answers)
            }
            answered => answered,
        }
    }

    /// What the mirror has, as it was when it was first asked.
    async fn shape(&self, session: &Session<'_>) -> Result<Arc<Shape>, MirrorError> {
        let known = self.shape.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(shape) = known {
            return Ok(shape);
        }
        let shape = Arc::new(Shape::detect(&self.sessions, session).await?);
        *self.shape.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&shape));
        Ok(shape)
    }

    async fn ask_once<Q: Question>(&self, asked: &[&Q]) -> Result<Vec<Q::Answer>, MirrorError> {
        let session = self.sessions.begin().await?;
        let shape = self.shape(&session).await?;
        check_filled(&self.sessions, &session).await?;
        let most_groups = self.most_groups;
        let reading = Reading { session: &session, shape: &shape, most_groups };
        let answers = Q::ask(&reading, asked).await?;
        session.end().await;
        Ok(answers)
    }
}

#[async_trait]
impl Source for MirrorSource {
    async fn by_ids(&self, ids: &[Mbid]) -> Answers<Option<ReleaseGroup>> {
        self.answers(ids).await
    }

    async fn by_names(&self, questions: &[Names]) -> Answers<Vec<ReleaseGroup>> {
        self.answers(questions).await
    }

    async fn of_artists(&self, questions: &[Works]) -> Answers<Vec<ReleaseGroup>> {
        self.answers(questions).await
    }

    async fn with_tracks(&self, questions: &[Tracks]) -> Answers<Vec<Mbid>> {
        self.answers(questions).await
    }
}
