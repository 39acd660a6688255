//! Lists and counts plays, and tells what happened to them.

use lastfm_core::Timestamp;
use lastfm_core::scrobble::{Account, Counts, Filter, PlayId, QueuedPlay, State, Step, StepId};
use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::accounts;
use super::rows::{self, COLUMNS, damaged};
use crate::error::Failure;
use crate::statements::{At, number};

pub(crate) fn play(
    db: &Connection,
    account: &Account,
    id: PlayId,
) -> Result<Option<QueuedPlay>, Failure> {
    let Some(account) = accounts::find(db, account)? else {
        return Ok(None);
    };
    find(db, account, id)
}

/// One play of the account.
pub(super) fn find(
    db: &Connection,
    account: i64,
    id: PlayId,
) -> Result<Option<QueuedPlay>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM queued_play WHERE account_id = ?1 AND id = ?2");
    Ok(db.prepare_cached(&sql)?.query_row([account, id.0], rows::play).optional()?)
}

pub(crate) fn plays(
    db: &Connection,
    account: &Account,
    filter: &Filter,
    after: Option<PlayId>,
    limit: usize,
    at: Timestamp,
) -> Result<Vec<QueuedPlay>, Failure> {
    let Some(account) = accounts::find(db, account)? else {
        return Ok(Vec::new());
    };
    filtered(db, account, filter, after, limit, at)
}

/// The columns that say in which state a play is: its standing, and, if it waits, whether it is
/// due.
fn columns(state: State) -> (&'static str, Option<bool>) {
    match state {
        State::Ready => ("waiting", Some(true)),
        State::Scheduled => ("waiting", Some(false)),
        other => (other.name(), None),
    }
}

/// Asks for the plays of one state, of a job or of all.
pub(super) fn in_state(of_job: bool) -> String {
    let (index, of_job) = if of_job {
        ("queued_play_by_job", "AND job_id = ?9")
    } else {
        ("queued_play_by_standing", "")
    };
    format!(
        "SELECT {COLUMNS} FROM queued_play INDEXED BY {index}
        WHERE account_id = ?1 AND standing = ?2 AND (?3 IS NULL OR (due_at <= ?4) = ?3)
            AND id > ?5 AND played_at >= ?6 AND played_at < ?7 {of_job}
        ORDER BY id LIMIT ?8"
    )
}

/// The plays of the account that a filter lets through. Each state is asked for by itself, so that
/// few are found at once among many.
pub(super) fn filtered(
    db: &Connection,
    account: i64,
    filter: &Filter,
    after: Option<PlayId>,
    limit: usize,
    at: Timestamp,
) -> Result<Vec<QueuedPlay>, Failure> {
    let mut found = Vec::new();
    let job = filter.job.map(|job| job.0);
    let mut statement = db.prepare_cached(&in_state(job.is_some()))?;
    let after = after.map_or(i64::MIN, |after| after.0);
    for state in State::ALL.into_iter().filter(|state| filter.states.contains(state)) {
        let (standing, is_due) = columns(state);
        let (at, start, end) = (At(at), At(filter.played.start), At(filter.played.end));
        let limit = number(limit);
        let values: &[&dyn ToSql] =
            &[&account, &standing, &is_due, &at, &after, &start, &end, &limit, &job];
        let values = &values[..statement.parameter_count()];
        for play in statement.query_map(values, rows::play)? {
            found.push(play?);
        }
    }
    found.sort_unstable_by_key(|play| play.id);
    found.truncate(limit);
    Ok(found)
}

pub(super) const COUNTS: &str = "
    SELECT standing, count(*), sum(due_at > ?2) FROM queued_play
    WHERE account_id = ?1 GROUP BY standing";

pub(crate) fn counts(db: &Connection, account: &Account, at: Timestamp) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let Some(account) = accounts::find(db, account)? else {
        return Ok(counts);
    };
    let mut statement = db.prepare_cached(COUNTS)?;
    let mut found = statement.query(params![account, At(at)])?;
    while let Some(row) = found.next()? {
        count_in(&mut counts, row)?;
    }
    Ok(counts)
}

