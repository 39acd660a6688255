//! What is done by the clock: every hour, every night.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use lastfm_core::Username;
use riverqueue::jiff::Timestamp as Moment;
use riverqueue::{
    CronSchedule, InsertOpts, Job, JobArgs, PeriodicJob, PeriodicJobOpts, UniqueOpts, WorkContext,
    WorkOutcome, WorkerTimeout,
};
use serde::{Deserialize, Serialize};

use crate::{Error, Jobs, Kind, Order, Priority};

/// The queue in which ticks wait; it is never paused.
pub(crate) const QUEUE: &str = "ticks";

type Users =
    Pin<Box<dyn Future<Output = Result<Vec<Username>, Box<dyn StdError + Send + Sync>>> + Send>>;

/// Orders jobs of one kind for many users by the clock.
///
/// Each user has a moment of its own within the hour (or the night), always the same one, so that
/// not all of them come at once. Whoever's job is still live is left out. What was missed while no
/// worker ran is made up once, as soon as one runs.
#[derive(Clone)]
pub struct Schedule {
    kind: Kind,
    nightly: bool,
    users: Arc<dyn Fn() -> Users + Send + Sync>,
}

impl Schedule {
    /// Every hour, for the users that the function lists then.
    pub fn hourly<F, R>(kind: Kind, users: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<Vec<Username>, Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        Self { kind, nightly: false, users: Arc::new(move || Box::pin(users())) }
    }

    /// Every night between 01:00 and 05:00 UTC, for the users that the function lists then.
    pub fn nightly<F, R>(kind: Kind, users: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<Vec<Username>, Box<dyn StdError + Send + Sync>>> + Send + 'static,
    {
        Self { nightly: true, ..Self::hourly(kind, users) }
    }

    fn name(&self) -> String {
        format!("{} {}", self.kind, if self.nightly { "nightly" } else { "hourly" })
    }

    /// Over how many seconds the users are spread.
    fn spread(&self) -> i64 {
        if self.nightly { 4 * 3600 } else { 3600 }
    }

    /// When the tick was due that is the newest at this moment, in seconds.
    fn due(&self, now: i64) -> i64 {
        if self.nightly {
            (now - 3600).div_euclid(86_400) * 86_400 + 3600
        } else {
            now.div_euclid(3600) * 3600
        }
    }

    /// For River: one tick at each due time, and one when a worker begins to lead. A tick that was
    /// there already is not inserted again.
    pub(crate) fn periodic(&self) -> Result<PeriodicJob, Error> {
        let cron = if self.nightly { "0 1 * * *" } else { "0 * * * *" };
        let cron = CronSchedule::parse(cron).map_err(|error| Error::River(Box::new(error)))?;
        let schedule = self.clone();
        let tick = move || {
            // River may be a tenth of a second early.
            let due = schedule.due(Moment::now().as_second() + 1);
            let opts = InsertOpts::default()
                .with_queue(QUEUE)
                .with_unique(UniqueOpts::new().with_by_args(true));
            Some((Tick { schedule: schedule.name(), due }, opts))
        };
        let opts =
            PeriodicJobOpts::new().with_id(self.name().replace(' ', "-")).with_run_on_start(true);
        Ok(PeriodicJob::conditional_with_options(cron, tick, opts))
    }

    /// Orders for every user at its moment; those whose moment has passed at once.
    pub(crate) async fn order(&self, jobs: &Jobs, due: i64) -> Result<(), Error> {
        let users = (self.users)().await.map_err(Error::Users)?;
        let priority = if self.nightly { Priority::Nightly } else { Priority::Scheduled };
        let orders: Vec<Order> = users
            .into_iter()
            .map(|user| Order { kind: self.kind, user, year: None, priority })
            .collect();
        let now = Moment::now().as_second();
        jobs.order_many(&orders, |order| {
            let at = due + place(&order.user) % self.spread();
            Moment::from_second(at).ok().filter(|_| at > now)
        })
        .await?;
        Ok(())
    }
}

/// A number that belongs to a user: FNV-1a of the name, the same in every version and on every
/// machine.
fn place(user: &Username) -> i64 {
    let hash = user.folded().bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    i64::try_from(hash >> 1).unwrap_or_default()
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schedule").field(&self.name()).finish()
    }
}

/// One time that a schedule is due.
#[derive(Debug, Clone, Serialize, Deserialize, JobArgs)]
#[river(kind = "tick")]
pub(crate) struct Tick {
    schedule: String,
    due: i64,
}

/// Works on ticks.
pub(crate) struct Scheduler {
    pub(crate) jobs: Jobs,
    pub(crate) schedules: Vec<Schedule>,
}

impl riverqueue::Worker<Tick> for Scheduler {
    type Error = Error;

    fn timeout(&self, _job: &Job<Tick>) -> WorkerTimeout {
        // Many users take a while to order for; to do it twice orders nothing twice.
        WorkerTimeout::After(Duration::from_mins(5))
    }

    async fn work(&self, _context: WorkContext, job: Job<Tick>) -> Result<WorkOutcome, Error> {
        let named = self.schedules.iter().find(|schedule| schedule.name() == job.args.schedule);
        if let Some(schedule) = named {
            schedule.order(&self.jobs, job.args.due).await?;
        }
        self.jobs.prune().await?;
        Ok(WorkOutcome::Complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> Users {
        Box::pin(async { Ok(Vec::new()) })
    }

    #[test]
    fn the_newest_tick_is_the_one_before_now() {
        let hourly = Schedule::hourly(Kind::Sync, nobody);
        let nightly = Schedule::nightly(Kind::Audit, nobody);
        let day = 20_000 * 86_400;
        assert_eq!(hourly.due(day + 3599), day);
        assert_eq!(hourly.due(day + 3600), day + 3600);
        assert_eq!(nightly.due(day + 3599), day - 86_400 + 3600);
        assert_eq!(nightly.due(day + 3600), day + 3600);
        assert_eq!(nightly.due(day + 80_000), day + 3600);
    }

    #[test]
    fn users_are_spread_over_the_hour() {
        let mut quarters = [0; 4];
        for number in 0..1000 {
            let user = format!("user{number}").parse().expect("a name");
            quarters[usize::try_from(place(&user) % 3600 / 900).expect("a quarter")] += 1;
        }
        assert!(quarters.iter().all(|users| *users > 200), "{quarters:?}");
    }
}
