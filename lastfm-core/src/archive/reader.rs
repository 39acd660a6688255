//! One trustworthy answer of the service, or the reason why there is none.
//!
//! What is not an answer: another user's page, a play far outside the window, fewer plays than
//! promised, an empty list. Everything here is about a single request; which ones to make is
//! decided in `walk` and `sync`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::progress::{Events, Progress, SyncError};
use super::store::{ArchiveStore, Claim, StoreError, StoreErrorKind, UserId, WorkerId};
use crate::methods::user::{GetInfo, GetRecentTracks, RecentTracksPage, User};
use crate::{Client, Clock, Error, ErrorClass, Method, Play, Timestamp, Username, retry};

/// Attempts at a window before the newest minute is asked whether the service answers at all.
const TRIES: u32 = 4;
/// The same while a refused span is being narrowed down: it has failed often enough.
const TRIES_NARROWING: u32 = 2;
/// Failing pages are not made smaller than this.
const SMALLEST_PAGE: u32 = 25;
/// Equal short pages that are believed.
const SHORT_PAGES_BELIEVED: u32 = 3;
/// How long after an empty answer a second one is believed.
const EMPTY_BELIEVED_AFTER: Duration = Duration::from_secs(20);
/// How often the service must deny a user before that is believed.
const DENIALS_BELIEVED: u32 = 3;
/// How long a place is kept without a sign of life, and how often one is given.
const LEASE: Duration = Duration::from_secs(50);
const HEARTBEAT: Duration = Duration::from_secs(10);
/// The longest stretch of sleep between two looks at the stop flag.
const NAP: Duration = Duration::from_secs(1);

/// Why a step could not be done.
#[derive(Debug)]
pub(super) enum Failure {
    /// The run ends with this error.
    Ends(SyncError),
    /// The window is refused while the service answers elsewhere.
    Refused(String),
    /// Someone else changed what was read, or took over the work: begin again.
    Overtaken,
    /// A person asked to stop.
    Stopped,
}

impl From<StoreError> for Failure {
    fn from(source: StoreError) -> Self {
        match source.kind {
            StoreErrorKind::Stale => Self::Overtaken,
            _ => Self::Ends(SyncError::Store { source }),
        }
    }
}

/// What is asked for: plays from `from` up to `to` as the service counts its edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) from: Option<Timestamp>,
    pub(super) to: Option<Timestamp>,
    pub(super) page: u32,
    /// At most this many plays; fewer after repeated failures, unless pages are counted.
    pub(super) limit: Option<u32>,
}

impl Window {
    /// The newest page: a window without edges.
    pub(super) const NEWEST: Self = Self { from: None, to: None, page: 1, limit: None };

    /// Whether a play at `at` can belong to the answer, whichever way the service reads edges.
    fn admits(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| at >= from) && self.to.is_none_or(|to| at <= to)
    }
}

/// A page that is believed. Its plays come newest first.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) plays: Vec<Play>,
    pub(super) total: Option<u64>,
    pub(super) per_page: u64,
    /// The service's time of the answer, if it told.
    pub(super) at: Option<Timestamp>,
    /// Whether all plays of the window are on it: as many as promised, and room for more.
    pub(super) is_all: bool,
}

impl Page {
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.plays.last().map(Play::played_at)
    }

    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.plays.first().map(Play::played_at)
    }
}

/// What to think of an answer.
enum Verdict {
    Sound(Page),
    /// Fewer plays than promised.
    Short(Page),
    /// No play where none is promised.
    Empty(Page),
    /// Not an answer to this question.
    Wrong(&'static str),
}

/// Asks the service about one user, again and again if need be.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) client: Client,
    pub(super) store: Arc<dyn ArchiveStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) events: Events,
    pub(super) stop: Arc<AtomicBool>,
    pub(super) worker: WorkerId,
    pub(super) name: Username,
    /// Once the user is in the store: whose place to keep.
    pub(super) user: Option<UserId>,
    pub(super) page_size: u32,
    pub(super) patience: Duration,
    pub(super) request_count: u64,
    /// Set while a refused span is narrowed down.
    pub(super) narrowing: bool,
    /// Plays asked for at once: the page size, less after failures.
    limit: u32,
    last_answer: Duration,
    last_claim: Option<Duration>,
    /// The service's time, and when it was heard.
    heard: Option<(Timestamp, Duration)>,
    jitter: u64,
}

