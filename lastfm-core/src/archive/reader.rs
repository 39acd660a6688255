//! One trustworthy answer of the service, or the reason why there is none.
//!
//! Everything here is about a single question: asking it again, waiting, finding out whether the
//! service is down. Which questions to ask is decided by its neighbours.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::progress::{Events, Progress, SyncError};
use super::store::{ArchiveStore, Claim, UserId, WorkerId};
use crate::error::in_words;
use crate::methods::user::{GetInfo, User};
use crate::recent_tracks::{Belief, Page, Verdict, Weighed, Window};
use crate::store_error::{StoreError, StoreErrorKind};
use crate::{Client, Clock, Error, ErrorClass, Method, Timestamp, Username, retry};

/// Attempts at a window before the newest minute is asked whether the service answers at all.
const TRIES: u32 = 3;
/// While a refused span is narrowed down: how long an answer proves that the service is not down.
const PROVEN: Duration = Duration::from_secs(10);
/// Failing pages are not made smaller than this.
const SMALLEST_PAGE: u32 = 25;
/// How often the service must deny a user before that is believed.
const DENIALS_BELIEVED: u32 = 3;
/// How many signs of life are given within a lease.
const SIGNS_OF_LIFE: u32 = 5;
/// The longest stretch of sleep between two looks at the stop flag.
const NAP: Duration = Duration::from_secs(1);

/// Why a step could not be done.
#[derive(Debug)]
pub(super) enum Failure {
    /// The run ends with this error.
    Ends(SyncError),
    /// The window is refused while the service answers elsewhere.
    Refused(String),
    /// Someone else changed what was read, or took over the work; or what was read cannot be yet:
    /// begin again.
    Again(String),
    /// A person asked to stop.
    Stopped,
}

impl From<StoreError> for Failure {
    fn from(source: StoreError) -> Self {
        match source.kind {
            StoreErrorKind::Overtaken | StoreErrorKind::Stale => Self::overtaken(),
            _ => Self::Ends(SyncError::Store { source }),
        }
    }
}

impl Failure {
    /// The error that a run ends with; `stopped` says what it means to be stopped there.
    pub(super) fn into_error(self, stopped: &str) -> SyncError {
        match self {
            Self::Ends(error) => error,
            Self::Again(reason) | Self::Refused(reason) => SyncError::NotNow { reason },
            Self::Stopped => SyncError::NotNow { reason: stopped.to_owned() },
        }
    }

    fn overtaken() -> Self {
        Self::Again("someone else is at work on the same plays".to_owned())
    }
}

/// What all runs of an archiver share.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    pub(super) client: Client,
    pub(super) store: Arc<dyn ArchiveStore>,
    pub(super) worker: WorkerId,
    /// Plays asked for at once.
    pub(super) page_size: u32,
    /// How long to go on without any answer.
    pub(super) patience: Duration,
    /// How long a place is kept without a sign of life.
    pub(super) lease: Duration,
    pub(super) stop: Arc<AtomicBool>,
}

/// Asks the service about one user, again and again if need be.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) settings: Settings,
    pub(super) store: Arc<dyn ArchiveStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) events: Events,
    pub(super) name: Username,
    pub(super) request_count: u64,
    /// Set while a refused span is narrowed down.
    pub(super) narrowing: bool,
    /// Once the place is taken: whose it is.
    user: Option<UserId>,
    /// Plays asked for at once: the page size, less after failures.
    limit: u32,
    last_answer: Duration,
    /// When the service last answered anything sensible, if only to show that it does.
    last_sign: Option<Duration>,
    last_claim: Option<Duration>,
    /// The service's time, and when it was heard.
    heard: Option<(Timestamp, Duration)>,
}

impl Reader {
    pub(super) fn new(settings: Settings, name: Username, events: Events) -> Self {
        let clock = Arc::clone(settings.client.clock());
        Self {
            store: settings.store.fenced(&settings.worker),
            events,
            name,
            request_count: 0,
            narrowing: false,
            user: None,
            limit: settings.page_size,
            last_answer: clock.elapsed(),
            last_sign: None,
            last_claim: None,
            heard: None,
            clock,
            settings,
        }
    }

    /// The service's time, as far as it is known; else the local one.
    pub(super) fn now(&self) -> Timestamp {
        self.service_time().unwrap_or_else(|| self.clock.wall())
    }

