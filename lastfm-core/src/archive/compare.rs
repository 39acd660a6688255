//! Whether the archive holds as many plays as the service counts, and if not, where it differs.

use super::look::{covered_until, read_newest, reread, spans_between_holes};
use super::progress::Progress;
use super::reader::Failure;
use super::store::{ArchivedUser, Count, Doubt, Observation, Removals};
use super::upkeep::{RECENT, recent_read_at};
use super::walk::Walker;
use crate::recent_tracks::Window;
use crate::{DAY, Span, Timestamp};

/// A doubt is settled by a later run only: by one that begins this long after it arose.
const DOUBT_RESTS: i64 = 30 * 60;
/// An account that shows no play at all is believed after this long.
const EMPTINESS_BELIEVED: i64 = 7 * DAY;
/// A difference that nothing explains is looked for again after this.
const RESIDUAL_RESTS: i64 = 7 * DAY;
/// How often a difference is looked for in one run while looking finds anything.
const CHASES: u32 = 3;
/// Seconds without a play of ours on either side of a quiet edge.
const QUIET: i64 = 2;
/// Plays looked at for a quiet edge.
const EDGE_SEARCH: usize = 2000;

/// Settles doubts that the total explains, then compares the counts, looks for what differs, and
/// books what no span explains.
pub(super) async fn settle(walker: &mut Walker, user: &ArchivedUser) -> Result<(), Failure> {
    let Some(total) = walker.total else { return Ok(()) };
    settle_doubts(walker, total).await?;
    let mut book = walker.reader.store.book(user.id).await?;
    let now = walker.reader.now();
    let mut residual = unexplained(walker, total).await?;
    let is_known = residual == book.residual
        && book
            .residual_checked_at
            .is_some_and(|checked| has_happened_within(RESIDUAL_RESTS, checked, now));
    if residual != 0 && !is_known {
        let held = walker.reader.store.count(user.id, Span::EVER).await?.plays;
        walker.reader.events.push(Progress::Comparing { held, total });
        residual = chase(walker, user).await?;
        book = walker.reader.store.book(user.id).await?;
        // A total that lags behind looks like a difference once, or twice by chance: one that is
        // found in two runs is let rest, but only until tomorrow, or it would hide the next.
        // Tomorrow is also when it is looked for again where something could not be looked at.
        let is_settled = book.residual_checked_at.is_some() && !walker.is_short_sighted;
        let rested = if is_settled { 0 } else { DAY - RESIDUAL_RESTS };
        book.residual_checked_at = (residual == book.residual).then_some(now.plus(rested));
    } else if residual == book.residual {
        return Ok(());
    }
    book.residual = residual;
    Ok(walker.reader.store.set_book(user.id, book).await?)
}

/// Plays by which the service's total of the whole history differs from ours, whether or not
/// what is in doubt is still there.
async fn unexplained(walker: &Walker, total: u64) -> Result<i64, Failure> {
    let count = walker.reader.store.count(walker.user, Span::EVER).await?;
    Ok(if fits(total, count) { 0 } else { difference(total, count.plays) })
}

fn difference(one: u64, two: u64) -> i64 {
    i64::try_from(i128::from(one) - i128::from(two)).unwrap_or(i64::MAX)
}

/// Whether a count of the service is ours, with or without what is in doubt.
fn fits(total: u64, count: Count) -> bool {
    total == count.plays || total == count.plays.saturating_sub(count.doubted)
}

/// Decides doubts of earlier runs by the service's total of the whole history.
async fn settle_doubts(walker: &mut Walker, total: u64) -> Result<(), Failure> {
    let store = std::sync::Arc::clone(&walker.reader.store);
    let doubts = store.doubts(walker.user).await?;
    let Some(newest) = doubts.iter().map(|doubt| doubt.since).max() else { return Ok(()) };
    let count = store.count(walker.user, Span::EVER).await?;
    // What no span explained before explains no doubt now.
    let residual = store.book(walker.user).await?.residual;
    let explained = total.saturating_add_signed(residual.saturating_neg());
    if explained == count.plays {
        return Ok(store.withdraw_doubts(walker.user, Span::EVER).await?);
    }
    let now = walker.reader.now();
    if explained != count.plays.saturating_sub(count.doubted) || !has_rested(newest, total, now) {
        return Ok(());
    }
    if total == 0 {
        return accept_emptiness(walker).await;
    }
    for Doubt { span, .. } in doubts.into_iter().rev() {
        walker.read(span, Removals::Accept).await?;
    }
    Ok(())
}

/// Removes everything from the archive, if the service still shows nothing at all.
pub(super) async fn accept_emptiness(walker: &mut Walker) -> Result<(), Failure> {
    let revision = walker.reader.store.revision(walker.user).await?;
    let page = walker.reader.page(Window::NEWEST).await?;
    if page.count == 0 {
        let at = walker.reader.now();
        let observation = Observation { revision, at, removals: Removals::Accept };
        walker.write(Span::new(Timestamp::MIN, at), Vec::new(), observation).await?;
    }
    Ok(())
}

/// Whether a doubt is old enough for this run to settle it.
fn has_rested(since: Timestamp, total: u64, now: Timestamp) -> bool {
    let rest = if total == 0 { EMPTINESS_BELIEVED } else { DOUBT_RESTS };
    !has_happened_within(rest, since, now)
}

/// Whether something happened less than `seconds` ago. What is said to happen yet was written down
/// by a clock that was wrong.
fn has_happened_within(seconds: i64, at: Timestamp, now: Timestamp) -> bool {
    (at..at.plus(seconds)).contains(&now)
}

