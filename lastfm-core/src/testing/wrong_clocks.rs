//! Clocks that cannot be trusted: the machine's own, and the one in the service's answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use http::{HeaderValue, header};

use super::oracle::Planted;
use super::{Dice, VirtualClock};
use crate::archive::{ArchiveStore, StoreResult};
use crate::transport::{Request, Response, Transport, TransportError};
use crate::{Clock as _, Timestamp};

const HOUR: i64 = 3600;
/// How wrong the machine's clock is at most, either way.
const TWO_DAYS: i64 = 48 * HOUR;
/// How wrong the service's clock is at most, either way.
const FIVE_MINUTES: i64 = 300;

/// Makes clocks wrong for one [schedule](super::oracle::run_schedule), as its seed says, and looks
/// whether the archive claims anything that was not seen.
///
/// The machine's wall clock is up to two days off, jumps when a run begins, or jumps while it
/// reads. The `Date` of the service's answers is five minutes off, jumps about, or is missing, now
/// and then or always. Only a clock that nobody corrects must stand still somewhere: where `Date`
/// is always missing, the wall does not jump.
#[derive(Debug, Clone)]
pub struct WrongClocks(Arc<State>);

#[derive(Debug)]
struct State {
    clock: VirtualClock,
    store: Arc<dyn ArchiveStore>,
    wall: Wall,
    date: Date,
    seen: Mutex<Seen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wall {
    StandsWrong,
    JumpsBetweenRuns,
    JumpsDuringRuns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Date {
    Right,
    Off(i64),
    Jumps,
    OftenMissing,
    Missing,
}

#[derive(Debug)]
struct Seen {
    dice: Dice,
    /// The latest moment of which any answer spoke: its `Date`, or the end of its newest play.
    latest: Timestamp,
    claimed: Option<String>,
}

impl WrongClocks {
    /// The wrong clocks of this seed. `clock` is what the schedule and the store run on.
    #[allow(clippy::similar_names)] // A seed is what it is, and what was seen, too.
    pub fn new(seed: u64, clock: VirtualClock, store: Arc<dyn ArchiveStore>) -> Self {
        let mut dice = Dice::stream(seed, 0xC10C);
        let date = match dice.below(6) {
            0 => Date::Right,
            1 => Date::Off(FIVE_MINUTES),
            2 => Date::Off(-FIVE_MINUTES),
            3 => Date::Jumps,
            4 => Date::OftenMissing,
            _ => Date::Missing,
        };
        let wall = match dice.below(3) {
            0 if date != Date::Missing => Wall::JumpsBetweenRuns,
            1 if date != Date::Missing => Wall::JumpsDuringRuns,
            _ => Wall::StandsWrong,
        };
        clock.set_wall_error(dice.between(-TWO_DAYS, TWO_DAYS + 1));
        let seen = Mutex::new(Seen { dice, latest: Timestamp::MIN, claimed: None });
        Self(Arc::new(State { clock, store, wall, date, seen }))
    }

    /// What to put between the program and the world.
    pub fn planted(&self) -> Planted {
        let state = Arc::clone(&self.0);
        let around = move |inner| {
            // A run begins.
            if state.wall == Wall::JumpsBetweenRuns {
                state.jump();
            }
            let state = Arc::clone(&state);
            Arc::new(Misdated { inner, state }) as Arc<dyn Transport>
        };
        Planted { transport: Some(Arc::new(around)), ..Planted::default() }
    }

    /// Which clocks are wrong, and how.
    pub fn in_words(&self) -> String {
        let (wall, date) = (self.0.wall, self.0.date);
        format!("the machine's clock: {wall:?}; the service's: {date:?}")
    }

    /// What the archive claimed to cover beyond everything that it had seen, in words.
    ///
    /// # Errors
    ///
    /// These words.
    pub fn verdict(&self) -> Result<(), String> {
        self.0.seen().claimed.clone().map_or(Ok(()), Err)
    }
}

impl State {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        // A test that panicked with the lock held has failed already.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn jump(&self) {
        let mut seen = self.seen();
        let error = match seen.dice.below(4) {
            // Summer begins or ends, a second is put in, or everything is possible.
            0 => HOUR,
            1 => -HOUR,
            2 => 1,
            _ => seen.dice.between(-TWO_DAYS, TWO_DAYS + 1),
        };
        self.clock.set_wall_error(error);
    }

    /// Changes the answer's `Date`, and notes of which moment the answer speaks.
    fn misdate(&self, response: &mut Response) {
        let mut seen = self.seen();
        let right = response.headers.get(header::DATE).and_then(|date| date.to_str().ok());
        let right = right.and_then(Timestamp::from_http_date);
        let told = match self.date {
            Date::Right => right,
            Date::Off(by) => right.map(|date| date.plus(by)),
            Date::Jumps => {
                let by = seen.dice.between(-FIVE_MINUTES, FIVE_MINUTES + 1);
                right.map(|date| date.plus(by))
            }
            Date::OftenMissing => right.filter(|_| seen.dice.chance(0.3)),
            Date::Missing => None,
        };
        response.headers.remove(header::DATE);
        if let Some(date) = told.and_then(http_date) {
            response.headers.insert(header::DATE, date);
        }
        let newest = newest_play(&String::from_utf8_lossy(&response.body));
        let after_newest = newest.map(|newest| newest.plus(1));
        seen.latest = seen.latest.max(after_newest.unwrap_or(Timestamp::MIN));
        // Where nobody tells the time, the machine's is all there is.
        let alone = (self.date == Date::Missing).then(|| self.clock.wall());
        // Between two that tell the time, a stopwatch does.
        let timed = right.filter(|_| self.date == Date::OftenMissing);
        seen.latest = seen.latest.max(told.or(timed).or(alone).unwrap_or(Timestamp::MIN));
    }

    async fn look(&self) -> StoreResult<()> {
        for user in self.store.users().await? {
            let coverage = self.store.coverage(user.id).await?;
            let end = coverage.last().map_or(Timestamp::MIN, |last| last.span.end);
            let mut seen = self.seen();
            if end > seen.latest && seen.claimed.is_none() {
                let latest = seen.latest;
                seen.claimed = Some(format!("covered until {end}, seen until {latest}"));
            }
        }
        Ok(())
    }
}

/// Stands between the program and the service.
#[derive(Debug)]
struct Misdated {
    inner: Arc<dyn Transport>,
    state: Arc<State>,
}

#[async_trait]
impl Transport for Misdated {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        if self.state.wall == Wall::JumpsDuringRuns && self.state.seen().dice.chance(0.2) {
            self.state.jump();
        }
        // What fails here is the store's affair, and fails for the program, too.
        let _ = self.state.look().await;
        let mut response = self.inner.send(request).await?;
        self.state.misdate(&mut response);
        Ok(response)
    }
}

fn http_date(at: Timestamp) -> Option<HeaderValue> {
    let at = jiff::Timestamp::from_second(at.as_unix()).ok()?;
    let text = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).ok()?;
    HeaderValue::try_from(text).ok()
}

/// The moment of the newest play in an answer.
fn newest_play(body: &str) -> Option<Timestamp> {
    let uts = body.split(r#""uts":""#).skip(1);
    let seconds = uts.filter_map(|rest| rest.split('"').next()?.parse().ok());
    seconds.max().map(Timestamp::from_unix)
}