    /// The service's time, if it has told it in this run. Carried on by elapsed time alone: where
    /// the machine slept it is early, and no clock that is set makes it late. What lies before it
    /// is covered, so it may never be late.
    pub(super) fn service_time(&self) -> Option<Timestamp> {
        let (at, when) = self.heard?;
        let since = self.clock.elapsed().saturating_sub(when).as_secs();
        Some(at.plus(i64::try_from(since).unwrap_or(i64::MAX)))
    }

    /// The page that answers `window`.
    pub(super) async fn page(&mut self, window: Window) -> Result<Page, Failure> {
        let belief = Belief::about(window);
        self.page_believed(window, if self.narrowing { belief.soon() } else { belief }).await
    }

    /// The page that answers `window`, as soon as it can be believed in this way.
    pub(super) async fn page_believed(
        &mut self,
        window: Window,
        mut belief: Belief,
    ) -> Result<Page, Failure> {
        let mut tries = Tries::default();
        if self.narrowing {
            // One failure is enough to halve on: a span that was halved for nothing costs
            // requests, but loses nothing.
            tries.allowed = if window.is_narrow() { TRIES } else { 1 };
        }
        loop {
            let limit = self.limit;
            let request = window.request(&self.name, limit);
            let verdict = match self.once(&request).await? {
                Ok((answer, at)) => Verdict::new(answer, at, &self.name, window, limit),
                Err(error) => {
                    self.after_error(error, &mut tries, window.limit.is_none()).await?;
                    continue;
                }
            };
            match belief.weigh(verdict, self.clock.elapsed()) {
                Weighed::Believe(page) => {
                    self.answered();
                    return Ok(page);
                }
                Weighed::Confirm(wait) => self.pause(wait, "it shows no plays").await?,
                Weighed::Doubt(reason) => {
                    self.after_fault(reason.to_owned(), None, &mut tries, false).await?;
                }
            }
        }
    }

    /// The user's profile.
    pub(super) async fn profile(&mut self, name: &Username) -> Result<User, Failure> {
        let mut tries = Tries::default();
        let request = GetInfo::new(name.clone());
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
        let request = window.request(&self.name, 1);
        match self.once(&request).await? {
            Ok((answer, at)) => {
                let verdict = Verdict::new(answer, at, &self.name, window, 1);
                let is_sound = matches!(verdict, Verdict::Sound(_) | Verdict::Empty(_));
                if is_sound {
                    self.last_sign = Some(self.clock.elapsed());
                }
                Ok(is_sound)
            }
            Err(error) => match error.class() {
                ErrorClass::NotFound | ErrorClass::RateLimited | ErrorClass::Transient => Ok(false),
                _ => Err(self.ends(error)),
            },
        }
    }

    /// Makes one request. The outer error is about this run, the inner one about the request.
    async fn once<M: Method>(
        &mut self,
        request: &M,
    ) -> Result<Result<(M::Response, Option<Timestamp>), Error>, Failure> {
        self.still_ours().await?;
        self.request_count += 1;
        let reply = self.settings.client.call_once(request).await;
        // What was read is written at once: the answer may have taken longer than the lease.
        self.keep_place().await?;
        Ok(reply.map(|reply| {
            if let Some(at) = reply.at {
                self.heard = Some((at, self.clock.elapsed()));
            }
            (reply.value, reply.at)
        }))
    }

