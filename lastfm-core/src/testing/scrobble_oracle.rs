//! The oracle of a scrobble queue: what was handed over against what the service has, while the
//! service lies, answers get lost, the session ends and programs are killed.
//!
//! One seed is one schedule. Everything in it follows from the seed, so that a failing one can be
//! run again.

mod ledger;
mod plan;
mod program;
mod turns;

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use self::ledger::Ledger;
use self::plan::Plan;
use self::program::{APP, Program, Surroundings};
use super::oracle::Around;
use super::stories::until_cut;
use super::{Cut, Dice, FailingQueue, FakeLastfm, VirtualClock};
use crate::archive::{StoreError, StoreResult};
use crate::scrobble::{
    Account, Change, Counts, Filter, QueuedPlay, ScrobbleQueue, Selection, State,
};
use crate::transport::Transport;
use crate::{Clock, Timestamp};

const HOUR: Duration = Duration::from_secs(3_600);
/// The time in which there are faults, kills and pauses, at least.
const TROUBLED: Duration = Duration::from_secs(72 * 3_600);
/// After faults have ended, everything must be settled within this time: the daily limit makes it
/// long, and a play that was queued by a clock two days ahead waits for its time.
const SETTLED: Duration = Duration::from_secs(9 * 24 * 3_600);
/// After a failure, how much of what happened is told.
const TOLD: usize = 25;

/// What a test puts between the program and the world: planted bugs, mostly.
#[derive(Clone, Default)]
pub struct Planted {
    /// Stands between the sender and its queue.
    pub queue: Option<Around<dyn ScrobbleQueue>>,
    /// Stands between the client and the service.
    pub transport: Option<Around<dyn Transport>>,
    /// Stands between the program and its clock.
    pub clock: Option<Around<dyn Clock>>,
}

impl std::fmt::Debug for Planted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Planted").finish_non_exhaustive()
    }
}

/// What a schedule came to, where nothing was wrong.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Tally {
    /// Plays in the queue.
    pub plays: usize,
    /// Those that the service has.
    pub accepted: usize,
    /// Those that it will not have.
    pub refused: usize,
    /// Those that a person dropped.
    pub cancelled: usize,
    /// Those of which nobody will ever know: another device played something in that second.
    pub unknown: usize,
    /// Requests of all kinds.
    pub requests: usize,
    /// Requests with plays.
    pub scrobbles: usize,
    /// Requests with plays that met a fault.
    pub faults: usize,
    /// Programs that were killed.
    pub kills: usize,
    /// Programs that were paused while another one went on.
    pub pauses: usize,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.plays += other.plays;
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.cancelled += other.cancelled;
        self.unknown += other.unknown;
        self.requests += other.requests;
        self.scrobbles += other.scrobbles;
        self.faults += other.faults;
        self.kills += other.kills;
        self.pauses += other.pauses;
    }
}

/// Runs the schedule of `seed` on an empty queue: 500 plays over some days.
///
/// Programs are killed and paused between any two of their steps, also on the way to the network.
///
/// # Errors
///
/// What was lost, doubled, invented or hidden, in words.
pub async fn run_scrobble_schedule(
    seed: u64,
    clock: VirtualClock,
    queue: Arc<dyn ScrobbleQueue>,
    planted: Planted,
) -> Result<Tally, String> {
    let mut schedule = Schedule::new(seed, clock, queue, planted)?;
    match schedule.whole().await {
        Ok(tally) => Ok(tally),
        Err(wrong) => {
            let last = schedule.story.len().saturating_sub(TOLD);
            let story = schedule.story[last..].join("\n  ");
            Err(format!("{wrong}\n  what happened last:\n  {story}"))
        }
    }
}

struct Schedule {
    dice: Dice,
    plan: Plan,
    around: Surroundings,
    /// The queue itself.
    queue: Arc<dyn ScrobbleQueue>,
    /// Plays of the service that the queue did not bring.
    others: BTreeSet<u64>,
    ledger: Ledger,
    /// The session that the app remembers.
    session: String,
    /// Whether the sender still has to hear of it.
    is_new_session: bool,
    /// When the session was revoked, and when the user notices.
    logout: Option<(Duration, Duration)>,
    program: Option<Program>,
    tally: Tally,
    story: Vec<String>,
}

/// Something that a program does.
type Work<T> = Pin<Box<dyn Future<Output = StoreResult<T>> + Send>>;

impl Schedule {
    fn new(
        seed: u64,
        clock: VirtualClock,
        queue: Arc<dyn ScrobbleQueue>,
        planted: Planted,
    ) -> Result<Self, String> {
        let mut dice = Dice::stream(seed, 0x0_5C20B);
        let scenario = plan::scenario(seed);
        let mut fake = FakeLastfm::new(seed, &scenario, clock.now());
        fake.know_app(APP.0, APP.1);
        let session = fake.log_in(&scenario.user).unwrap_or_default();
        let others = fake.truth().iter().map(|play| play.id).collect();
        let user = scenario.user.parse().map_err(|error| format!("{error}"))?;
        let logout = dice.chance(0.6).then(|| {
            let from = Duration::from_secs(dice.below(60 * 3_600));
            (from, from + Duration::from_secs(dice.below(20 * 3_600)))
        });
        let fake = Arc::new(Mutex::new(fake));
        let failing = Arc::new(FailingQueue::new(Arc::clone(&queue)));
        let around = Surroundings { seed, fake, clock, queue: failing, planted, user };
        Ok(Self {
            dice,
            plan: Plan::new(seed),
            around,
            queue,
            others,
            ledger: Ledger::default(),
            session,
            is_new_session: false,
            logout,
            program: None,
            tally: Tally::default(),
            story: Vec::new(),
        })
    }

