//! Changes what a person asks for, and forgets what is over.

use lastfm_core::Timestamp;
use lastfm_core::archive::StoreErrorKind;
use lastfm_core::scrobble::{Account, Change, Filter, QueuedPlay, Selection, Standing, State};
use rusqlite::{Connection, params};

use super::accounts::{self, Open};
use super::add::same;
use super::list::{filtered, find};
use super::stand::stand;
use crate::error::Failure;
use crate::statements::At;

/// How many plays are held in memory at a time.
const PAGE: usize = 1_000;

pub(crate) fn change(
    db: &Connection,
    account: &Account,
    which: Selection,
    change: Change,
    at: Timestamp,
) -> Result<u64, Failure> {
    let mut account = Open::of(db, account)?;
    let states = change.changes(which);
    let filter = Filter::states(states.iter().copied());
    let filter = match which {
        Selection::All => filter,
        Selection::Job(job) => filter.job(job),
        Selection::Play(id) => {
            let changed = match find(db, account.id, id)? {
                Some(play) => change_one(&mut account, play, change, states, at)?,
                None => 0,
            };
            account.keep()?;
            return Ok(changed);
        }
        // A newer core has one more.
        _ => return Err(StoreErrorKind::Failed.into()),
    };
    let (mut changed, mut after) = (0, None);
    loop {
        // Each goes only to states that are not meant, or stays; none is met twice.
        let plays = filtered(db, account.id, &filter, after, PAGE, at)?;
        let is_last = plays.len() < PAGE;
        after = plays.last().map(|play| play.id);
        for play in plays {
            changed += change_one(&mut account, play, change, states, at)?;
        }
        if is_last {
            account.keep()?;
            return Ok(changed);
        }
    }
}

/// Changes one play; says how many that were.
fn change_one(
    account: &mut Open<'_>,
    mut play: QueuedPlay,
    change: Change,
    states: &[State],
    at: Timestamp,
) -> Result<u64, Failure> {
    let was_cancelled = play.standing == Standing::Cancelled;
    if !play.change(change, states, at) {
        return Ok(0);
    }
    if was_cancelled {
        // Perhaps it was queued again since.
        let identity = QueuedPlay::identity(&play.play);
        if same(account, &play.play, &identity)?.is_some() {
            return Ok(0);
        }
        identify(account, &play, Some(identity))?;
    }
    if change == Change::Cancel {
        identify(account, &play, None)?;
    }
    stand(account, &play, at)?;
    Ok(1)
}

const IDENTIFY: &str = "
    UPDATE queued_play SET folded_artist = ?3, folded_track = ?4 WHERE account_id = ?1 AND id = ?2";

/// Says by which names repeats of a play are found: by none while it is cancelled. Apart from where
/// it stands, so that no other change writes to the index of names.
fn identify(
    account: &Open<'_>,
    play: &QueuedPlay,
    identity: Option<(String, String)>,
) -> Result<(), Failure> {
    let (artist, track) = identity.unzip();
    let values = params![account.id, play.id.0, artist, track];
    account.db.prepare_cached(IDENTIFY)?.execute(values)?;
    Ok(())
}

pub(super) const FORGET_STEPS: &str = "
    DELETE FROM queue_step WHERE account_id = ?1 AND id IN (
        WITH RECURSIVE back (id) AS (
            SELECT last_step FROM queued_play INDEXED BY queued_play_over
            WHERE account_id = ?1 AND standing IN ('accepted', 'cancelled') AND since < ?2
            UNION ALL
            SELECT step.before FROM back CROSS JOIN queue_step AS step
            WHERE step.account_id = ?1 AND step.id = back.id AND step.before IS NOT NULL)
        SELECT id FROM back)";

pub(super) const FORGET: &str = "
    DELETE FROM queued_play INDEXED BY queued_play_over
    WHERE account_id = ?1 AND standing IN ('accepted', 'cancelled') AND since < ?2";

pub(crate) fn forget(
    db: &Connection,
    account: &Account,
    before: Timestamp,
) -> Result<u64, Failure> {
    let Some(account) = accounts::find(db, account)? else {
        return Ok(0);
    };
    let values = params![account, At(before)];
    db.prepare_cached(FORGET_STEPS)?.execute(values)?;
    Ok(db.prepare_cached(FORGET)?.execute(values)? as u64)
}
