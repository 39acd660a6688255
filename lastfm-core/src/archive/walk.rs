//! Reading a span, newest first, by time: the one way in which plays come into the archive.
//!
//! Only whole seconds are written down, so that nothing that arrives or vanishes elsewhere can
//! shift anything. A page number is used only within one second.

use std::sync::Arc;
use std::time::Duration;

use super::batch::{Batch, Writing, beside};
use super::coverage::Coverage;
use super::progress::Progress;
use super::reader::{Failure, Reader};
use super::store::{Hole, Observation, Removals, Replaced, UserId};
use crate::recent_tracks::{Page, Source, Step, Window, dense_span, read_dense, step};
use crate::{DAY, Play, Span, Timestamp};

/// After so many refusals in search of one hole, or so many holes, what is refused is given up for
/// the day as it is: it is not a few plays that the service cannot show.
const REFUSALS: u32 = 150;
const HOLES: u32 = 50;
/// A refused span is tried again after this.
const HOLE_REST: i64 = DAY;
/// 2002: no play is older than the service but those that a player dated wrongly.
const FOUNDED: Timestamp = Timestamp::from_unix(1_009_843_200);
/// How long to wait with an emptiness that cannot be.
const EMPTY_REST: Duration = Duration::from_secs(30);
const YEAR: u64 = 365 * 24 * 60 * 60;

/// Whether the first and the last second belong to a window, as the service counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Edges {
    from_inclusive: bool,
    to_inclusive: bool,
}

/// Reads spans of one user into the archive.
#[derive(Debug)]
pub(super) struct Walker {
    pub(super) reader: Reader,
    pub(super) user: UserId,
    /// Everything that this run changed.
    pub(super) replaced: Replaced,
    /// Plays that were read, those of a second reading included.
    read_count: u64,
    /// What the run is about: progress is told in plays of this span.
    pub(super) scope: Span,
    /// Plays of that span that the archive holds, once something was written.
    held: Option<u64>,
    /// The service's count of that span, when last heard.
    pub(super) total: Option<u64>,
    /// Whether something that is covered could not be read or counted again.
    pub(super) is_short_sighted: bool,
    edges: Option<Edges>,
    /// Plays that were read when the edges were last sought.
    edges_sought: Option<u64>,
    /// Plays that the service counts in the dense second that is being read, if it said so.
    dense_count: Option<u64>,
    /// What is refused, as when the walk began: it is not looked up anew for each page.
    holes: Vec<Hole>,
}

/// What a walk has read: a batch that grows, and the one before it, which is being written.
struct Batches {
    removals: Removals,
    collected: Option<Batch>,
    writing: Option<Writing>,
}

impl Walker {
    pub(super) fn new(reader: Reader, user: UserId, scope: Span, replaced: Replaced) -> Self {
        Self {
            reader,
            user,
            replaced,
            read_count: 0,
            scope,
            held: None,
            total: None,
            is_short_sighted: false,
            edges: None,
            edges_sought: None,
            dense_count: None,
            holes: Vec::new(),
        }
    }

    /// Reads `span` and makes the archive equal to it; what is refused becomes holes.
    pub(super) async fn read(
        &mut self,
        span: Span,
        removals: Removals,
    ) -> Result<Replaced, Failure> {
        let before = self.replaced;
        let mut spans = vec![span];
        let oldest = span.start;
        let (mut refusals, mut holes) = (0, 0);
        // Refused while it was not known how to ask for a second without its neighbours.
        let mut too_wide = Vec::new();
        while let Some(span) = spans.pop() {
            let (rest, reason) = match self.walk(span, removals).await {
                Ok(()) => continue,
                Err((rest, Failure::Refused(reason))) => (rest, reason),
                Err((_, failure)) => {
                    self.reader.narrowing = false;
                    return Err(failure);
                }
            };
            refusals += 1;
            if let Some((older, newer)) = halves(rest).filter(|_| refusals < REFUSALS) {
                // The newer half is read first, as everywhere.
                self.reader.narrowing = true;
                spans.extend([older, newer]);
                continue;
            }
            if self.edges.is_none() {
                too_wide.push(rest);
            }
            self.book_hole(rest, reason).await?;
            self.reader.narrowing = false;
            holes += 1;
            if holes < HOLES {
                refusals = 0;
            }
            if self.edges.is_some() && !spans.is_empty() {
                // What is left of all the halves is one span again, up to what is refused.
                spans = vec![Span::new(oldest, rest.start)];
            }
        }
        self.reader.narrowing = false;
        self.read_exactly(too_wide, removals).await?;
        let Replaced { added, removed, changed, doubted } = self.replaced;
        Ok(Replaced {
            added: added - before.added,
            removed: removed - before.removed,
            changed: changed - before.changed,
            doubted: doubted - before.doubted,
        })
    }

