//! Takes plays to be sent, and writes down what became of them.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::try_join;
use lastfm_core::Timestamp;
use lastfm_core::scrobble::{Account, Attempt, Batch, PlayId, QueuedPlay, Verdict};
use tokio_postgres::types::Type;

use super::accounts::Open;
use super::rows::{self, COLUMNS};
use super::stand::stand;
use crate::error::Failure;
use crate::statements::{At, number};
use crate::transaction::{Transaction, Value};

pub(super) const DUE: &str = "
    FROM queued_play
    WHERE account_id = $1 AND standing = 'waiting' AND due_at <= $2
    ORDER BY (job_id IS NOT NULL), played_at, id LIMIT $3";

pub(crate) async fn take(
    transaction: &Transaction,
    account: &Account,
    limit: usize,
    lease: Duration,
    at: Timestamp,
) -> Result<Batch, Failure> {
    let mut account = Open::of(transaction, account).await?;
    let attempt = Attempt(account.next_attempt());
    let hold = account.hold.clone().filter(|hold| hold.is_in_force(at));
    let mut plays = Vec::new();
    if hold.is_none() {
        let limit = number(limit);
        let values: [Value<'_>; 3] =
            [(&account.id, Type::INT8), (&At(at), Type::INT8), (&limit, Type::INT8)];
        plays = found(transaction, DUE, &values).await?;
        plays.sort_unstable_by_key(|play: &QueuedPlay| (play.play.played_at, play.id));
    }
    for play in &mut plays {
        play.take(attempt, lease, at);
        stand(&mut account, play.clone(), at);
    }
    account.keep().await?;
    Ok(Batch { attempt, plays, hold })
}

async fn found(
    transaction: &Transaction,
    which: &str,
    values: &[Value<'_>],
) -> Result<Vec<QueuedPlay>, Failure> {
    let rows = transaction.query(&format!("SELECT {COLUMNS} {which}"), values).await?;
    rows.iter().map(rows::play).collect()
}

pub(super) const THESE: &str = "FROM queued_play WHERE account_id = $1 AND id = ANY($2)";

pub(crate) async fn settle(
    transaction: &Transaction,
    account: &Account,
    attempt: Attempt,
    verdicts: &[(PlayId, Verdict)],
    at: Timestamp,
) -> Result<Vec<QueuedPlay>, Failure> {
    let mut account = Open::of(transaction, account).await?;
    let ids: Vec<i64> = verdicts.iter().map(|(id, _)| id.0).collect();
    let values: [Value<'_>; 2] = [(&account.id, Type::INT8), (&ids, Type::INT8_ARRAY)];
    let plays = found(transaction, THESE, &values).await?;
    // One may be named twice.
    let mut plays: BTreeMap<PlayId, QueuedPlay> =
        plays.into_iter().map(|play| (play.id, play)).collect();
    let mut settled = Vec::new();
    for (id, verdict) in verdicts {
        let Some(play) = plays.get_mut(id) else { continue };
        if play.settle(attempt, verdict.clone(), at) {
            stand(&mut account, play.clone(), at);
            settled.push(play.clone());
        }
    }
    account.keep().await?;
    Ok(settled)
}

pub(super) const VANISHED: &str = "
    FROM queued_play
    WHERE account_id = $1 AND standing = 'sending' AND (lease_until <= $2 OR lease_until > $3)";

/// Plays of jobs, and of none: apart in the index.
pub(super) const TOO_OLD: &str = "
    FROM queued_play
    WHERE account_id = $1 AND (job_id IS NOT NULL) IN (false, true)
        AND standing IN ('waiting', 'paused') AND played_at < $2";

pub(crate) async fn refresh(
    transaction: &Transaction,
    account: &Account,
    oldest: Timestamp,
    longest_lease: Duration,
    at: Timestamp,
) -> Result<Vec<QueuedPlay>, Failure> {
    let mut account = Open::of(transaction, account).await?;
    let longest = at.plus(i64::try_from(longest_lease.as_secs()).unwrap_or(i64::MAX));
    let (at_once, longest, before) = (At(at), At(longest), At(oldest));
    let vanished: [Value<'_>; 3] =
        [(&account.id, Type::INT8), (&at_once, Type::INT8), (&longest, Type::INT8)];
    let too_old: [Value<'_>; 2] = [(&account.id, Type::INT8), (&before, Type::INT8)];
    let vanished = found(transaction, VANISHED, &vanished);
    let (mut stale, too_old) = try_join(vanished, found(transaction, TOO_OLD, &too_old)).await?;
    stale.extend(too_old);
    stale.sort_unstable_by_key(|play| play.id);
    for play in &mut stale {
        if play.refresh(oldest, longest_lease, at) {
            stand(&mut account, play.clone(), at);
        }
    }
    account.keep().await?;
    Ok(stale)
}
