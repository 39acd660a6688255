//! The engine: albums in, outcomes out, by the same stages on every source.

mod case;
mod choice;
mod stages;

use std::sync::Arc;
use std::time::Duration;

use lastfm_core::{Clock, Timestamp};

use crate::{Album, Outcome, Source};

/// An album that nobody knows is asked for again after this time.
pub const UNKNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// No wait after an outage is longer, whatever the source asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How far to go for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Effort {
    /// Only identifiers, of which a web service answers a hundred at once. What they do not settle
    /// stays pending.
    Identifiers,
    /// Also names, in all ways.
    #[default]
    Names,
}

/// Finds what release group each album is, and with it the year.
///
/// Cheap to clone; clones share the source.
///
/// # Cancel safety
///
/// Dropping the future of [`enrich`](Self::enrich) loses what was found in this call and changes
/// nothing: who has many albums asks for some hundred at a time and keeps what comes.
///
/// # Example
///
/// ```
/// # futures_executor::block_on(async {
/// # let clock = std::sync::Arc::new(lastfm_core::testing::VirtualClock::new(lastfm_core::Timestamp::from_unix(0)));
/// use std::sync::Arc;
///
/// use lastfm_core::Mbid;
/// use mb_enrich::{Album, Enricher, MemorySource, ReleaseGroup, Status};
///
/// let mut source = MemorySource::new();
/// let id = Mbid::new("f5093c06-23e3-404f-aeaa-40f72885ee3a").unwrap();
/// source.add(ReleaseGroup::new(id, "Pink Floyd", "The Dark Side of the Moon")
///     .first_release("1973-03-24".parse()?));
///
/// let enricher = Enricher::new(Arc::new(source), clock);
/// let album = Album::new("Pink Floyd", "Dark Side Of The Moon [2011 Remaster]");
/// let outcome = &enricher.enrich(&[album]).await[0];
/// assert_eq!((outcome.status, outcome.year()), (Status::FuzzyMatched, Some(1973)));
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Enricher {
    source: Arc<dyn Source>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) effort: Effort,
}

impl Enricher {
    /// Asks this source. The clock dates outcomes; nothing waits by it.
    pub fn new(source: Arc<dyn Source>, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, effort: Effort::default() }
    }

    /// How far to go. Default: [`Effort::Names`].
    pub fn effort(self, effort: Effort) -> Self {
        Self { effort, ..self }
    }

    /// What these albums are, in their order.
    ///
    /// Once the source cannot answer, nothing more is asked of it: what it has not answered is
    /// [`Pending`](crate::Status::Pending), with the time of the next try, and never
    /// [`NotFound`](crate::Status::NotFound).
    pub async fn enrich(&self, albums: &[Album]) -> Vec<Outcome> {
        let mut run = stages::Run::new(self.source.as_ref(), self.clock.wall(), albums);
        run.go(self.effort).await;
        run.outcomes()
    }
}

/// When to ask again after so many failures in a row, the last one now.
fn next_try(now: Timestamp, failure_count: u32, asked: Option<Duration>) -> Timestamp {
    let doubled = 2_u32.saturating_pow(failure_count.saturating_sub(1));
    let wait = Duration::from_secs(60).saturating_mul(doubled).min(LONGEST_WAIT);
    let wait = wait.max(asked.unwrap_or_default().min(LONGEST_WAIT));
    now.plus(i64::try_from(wait.as_secs()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_day_or_what_the_source_asks_for() {
        let now = Timestamp::from_unix(1_000);
        let wait = |failures, asked: Option<u64>| {
            next_try(now, failures, asked.map(Duration::from_secs)).since(now).as_secs()
        };
        assert_eq!((wait(1, None), wait(2, None), wait(5, None)), (60, 120, 960));
        assert_eq!((wait(40, None), wait(u32::MAX, None)), (86_400, 86_400));
        assert_eq!((wait(1, Some(7)), wait(1, Some(500))), (60, 500));
    }
}
