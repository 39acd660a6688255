//! A Last.fm of one's own: the same answers, the same oddities, and faults on demand.

mod accounts;
mod albums_and_tracks;
mod answers;
mod artists;
mod calls;
mod catalogue;
mod charts;
mod corrections;
mod delivery;
mod discography;
mod faults;
mod happening;
mod history;
mod lies;
mod life;
mod listener;
mod log;
mod logins;
mod loves;
mod names;
mod now_playing;
mod pages;
mod paging;
mod profile;
mod replay;
mod scenario;
mod scrobbles;
mod search;
mod spelling;
mod track_scrobbles;
mod transport;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

pub use delivery::Delivery;
pub use faults::{ErrorBody, Fault, Faults, Outage, RandomFault};
pub use happening::Happening;
pub use history::TruePlay;
pub use log::LogEntry;
pub use replay::MalformedHistory;
pub use scenario::{
    DailyLimit, Edge, EmptyPage, HistoryKnobs, LifeKnobs, NowPlaying, OldScrobbles, PoisonKnobs,
    PoisonScope, Scenario, Scheduled, ServiceKnobs, Ties, TooLong,
};
pub use transport::FakeLastfmTransport;

use self::discography::Discography;
use self::faults::FaultSource;
use self::life::World;
use self::log::Digest;
use self::logins::Logins;
use super::{Dice, SentRequest};
use crate::Timestamp;
use crate::transport::{Request, Response, TransportError};

/// One account or several on a Last.fm that keeps to the recorded behaviour of the real one: an
/// invented listener whose history changes while time passes, and a service that answers what an
/// app needs which logs people in, shows their charts and scrobbles.
///
/// Figures come out of the history, and what is scrobbled goes into it. What the rest of the world
/// listens to is invented once and for all: similar artists, listeners, tracks that nobody here
/// has played.
///
/// It is a plain value without clock or sockets: the same seed, scenario and requests give the
/// same answers and the same [`log`](Self::log). [`FakeLastfmTransport`] puts it behind a client.
///
/// ```
/// use lastfm_core::Timestamp;
/// use lastfm_core::testing::{FakeLastfm, Scenario};
/// use lastfm_core::transport::Request;
///
/// let start = Timestamp::from_unix(1_780_000_000);
/// let mut lastfm = FakeLastfm::new(7, &Scenario::still(300), start);
/// let request = Request::post(
///     "https://ws.audioscrobbler.com/2.0/".parse()?,
///     "method=user.getRecentTracks&user=rj&limit=200&api_key=x&format=json",
/// );
/// let page = lastfm.answer(&request, start)?;
/// assert_eq!(page.status, 200);
/// assert_eq!(lastfm.truth_at(start).len(), 300);
/// assert_eq!(lastfm.log()[0].plays, 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FakeLastfm {
    seed: u64,
    start: Timestamp,
    service: ServiceKnobs,
    world: World,
    /// The accounts beside the first one.
    others: Vec<World>,
    logins: Logins,
    discography: Discography,
    faults: FaultSource,
    poisoned: BTreeSet<i64>,
    poison_scope: PoisonScope,
    /// When the requests of the last second arrived.
    recent: VecDeque<i64>,
    /// What is done later than it was asked for: when (ms), and the number of the request.
    under_way: BTreeMap<(i64, usize), SentRequest>,
    log: Vec<LogEntry>,
}

impl FakeLastfm {
    /// The account of this seed, at this moment.
    pub fn new(seed: u64, scenario: &Scenario, start: Timestamp) -> Self {
        let mut fake = Self::without_history(seed, scenario, start);
        fake.world.invent_past(scenario, seed);
        fake.poison_random(scenario.poison.random);
        fake
    }

    /// An account without plays.
    fn without_history(seed: u64, scenario: &Scenario, start: Timestamp) -> Self {
        Self {
            seed,
            start,
            service: scenario.service.clone(),
            world: World::new(scenario, seed, start.as_unix()),
            others: Vec::new(),
            logins: Logins::new(Dice::stream(seed, 7)),
            discography: Discography::default(),
            faults: FaultSource::new(scenario.faults.clone(), Dice::stream(seed, 4)),
            poisoned: scenario.poison.seconds.iter().copied().collect(),
            poison_scope: scenario.poison.scope,
            recent: VecDeque::new(),
            under_way: BTreeMap::new(),
            log: Vec::new(),
        }
    }

    fn poison_random(&mut self, count: usize) {
        let mut dice = Dice::stream(self.seed, 5);
        let shown = self.world.history.shown();
        let seconds = (0..count).filter_map(|_| shown.get(dice.index(shown.len())));
        self.poisoned.extend(seconds.map(|entry| entry.at));
    }

    /// Answers a request that arrives now.
    ///
    /// Time only goes forward: an earlier `now` counts as the latest one.
    ///
    /// # Errors
    ///
    /// [`TransportError`] where a fault leaves the client without a complete response.
    pub fn answer(
        &mut self,
        request: &Request,
        now: Timestamp,
    ) -> Result<Response, TransportError> {
        self.answer_after(request, now.since(self.start))
    }

    /// Answers a request that arrives so long after the start.
    ///
    /// # Errors
    ///
    /// As [`answer`](Self::answer).
    pub fn answer_after(
        &mut self,
        request: &Request,
        elapsed: Duration,
    ) -> Result<Response, TransportError> {
        self.deliver(request, elapsed).into_result()
    }

    /// The moment at which the fake started.
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// The service's present moment, to the second.
    pub fn now(&self) -> Timestamp {
        self.start.plus(self.world.now_ms / 1_000)
    }

