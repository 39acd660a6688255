//! Figures for whoever shows them: how many jobs stand where, and how slices went.

use std::time::Duration;

use lastfm_core::Timestamp;
use serde::Serialize;

use crate::database::{Database, on};
use crate::{Error, Jobs, Kind, RESCUE_AFTER, Status};

/// How all jobs stand, as one query found them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Snapshot {
    /// How many jobs stand where, of each kind, user and year the newest. What is not listed is none.
    pub counts: Vec<Count>,
    /// How long the job has waited that has waited longest and could be worked on.
    pub oldest_waiting: Option<Duration>,
    /// Jobs in work whose worker died or was cut off, and that nobody has taken over yet.
    pub abandoned: u64,
    /// Slices that were begun, ever.
    pub slices: u64,
    /// Slices that failed, as far as the history goes back.
    pub failed: u64,
    /// Slices whose worker died or was cut off, as far as the history goes back.
    pub rescued: u64,
    /// When this was, by the database's clock.
    pub as_of: Timestamp,
}

/// How many jobs of one kind stand in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// The kind.
    pub kind: Kind,
    /// Where they stand.
    pub status: Status,
    /// How many.
    pub jobs: u64,
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: Option<String>,
    status: Option<String>,
    jobs: i64,
    oldest: Option<i64>,
    abandoned: i64,
    slices: i64,
    failed: i64,
    rescued: i64,
    as_of: i64,
}

impl Jobs {
    /// Whether any worker of this place is known to run. One that was killed is still believed in
    /// for some 16 s, and after a start or a change of leadership it takes as long to be known.
    pub async fn is_attended(&self) -> Result<bool, Error> {
        // One of all workers leads, and says so again and again; those at work are seen anyway.
        const AT_WORK: &str = "SELECT count(*) > 0 FROM fetch_jobs \
             WHERE status = 'running' AND slice_at >= {now} - 45";
        let database = &self.inner.database;
        let leads = match database {
            Database::Postgres(_) => {
                "SELECT count(*) > 0 FROM river_leader WHERE expires_at > now()"
            }
            Database::Sqlite(_) => {
                "SELECT count(*) > 0 FROM river_leader WHERE datetime(expires_at) > datetime('now')"
            }
        };
        for read in [leads, AT_WORK] {
            let found: bool = on!(database, pool => {
                sqlx::query_scalar(database.sql(read)).fetch_one(pool).await?
            });
            if found {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How all jobs stand now.
    pub async fn snapshot(&self) -> Result<Snapshot, Error> {
        // The first row, of no kind, is there even if no job is.
        const READ: &str = "SELECT NULL AS kind, NULL AS status, CAST(0 AS bigint) AS jobs, \
             CAST(NULL AS bigint) AS oldest, CAST(0 AS bigint) AS abandoned, \
             CAST(0 AS bigint) AS slices, \
             (SELECT count(*) FROM fetch_history WHERE event IN ('failed_once', 'gave_up')) \
             AS failed, \
             (SELECT count(*) FROM fetch_history WHERE event = 'rescued') AS rescued, \
             {now} AS as_of \
             UNION ALL SELECT kind, status, count(*), \
             min(CASE WHEN status = 'waiting' AND coalesce(resume_at, 0) <= {now} \
             THEN coalesce(resume_at, updated_at) END), \
             count(CASE WHEN status = 'running' AND slice_at < {now} - $1 THEN 1 END), \
             CAST(sum(slice) AS bigint), 0, 0, {now} FROM fetch_jobs GROUP BY kind, status";
        let database = &self.inner.database;
        let rescue_after = i64::try_from(RESCUE_AFTER.as_secs()).unwrap_or(i64::MAX);
        let rows: Vec<Row> = on!(database, pool => {
            sqlx::query_as(database.sql(READ)).bind(rescue_after).fetch_all(pool).await?
        });
        let sum = |of: fn(&Row) -> i64| -> u64 {
            rows.iter().map(|row| u64::try_from(of(row)).unwrap_or_default()).sum()
        };
        let as_of = Timestamp::from_unix(rows.first().map_or(0, |row| row.as_of));
        let oldest = rows.iter().filter_map(|row| row.oldest).min();
        let mut counts = Vec::new();
        for row in &rows {
            if let (Some(kind), Some(status)) = (&row.kind, &row.status) {
                let jobs = u64::try_from(row.jobs).unwrap_or_default();
                counts.push(Count { kind: kind.parse()?, status: Status::read(status)?, jobs });
            }
        }
        Ok(Snapshot {
            oldest_waiting: oldest.map(|since| as_of.since(Timestamp::from_unix(since))),
            abandoned: sum(|row| row.abandoned),
            slices: sum(|row| row.slices),
            failed: sum(|row| row.failed),
            rescued: sum(|row| row.rescued),
            as_of,
            counts,
        })
    }
}
