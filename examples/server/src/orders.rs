//! What is ordered when somebody looks at a page: within limits, and only for accounts that exist.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jobs::{Filter, Kind, Order, Priority, State, Status};
use lastfm_core::{Timestamp, Username};
use moka::future::Cache;
use terminal::dates;

use crate::address::ClientAddress;
use crate::app::App;
use crate::failure::Failure;
use crate::standing::{JobStates, Standing, this_year};

/// A job that failed is not ordered again by looking at a page sooner than this.
const REST: i64 = 3600;
/// The newest year is looked at again when what is archived is so old, seconds.
const STALE: i64 = 3600;
/// A job that waits for so long, seconds, while none is worked on, waits for somebody to work at all.
const IDLE: i64 = 60;
/// How long the line is believed to be as it was.
const LINE: Duration = Duration::from_secs(2);

/// Where a job stands in line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct QueuePosition {
    /// How many jobs of its kind come before it.
    pub(crate) before: usize,
    /// Whether nobody works on any job, as far as can be seen.
    pub(crate) nobody_works: bool,
}

/// Jobs that go on by themselves.
pub(crate) struct JobQueue {
    /// As they were a moment ago.
    live: Cache<(), Arc<Vec<State>>>,
    /// What clients have ordered, by number, and when, as far as it may be in line still.
    by_client: Mutex<HashMap<ClientAddress, Vec<(i64, Instant)>>>,
}

impl JobQueue {
    pub(crate) fn new() -> Self {
        let live = Cache::builder().max_capacity(1).time_to_live(LINE).build();
        Self { live, by_client: Mutex::default() }
    }

    /// How many of these jobs a client has ordered.
    fn ordered_by(&self, client: ClientAddress, line: &[State]) -> usize {
        let in_line: HashSet<i64> = line.iter().map(|state| state.job).collect();
        let mut by_client = self.by_client();
        by_client.retain(|_, ordered| {
            // The line may have been read before the order.
            let is_new = |at: &Instant| at.elapsed() < LINE * 3;
            ordered.retain(|(job, at)| in_line.contains(job) || is_new(at));
            !ordered.is_empty()
        });
        by_client.get(&client).map_or(0, Vec::len)
    }

    fn by_client(&self) -> MutexGuard<'_, HashMap<ClientAddress, Vec<(i64, Instant)>>> {
        // Nothing that holds the lock can panic.
        self.by_client.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Has a year archived, or everything, unless that is under way.
    pub(crate) async fn order_fetch(
        &self,
        user: &Username,
        year: Option<i16>,
        client: ClientAddress,
    ) -> Result<(), Failure> {
        self.order(Kind::Sync, user, year, Some(client)).await
    }

    /// The same for the years of its albums, which counts for nobody.
    pub(crate) async fn order_enrich(&self, user: &Username, year: i16) -> Result<(), Failure> {
        self.order(Kind::Enrich, user, Some(year), None).await
    }

    async fn order(
        &self,
        kind: Kind,
        user: &Username,
        year: Option<i16>,
        client: Option<ClientAddress>,
    ) -> Result<(), Failure> {
        if self.logins.is_paused(user).await? {
            return Err(Failure::Paused(user.clone()));
        }
        let found = self.jobs.find(kind, user, year).await?;
        // One of the clock becomes as urgent as this one.
        let is_urgent = |state: &State| state.priority == Priority::Waiting;
        if found.is_some_and(|state| state.status.is_live() && is_urgent(&state)) {
            return Ok(());
        }
        if let Some(client) = client {
            self.limits.order(client)?;
        }
        let line = self.in_line().await?;
        let retry_after = Duration::from_mins(2);
        // Those of the clock are as many as there are archives, and come after everybody's.
        if line.iter().filter(|state| is_urgent(state)).count() >= self.caps.line {
            return Err(Failure::Full { what: "Too many are waiting", retry_after });
        }
        if client.is_some_and(|client| self.line.ordered_by(client, &line) >= self.caps.line_each) {
            return Err(Failure::Full { what: "You have ordered enough for now", retry_after });
        }
        let order = Order { kind, user: user.clone(), year, priority: Priority::Waiting };
        let ordered = self.jobs.order(&order).await?;
        tracing::info!(%kind, job = ordered.job, new = ordered.new, "ordered");
        self.line.live.invalidate(&()).await;
        if let Some(client) = client {
            self.line.by_client().entry(client).or_default().push((ordered.job, Instant::now()));
        }
        self.standings.forget(user).await;
        Ok(())
    }

