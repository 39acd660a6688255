//! Whether an answer can be true, and asking until one is.

use std::time::Duration;

use crate::archive::Span;
use crate::client::LONGEST_WAIT;
use crate::methods::user::{GetRecentTracks, RecentTracksPage};
use crate::{Client, Error, ErrorClass, Method, Reply, Timestamp, Username, retry};

/// The longest page that the service gives.
pub(super) const LONGEST_PAGE: u32 = 1000;

/// How often a page is asked for before it is given up.
const ATTEMPTS: u32 = 8;

/// Between two answers of which neither is believed yet.
const SOON: Duration = Duration::from_secs(1);

/// Between an empty answer and the one that is to confirm it.
const LATER: Duration = Duration::from_secs(20);

/// What is asked: some page of some window of somebody's history.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) user: Username,
    /// As sent: whether its edges belong to it, the service alone knows.
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
    pub(super) page: u32,
    /// The total that earlier pages of the same reading told.
    pub(super) total: Option<u64>,
}

/// A page that can be true.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) page: RecentTracksPage,
    pub(super) date: Option<Timestamp>,
}

impl Answer {
    /// Items that belong to the history.
    pub(super) fn count(&self) -> u64 {
        count(&self.page)
    }

    /// Whether it is all there is in the window: as many as the service says there are, and fewer
    /// than the page could hold.
    pub(super) fn is_everything(&self) -> bool {
        let count = self.count();
        self.page.total.unwrap_or(count) == count && count < self.page.per_page
    }

    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.page.plays.iter().map(crate::Play::played_at).min()
    }

    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.page.plays.iter().map(crate::Play::played_at).max()
    }
}

fn count(page: &RecentTracksPage) -> u64 {
    (page.plays.len() + page.undatable_count) as u64
}

/// What an answer is taken for.
enum Verdict {
    Believed,
    /// Not believed before it has come this often, this far apart.
    Doubtful {
        times: u32,
        apart: Duration,
    },
    Impossible(&'static str),
}

impl Question {
    /// Asks until an answer can be true. `limit` is how many plays a page may hold: it falls while
    /// long pages fail.
    pub(super) async fn ask(&self, client: &Client, limit: &mut u32) -> Result<Answer, Error> {
        let mut attempt = 0;
        let mut seen = Seen::default();
        loop {
            attempt += 1;
            let error = match client.call_once(&self.request(*limit)).await {
                Ok(Reply { mut value, date }) => {
                    if value.per_page == 0 {
                        value.per_page = u64::from(*limit);
                    }
                    let (apart, what) = match self.judge(&value) {
                        Verdict::Believed => return Ok(Answer { page: value, date }),
                        Verdict::Doubtful { times, apart } => {
                            if seen.again(&value) >= times {
                                return Ok(Answer { page: value, date });
                            }
                            (apart, "pages of one window tell different totals")
                        }
                        Verdict::Impossible(what) => (SOON, what),
                    };
                    if attempt >= ATTEMPTS {
                        return Err(contradiction(what));
                    }
                    client.clock().sleep(apart).await;
                    continue;
                }
                Err(error) => error,
            };
            match retry::decide(&error, attempt, client.jitter()) {
                Some(wait) if attempt < ATTEMPTS && wait <= LONGEST_WAIT => {
                    // Long pages fail more often. Too many calls have nothing to do with length.
                    if attempt >= 2 && error.class() == ErrorClass::Transient {
                        *limit = (*limit / 2).max(1);
                    }
                    client.clock().sleep(wait).await;
                }
                _ => return Err(error),
            }
        }
    }

    fn request(&self, limit: u32) -> GetRecentTracks {
        let mut request = GetRecentTracks::new(self.user.clone()).limit(limit);
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

    fn judge(&self, page: &RecentTracksPage) -> Verdict {
        let whose: Option<Username> = page.user.parse().ok();
        if whose.is_some_and(|user| user != self.user) {
            return Verdict::Impossible("a page belongs to another user");
        }
        if self.page > 1 && page.page > 0 && page.page != u64::from(self.page) {
            return Verdict::Impossible("a page has another number");
        }
        let window = Span::new(
            self.from.unwrap_or(Timestamp::MIN),
            self.to.map_or(Timestamp::MAX, |to| to.plus(1)),
        );
        let mut plays = page.plays.iter();
        if !plays.all(|play| window.contains(play.played_at())) {
            return Verdict::Impossible("a page holds plays outside the window asked for");
        }
        let count = count(page);
        let before = u64::from(self.page - 1).saturating_mul(page.per_page);
        let expected = match page.total {
            Some(total) => total.saturating_sub(before).min(page.per_page),
            None => count,
        };
        let (times, apart) = (2, SOON);
        if self.page > 1 && (count == 0 || self.total.is_some() && self.total != page.total) {
            Verdict::Doubtful { times, apart }
        } else if count == 0 {
            let times = if expected == 0 { 2 } else { 3 };
            let apart = LATER;
            Verdict::Doubtful { times, apart }
        } else if count < expected {
            let (times, apart) = (3, SOON);
            Verdict::Doubtful { times, apart }
        } else {
            Verdict::Believed
        }
    }
}

/// How often in a row the same answer has come.
#[derive(Default)]
struct Seen {
    last: Option<(u64, Option<u64>, u64)>,
    times: u32,
}

impl Seen {
    fn again(&mut self, page: &RecentTracksPage) -> u32 {
        let this = Some((count(page), page.total, page.per_page));
        if self.last == this {
            self.times += 1;
        } else {
            self.last = this;
            self.times = 1;
        }
        self.times
    }
}

/// The answers to this call do not fit together.
pub(super) fn contradiction(what: &'static str) -> Error {
    Error::Contradiction { method: GetRecentTracks::NAME, what, second: None }
}
