//! Makes the archive hold exactly what was seen: loads what the span holds, asks
//! [`Plan`] what has to change, and writes that.

use std::collections::{BTreeMap, HashMap};

use lastfm_core::archive::{
    Change, Coverage, Existing, Observation, Plan, Replaced, Revision, Seen, Span, Standing,
    StoreErrorKind, UserId,
};
use lastfm_core::{Play, Timestamp};
use rusqlite::{CachedStatement, Connection, params};

use super::songs::Songs;
use super::users::Kept;
use super::{At, coverage, users};
use crate::error::Failure;
use crate::variants::{self, Variant, Variants};

pub(crate) fn replace(
    connection: &Connection,
    variants: &mut Variants,
    user: UserId,
    span: Span,
    plays: &[Play],
    observation: Observation,
) -> Result<Replaced, Failure> {
    let mut kept = users::kept(connection, user)?;
    if plays.iter().any(|play| !span.contains(play.played_at())) {
        return Err(StoreErrorKind::OutsideSpan.into());
    }
    let before = coverage::touching(connection, user, span)?;
    if before.changed_since(span, observation.revision) {
        return Err(StoreErrorKind::Stale.into());
    }
    if span.is_empty() {
        return Ok(Replaced::default());
    }

    let stored = rows(connection, user, span)?;
    let seen = plays
        .iter()
        .map(|play| variants.of(connection, user, play))
        .collect::<Result<Vec<_>, _>>()?;
    let rows = sensible(connection, user, stored, &seen, &mut kept)?;
    let plan = plan(connection, user, &rows, plays, &seen, kept, observation)?;
    let mut change = Changing::new(connection, user, &rows, observation.at, &mut kept)?;
    for step in plan.changes {
        change.apply(step, plays, &seen)?;
    }
    drop(change);

    kept.revision = Revision(kept.revision.0 + 1);
    users::keep(connection, user, kept)?;
    let mut after = before.clone();
    let agreed = plan.replaced.doubted == 0;
    after.cover(span, observation.at, agreed, kept.revision);
    coverage::write(connection, user, &before, &after)?;
    if Coverage::is_merge_due(kept.revision) {
        coverage::merge_old(connection, user, observation.at)?;
    }
    for hole in coverage::close_holes(connection, user, span)? {
        for rest in hole.without(span) {
            coverage::open_hole(connection, user, &rest)?;
        }
    }
    Ok(plan.replaced)
}

/// A play that the archive holds or held in the span.
#[derive(Debug, Clone, Copy)]
struct Stored {
    at: Timestamp,
    ordinal: i64,
    variant_id: i64,
    standing: Standing,
    edited: bool,
}

const HELD: &str = "
    SELECT played_at, ordinal, variant_id, doubted_at IS NOT NULL FROM play
    WHERE user_id = ?1 AND played_at >= ?2 AND played_at < ?3
    ORDER BY played_at, ordinal";

const REMOVED: &str = "
    SELECT played_at, ordinal, variant_id, edited FROM removed_play
    WHERE user_id = ?1 AND played_at >= ?2 AND played_at < ?3
    ORDER BY played_at, ordinal";

/// What the span holds and held.
fn rows(connection: &Connection, user: UserId, span: Span) -> Result<Vec<Stored>, Failure> {
    let mut stored = Vec::new();
    for (sql, removed) in [(HELD, false), (REMOVED, true)] {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![user.0, At(span.start), At(span.end)])?;
        while let Some(row) = rows.next()? {
            let At(at) = row.get(0)?;
            let flag: bool = row.get(3)?;
            stored.push(Stored {
                at,
                ordinal: row.get(1)?,
                variant_id: row.get(2)?,
                standing: match (removed, flag) {
                    (false, false) => Standing::Held,
                    (false, true) => Standing::Doubted,
                    (true, _) => Standing::Removed,
                },
                edited: removed && flag,
            });
        }
    }
    Ok(stored)
}

/// Forgets what says nothing any more since someone changed the file by hand: plays whose object
/// is gone, removals of plays that are there. The rest is as ever.
fn sensible(
    connection: &Connection,
    user: UserId,
    stored: Vec<Stored>,
    seen: &[Variant],
    kept: &mut Kept,
) -> Result<Vec<Stored>, Failure> {
    if stored.is_empty() {
        return Ok(stored);
    }
    let held = stored.partition_point(|row| row.standing != Standing::Removed);
    let places: Vec<_> = stored[..held].iter().map(|row| (row.at, row.ordinal)).collect();
    let mut there: HashMap<i64, bool> = seen.iter().map(|variant| (variant.id, true)).collect();
    let mut sensible = Vec::with_capacity(stored.len());
    for row in stored {
        let is_there = if let Some(is_there) = there.get(&row.variant_id) {
            *is_there
        } else {
            let found = variants::by_id(connection, user, row.variant_id)?;
            there.insert(row.variant_id, found.is_some());
            found.is_some()
        };
        let removed = row.standing == Standing::Removed;
        if is_there && !(removed && places.binary_search(&(row.at, row.ordinal)).is_ok()) {
            sensible.push(row);
            continue;
        }
        let take = if removed { TAKE_REMOVED } else { TAKE };
        connection.prepare_cached(take)?.execute(params![user.0, At(row.at), row.ordinal])?;
        kept.plays -= i64::from(!removed);
        kept.doubted -= i64::from(row.standing == Standing::Doubted);
        kept.removed -= i64::from(removed && !row.edited);
    }
    Ok(sensible)
}