/// Counts plays in, by a row of: a standing, how many plays stand there, how many of them are not
/// due yet.
pub(super) fn count_in(counts: &mut Counts, row: &Row<'_>) -> rusqlite::Result<()> {
    let count = |column| row.get(column).map(i64::unsigned_abs);
    let (count, not_due) = (count(1)?, count(2)?);
    match row.get_ref(0)?.as_str()? {
        "waiting" => {
            counts.add(State::Scheduled, not_due);
            counts.add(State::Ready, count - not_due);
        }
        other => {
            counts.add(State::named(other).ok_or_else(|| damaged(0, "standing"))?, count);
        }
    }
    Ok(())
}

pub(super) const NEXT_DUE: &str =
    "SELECT min(due_at) FROM queued_play WHERE account_id = ?1 AND standing = 'waiting'";

pub(crate) fn next_due(db: &Connection, account: &Account) -> Result<Option<Timestamp>, Failure> {
    let Some(account) = accounts::find(db, account)? else {
        return Ok(None);
    };
    let due: Option<At> = db.prepare_cached(NEXT_DUE)?.query_row([account], |row| row.get(0))?;
    Ok(due.map(|at| at.0))
}

/// Both states are named as in the index, which is not used otherwise.
pub(super) const ACCEPTED: &str = "
    SELECT count(*) FROM queued_play
    WHERE account_id = ?1 AND standing IN ('accepted', 'cancelled') AND standing = 'accepted'
        AND since >= ?2";

pub(crate) fn accepted_since(
    db: &Connection,
    account: &Account,
    since: Timestamp,
) -> Result<u64, Failure> {
    let Some(account) = accounts::find(db, account)? else {
        return Ok(0);
    };
    let mut statement = db.prepare_cached(ACCEPTED)?;
    let count: i64 = statement.query_row(params![account, At(since)], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

const HISTORY: &str = "
    SELECT id, play_id, at, state, reason FROM queue_step
    WHERE account_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3";

/// In any order: each step names the one before.
pub(super) const HISTORY_OF_PLAY: &str = "
    WITH RECURSIVE back (id) AS (
        SELECT last_step FROM queued_play WHERE account_id = ?1 AND id = ?3
        UNION ALL
        SELECT step.before FROM back CROSS JOIN queue_step AS step
        WHERE step.account_id = ?1 AND step.id = back.id AND step.before > ?2)
    SELECT step.id, play_id, at, state, reason FROM back CROSS JOIN queue_step AS step
    WHERE step.account_id = ?1 AND step.id = back.id AND step.id > ?2";

pub(crate) fn history(
    db: &Connection,
    account: &Account,
    play: Option<PlayId>,
    after: Option<StepId>,
    limit: usize,
) -> Result<Vec<Step>, Failure> {
    let Some(account) = accounts::find(db, account)? else {
        return Ok(Vec::new());
    };
    let after = after.map_or(i64::MIN, |after| after.0);
    let Some(play) = play else {
        let mut statement = db.prepare_cached(HISTORY)?;
        let steps = statement.query_map([account, after, number(limit)], step)?;
        return Ok(steps.collect::<Result<_, _>>()?);
    };
    let mut statement = db.prepare_cached(HISTORY_OF_PLAY)?;
    let steps = statement.query_map([account, after, play.0], step)?;
    let mut steps: Vec<Step> = steps.collect::<Result<_, _>>()?;
    steps.sort_unstable_by_key(|step| step.id);
    steps.truncate(limit);
    Ok(steps)
}

fn step(row: &Row<'_>) -> rusqlite::Result<Step> {
    Ok(Step {
        id: StepId(row.get(0)?),
        play: PlayId(row.get(1)?),
        at: row.get::<_, At>(2)?.0,
        state: rows::state(row, 3)?,
        reason: row.get(4)?,
    })
}