impl Reader {
    #[allow(clippy::too_many_arguments)]
    pub(super) fn new(
        client: Client,
        store: Arc<dyn ArchiveStore>,
        events: Events,
        stop: Arc<AtomicBool>,
        worker: WorkerId,
        name: Username,
        page_size: u32,
        patience: Duration,
    ) -> Self {
        let clock = Arc::clone(client.clock());
        let last_answer = clock.elapsed();
        Self {
            client,
            store,
            clock,
            events,
            stop,
            worker,
            name,
            user: None,
            page_size,
            patience,
            request_count: 0,
            narrowing: false,
            limit: page_size,
            last_answer,
            last_claim: None,
            heard: None,
            jitter: 0x9E37_79B9_7F4A_7C15,
        }
    }

    /// The service's time, as far as it is known; else the local one.
    pub(super) fn now(&self) -> Timestamp {
        match self.heard {
            Some((at, when)) => {
                let since = self.clock.elapsed().saturating_sub(when).as_secs();
                at.plus(i64::try_from(since).unwrap_or(i64::MAX))
            }
            None => self.clock.wall(),
        }
    }

    /// The page that answers `window`.
    pub(super) async fn page(&mut self, window: Window) -> Result<Page, Failure> {
        let mut tries = Tries::default();
        let mut short: Option<(u32, Page)> = None;
        let mut empty_since: Option<Duration> = None;
        loop {
            let limit = u64::from(window.limit.unwrap_or(self.limit));
            let request = self.recent_tracks(window);
            let answer = match self.once(&request).await? {
                Ok((answer, at)) => judge(answer, at, &self.name, window, limit),
                Err(error) => {
                    self.after_error(error, &mut tries, window.limit.is_none()).await?;
                    continue;
                }
            };
            let reason = match answer {
                Verdict::Sound(page) => {
                    self.answered();
                    return Ok(page);
                }
                Verdict::Short(page) => {
                    let seen = match short.take() {
                        Some((seen, last)) if same_plays(&last.plays, &page.plays) => seen + 1,
                        _ => 1,
                    };
                    if seen >= SHORT_PAGES_BELIEVED && !page.plays.is_empty() {
                        self.answered();
                        return Ok(page);
                    }
                    short = Some((seen, page));
                    "it sent fewer plays than it counts"
                }
                Verdict::Empty(page) => {
                    let since = *empty_since.get_or_insert_with(|| self.clock.elapsed());
                    let waited = self.clock.elapsed().saturating_sub(since);
                    if waited >= EMPTY_BELIEVED_AFTER {
                        self.answered();
                        return Ok(page);
                    }
                    self.pause(EMPTY_BELIEVED_AFTER - waited, "it shows no plays").await?;
                    continue;
                }
                Verdict::Wrong(reason) => reason,
            };
            self.after_fault(reason.to_owned(), None, &mut tries, window.limit.is_none()).await?;
        }
    }

    /// The user's profile.
    pub(super) async fn profile(&mut self, name: &Username) -> Result<User, Failure> {
        let mut tries = Tries::default();
        let request = GetInfo::of(name.clone());
        loop {
            match self.once(&request).await? {
                Ok((user, _)) => {
                    self.answered();
                    return Ok(user);
                }
                Err(error) => self.after_error(error, &mut tries, false).await?,
            }
        }
    }

    /// Whether the service answers about the newest minute of this user.
    async fn probe(&mut self) -> Result<bool, Failure> {
        let from = Some(self.now().plus(-60));
        let window = Window { from, to: None, page: 1, limit: Some(1) };
        let request = self.recent_tracks(window);
        Ok(self.once(&request).await?.is_ok())
    }