/// Looks for the difference until it is gone, or until looking finds nothing more. Returns what
/// nothing explains.
async fn chase(walker: &mut Walker, user: &ArchivedUser) -> Result<i64, Failure> {
    for _ in 0..CHASES {
        read_newest(walker, user, false).await?;
        let Some(total) = walker.total else {
            return Ok(walker.reader.store.book(user.id).await?.residual);
        };
        let before = walker.replaced;
        search(walker, total).await?;
        let residual = unexplained(walker, total).await?;
        if residual == 0 || walker.replaced == before {
            return Ok(residual);
        }
        // Something else changed while totals were taken, and hid what was looked for.
    }
    walker.is_short_sighted = true;
    unexplained(walker, walker.total.unwrap_or_default()).await
}

/// Looks for a difference from the whole history's total: in the last days, then by halving.
async fn search(walker: &mut Walker, total: u64) -> Result<(), Failure> {
    if unexplained(walker, total).await? == 0 {
        return Ok(());
    }
    let end = covered_until(walker).await?;
    let pieces = spans_between_holes(walker, Span::new(Timestamp::MIN, end)).await?;
    if pieces != [Span::new(Timestamp::MIN, end)] {
        // No span with a hole in it can be counted.
        for piece in pieces.into_iter().rev() {
            locate(walker, piece, None).await?;
        }
        return Ok(());
    }
    let near = recent_read_at(walker).await?.plus(-RECENT);
    let edge = quiet_edge_before(walker, near).await?.unwrap_or(near);
    let recent = Span::new(edge, end);
    let recent_total = total_of(walker, recent).await?;
    if let Some(recent_total) = recent_total
        && !fits(recent_total, walker.reader.store.count(walker.user, recent).await?)
    {
        reread(walker, recent).await?;
    }
    if unexplained(walker, total).await? != 0 {
        let older_total = recent_total.and_then(|recent| total.checked_sub(recent));
        locate(walker, Span::new(Timestamp::MIN, edge), older_total).await?;
    }
    Ok(())
}

/// Halves a span down to the parts whose counts differ, and reads those again.
pub(super) async fn locate(
    walker: &mut Walker,
    span: Span,
    total: Option<u64>,
) -> Result<(), Failure> {
    let mut spans = vec![(span, total)];
    while let Some((span, total)) = spans.pop() {
        let total = match total {
            Some(total) => Some(total),
            None => total_of(walker, span).await?,
        };
        let Some(total) = total else { continue };
        let count = walker.reader.store.count(walker.user, span).await?;
        if fits(total, count) {
            continue;
        }
        let fits_a_page = total.max(count.plays) <= u64::from(walker.reader.settings.page_size);
        let edge = if fits_a_page { None } else { middle_edge(walker, span, count.plays).await? };
        let Some(edge) = edge else {
            reread(walker, span).await?;
            continue;
        };
        let (older, newer) = (Span::new(span.start, edge), Span::new(edge, span.end));
        let newer_total = total_of(walker, newer).await?;
        let older_total = newer_total.and_then(|newer| total.checked_sub(newer));
        spans.push((older, older_total));
        if newer_total.is_some() {
            spans.push((newer, newer_total));
        }
    }
    Ok(())
}

/// The service's count of a span; nothing if it refuses to count it.
async fn total_of(walker: &mut Walker, span: Span) -> Result<Option<u64>, Failure> {
    match walker.total_of(span).await {
        Err(Failure::Refused(_)) => {
            walker.is_short_sighted = true;
            Ok(None)
        }
        counted => counted,
    }
}

/// A second near the middle of our plays in `span` with none of them beside it.
async fn middle_edge(
    walker: &Walker,
    span: Span,
    plays: u64,
) -> Result<Option<Timestamp>, Failure> {
    let store = &walker.reader.store;
    let moments = store.moments(walker.user, span, plays / 2, EDGE_SEARCH).await?;
    Ok(quiet_edges(&moments).next())
}

/// The last second before `before` with no play of ours beside it.
pub(super) async fn quiet_edge_before(
    walker: &Walker,
    before: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    let store = &walker.reader.store;
    let older = Span::new(Timestamp::MIN, before);
    let count = store.count(walker.user, older).await?.plays;
    let skip = count.saturating_sub(EDGE_SEARCH as u64);
    let moments = store.moments(walker.user, older, skip, EDGE_SEARCH).await?;
    Ok(quiet_edges(&moments).last())
}

/// Seconds between neighbouring plays that are far enough from both.
fn quiet_edges(moments: &[Timestamp]) -> impl Iterator<Item = Timestamp> {
    moments.windows(2).filter_map(|pair| {
        let [one, next] = pair else { return None };
        let edge = one.plus(QUIET + 1);
        (edge.plus(QUIET) < *next).then_some(edge)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_quiet_if_no_play_is_within_two_seconds() {
        let at = |seconds: &[i64]| -> Vec<Timestamp> {
            seconds.iter().map(|at| Timestamp::from_unix(*at)).collect()
        };
        assert_eq!(quiet_edges(&at(&[10, 15])).next(), None);
        assert_eq!(quiet_edges(&at(&[10, 16])).next(), Some(Timestamp::from_unix(13)));
        assert_eq!(quiet_edges(&at(&[10, 10, 11, 100])).next(), Some(Timestamp::from_unix(14)));
    }
}
