//! What has to change so that an archive holds what was seen: the one place where two readings
//! of a span are compared.

use super::store::{Removals, Replaced};
use crate::Timestamp;

/// A play that the archive holds in the span, as far as comparing needs it.
///
/// `Id` names the row; `Same` is equal for plays with the same artist, track and album; `Text` is
/// equal for plays whose objects are equal but for the date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Existing<Id, Same, Text> {
    /// The row.
    pub id: Id,
    /// When it was played.
    pub at: Timestamp,
    /// Artist, track and album.
    pub same: Same,
    /// The object.
    pub text: Text,
    /// How it stands.
    pub standing: Standing,
}

/// How a play stands in the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The service showed it when it was last looked for.
    Held,
    /// The service did not show it, once or too surprisingly to believe; still part of the archive.
    Doubted,
    /// Removed on the service; kept, but no longer part of the archive.
    Removed,
}

/// A play that the service shows in the span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<Same, Text> {
    /// When it was played.
    pub at: Timestamp,
    /// Artist, track and album.
    pub same: Same,
    /// The object.
    pub text: Text,
}

/// One change to one row. `seen` is the number of the play in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change<Id> {
    /// A new row.
    Add {
        /// The play.
        seen: usize,
    },
    /// A removed row is part of the archive again, with this text.
    Revive {
        /// The row.
        id: Id,
        /// The play.
        seen: usize,
    },
    /// The row takes over a newer text of the same play.
    Retext {
        /// The row.
        id: Id,
        /// The play.
        seen: usize,
    },
    /// The row becomes doubted.
    Doubt {
        /// The row.
        id: Id,
    },
    /// The row is no longer doubted.
    Trust {
        /// The row.
        id: Id,
    },
    /// The row is removed.
    Remove {
        /// The row.
        id: Id,
        /// Whether another play of the same second stands in its place.
        edited: bool,
    },
}

/// All that has to change in a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference<Id> {
    /// The changes, at most two for a row.
    pub changes: Vec<Change<Id>>,
    /// Their sum.
    pub replaced: Replaced,
}

impl<Id: Copy> Difference<Id> {
    /// Compares what the archive holds in a span (removed plays included) with what the service
    /// shows there.
    ///
    /// Plays of one second are a multiset. Equal ones stay; fewer than before: those that were
    /// doubted already go first; more: removed ones come back first. A play that is missing and
    /// a play that is new in one second are an edit. `doubted_elsewhere` counts the user's doubts
    /// outside the span.
    pub fn new<Same: Ord, Text: Eq>(
        mut existing: Vec<Existing<Id, Same, Text>>,
        seen: &[Seen<Same, Text>],
        removals: Removals,
        doubted_elsewhere: u64,
    ) -> Self {
        let mut order: Vec<usize> = (0..seen.len()).collect();
        order.sort_by(|a, b| (seen[*a].at, &seen[*a].same).cmp(&(seen[*b].at, &seen[*b].same)));
        if existing.is_empty() {
            let added = seen.len() as u64;
            let changes = order.into_iter().map(|seen| Change::Add { seen }).collect();
            return Self { changes, replaced: Replaced { added, ..Replaced::default() } };
        }
        existing.sort_by(|a, b| (a.at, &a.same, a.standing).cmp(&(b.at, &b.same, b.standing)));

        let held = existing.iter().filter(|old| old.standing != Standing::Removed).count();
        let mut seconds = Vec::new();
        let (mut old, mut new) = (existing.as_slice(), order.as_slice());
        while let Some(at) = first_second(old, new, seen) {
            let olds = old.partition_point(|old| old.at == at);
            let news = new.partition_point(|new| seen[*new].at == at);
            seconds.push(Second::compare(&old[..olds], &new[..news], seen));
            (old, new) = (&old[olds..], &new[news..]);
        }
        let missing = seconds.iter().map(Second::net_missing).sum::<u64>();
        let surprising = is_surprising(missing + doubted_elsewhere, missing, held as u64);
        let believe = removals == Removals::Accept || !surprising;

        let mut difference = Self { changes: Vec::new(), replaced: Replaced::default() };
        for second in seconds {
            second.write(believe, &mut difference);
        }
        difference
    }
}

/// More than 50 missing plays, or more than ten and a tenth of the span, are not believed.
fn is_surprising(doubted: u64, missing: u64, held: u64) -> bool {
    doubted > 50 || (missing > 10 && missing * 10 > held)
}

/// The earliest second on either side.
fn first_second<Id, Same, Text>(
    old: &[Existing<Id, Same, Text>],
    new: &[usize],
    seen: &[Seen<Same, Text>],
) -> Option<Timestamp> {
    let old = old.first().map(|old| old.at);
    let new = new.first().map(|new| seen[*new].at);
    old.into_iter().chain(new).min()
}

