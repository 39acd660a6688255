//! Lists and counts plays, and tells what happened to them.

use futures_util::future::try_join_all;
use lastfm_core::Timestamp;
use lastfm_core::archive::StoreErrorKind;
use lastfm_core::scrobble::{Account, Counts, Filter, PlayId, QueuedPlay, State, Step, StepId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use super::accounts;
use super::rows::{self, COLUMNS};
use crate::error::Failure;
use crate::statements::text::maybe_text;
use crate::statements::{At, at, maybe_at, number};
use crate::transaction::{Transaction, Value};

pub(crate) async fn play(
    transaction: &Transaction,
    account: &Account,
    id: PlayId,
) -> Result<Option<QueuedPlay>, Failure> {
    let Some(account) = accounts::find(transaction, account).await? else {
        return Ok(None);
    };
    find(transaction, account, id).await
}

/// One play of the account.
pub(super) async fn find(
    transaction: &Transaction,
    account: i64,
    id: PlayId,
) -> Result<Option<QueuedPlay>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM queued_play WHERE account_id = $1 AND id = $2");
    let row = transaction.row(&sql, &[(&account, Type::INT8), (&id.0, Type::INT8)]).await?;
    row.map(|row| rows::play(&row)).transpose()
}

pub(crate) async fn plays(
    transaction: &Transaction,
    account: &Account,
    filter: &Filter,
    after: Option<PlayId>,
    limit: usize,
    at: Timestamp,
) -> Result<Vec<QueuedPlay>, Failure> {
    let Some(account) = accounts::find(transaction, account).await? else {
        return Ok(Vec::new());
    };
    filtered(transaction, account, filter, after, limit, at).await
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
    let of_job = if of_job { "AND job_id = $9" } else { "" };
    format!(
        "SELECT {COLUMNS} FROM queued_play
        WHERE account_id = $1 AND standing = $2 AND ($3::boolean IS NULL OR (due_at <= $4) = $3)
            AND id > $5 AND played_at >= $6 AND played_at < $7 {of_job}
        ORDER BY id LIMIT $8"
    )
}

/// The plays of the account that a filter lets through. Each state is asked for by itself, so that
/// few are found at once among many.
pub(super) async fn filtered(
    transaction: &Transaction,
    account: i64,
    filter: &Filter,
    after: Option<PlayId>,
    limit: usize,
    at: Timestamp,
) -> Result<Vec<QueuedPlay>, Failure> {
    let job = filter.job.map(|job| job.0);
    let sql = in_state(job.is_some());
    let after = after.map_or(i64::MIN, |after| after.0);
    let (at, start, end) = (At(at), At(filter.played.start), At(filter.played.end));
    let most = number(limit);
    let states = State::ALL.into_iter().filter(|state| filter.states.contains(state));
    let asked = states.map(|state| {
        let (sql, at, start, end, most, job) = (&sql, &at, &start, &end, &most, &job);
        let (account, after) = (&account, &after);
        async move {
            let (standing, is_due) = columns(state);
            let values: [Value<'_>; 9] = [
                (account, Type::INT8),
                (&standing, Type::TEXT),
                (&is_due, Type::BOOL),
                (at, Type::INT8),
                (after, Type::INT8),
                (start, Type::INT8),
                (end, Type::INT8),
                (most, Type::INT8),
                (job, Type::INT8),
            ];
            transaction.query(sql, &values[..8 + usize::from(job.is_some())]).await
        }
    });
    let rows = try_join_all(asked).await?;
    let mut found: Vec<QueuedPlay> =
        rows.iter().flatten().map(rows::play).collect::<Result<_, _>>()?;
    found.sort_unstable_by_key(|play| play.id);
    found.truncate(limit);
    Ok(found)
}

pub(super) const COUNTS: &str = "
    SELECT standing, count(*), count(*) FILTER (WHERE due_at > $2) FROM queued_play
    WHERE account_id = $1 GROUP BY standing";

