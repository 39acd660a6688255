//! Which seconds an archive holds: interval arithmetic against a list of seconds.

use lastfm_core::Timestamp;
use lastfm_core::archive::{Coverage, Covered, Hole, Revision, Span};

/// Seconds of the model.
const SECONDS: usize = 128;
/// What is observed at moments that are multiples of it: six hours.
const UNIT: i64 = 6 * 60 * 60;
/// How far apart observations may be that are kept as one.
const TOGETHER: i64 = 2 * 24 * 60 * 60;

/// What is known of a second that is covered.
#[derive(Debug, Clone, Copy)]
struct Known {
    verified_at: i64,
    observed_at: i64,
    revision: i64,
}

/// A list of seconds, and two coverages that are told the same: one is merged now and then.
struct Model {
    /// The first of the seconds, which may be the first or the last there is.
    base: i64,
    seconds: [Option<Known>; SECONDS],
    plain: Coverage,
    merged: Coverage,
}

/// A byte that says where in time it happens, then five for each step: what is done, to which
/// seconds, and when.
///
/// The spans agree with a list of the seconds; so do gaps and stretches. What is merged says of no
/// second that it was read later, or changed earlier, than it was, nor that it was read much
/// earlier.
pub fn coverage(data: &[u8]) {
    let Some((base, steps)) = data.split_first() else { return };
    let last = i64::try_from(SECONDS).expect("it is small");
    let base = [0, i64::MIN, i64::MAX - last, 1_700_000_000][usize::from(base % 4)];
    let mut model = Model {
        base,
        seconds: [None; SECONDS],
        plain: Coverage::default(),
        merged: Coverage::default(),
    };
    for (step, revision) in steps.chunks_exact(5).take(200).zip(1..) {
        let [what, start, length, at, other] = *step else { continue };
        let (start, length) = (usize::from(start) % SECONDS, usize::from(length) % SECONDS);
        let seconds = start..(start + length).min(SECONDS);
        let at = i64::from(at) * UNIT;
        match what % 8 {
            0..=3 => model.cover(seconds, at, true, revision),
            4 => model.cover(seconds, at, false, revision),
            5 => model.merged.merge_old(Timestamp::from_unix(at)),
            6 => model.check_span(seconds, usize::from(other) % SECONDS, i64::from(other)),
            _ => model.check_doubts(seconds),
        }
    }
    model.check();
}

impl Model {
    fn span(&self, seconds: &std::ops::Range<usize>) -> Span {
        let at = |second: usize| {
            let second = i64::try_from(second).expect("it is small");
            Timestamp::from_unix(self.base + second)
        };
        Span::new(at(seconds.start), at(seconds.end))
    }

    fn cover(&mut self, seconds: std::ops::Range<usize>, at: i64, agreed: bool, revision: i64) {
        let span = self.span(&seconds);
        for coverage in [&mut self.plain, &mut self.merged] {
            coverage.cover(span, Timestamp::from_unix(at), agreed, Revision(revision));
        }
        let inside = &mut self.seconds[seconds];
        let oldest = inside.iter().flatten().map(|known| known.verified_at).min();
        let verified_at = oldest.filter(|_| !agreed).map_or(at, |oldest| oldest.min(at));
        inside.fill(Some(Known { verified_at, observed_at: at, revision }));
    }

    fn check(&self) {
        for coverage in [&self.plain, &self.merged] {
            let spans = coverage.covered();
            assert!(spans.iter().all(|covered| !covered.span.is_empty()), "{coverage:?}");
            let in_order = |pair: &[Covered]| pair[0].span.end <= pair[1].span.start;
            assert!(spans.windows(2).all(in_order), "{coverage:?}");
        }
        for (second, known) in self.seconds.iter().enumerate() {
            let span = self.span(&(second..second + 1));
            let of = |coverage: &Coverage| {
                let found = coverage.covered().iter().find(|covered| covered.span.overlaps(span));
                found.map(|found| Known {
                    verified_at: found.verified_at.as_unix(),
                    observed_at: found.observed_at.as_unix(),
                    revision: found.revision.0,
                })
            };
            let (plain, merged) = (of(&self.plain), of(&self.merged));
            let (Some(known), Some(plain), Some(merged)) = (known, plain, merged) else {
                assert!(known.is_none() && plain.is_none() && merged.is_none(), "second {second}");
                continue;
            };
            assert_eq!(
                (plain.verified_at, plain.observed_at, plain.revision),
                (known.verified_at, known.observed_at, known.revision),
            );
            assert!(merged.verified_at <= known.verified_at);
            assert!(merged.observed_at <= known.observed_at);
            assert!(merged.revision >= known.revision);
            let early = known.observed_at - merged.observed_at;
            assert!(early <= TOGETHER, "second {second} counts as read {early} s too early");
        }
    }

