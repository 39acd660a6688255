//! The walk through a window, from its end to its start, in whole seconds.

use std::cmp::Reverse;

use super::Stretch;
use super::answer::{Answer, LONGEST_PAGE, Question, contradiction};
use crate::archive::Span;
use crate::methods::user::{GetInfo, GetRecentTracks};
use crate::{Client, Error, Method as _, Play, Timestamp, Username};

/// How often a second that is longer than a page is read before it is given up.
const DENSE_ATTEMPTS: u32 = 8;

/// Where in a window the reading has come to.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    client: Client,
    user: Username,
    /// What is still to be read. Its end falls with every step; at its start the walk is over.
    window: Span,
    /// How many plays a page may hold.
    limit: u32,
    /// Whether any play was seen in the window.
    found: bool,
    over: bool,
}

/// Where the end of a window is put in a request. Plays at or above the end are dropped; they only
/// take up room, until a page holds nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// A second later than the window, so that it does not matter what the service makes of it.
    Wide,
    /// As the window has it: right if the service leaves it out.
    Exact,
    /// A second earlier: right if the service includes it, as it just has.
    Narrow,
}

impl Walk {
    pub(super) fn new(client: Client, user: Username) -> Self {
        Self { client, user, window: Span::EVER, limit: LONGEST_PAGE, found: false, over: false }
    }

    pub(super) fn within(self, window: Span) -> Self {
        Self { window, ..self }
    }

    /// Reads the next stretch. Without one, nothing has moved.
    pub(super) async fn step(&mut self) -> Result<Option<Stretch>, Error> {
        if self.over || self.window.is_empty() {
            return Ok(None);
        }
        let mut edge = Edge::Wide;
        loop {
            let answer = self.ask(edge).await?;
            let Some(oldest) = answer.oldest() else {
                return self.nothing(&answer).await.map(Some);
            };
            if answer.is_everything() || oldest < self.window.start {
                return Ok(Some(self.commit(self.window.start, answer)));
            }
            let newer =
                |play: &Play| play.played_at() > oldest && self.window.contains(play.played_at());
            if answer.page.plays.iter().any(newer) {
                return Ok(Some(self.commit(oldest.plus(1), answer)));
            }
            // What is above the window may have taken the place of what is in it.
            let above = answer.newest() >= Some(self.window.end);
            edge = match edge {
                Edge::Wide if above => Edge::Exact,
                Edge::Exact if above => Edge::Narrow,
                Edge::Narrow if oldest >= self.window.end => {
                    return Err(contradiction("a page holds plays outside the window asked for"));
                }
                Edge::Wide | Edge::Exact | Edge::Narrow => {
                    let end = self.end(&answer);
                    let plays = self.dense(oldest).await?;
                    return Ok(Some(self.commit_until(end, oldest, plays)));
                }
            };
        }
    }

    async fn ask(&mut self, edge: Edge) -> Result<Answer, Error> {
        let end = (self.window.end != Timestamp::MAX).then_some(self.window.end);
        let question = Question {
            user: self.user.clone(),
            from: from(self.window.start),
            to: end.map(|end| match edge {
                Edge::Wide => end.plus(1),
                Edge::Exact => end,
                Edge::Narrow => end.plus(-1),
            }),
            page: 1,
            total: None,
        };
        let answer = question.ask(&self.client, &mut self.limit).await?;
        self.limit = (self.limit * 2).min(LONGEST_PAGE);
        Ok(answer)
    }

    /// The end of the stretch that an answer gives: where the window ends, or, if it has no end,
    /// as late as the service can know of.
    fn end(&self, answer: &Answer) -> Timestamp {
        if self.window.end != Timestamp::MAX {
            return self.window.end;
        }
        let after_newest = answer.newest().map(|newest| newest.plus(1));
        let end = answer.date.max(after_newest);
        end.unwrap_or(self.window.start).max(self.window.start)
    }

    /// Everything of an answer from `start` on.
    fn commit(&mut self, start: Timestamp, answer: Answer) -> Stretch {
        let end = self.end(&answer);
        self.commit_until(end, start, answer.page.plays)
    }

