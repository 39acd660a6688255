//! What is looked at: the newest page, what is not covered, and whatever is to be read again.

use super::account::same_account;
use super::coverage::Coverage;
use super::progress::Progress;
use super::reader::Failure;
use super::store::{ArchivedUser, Observation, Removals};
use super::walk::Walker;
use crate::recent_tracks::{Belief, Page, Window};
use crate::{DAY, Play, Span, Timestamp};

/// More missing plays than this in one answer are not asked for a second time in the same run.
const CONFIRMED_AT_ONCE: u64 = 50;

/// Reads the newest page, which also tells how many plays there are in all; a second time if
/// plays are missing from it. Returns when it was first read.
pub(super) async fn read_newest(
    walker: &mut Walker,
    user: &ArchivedUser,
    first: bool,
) -> Result<Timestamp, Failure> {
    let mut first_at = None;
    for confirming in [false, true] {
        let book = walker.reader.store.book(user.id).await?;
        let now = walker.reader.now();
        // A later moment was written down by a clock that was wrong.
        let rest = now.plus(1)..=now.plus(DAY);
        if book.newest_refused_until.is_some_and(|until| rest.contains(&until)) {
            return newest_between_holes(walker, user, first).await;
        }
        let revision = walker.reader.store.revision(user.id).await?;
        // An account that had no plays may still have none.
        let is_empty = is_known_empty(walker).await?;
        let belief = Belief::about(Window::NEWEST);
        let belief = if is_empty { belief.at_once() } else { belief };
        let page = match walker.reader.page_believed(Window::NEWEST, belief).await {
            Ok(page) => page,
            Err(Failure::Refused(_)) => {
                let mut book = book;
                book.newest_refused_until = Some(walker.reader.now().plus(DAY));
                walker.reader.store.set_book(user.id, book).await?;
                return newest_between_holes(walker, user, first).await;
            }
            Err(failure) => return Err(failure),
        };
        walker.total = page.total;
        let held = walker.reader.store.count(user.id, Span::EVER).await?.plays;
        if first && !confirming {
            tell_start(walker, user).await?;
        }
        let total = page.total.unwrap_or(page.plays.len() as u64);
        if page.oldest().is_none() && page.count > 0 && !page.is_all {
            return Err(Failure::Refused("no date on its newest page can be read".to_owned()));
        }
        if total < held / 2 || lacks_our_newest(walker, &page).await? {
            same_account(walker, user).await?;
        }
        let at = page.at.unwrap_or_else(|| walker.reader.now());
        first_at.get_or_insert(at);
        let after_newest = page.newest().map(|newest| newest.plus(1));
        // No local clock says how far the archive reaches.
        let told = page.at.or(walker.reader.service_time());
        let end = after_newest.map_or(at, |after| after.max(told.unwrap_or(after)));
        let start = match page.oldest() {
            Some(oldest) if !page.is_all => oldest.plus(1),
            _ => Timestamp::MIN,
        };
        let span = Span::new(start, end);
        let mut plays = page.plays;
        if plays.is_empty() && !is_empty {
            walker.believe_empty(span).await?;
        }
        plays.retain(|play: &Play| span.contains(play.played_at()));
        let observation = Observation { revision, at, removals: Removals::Confirm };
        let replaced = walker.write(span, plays, observation).await?;
        if replaced.doubted == 0 || replaced.doubted > CONFIRMED_AT_ONCE || total == 0 {
            break;
        }
    }
    Ok(first_at.unwrap_or_else(|| walker.reader.now()))
}

/// Whether the archive holds no play and covers everything up to its end.
async fn is_known_empty(walker: &Walker) -> Result<bool, Failure> {
    let store = &walker.reader.store;
    let covered = Coverage::new(store.coverage(walker.user).await?).stretches();
    let is_whole = matches!(covered[..], [Span { start: Timestamp::MIN, .. }]);
    Ok(is_whole && store.count(walker.user, Span::EVER).await?.plays == 0)
}

/// Whether a page reaches back beyond the newest play of the archive and does not show it.
async fn lacks_our_newest(walker: &Walker, page: &Page) -> Result<bool, Failure> {
    let Some((_, ours)) = walker.reader.store.bounds(walker.user).await? else { return Ok(false) };
    let reaches_it = page.is_all || page.oldest().is_some_and(|oldest| oldest < ours);
    Ok(reaches_it && page.plays.iter().all(|play| play.played_at() != ours))
}

