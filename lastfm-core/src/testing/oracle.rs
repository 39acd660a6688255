//! The oracle: an archive against the truth, while the account lives, the service fails and the
//! program is killed.
//!
//! One seed is one schedule. Everything in it follows from the seed, so that a failing one can be
//! run again.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::cutting::{Cut, Cutting};
use super::stories::until_cut;
use super::{Dice, FakeLastfm, FakeLastfmTransport, Scenario, TruePlay, VirtualClock};
use crate::archive::{ArchiveStore, Archiver, Span, SyncError, WorkerId};
use crate::transport::Transport;
use crate::{ApiKey, Client, Clock, Credentials, Play, Timestamp, Username};

const HOUR: Duration = Duration::from_secs(3600);
const START: Timestamp = Timestamp::from_unix(1_780_000_000);
/// The time in which there are faults, kills and pauses.
const TROUBLED: Duration = Duration::from_secs(72 * 3600);
/// The time in which the account changes.
const LIVELY: Duration = Duration::from_secs(116 * 3600);
/// An edit of an older play changes no count and is found only by reading everything again.
const EDIT_IS_FOUND: i64 = 14 * 24 * 3600;
/// After a failure, how many runs are told of.
const RUNS_TOLD: usize = 12;

/// Of what is wrong, how many are told.
const FIRST_TOLD: usize = 5;

/// Second, artist, track and album of a play, and how often.
type Plays = BTreeMap<(Timestamp, String, String, Option<String>), i64>;

/// What a test puts between the program and the world: planted bugs, mostly.
#[derive(Clone, Default)]
pub struct Planted {
    /// Stands between the archiver and its store.
    pub store: Option<Around<dyn ArchiveStore>>,
    /// Stands between the client and the service.
    pub transport: Option<Around<dyn Transport>>,
    /// Does the work in the archiver's place.
    pub engine: Option<Engine>,
}

/// Puts something around a store or a transport.
pub type Around<T> = Arc<dyn Fn(Arc<T>) -> Arc<T> + Send + Sync>;

/// A program that archives a user's history, once.
pub type Engine = Arc<
    dyn Fn(Client, Arc<dyn ArchiveStore>, Username) -> Pin<Box<dyn Future<Output = ()> + Send>>
        + Send
        + Sync,
>;

impl std::fmt::Debug for Planted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planted").finish_non_exhaustive()
    }
}

/// What a schedule came to, where nothing was wrong.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Tally {
    /// Plays that the service held at the end.
    pub plays: usize,
    /// Requests that were made.
    pub requests: usize,
    /// Runs that were killed.
    pub kills: usize,
    /// Runs of one worker while another was paused.
    pub pauses: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.plays += other.plays;
        self.requests += other.requests;
        self.kills += other.kills;
        self.pauses += other.pauses;
    }
}

/// Runs the schedule of `seed` on an empty store.
///
/// # Errors
///
/// What was lost, doubled or invented, in words.
pub async fn run_schedule(
    seed: u64,
    scenario: Scenario,
    clock: VirtualClock,
    store: Arc<dyn ArchiveStore>,
    planted: Planted,
) -> Result<Tally, String> {
    let mut scenario = scenario;
    scenario.life.until = Some(LIVELY.as_secs());
    let mut dice = Dice::stream(seed, 0x0_4AC1E);
    let fake = Arc::new(Mutex::new(FakeLastfm::new(seed, &scenario, START)));
    let user = lock(&fake).user().parse().map_err(|error| format!("{error}"))?;
    let mut schedule = Schedule {
        seed,
        page_size: *dice.pick(&[50, 200, 1000]),
        user,
        dice,
        fake,
        clock,
        store,
        planted,
        tally: Tally::default(),
        runs: Vec::new(),
    };
    if let Err(wrong) = schedule.whole().await {
        let last = schedule.runs.len().saturating_sub(RUNS_TOLD);
        let runs = schedule.runs[last..].join("\n  ");
        return Err(format!("{wrong}\n  the last runs:\n  {runs}"));
    }
    schedule.tally.plays = lock(&schedule.fake).truth().len();
    schedule.tally.requests = lock(&schedule.fake).log().len();
    Ok(schedule.tally)
}

/// The clock that a schedule runs on.
pub fn schedule_clock() -> VirtualClock {
    VirtualClock::new(START)
}

struct Schedule {
    seed: u64,
    dice: Dice,
    page_size: u32,
    user: Username,
    fake: Arc<Mutex<FakeLastfm>>,
    clock: VirtualClock,
    store: Arc<dyn ArchiveStore>,
    planted: Planted,
    tally: Tally,
    /// How each run ended.
    runs: Vec<String>,
}

impl Schedule {
    async fn whole(&mut self) -> Result<(), String> {
        self.troubled_days().await?;
        self.one_sync_loses_nothing().await?;
        self.a_day_of_hourly_runs().await
    }

