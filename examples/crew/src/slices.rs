//! What all slices of a process share, and how one goes from begin to end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use async_trait::async_trait;
use jobs::{Done, Ending, Kind, Setback, Slice, Task, Work};
use lastfm_core::Credentials;
use lastfm_core::archive::{Span, StoreError, StoreErrorKind};
use lastfm_core::scrobble::ScrobbleQueue;
use lastfm_core::transport::Transport;
use terminal::database::Database;
use terminal::exit::Trouble;
use terminal::musicbrainz::MusicBrainz;
use tokio::sync::{OnceCell, watch};
use tokio::time::Instant;
use url::Url;

use crate::enriching::FIRST_PORTION;
use crate::outage::{Outage, Permission};
use crate::{Figures, JobOutcome, Observer, Sessions};

/// How the words of a setback begin that the archive is to blame for; what follows after a colon is
/// for whoever runs the program.
pub const STORE_FAILED: &str = "the archive cannot be read or written";
/// Until a disk that is full is written to again.
const FULL: Duration = Duration::from_mins(5);

/// What slices work with.
pub struct SliceContext {
    /// Where archives are kept.
    pub db: Database,
    /// What Last.fm is asked through, without any pace.
    pub network: Arc<dyn Transport>,
    /// Keys to ask Last.fm with. A session among them comes before those of users.
    pub credentials: Credentials,
    /// Where Last.fm is, if it is not in its place.
    pub service: Option<Url>,
    /// Requests a second, shared by all who use the database.
    pub rate: f64,
    /// Plays asked for at once, 1 to 1000.
    pub page_size: u32,
    /// How many times shorter all times of slices are: once, but in tests.
    pub hurry: u32,
    /// What release years are asked from; `None`: nobody is asked.
    pub musicbrainz: Option<MusicBrainz>,
    /// Whose session a user is read with.
    pub sessions: Arc<dyn Sessions>,
    /// Who is told of what happens.
    pub observer: Arc<dyn Observer>,
    /// What is counted.
    pub figures: Arc<Figures>,
}

/// The work of jobs; what its slices share.
pub struct Slices {
    pub(crate) context: SliceContext,
    pub(crate) outage: Outage,
    pub(crate) musicbrainz_outage: Outage,
    /// Albums that a slice can ask for at first, as far as the last ones tell.
    pub(crate) first_portion: AtomicUsize,
    /// The queue of scrobbles beside the archives, once it is open.
    pub(crate) queue: OnceCell<Arc<dyn ScrobbleQueue>>,
    /// When the last slice ended that came to something.
    last_good: watch::Sender<Instant>,
    /// What no job of this process can go on with.
    pub(crate) ends: watch::Sender<Option<Trouble>>,
}

/// How a slice ended.
pub(crate) struct Ended {
    /// A word for it, if it came to asking anybody.
    pub(crate) outcome: Option<&'static str>,
    pub(crate) done: Result<Done, Setback>,
}

impl Ended {
    pub(crate) fn new(outcome: &'static str, done: Result<Done, Setback>) -> Self {
        Self { outcome: Some(outcome), done }
    }

    /// Somebody has removed the user since this was ordered.
    pub(crate) fn forgotten() -> Self {
        Self::unasked(Ok(Done::Finished("is not archived any more".to_owned())))
    }

    /// Nobody was asked.
    pub(crate) fn unasked(done: Result<Done, Setback>) -> Self {
        Self { outcome: None, done }
    }
}

#[async_trait]
impl Work for Slices {
    async fn slice(&self, task: &Task, slice: &Slice) -> Result<Done, Setback> {
        let year = match year(task) {
            Ok(year) => year,
            Err(words) => {
                let done = Err(Setback::GiveUp(words));
                self.tell(task, slice, &done);
                return done;
            }
        };
        let Ended { outcome, done } = match task.kind {
            Kind::Enrich => self.enrich(task, slice, year).await,
            kind => match self.outage.leave(Instant::now()) {
                Permission::Rest(after, reason) => return Err(Setback::Wait { after, reason }),
                leave if kind == Kind::Scrobble => {
                    self.scrobble(task, slice, leave == Permission::Look).await
                }
                leave => self.read(task, slice, year, leave == Permission::Look).await,
            },
        };
        if let Some(outcome) = outcome {
            self.context.figures.ran(task.kind, outcome);
            if done.is_ok() {
                self.last_good.send_replace(Instant::now());
            }
        }
        self.tell(task, slice, &done);
        done
    }
}

impl Slices {
    /// Nothing is asked of anybody yet.
    pub fn new(context: SliceContext) -> Self {
        Self {
            context,
            outage: Outage::default(),
            musicbrainz_outage: Outage::default(),
            first_portion: AtomicUsize::new(FIRST_PORTION),
            queue: OnceCell::new(),
            last_good: watch::Sender::new(Instant::now()),
            ends: watch::Sender::new(None),
        }
    }

    /// What it works with.
    pub fn context(&self) -> &SliceContext {
        &self.context
    }

    /// Why nothing is asked of Last.fm, if that is so.
    pub fn outage(&self) -> Option<String> {
        self.outage.reason()
    }

    /// How long ago a slice ended that came to something; at first, how long this has been there.
    pub fn idle(&self) -> Duration {
        self.last_good.borrow().elapsed()
    }

    /// What no job of this process can go on with, such as a key that Last.fm does not accept, if
    /// there is such a thing.
    pub fn trouble(&self) -> Option<Trouble> {
        self.ends.borrow().clone()
    }

    /// Returns once there is [such a thing](Self::trouble): the process can end.
    pub async fn in_trouble(&self) {
        // The sender lives as long as the slices.
        let _ = self.ends.subscribe().wait_for(Option::is_some).await;
    }

    fn tell(&self, task: &Task, slice: &Slice, done: &Result<Done, Setback>) {
        let observer = &self.context.observer;
        match done {
            Ok(Done::Finished(words)) => observer.ended(task, JobOutcome::Finished, words),
            _ if slice.should_end() == Some(Ending::Cancelled) => {
                observer.ended(task, JobOutcome::Cancelled, "");
            }
            Err(Setback::GiveUp(words)) => observer.ended(task, JobOutcome::GaveUp, words),
            Err(Setback::Retry(words)) => observer.ended(task, JobOutcome::FailedOnce, words),
            _ => {}
        }
    }
}

impl fmt::Debug for SliceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Means").field("db", &self.db.place).finish_non_exhaustive()
    }
}

impl fmt::Debug for Slices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Slices").field(&self.context).finish()
    }
}

/// The year that the job is about, if it is about one.
fn year(task: &Task) -> Result<Option<Span>, String> {
    let Some(year) = task.year else { return Ok(None) };
    if !matches!(task.kind, Kind::Sync | Kind::Enrich) {
        return Err(format!("{} is never about one year", task.kind));
    }
    Span::year(year).map(Some).ok_or_else(|| format!("there is no year {year}"))
}

/// What follows when the archive cannot be read or written.
pub(crate) fn of_store(error: &StoreError) -> Setback {
    let words = format!("{STORE_FAILED}: {}", terminal::file::chain(error));
    match error.kind {
        StoreErrorKind::Corrupt => Setback::GiveUp(words),
        StoreErrorKind::Full => Setback::Wait { after: FULL, reason: words },
        _ => Setback::Retry(words),
    }
}
