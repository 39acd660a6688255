//! Jobs, and how far they are.

use std::collections::HashMap;

use lastfm_core::Timestamp;
use lastfm_core::scrobble::{Account, Counts, Job, JobId};
use rusqlite::{Connection, params};

use super::{accounts, list};
use crate::error::Failure;
use crate::statements::At;

const ALL: &str = "
    SELECT id, key, title, added_at FROM queue_job WHERE account_id = ?1 ORDER BY id DESC";

pub(super) const COUNTS: &str = "
    SELECT standing, count(*), sum(due_at > ?2), job_id FROM queued_play
    WHERE account_id = ?1 AND job_id IS NOT NULL GROUP BY job_id, standing";

pub(crate) fn all(db: &Connection, account: &Account, at: Timestamp) -> Result<Vec<Job>, Failure> {
    let Some(account) = accounts::find(db, account)? else {
        return Ok(Vec::new());
    };
    let mut counts: HashMap<i64, Counts> = HashMap::new();
    let mut statement = db.prepare_cached(COUNTS)?;
    let mut found = statement.query(params![account, At(at)])?;
    while let Some(row) = found.next()? {
        list::count_in(counts.entry(row.get(3)?).or_default(), row)?;
    }
    let mut statement = db.prepare_cached(ALL)?;
    let jobs = statement.query_map([account], |row| {
        let id = row.get(0)?;
        let counts = counts.remove(&id).unwrap_or_default();
        let added_at: At = row.get(3)?;
        Ok(Job::new(JobId(id), row.get(1)?, row.get(2)?, added_at.0, counts))
    })?;
    Ok(jobs.collect::<Result<_, _>>()?)
}