    async fn troubled_days(&mut self) -> Result<(), String> {
        while self.clock.elapsed() < TROUBLED {
            match self.dice.below(10) {
                0..=4 => {
                    let steps = 1 + self.dice.below(*self.dice.clone().pick(&[20, 100, 600]));
                    let cut = Cut::after(steps);
                    self.work("first", &cut).await?;
                    self.tally.kills += usize::from(cut.is_cut());
                }
                5..=6 => self.two_workers_one_paused().await?,
                _ => {
                    self.work("first", &Cut::never()).await?;
                }
            }
            let minutes = *self.dice.pick(&[0, 1, 20, 60, 60, 400]);
            self.clock.advance(Duration::from_secs(60 * minutes + self.dice.below(60)));
        }
        Ok(())
    }

    async fn two_workers_one_paused(&mut self) -> Result<(), String> {
        let cut = Cut::after(1 + self.dice.below(40));
        let mut paused = Box::pin(self.start("paused", &cut));
        let mut outcome = until_cut(&mut paused, &cut).await;
        if outcome.is_none() {
            self.tally.pauses += 1;
            let away = *self.dice.pick(&[10, 90, 7200]);
            self.clock.advance(Duration::from_secs(away));
            if away > 60 {
                self.work("second", &Cut::never()).await?;
            }
            cut.go_on();
            outcome = Some(paused.await);
        }
        self.note("paused", &cut, outcome.as_ref());
        self.check(outcome)
    }

    async fn work(&mut self, worker: &str, cut: &Cut) -> Result<(), String> {
        let mut work = Box::pin(self.start(worker, cut));
        let outcome = until_cut(&mut work, cut).await;
        drop(work);
        self.note(worker, cut, outcome.as_ref());
        self.check(outcome)
    }

    /// Remembers how a run ended, for whoever has to find out what went wrong.
    fn note(&mut self, worker: &str, cut: &Cut, outcome: Option<&Result<(), SyncError>>) {
        let how = match outcome {
            None => "killed".to_owned(),
            Some(Ok(())) if cut.is_cut() => "paused, then done".to_owned(),
            Some(Ok(())) => "done".to_owned(),
            Some(Err(error)) => error.to_string(),
        };
        let hours = self.clock.elapsed().as_secs_f64() / 3600.0;
        let requests = lock(&self.fake).log().len();
        self.runs.push(format!("{hours:.2} h, request {requests}: {worker}: {how}"));
    }

    /// An error of the service is nothing but its faults; any other is a failure.
    fn check(&self, outcome: Option<Result<(), SyncError>>) -> Result<(), String> {
        match outcome {
            Some(Err(error @ (SyncError::Store { .. } | SyncError::AnotherAccount { .. }))) => {
                let at = self.clock.elapsed();
                Err(format!("after {at:?}: {error}: {:?}", std::error::Error::source(&error)))
            }
            _ => Ok(()),
        }
    }

    /// One run, cut as `cut` says; owns what it needs.
    fn start(
        &self,
        worker: &str,
        cut: &Cut,
    ) -> impl Future<Output = Result<(), SyncError>> + Send + use<> {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let transport = FakeLastfmTransport::new(Arc::clone(&self.fake), Arc::clone(&clock));
        let mut transport: Arc<dyn Transport> = Arc::new(Cutting::new(transport, cut.clone()));
        let mut store: Arc<dyn ArchiveStore> =
            Arc::new(Cutting::new(Arc::clone(&self.store), cut.clone()));
        if let Some(plant) = &self.planted.transport {
            transport = plant(transport);
        }
        if let Some(plant) = &self.planted.store {
            store = plant(store);
        }
        // The key is not blank.
        let credentials = Credentials::read_only(ApiKey::new("key").expect("a key"));
        let client = Client::builder(credentials, transport, clock).jitter_seed(self.seed).build();
        let worker = WorkerId(worker.to_owned());
        let (user, page_size) = (self.user.clone(), self.page_size);
        let engine = self.planted.engine.clone();
        async move {
            if let Some(engine) = engine {
                engine(client, store, user).await;
                return Ok(());
            }
            let archiver = Archiver::new(client, store, worker).with_page_size(page_size);
            archiver.sync(user).finish().await.map(drop)
        }
    }

    async fn one_sync_loses_nothing(&mut self) -> Result<(), String> {
        lock(&self.fake).heal_all();
        // What was refused is tried again after a day.
        self.clock.advance(25 * HOUR);
        let before = self.truth();
        self.work("last", &Cut::never()).await?;
        let after = self.truth();
        let still: BTreeSet<_> = after.iter().map(|play| (play.id, play.key())).collect();
        let kept: Vec<TruePlay> =
            before.into_iter().filter(|old| still.contains(&(old.id, old.key()))).collect();
        let ever = lock(&self.fake).ever();
        let mut archived = self.archived().await?;
        let allowed = count_of(&ever);
        for (play, count) in &archived {
            let most = allowed.get(play).copied().unwrap_or(0);
            if *count > most {
                return Err(format!("after one sync: {count} of {play:?}, ever {most}"));
            }
        }
        let lost = take_all(&mut archived, &kept, &ever);
        if lost.is_empty() {
            Ok(())
        } else {
            Err(format!("after one sync: lost {}", some_of(&lost)))
        }
    }

