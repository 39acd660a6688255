//! What is read again though no count calls for it, because an edit changes none: the last days
//! once a day, the rest of a history once a month.

use std::time::Duration;

use super::coverage::Coverage;
use super::look::{covered_until, reread};
use super::reader::Failure;
use super::span::Span;
use super::walk::Walker;
use crate::Timestamp;

/// Devices deliver plays up to 14 days late: younger plays are looked at again and again.
pub(super) const RECENT: i64 = 15 * DAY;
pub(super) const DAY: i64 = 24 * 60 * 60;
/// In this time the whole history is read again, a piece every day.
const ROUND: Duration = Duration::from_secs(30 * DAY.unsigned_abs());
/// What was read less than this ago is left alone, be the history ever so short.
const REST: i64 = 15 * DAY;

/// Once a day, unless something is in doubt there: reads the last days again, and of the rest as
/// many pages as were read longest ago as make a whole round in a month. Says whether it did.
pub(super) async fn keep_up(walker: &mut Walker, begun_at: Timestamp) -> Result<bool, Failure> {
    let last_at = recent_read_at(walker).await?;
    let since = begun_at.since(last_at);
    let recent = Span::new(last_at.plus(-RECENT), covered_until(walker).await?);
    if since.as_secs() < DAY.unsigned_abs() || is_doubted(walker, recent).await? {
        return Ok(false);
    }
    reread(walker, recent).await?;
    reread_oldest(walker, begun_at, since).await?;
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
    let page = u64::from(walker.reader.settings.page_size.saturating_sub(3).max(1));
    let held = walker.reader.store.count(walker.user, Span::EVER).await?.plays;
    let pages = held.div_ceil(page);
    let due = u128::from(pages) * since.min(ROUND).as_nanos();
    let due = due.div_ceil(ROUND.as_nanos());
    for _ in 0..due {
        if is_doubted(walker, Span::EVER).await? {
            break;
        }
        let coverage = walker.reader.store.coverage(walker.user).await?;
        let oldest = coverage.iter().min_by_key(|covered| covered.observed_at);
        let rested = |at: Timestamp| begun_at >= at.plus(REST);
        let Some(oldest) = oldest.filter(|covered| rested(covered.observed_at)) else { break };
        let piece = newest_part(walker, oldest.span, page).await?;
        reread(walker, piece).await?;
    }
    Ok(())
}

/// As much of a span, from its end downwards, as holds no more than so many plays of ours.
async fn newest_part(walker: &Walker, span: Span, plays: u64) -> Result<Span, Failure> {
    let store = &walker.reader.store;
    let held = store.count(walker.user, span).await?.plays;
    let Some(skip) = held.checked_sub(plays + 1) else { return Ok(span) };
    let below = store.moments(walker.user, span, skip, 1).await?;
    let start = below.first().map_or(span.start, |at| at.plus(1));
    // A last second that is denser than a page is read as what it is.
    Ok(Span::new(start.min(span.end.plus(-1)), span.end))
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
