//! The steps of a run: who it is, what is newest, what is not covered, whether the counts agree.

use super::coverage::Coverage;
use super::diff::Removals;
use super::progress::{Progress, Report, SyncError};
use super::reader::{Failure, Reader, Window};
use super::span::Span;
use super::store::{ArchivedUser, Observation, Replaced};
use super::walk::Walker;
use crate::{Play, Timestamp, Username};

/// Devices deliver plays up to 14 days late: younger plays are looked at again and again.
pub(super) const RECENT: i64 = 15 * DAY;
pub(super) const DAY: i64 = 24 * 60 * 60;
/// A doubt is settled by a later run only: by one that begins this long after it arose.
const DOUBT_RESTS: i64 = 30 * 60;
/// An account that shows no play at all is believed after this long.
const EMPTINESS_BELIEVED: i64 = 7 * DAY;
/// More missing plays than this in one answer are not asked for a second time in the same run.
const CONFIRMED_AT_ONCE: u64 = 50;
/// How often a run begins again because someone else was at work on the same plays.
const OVERTAKEN_AT_MOST: u32 = 20;

/// What a run is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// Everything, and what changed.
    Whole,
    /// The plays of this span; what is covered already is read again.
    Part(Span),
}

/// Runs to the goal, or to the reason why not.
pub(super) async fn run(mut reader: Reader, goal: Goal) -> Result<Report, SyncError> {
    let mut overtaken = 0;
    let mut replaced = Replaced::default();
    let scope = match goal {
        Goal::Whole => Span::EVER,
        Goal::Part(span) => span,
    };
    loop {
        let user = match identify(&mut reader).await {
            Ok(user) => user,
            Err(failure) => return Err(without_archive(failure, &reader)),
        };
        let mut walker = Walker::new(reader, user.id, scope, replaced);
        let outcome = steps(&mut walker, &user, goal).await;
        match outcome {
            Err(Failure::Overtaken) if overtaken < OVERTAKEN_AT_MOST => {
                overtaken += 1;
                replaced = walker.replaced;
                reader = walker.reader;
            }
            outcome => return close(walker, &user, goal, outcome).await,
        }
    }
}

async fn steps(walker: &mut Walker, user: &ArchivedUser, goal: Goal) -> Result<(), Failure> {
    walker.reader.take_place(user.id).await?;
    match goal {
        Goal::Whole => whole(walker, user).await,
        Goal::Part(span) => part(walker, user, span).await,
    }
}

/// Brings the whole archive up to now.
async fn whole(walker: &mut Walker, user: &ArchivedUser) -> Result<(), Failure> {
    let begun = walker.reader.clock.elapsed();
    read_newest(walker, user, true).await?;
    let begun_at = walker.reader.now();
    let mut filled = fill_gaps(walker).await?;
    let recent_read_at = recent_read_at(walker).await?;
    let recent = Span::new(recent_read_at.plus(-RECENT), covered_until(walker).await?);
    let is_due = begun_at.since(recent_read_at).as_secs() >= DAY.unsigned_abs();
    if is_due && !is_doubted(walker, recent).await? {
        reread(walker, recent).await?;
        remember_recent_read(walker, begun_at).await?;
        filled = true;
    }
    // Reading took its time, in which plays came.
    let took = walker.reader.clock.elapsed().saturating_sub(begun);
    if filled && took.as_secs() >= 2 {
        read_newest(walker, user, false).await?;
        fill_gaps(walker).await?;
    }
    super::compare::settle(walker, user).await
}

