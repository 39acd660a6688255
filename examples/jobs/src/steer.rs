//! Steering jobs: hasten, cancel, try again, pause, go on.

use std::time::Duration;

use lastfm_core::Username;
use riverqueue::{JobState, QueueSelector};

use crate::database::{on, write};
use crate::jobs::Inner;
use crate::order::Key;
use crate::{Error, Jobs, Kind, Order, Ordered, Priority, State, Status};

/// River hears of the end of a slice a moment after our tables do, and steers nothing until then.
const MOMENT: Duration = Duration::from_millis(50);

/// River's word for a job, which stays so until the transaction ends. River's own statements judge a
/// job by how it was before they waited for somebody else who was changing it.
const HELD: &str = "SELECT CAST(state AS text) FROM river_job WHERE id = $1 {lock}";

/// How many moments are waited for at most: a worker that dies within one leaves it open.
const MOMENTS: u32 = 40;

impl Jobs {
    /// Cancels the live job of this kind, user and year. One in line is cancelled at once; one in work
    /// is told to end, and dropped if it does not within a few seconds. What was cancelled or had
    /// ended before stays as it is.
    ///
    /// # Errors
    ///
    /// [`Error::NoJob`] if there never was one.
    pub async fn cancel(
        &self,
        kind: Kind,
        user: &Username,
        year: Option<i16>,
    ) -> Result<State, Error> {
        let Inner { database, announcer, client } = &*self.inner;
        let key = Key::new(kind, user, year);
        let mut found = self.existing(kind, user, year).await?;
        for _ in 0..MOMENTS {
            if !found.status.is_live() {
                break;
            }
            // What it ends is written down, and told, by a trigger.
            let state = write!(database, transaction => {
                client.jobs().cancel(found.job).tx(&mut transaction).await?.state
            });
            announcer.tell(&key);
            found = self.existing(kind, user, year).await?;
            if state != JobState::Running || found.slice_at.is_some() {
                break;
            }
            tokio::time::sleep(MOMENT).await;
        }
        Ok(found)
    }

    /// Lets a job go on now: one that rests or whose turn is to come does not wait any longer,
    /// one that was given up, cancelled or finished is ordered anew. One in work goes on as it is.
    ///
    /// # Errors
    ///
    /// [`Error::NoJob`] if there never was one.
    pub async fn retry(
        &self,
        kind: Kind,
        user: &Username,
        year: Option<i16>,
    ) -> Result<Ordered, Error> {
        const AGAIN: &str = "UPDATE fetch_jobs SET status = 'waiting', resume_at = NULL, \
             failures = 0, updated_at = {now}, change = change + 1 \
             WHERE kind = $1 AND user_key = $2 AND year = $4 AND job_id = $3 AND slice_at IS NULL \
             AND finished_at IS NULL";
        let Inner { database, announcer, client } = &*self.inner;
        let key = Key::new(kind, user, year);
        let mut found = self.existing(kind, user, year).await?;
        for _ in 0..MOMENTS {
            if !found.status.is_live() {
                let order = Order { kind, user: user.clone(), year, priority: Priority::Waiting };
                return self.order(&order).await;
            }
            let is_in_line = write!(database, transaction => {
                let held: Option<String> = sqlx::query_scalar(database.sql(HELD))
                    .bind(found.job).fetch_optional(&mut *transaction).await?;
                let can_wait = held.is_some_and(|state| waits(&state));
                if can_wait {
                    client.jobs().retry(found.job).tx(&mut transaction).await?;
                    sqlx::query(database.sql(AGAIN))
                        .bind(kind.as_str()).bind(&key.user).bind(found.job).bind(key.number())
                        .execute(&mut *transaction).await?;
                    announcer.tell_in(&mut *transaction, &key).await?;
                }
                can_wait
            });
            announcer.tell(&key);
            found = self.existing(kind, user, year).await?;
            if is_in_line || found.slice_at.is_some() {
                break;
            }
            tokio::time::sleep(MOMENT).await;
        }
        Ok(Ordered { job: found.job, new: false })
    }