fn plan(
    connection: &Connection,
    user: UserId,
    rows: &[Stored],
    plays: &[Play],
    variants: &[Variant],
    kept: Kept,
    observation: Observation,
) -> Result<Plan<usize>, Failure> {
    let shown = || plays.iter().map(Play::played_at).zip(variants);
    let held = rows.iter().map(|row| (row.at, row.variant_id));
    let songs = Songs::read(connection, user, held, shown())?;
    let existing = rows.iter().enumerate().map(|(id, row)| Existing {
        id,
        at: row.at,
        same: songs.same(row.at, row.variant_id),
        text: row.variant_id,
        standing: row.standing,
    });
    let seen: Vec<_> = shown()
        .map(|(at, variant)| Seen { at, same: songs.same(at, variant.id), text: variant.id })
        .collect();
    let doubted = |row: &&Stored| row.standing == Standing::Doubted;
    let doubted_here = rows.iter().filter(doubted).count() as u64;
    let elsewhere = kept.doubted.unsigned_abs().saturating_sub(doubted_here);
    Ok(Plan::new(existing.collect(), &seen, observation.removals, elsewhere))
}

/// Writes changes, and keeps count.
struct Changing<'a> {
    connection: &'a Connection,
    user: UserId,
    rows: &'a [Stored],
    at: Timestamp,
    kept: &'a mut Kept,
    /// The highest number in each second that has one.
    ordinals: BTreeMap<Timestamp, i64>,
    add: CachedStatement<'a>,
}

const ADD: &str =
    "INSERT INTO play (user_id, played_at, ordinal, variant_id) VALUES (?1, ?2, ?3, ?4)";

const RETEXT: &str = "
    UPDATE play SET variant_id = ?4 WHERE user_id = ?1 AND played_at = ?2 AND ordinal = ?3";

const DOUBT: &str = "
    UPDATE play SET doubted_at = ?4 WHERE user_id = ?1 AND played_at = ?2 AND ordinal = ?3";

const TAKE: &str = "DELETE FROM play WHERE user_id = ?1 AND played_at = ?2 AND ordinal = ?3";

const KEEP_REMOVED: &str = "
    INSERT INTO removed_play (user_id, played_at, ordinal, variant_id, removed_at, edited)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

const TAKE_REMOVED: &str =
    "DELETE FROM removed_play WHERE user_id = ?1 AND played_at = ?2 AND ordinal = ?3";

impl<'a> Changing<'a> {
    fn new(
        connection: &'a Connection,
        user: UserId,
        rows: &'a [Stored],
        at: Timestamp,
        kept: &'a mut Kept,
    ) -> Result<Self, Failure> {
        let mut ordinals = BTreeMap::new();
        for row in rows {
            let last = ordinals.entry(row.at).or_insert(row.ordinal);
            *last = row.ordinal.max(*last);
        }
        Ok(Self {
            connection,
            user,
            rows,
            at,
            kept,
            ordinals,
            add: connection.prepare_cached(ADD)?,
        })
    }

    fn apply(
        &mut self,
        change: Change<usize>,
        plays: &[Play],
        variants: &[Variant],
    ) -> Result<(), Failure> {
        match change {
            Change::Add { seen } => {
                let at = plays[seen].played_at();
                let last = self.ordinals.entry(at).and_modify(|last| *last = last.wrapping_add(1));
                let ordinal = *last.or_insert(0);
                self.insert(at, ordinal, variants[seen])
            }
            Change::Revive { id, seen } => {
                let row = self.rows[id];
                self.execute(TAKE_REMOVED, row)?;
                self.kept.removed -= i64::from(!row.edited);
                self.insert(row.at, row.ordinal, variants[seen])
            }
            Change::Retext { id, seen } => {
                let row = self.rows[id];
                let mut retext = self.connection.prepare_cached(RETEXT)?;
                retext.execute(params![self.user.0, At(row.at), row.ordinal, variants[seen].id])?;
                Ok(())
            }
            Change::Doubt { id } => self.doubt(self.rows[id], Some(self.at)),
            Change::Trust { id } => self.doubt(self.rows[id], None),
            Change::Remove { id, edited } => self.remove(self.rows[id], edited),
        }
    }

    fn insert(&mut self, at: Timestamp, ordinal: i64, variant: Variant) -> Result<(), Failure> {
        self.kept.plays += 1;
        self.add.execute(params![self.user.0, At(at), ordinal, variant.id])?;
        Ok(())
    }

    fn doubt(&mut self, row: Stored, since: Option<Timestamp>) -> Result<(), Failure> {
        self.kept.doubted += if since.is_some() { 1 } else { -1 };
        let mut doubt = self.connection.prepare_cached(DOUBT)?;
        doubt.execute(params![self.user.0, At(row.at), row.ordinal, since.map(At)])?;
        Ok(())
    }

    fn remove(&mut self, row: Stored, edited: bool) -> Result<(), Failure> {
        self.execute(TAKE, row)?;
        self.kept.plays -= 1;
        self.kept.doubted -= i64::from(row.standing == Standing::Doubted);
        self.kept.removed += i64::from(!edited);
        let mut keep = self.connection.prepare_cached(KEEP_REMOVED)?;
        keep.execute(params![
            self.user.0,
            At(row.at),
            row.ordinal,
            row.variant_id,
            At(self.at),
            edited
        ])?;
        Ok(())
    }

    fn execute(&self, sql: &str, row: Stored) -> Result<(), Failure> {
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.execute(params![self.user.0, At(row.at), row.ordinal])?;
        Ok(())
    }
}
