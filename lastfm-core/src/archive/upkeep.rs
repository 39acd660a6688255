//! What is read again though no count calls for it, because an edit changes none: the last days
//! once a day, the rest of a history once a month.

use std::time::Duration;

use super::coverage::Coverage;
use super::look::{covered_until, reread};
use super::reader::Failure;
use super::store::Covered;
use super::walk::Walker;
use crate::{DAY, Span, Timestamp};

/// Devices deliver plays up to 14 days late: younger plays are looked at again and again.
pub(super) const RECENT: i64 = 15 * DAY;
/// In this time the whole history is read again, a piece every day.
const ROUND: Duration = Duration::from_secs(30 * DAY.unsigned_abs());
/// What was read less than this ago is left alone, be the history ever so short.
const REST: i64 = 15 * DAY;
/// Pieces that turn out to be refused now, after which a run leaves it at that.
const STUCK: usize = 10;
const A_DAY: Duration = Duration::from_secs(DAY.unsigned_abs());

/// Once a day: reads the last days again, and of the rest, unless something is in doubt, as many
/// pages as were read longest ago as make a whole round in a month. Says whether it did. What was
/// read at `newest_at` or later, this run has read.
pub(super) async fn keep_up(
    walker: &mut Walker,
    newest_at: Timestamp,
    begun_at: Timestamp,
) -> Result<bool, Failure> {
    let last_at = recent_read_at(walker).await?;
    let since = begun_at.since(last_at);
    let recent = Span::new(last_at.plus(-RECENT), covered_until(walker).await?);
    if since < A_DAY {
        return Ok(false);
    }
    let mut coverage = walker.reader.store.coverage(walker.user).await?;
    coverage.retain(|covered| covered.observed_at < newest_at);
    for part in Coverage::new(coverage).stretches().into_iter().rev() {
        let part = part.intersection(recent);
        if !part.is_empty() {
            reread(walker, part).await?;
        }
    }
    // Who was away for months does not read everything at once.
    reread_oldest(walker, begun_at, since.min(2 * A_DAY)).await?;
    remember_recent_read(walker, begun_at).await?;
    Ok(true)
}

/// Reads again what was read longest ago: as much as is due after `since`.
async fn reread_oldest(
    walker: &mut Walker,
    begun_at: Timestamp,
    since: Duration,
) -> Result<(), Failure> {
    // A window is a second wider on both sides, and should not fill a page.
    let page = walker.reader.settings.page_size.saturating_sub(3).max(1);
    let held = walker.reader.store.count(walker.user, Span::EVER).await?.plays;
    let pages = held.div_ceil(page.into());
    let due = u128::from(pages) * since.as_nanos();
    let mut due = due.div_ceil(ROUND.as_nanos());
    let mut tried: Vec<Span> = Vec::new();
    while due > 0 && tried.len() < STUCK {
        if is_doubted(walker, Span::EVER).await? {
            break;
        }
        let coverage = walker.reader.store.coverage(walker.user).await?;
        let is_next = |covered: &&Covered| {
            let is_tried = tried.iter().any(|piece| piece.contains(covered.span.start));
            !is_tried && has_rested(covered, begun_at)
        };
        let oldest = coverage.iter().filter(is_next).min_by_key(|covered| covered.observed_at);
        let Some(oldest) = oldest else { break };
        let piece = a_page_from(walker, &coverage, oldest.span.start, begun_at, page).await?;
        reread(walker, piece).await?;
        let coverage = Coverage::new(walker.reader.store.coverage(walker.user).await?);
        // What is refused now stays as it is, and must not keep the rest from its turn.
        let is_read = coverage.observed_at(piece).is_none_or(|at| at > oldest.observed_at);
        due -= u128::from(is_read);
        if !is_read {
            tried.push(piece);
        }
    }
    Ok(())
}

/// Whether a span was read long enough ago. What seems to be read only in the future was read by
/// a clock that was wrong.
fn has_rested(covered: &Covered, now: Timestamp) -> bool {
    covered.observed_at > now || now >= covered.observed_at.plus(REST)
}

/// What is covered from `start` on and was read long ago, up to a page of plays.
async fn a_page_from(
    walker: &Walker,
    coverage: &[Covered],
    start: Timestamp,
    now: Timestamp,
    page: u32,
) -> Result<Span, Failure> {
    let mut end = start;
    for covered in coverage.iter().filter(|covered| has_rested(covered, now)) {
        if covered.span.start == end {
            end = covered.span.end;
        }
    }
    let all = Span::new(start, end);
    let beyond = walker.reader.store.moments(walker.user, all, page.into(), 1).await?;
    // A first second that is denser than a page is read as what it is.
    let end = beyond.first().map_or(end, |at| (*at).max(start.plus(1)));
    Ok(Span::new(start, end))
}

/// When the last days were last read as a whole; at first, when the archive was begun. What a
/// device delivers late was played at most so long before that.
pub(super) async fn recent_read_at(walker: &mut Walker) -> Result<Timestamp, Failure> {
    let book = walker.reader.store.book(walker.user).await?;
    let now = walker.reader.now();
    // A moment to come was written down by a clock that was wrong.
    if let Some(read_at) = book.recent_read_at.filter(|read_at| *read_at <= now) {
        return Ok(read_at);
    }
    let coverage = Coverage::new(walker.reader.store.coverage(walker.user).await?);
    let begun_at = coverage.observed_at(Span::EVER).map_or(now, |observed| observed.min(now));
    remember_recent_read(walker, begun_at).await?;
    Ok(begun_at)
}

/// Books that the last days were read as a whole.
async fn remember_recent_read(walker: &mut Walker, at: Timestamp) -> Result<(), Failure> {
    let mut book = walker.reader.store.book(walker.user).await?;
    book.recent_read_at = Some(at);
    Ok(walker.reader.store.set_book(walker.user, book).await?)
}

/// Whether a play of this span is in doubt.
async fn is_doubted(walker: &Walker, span: Span) -> Result<bool, Failure> {
    let doubts = walker.reader.store.doubts(walker.user).await?;
    Ok(doubts.iter().any(|doubt| doubt.span.overlaps(span)))
}
