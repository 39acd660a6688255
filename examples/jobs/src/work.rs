//! What a job does is given by whoever starts the worker: the trait [`Work`], and what it is told.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use lastfm_core::{Timestamp, Username};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::{Kind, Order, Priority, Progress};

/// How long a slice should last at most.
pub const SLICE: Duration = Duration::from_secs(30);

/// Does the work of jobs, a slice at a time.
#[async_trait]
pub trait Work: Send + Sync + 'static {
    /// Works on a job for at most [`SLICE`], and says how it goes on.
    ///
    /// Slices of one job never overlap, as long as clocks run and the process is not stopped for
    /// longer than the lease; what must not be written by an overtaken worker is for the store to
    /// refuse. What was done must be stored by the work itself: the next slice begins with nothing
    /// but its [`Task`], perhaps on another machine.
    ///
    /// # Errors
    ///
    /// A [`Setback`] that says what is to happen now.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped, at any poll, 40 s after the slice began, and a few seconds after it
    /// was asked to end.
    async fn slice(&self, task: &Task, slice: &Slice) -> Result<Done, Setback>;
}

/// The job that a slice belongs to.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Task {
    /// The job's number.
    pub job: i64,
    /// What is to be done.
    pub kind: Kind,
    /// For whom.
    pub user: Username,
    /// Of which year (UTC) of the user's history; `None`: of all of it.
    pub year: Option<i16>,
    /// How urgent it is.
    pub priority: Priority,
    /// Which try it is, from 1: slices that failed, or whose worker died, since one went well.
    pub attempt: u32,
    /// The number of this slice. It rises with every slice of this kind, user and year, whoever works:
    /// a number to fence writes with.
    pub number: i64,
    /// When the job was ordered.
    pub ordered_at: Timestamp,
    /// How far it had come. The next slice goes on telling from here.
    pub progress: Progress,
}

impl Task {
    /// The first slice of a job that was ordered so, as a worker would get it: for tests of a
    /// [`Work`] without a queue.
    pub fn first(order: Order) -> Self {
        let Order { kind, user, year, priority } = order;
        let (job, attempt, number, ordered_at) = (1, 1, 1, Timestamp::from_unix(0));
        let progress = Progress::default();
        Self { job, kind, user, year, priority, attempt, number, ordered_at, progress }
    }

    /// The next slice of the same job, after one that told this.
    pub fn next(self, progress: Progress) -> Self {
        Self { number: self.number + 1, progress, ..self }
    }
}

/// How a slice ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Done {
    /// Nothing is left to do. The words tell people what came of it.
    Finished(String),
    /// There is more to do, in a slice to come, not before this time has passed. Costs no attempt.
    More {
        /// How long to wait; zero goes to the end of the line at once.
        after: Duration,
    },
}

/// How a slice ended badly.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setback {
    /// Something failed that may go well next time: it is tried again, later each time, and given
    /// up after [`Retries::attempts`](crate::Retries::attempts) in a row.
    Retry(String),
    /// Nothing can be done now, and it is not this job's fault (an outage, a rate limit): it is
    /// tried again after this time, as often as it takes. Costs no attempt.
    Wait {
        /// For how long nothing is tried.
        after: Duration,
        /// Why, in words.
        reason: String,
    },
    /// It can never go well until a person does something: the reason, in words.
    GiveUp(String),
}

/// Why a slice is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// Its time is up: return [`Done::More`], and the job goes on in its next slice.
    TimeIsUp,
    /// The worker stops: return [`Done::More`], and another one goes on at once.
    Stopping,
    /// Somebody cancelled the job: whatever is returned, it does not go on.
    Cancelled,
}

/// What a slice may know and tell while it works.
pub struct Slice {
    pub(crate) until: Instant,
    pub(crate) ending: watch::Receiver<Option<Ending>>,
    pub(crate) progress: watch::Sender<Progress>,
}

impl Slice {
    /// One without a worker, that lasts so long: for tests of a [`Work`].
    pub fn alone(lasts: Duration) -> Self {
        let (_, ending) = watch::channel(None);
        Self { until: Instant::now() + lasts, ending, progress: watch::Sender::default() }
    }

    /// What was told last.
    pub fn told(&self) -> Progress {
        self.progress.borrow().clone()
    }

    /// How much time is left; zero when the slice should end.
    pub fn time_left(&self) -> Duration {
        if self.ending.borrow().is_some() {
            return Duration::ZERO;
        }
        self.until.saturating_duration_since(Instant::now())
    }

    /// Whether the slice should end now, and why.
    pub fn should_end(&self) -> Option<Ending> {
        let asked = *self.ending.borrow();
        asked.or_else(|| (Instant::now() >= self.until).then_some(Ending::TimeIsUp))
    }

    /// Waits until the slice should end, and says why. Cancel safe.
    pub fn ended(&self) -> impl Future<Output = Ending> + Send + use<> {
        let mut ending = self.ending.clone();
        let until = self.until;
        async move {
            let asked = async {
                // A sender that is gone asks for nothing any more.
                match ending.wait_for(Option::is_some).await.map(|ending| *ending) {
                    Ok(Some(ending)) => ending,
                    _ => std::future::pending().await,
                }
            };
            tokio::select! {
                ending = asked => ending,
                () = tokio::time::sleep_until(until) => Ending::TimeIsUp,
            }
        }
    }

    /// Tells how far the job has come. Never waits: it is written about once a second, at once if
    /// the phase changed, and when the slice ends.
    pub fn report(&self, progress: Progress) {
        self.progress.send_replace(progress);
    }
}

impl fmt::Debug for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slice")
            .field("time_left", &self.time_left())
            .field("should_end", &self.should_end())
            .finish_non_exhaustive()
    }
}
