//! Takes plays to be sent, and writes down what became of them.

use std::time::Duration;

use lastfm_core::Timestamp;
use lastfm_core::scrobble::{Account, Attempt, Batch, PlayId, QueuedPlay, Verdict};
use rusqlite::{Connection, params};

use super::accounts::{Open, hold_of};
use super::list::find;
use super::rows::{self, COLUMNS};
use super::stand::stand;
use crate::error::Failure;
use crate::statements::{At, number};

/// Indexes are named where SQLite, which does not know that most plays are over, chooses wrongly:
/// here it would find all that are due, and sort them. Both states are named as in the index, which
/// is not used otherwise.
pub(super) const DUE: &str = "
    FROM queued_play INDEXED BY queued_play_to_send
    WHERE account_id = ?1 AND standing IN ('waiting', 'paused') AND standing = 'waiting'
        AND due_at <= ?2
    ORDER BY (job_id IS NOT NULL), played_at, id LIMIT ?3";

pub(crate) fn take(
    db: &Connection,
    account: &Account,
    limit: usize,
    lease: Duration,
    at: Timestamp,
) -> Result<Batch, Failure> {
    let mut account = Open::of(db, account)?;
    let attempt = Attempt(account.next_attempt());
    let hold = hold_of(db, account.id)?.filter(|hold| hold.is_in_force(at));
    let mut plays = Vec::new();
    if hold.is_none() {
        let mut due = db.prepare_cached(&format!("SELECT {COLUMNS} {DUE}"))?;
        let due = due.query_map(params![account.id, At(at), number(limit)], rows::play)?;
        plays = due.collect::<Result<_, _>>()?;
        plays.sort_unstable_by_key(|play: &QueuedPlay| (play.play.played_at, play.id));
    }
    for play in &mut plays {
        play.take(attempt, lease, at);
        stand(&mut account, play, at)?;
    }
    account.keep()?;
    Ok(Batch { attempt, plays, hold })
}

pub(crate) fn settle(
    db: &Connection,
    account: &Account,
    attempt: Attempt,
    verdicts: Vec<(PlayId, Verdict)>,
    at: Timestamp,
) -> Result<Vec<QueuedPlay>, Failure> {
    let mut account = Open::of(db, account)?;
    let mut settled = Vec::new();
    for (id, verdict) in verdicts {
        let Some(mut play) = find(db, account.id, id)? else { continue };
        if play.settle(attempt, verdict, at) {
            stand(&mut account, &play, at)?;
            settled.push(play);
        }
    }
    account.keep()?;
    Ok(settled)
}

pub(super) const VANISHED: &str = "
    FROM queued_play INDEXED BY queued_play_by_standing
    WHERE account_id = ?1 AND standing = 'sending' AND (lease_until <= ?2 OR lease_until > ?3)";

/// Plays of jobs, and of none: apart in the index.
pub(super) const TOO_OLD: &str = "
    FROM queued_play INDEXED BY queued_play_to_send
    WHERE account_id = ?1 AND (job_id IS NOT NULL) IN (0, 1)
        AND standing IN ('waiting', 'paused') AND played_at < ?2";

pub(crate) fn refresh(
    db: &Connection,
    account: &Account,
    oldest: Timestamp,
    longest_lease: Duration,
    at: Timestamp,
) -> Result<Vec<QueuedPlay>, Failure> {
    let mut account = Open::of(db, account)?;
    let mut stale: Vec<QueuedPlay> = Vec::new();
    let mut vanished = db.prepare_cached(&format!("SELECT {COLUMNS} {VANISHED}"))?;
    let longest = at.plus(i64::try_from(longest_lease.as_secs()).unwrap_or(i64::MAX));
    for play in vanished.query_map(params![account.id, At(at), At(longest)], rows::play)? {
        stale.push(play?);
    }
    let mut too_old = db.prepare_cached(&format!("SELECT {COLUMNS} {TOO_OLD}"))?;
    for play in too_old.query_map(params![account.id, At(oldest)], rows::play)? {
        stale.push(play?);
    }
    stale.sort_unstable_by_key(|play| play.id);
    for play in &mut stale {
        if play.refresh(oldest, longest_lease, at) {
            stand(&mut account, play, at)?;
        }
    }
    account.keep()?;
    Ok(stale)
}