    /// Questions about a span, and what it has in common with another one.
    fn check_span(&self, seconds: std::ops::Range<usize>, other: usize, revision: i64) {
        let span = self.span(&seconds);
        let inside = &self.seconds[seconds.clone()];
        let known = || inside.iter().flatten();
        let revision = Revision(revision);
        let changed = known().any(|known| known.revision > revision.0);
        assert_eq!(self.plain.changed_since(span, revision), changed);
        assert!(!changed || self.merged.changed_since(span, revision));
        let observed = known().map(|known| known.observed_at).min().map(Timestamp::from_unix);
        assert_eq!(self.plain.observed_at(span), observed);

        let missing: Vec<Span> = self.runs(seconds.clone(), false);
        let held: Vec<Span> = self.runs(0..SECONDS, true);
        for coverage in [&self.plain, &self.merged] {
            assert_eq!(coverage.gaps(span), missing);
            assert_eq!(coverage.stretches(), held);
            let whole = |gaps: &[Span]| gaps.iter().map(|gap| gap.seconds()).sum::<u64>();
            let count = inside.iter().filter(|known| known.is_none()).count();
            assert_eq!(whole(&coverage.gaps(span)), count as u64);
        }
        let hole = Hole {
            span,
            reason: String::new(),
            tries: 1,
            since: Timestamp::from_unix(0),
            next_try_at: Timestamp::from_unix(0),
        };
        assert_eq!(self.plain.clone().beside([&hole]).gaps(span), []);

        // Seconds that belong to a span, to another, and to what is left of it.
        let other = self.span(&(other..SECONDS));
        let left: Vec<Span> = span.without(other).collect();
        let both = span.intersection(other);
        assert_eq!(span.overlaps(other), !both.is_empty());
        let sum = left.iter().map(|left| left.seconds()).sum::<u64>() + both.seconds();
        assert_eq!(sum, span.seconds());
        for second in 0..SECONDS {
            let at = self.span(&(second..second + 1)).start;
            assert_eq!(span.contains(at), seconds.contains(&second));
            assert_eq!(both.contains(at), span.contains(at) && other.contains(at));
            let is_left = left.iter().any(|left| left.contains(at));
            assert_eq!(is_left, span.contains(at) && !other.contains(at));
        }
    }

    /// The runs of seconds that are held, or that are not.
    fn runs(&self, seconds: std::ops::Range<usize>, held: bool) -> Vec<Span> {
        let mut runs: Vec<Span> = Vec::new();
        for second in seconds.filter(|second| self.seconds[*second].is_some() == held) {
            let here = self.span(&(second..second + 1));
            match runs.last_mut() {
                Some(last) if last.end == here.start => last.end = here.end,
                _ => runs.push(here),
            }
        }
        runs
    }

    /// A doubted play in each second that is covered.
    fn check_doubts(&self, seconds: std::ops::Range<usize>) {
        let covered = seconds.filter(|second| self.seconds[*second].is_some());
        let doubted: Vec<(Timestamp, Timestamp)> = covered
            .map(|second| (self.span(&(second..second + 1)).start, Timestamp::from_unix(0)))
            .collect();
        for coverage in [&self.plain, &self.merged] {
            let doubts = coverage.doubts(doubted.iter().copied());
            let count: u64 = doubts.iter().map(|doubt| doubt.count).sum();
            assert_eq!(count, doubted.len() as u64);
            for (at, _) in &doubted {
                let holding = doubts.iter().filter(|doubt| doubt.span.contains(*at)).count();
                assert_eq!(holding, 1);
            }
            for doubt in &doubts {
                assert!(coverage.covered().iter().any(|covered| covered.span == doubt.span));
            }
        }
    }
}