/// One second, compared: what changes in place, what came, what is missing.
struct Second<Id> {
    in_place: Vec<Change<Id>>,
    came: Vec<Change<Id>>,
    missing: Vec<(Id, Standing)>,
}

impl<Id: Copy> Second<Id> {
    /// Compares a second; `old` is ordered by (same, standing), `new` by same.
    fn compare<Same: Ord, Text: Eq>(
        mut old: &[Existing<Id, Same, Text>],
        mut new: &[usize],
        seen: &[Seen<Same, Text>],
    ) -> Self {
        let mut second = Self { in_place: Vec::new(), came: Vec::new(), missing: Vec::new() };
        loop {
            let next_old = old.first().map(|old| &old.same);
            let next_new = new.first().map(|new| &seen[*new].same);
            let Some(same) = next_old.into_iter().chain(next_new).min() else {
                return second;
            };
            let olds = old.partition_point(|old| old.same == *same);
            let news = new.partition_point(|new| seen[*new].same == *same);
            second.compare_equals(&old[..olds], &new[..news], seen);
            (old, new) = (&old[olds..], &new[news..]);
        }
    }

    /// Pairs plays that are all the same: those the archive is surest of first, equal texts first.
    fn compare_equals<Same, Text: Eq>(
        &mut self,
        old: &[Existing<Id, Same, Text>],
        new: &[usize],
        seen: &[Seen<Same, Text>],
    ) {
        let mut unpaired_old: Vec<&Existing<Id, Same, Text>> = old.iter().collect();
        let mut unpaired_new: Vec<usize> = new.to_vec();
        for standing in [Standing::Held, Standing::Doubted, Standing::Removed] {
            for equal_text in [true, false] {
                unpaired_old.retain(|old| {
                    if old.standing != standing {
                        return true;
                    }
                    let fits = |new: &usize| !equal_text || seen[*new].text == old.text;
                    let Some(place) = unpaired_new.iter().position(fits) else {
                        return true;
                    };
                    let new = unpaired_new.remove(place);
                    self.pair(old, new, equal_text);
                    false
                });
            }
        }
        self.came.extend(unpaired_new.into_iter().map(|seen| Change::Add { seen }));
        let missing = unpaired_old.into_iter().filter(|old| old.standing != Standing::Removed);
        self.missing.extend(missing.map(|old| (old.id, old.standing)));
    }

    fn pair<Same, Text>(&mut self, old: &Existing<Id, Same, Text>, seen: usize, equal_text: bool) {
        let id = old.id;
        if old.standing == Standing::Removed {
            self.came.push(Change::Revive { id, seen });
            return;
        }
        if !equal_text {
            self.in_place.push(Change::Retext { id, seen });
        }
        if old.standing == Standing::Doubted {
            self.in_place.push(Change::Trust { id });
        }
    }

    fn net_missing(&self) -> u64 {
        self.missing.len().saturating_sub(self.came.len()) as u64
    }

