//! A source that keeps in mind whether asking again can help.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::file::chain;
use async_trait::async_trait;
use lastfm_core::Mbid;
use mb_enrich::{Answers, Names, ReleaseGroup, Source, Tracks, Works};

/// Outcomes say why there is no answer, in words; what a run does about it depends on this.
#[derive(Debug)]
pub struct WatchedSource {
    source: Arc<dyn Source>,
    broken: Mutex<Option<String>>,
    /// Whether somebody has given it up for as long as the program runs.
    is_given_up: AtomicBool,
}

impl WatchedSource {
    /// The same source.
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self { source, broken: Mutex::default(), is_given_up: AtomicBool::new(false) }
    }

    /// Why it will not answer until somebody changes something, if that is so.
    pub fn broken(&self) -> Option<String> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Nobody is to wait for it again.
    pub fn give_up(&self) {
        self.is_given_up.store(true, Ordering::Relaxed);
    }

    /// Whether it was given up.
    pub fn is_given_up(&self) -> bool {
        self.is_given_up.load(Ordering::Relaxed)
    }

    fn note<T>(&self, answers: Answers<T>) -> Answers<T> {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        match &answers.trouble {
            // Somebody has changed something.
            None => *broken = None,
            Some(error) if !error.is_retryable => *broken = Some(chain(error)),
            Some(_) => {}
        }
        drop(broken);
        answers
    }
}

#[async_trait]
impl Source for WatchedSource {
    async fn by_ids(&self, ids: &[Mbid]) -> Answers<Option<ReleaseGroup>> {
        self.note(self.source.by_ids(ids).await)
    }

    async fn by_names(&self, questions: &[Names]) -> Answers<Vec<ReleaseGroup>> {
        self.note(self.source.by_names(questions).await)
    }

    async fn of_artists(&self, questions: &[Works]) -> Answers<Vec<ReleaseGroup>> {
        self.note(self.source.of_artists(questions).await)
    }

    async fn with_tracks(&self, questions: &[Tracks]) -> Answers<Vec<Mbid>> {
        self.note(self.source.with_tracks(questions).await)
    }
}