    async fn whole(&mut self) -> Result<Tally, String> {
        self.troubled_days().await?;
        self.quiet_days().await?;
        let account = self.account().await?.ok_or("there is no account")?;
        let (now, queue) = (self.now(), Arc::clone(&self.queue));
        let truth = self.fake().truth();
        let mut tally =
            self.ledger.check(queue.as_ref(), &account, &truth, &self.others, now).await?;
        let fake = self.fake();
        let scrobbles = fake.log().iter().filter(|entry| entry.method == "track.scrobble");
        tally.faults = scrobbles.clone().filter(|entry| entry.fault.is_some()).count();
        tally.scrobbles = scrobbles.count();
        tally.requests = fake.log().len();
        (tally.kills, tally.pauses) = (self.tally.kills, self.tally.pauses);
        Ok(tally)
    }

    async fn troubled_days(&mut self) -> Result<(), String> {
        while self.around.clock.elapsed() < TROUBLED || !self.plan.is_over() {
            self.things_happen();
            self.log_in_and_out().await?;
            if !self.plan.is_over() && self.dice.chance(0.6) {
                self.hand_over().await?;
            }
            if self.dice.chance(0.25) {
                self.a_person_acts().await?;
            }
            match self.dice.below(10) {
                0..=6 => self.send().await,
                7 => self.one_is_paused().await,
                8 => self.two_at_once().await,
                _ => {}
            }
            let minutes = *self.dice.pick(&[0, 1, 3, 20, 60, 200]);
            self.around.clock.advance(Duration::from_secs(60 * minutes + self.dice.below(60)));
        }
        Ok(())
    }

    /// Faults are over, the user is logged in, and nobody holds anything back.
    async fn quiet_days(&mut self) -> Result<(), String> {
        self.program = None;
        self.around.queue.recover();
        self.fake().heal_all();
        self.log_in();
        let began = self.around.clock.elapsed();
        loop {
            let start = Program::start(&self.around, &self.session, Cut::never());
            start.clone().logged_in(self.session.clone()).await.map_err(failed)?;
            start.clone().resume().await.map_err(failed)?;
            start.clone().change(Selection::All, Change::Resume).await.map_err(failed)?;
            for _ in 0..12 {
                start.clone().drain(Duration::from_secs(600)).await.map_err(failed)?;
                self.around.clock.advance(HOUR);
            }
            let counts = self.counts().await?;
            let quiet = self.around.clock.elapsed().saturating_sub(began);
            let unknown = counts.of(State::Unknown);
            // What stays unknown now stays so for good.
            if counts.open() == unknown && (unknown == 0 || quiet > 24 * HOUR) {
                return Ok(());
            }
            if quiet > SETTLED {
                let account = self.account().await?.ok_or("there is no account")?;
                let held = self.queue.held(&account).await.map_err(failed)?;
                return Err(format!("never settled: {counts:?}, {held:?}"));
            }
        }
    }

    /// Lets the program do something, the one that runs or a new one; nothing if it was killed.
    async fn act<T: std::fmt::Debug>(
        &mut self,
        what: &str,
        work: impl FnOnce(Program) -> Work<T>,
    ) -> Option<StoreResult<T>> {
        if self.program.is_none() {
            let most = *self.dice.pick(&[10, 40, 150, 1_000]);
            let steps = 1 + self.dice.below(most);
            let cut = if self.dice.chance(0.15) { Cut::never() } else { Cut::after(steps) };
            self.program = Some(Program::start(&self.around, &self.session, cut));
        }
        let program = self.program.clone()?;
        let cut = program.cut.clone();
        let mut work = work(program);
        let outcome = until_cut(&mut work, &cut).await;
        drop(work);
        match &outcome {
            None => {
                self.tally.kills += 1;
                self.program = None;
                self.note(&format!("{what}: killed"));
            }
            Some(Ok(_)) => self.note(&format!("{what}: done")),
            Some(Err(error)) => self.note(&format!("{what}: {error}")),
        }
        outcome
    }

    fn note(&mut self, what: &str) {
        let hours = self.around.clock.elapsed().as_secs_f64() / 3_600.0;
        let requests = self.fake().log().len();
        self.story.push(format!("{hours:.3} h, request {requests}: {what}"));
    }

    /// What the queue holds, asked past the program.
    async fn listed(&self, filter: Filter) -> Result<Vec<QueuedPlay>, String> {
        let Some(account) = self.account().await? else { return Ok(Vec::new()) };
        let plays = self.queue.plays(&account, filter, None, usize::MAX, self.now()).await;
        plays.map_err(failed)
    }

    async fn counts(&self) -> Result<Counts, String> {
        let Some(account) = self.account().await? else { return Ok(Counts::default()) };
        self.queue.counts(&account, self.now()).await.map_err(failed)
    }

    async fn account(&self) -> Result<Option<Account>, String> {
        Ok(self.queue.accounts().await.map_err(failed)?.into_iter().next())
    }

    /// The true time, to which the service is advanced.
    fn now(&self) -> Timestamp {
        let now = self.around.clock.now();
        self.fake().advance_to(now);
        now
    }

    fn fake(&self) -> MutexGuard<'_, FakeLastfm> {
        self.around.fake.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[allow(clippy::needless_pass_by_value)] // So that it can be named in `map_err`.
fn failed(error: StoreError) -> String {
    format!("{error:?}")
}
