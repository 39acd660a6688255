//! Which seconds the archive is known to hold: interval arithmetic, nothing else.

use std::time::Duration;

use super::store::{Covered, Doubt, Hole, Revision};
use crate::{Span, Timestamp};

/// Neighbouring spans are merged when both were observed longer ago than this. Younger ones stay
/// apart, so that a change to one does not make an observation of the other stale.
const MERGE_AFTER: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// Spans are merged if they were observed in the same stretch of so many seconds. If they were
/// further apart, the younger would count as read long ago, and what is read again could not go
/// round. Fixed stretches hold however many neighbours are merged one after the other: a merged
/// span only knows when the oldest of its parts was observed.
const MERGE_WITHIN: i64 = 2 * 24 * 60 * 60;

/// The covered spans of one user, disjoint, oldest first.
///
/// A store may load only the part that touches a span, change it with
/// [`cover`](Self::cover) and write it back: what lies elsewhere is not affected.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coverage(Vec<Covered>);

impl Coverage {
    /// Out of disjoint spans, oldest first.
    pub fn new(covered: Vec<Covered>) -> Self {
        debug_assert!(covered.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
        Self(covered)
    }

    /// The covered spans, oldest first.
    pub fn into_covered(self) -> Vec<Covered> {
        self.0
    }

    /// The covered spans, oldest first.
    pub fn covered(&self) -> &[Covered] {
        &self.0
    }

    /// Covered stretches without regard to when, oldest first; neighbours are one.
    pub fn stretches(&self) -> Vec<Span> {
        let mut stretches: Vec<Span> = Vec::new();
        for covered in &self.0 {
            match stretches.last_mut() {
                Some(last) if last.end == covered.span.start => last.end = covered.span.end,
                _ => stretches.push(covered.span),
            }
        }
        stretches
    }

    /// What within `span` is not covered: disjoint spans, oldest first; none if all of it is.
    pub fn gaps(&self, span: Span) -> Vec<Span> {
        let mut gaps = Vec::new();
        let mut from = span.start;
        for covered in self.0.iter().filter(|covered| covered.span.overlaps(span)) {
            gaps.push(Span::new(from, covered.span.start));
            from = covered.span.end;
        }
        gaps.push(Span::new(from, span.end));
        gaps.retain(|gap| !gap.is_empty());
        gaps
    }

    /// With these holes as if they were covered: what is still a gap can be read.
    pub fn beside<'a>(mut self, holes: impl IntoIterator<Item = &'a Hole>) -> Self {
        for hole in holes {
            self.cover(hole.span, hole.since, true, Revision::default());
        }
        self
    }

    /// Whether anything in `span` changed after `revision`.
    pub fn changed_since(&self, span: Span, revision: Revision) -> bool {
        self.0.iter().any(|covered| covered.span.overlaps(span) && covered.revision > revision)
    }

    /// When the part of `span` that was read longest ago was read; nothing if none is covered.
    pub fn observed_at(&self, span: Span) -> Option<Timestamp> {
        let within = self.0.iter().filter(|covered| covered.span.overlaps(span));
        within.map(|covered| covered.observed_at).min()
    }

    /// Covers `span`, observed `at`, changed by `revision`. Unless the service agreed with the
    /// archive in all of it, its time of verification does not move on. An empty span covers
    /// nothing.
    pub fn cover(&mut self, span: Span, at: Timestamp, agreed: bool, revision: Revision) {
        if span.is_empty() {
            return;
        }
        let mut rest = Vec::with_capacity(self.0.len() + 2);
        let mut verified_at = at;
        for covered in self.0.drain(..) {
            if !covered.span.overlaps(span) {
                rest.push(covered);
                continue;
            }
            if !agreed {
                verified_at = verified_at.min(covered.verified_at);
            }
            let outside = covered.span.without(span);
            rest.extend(outside.map(|span| Covered { span, ..covered }));
        }
        rest.push(Covered { span, verified_at, observed_at: at, revision });
        rest.sort_unstable_by_key(|covered| covered.span);
        self.0 = rest;
    }

    /// The spans that hold doubted plays, each with how many and since when. `doubted` are the
    /// moment of each doubted play and the moment its doubt began, oldest play first.
    pub fn doubts(&self, doubted: impl IntoIterator<Item = (Timestamp, Timestamp)>) -> Vec<Doubt> {
        let mut doubts: Vec<Doubt> = Vec::new();
        for (at, since) in doubted {
            if let Some(last) = doubts.last_mut().filter(|last| last.span.contains(at)) {
                last.count += 1;
                last.since = last.since.max(since);
                continue;
            }
            let after = self.0.partition_point(|covered| covered.span.end <= at);
            let covering = self.0.get(after).map(|covered| covered.span);
            // A doubt comes from a replaced span, and what was replaced is covered.
            let span = covering.unwrap_or(Span::second(at));
            doubts.push(Doubt { span, count: 1, since });
        }
        doubts
    }