    /// Asks once more for what was refused, now that there are plays to learn the edges from.
    async fn read_exactly(&mut self, spans: Vec<Span>, removals: Removals) -> Result<(), Failure> {
        if spans.is_empty() {
            return Ok(());
        }
        self.learn_edges().await?;
        if self.edges.is_none() {
            return Ok(());
        }
        self.reader.narrowing = true;
        for span in spans {
            match self.walk(span, removals).await {
                Ok(()) | Err((_, Failure::Refused(_))) => {}
                Err((_, failure)) => return Err(failure),
            }
        }
        self.reader.narrowing = false;
        Ok(())
    }

    /// How many plays the service counts in `span`; nothing if it does not say.
    pub(super) async fn total_of(&mut self, span: Span) -> Result<Option<u64>, Failure> {
        self.look_up_holes().await?;
        let window = self.window(span).await?;
        Ok(self.reader.page(Window { limit: Some(1), ..window }).await?.total)
    }

    /// Makes the archive equal to what was read of `span`.
    pub(super) async fn write(
        &mut self,
        span: Span,
        plays: Vec<Play>,
        observation: Observation,
    ) -> Result<Replaced, Failure> {
        let begun = self.reader.clock.elapsed();
        let batch = Batch { span, plays, observation, begun };
        self.written(batch.write(&self.reader.store, self.user)).await
    }

    /// Waits until a batch is written, and tells of it.
    async fn written(&mut self, writing: Writing) -> Result<Replaced, Failure> {
        let Writing { span, play_count, .. } = writing;
        let replaced = writing.finish().await?;
        self.replaced += replaced;
        self.read_count += play_count;
        // Counted once: in a part of a long history, counting takes its time.
        let held = match self.held {
            Some(held) => (held + replaced.added).saturating_sub(replaced.removed),
            None => self.reader.store.count(self.user, self.scope).await?.plays,
        };
        self.held = Some(held);
        let (total, read_count) = (self.total, self.read_count);
        self.reader.events.push(Progress::Archived { span, replaced, held, total, read_count });
        Ok(replaced)
    }

    /// Walks down `span`; if that fails, returns the part that is left.
    async fn walk(&mut self, span: Span, removals: Removals) -> Result<(), (Span, Failure)> {
        let mut rest = span;
        let mut batches = Batches { removals, collected: None, writing: None };
        let walked = match self.look_up_holes().await {
            Ok(()) => self.walk_into(&mut rest, &mut batches).await,
            Err(failure) => Err(failure),
        };
        // What was read is written, however the walk ended.
        match (walked, self.flush(&mut batches).await) {
            (Ok(()), Ok(())) => Ok(()),
            (_, Err(failure)) | (Err(failure), Ok(())) => Err((rest, failure)),
        }
    }

    async fn walk_into(&mut self, rest: &mut Span, batches: &mut Batches) -> Result<(), Failure> {
        while !rest.is_empty() {
            let revision = if let Some(batch) = &batches.collected {
                batch.observation.revision
            } else {
                let revision = self.reader.store.revision(self.user);
                beside(&mut batches.writing, revision).await?
            };
            let (read_from, plays, at, refused) =
                match beside(&mut batches.writing, step(self, *rest)).await? {
                    Step::Read { start, plays, at } => {
                        if plays.is_empty() && start == rest.start {
                            self.flush(batches).await?;
                            self.believe_empty(*rest).await?;
                        }
                        (start, plays, at, None)
                    }
                    Step::Dense { at } => {
                        let seconds = dense_span(at, *rest);
                        self.dense_count = None;
                        match beside(&mut batches.writing, read_dense(self, seconds)).await {
                            Ok(Some(plays)) => (seconds.start, plays, None, None),
                            Err(failure) if !Self::is_refusal(&failure) => return Err(failure),
                            refused => {
                                let reason = match refused {
                                    Err(Failure::Refused(reason)) => Some(reason),
                                    _ => None,
                                };
                                let reason = self.never_whole(reason);
                                (seconds.end, Vec::new(), None, Some((seconds, reason)))
                            }
                        }
                    }
                    Step::Stuck => {
                        let reason = "it answers with the same plays again and again";
                        return Err(Failure::Refused(reason.to_owned()));
                    }
                };
            let at = at.unwrap_or_else(|| self.reader.now());
            let now = self.reader.clock.elapsed();
            let batch = batches.collected.get_or_insert_with(|| Batch {
                span: Span::new(rest.end, rest.end),
                plays: Vec::new(),
                observation: Observation { revision, at, removals: batches.removals },
                begun: now,
            });
            batch.span.start = read_from;
            // A step and a dense reading give nothing but plays of what they read.
            batch.plays.extend(plays);
            batch.observation.at = batch.observation.at.min(at);
            rest.end = read_from;
            if batch.is_due(now) {
                self.begin_writing(batches).await?;
            }
            if let Some((second, reason)) = refused {
                self.flush(batches).await?;
                self.book_hole(second, reason).await?;
                rest.end = second.start;
            }
        }
        Ok(())
    }

