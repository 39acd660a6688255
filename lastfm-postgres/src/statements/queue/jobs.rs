//! Jobs, and how far they are.

use std::collections::HashMap;

use futures_util::future::try_join;
use lastfm_core::Timestamp;
use lastfm_core::scrobble::{Account, Counts, Job, JobId};
use tokio_postgres::types::Type;

use super::{accounts, list};
use crate::error::Failure;
use crate::statements::text::text;
use crate::statements::{At, at as moment};
use crate::transaction::Transaction;

const ALL: &str = "
    SELECT id, key, title, added_at FROM queue_job WHERE account_id = $1 ORDER BY id DESC";

pub(super) const COUNTS: &str = "
    SELECT standing, count(*), count(*) FILTER (WHERE due_at > $2), job_id FROM queued_play
    WHERE account_id = $1 AND job_id IS NOT NULL GROUP BY job_id, standing";

pub(crate) async fn all(
    transaction: &Transaction,
    account: &Account,
    at: Timestamp,
) -> Result<Vec<Job>, Failure> {
    let Some(account) = accounts::find(transaction, account).await? else {
        return Ok(Vec::new());
    };
    let (at, account) = (At(at), (&account as _, Type::INT8));
    let of_counts = [account.clone(), (&at as _, Type::INT8)];
    let (jobs, found) = try_join(
        transaction.query(ALL, std::slice::from_ref(&account)),
        transaction.query(COUNTS, &of_counts),
    )
    .await?;
    let mut counts: HashMap<i64, Counts> = HashMap::new();
    for row in found {
        list::count_in(counts.entry(row.try_get(3)?).or_default(), &row)?;
    }
    let jobs = jobs.iter().map(|row| {
        let id = row.try_get(0)?;
        let counts = counts.remove(&id).unwrap_or_default();
        Ok(Job::new(JobId(id), text(row, 1)?, text(row, 2)?, moment(row, 3)?, counts))
    });
    jobs.collect()
}
