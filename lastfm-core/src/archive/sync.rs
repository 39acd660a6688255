//! The steps of a run: who it is, what is newest, what is not covered, whether the counts agree.

use super::account::identify;
use super::audit::Audit;
use super::compare;
use super::copy::is_half_copy;
use super::coverage::Coverage;
use super::look::{fill_gaps, read_newest, reread, tell_start};
use super::progress::{Report, SyncError};
use super::reader::{Failure, Reader};
use super::store::{ArchivedUser, Removals, Replaced};
use super::upkeep::keep_up;
use super::walk::Walker;
use crate::store_error::StoreErrorKind;
use crate::{Span, Timestamp};

/// How often a run begins again, because someone else was at work on the same plays, or because
/// what the service showed could not be.
const AGAIN_AT_MOST: u32 = 20;

/// What a run is asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// Everything, and what changed.
    Whole,
    /// The plays of this span; if all of it is covered already, they are read again.
    Part(Span),
    /// Everything, and whether it is what the service has.
    Audit(Audit),
}

/// Runs to the goal, or to the reason why not.
pub(super) async fn run(mut reader: Reader, goal: Goal) -> Result<Report, SyncError> {
    let mut again = 0;
    let mut replaced = Replaced::default();
    let scope = match goal {
        Goal::Whole | Goal::Audit(_) => Span::EVER,
        Goal::Part(span) => span,
    };
    loop {
        let user = match identify(&mut reader).await {
            Ok(user) => user,
            Err(failure) => {
                let stopped = format!("stopped before {} was found", reader.name);
                return Err(failure.into_error(&stopped));
            }
        };
        let mut walker = Walker::new(reader, user.id, scope, replaced);
        let outcome = steps(&mut walker, &user, goal).await;
        match outcome {
            Err(Failure::Again(_)) if again < AGAIN_AT_MOST => {
                again += 1;
                replaced = walker.replaced;
                reader = walker.reader;
            }
            outcome => return close(walker, &user, goal, outcome).await,
        }
    }
}

async fn steps(walker: &mut Walker, user: &ArchivedUser, goal: Goal) -> Result<(), Failure> {
    walker.reader.take_place(user.id).await?;
    if is_half_copy(&*walker.reader.store, user.id).await? {
        return Err(Failure::Ends(SyncError::HalfCopy { user: user.name.clone() }));
    }
    match goal {
        Goal::Whole => whole(walker, user).await,
        Goal::Part(span) => part(walker, user, span).await,
        Goal::Audit(audit) => super::audit::audit(walker, user, audit).await,
    }
}

/// Brings the whole archive up to now.
async fn whole(walker: &mut Walker, user: &ArchivedUser) -> Result<(), Failure> {
    let begun = walker.reader.clock.elapsed();
    let newest_at = read_newest(walker, user, true).await?;
    let begun_at = walker.reader.now();
    let mut filled = fill_gaps(walker).await?;
    filled |= keep_up(walker, newest_at, begun_at).await?;
    // Reading took its time, in which plays came.
    let took = walker.reader.clock.elapsed().saturating_sub(begun);
    if filled && took.as_secs() >= 2 {
        read_newest(walker, user, false).await?;
        fill_gaps(walker).await?;
    }
    compare::settle(walker, user).await
}

/// Reads what of the span is not covered; all of it again if everything is.
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
    // An import that was interrupted lacks what is older. If only the end is missing, this is a
    // later look at what was archived before.
    let covered_from = gaps.first().map_or(span.end, |gap| gap.start);
    for gap in gaps.into_iter().rev() {
        walker.read(gap, Removals::Confirm).await?;
    }
    reread(walker, Span::new(span.start, covered_from)).await
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
    let stopped = matches!(outcome, Err(Failure::Stopped));
    let error = outcome.err().filter(|_| !stopped).map(|failure| failure.into_error("stopped"));
    match &error {
        Some(error) => book.last_error = Some((at, error.to_string())),
        None if stopped => {}
        None => {
            book.last_error = None;
            if !matches!(goal, Goal::Part(_)) {
                book.last_success_at = Some(at);
            }
        }
    }
    let wanted = walker.scope.intersection(Span::new(Timestamp::MIN, at));
    let residual = book.residual;
    // Whoever took over keeps the book.
    let booked = match store.set_book(user.id, book).await {
        Err(refused) if refused.kind == StoreErrorKind::Overtaken => Ok(()),
        booked => booked,
    };
    let released = store.release(user.id, &walker.reader.settings.worker).await;
    if let Some(error) = error {
        return Err(error);
    }
    booked.and(released).map_err(stored)?;
    let count = store.count(user.id, Span::EVER).await.map_err(stored)?;
    let coverage = Coverage::new(store.coverage(user.id).await.map_err(stored)?);
    let holes = store.holes(user.id).await.map_err(stored)?;
    let missing = if stopped { coverage.beside(&holes).gaps(wanted) } else { Vec::new() };
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