    /// Why a second that is denser than a page could not be read. `last` is what kept the service
    /// from showing it last, if it showed it at all.
    fn never_whole(&self, last: Option<String>) -> String {
        let plays = match self.dense_count {
            Some(plays) => format!("the {plays} plays of one second"),
            None => "one second with more plays than a page".to_owned(),
        };
        match last {
            Some(last) => format!("it never shows {plays} whole; at last: {last}"),
            None => format!("it never shows {plays} twice alike"),
        }
    }

    /// Begins to write what was collected, once the batch before it is written.
    async fn begin_writing(&mut self, batches: &mut Batches) -> Result<(), Failure> {
        if let Some(writing) = batches.writing.take() {
            self.written(writing).await?;
        }
        let collected = batches.collected.take().filter(|batch| !batch.span.is_empty());
        batches.writing = collected.map(|batch| batch.write(&self.reader.store, self.user));
        Ok(())
    }

    /// Writes all that was collected.
    async fn flush(&mut self, batches: &mut Batches) -> Result<(), Failure> {
        self.begin_writing(batches).await?;
        match batches.writing.take() {
            Some(writing) => self.written(writing).await.map(drop),
            None => Ok(()),
        }
    }

    /// Whether a year or more can be covered as empty: not if the profile counts more plays than
    /// the archive holds, and there is nowhere else where they could be. Profiles are known to be
    /// off by a few.
    pub(super) async fn believe_empty(&mut self, span: Span) -> Result<(), Failure> {
        if span.seconds() < YEAR {
            return Ok(());
        }
        let store = Arc::clone(&self.reader.store);
        let coverage = Coverage::new(store.coverage(self.user).await?);
        let mut gaps = coverage.gaps(Span::new(Timestamp::MIN, self.reader.now().plus(-60)));
        gaps.retain(|gap| gap.start < span.start || gap.end > span.end);
        if !gaps.is_empty() {
            return Ok(());
        }
        let name = self.reader.name.clone();
        let counted = self.reader.profile(&name).await?.play_count;
        let held = store.count(self.user, Span::EVER).await?.plays;
        let elsewhere = held.saturating_sub(store.count(self.user, span).await?.plays);
        if counted.saturating_sub(elsewhere) > 50.max(counted / 100) {
            let reason = format!("it shows no plays, but counts {counted}");
            self.reader.pause(EMPTY_REST, &reason).await?;
            return Err(Failure::Again(reason));
        }
        Ok(())
    }

    /// Finds out how the service counts edges, on a play that has none beside it.
    async fn learn_edges(&mut self) -> Result<(), Failure> {
        // What could not be learned is sought again once more plays were read.
        if self.edges.is_some() || self.edges_sought == Some(self.read_count) {
            return Ok(());
        }
        self.edges_sought = Some(self.read_count);
        let Some(quiet) = self.quiet_play().await? else { return Ok(()) };
        let from = Window { from: Some(quiet), to: Some(quiet.plus(2)), page: 1, limit: Some(1) };
        let to = Window { from: Some(quiet.plus(-2)), to: Some(quiet), page: 1, limit: Some(1) };
        let mut inclusive = [true; 2];
        for (window, answer) in [from, to].into_iter().zip(&mut inclusive) {
            match self.reader.page(window).await {
                Ok(page) => *answer = !page.plays.is_empty(),
                // Beside what is refused nothing can be learned.
                Err(Failure::Refused(_)) => return Ok(()),
                Err(failure) => return Err(failure),
            }
        }
        let [from_inclusive, to_inclusive] = inclusive;
        self.edges = Some(Edges { from_inclusive, to_inclusive });
        Ok(())
    }

    /// A play that is archived, with no other within three seconds.
    async fn quiet_play(&self) -> Result<Option<Timestamp>, Failure> {
        let store = &self.reader.store;
        let held = store.count(self.user, Span::EVER).await?.plays;
        let skip = held.saturating_sub(1000);
        let moments = store.moments(self.user, Span::EVER, skip, 1000).await?;
        Ok(moments.windows(3).rev().find_map(|three| {
            let [before, at, after] = three else { return None };
            (before.plus(3) < *at && at.plus(3) < *after).then_some(*at)
        }))
    }

