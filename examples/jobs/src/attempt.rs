//! One slice of a job: begun, worked on, told of, and ended within its lease.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use riverqueue::tokio_util::sync::CancellationToken;
use riverqueue::{Job, WorkContext, WorkError, WorkOutcome};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

use crate::database::on;
use crate::jobs::Inner;
use crate::order::Fetch;
use crate::record::{self, Begun, End, Fence};
use crate::work::{SLICE, Slice};
use crate::{Done, Ending, Jobs, Progress, Setback, Status, Task, Work};

/// After this time a slice's future is dropped: five seconds before another worker may begin.
pub(crate) const DROPPED_AFTER: Duration = Duration::from_secs(40);

/// How long a slice that was asked to end may go on.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// How often a slice is looked after that nobody was heard to cancel.
const LOOKED_EVERY: Duration = Duration::from_secs(5);

/// How often progress is written at most, as long as the phase stays.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// How often, and when, a slice that failed is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// How many slices in a row may fail before the job is given up. Slices whose worker died
    /// count too.
    pub attempts: u32,
    /// How long the first wait is, about; each further one is four times as long.
    pub first: Duration,
    /// How long a wait is at most, about.
    pub longest: Duration,
}

impl Default for Retries {
    /// Five attempts, about 30 s, 2 min, 8 min and 32 min apart.
    fn default() -> Self {
        Self { attempts: 5, first: Duration::from_secs(30), longest: Duration::from_hours(1) }
    }
}

impl Retries {
    /// The wait after this many failures in a row, a fifth longer or shorter at random, so that
    /// what failed together is not tried again together.
    pub(crate) fn after(&self, failures: u32) -> Duration {
        let steps = failures.saturating_sub(1).min(16);
        let wait = self.first.saturating_mul(4_u32.saturating_pow(steps)).min(self.longest);
        let chance = RandomState::new().hash_one(failures) % 401;
        wait.saturating_mul(800 + u32::try_from(chance).unwrap_or_default()) / 1000
    }
}

/// How long slices and their leases are: as they are, or that many times shorter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) times: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self { times: 1 }
    }
}

impl Pace {
    pub(crate) fn of(self, time: Duration) -> Duration {
        time / self.times
    }
}

/// A slice that failed, as River hears of it.
#[derive(Debug)]
pub(crate) struct Again {
    after: Duration,
    words: String,
}

impl fmt::Display for Again {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl std::error::Error for Again {}

/// Runs the slices of one worker.
#[derive(Clone)]
pub(crate) struct SliceRunner {
    pub(crate) jobs: Jobs,
    pub(crate) work: Arc<dyn Work>,
    pub(crate) name: String,
    pub(crate) retries: Retries,
    pub(crate) stopping: CancellationToken,
    pub(crate) pace: Pace,
}

impl riverqueue::Worker<Fetch> for SliceRunner {
    type Error = Again;

    fn next_retry(
        &self,
        _job: &Job<Fetch>,
        error: &WorkError,
        _now: riverqueue::jiff::Timestamp,
    ) -> Option<Duration> {
        // Anything else is River's word that the worker is gone: another one goes on at once.
        Some(error.downcast_ref::<Again>().map_or(Duration::ZERO, |again| again.after))
    }