    /// Begins no further slice of this kind (`None`: of any), on every machine, until
    /// [`resume`](Self::resume). Slices in work end as usual. Orders are still taken.
    pub async fn pause(&self, kind: Option<Kind>) -> Result<(), Error> {
        for kind in kind.as_ref().map_or(Kind::ALL, std::slice::from_ref) {
            // River refuses to pause a queue that no worker has ever asked for jobs.
            let queue = "INSERT INTO river_queue (name, updated_at) VALUES ($1, CURRENT_TIMESTAMP) \
                 ON CONFLICT (name) DO NOTHING";
            on!(&self.inner.database, pool => {
                sqlx::query(queue).bind(kind.as_str()).execute(pool).await?;
            });
            self.inner.client.queues().pause(QueueSelector::from(kind.as_str())).await?;
        }
        self.told_all().await
    }

    /// Goes on with jobs of this kind (`None`: of every kind).
    pub async fn resume(&self, kind: Option<Kind>) -> Result<(), Error> {
        for kind in kind.as_ref().map_or(Kind::ALL, std::slice::from_ref) {
            match self.inner.client.queues().resume(QueueSelector::from(kind.as_str())).await {
                Ok(()) | Err(riverqueue::Error::NotFound(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.told_all().await
    }

    /// Makes a live job as urgent as the order, and its turn come now unless it rests.
    pub(crate) async fn hasten(&self, order: &Order, job: i64) -> Result<(), Error> {
        const URGENT: &str = "UPDATE river_job SET priority = $2 WHERE id = $1 AND priority > $2";
        const SHOWN: &str = "UPDATE fetch_jobs SET priority = $4, updated_at = {now}, \
             change = change + 1 WHERE kind = $1 AND user_key = $2 AND year = $5 AND job_id = $3 \
             AND finished_at IS NULL AND priority > $4";
        const NOW: &str = "UPDATE fetch_jobs SET resume_at = NULL, updated_at = {now}, \
             change = change + 1 WHERE kind = $1 AND user_key = $2 AND year = $4 AND job_id = $3 \
             AND status = 'waiting' AND resume_at IS NOT NULL";
        let Inner { database, announcer, client } = &*self.inner;
        let key = order.key();
        let (kind, user, year) = (key.kind.as_str(), &key.user, key.number());
        let number = order.priority.number();
        for _ in 0..MOMENTS {
            write!(database, transaction => {
                let held: Option<String> = sqlx::query_scalar(database.sql(HELD))
                    .bind(job).fetch_optional(&mut *transaction).await?;
                sqlx::query(database.sql(URGENT))
                    .bind(job).bind(number).execute(&mut *transaction).await?;
                let mut changed = sqlx::query(database.sql(SHOWN))
                    .bind(kind).bind(user).bind(job).bind(number).bind(year)
                    .execute(&mut *transaction).await?.rows_affected();
                if held.is_some_and(|state| waits(&state)) {
                    let hastened = sqlx::query(database.sql(NOW))
                        .bind(kind).bind(user).bind(job).bind(year)
                        .execute(&mut *transaction).await?.rows_affected();
                    if hastened > 0 {
                        client.jobs().retry(job).tx(&mut transaction).await?;
                    }
                    changed += hastened;
                }
                if changed > 0 {
                    announcer.tell_in(&mut *transaction, &key).await?;
                }
            });
            announcer.tell(&key);
            let found = self.existing(order.kind, &order.user, order.year).await?;
            let is_to_come = found.status == Status::Waiting && found.resume_at.is_some();
            if found.job != job || !is_to_come {
                break;
            }
            tokio::time::sleep(MOMENT).await;
        }
        Ok(())
    }

    async fn told_all(&self) -> Result<(), Error> {
        let Inner { database, announcer, .. } = &*self.inner;
        write!(database, transaction => announcer.tell_all_in(&mut *transaction).await?);
        announcer.tell_all();
        Ok(())
    }

    async fn existing(
        &self,
        kind: Kind,
        user: &Username,
        year: Option<i16>,
    ) -> Result<State, Error> {
        let year_in_words = year.map(|year| format!(" {year}")).unwrap_or_default();
        let found = self.find(kind, user, year).await?;
        found.ok_or_else(|| Error::NoJob(format!("{kind} {user}{year_in_words}")))
    }
}

/// Whether a job of this word is in line, or will be.
fn waits(state: &str) -> bool {
    matches!(state, "available" | "pending" | "retryable" | "scheduled")
}
