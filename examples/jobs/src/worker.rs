//! A worker: takes jobs from the queue and has their slices done, until it is told to stop.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use riverqueue::tokio_util::sync::CancellationToken;
use riverqueue::{Client, MaintenanceConfig, QueueConfig, Retention, Workers};

use crate::attempt::{GRACE, Pace, Retries, SliceRunner};
use crate::database::Database;
use crate::schedule::{self, Schedule, Scheduler};
use crate::{Error, Jobs, Kind, RESCUE_AFTER, Work};

/// For how long River's own rows of jobs that ended are kept. Ticks must be remembered for longer
/// than a day, or the night's would be made up twice.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// How often whoever leads says so again, and whoever does not asks for it.
const ELECTIONS: Duration = Duration::from_secs(5);

/// Works on jobs. Every process may run one, on every machine: who takes which job is settled by
/// the database.
///
/// A job whose worker dies goes on within 75 s after the death on any other worker of the same
/// place (or on this one, started again): its slice is given up when it is 45 s old, and whoever
/// looks for such slices looks every 5 s. If the dead one was the one who looked, the next one is
/// elected within 16 s.
///
/// Clocks of machines that share a database should agree to a few seconds. A worker whose clock is
/// far ahead takes jobs away from others too early; they lose a slice's work, nothing else.
pub struct Worker {
    jobs: Jobs,
    work: Arc<dyn Work>,
    at_a_time: usize,
    at_a_time_of: Vec<(Kind, usize)>,
    name: String,
    retries: Retries,
    schedules: Vec<Schedule>,
    pace: Pace,
}

impl Worker {
    /// A worker for four jobs of each kind at a time, named after its process.
    pub fn new(jobs: Jobs, work: Arc<dyn Work>) -> Self {
        let name = format!("worker {}", std::process::id());
        let retries = Retries::default();
        let (schedules, pace) = (Vec::new(), Pace::default());
        let at_a_time_of = Vec::new();
        Self { jobs, work, at_a_time: 4, at_a_time_of, name, retries, schedules, pace }
    }

    /// Makes slices, the times after which they are dropped and given to others, the waits between
    /// retries, and those between elections, this many times shorter: for tests that have no 45 s to
    /// wait. All workers of a place must agree.
    #[doc(hidden)]
    pub fn hurried(self, times: u32) -> Self {
        Self { pace: Pace { times: times.max(1) }, ..self }
    }

    /// How many jobs of each kind are worked on at a time: 1 to 10,000. A job mostly waits for the
    /// service, so that many at a time cost little.
    pub fn at_a_time(self, jobs: usize) -> Self {
        Self { at_a_time: jobs.clamp(1, riverqueue::QUEUE_NUM_WORKERS_MAX), ..self }
    }

    /// The same of one kind, whatever is said of all: of work that would not be done faster by many.
    pub fn at_a_time_of(mut self, kind: Kind, jobs: usize) -> Self {
        self.at_a_time_of.push((kind, jobs.clamp(1, riverqueue::QUEUE_NUM_WORKERS_MAX)));
        self
    }

    /// What people see as the one who works on a job: the machine's name, say.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// How often, and when, what failed is tried again.
    pub fn retries(self, retries: Retries) -> Self {
        Self { retries, ..self }
    }

    /// Has jobs ordered by the clock. Every worker of a place should have the same schedules: any
    /// one of them may be the one who keeps them.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedules.push(schedule);
        self
    }

    /// Works until `stop` is ready. Then no further job is taken, slices in work are asked to end,
    /// and are dropped if they have not after five seconds; their jobs are back in line, and lose
    /// no attempt.
    ///
    /// # Errors
    ///
    /// If the worker cannot begin, or if River stops by itself. A database that is out of reach
    /// for a while is waited for.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future stops as `stop` does, in the background.
    pub async fn run(self, stop: impl Future<Output = ()> + Send) -> Result<(), Error> {
        let stopping = CancellationToken::new();
        let client = self.client(&stopping)?;
        let mut running = client.start()?;
        // Dropped before `running`, so that slices hear of the stop as what it is.
        let _told = stopping.clone().drop_guard();
        tokio::select! {
            ended = running.wait() => return Ok(ended?),
            () = stop => {}
        }
        stopping.cancel();
        Ok(running.stop().await?)
    }

    fn client(self, stopping: &CancellationToken) -> Result<Client, Error> {
        let Self { jobs, work, at_a_time, at_a_time_of, name, retries, schedules, pace } = self;
        let Retries { attempts, first, longest } = retries;
        let retries = Retries { attempts, first: pace.of(first), longest: pace.of(longest) };
        let builder = match &jobs.inner.database {
            Database::Postgres(pool) => Client::builder(pool.clone()),
            Database::Sqlite(pool) => Client::builder(pool.clone()),
        };
        let periodic: Result<Vec<_>, _> = schedules.iter().map(Schedule::periodic).collect();
        let bench = SliceRunner {
            jobs: jobs.clone(),
            work,
            name,
            retries,
            stopping: stopping.clone(),
            pace,
        };
        let mut workers = Workers::new();
        workers.add(bench)?;
        workers.add(Scheduler { jobs, schedules })?;
        let maintenance = MaintenanceConfig::default()
            .with_elect_interval(pace.of(ELECTIONS))
            .with_rescue_after(pace.of(RESCUE_AFTER))
            .with_rescuer_interval(pace.of(Duration::from_secs(5)))
            .with_scheduler_interval(Duration::from_secs(1))
            .with_completed_job_retention(Retention::DeleteAfter(KEPT))
            .with_cancelled_job_retention(Retention::DeleteAfter(KEPT))
            .with_discarded_job_retention(Retention::DeleteAfter(KEPT))
            // A queue that is forgotten is no longer paused.
            .with_queue_retention(Duration::from_hours(10 * 365 * 24));
        let mut builder = builder
            .id(unique_id())
            .workers(workers)
            .maintenance(maintenance)
            // River's own limits come after ours, for work that blocks its thread.
            .job_timeout(pace.of(RESCUE_AFTER))
            .job_stuck_threshold(GRACE * 2)
            .fetch_cooldown(Duration::from_millis(10))
            .queue(schedule::QUEUE, QueueConfig::new(1));
        for kind in Kind::ALL {
            let said = at_a_time_of.iter().rev().find(|(of, _)| of == kind);
            let at_a_time = said.map_or(at_a_time, |(_, jobs)| *jobs);
            builder = builder.queue(kind.as_str(), QueueConfig::new(at_a_time));
        }
        for job in periodic? {
            builder = builder.periodic_job(job);
        }
        Ok(builder.build()?)
    }
}

/// River's name for a worker: two that are the same would both lead.
fn unique_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let chance = std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), now);
    format!("{}-{chance:016x}", std::process::id())
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("name", &self.name)
            .field("at_a_time", &self.at_a_time)
            .field("schedules", &self.schedules)
            .finish_non_exhaustive()
    }
}