    fn recent_tracks(&self, window: Window) -> GetRecentTracks {
        let limit = window.limit.unwrap_or(self.limit);
        let request = GetRecentTracks::new(self.name.clone()).limit(limit).page(window.page);
        let request =
            window.from.map_or_else(|| request.clone(), |from| request.clone().from(from));
        window.to.map_or_else(|| request.clone(), |to| request.clone().to(to))
    }

    /// Makes one request. The outer error is about this run, the inner one about the request.
    async fn once<M: Method>(
        &mut self,
        request: &M,
    ) -> Result<Result<(M::Response, Option<Timestamp>), Error>, Failure> {
        self.still_ours().await?;
        self.request_count += 1;
        Ok(self.client.call_once(request).await.map(|reply| {
            if let Some(at) = reply.date {
                self.heard = Some((at, self.clock.elapsed()));
            }
            (reply.value, reply.date)
        }))
    }

    /// Notes that the service answers, and asks for more at once again.
    fn answered(&mut self) {
        self.last_answer = self.clock.elapsed();
        self.limit = (self.limit * 2).min(self.page_size);
    }

    /// Waits as the error asks, or says why that would not help.
    async fn after_error(
        &mut self,
        error: Error,
        tries: &mut Tries,
        may_shrink: bool,
    ) -> Result<(), Failure> {
        let user = self.name.clone();
        match error.class() {
            ErrorClass::Transient => {
                let reason = in_words(&error);
                self.after_fault(reason, Some(error), tries, may_shrink).await
            }
            ErrorClass::RateLimited => {
                tries.rate_limited += 1;
                let wait = retry::decide(&error, tries.rate_limited, 0.5);
                let reason = in_words(&error);
                self.pause(wait.unwrap_or(Duration::from_secs(60)), &reason).await
            }
            ErrorClass::NotFound => {
                tries.denials += 1;
                if tries.denials >= DENIALS_BELIEVED {
                    return Err(Failure::Ends(SyncError::UnknownUser { user, source: error }));
                }
                self.pause(Duration::from_secs(2), "it says that there is no such user").await
            }
            ErrorClass::LoginRequired => {
                Err(Failure::Ends(SyncError::Hidden { user, source: error }))
            }
            ErrorClass::Fatal
            | ErrorClass::Invalid
            | ErrorClass::Login
            | ErrorClass::SessionExpired => {
                Err(Failure::Ends(SyncError::Refused { source: error }))
            }
        }
    }

    /// Waits and lets the caller ask again; after several attempts, finds out whether the service
    /// is down or this window is refused.
    async fn after_fault(
        &mut self,
        reason: String,
        error: Option<Error>,
        tries: &mut Tries,
        may_shrink: bool,
    ) -> Result<(), Failure> {
        tries.faults += 1;
        // A page that costs the service too much is a reason for an error, never for a wrong page.
        if may_shrink && tries.faults >= 2 && error.is_some() {
            self.limit = (self.limit / 2).max(SMALLEST_PAGE.min(self.page_size));
        }
        let allowed = if self.narrowing { TRIES_NARROWING } else { TRIES };
        if tries.faults < allowed {
            let jitter = self.jitter();
            let decided =
                error.as_ref().and_then(|error| retry::decide(error, tries.faults, jitter));
            let wait = decided.unwrap_or_else(|| retry::backoff(tries.faults, jitter));
            return self.pause(wait, &reason).await;
        }
        let mut outage = tries.faults;
        while !self.probe().await? {
            outage += 1;
            let wait = retry::backoff(outage, self.jitter());
            self.pause(wait, &reason).await?;
        }
        if outage == tries.faults {
            return Err(Failure::Refused(reason));
        }
        // It was an outage, and it is over: the window has its attempts again.
        tries.faults = 0;
        Ok(())
    }

    /// Waits, unless that takes longer than there is patience.
    async fn pause(&mut self, wait: Duration, reason: &str) -> Result<(), Failure> {
        let gives_up = self.last_answer + self.patience;
        let until = self.clock.elapsed() + wait;
        if until > gives_up {
            return Err(Failure::Ends(SyncError::NotNow { reason: reason.to_owned() }));
        }
        self.events.push(Progress::Retrying { reason: reason.to_owned(), wait });
        self.sleep_until(until).await
    }