    async fn a_day_of_hourly_runs(&mut self) -> Result<(), String> {
        // The account lives on for a while; an edit is found within a day of hourly runs.
        while self.clock.elapsed() < LIVELY + 25 * HOUR {
            self.clock.advance(HOUR);
            self.work("hourly", &Cut::never()).await?;
        }
        let (truth, ever) = (self.truth(), lock(&self.fake).ever());
        let mut archived = self.archived().await?;
        let lost = take_all(&mut archived, &truth, &ever);
        archived.retain(|_, count| *count != 0);
        if truth.is_empty() {
            // That everything is gone is believed after seven days, not before.
            archived.clear();
        }
        if lost.is_empty() && archived.is_empty() {
            return Ok(());
        }
        let extra: Vec<_> = archived.into_iter().collect();
        let (lost, extra) = (some_of(&lost), some_of(&extra));
        Err(format!("after a day of hourly runs: lost {lost}, too many {extra}"))
    }

    fn truth(&self) -> Vec<TruePlay> {
        let now = START.plus(i64::try_from(self.clock.elapsed().as_secs()).unwrap_or(i64::MAX));
        lock(&self.fake).truth_at(now)
    }

    async fn archived(&self) -> Result<Plays, String> {
        let failed = |error: crate::archive::StoreError| format!("{error:?}");
        let mut plays = Plays::new();
        let Some(user) = self.store.user(&self.user).await.map_err(failed)? else {
            return Ok(plays);
        };
        let mut after = None;
        loop {
            let page = self.store.plays(user.id, Span::EVER, after, 5000).await.map_err(failed)?;
            let Some(last) = page.last() else { return Ok(plays) };
            after = Some(last.place);
            for stored in page {
                *plays.entry(key_of(&stored.play)).or_default() += 1;
            }
        }
    }
}

/// How many there are, and the first of them.
fn some_of<T: std::fmt::Debug>(all: &[T]) -> String {
    format!("{}: {:?}", all.len(), &all[..all.len().min(FIRST_TOLD)])
}

/// Takes each of `truth` out of `archived`, in any wording that an old edit may have left; gives
/// what is not there.
fn take_all(archived: &mut Plays, truth: &[TruePlay], ever: &[TruePlay]) -> Vec<TruePlay> {
    let mut earlier: BTreeMap<u64, Vec<&TruePlay>> = BTreeMap::new();
    for play in ever.iter().filter(|play| is_worded_anew_too_late(play)) {
        earlier.entry(play.id).or_default().push(play);
    }
    // Among equal plays nobody knows which of them was worded otherwise before.
    let mut alike: BTreeMap<_, Vec<&TruePlay>> = BTreeMap::new();
    for play in truth {
        let worded = earlier.get(&play.id).into_iter().flatten();
        alike.entry(owned_key(play)).or_default().extend(worded);
    }
    let mut take = |play: &TruePlay| {
        let count = archived.get_mut(&owned_key(play)).filter(|count| **count > 0);
        count.map(|count| *count -= 1).is_some()
    };
    let other_words: Vec<&TruePlay> = truth.iter().filter(|play| !take(play)).collect();
    let is_lost = |play: &&TruePlay| !alike[&owned_key(play)].iter().any(|earlier| take(earlier));
    other_words.into_iter().filter(is_lost).cloned().collect()
}

/// Whether a play got other words when it was too old for that to be noticed.
fn is_worded_anew_too_late(play: &TruePlay) -> bool {
    let gone = play.gone_ms.map_or(0, |ms| i64::try_from(ms / 1000).unwrap_or(0));
    START.plus(gone).as_unix() - play.at.as_unix() > EDIT_IS_FOUND
}

fn count_of(plays: &[TruePlay]) -> Plays {
    let mut counts = Plays::new();
    for play in plays {
        *counts.entry(owned_key(play)).or_default() += 1;
    }
    counts
}

fn owned_key(play: &TruePlay) -> (Timestamp, String, String, Option<String>) {
    let (at, artist, track, album) = play.key();
    (at, artist.to_owned(), track.to_owned(), album.map(str::to_owned))
}

fn key_of(play: &Play) -> (Timestamp, String, String, Option<String>) {
    let track = play.track();
    (play.played_at(), track.artist, track.name, track.album)
}

fn lock(fake: &Mutex<FakeLastfm>) -> std::sync::MutexGuard<'_, FakeLastfm> {
    fake.lock().unwrap_or_else(PoisonError::into_inner)
}
