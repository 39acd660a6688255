//! One step down a span, newest first, in whole seconds.
//!
//! Walking by time instead of by page number, nothing that arrives or vanishes elsewhere can
//! shift anything. A page number is used only within a second that is denser than a page.

use super::page::{LARGEST_PAGE, Page, Window};
use crate::{Play, Span, Timestamp};

/// Readings of a dense second before it is given up.
const DENSE_TRIES: u32 = 8;

/// Plays of one second beyond which the service's count is not believed: all of them are held in
/// memory. The most that was ever seen are 643.
const DENSEST: u64 = 100_000;

/// Where pages come from: somebody who asks until an answer can be believed, or gives up.
pub(crate) trait Source: Send {
    type Error: Send;

    /// Plays that a page is asked to hold.
    fn page_size(&self) -> u32;

    /// The window to ask for so that every play of `span` is in it.
    fn window(&mut self, span: Span) -> impl Future<Output = Result<Window, Self::Error>> + Send;

    /// The page that answers a window.
    fn page(&mut self, window: Window) -> impl Future<Output = Result<Page, Self::Error>> + Send;

    /// Whether a smaller or another question may still be answered.
    fn is_refusal(error: &Self::Error) -> bool;

    /// Hears how many plays the service counts in seconds that are denser than a page.
    fn hear_dense(&mut self, _plays: u64) {}
}

/// What a step came to.
#[derive(Debug)]
pub(crate) enum Step {
    /// From `start` up to the end of the span, these are all plays.
    Read { start: Timestamp, plays: Vec<Play>, at: Option<Timestamp> },
    /// Above this second there is nothing; the second itself is denser than a page.
    Dense { at: Timestamp },
    /// The service answers with plays of the upper edge again and again.
    Stuck,
}

/// Reads the newest part of `rest`.
pub(crate) async fn step<S: Source>(source: &mut S, rest: Span) -> Result<Step, S::Error> {
    let mut window = source.window(rest).await?;
    let mut page = source.page(window).await?;
    if matches!(reach(&page, rest), Reach::Nothing) {
        // Every play is at the edge itself: ask without it.
        window.to = window.to.map(|to| to.plus(-1));
        // A window of one second has nothing below its edge.
        if window.from.zip(window.to).is_some_and(|(from, to)| from > to) {
            return Ok(Step::Stuck);
        }
        page = source.page(window).await?;
    }
    let start = match reach(&page, rest) {
        Reach::All => rest.start,
        Reach::Down { to } => to,
        Reach::Within { second } => return Ok(Step::Dense { at: second }),
        Reach::Nothing => return Ok(Step::Stuck),
    };
    let read = Span::new(start, rest.end);
    page.plays.retain(|play| read.contains(play.played_at()));
    Ok(Step::Read { start, plays: page.plays, at: page.at })
}

/// How far a page reaches down into what is left of a span.
enum Reach {
    /// To its start.
    All,
    /// To this second, whole.
    Down { to: Timestamp },
    /// Only into this second, which may hold more.
    Within { second: Timestamp },
    /// Nowhere: every play is at the upper edge.
    Nothing,
}

fn reach(page: &Page, rest: Span) -> Reach {
    // A full page never ends a walk, nor does one of which no date can be read.
    let Some(oldest) = page.oldest() else {
        return if page.is_all || page.count == 0 { Reach::All } else { Reach::Nothing };
    };
    if page.is_all || oldest < rest.start {
        return Reach::All;
    }
    let inside = page.plays.iter().map(Play::played_at).find(|at| rest.contains(*at));
    match inside {
        None => Reach::Nothing,
        Some(newest) if newest > oldest => Reach::Down { to: oldest.plus(1) },
        Some(_) => Reach::Within { second: oldest },
    }
}

/// The seconds that are read together with a dense one: nothing can be asked up to second 0,
/// which may read as unset, so the lowest span ends with it.
pub(crate) fn dense_span(at: Timestamp, rest: Span) -> Span {
    let is_lowest = at.as_unix() <= 1 && rest.start == Timestamp::MIN;
    Span::new(if is_lowest { rest.start } else { at }, at.plus(1))
}

/// Reads seconds that are denser than a page: by page number, within their own window. The pages
/// count only if they agree on the total, sum up to it, and come out the same twice; nothing if
/// they never do.
pub(crate) async fn read_dense<S: Source>(
    source: &mut S,
    seconds: Span,
) -> Result<Option<Vec<Play>>, S::Error> {
    let window = source.window(seconds).await?;
    let mut last: Option<Vec<Play>> = None;
    for attempt in 0..DENSE_TRIES {
        // A larger page may hold all of it, in whatever order; or fail.
        let size = source.page_size();
        let limit = if attempt < 2 { size } else { LARGEST_PAGE };
        let mut plays = match read_by_number(source, window, limit).await {
            Ok(Some(plays)) => plays,
            Ok(None) => continue,
            Err(error) if limit > size && S::is_refusal(&error) => continue,
            Err(error) => return Err(error),
        };
        plays.retain(|play| seconds.contains(play.played_at()));
        plays.sort_by(|one, two| (two.played_at(), one.raw()).cmp(&(one.played_at(), two.raw())));
        if last.as_ref() == Some(&plays) {
            return Ok(Some(plays));
        }
        last = Some(plays);
    }
    Ok(None)
}

/// All pages of a window, if they agree.
async fn read_by_number<S: Source>(
    source: &mut S,
    window: Window,
    limit: u32,
) -> Result<Option<Vec<Play>>, S::Error> {
    let window = Window { limit: Some(limit), ..window };
    let first = source.page(window).await?;
    let Some(total) = first.total else { return Ok(first.is_all.then_some(first.plays)) };
    source.hear_dense(total);
    if total > DENSEST {
        return Ok(None);
    }
    let pages = total.div_ceil(first.capacity.max(1));
    let (mut plays, mut count) = (first.plays, first.count);
    for page in 2..=u32::try_from(pages).unwrap_or(u32::MAX) {
        let next = source.page(Window { page, ..window }).await?;
        if next.total != Some(total) || next.capacity != first.capacity {
            return Ok(None);
        }
        count += next.count;
        plays.extend(next.plays);
    }
    Ok((count == total).then_some(plays))
}