    /// Writes down that a span is refused; what of it is covered stays as it is.
    async fn book_hole(&mut self, span: Span, reason: String) -> Result<(), Failure> {
        let now = self.reader.now();
        let coverage = Coverage::new(self.reader.store.coverage(self.user).await?);
        if coverage.gaps(span).is_empty() {
            self.is_short_sighted = true;
            return Ok(());
        }
        let holes = self.reader.store.holes(self.user).await?;
        let known = holes.iter().find(|hole| hole.span.overlaps(span));
        let hole = Hole {
            span,
            reason,
            tries: known.map_or(0, |hole| hole.tries) + 1,
            since: known.map_or(now, |hole| hole.since),
            // Where nothing but the local clock is known, no rest is laid down by it.
            next_try_at: now.plus(if self.reader.service_time().is_some() { HOLE_REST } else { 0 }),
        };
        self.reader.store.set_hole(self.user, hole.clone()).await?;
        self.reader.events.push(Progress::Refused(hole));
        self.look_up_holes().await
    }

    async fn look_up_holes(&mut self) -> Result<(), Failure> {
        self.holes = self.reader.store.holes(self.user).await?;
        Ok(())
    }

    /// What of `span` is neither covered nor a hole that has its rest, newest first.
    pub(super) async fn open_gaps(&self, span: Span) -> Result<Vec<Span>, Failure> {
        let store = &self.reader.store;
        let coverage = Coverage::new(store.coverage(self.user).await?);
        // No local clock says whether a rest is over, and a later end was laid down by a wrong one.
        let rests = |hole: &Hole| {
            let now = self.reader.service_time();
            now.is_some_and(|now| (now.plus(1)..=now.plus(HOLE_REST)).contains(&hole.next_try_at))
        };
        let mut resting = store.holes(self.user).await?;
        resting.retain(rests);
        let mut gaps = coverage.beside(&resting).gaps(span);
        gaps.reverse();
        Ok(gaps)
    }
}

impl Source for Walker {
    type Error = Failure;

    fn page_size(&self) -> u32 {
        self.reader.settings.page_size
    }

    /// The window to ask for, a second wider on both sides, so that reading does not depend on
    /// how edges are counted; exact beside what is refused, which would spoil the answer.
    async fn window(&mut self, span: Span) -> Result<Window, Failure> {
        let holes = &self.holes;
        let spoiled = |second: Timestamp| holes.iter().any(|hole| hole.span.contains(second));
        let exact_start = self.reader.narrowing || spoiled(span.start.plus(-1));
        let exact_end = self.reader.narrowing || spoiled(span.end);
        if exact_start || exact_end {
            self.learn_edges().await?;
        }
        // Without knowing the edges, a window that is too wide only fails; one that is too narrow
        // would lose plays.
        let Edges { from_inclusive, to_inclusive } = self.edges.unwrap_or_default();
        // Second 0 may read as unset: what starts there has no lower edge, what ends with it is
        // never exact.
        let from = (span.start > Timestamp::from_unix(1))
            .then(|| span.start.plus(if exact_start && from_inclusive { 0 } else { -1 }));
        let exact_end = exact_end && span.end != Timestamp::from_unix(1);
        let to = (span.end != Timestamp::MAX)
            .then(|| span.end.plus(if exact_end && to_inclusive { -1 } else { 0 }));
        Ok(Window { from, to, page: 1, limit: None })
    }

    async fn page(&mut self, window: Window) -> Result<Page, Failure> {
        self.reader.page(window).await
    }

    fn is_refusal(failure: &Failure) -> bool {
        matches!(failure, Failure::Refused(_))
    }

    fn hear_dense(&mut self, plays: u64) {
        self.dense_count = Some(plays);
    }
}

/// A refused span in two, older and newer; nothing if it is a single second.
fn halves(span: Span) -> Option<(Span, Span)> {
    let middle = if span.start == Timestamp::MIN {
        let below =
            if span.end > FOUNDED { FOUNDED } else { span.end.plus(-span.end.as_unix() / 2) };
        if below < span.end && below > Timestamp::from_unix(1) { below } else { return None }
    } else {
        let half = i64::try_from(span.seconds() / 2).unwrap_or(i64::MAX);
        if half == 0 {
            return None;
        }
        span.start.plus(half)
    };
    Some((Span::new(span.start, middle), Span::new(middle, span.end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halving_ends_at_a_single_second() {
        let at = Timestamp::from_unix;
        let (older, newer) = halves(Span::new(at(10), at(13))).unwrap();
        assert_eq!((older, newer), (Span::new(at(10), at(11)), Span::new(at(11), at(13))));
        assert_eq!(halves(Span::second(at(10))), None);
        let mut lowest = Span::new(Timestamp::MIN, at(1_700_000_000));
        let mut steps = 0;
        while let Some((older, _)) = halves(lowest) {
            lowest = older;
            steps += 1;
        }
        assert!(steps < 40, "{steps}");
        assert!(lowest.end < at(4));
    }
}