    fn commit_until(&mut self, end: Timestamp, start: Timestamp, mut plays: Vec<Play>) -> Stretch {
        let span = Span::new(start, end);
        plays.retain(|play| span.contains(play.played_at()));
        // The service does so already; plays of one second stay in its order.
        plays.sort_by_key(|play| Reverse(play.played_at()));
        self.found |= !plays.is_empty();
        self.over = start <= self.window.start;
        self.window.end = start;
        Stretch { span, plays }
    }

    /// Believes that there is nothing left; for a whole history only if the profile agrees.
    async fn nothing(&mut self, answer: &Answer) -> Result<Stretch, Error> {
        if answer.page.undatable_count > 0 && !answer.is_everything() {
            return Err(contradiction("a full page holds no date that can be read"));
        }
        let whole = self.window.end == Timestamp::MAX && from(self.window.start).is_none();
        if whole && !self.found && answer.page.undatable_count == 0 {
            let profile = self.client.call(&GetInfo::of(self.user.clone())).await?;
            if profile.play_count > 0 {
                return Err(contradiction("a history is empty, but the profile counts plays"));
            }
        }
        let end = self.end(answer);
        Ok(self.commit_until(end, self.window.start, Vec::new()))
    }

    /// Reads a second that is longer than a page, by page number, until two readings agree.
    async fn dense(&mut self, second: Timestamp) -> Result<Vec<Play>, Error> {
        let mut last: Option<Vec<Play>> = None;
        let mut attempt = 0;
        while attempt < DENSE_ATTEMPTS {
            let limit = self.limit;
            match self.read_by_number(second).await? {
                Some(plays) if last.as_ref().map(|last| names(last)) == Some(names(&plays)) => {
                    return Ok(plays);
                }
                Some(plays) => last = Some(plays),
                None => {}
            }
            // A limit that had to fall spoils the reading; it cannot fall for ever.
            if self.limit == limit {
                attempt += 1;
            }
        }
        Err(Error::Contradiction {
            method: GetRecentTracks::NAME,
            what: "a second longer than a page cannot be read",
            second: Some(second),
        })
    }

    /// All pages around one second; nothing if they do not fit together.
    async fn read_by_number(&mut self, second: Timestamp) -> Result<Option<Vec<Play>>, Error> {
        let mut plays = Vec::new();
        let mut count = 0;
        let mut first: Option<(Option<u64>, u64)> = None;
        for page in 1.. {
            let question = Question {
                user: self.user.clone(),
                from: from(second),
                to: Some(second.plus(2)),
                page,
                total: first.and_then(|(total, _)| total),
            };
            let limit = self.limit;
            let answer = question.ask(&self.client, &mut self.limit).await?;
            let this = (answer.page.total, answer.page.per_page);
            // Pages of another length, or of another total, are pages of another reading.
            let fits = *first.get_or_insert(this) == this && (page == 1 || self.limit == limit);
            if !fits || answer.count() == 0 {
                return Ok(None);
            }
            count += answer.count();
            let is_last = match answer.page.total {
                Some(total) => count >= total,
                None => answer.count() < answer.page.per_page,
            };
            plays.extend(answer.page.plays);
            if is_last {
                plays.retain(|play| play.played_at() == second);
                let complete = answer.page.total.is_none_or(|total| total == count);
                return Ok(complete.then_some(plays));
            }
        }
        Ok(None)
    }
}

/// The start of a window as it is sent: a second earlier, or not at all where that could read as
/// "unset".
fn from(start: Timestamp) -> Option<Timestamp> {
    let wide = start.plus(-1);
    (wide.as_unix() > 0).then_some(wide)
}

/// What was played, in an order of its own: equal for equal readings of a second.
fn names(plays: &[Play]) -> Vec<(String, String, Option<String>)> {
    let mut names: Vec<_> = plays
        .iter()
        .map(|play| {
            let track = play.track();
            (track.artist, track.name, track.album)
        })
        .collect();
    names.sort_unstable();
    names
}
