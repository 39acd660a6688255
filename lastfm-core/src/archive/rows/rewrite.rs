//! Which rows a replace writes.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::songs::Songs;
use super::{Row, Song, Variant};
use crate::archive::{Change, Difference, Existing, Observation, Place, Replaced, Seen, Standing};
use crate::{Play, Timestamp};

/// What is kept of an archive, so that it need not be counted. Less than none only where someone
/// has changed rows by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Plays, doubted ones included.
    pub plays: i64,
    /// Doubted plays.
    pub doubted: i64,
    /// Removed plays, edited ones not included.
    pub removed: i64,
}

impl Tally {
    /// Whether an archive can have it. If not, someone has changed rows by hand: count anew.
    pub fn can_be(self) -> bool {
        self.plays >= self.doubted && self.doubted >= 0 && self.removed >= 0
    }
}

/// One row to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// A new play, not doubted.
    Add {
        /// Where.
        place: Place,
        /// Its object.
        variant_id: i64,
    },
    /// Another object for a play.
    Retext {
        /// Where.
        place: Place,
        /// Its object.
        variant_id: i64,
    },
    /// A play is doubted, or no longer.
    Doubt {
        /// Where.
        place: Place,
        /// Since when, if it is.
        since: Option<Timestamp>,
    },
    /// No longer a play.
    Take {
        /// Where.
        place: Place,
    },
    /// A new removed play.
    AddRemoved {
        /// Where.
        place: Place,
        /// Its object.
        variant_id: i64,
        /// When it was removed.
        removed_at: Timestamp,
        /// Whether another play stands in its place.
        edited: bool,
    },
    /// No longer a removed play.
    TakeRemoved {
        /// Where.
        place: Place,
    },
}

/// All that a replace writes beside coverage, holes and the revision.
///
/// Rows that say nothing any more since someone changed the database by hand are taken, too: plays
/// whose object is gone, removals of plays that are there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// The rows, in this order, or the taken ones first and the new ones last.
    pub writes: Vec<Write>,
    /// What it comes to.
    pub replaced: Replaced,
    /// What is to be kept from now on.
    pub tally: Tally,
}

impl Rewrite {
    /// The objects of rows that were not seen: what [`new`](Self::new) has to know the songs of.
    pub fn unseen(rows: &[Row], seen: &[Variant]) -> Vec<i64> {
        if rows.is_empty() {
            return Vec::new();
        }
        let seen: HashSet<i64> = seen.iter().map(|variant| variant.id).collect();
        let unseen = rows.iter().map(|row| row.variant_id).filter(|id| !seen.contains(id));
        let mut unseen: Vec<i64> = unseen.collect();
        unseen.sort_unstable();
        unseen.dedup();
        unseen
    }

    /// Compares what the span holds and held with what was seen there.
    ///
    /// `rows` are the plays of the span, then the removed ones, each ordered by place; `seen` are
    /// the objects of `plays`; `unseen` the songs of the objects that [`unseen`](Self::unseen)
    /// names, without those that are gone; `tally` is the user's.
    pub fn new(
        rows: Vec<Row>,
        plays: &[Play],
        seen: &[Variant],
        unseen: &HashMap<i64, Song>,
        tally: Tally,
        observation: Observation,
    ) -> Self {
        let mut rewrite = Self { writes: Vec::new(), replaced: Replaced::default(), tally };
        let rows = rewrite.sensible(rows, seen, unseen);
        let songs = Songs::new(&rows, plays, seen, unseen);
        let existing = rows.iter().enumerate().map(|(id, row)| Existing {
            id,
            at: row.place.at,
            same: songs.same(row.place.at, row.variant_id),
            text: row.variant_id,
            standing: row.standing,
        });
        let shown = plays.iter().map(Play::played_at).zip(seen);
        let shown: Vec<_> = shown
            .map(|(at, variant)| Seen { at, same: songs.same(at, variant.id), text: variant.id })
            .collect();
        let doubted = |row: &&Row| row.standing == Standing::Doubted;
        let doubted_here = rows.iter().filter(doubted).count() as u64;
        let elsewhere = rewrite.tally.doubted.unsigned_abs().saturating_sub(doubted_here);
        let difference =
            Difference::new(existing.collect(), &shown, observation.removals, elsewhere);
        rewrite.replaced = difference.replaced;
        rewrite.writes.reserve(difference.changes.len());

        let mut numbers = Numbers::new(&rows);
        for change in difference.changes {
            match change {
                Change::Add { seen: number } => {
                    let place = numbers.next(plays[number].played_at());
                    rewrite.add(place, seen[number].id);
                }
                Change::Revive { id, seen: number } => {
                    rewrite.take_removed(rows[id]);
                    rewrite.add(rows[id].place, seen[number].id);
                }
                Change::Retext { id, seen: number } => {
                    let (place, variant_id) = (rows[id].place, seen[number].id);
                    rewrite.writes.push(Write::Retext { place, variant_id });
                }
                Change::Doubt { id } => rewrite.doubt(rows[id].place, Some(observation.at)),
                Change::Trust { id } => rewrite.doubt(rows[id].place, None),
                Change::Remove { id, edited } => rewrite.remove(rows[id], observation.at, edited),
            }
        }
        rewrite
    }