    /// Whether the whole list is to be gone through with [`merge_old`](Self::merge_old) when the
    /// archive reaches this revision: rarely, so that a change elsewhere need not load the list.
    pub fn is_merge_due(revision: Revision) -> bool {
        revision.0 % 256 == 0
    }

    /// Merges neighbours that were observed more than two days before `now`, in the same two days.
    pub fn merge_old(&mut self, now: Timestamp) {
        let old = |covered: &Covered| now.since(covered.observed_at) > MERGE_AFTER;
        let stretch = |covered: &Covered| covered.observed_at.as_unix().div_euclid(MERGE_WITHIN);
        self.0.dedup_by(|next, last| {
            let touch = last.span.end == next.span.start;
            let merges = touch && old(last) && old(next) && stretch(last) == stretch(next);
            if merges {
                *last = Covered {
                    span: Span::new(last.span.start, next.span.end),
                    verified_at: last.verified_at.min(next.verified_at),
                    observed_at: last.observed_at.min(next.observed_at),
                    revision: last.revision.max(next.revision),
                };
            }
            merges
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    fn span(start: i64, end: i64) -> Span {
        Span::new(at(start), at(end))
    }

    #[test]
    fn what_is_not_covered_is_a_gap() {
        let mut coverage = Coverage::default();
        assert_eq!(coverage.gaps(Span::EVER), [Span::EVER]);
        coverage.cover(span(10, 20), at(100), true, Revision(1));
        coverage.cover(span(30, 40), at(100), true, Revision(2));
        let (before, after) =
            (Span::new(Timestamp::MIN, at(10)), Span::new(at(40), Timestamp::MAX));
        assert_eq!(coverage.gaps(Span::EVER), [before, span(20, 30), after]);
        assert_eq!(coverage.gaps(span(12, 18)), []);
        assert_eq!(coverage.gaps(span(15, 35)), [span(20, 30)]);
    }

    #[test]
    fn neighbours_are_one_stretch() {
        let mut coverage = Coverage::default();
        coverage.cover(span(10, 20), at(100), true, Revision(1));
        coverage.cover(span(20, 30), at(200), true, Revision(2));
        coverage.cover(span(31, 40), at(200), true, Revision(3));
        assert_eq!(coverage.stretches(), [span(10, 30), span(31, 40)]);
        assert_eq!(coverage.clone().into_covered(), coverage.covered());
    }

    #[test]
    fn what_is_refused_is_no_gap() {
        let mut coverage = Coverage::default();
        coverage.cover(span(10, 20), at(100), true, Revision(1));
        let hole = |start, end| Hole {
            span: span(start, end),
            reason: "refused".to_owned(),
            tries: 1,
            since: at(100),
            next_try_at: at(200),
        };
        let beside = coverage.beside(&[hole(20, 25), hole(30, 31)]);
        assert_eq!(beside.gaps(span(0, 40)), [span(0, 10), span(25, 30), span(31, 40)]);
    }

    #[test]
    fn the_whole_list_is_gone_through_every_256_revisions() {
        let due: Vec<i64> =
            (1..600).filter(|revision| Coverage::is_merge_due(Revision(*revision))).collect();
        assert_eq!(due, [256, 512]);
    }

    #[test]
    fn a_doubted_span_does_not_become_verified() {
        let mut coverage = Coverage::default();
        coverage.cover(span(10, 20), at(100), true, Revision(1));
        coverage.cover(span(5, 15), at(200), false, Revision(2));
        let first = coverage.covered()[0];
        assert_eq!(
            (first.span, first.verified_at, first.observed_at),
            (span(5, 15), at(100), at(200))
        );
        assert!(coverage.changed_since(span(14, 16), Revision(1)));
        assert!(!coverage.changed_since(span(15, 16), Revision(1)));
    }

    #[test]
    fn only_what_is_old_is_merged() {
        let day = 24 * 60 * 60;
        let mut coverage = Coverage::default();
        coverage.cover(span(0, 10), at(1), true, Revision(5));
        coverage.cover(span(10, 20), at(0), true, Revision(2));
        coverage.cover(span(20, 30), at(3 * day), true, Revision(3));
        coverage.merge_old(at(3 * day));
        let merged = Covered {
            span: span(0, 20),
            verified_at: at(0),
            observed_at: at(0),
            revision: Revision(5),
        };
        assert_eq!(coverage.covered()[0], merged);
        assert_eq!(coverage.covered().len(), 2);
    }

    #[test]
    fn what_was_read_in_the_last_two_days_stays_apart() {
        let two_days = 2 * 24 * 60 * 60;
        let mut coverage = Coverage::default();
        coverage.cover(span(0, 10), at(0), true, Revision(1));
        coverage.cover(span(10, 20), at(1), true, Revision(2));
        coverage.merge_old(at(two_days + 1));
        assert_eq!(coverage.covered().len(), 2);
        coverage.merge_old(at(two_days + 2));
        assert_eq!(coverage.covered().len(), 1);
    }

    #[test]
    fn a_stretch_in_which_neighbours_are_merged_is_two_days_long() {
        let two_days = 2 * 24 * 60 * 60;
        let mut coverage = Coverage::default();
        for (number, observed) in [(0, 0), (1, two_days - 1), (2, two_days)] {
            let here = span(number * 10, number * 10 + 10);
            coverage.cover(here, at(observed), true, Revision(number));
        }
        coverage.merge_old(at(40 * two_days));
        let spans: Vec<Span> = coverage.covered().iter().map(|covered| covered.span).collect();
        assert_eq!(spans, [span(0, 20), span(20, 30)]);
    }

    #[test]
    fn what_was_read_on_other_days_is_not_merged() {
        let day = 24 * 60 * 60;
        let mut coverage = Coverage::default();
        for (number, observed) in [(0, 0), (1, day), (2, 2 * day), (3, 3 * day), (4, 0)] {
            let here = span(number * 10, number * 10 + 10);
            coverage.cover(here, at(observed), true, Revision(number));
        }
        coverage.merge_old(at(40 * day));
        let spans: Vec<Span> = coverage.covered().iter().map(|covered| covered.span).collect();
        assert_eq!(spans, [span(0, 20), span(20, 40), span(40, 50)]);
    }

    #[test]
    fn what_was_read_backwards_does_not_all_count_as_read_first() {
        let day = 24 * 60 * 60;
        let mut coverage = Coverage::default();
        for (number, observed) in [(0, 3 * day), (1, 2 * day), (2, day), (3, 0)] {
            let here = span(number * 10, number * 10 + 10);
            coverage.cover(here, at(observed), true, Revision(number));
            coverage.merge_old(at(40 * day));
        }
        let observed = |second| coverage.observed_at(span(second, second + 1)).unwrap();
        assert_eq!((observed(5), observed(35)), (at(2 * day), at(0)));
    }

    #[test]
    fn nothing_is_covered_by_an_empty_span() {
        let mut coverage = Coverage::default();
        coverage.cover(span(0, 10), at(1), true, Revision(1));
        for empty in [span(5, 5), span(7, 3), span(20, 20)] {
            coverage.cover(empty, at(2), false, Revision(2));
        }
        assert_eq!(coverage.covered().len(), 1);
        assert_eq!(coverage.covered()[0].revision, Revision(1));
    }

    proptest! {
        /// Against the plainest model: one entry for each second.
        #[test]
        fn coverage_agrees_with_an_array_of_seconds(
            steps in prop::collection::vec((0_i64..60, 0_i64..20, any::<bool>(), any::<bool>()), 0..40)
        ) {
            let mut model: Vec<Option<(i64, i64)>> = vec![None; 90];
            let mut coverage = Coverage::default();
            for (revision, (start, length, agreed, merge)) in (1_i64..).zip(steps) {
                let replaced = span(start, start + length + 1);
                let now = revision * 100_000;
                let inside = usize::try_from(start).unwrap()..usize::try_from(start + length + 1).unwrap();
                let oldest = model[inside.clone()].iter().flatten().map(|entry| entry.0).min();
                let verified = if agreed { now } else { oldest.unwrap_or(now).min(now) };
                model[inside].fill(Some((verified, revision)));
                coverage.cover(replaced, at(now), agreed, Revision(revision));
                if merge {
                    coverage.merge_old(at(now));
                }
            }
            for (second, expected) in (0_i64..).zip(model) {
                let here = Span::second(at(second));
                let found = coverage.covered().iter().find(|covered| covered.span.overlaps(here));
                prop_assert_eq!(found.is_some(), expected.is_some());
                if let (Some(found), Some((verified, revision))) = (found, expected) {
                    prop_assert!(found.verified_at.as_unix() <= verified);
                    prop_assert!(found.revision.0 >= revision);
                }
                prop_assert_eq!(coverage.gaps(here).is_empty(), expected.is_some());
            }
            prop_assert!(coverage.covered().windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
        }
    }
}