    /// The account's name at present.
    pub fn user(&self) -> &str {
        &self.world.user
    }

    /// When the account was registered.
    pub fn registered(&self) -> Timestamp {
        Timestamp::from_unix(self.world.registered)
    }

    /// Lets everything happen that happens until then.
    pub fn advance_to(&mut self, now: Timestamp) {
        let elapsed = now.since(self.start);
        self.advance(whole_milliseconds(elapsed));
    }

    /// What the service holds at this moment, oldest first: what an archive should hold.
    ///
    /// A moment to come is waited for.
    pub fn truth_at(&mut self, now: Timestamp) -> Vec<TruePlay> {
        self.advance_to(now);
        let end_of_second = whole_milliseconds(now.since(self.start)).saturating_add(999);
        let history = &self.world.history;
        if end_of_second >= self.world.now_ms {
            return history.plays(history.shown());
        }
        history.plays(&history.shown_at(end_of_second))
    }

    /// What the service holds at present, oldest first.
    pub fn truth(&self) -> Vec<TruePlay> {
        let history = &self.world.history;
        history.plays(history.shown())
    }

    /// Every play that ever was, as often as it was described another way: nothing else may be
    /// in any archive.
    pub fn ever(&self) -> Vec<TruePlay> {
        self.world.history.ever()
    }

    /// The service's object for a play, date included, byte for byte.
    pub fn object(&self, play: &TruePlay) -> String {
        self.world.history.object(play)
    }

    /// All requests so far.
    pub fn log(&self) -> &[LogEntry] {
        &self.log
    }

    /// A hash of the whole log: equal for equal runs.
    pub fn log_digest(&self) -> u64 {
        let mut digest = Digest::new();
        for entry in &self.log {
            digest.add(format!("{entry:?}").as_bytes());
        }
        digest.value()
    }

    /// The most requests that arrived within any time of this length.
    pub fn busiest(&self, window: Duration) -> usize {
        let window = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
        let starts = self.log.iter().enumerate();
        let counts = starts.map(|(first, entry)| {
            let end = entry.at_ms.saturating_add(window);
            self.log[first..].partition_point(|later| later.at_ms < end)
        });
        counts.max().unwrap_or(0)
    }

    /// Lets this happen now.
    pub fn happen(&mut self, happening: &Happening) {
        self.world.happen(happening);
    }

    /// Lets nothing happen by itself from now on, scheduled or at random. Whatever a test does
    /// still happens.
    pub fn rest(&mut self) {
        self.world.rest_for_good();
    }

    /// Adds a play now, however old it is; gives its number.
    pub fn insert(&mut self, at: Timestamp, artist: &str, track: &str, album: Option<&str>) -> u64 {
        let mut dice = Dice::stream(self.seed, self.world.history.tunes.len() as u64);
        let tune = replay::tune(artist, track, album, &mut dice);
        let tune = self.world.add(tune);
        let now_ms = self.world.now_ms;
        self.world.history.insert(at.as_unix(), tune, now_ms)
    }

    /// Deletes every play that `goes` says so of; says how many.
    pub fn delete_where(&mut self, mut goes: impl FnMut(&TruePlay) -> bool) -> usize {
        let truth = self.truth();
        let gone: BTreeSet<u64> = truth.iter().filter(|play| goes(play)).map(|p| p.id).collect();
        let now_ms = self.world.now_ms;
        self.world.history.remove(now_ms, |entry| gone.contains(&entry.id))
    }

    /// Gives another name to the track of every play that `is_meant` says so of, its second
    /// unchanged; says how many.
    pub fn edit_where(
        &mut self,
        mut is_meant: impl FnMut(&TruePlay) -> bool,
        track: &str,
    ) -> usize {
        let (truth, now_ms) = (self.truth(), self.world.now_ms);
        let meant = truth.iter().enumerate().filter(|(_, play)| is_meant(play));
        let places: Vec<usize> = meant.map(|(place, _)| place).collect();
        for place in &places {
            let history = &self.world.history;
            let old = history.tune(&history.shown()[*place]);
            let new = old.changed(|tune| tune.track = names::Name::new(track));
            let tune = self.world.add(new);
            self.world.history.replace(*place, tune, now_ms);
        }
        places.len()
    }

    /// Lets this fault happen to the next request, or to the one after those said before.
    pub fn fail_next(&mut self, fault: Fault) {
        self.faults.then(fault);
    }

    /// Makes a second unreadable.
    pub fn poison(&mut self, second: Timestamp) {
        self.poisoned.insert(second.as_unix());
    }

    /// Makes a second readable again.
    pub fn heal(&mut self, second: Timestamp) {
        self.poisoned.remove(&second.as_unix());
    }

    /// The seconds that cannot be read.
    pub fn poisoned(&self) -> impl Iterator<Item = Timestamp> + '_ {
        self.poisoned.iter().copied().map(Timestamp::from_unix)
    }

    /// Ends all faults for good, unreadable seconds included. What the service is like by nature
    /// (edges, limits, the order of ties, a total that is behind) stays, and what it will do
    /// [later](Fault::LateAfter) it still does.
    pub fn heal_all(&mut self) {
        self.faults.switch_off();
        self.poisoned.clear();
    }

    /// How the service reads requests and writes answers, to be changed on the way.
    pub fn service_mut(&mut self) -> &mut ServiceKnobs {
        &mut self.service
    }
}

/// Milliseconds of these seconds.
fn milliseconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000)
}

fn whole_milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