/// While the newest page is refused: the newest plays from the last hole on, and the total as the
/// sum over the spans between the holes. Returns when that began.
async fn newest_between_holes(
    walker: &mut Walker,
    user: &ArchivedUser,
    first: bool,
) -> Result<Timestamp, Failure> {
    let begun_at = walker.reader.now();
    // Until the spans are counted.
    walker.total = Some(same_account(walker, user).await?);
    if first {
        tell_start(walker, user).await?;
    }
    let covered = covered_until(walker).await?;
    let now = match walker.reader.service_time() {
        Some(now) => now,
        // No local clock says how far the archive reaches: a later run will know.
        None if covered > Timestamp::MIN => covered,
        None => walker.reader.now(),
    };
    // A first import has nothing to begin from: the whole of time is halved around the holes.
    let recent = now.plus(-DAY).min(covered);
    let start = if covered == Timestamp::MIN { Timestamp::MIN } else { recent };
    for gap in spans_between_holes(walker, Span::new(start, now)).await?.into_iter().rev() {
        walker.read(gap, Removals::Confirm).await?;
    }
    let mut total = Some(0);
    for span in spans_between_holes(walker, Span::new(Timestamp::MIN, now)).await? {
        let counted = match walker.total_of(span).await {
            Ok(counted) => counted,
            Err(Failure::Refused(_)) => None,
            Err(failure) => return Err(failure),
        };
        total = total.zip(counted).and_then(|(sum, counted)| u64::checked_add(sum, counted));
    }
    walker.total = total;
    Ok(begun_at)
}

/// What of a span the service does not refuse, oldest first.
pub(super) async fn spans_between_holes(walker: &Walker, span: Span) -> Result<Vec<Span>, Failure> {
    let holes = walker.reader.store.holes(walker.user).await?;
    Ok(Coverage::default().beside(&holes).gaps(span))
}

/// The end of what is covered, by now.
pub(super) async fn covered_until(walker: &Walker) -> Result<Timestamp, Failure> {
    let covered = walker.reader.store.coverage(walker.user).await?;
    Ok(covered.last().map_or(Timestamp::MIN, |last| last.span.end))
}

/// Reads what is not covered yet, up to the newest that is; says whether there was anything.
pub(super) async fn fill_gaps(walker: &mut Walker) -> Result<bool, Failure> {
    let until = covered_until(walker).await?;
    let gaps = walker.open_gaps(Span::new(Timestamp::MIN, until)).await?;
    let filled = !gaps.is_empty();
    if filled {
        forget_explanation(walker).await?;
    }
    for gap in gaps {
        walker.read(gap, Removals::Confirm).await?;
    }
    Ok(filled)
}

/// Has a difference that was known looked for anew, since what is about to be read may be all that
/// it was: if the counts still differ by as many plays then, by others.
async fn forget_explanation(walker: &mut Walker) -> Result<(), Failure> {
    let mut book = walker.reader.store.book(walker.user).await?;
    if book.residual_checked_at.take().is_none() {
        return Ok(());
    }
    Ok(walker.reader.store.set_book(walker.user, book).await?)
}

/// Reads a span again; what is missing, twice.
pub(super) async fn reread(walker: &mut Walker, span: Span) -> Result<(), Failure> {
    for part in spans_between_holes(walker, span).await?.into_iter().rev() {
        let replaced = walker.read(part, Removals::Confirm).await?;
        if replaced.doubted == 0 || replaced.doubted > CONFIRMED_AT_ONCE {
            continue;
        }
        for doubt in walker.reader.store.doubts(walker.user).await? {
            let again = doubt.span.intersection(part);
            if !again.is_empty() {
                walker.read(again, Removals::Confirm).await?;
            }
        }
    }
    Ok(())
}

/// Tells what there is to do.
pub(super) async fn tell_start(walker: &Walker, user: &ArchivedUser) -> Result<(), Failure> {
    let held = walker.reader.store.count(user.id, walker.scope).await?.plays;
    walker.reader.events.push(Progress::Started {
        user: user.name.clone(),
        held,
        total: walker.total,
        registered_at: user.registered_at,
    });
    Ok(())
}
