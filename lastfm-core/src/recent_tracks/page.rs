//! What is asked for, and whether an answer to it can be believed.
//!
//! Not an answer: another user's page, a play far outside the window, fewer plays than promised,
//! an empty list. Everything that reads a history decides it here.

use std::time::Duration;

use crate::methods::user::{GetRecentTracks, RecentTracksPage};
use crate::{Play, Timestamp, Username};

/// The most plays that the service puts on a page.
pub(crate) const LARGEST_PAGE: u32 = 1000;
/// A short page that came as often as this, equal each time, is believed.
const SHORT_PAGES_BELIEVED: u32 = 3;
/// How long after an empty answer a second one is believed; and about a short window, where a
/// wrong belief would show in the next count.
const EMPTY_BELIEVED_AFTER: Duration = Duration::from_secs(20);
const EMPTY_BELIEVED_SOON: Duration = Duration::from_secs(2);
const SHORT_WINDOW: i64 = 25 * 60 * 60;

/// What is asked for: plays from `from` up to `to` as the service counts its edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) page: u32,
    /// This many plays, neither more nor fewer; else as many as seem wise.
    pub(crate) limit: Option<u32>,
}

impl Window {
    /// The newest page: a window without edges.
    pub(crate) const NEWEST: Self = Self { from: None, to: None, page: 1, limit: None };

    /// The request for it, with this many plays unless the window says how many.
    pub(crate) fn request(&self, user: &Username, limit: u32) -> GetRecentTracks {
        let mut request = GetRecentTracks::new(user.clone()).limit(self.limit.unwrap_or(limit));
        if let Some(from) = self.from {
            request = request.from(from);
        }
        if let Some(to) = self.to {
            request = request.to(to);
        }
        if self.page > 1 {
            request = request.page(self.page);
        }
        request
    }

    /// How long after an empty answer to it a second one is believed.
    fn empty_believed_after(&self) -> Duration {
        match self.length() {
            Some(length) if length <= SHORT_WINDOW => EMPTY_BELIEVED_SOON,
            _ => EMPTY_BELIEVED_AFTER,
        }
    }

    /// Whether it is about a second or two: nothing that could be halved.
    pub(crate) fn is_narrow(&self) -> bool {
        self.length().is_some_and(|length| length <= 3)
    }

    /// Seconds from one edge to the other.
    fn length(&self) -> Option<i64> {
        self.to.zip(self.from).map(|(to, from)| to.as_unix() - from.as_unix())
    }

    /// Whether a play at `at` can belong to the answer, whichever way the service reads edges.
    fn admits(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at <= to)
    }
}

/// A page that can be believed. Its plays come newest first.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) plays: Vec<Play>,
    pub(crate) total: Option<u64>,
    /// The most plays that the service puts on a page of this answer.
    pub(crate) capacity: u64,
    /// The service's time of the answer, if it told.
    pub(crate) at: Option<Timestamp>,
    /// Items of the history on it, those without a readable date included.
    pub(crate) count: u64,
    /// Whether all plays of the window are on it: no fewer than promised, and room for more.
    pub(crate) is_all: bool,
}

impl Page {
    pub(crate) fn oldest(&self) -> Option<Timestamp> {
        self.plays.last().map(Play::played_at)
    }

    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.plays.first().map(Play::played_at)
    }
}

/// What to think of an answer.
#[derive(Debug)]
pub(crate) enum Verdict {
    Sound(Page),
    /// Fewer plays than promised.
    Short(Page),
    /// No play where none is promised.
    Empty(Page),
    /// Not an answer to this question.
    Wrong(&'static str),
}

impl Verdict {
    /// Judges the answer to `window`, asked with `limit` plays a page.
    pub(crate) fn new(
        page: RecentTracksPage,
        at: Option<Timestamp>,
        user: &Username,
        window: Window,
        limit: u32,
    ) -> Self {
        let owner: Option<Username> = page.user.parse().ok();
        if owner.is_some_and(|owner| owner != *user) {
            return Self::Wrong("it answered with another user's plays");
        }
        if window.page > 1 && page.page > 0 && page.page != u64::from(window.page) {
            return Self::Wrong("it answered with another page");
        }
        let mut plays = page.plays;
        if !plays.iter().all(|play| window.admits(play.played_at())) {
            return Self::Wrong("it answered with plays of another time");
        }
        plays.sort_by_key(|play| std::cmp::Reverse(play.played_at()));
        let asked = u64::from(window.limit.unwrap_or(limit));
        let capacity = if page.per_page == 0 { asked } else { page.per_page };
        let count = (plays.len() + page.undatable_count) as u64;
        let earlier = u64::from(window.page - 1).saturating_mul(capacity);
        let promised = page.total.map(|total| total.saturating_sub(earlier).min(capacity));
        // A total that lags behind can be lower than what is shown, never the other way round.
        let is_all = count < capacity && page.total.is_none_or(|total| total <= count);
        let page = Page { plays, total: page.total, capacity, at, count, is_all };
        match promised.unwrap_or(count) {
            0 if count == 0 => Self::Empty(page),
            promised if count < promised => Self::Short(page),
            _ => Self::Sound(page),
        }
    }
}

/// What came so far of one question, and whether the next answer makes it credible.
#[derive(Debug)]
pub(crate) struct Belief {
    empty_believed_after: Duration,
    /// The last short page, and how often it has come.
    short: Option<(u32, Page)>,
    /// When the first empty page came, by a clock's elapsed time.
    empty_since: Option<Duration>,
}

/// What to do with an answer.
#[derive(Debug)]
pub(crate) enum Weighed {
    Believe(Page),
    /// Ask again after this long; nothing is wrong yet.
    Confirm(Duration),
    /// Something is wrong: ask again as after an error.
    Doubt(&'static str),
}

impl Belief {
    pub(crate) fn about(window: Window) -> Self {
        let empty_believed_after = window.empty_believed_after();
        Self { empty_believed_after, short: None, empty_since: None }
    }

    /// The same, with an empty answer believed soon: for whoever will count again.
    pub(crate) fn soon(self) -> Self {
        Self { empty_believed_after: EMPTY_BELIEVED_SOON, ..self }
    }

    /// The same, with an empty answer believed at once: for whoever expects nothing else.
    pub(crate) fn at_once(self) -> Self {
        Self { empty_believed_after: Duration::ZERO, ..self }
    }

    pub(crate) fn weigh(&mut self, verdict: Verdict, now: Duration) -> Weighed {
        match verdict {
            Verdict::Sound(page) => Weighed::Believe(page),
            Verdict::Wrong(reason) => Weighed::Doubt(reason),
            Verdict::Short(page) => {
                let seen = match self.short.take() {
                    Some((seen, last)) if same_moments(&last.plays, &page.plays) => seen + 1,
                    _ => 1,
                };
                if seen >= SHORT_PAGES_BELIEVED && !page.plays.is_empty() {
                    return Weighed::Believe(page);
                }
                self.short = Some((seen, page));
                Weighed::Doubt("it sent fewer plays than it counts")
            }
            Verdict::Empty(page) => {
                let since = *self.empty_since.get_or_insert(now);
                match self.empty_believed_after.checked_sub(now.saturating_sub(since)) {
                    None | Some(Duration::ZERO) => Weighed::Believe(page),
                    Some(left) => Weighed::Confirm(left),
                }
            }
        }
    }
}

fn same_moments(one: &[Play], two: &[Play]) -> bool {
    one.iter().map(Play::played_at).eq(two.iter().map(Play::played_at))
}
