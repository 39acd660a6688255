//! What a worker writes down of a job. Every write names its slice, and an overtaken one is
//! refused.

use lastfm_core::Timestamp;
use riverqueue::JobRow;

use crate::database::{Database, on, write};
use crate::order::{Fetch, Key};
use crate::watch::Announcer;
use crate::{Error, Priority, Progress, Status, Task};

/// The job of a slice, and the number without which nothing is written.
#[derive(Debug, Clone)]
pub(crate) struct Fence {
    pub(crate) key: Key,
    pub(crate) job: i64,
    pub(crate) slice: i64,
    claim: i64,
}

/// Whether the job belongs to this worker.
#[derive(Debug)]
pub(crate) enum Begun {
    Ours(Box<(Task, Fence)>),
    /// The job's end is written down already: only River has not heard of it.
    Over(Status),
    /// Another worker has taken it.
    Overtaken,
}

#[derive(sqlx::FromRow)]
struct Taken {
    slice: i64,
    failures: i32,
    ordered_at: i64,
    priority: i16,
    details: String,
}

/// With what a worker took a job, in milliseconds: no two claims of one job are equal.
pub(crate) fn claim(row: &JobRow) -> i64 {
    row.attempted_at.map_or(0, riverqueue::jiff::Timestamp::as_millisecond)
}

/// Begins a slice. A slice before this one that never ended counts as a failure: its worker died
/// with it, perhaps because of it.
pub(crate) async fn begin(
    database: &Database,
    announcer: &Announcer,
    row: &JobRow,
    fetch: &Fetch,
    worker: &str,
) -> Result<Begun, Error> {
    const LEFT: &str = "SELECT slice_at IS NOT NULL FROM fetch_jobs \
         WHERE kind = $1 AND user_key = $2 AND year = $4 AND job_id = $3 {lock}";
    const TAKE: &str = "UPDATE fetch_jobs SET status = 'running', slice = slice + 1, \
         slice_at = {now}, started_at = coalesce(started_at, {now}), updated_at = {now}, \
         resume_at = NULL, worker = $4, change = change + 1, \
         failures = failures + CASE WHEN slice_at IS NULL THEN 0 ELSE 1 END \
         WHERE kind = $1 AND user_key = $2 AND year = $6 AND job_id = $3 \
         AND finished_at IS NULL \
         AND EXISTS (SELECT 1 FROM river_job j \
         WHERE j.id = $3 AND CAST(j.state AS text) = 'running' AND {claim} = $5) \
         RETURNING slice, failures, ordered_at, priority, details";
    const OVER: &str = "SELECT status FROM fetch_jobs \
         WHERE kind = $1 AND user_key = $2 AND year = $4 AND job_id = $3 \
         AND finished_at IS NOT NULL";
    let key = fetch.key();
    let (kind, user, year) = (key.kind.as_str(), &key.user, key.number());
    let taken: Option<Taken> = write!(database, transaction => {
        let left: Option<bool> = sqlx::query_scalar(database.sql(LEFT))
            .bind(kind).bind(user).bind(row.id).bind(year)
            .fetch_optional(&mut *transaction).await?;
        let taken: Option<Taken> = sqlx::query_as(database.sql(TAKE))
            .bind(kind).bind(user).bind(row.id).bind(worker).bind(claim(row)).bind(year)
            .fetch_optional(&mut *transaction).await?;
        if let (Some(true), Some(Taken { slice, .. })) = (left, &taken) {
            sqlx::query(database.sql(HISTORY))
                .bind(kind).bind(user).bind(row.id).bind(slice - 1)
                .bind("rescued").bind("its worker died, or was cut off").bind(year)
                .execute(&mut *transaction).await?;
        }
        if taken.is_some() {
            announcer.tell_in(&mut *transaction, &key).await?;
        }
        taken
    });
    let Some(taken) = taken else {
        let over: Option<String> = on!(database, pool => {
            sqlx::query_scalar(database.sql(OVER))
                .bind(kind).bind(user).bind(row.id).bind(year).fetch_optional(pool).await?
        });
        return over.map_or(Ok(Begun::Overtaken), |status| Ok(Begun::Over(Status::read(&status)?)));
    };
    announcer.tell(&key);
    let task = Task {
        job: row.id,
        kind: fetch.kind,
        user: fetch.name.clone(),
        year: fetch.year,
        priority: Priority::from_number(taken.priority),
        attempt: u32::try_from(taken.failures).unwrap_or_default().saturating_add(1),
        number: taken.slice,
        ordered_at: Timestamp::from_unix(taken.ordered_at),
        progress: serde_json::from_str(&taken.details).unwrap_or_default(),
    };
    let fence = Fence { key, job: row.id, slice: taken.slice, claim: claim(row) };
    Ok(Begun::Ours(Box::new((task, fence))))
}

const HISTORY: &str = "INSERT INTO fetch_history \
     (kind, user_key, job_id, slice, at, event, words, year) \
     VALUES ($1, $2, $3, $4, {now}, $5, $6, $7)";