/// Reads what is not covered yet, up to the newest that is; says whether there was anything.
async fn fill_gaps(walker: &mut Walker) -> Result<bool, Failure> {
    let until = covered_until(walker).await?;
    let gaps = walker.open_gaps(Span::new(Timestamp::MIN, until)).await?;
    let filled = !gaps.is_empty();
    for gap in gaps {
        walker.read(gap, Removals::Confirm).await?;
    }
    Ok(filled)
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

async fn remember_recent_read(walker: &mut Walker, at: Timestamp) -> Result<(), Failure> {
    let mut book = walker.reader.store.book(walker.user).await?;
    book.recent_read_at = Some(at);
    Ok(walker.reader.store.set_book(walker.user, book).await?)
}

async fn is_doubted(walker: &Walker, span: Span) -> Result<bool, Failure> {
    let doubts = walker.reader.store.doubts(walker.user).await?;
    Ok(doubts.iter().any(|doubt| doubt.span.overlaps(span)))
}

/// Reads what was asked for, and again what of it is covered already.
async fn part(walker: &mut Walker, user: &ArchivedUser, span: Span) -> Result<(), Failure> {
    // Also tells the service's time: nothing is covered beyond it.
    walker.total = walker.total_of(span).await.or_else(|failure| match failure {
        Failure::Refused(_) => Ok(None),
        failure => Err(failure),
    })?;
    tell_start(walker, user).await?;
    let span = span.intersection(Span::new(Timestamp::MIN, walker.reader.now()));
    if span.is_empty() {
        return Ok(());
    }
    let coverage = Coverage::new(walker.reader.store.coverage(user.id).await?);
    let gaps = coverage.gaps(span);
    if gaps.is_empty() {
        return reread(walker, span).await;
    }
    for gap in gaps.into_iter().rev() {
        walker.read(gap, Removals::Confirm).await?;
    }
    Ok(())
}

/// Finds the user in the store, or adds it; notices a rename.
async fn identify(reader: &mut Reader) -> Result<ArchivedUser, Failure> {
    if let Some(user) = reader.store.user(&reader.name).await? {
        reader.name = user.name.clone();
        return Ok(user);
    }
    let asked = reader.name.clone();
    let profile = reader.profile(&asked).await?;
    let name: Username = profile.name;
    reader.name = name.clone();
    if let Some(registered_at) = profile.registered_at {
        let users = reader.store.users().await?;
        let same_moment = |user: &ArchivedUser| user.registered_at == Some(registered_at);
        for user in users.into_iter().filter(same_moment) {
            // Two accounts can be made in one second: a rename leaves no account behind.
            match reader.profile(&user.name).await {
                Ok(_) => {}
                Err(Failure::Ends(SyncError::UnknownUser { .. })) => {
                    reader.store.rename_user(user.id, &name, Some(registered_at)).await?;
                    return Ok(ArchivedUser { name, ..user });
                }
                Err(failure) => return Err(failure),
            }
        }
    }
    Ok(reader.store.add_user(&name, profile.registered_at).await?)
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
        if replaced.doubted == 0 || replaced.doubted > CONFIRMED_AT_ONCE {
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

async fn spans_between_holes(walker: &Walker, span: Span) -> Result<Vec<Span>, Failure> {
    let mut holes = Coverage::default();
    for hole in walker.reader.store.holes(walker.user).await? {
        holes.cover(hole.span, hole.since, true, super::Revision::default());
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

async fn tell_start(walker: &Walker, user: &ArchivedUser) -> Result<(), Failure> {
    let held = walker.reader.store.count(user.id, walker.scope).await?.plays;
    walker.reader.events.push(Progress::Started {
        user: user.name.clone(),
        held,
        total: walker.total,
        registered_at: user.registered_at,
    });
    Ok(())
}

/// Whether a doubt is old enough for this run to settle it.
pub(super) fn has_rested(since: Timestamp, total: u64, now: Timestamp) -> bool {
    let rest = if total == 0 { EMPTINESS_BELIEVED } else { DOUBT_RESTS };
    now >= since.plus(rest)
}

/// Books the outcome, gives the place back and sums up.
async fn close(
    walker: Walker,
    user: &ArchivedUser,
    goal: Goal,
    outcome: Result<(), Failure>,
) -> Result<Report, SyncError> {
    let store = std::sync::Arc::clone(&walker.reader.store);
    let stored = |source| SyncError::Store { source };
    let at = walker.reader.now();
    let mut book = store.book(user.id).await.map_err(stored)?;
    let (error, stopped) = match outcome {
        Ok(()) => (None, false),
        Err(Failure::Stopped) => (None, true),
        Err(Failure::Ends(error)) => (Some(error), false),
        Err(Failure::Refused(reason)) => (Some(SyncError::NotNow { reason }), false),
        Err(Failure::Overtaken) => {
            let reason = "someone else keeps changing the same plays".to_owned();
            (Some(SyncError::NotNow { reason }), false)
        }
    };
    match &error {
        Some(error) => book.last_error = Some((at, error.to_string())),
        None if !stopped && goal == Goal::Whole => {
            book.last_success_at = Some(at);
            book.last_error = None;
        }
        None => {}
    }
    let wanted = walker.scope.intersection(Span::new(Timestamp::MIN, at));
    let residual = book.residual;
    store.set_book(user.id, book).await.map_err(stored)?;
    store.release(user.id, &walker.reader.worker).await.map_err(stored)?;
    if let Some(error) = error {
        return Err(error);
    }
    let count = store.count(user.id, Span::EVER).await.map_err(stored)?;
    let coverage = Coverage::new(store.coverage(user.id).await.map_err(stored)?);
    let holes = store.holes(user.id).await.map_err(stored)?;
    let mut missing = if stopped { coverage.gaps(wanted) } else { Vec::new() };
    missing.retain(|gap| !holes.iter().any(|hole| hole.span == *gap));
    Ok(Report {
        user: user.name.clone(),
        replaced: walker.replaced,
        held: count.plays,
        doubted: count.doubted,
        total: walker.total,
        residual,
        request_count: walker.reader.request_count,
        holes,
        missing,
        stopped,
        at,
    })
}

/// A failure before there was anything to write it down in.
fn without_archive(failure: Failure, reader: &Reader) -> SyncError {
    match failure {
        Failure::Ends(error) => error,
        Failure::Refused(reason) => SyncError::NotNow { reason },
        Failure::Overtaken => SyncError::NotNow { reason: "someone else is at work".to_owned() },
        Failure::Stopped => {
            SyncError::NotNow { reason: format!("stopped before {} was found", reader.name) }
        }
    }
}
