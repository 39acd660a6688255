//! Changes what a person asks for, and forgets what is over.

use futures_util::future::try_join;
use lastfm_core::Timestamp;
use lastfm_core::archive::StoreErrorKind;
use lastfm_core::scrobble::{Account, Change, Filter, Selection, Standing};
use tokio_postgres::types::Type;

use super::accounts::Open;
use super::add::is_there;
use super::list::{filtered, find};
use super::stand::stand;
use crate::error::Failure;
use crate::statements::At;
use crate::transaction::{Transaction, Value};

/// How many plays are held in memory at a time.
const PAGE: usize = 1_000;

pub(crate) async fn change(
    transaction: &Transaction,
    account: &Account,
    which: Selection,
    change: Change,
    at: Timestamp,
) -> Result<u64, Failure> {
    let mut account = Open::of(transaction, account).await?;
    let states = change.changes(which);
    let filter = Filter::states(states.iter().copied());
    let filter = match which {
        Selection::All => filter,
        Selection::Job(job) => filter.job(job),
        Selection::Play(id) => {
            let Some(mut play) = find(transaction, account.id, id).await? else { return Ok(0) };
            let was_cancelled = play.standing == Standing::Cancelled;
            // Perhaps it was queued again since.
            let is_changed = play.change(change, states, at)
                && !(was_cancelled && is_there(&account, &play.play).await?);
            if is_changed {
                stand(&mut account, play, at);
                account.keep().await?;
            }
            return Ok(is_changed.into());
        }
        // A newer core has one more.
        _ => return Err(StoreErrorKind::Failed.into()),
    };
    let (mut changed, mut after) = (0, None);
    loop {
        // Each goes only to states that are not meant, or stays; none is met twice.
        let plays = filtered(transaction, account.id, &filter, after, PAGE, at).await?;
        let is_last = plays.len() < PAGE;
        after = plays.last().map(|play| play.id);
        for mut play in plays {
            let was_cancelled = play.standing == Standing::Cancelled;
            // Perhaps it was queued again since. No job has a play twice: those before it in this
            // loop, which are written down later, are others.
            if play.change(change, states, at)
                && !(was_cancelled && is_there(&account, &play.play).await?)
            {
                stand(&mut account, play, at);
                changed += 1;
            }
        }
        account.keep().await?;
        if is_last {
            return Ok(changed);
        }
    }
}

/// As an array, so that each is looked up, however many the planner thinks there are.
pub(super) const FORGET_STEPS: &str = "
    WITH RECURSIVE back (id) AS (
        SELECT last_step FROM queued_play
        WHERE account_id = $1 AND standing IN ('accepted', 'cancelled') AND since < $2
        UNION ALL
        SELECT step.before FROM back JOIN queue_step AS step
            ON step.account_id = $1 AND step.id = back.id AND step.before IS NOT NULL)
    DELETE FROM queue_step WHERE account_id = $1 AND id = ANY(ARRAY(SELECT id FROM back))";

pub(super) const FORGET: &str = "
    DELETE FROM queued_play
    WHERE account_id = $1 AND standing IN ('accepted', 'cancelled') AND since < $2";

pub(crate) async fn forget(
    transaction: &Transaction,
    account: &Account,
    before: Timestamp,
) -> Result<u64, Failure> {
    let Some(account) = Open::find(transaction, account).await? else {
        return Ok(0);
    };
    account.transaction.take_time().await?;
    let before = At(before);
    let values: [Value<'_>; 2] = [(&account.id, Type::INT8), (&before, Type::INT8)];
    let steps = transaction.execute(FORGET_STEPS, &values);
    let (_, forgotten) = try_join(steps, transaction.execute(FORGET, &values)).await?;
    Ok(forgotten)
}