    async fn work(&self, context: WorkContext, job: Job<Fetch>) -> Result<WorkOutcome, Again> {
        let start = Instant::now();
        // What River writes of this attempt names the claim, or is refused once it is overtaken.
        // A number can always be written as JSON.
        let _ = context.metadata_set("claim", record::claim(&job.row));
        let Inner { database, announcer, .. } = &*self.jobs.inner;
        match record::begin(database, announcer, &job.row, &job.args, &self.name).await {
            Ok(Begun::Ours(ours)) => self.slice(start, &context, &ours.0, &ours.1).await,
            Ok(Begun::Over(Status::Finished)) => Ok(WorkOutcome::Complete),
            Ok(Begun::Over(Status::Cancelled)) => Ok(WorkOutcome::Cancel),
            // Refused if another worker has it; ends a job that our tables know nothing of.
            Ok(Begun::Over(_) | Begun::Overtaken) => Ok(WorkOutcome::Discard),
            Err(error) => {
                let after = Duration::from_secs(5);
                tracing::warn!(%error, job = job.row.id, "a slice could not begin");
                Err(Again { after, words: format!("the slice could not begin: {error}") })
            }
        }
    }
}

/// How the future of a slice ended.
enum Ended {
    Itself(Result<Done, Setback>),
    /// It was dropped, because of this.
    Dropped(Ending),
    Overtaken,
}

impl SliceRunner {
    async fn slice(
        &self,
        start: Instant,
        context: &WorkContext,
        task: &Task,
        fence: &Fence,
    ) -> Result<WorkOutcome, Again> {
        if task.attempt > self.retries.attempts {
            let words = format!("its worker died, {} times in a row", task.attempt - 1);
            let ended = Ended::Itself(Err(Setback::GiveUp(words)));
            return self.end(None, task, fence, ended, &task.progress).await;
        }
        let (ask, ending) = watch::channel(None);
        let (progress, mut reported) = watch::channel(task.progress.clone());
        let slice = Slice { until: start + self.pace.of(SLICE), ending, progress };
        let ended = {
            let working = AssertUnwindSafe(self.work.slice(task, &slice)).catch_unwind();
            tokio::select! {
                done = working => Ended::Itself(done.unwrap_or_else(|panic| {
                    Err(Setback::Retry(format!("the work panicked: {}", said(&*panic))))
                })),
                () = self.tell(fence, &mut reported) => Ended::Overtaken,
                ending = self.ask_to_end(context, task.job, &ask) => Ended::Dropped(ending),
                () = sleep_until(start + self.pace.of(DROPPED_AFTER)) => Ended::Dropped(Ending::TimeIsUp),
            }
        };
        let progress = slice.progress.borrow().clone();
        let asked = *slice.ending.borrow();
        self.end(asked, task, fence, ended, &progress).await
    }

    /// Asks the slice to end when it should, and returns when it has had the time to.
    async fn ask_to_end(
        &self,
        context: &WorkContext,
        job: i64,
        ask: &watch::Sender<Option<Ending>>,
    ) -> Ending {
        let ending = tokio::select! {
            biased;
            () = self.stopping.cancelled() => Ending::Stopping,
            // River has limits of its own, too, which pass while a machine sleeps.
            () = context.cancellation_token().cancelled() => if self.is_cancelled(job).await {
                Ending::Cancelled
            } else {
                Ending::TimeIsUp
            },
            () = self.cancelled(job) => Ending::Cancelled,
        };
        ask.send_replace(Some(ending));
        sleep(GRACE).await;
        ending
    }