/// Writes down how far a job has come. False: overtaken, and nothing was written.
pub(crate) async fn progress(
    database: &Database,
    announcer: &Announcer,
    fence: &Fence,
    progress: &Progress,
) -> Result<bool, Error> {
    const TELL: &str = "UPDATE fetch_jobs SET phase = $5, progress = $6, total = $7, details = $8, \
         updated_at = {now}, change = change + 1 \
         WHERE kind = $1 AND user_key = $2 AND year = $9 AND job_id = $3 AND slice = $4 \
         AND slice_at IS NOT NULL";
    let progress = readable(progress);
    let written = write!(database, transaction => {
        let written = sqlx::query(database.sql(TELL))
            .bind(fence.key.kind.as_str()).bind(&fence.key.user).bind(fence.job).bind(fence.slice)
            .bind(&progress.phase).bind(saturated(progress.done)).bind(progress.total.map(saturated))
            .bind(written_out(&progress)).bind(fence.key.number())
            .execute(&mut *transaction).await?.rows_affected();
        if written > 0 {
            announcer.tell_in(&mut *transaction, &fence.key).await?;
        }
        written
    });
    if written > 0 {
        announcer.tell(&fence.key);
    }
    Ok(written > 0)
}

/// How a slice ended, for the tables.
#[derive(Debug)]
pub(crate) struct End<'a> {
    pub(crate) status: Status,
    /// For how many seconds it rests or waits; unused if the job has ended.
    pub(crate) resume_in: i64,
    pub(crate) failures: u32,
    pub(crate) retryable: bool,
    pub(crate) summary: Option<&'a str>,
    pub(crate) error: Option<&'a str>,
    /// The event of the history and its words, if it is worth one.
    pub(crate) history: Option<(&'static str, &'a str)>,
}

/// Ends a slice. False: overtaken, and nothing was written.
pub(crate) async fn end(
    database: &Database,
    announcer: &Announcer,
    fence: &Fence,
    end: &End<'_>,
    progress: &Progress,
) -> Result<bool, Error> {
    const END: &str = "UPDATE fetch_jobs SET status = $5, slice_at = NULL, updated_at = {now}, \
         resume_at = CASE WHEN $6 > 0 THEN {now} + $6 END, failures = $7, retryable = $8, \
         summary = $9, error = $10, finished_at = CASE WHEN $11 THEN {now} END, \
         phase = $12, progress = $13, total = $14, details = $15, change = change + 1 \
         WHERE kind = $1 AND user_key = $2 AND year = $16 AND job_id = $3 AND slice = $4 \
         AND slice_at IS NOT NULL";
    // Whoever ends a job changes River's row first, then ours: two who do it at once wait for each
    // other, and never both.
    const OURS: &str = "SELECT j.id FROM river_job j \
         WHERE j.id = $1 AND CAST(j.state AS text) = 'running' AND {claim} = $2 {lock}";
    // River would write an end of its own accord, but only a moment later: whoever orders in that
    // moment would get the job that is over.
    const OVER: &str = "UPDATE river_job SET state = '{state}', finalized_at = {moment} \
         WHERE id = $1";
    let river = match end.status {
        Status::Finished => Some("completed"),
        Status::Cancelled => Some("cancelled"),
        Status::Failed => Some("discarded"),
        Status::Waiting | Status::Running | Status::Resting => None,
    };
    let progress = readable(progress);
    let resume_in = if river.is_some() { 0 } else { end.resume_in };
    let written = write!(database, transaction => {
        if river.is_some() {
            let ours: Option<i64> = sqlx::query_scalar(database.sql(OURS))
                .bind(fence.job).bind(fence.claim).fetch_optional(&mut *transaction).await?;
            // River has taken the job away, though nobody has begun it again: it is not over.
            if ours.is_none() {
                return Ok(false);
            }
        }
        let written = sqlx::query(database.sql(END))
            .bind(fence.key.kind.as_str()).bind(&fence.key.user).bind(fence.job).bind(fence.slice)
            .bind(end.status.as_str()).bind(resume_in)
            .bind(i32::try_from(end.failures).unwrap_or(i32::MAX)).bind(end.retryable)
            .bind(end.summary.map(text)).bind(end.error.map(text)).bind(river.is_some())
            .bind(&progress.phase).bind(saturated(progress.done)).bind(progress.total.map(saturated))
            .bind(written_out(&progress)).bind(fence.key.number())
            .execute(&mut *transaction).await?.rows_affected();
        if written > 0 {
            if let Some((event, words)) = end.history {
                sqlx::query(database.sql(HISTORY))
                    .bind(fence.key.kind.as_str()).bind(&fence.key.user).bind(fence.job)
                    .bind(fence.slice).bind(event).bind(text(words)).bind(fence.key.number())
                    .execute(&mut *transaction).await?;
            }
            if let Some(state) = river {
                sqlx::query(database.sql(&OVER.replace("{state}", state)))
                    .bind(fence.job).execute(&mut *transaction).await?;
            }
            announcer.tell_in(&mut *transaction, &fence.key).await?;
        }
        written
    });
    if written > 0 {
        announcer.tell(&fence.key);
    }
    Ok(written > 0)
}

/// A text as every database can hold it: PostgreSQL knows no U+0000.
pub(crate) fn text(words: &str) -> String {
    words.replace('\0', "\u{fffd}")
}

fn readable(progress: &Progress) -> Progress {
    let message = progress.message.as_deref().map(text);
    Progress { phase: text(&progress.phase), message, ..progress.clone() }
}

fn written_out(progress: &Progress) -> String {
    // Numbers, texts and nothing else: a rate that is no number is written as null.
    serde_json::to_string(progress).unwrap_or_else(|_| "{}".to_owned())
}

fn saturated(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