    /// Sleeps, keeping the place and listening for a stop.
    pub(super) async fn sleep_until(&mut self, until: Duration) -> Result<(), Failure> {
        loop {
            self.still_ours().await?;
            let now = self.clock.elapsed();
            if now >= until {
                return Ok(());
            }
            self.clock.sleep((until - now).min(NAP)).await;
        }
    }

    /// Keeps the place at work on the user, and ends the run if someone else has it or a person
    /// asked to stop.
    pub(super) async fn still_ours(&mut self) -> Result<(), Failure> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Failure::Stopped);
        }
        let Some(user) = self.user else { return Ok(()) };
        let now = self.clock.elapsed();
        if self.last_claim.is_some_and(|last| now.saturating_sub(last) < HEARTBEAT) {
            return Ok(());
        }
        match self.store.claim(user, &self.worker, LEASE).await? {
            Claim::Yours => {
                self.last_claim = Some(now);
                Ok(())
            }
            Claim::Taken { .. } => Err(Failure::Overtaken),
        }
    }

    /// Waits until nobody else is at work on the user.
    pub(super) async fn take_place(&mut self, user: UserId) -> Result<(), Failure> {
        self.user = None;
        let mut told = None;
        loop {
            match self.store.claim(user, &self.worker, LEASE).await? {
                Claim::Yours => {
                    self.user = Some(user);
                    self.last_claim = Some(self.clock.elapsed());
                    self.last_answer = self.clock.elapsed();
                    return Ok(());
                }
                Claim::Taken { by, free_in } => {
                    if told.as_ref() != Some(&by) {
                        self.events.push(Progress::Waiting { by: by.clone() });
                        told = Some(by);
                    }
                    let nap = free_in.clamp(Duration::from_millis(200), Duration::from_secs(2));
                    let until = self.clock.elapsed() + nap;
                    self.sleep_until(until).await?;
                }
            }
        }
    }

    /// The next number of a small generator (xorshift), between 0 and 1.
    fn jitter(&mut self) -> f64 {
        self.jitter ^= self.jitter << 13;
        self.jitter ^= self.jitter >> 7;
        self.jitter ^= self.jitter << 17;
        f64::from(u32::try_from(self.jitter >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }
}

/// What happened so far to one window.
#[derive(Default)]
struct Tries {
    faults: u32,
    denials: u32,
    rate_limited: u32,
}

/// Decides whether a page answers the question.
fn judge(
    page: RecentTracksPage,
    at: Option<Timestamp>,
    user: &Username,
    window: Window,
    limit: u64,
) -> Verdict {
    if !page.user.is_empty() && page.user.parse::<Username>().as_ref() != Ok(user) {
        return Verdict::Wrong("it answered with another user's plays");
    }
    let mut plays = page.plays;
    if !plays.iter().all(|play| window.admits(play.played_at())) {
        return Verdict::Wrong("it answered with plays of another time");
    }
    plays.sort_by_key(|play| std::cmp::Reverse(play.played_at()));
    let per_page = if page.per_page == 0 { limit } else { page.per_page };
    let sent = (plays.len() + page.undatable_count) as u64;
    let promised = page
        .total
        .map(|total| total.saturating_sub(u64::from(window.page - 1) * per_page).min(per_page));
    let is_all = sent < per_page && page.total.is_none_or(|total| total == sent);
    let is_empty = plays.is_empty();
    let page = Page { plays, total: page.total, per_page, at, is_all };
    match promised {
        _ if is_empty && promised.unwrap_or(0) == 0 => Verdict::Empty(page),
        Some(promised) if sent < promised => Verdict::Short(Page { is_all: false, ..page }),
        _ => Verdict::Sound(page),
    }
}

fn same_plays(one: &[Play], two: &[Play]) -> bool {
    one.len() == two.len()
        && one.iter().zip(two).all(|(one, two)| one.played_at() == two.played_at())
}

/// An error for a person: what, and the code that the service gave.
fn in_words(error: &Error) -> String {
    use std::error::Error as _;
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
