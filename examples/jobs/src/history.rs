//! What became of jobs: ends, failures and rescues, with their times and in words.

use std::time::Duration;

use lastfm_core::{Timestamp, Username};
use serde::Serialize;

use crate::database::on;
use crate::order::Key;
use crate::{Error, Jobs, Kind};

/// For how long the history is kept. River's own rows of finished jobs are kept for a week.
pub const HISTORY_KEPT: Duration = Duration::from_hours(90 * 24);

/// What happened to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobEvent {
    /// It was done; the words are its summary.
    Finished,
    /// A slice failed, and is tried again.
    FailedOnce,
    /// Nothing could be done for a while: an outage, a rate limit.
    Outage,
    /// The worker of a slice died or was cut off, and another one went on.
    Rescued,
    /// Somebody cancelled it.
    Cancelled,
    /// It was given up.
    GaveUp,
}

/// One entry of the history of a user's jobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// When it happened.
    pub at: Timestamp,
    /// The job's number.
    pub job: i64,
    /// The slice's number.
    pub slice: i64,
    /// The year that the job was about; `None`: all of them.
    pub year: Option<i16>,
    /// What happened.
    pub happened: JobEvent,
    /// What there is to say of it; may be empty.
    pub words: String,
}

#[derive(sqlx::FromRow)]
struct Row {
    at: i64,
    job_id: i64,
    slice: i64,
    year: i16,
    event: String,
    words: String,
}

impl Jobs {
    /// What happened to jobs of this kind and user, whatever their year, newest first, for as long as it is kept
    /// ([`HISTORY_KEPT`]).
    pub async fn history(
        &self,
        kind: Kind,
        user: &Username,
        limit: u32,
    ) -> Result<Vec<Entry>, Error> {
        const READ: &str = "SELECT at, job_id, slice, year, event, words FROM fetch_history \
             WHERE kind = $1 AND user_key = $2 ORDER BY id DESC LIMIT $3";
        let database = &self.inner.database;
        let rows: Vec<Row> = on!(database, pool => {
            sqlx::query_as(database.sql(READ))
                .bind(kind.as_str()).bind(user.folded()).bind(i64::from(limit))
                .fetch_all(pool).await?
        });
        rows.into_iter().map(Row::into_entry).collect()
    }

    /// Forgets what is older than it is kept.
    pub(crate) async fn prune(&self) -> Result<(), Error> {
        const PRUNE: &str = "DELETE FROM fetch_history WHERE at < {now} - $1";
        let database = &self.inner.database;
        let kept = i64::try_from(HISTORY_KEPT.as_secs()).unwrap_or(i64::MAX);
        on!(database, pool => {
            sqlx::query(database.sql(PRUNE)).bind(kept).execute(pool).await?;
        });
        Ok(())
    }
}

impl Row {
    fn into_entry(self) -> Result<Entry, Error> {
        let happened = match self.event.as_str() {
            "finished" => JobEvent::Finished,
            "failed_once" => JobEvent::FailedOnce,
            "outage" => JobEvent::Outage,
            "rescued" => JobEvent::Rescued,
            "cancelled" => JobEvent::Cancelled,
            "gave_up" => JobEvent::GaveUp,
            other => {
                let why = format!("event {other:?}");
                return Err(Error::Row { table: "fetch_history", why });
            }
        };
        let at = Timestamp::from_unix(self.at);
        let year = Key::year_of(self.year);
        Ok(Entry { at, job: self.job_id, slice: self.slice, year, happened, words: self.words })
    }
}