pub(crate) async fn counts(
    transaction: &Transaction,
    account: &Account,
    at: Timestamp,
) -> Result<Counts, Failure> {
    let mut counts = Counts::default();
    let Some(account) = accounts::find(transaction, account).await? else {
        return Ok(counts);
    };
    let at = At(at);
    for row in transaction.query(COUNTS, &[(&account, Type::INT8), (&at, Type::INT8)]).await? {
        count_in(&mut counts, &row)?;
    }
    Ok(counts)
}

/// Counts plays in, by a row of: a standing, how many plays stand there, how many of them are not
/// due yet.
pub(super) fn count_in(counts: &mut Counts, row: &Row) -> Result<(), Failure> {
    let count = |column| row.try_get(column).map(i64::unsigned_abs);
    let (count, not_due) = (count(1)?, count(2)?);
    match row.try_get(0)? {
        "waiting" => {
            counts.add(State::Scheduled, not_due);
            counts.add(State::Ready, count - not_due);
        }
        other => {
            counts.add(State::named(other).ok_or(StoreErrorKind::Corrupt)?, count);
        }
    }
    Ok(())
}

pub(super) const NEXT_DUE: &str =
    "SELECT min(due_at) FROM queued_play WHERE account_id = $1 AND standing = 'waiting'";

pub(crate) async fn next_due(
    transaction: &Transaction,
    account: &Account,
) -> Result<Option<Timestamp>, Failure> {
    let Some(account) = accounts::find(transaction, account).await? else {
        return Ok(None);
    };
    let row = transaction.row(NEXT_DUE, &[(&account, Type::INT8)]).await?;
    maybe_at(&row.ok_or(StoreErrorKind::Failed)?, 0)
}

pub(super) const ACCEPTED: &str = "
    SELECT count(*) FROM queued_play
    WHERE account_id = $1 AND standing = 'accepted' AND since >= $2";

pub(crate) async fn accepted_since(
    transaction: &Transaction,
    account: &Account,
    since: Timestamp,
) -> Result<u64, Failure> {
    let Some(account) = accounts::find(transaction, account).await? else {
        return Ok(0);
    };
    let values: [Value<'_>; 2] = [(&account, Type::INT8), (&At(since), Type::INT8)];
    let row = transaction.row(ACCEPTED, &values).await?.ok_or(StoreErrorKind::Failed)?;
    Ok(row.try_get(0).map(i64::unsigned_abs)?)
}

const HISTORY: &str = "
    SELECT id, play_id, at, state, reason FROM queue_step
    WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3";

/// In any order: each step names the one before.
pub(super) const HISTORY_OF_PLAY: &str = "
    WITH RECURSIVE back (id) AS (
        SELECT last_step FROM queued_play WHERE account_id = $1 AND id = $3
        UNION ALL
        SELECT step.before FROM back JOIN queue_step AS step
            ON step.account_id = $1 AND step.id = back.id AND step.before > $2)
    SELECT step.id, play_id, at, state, reason FROM back JOIN queue_step AS step
        ON step.account_id = $1 AND step.id = back.id AND step.id > $2";

pub(crate) async fn history(
    transaction: &Transaction,
    account: &Account,
    play: Option<PlayId>,
    after: Option<StepId>,
    limit: usize,
) -> Result<Vec<Step>, Failure> {
    let Some(account) = accounts::find(transaction, account).await? else {
        return Ok(Vec::new());
    };
    let after = after.map_or(i64::MIN, |after| after.0);
    let (sql, third) = match play {
        Some(play) => (HISTORY_OF_PLAY, play.0),
        None => (HISTORY, number(limit)),
    };
    let values = [account, after, third];
    let values = values.each_ref().map(|value| (value as _, Type::INT8));
    let rows = transaction.query(sql, &values).await?;
    let mut steps: Vec<Step> = rows.iter().map(step).collect::<Result<_, _>>()?;
    steps.sort_unstable_by_key(|step| step.id);
    steps.truncate(limit);
    Ok(steps)
}

fn step(row: &Row) -> Result<Step, Failure> {
    Ok(Step {
        id: StepId(row.try_get(0)?),
        play: PlayId(row.try_get(1)?),
        at: at(row, 2)?,
        state: rows::state(row, 3)?,
        reason: maybe_text(row, 4)?,
    })
}