    fn write(self, believe: bool, difference: &mut Difference<Id>) {
        let sum = &mut difference.replaced;
        let edits = self.came.len().min(self.missing.len());
        let retexts =
            self.in_place.iter().filter(|change| matches!(change, Change::Retext { .. })).count();
        sum.changed += (retexts + edits) as u64;
        sum.added += (self.came.len() - edits) as u64;
        difference.changes.extend(self.in_place);
        difference.changes.extend(self.came);
        for (number, (id, standing)) in self.missing.into_iter().enumerate() {
            if number < edits {
                difference.changes.push(Change::Remove { id, edited: true });
            } else if standing == Standing::Doubted && believe {
                sum.removed += 1;
                difference.changes.push(Change::Remove { id, edited: false });
            } else {
                sum.doubted += 1;
                if standing == Standing::Held {
                    difference.changes.push(Change::Doubt { id });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = Existing<u32, &'static str, u8>;

    fn row(id: u32, at: i64, same: &'static str, standing: Standing) -> Row {
        Existing { id, at: Timestamp::from_unix(at), same, text: 0, standing }
    }

    fn seen(at: i64, same: &'static str) -> Seen<&'static str, u8> {
        Seen { at: Timestamp::from_unix(at), same, text: 0 }
    }

    fn difference(old: Vec<Row>, new: &[Seen<&'static str, u8>]) -> Difference<u32> {
        Difference::new(old, new, Removals::Confirm, 0)
    }

    fn sum(difference: &Difference<u32>) -> (u64, u64, u64, u64) {
        let Replaced { added, removed, changed, doubted } = difference.replaced;
        (added, removed, changed, doubted)
    }

    #[test]
    fn the_same_plays_again_change_nothing() {
        let old = vec![row(1, 5, "a", Standing::Held), row(2, 5, "a", Standing::Held)];
        let difference = difference(old, &[seen(5, "a"), seen(5, "a")]);
        assert_eq!(difference.changes, []);
    }

    #[test]
    fn plays_of_one_second_are_a_multiset() {
        let difference =
            difference(vec![row(1, 5, "a", Standing::Held)], &[seen(5, "a"), seen(5, "a")]);
        assert_eq!(sum(&difference), (1, 0, 0, 0));
    }

    #[test]
    fn a_missing_play_is_doubted_and_only_then_removed() {
        let first = difference(vec![row(1, 5, "a", Standing::Held)], &[]);
        assert_eq!(first.changes, [Change::Doubt { id: 1 }]);
        let second = difference(vec![row(1, 5, "a", Standing::Doubted)], &[]);
        assert_eq!(second.changes, [Change::Remove { id: 1, edited: false }]);
        let back = difference(vec![row(1, 5, "a", Standing::Doubted)], &[seen(5, "a")]);
        assert_eq!(back.changes, [Change::Trust { id: 1 }]);
    }

    #[test]
    fn the_doubted_one_of_equals_is_the_one_that_goes() {
        let old = vec![row(1, 5, "a", Standing::Doubted), row(2, 5, "a", Standing::Held)];
        let difference = difference(old, &[seen(5, "a")]);
        assert_eq!(difference.changes, [Change::Remove { id: 1, edited: false }]);
    }

    #[test]
    fn a_play_that_comes_back_is_not_doubled() {
        let difference = difference(vec![row(1, 5, "a", Standing::Removed)], &[seen(5, "a")]);
        assert_eq!(difference.changes, [Change::Revive { id: 1, seen: 0 }]);
        assert_eq!(sum(&difference), (1, 0, 0, 0));
    }

    #[test]
    fn one_gone_and_one_new_in_a_second_is_an_edit() {
        let difference = difference(vec![row(1, 5, "a", Standing::Held)], &[seen(5, "b")]);
        assert_eq!(
            difference.changes,
            [Change::Add { seen: 0 }, Change::Remove { id: 1, edited: true }]
        );
        assert_eq!(sum(&difference), (0, 0, 1, 0));
    }

    #[test]
    fn a_newer_text_is_a_change_and_no_removal() {
        let newer = Seen { text: 1, ..seen(5, "a") };
        let difference = difference(vec![row(1, 5, "a", Standing::Held)], &[newer]);
        assert_eq!(difference.changes, [Change::Retext { id: 1, seen: 0 }]);
        assert_eq!(sum(&difference), (0, 0, 1, 0));
    }

    #[test]
    fn many_missing_plays_stay_in_doubt_until_they_are_accepted() {
        let old: Vec<Row> =
            (0_u32..60).map(|id| row(id, i64::from(id), "a", Standing::Doubted)).collect();
        assert_eq!(sum(&difference(old.clone(), &[])), (0, 0, 0, 60));
        assert_eq!(sum(&Difference::new(old.clone(), &[], Removals::Accept, 0)), (0, 60, 0, 0));
        let eleven_of_eleven = old.iter().take(11).cloned().collect();
        assert_eq!(sum(&difference(eleven_of_eleven, &[])), (0, 0, 0, 11));
        let ten_of_ten: Vec<Row> = old.into_iter().take(10).collect();
        assert_eq!(sum(&difference(ten_of_ten.clone(), &[])), (0, 10, 0, 0));
        assert_eq!(sum(&Difference::new(ten_of_ten, &[], Removals::Confirm, 45)), (0, 0, 0, 10));
    }

    #[test]
    fn up_to_ten_missing_plays_or_a_tenth_of_the_span_are_believed() {
        assert!(!is_surprising(10, 10, 10));
        assert!(is_surprising(11, 11, 109));
        assert!(!is_surprising(11, 11, 110));
        assert!(!is_surprising(50, 50, 500));
        assert!(is_surprising(51, 51, 5_000));
        assert!(is_surprising(51, 1, 5_000), "those elsewhere count, too");
    }

    #[test]
    fn accepting_removes_only_what_was_doubted_before() {
        let old = vec![row(1, 5, "a", Standing::Held), row(2, 6, "a", Standing::Doubted)];
        let difference = Difference::new(old, &[], Removals::Accept, 0);
        assert_eq!(sum(&difference), (0, 1, 0, 1));
    }
}
