//! What is looked at again: the newest page, the last days, and whatever seems to have changed.

use super::coverage::Coverage;
use super::diff::Removals;
use super::progress::{Progress, SyncError};
use super::reader::Failure;
use super::span::Span;
use super::store::{ArchivedUser, Observation, Revision};
use super::walk::Walker;
use crate::recent_tracks::Window;
use crate::{Play, Timestamp};

/// Devices deliver plays up to 14 days late: younger plays are looked at again and again.
pub(super) const RECENT: i64 = 15 * DAY;
pub(super) const DAY: i64 = 24 * 60 * 60;
/// More missing plays than this in one answer are not asked for a second time in the same run.
const CONFIRMED_AT_ONCE: u64 = 50;

/// Reads the newest page, which also tells how many plays there are in all; a second time if
/// plays are missing from it.
pub(super) async fn read_newest(
    walker: &mut Walker,
    user: &ArchivedUser,
    first: bool,
) -> Result<(), Failure> {
    for confirming in [false, true] {
        let book = walker.reader.store.book(user.id).await?;
        if book.newest_refused_until.is_some_and(|until| until > walker.reader.now()) {
            return newest_between_holes(walker, user, first).await;
        }
        let revision = walker.reader.store.revision(user.id).await?;
        let page = match walker.reader.page(Window::NEWEST).await {
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
        if total < held / 2 {
            same_account(walker, user).await?;
        }
        let at = page.at.unwrap_or_else(|| walker.reader.now());
        let after_newest = page.newest().map(|newest| newest.plus(1));
        let end = after_newest.map_or(at, |after| after.max(page.at.unwrap_or(after)));
        let start = match page.oldest() {
            Some(oldest) if !page.is_all => oldest.plus(1),
            _ => Timestamp::MIN,
        };
        let span = Span::new(start, end);
        let mut plays = page.plays;
        if plays.is_empty() {
            walker.believe_empty(span).await?;
        }
        plays.retain(|play: &Play| span.contains(play.played_at()));
        let observation = Observation { revision, at, removals: Removals::Confirm };
        let replaced = walker.write(span, plays, observation).await?;
        if replaced.doubted == 0 || replaced.doubted > CONFIRMED_AT_ONCE || total == 0 {
            break;
        }
    }
    Ok(())
}

/// While the newest page is refused: the newest plays from the last hole on, and the total as the
/// sum over the spans between the holes.
async fn newest_between_holes(
    walker: &mut Walker,
    user: &ArchivedUser,
    first: bool,
) -> Result<(), Failure> {
    walker.total = None;
    if first {
        tell_start(walker, user).await?;
    }
    let now = walker.reader.now();
    let covered = covered_until(walker).await?;
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
        total = total.zip(counted).map(|(sum, counted)| sum + counted);
    }
    walker.total = total;
    Ok(())
}

/// What of a span the service does not refuse, oldest first.
pub(super) async fn spans_between_holes(walker: &Walker, span: Span) -> Result<Vec<Span>, Failure> {
    let mut holes = Coverage::default();
    for hole in walker.reader.store.holes(walker.user).await? {
        holes.cover(hole.span, hole.since, true, Revision::default());
    }
    Ok(holes.gaps(span))
}

/// The end of what is covered, by now.
pub(super) async fn covered_until(walker: &Walker) -> Result<Timestamp, Failure> {
    let covered = walker.reader.store.coverage(walker.user).await?;
    Ok(covered.last().map_or(Timestamp::MIN, |last| last.span.end))
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

/// When the last days were last read as a whole; at first, when the archive was begun. What a
/// device delivers late was played at most so long before that.
pub(super) async fn recent_read_at(walker: &mut Walker) -> Result<Timestamp, Failure> {
    let book = walker.reader.store.book(walker.user).await?;
    if let Some(read_at) = book.recent_read_at {
        return Ok(read_at);
    }
    let coverage = Coverage::new(walker.reader.store.coverage(walker.user).await?);
    let begun_at = coverage.observed_at(Span::EVER).unwrap_or_else(|| walker.reader.now());
    remember_recent_read(walker, begun_at).await?;
    Ok(begun_at)
}

/// Books that the last days were read as a whole.
pub(super) async fn remember_recent_read(
    walker: &mut Walker,
    at: Timestamp,
) -> Result<(), Failure> {
    let mut book = walker.reader.store.book(walker.user).await?;
    book.recent_read_at = Some(at);
    Ok(walker.reader.store.set_book(walker.user, book).await?)
}

/// Whether a play of this span is in doubt.
pub(super) async fn is_doubted(walker: &Walker, span: Span) -> Result<bool, Failure> {
    let doubts = walker.reader.store.doubts(walker.user).await?;
    Ok(doubts.iter().any(|doubt| doubt.span.overlaps(span)))
}

/// Makes sure that the name still belongs to the account whose plays are archived.
pub(super) async fn same_account(walker: &mut Walker, user: &ArchivedUser) -> Result<(), Failure> {
    let profile = walker.reader.profile(&user.name).await?;
    match (user.registered_at, profile.registered_at) {
        (Some(known), Some(registered_at)) if known != registered_at => {
            let name = user.name.clone();
            Err(Failure::Ends(SyncError::AnotherAccount { name, registered_at }))
        }
        _ => Ok(()),
    }
}