    async fn in_line(&self) -> Result<Arc<Vec<State>>, Failure> {
        let filter = Filter { live: true, ..Filter::default() };
        let read = async { Ok::<_, Failure>(self.jobs.list(&filter).await?.into()) };
        let read = self.line.live.try_get_with((), read).await;
        read.map_err(|failure| (*failure).clone())
    }

    /// Where a job stands in line.
    pub(crate) async fn turn(&self, job: &State) -> Result<QueuePosition, Failure> {
        let since = |state: &State| state.resume_at.max(Some(state.updated_at));
        let key = |state: &State| (state.priority, since(state), state.job);
        let line = self.in_line().await?;
        let others = line.iter().filter(|other| {
            other.kind == job.kind && other.status == Status::Waiting && other.job != job.job
        });
        let before = others.filter(|other| key(other) < key(job)).count();
        let waited = since(job).map_or(0, |since| job.as_of.as_unix() - since.as_unix());
        let works =
            |other: &State| other.status == Status::Running && other.nobody_since().is_none();
        Ok(QueuePosition { before, nobody_works: waited > IDLE && !line.iter().any(works) })
    }

    /// Orders what a year still needs, if anything. `client` is who looks at it.
    pub(crate) async fn see_to(
        &self,
        user: &Username,
        year: i16,
        standing: Option<&Standing>,
        job_states: &JobStates,
        client: ClientAddress,
    ) -> Result<(), Failure> {
        let Some(span) = lastfm_core::archive::Span::year(year) else { return Ok(()) };
        if job_states.fetching().is_some() {
            return Ok(());
        }
        let now = dates::now().as_unix();
        let rests = job_states.fetch.as_ref().is_some_and(|state| {
            let ended = state.finished_at.unwrap_or(state.updated_at).as_unix();
            state.status != Status::Finished && now < ended.saturating_add(REST)
        });
        if !standing.is_some_and(|standing| standing.covers(span)) {
            if rests {
                return Ok(());
            }
            return match self.order_fetch(user, Some(year), client).await {
                // What there is can be looked at.
                Err(Failure::Paused(_)) => Ok(()),
                ordered => ordered,
            };
        }
        let end = standing.and_then(Standing::end).map_or(i64::MIN, Timestamp::as_unix);
        if year == this_year() && end < now - STALE && !rests {
            // What is archived can be looked at all the same.
            let is_whole = standing.is_some_and(|standing| standing.status.missing.is_empty());
            let which = if is_whole { None } else { Some(year) };
            let _ = self.order_fetch(user, which, client).await;
        }
        Ok(())
    }
}

impl App {
    /// Orders that the albums of a year are looked up, if some never were and nobody is at it. After a
    /// fetch of the year that is ordered [already](crate::work::Crew): this is for what was archived
    /// otherwise.
    pub(crate) async fn see_to_years(&self, looked: &crate::view::YearData) -> Result<(), Failure> {
        let (Some(standing), Some(of)) = (&looked.standing, &looked.year) else { return Ok(()) };
        let job_states = &looked.job_states;
        let is_missing = self.finds_years && looked.view.covered && of.is_pending();
        if !is_missing || job_states.fetching().is_some() {
            return Ok(());
        }
        let now = dates::now().as_unix();
        let is_due = job_states.enrich.as_ref().is_none_or(|state| {
            let ended = state.finished_at.unwrap_or(state.updated_at);
            let since = job_states.fetch.as_ref().and_then(|fetch| fetch.finished_at);
            let is_older = since.is_some_and(|since| ended < since);
            !state.status.is_live() && (is_older || ended.as_unix() < now - REST)
        });
        if !is_due {
            return Ok(());
        }
        let user = &standing.status.user.name;
        match self.order_enrich(user, looked.view.year).await {
            // It is ordered by the next who looks.
            Ok(()) | Err(Failure::Full { .. } | Failure::Paused(_)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}