    /// The rows that say something.
    fn sensible(
        &mut self,
        rows: Vec<Row>,
        seen: &[Variant],
        unseen: &HashMap<i64, Song>,
    ) -> Vec<Row> {
        let held = rows.partition_point(|row| row.standing != Standing::Removed);
        let places: Vec<Place> = rows[..held].iter().map(|row| row.place).collect();
        let gone: HashSet<i64> = Self::unseen(&rows, seen)
            .into_iter()
            .filter(|variant_id| !unseen.contains_key(variant_id))
            .collect();
        let mut sensible = Vec::with_capacity(rows.len());
        for row in rows {
            let is_removed = row.standing == Standing::Removed;
            let is_there_again = is_removed && places.binary_search(&row.place).is_ok();
            match (gone.contains(&row.variant_id) || is_there_again, is_removed) {
                (false, _) => sensible.push(row),
                (true, true) => self.take_removed(row),
                (true, false) => self.take(row),
            }
        }
        sensible
    }

    fn add(&mut self, place: Place, variant_id: i64) {
        self.tally.plays += 1;
        self.writes.push(Write::Add { place, variant_id });
    }

    fn take(&mut self, row: Row) {
        self.tally.plays -= 1;
        self.tally.doubted -= i64::from(row.standing == Standing::Doubted);
        self.writes.push(Write::Take { place: row.place });
    }

    fn take_removed(&mut self, row: Row) {
        self.tally.removed -= i64::from(!row.edited);
        self.writes.push(Write::TakeRemoved { place: row.place });
    }

    fn doubt(&mut self, place: Place, since: Option<Timestamp>) {
        self.tally.doubted += if since.is_some() { 1 } else { -1 };
        self.writes.push(Write::Doubt { place, since });
    }

    fn remove(&mut self, row: Row, removed_at: Timestamp, edited: bool) {
        self.take(row);
        self.tally.removed += i64::from(!edited);
        let Row { place, variant_id, .. } = row;
        self.writes.push(Write::AddRemoved { place, variant_id, removed_at, edited });
    }
}

/// Numbers new plays within their second.
struct Numbers(BTreeMap<Timestamp, i64>);

impl Numbers {
    fn new(rows: &[Row]) -> Self {
        let mut highest = BTreeMap::new();
        for Row { place, .. } in rows {
            let last = highest.entry(place.at).or_insert(place.ordinal);
            *last = place.ordinal.max(*last);
        }
        Self(highest)
    }

    /// The number after the highest one. (Whoever counted up to the end by hand: from the lowest.)
    fn next(&mut self, at: Timestamp) -> Place {
        let after = |last: i64| if last >= i32::MAX.into() { i32::MIN.into() } else { last + 1 };
        let ordinal = self.0.get(&at).map_or(0, |last| after(*last));
        self.0.insert(at, ordinal);
        Place { at, ordinal }
    }
}