    /// Notes that the service answers, and asks for more at once again.
    fn answered(&mut self) {
        self.last_answer = self.clock.elapsed();
        self.last_sign = Some(self.last_answer);
        self.limit = (self.limit * 2).min(self.settings.page_size);
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
                // A second more, so that the pause that all share is over by then.
                let wait = wait.unwrap_or(Duration::from_secs(60)) + Duration::from_secs(1);
                if self.left_of_patience() < wait {
                    return Err(Failure::Ends(SyncError::NotNow { reason: in_words(&error) }));
                }
                self.pause(wait, &in_words(&error)).await
            }
            ErrorClass::NotFound => {
                tries.denials += 1;
                if tries.denials >= DENIALS_BELIEVED {
                    return Err(Failure::Ends(SyncError::UnknownUser { user, source: error }));
                }
                // Of a user it has shown before, the service says so falsely now and then.
                let wait = Duration::from_secs(if self.user.is_some() { 30 } else { 2 });
                self.pause(wait, "it says that there is no such user").await
            }
            ErrorClass::Fatal
            | ErrorClass::Invalid
            | ErrorClass::Login
            | ErrorClass::LoginRequired
            | ErrorClass::SessionExpired => Err(self.ends(error)),
        }
    }

    /// The end of a run on an error that no waiting helps against.
    fn ends(&self, source: Error) -> Failure {
        Failure::Ends(match source.class() {
            ErrorClass::LoginRequired => SyncError::Hidden { user: self.name.clone(), source },
            _ => SyncError::Refused { source },
        })
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
            self.limit = (self.limit / 2).max(SMALLEST_PAGE.min(self.settings.page_size));
        }
        if tries.faults < tries.allowed {
            let jitter = self.settings.client.jitter();
            let decided =
                error.as_ref().and_then(|error| retry::decide(error, tries.faults, jitter));
            let wait = decided.unwrap_or_else(|| retry::backoff(tries.faults, jitter));
            return self.pause(wait, &reason).await;
        }
        let sign_at = self.last_sign.filter(|_| tries.allowed == 1);
        if sign_at.is_some_and(|at| self.clock.elapsed().saturating_sub(at) < PROVEN) {
            return Err(Failure::Refused(reason));
        }
        let mut probes = 0;
        while !self.probe().await? {
            probes += 1;
            // An outage that outlasts the attempts is rarely over within seconds.
            let wait = retry::backoff(tries.faults + 2 + probes, self.settings.client.jitter());
            self.pause(wait, &reason).await?;
        }
        if probes == 0 {
            return Err(Failure::Refused(reason));
        }
        // It was an outage, and it is over: the window has its attempts again.
        tries.faults = 0;
        Ok(())
    }

    /// How long the service may still go without an answer.
    fn left_of_patience(&self) -> Duration {
        let gives_up = self.last_answer.saturating_add(self.settings.patience);
        gives_up.saturating_sub(self.clock.elapsed())
    }

    /// Waits, not longer than there is patience; without any left, gives up.
    pub(super) async fn pause(&mut self, wait: Duration, reason: &str) -> Result<(), Failure> {
        let wait = wait.min(self.left_of_patience());
        if wait.is_zero() {
            return Err(Failure::Ends(SyncError::NotNow { reason: reason.to_owned() }));
        }
        self.events.push(Progress::Retrying { reason: reason.to_owned(), wait });
        self.sleep_until(self.clock.elapsed() + wait).await
    }

    /// Sleeps, keeping the place and listening for a stop.
    pub(super) async fn sleep_until(&mut self, until: Duration) -> Result<(), Failure> {
        loop {
            self.still_ours().await?;
            match until.checked_sub(self.clock.elapsed()) {
                None | Some(Duration::ZERO) => return Ok(()),
                Some(left) => self.clock.sleep(left.min(NAP)).await,
            }
        }
    }

    /// Keeps the place at work on the user, and ends the run if someone else has it or a person
    /// asked to stop.
    pub(super) async fn still_ours(&mut self) -> Result<(), Failure> {
        if self.settings.stop.load(Ordering::Relaxed) {
            return Err(Failure::Stopped);
        }
        self.keep_place().await
    }

    /// Keeps the place at work on the user, and ends the run if someone else has it.
    async fn keep_place(&mut self) -> Result<(), Failure> {
        let Some(user) = self.user else { return Ok(()) };
        let now = self.clock.elapsed();
        if self
            .last_claim
            .is_some_and(|last| now.saturating_sub(last) < self.settings.lease / SIGNS_OF_LIFE)
        {
            return Ok(());
        }
        match self.store.claim(user, &self.settings.worker, self.settings.lease).await? {
            Claim::Yours => {
                self.last_claim = Some(now);
                Ok(())
            }
            Claim::Taken { .. } => Err(Failure::overtaken()),
        }
    }

    /// Waits until nobody else is at work on the user.
    pub(super) async fn take_place(&mut self, user: UserId) -> Result<(), Failure> {
        self.user = None;
        self.narrowing = false;
        let mut told = None;
        loop {
            match self.store.claim(user, &self.settings.worker, self.settings.lease).await? {
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
}

/// What happened so far to one window.
struct Tries {
    /// Faults before the service is asked whether it answers at all.
    allowed: u32,
    faults: u32,
    denials: u32,
    rate_limited: u32,
}

impl Default for Tries {
    fn default() -> Self {
        Self { allowed: TRIES, faults: 0, denials: 0, rate_limited: 0 }
    }
}
