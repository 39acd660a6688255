//! An audit: the archive against the service, year by year or play by play.

use std::time::Duration;

use super::compare;
use super::coverage::Coverage;
use super::look::{covered_until, fill_gaps, read_newest, reread, spans_between_holes};
use super::reader::Failure;
use super::store::{ArchivedUser, Covered, Doubt, Removals};
use super::walk::Walker;
use crate::{Span, Timestamp};

/// A reading of everything that began longer ago than this begins anew: whoever asks for it then
/// means what is there now.
const FORGOTTEN: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// The year before the service began: whatever is older has a date that a wrong clock made up, and
/// is compared in one piece.
const BEFORE_THE_SERVICE: i16 = 2001;

/// What an audit does beside comparing counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Audit {
    /// Reads everything again, because an edit changes no count. Default: `false`.
    pub deep: bool,
    /// Believes the service in what it no longer shows, however much that is. Default: `false`.
    pub accept_removals: bool,
}

/// Compares the archive with the service and repairs it.
pub(super) async fn audit(
    walker: &mut Walker,
    user: &ArchivedUser,
    audit: Audit,
) -> Result<(), Failure> {
    // Whoever has changed rows by hand has not kept the count.
    walker.reader.store.recount(user.id).await?;
    read_newest(walker, user, true).await?;
    fill_gaps(walker).await?;
    if walker.total == Some(0) {
        // The newest page has said it all.
    } else if audit.deep {
        read_everything(walker).await?;
    } else {
        compare_years(walker).await?;
    }
    if audit.accept_removals {
        accept_removals(walker).await?;
    }
    // What nothing explained before is looked for once more.
    let mut book = walker.reader.store.book(user.id).await?;
    book.residual_checked_at = None;
    walker.reader.store.set_book(user.id, book).await?;
    compare::settle(walker, user).await
}

/// Compares the counts of every year, so that differences of two years cannot cancel out.
async fn compare_years(walker: &mut Walker) -> Result<(), Failure> {
    let Some((first, _)) = walker.reader.store.bounds(walker.user).await? else { return Ok(()) };
    let end = covered_until(walker).await?;
    let mut edges = Vec::new();
    for year in first.year().unwrap_or(BEFORE_THE_SERVICE).max(BEFORE_THE_SERVICE)..i16::MAX {
        let next = Timestamp::start_of_year(year + 1);
        let Some(midnight) = next.filter(|midnight| *midnight < end) else { break };
        edges.extend(compare::quiet_edge_before(walker, midnight).await?);
    }
    edges.dedup();
    for piece in
        spans_between_holes(walker, Span::new(Timestamp::MIN, end)).await?.into_iter().rev()
    {
        let mut rest = piece;
        for edge in edges.iter().rev().copied().filter(|edge| piece.contains(*edge)) {
            compare::locate(walker, Span::new(edge, rest.end), None).await?;
            rest.end = edge;
        }
        if rest.is_empty() {
            continue;
        }
        compare::locate(walker, rest, None).await?;
    }
    Ok(())
}

/// Reads everything again that was not read since the audit began, in this run or an earlier one.
async fn read_everything(walker: &mut Walker) -> Result<(), Failure> {
    let store = std::sync::Arc::clone(&walker.reader.store);
    let now = walker.reader.now();
    let mut book = store.book(walker.user).await?;
    let is_recent = |at: &Timestamp| *at <= now && now.since(*at) < FORGOTTEN;
    let begun_at = book.audit_begun_at.filter(is_recent).unwrap_or(now);
    book.audit_begun_at = Some(begun_at);
    store.set_book(walker.user, book).await?;

    let mut coverage = store.coverage(walker.user).await?;
    // What seems to be read only in the future was read by a clock that was wrong.
    let is_unread =
        |covered: &Covered| covered.observed_at <= begun_at || covered.observed_at > now;
    coverage.retain(is_unread);
    for span in Coverage::new(coverage).stretches().into_iter().rev() {
        reread(walker, span).await?;
    }

    let mut book = store.book(walker.user).await?;
    book.audit_begun_at = None;
    Ok(store.set_book(walker.user, book).await?)
}

/// Removes what the service does not show, once more asked.
async fn accept_removals(walker: &mut Walker) -> Result<(), Failure> {
    if walker.total == Some(0) {
        return compare::accept_emptiness(walker).await;
    }
    for Doubt { span, .. } in walker.reader.store.doubts(walker.user).await?.into_iter().rev() {
        walker.read(span, Removals::Accept).await?;
    }
    Ok(())
}