    /// Writes down progress as it is reported; returns only if the slice was overtaken.
    async fn tell(&self, fence: &Fence, reported: &mut watch::Receiver<Progress>) {
        let inner = &self.jobs.inner;
        let mut written = Progress::default();
        let mut written_at: Option<Instant> = None;
        loop {
            if reported.changed().await.is_err() {
                // The slice is at its end, and what was reported last is written with it.
                return std::future::pending().await;
            }
            if let Some(at) = written_at {
                let due = sleep_until(at + TOLD_EVERY);
                tokio::pin!(due);
                loop {
                    if reported.borrow_and_update().phase != written.phase {
                        break;
                    }
                    tokio::select! {
                        () = &mut due => break,
                        changed = reported.changed() => if changed.is_err() {
                            return std::future::pending().await;
                        },
                    }
                }
            }
            let now = reported.borrow_and_update().clone();
            match record::progress(&inner.database, &inner.announcer, fence, &now).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, job = fence.job, "progress was not written"),
            }
            written = now;
            written_at = Some(Instant::now());
        }
    }

    /// Returns once somebody has cancelled the job. River tells of it at once, but who begins to
    /// work before River listens would hear of it only a minute later.
    async fn cancelled(&self, job: i64) {
        loop {
            sleep(LOOKED_EVERY).await;
            if self.is_cancelled(job).await {
                return;
            }
        }
    }

    /// Whether somebody has cancelled the job, as far as can be seen now.
    async fn is_cancelled(&self, job: i64) -> bool {
        const CANCELLED: &str = "SELECT metadata ->> 'cancel_attempted_at' IS NOT NULL \
             FROM river_job WHERE id = $1";
        let found: Result<Option<bool>, sqlx::Error> = on!(&self.jobs.inner.database, pool => {
            sqlx::query_scalar(CANCELLED).bind(job).fetch_optional(pool).await
        });
        matches!(found, Ok(Some(true)))
    }

    /// Writes down how the slice ended, then tells River.
    async fn end(
        &self,
        asked: Option<Ending>,
        task: &Task,
        fence: &Fence,
        ended: Ended,
        progress: &Progress,
    ) -> Result<WorkOutcome, Again> {
        let before = task.attempt - 1;
        let mut end = End {
            status: Status::Waiting,
            resume_in: 0,
            failures: before,
            retryable: true,
            summary: None,
            error: None,
            history: None,
        };
        let ended = match ended {
            Ended::Itself(Ok(Done::Finished(summary))) => {
                end = End { status: Status::Finished, failures: 0, retryable: false, ..end };
                end.summary = Some(&summary);
                end.history = Some(("finished", &summary));
                return self.written(fence, &end, progress, Ok(WorkOutcome::Complete)).await;
            }
            Ended::Overtaken => return Ok(WorkOutcome::Snooze(Duration::ZERO)),
            _ if asked == Some(Ending::Cancelled) => {
                end.status = Status::Cancelled;
                end.history = Some(("cancelled", ""));
                return self.written(fence, &end, progress, Ok(WorkOutcome::Cancel)).await;
            }
            Ended::Dropped(Ending::TimeIsUp) => {
                let seconds = self.pace.of(DROPPED_AFTER).as_secs();
                Err(Setback::Retry(format!("a slice did not end within {seconds} s")))
            }
            // Not its fault: it goes on where it is, and no attempt is lost.
            Ended::Dropped(_) => {
                let again = Ok(WorkOutcome::Snooze(Duration::ZERO));
                return self.written(fence, &end, progress, again).await;
            }
            Ended::Itself(ended) => ended,
        };
        match ended {
            Ok(Done::Finished(_)) => unreachable!("returned above"),
            Ok(Done::More { after }) => {
                end.failures = 0;
                end.resume_in = seconds(after);
                self.written(fence, &end, progress, Ok(WorkOutcome::Snooze(after))).await
            }
            Err(Setback::Wait { after, reason }) => {
                end = End { status: Status::Resting, resume_in: seconds(after), ..end };
                end.error = Some(&reason);
                end.history = Some(("outage", &reason));
                self.written(fence, &end, progress, Ok(WorkOutcome::Snooze(after))).await
            }
            Err(Setback::Retry(words)) => {
                end.failures = task.attempt;
                end.error = Some(&words);
                if task.attempt >= self.retries.attempts {
                    end.status = Status::Failed;
                    end.history = Some(("gave_up", &words));
                    return self.written(fence, &end, progress, Ok(WorkOutcome::Discard)).await;
                }
                let after = self.retries.after(task.attempt);
                end = End { status: Status::Resting, resume_in: seconds(after), ..end };
                end.history = Some(("failed_once", &words));
                let again = Err(Again { after, words: record::text(&words) });
                self.written(fence, &end, progress, again).await
            }
            Err(Setback::GiveUp(words)) => {
                end = End { status: Status::Failed, retryable: false, ..end };
                end.error = Some(&words);
                end.history = Some(("gave_up", &words));
                self.written(fence, &end, progress, Ok(WorkOutcome::Discard)).await
            }
        }
    }

    async fn written(
        &self,
        fence: &Fence,
        end: &End<'_>,
        progress: &Progress,
        outcome: Result<WorkOutcome, Again>,
    ) -> Result<WorkOutcome, Again> {
        let inner = &self.jobs.inner;
        let mut tries = 0;
        loop {
            match record::end(&inner.database, &inner.announcer, fence, end, progress).await {
                Ok(true) => return outcome,
                // The try before was written, though its answer was lost; if not, and somebody has
                // taken the job over, River refuses whatever it is told.
                Ok(false) if tries > 0 => return outcome,
                Ok(false) => return Ok(WorkOutcome::Snooze(Duration::ZERO)),
                Err(error) if tries < 2 && error.is_retryable() => {
                    tries += 1;
                    sleep(Duration::from_secs(1)).await;
                }
                Err(error) => {
                    // The next slice finds this one without an end.
                    let words = format!("the end of a slice could not be written: {error}");
                    return Err(Again { after: Duration::from_secs(5), words });
                }
            }
        }
    }
}

fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// What a panic said, if it said it in words.
fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("nothing in words")
}
