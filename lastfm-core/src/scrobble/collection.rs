//! More plays than a day can take, spread so that each is sent in time.

use std::fmt::Write as _;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::album::{length, submission};
use super::rules::seconds;
use super::{Album, NewJob, Submission};
use crate::{NewPlay, PlayerTrack, Timestamp};

/// Albums and tracks that are scrobbled as one job, in their order.
///
/// The service takes so many plays a day ([`Pace`]), and no play that began more than 14 days ago.
/// So what still fits into today is sent now, as if it ended now: each track as long as it is, or
/// all closer together where they would take more than a day. The rest is spread over the days to
/// come, behind what is promised already: each day, from midnight UTC as the service has it, takes
/// as many as it may, evenly and whatever their lengths. They are due in stretches of up to 50,
/// once the last of a stretch counts, so that a stretch is one request.
///
/// No day is promised more than it takes, so plays get old only while nothing sends them: no play
/// is too old as long as that was for no more than 10 days in all. What does it is to send the
/// oldest first, as a [queue](super::ScrobbleQueue::take) does.
///
/// ```
/// use lastfm_core::scrobble::{Album, Collection, Pace};
/// use lastfm_core::{PlayerTrack, Timestamp};
///
/// let now = Timestamp::from_unix(1_776_024_459);
/// let side = Album::new((1..=10).map(|n| PlayerTrack::new("Low", format!("Song {n}"))));
/// let shelf = (0..200).fold(Collection::new("My records"), |shelf, _| shelf.album(&side));
///
/// let plan = shelf.plan(Pace::default(), now);
/// assert_eq!(plan.forecast.play_count, 2000);
/// assert_eq!(plan.forecast.days, 3);
/// // Run again tomorrow, it is the same job, and adds nothing.
/// assert_eq!(plan.job.key, shelf.plan(Pace::default(), now.plus(86_400)).job.key);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    title: String,
    tracks: Vec<PlayerTrack>,
}

/// How many plays a day may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pace {
    limit: u32,
    live: u32,
    used: u32,
}

/// A job, and what is to be expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Plan {
    /// The job, to be [added](super::ScrobbleQueue::add_job). Its plays are not
    /// [checked](super::rules::checked) yet.
    pub job: NewJob,
    /// What is to be expected.
    pub forecast: Forecast,
}

/// What is to be expected of a job, if nothing holds it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Forecast {
    /// How many plays.
    pub play_count: u64,
    /// When the first one begins, or began; now if there is none.
    pub begins_at: Timestamp,
    /// When the last one is due.
    pub finished_at: Timestamp,
    /// In how many days that is, by the service's days, which begin at midnight UTC; 0 for at once.
    pub days: u64,
}

/// How far back plays are put at most: a day. More would only be lost to outages.
const BACK: Duration = Duration::from_secs(DAY);

/// Over how much of a day to come its plays are spread: the last of them has counted before the
/// next day begins.
const SPREAD: u64 = 23 * 60 * 60;

/// How many plays are due at once: what the service takes in one request.
const STRETCH: u64 = 50;

const DAY: u64 = 24 * 60 * 60;

impl Default for Pace {
    fn default() -> Self {
        Self { limit: 600, live: 100, used: 0 }
    }
}

impl Pace {
    /// How many plays the service takes a day, at least 1. Default: 600, the least of what was seen
    /// since it was lowered in June 2026 (600 to 800).
    pub fn limit(self, limit: u32) -> Self {
        Self { limit: limit.max(1), ..self }
    }

    /// How many of them are left to what the user listens to meanwhile, which goes first.
    /// Default: 100. At least one a day is left to jobs.
    pub fn live(self, live: u32) -> Self {
        Self { live, ..self }
    }

    /// How many plays have a claim to today and the days to come already: those that were accepted
    /// since midnight UTC, and all others in the queue that are still
    /// [open](super::Counts::open). Default: 0.
    pub fn used(self, used: u32) -> Self {
        Self { used, ..self }
    }

    /// How many plays of jobs go a day.
    fn rate(self) -> u64 {
        // No two of them in one second.
        u64::from(self.limit.saturating_sub(self.live)).clamp(1, SPREAD)
    }
}

impl Collection {
    /// An empty one, by the name that a person gives it.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), tracks: Vec::new() }
    }

    /// Also this album.
    pub fn album(self, album: &Album) -> Self {
        self.tracks(album.tracks().iter().cloned())
    }

    /// Also these tracks.
    pub fn tracks(mut self, tracks: impl IntoIterator<Item = PlayerTrack>) -> Self {
        self.tracks.extend(tracks);
        self
    }

    /// What tells it from others: the same title and the same names in the same order have the same
    /// key, whenever they are planned and whatever else is known of the tracks. 64 hexadecimal
    /// digits.
    pub fn key(&self) -> String {
        let mut digest = Sha256::new();
        let mut add = |text: &str| {
            // The length keeps apart what would run into one another.
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text);
        };
        add(&self.title);
        for track in &self.tracks {
            add(&track.artist);
            add(&track.name);
            add(track.album.as_deref().unwrap_or_default());
        }
        digest.finalize().iter().fold(String::new(), |mut key, byte| {
            // Writing to a string does not fail.
            let _ = write!(key, "{byte:02x}");
            key
        })
    }

    /// When its tracks are played, and until when that is sent.
    pub fn plan(&self, pace: Pace, now: Timestamp) -> Plan {
        let (rate, used) = (pace.rate(), u64::from(pace.used));
        let left = usize::try_from(rate.saturating_sub(used)).unwrap_or(usize::MAX);
        let (today, later) = self.tracks.split_at(left.min(self.tracks.len()));
        // The first place that is free is behind those that are used.
        self.spread(ending(today, now), later, used.max(rate), rate, now)
    }

    /// The same for a job that begins later: nothing is played before `start`, and from then on all
    /// of it is spread as the days to come are. A `start` that has passed is now.
    ///
    /// ```
    /// use lastfm_core::scrobble::{Collection, Pace};
    /// use lastfm_core::{PlayerTrack, Timestamp};
    ///
    /// let now = Timestamp::from_unix(1_776_024_459);
    /// let songs = (1..=700).map(|n| PlayerTrack::new("Low", format!("Song {n}")));
    /// let plan = Collection::new("Songs").tracks(songs).plan_from(
    ///     Pace::default(),
    ///     now.plus(3 * 86_400),
    ///     now,
    /// );
    /// assert!(plan.forecast.begins_at >= now.plus(3 * 86_400));
    /// assert!(plan.job.plays.iter().all(|play| play.due_at.is_some()));
    /// assert_eq!(plan.forecast.days, 5);
    /// ```
    pub fn plan_from(&self, pace: Pace, start: Timestamp, now: Timestamp) -> Plan {
        let rate = pace.rate();
        let before = start.max(now).since(midnight(now)).as_secs();
        let (day, of_day) = (before / DAY, before % DAY);
        let first = day.saturating_mul(rate) + (of_day * rate).div_ceil(SPREAD).min(rate);
        let first = first.max(u64::from(pace.used));
        self.spread(Vec::new(), &self.tracks, first, rate, now)
    }

    /// These plays, and these tracks at the places from the first one on: each day has `rate` of
    /// them, the first being today's.
    fn spread(
        &self,
        mut plays: Vec<Submission>,
        later: &[PlayerTrack],
        first: u64,
        rate: u64,
        now: Timestamp,
    ) -> Plan {
        let midnight = midnight(now);
        let places = (first..).zip(later).map(|(number, track)| {
            let (day, of_day) = (number / rate, number % rate);
            let after = Duration::from_secs(day * DAY + of_day * SPREAD / rate);
            let play = submission(track.clone(), midnight.plus(seconds(after)), now);
            ((day, of_day / STRETCH), play)
        });
        let places: Vec<_> = places.collect();
        for stretch in places.chunk_by(|(one, _), (other, _)| one == other) {
            let due_at = stretch.iter().filter_map(|(_, play)| play.due_at).max();
            plays.extend(stretch.iter().map(|(_, play)| Submission { due_at, ..play.clone() }));
        }
        let forecast = Forecast {
            play_count: plays.len() as u64,
            begins_at: plays.first().map_or(now, |play| play.play.played_at),
            finished_at: plays.last().and_then(|play| play.due_at).unwrap_or(now),
            days: places.last().map_or(0, |((day, _), _)| *day),
        };
        Plan { job: NewJob::new(self.key(), self.title.clone(), plays), forecast }
    }
}

/// The begin of the service's day.
fn midnight(now: Timestamp) -> Timestamp {
    now.plus(-now.as_unix().rem_euclid(seconds(Duration::from_secs(DAY))))
}

/// The plays of these tracks, one after another, as if the last of them ended now.
fn ending(tracks: &[PlayerTrack], now: Timestamp) -> Vec<Submission> {
    let total = tracks.iter().map(length).fold(Duration::ZERO, Duration::saturating_add);
    let count = tracks.len() as u64;
    let mut heard = Duration::ZERO;
    let plays = (0..).zip(tracks).map(|(place, track)| {
        let before_now = if total <= BACK {
            total.saturating_sub(heard)
        } else {
            Duration::from_secs((count - place) * BACK.as_secs() / count)
        };
        heard = heard.saturating_add(length(track));
        Submission::new(NewPlay::new(track.clone(), now.plus(-seconds(before_now))))
    });
    plays.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scrobble::rules;

    const NOW: Timestamp = Timestamp::from_unix(1_776_024_459);

    fn songs(count: usize, length: u64) -> Collection {
        let song = |n| PlayerTrack::new("Low", format!("Song {n}"));
        let songs = (0..count).map(|n| song(n).duration(Duration::from_secs(length)));
        Collection::new("Songs").tracks(songs)
    }

    #[test]
    fn what_fits_into_today_ends_now() {
        let plan = songs(400, 200).plan(Pace::default(), NOW);
        assert_eq!(plan.forecast.begins_at, NOW.plus(-80_000));
        assert_eq!((plan.forecast.finished_at, plan.forecast.days), (NOW, 0));
        assert_eq!(plan.job.plays[399].play.played_at, NOW.plus(-200));
        assert!(plan.job.plays.iter().all(|play| play.due_at.is_none()));
    }

    #[test]
    fn what_is_too_long_for_a_day_is_put_closer_together() {
        let plan = songs(480, 3_600).plan(Pace::default(), NOW);
        assert_eq!(plan.forecast.begins_at, NOW.plus(-86_400));
        assert_eq!(plan.job.plays[479].play.played_at, NOW.plus(-180));
        assert_eq!(plan.forecast.days, 0);
    }

    #[test]
    fn what_does_not_fit_is_due_in_stretches_in_the_days_to_come() {
        let plan = songs(1_200, 100).plan(Pace::default(), NOW);
        let midnight = NOW.as_unix().div_euclid(86_400) * 86_400;
        let began = |n: usize| plan.job.plays[n].play.played_at.as_unix() - midnight;
        let due = |n: usize| plan.job.plays[n].due_at.map(|due| due.as_unix() - midnight);
        assert_eq!((due(499), began(500), began(1_000)), (None, 86_400, 2 * 86_400));
        // One every 165.6 seconds; it counts after 50.
        assert_eq!((began(549), due(500)), (86_400 + 8_114, Some(86_400 + 8_114 + 50)));
        let stretches = plan.job.plays.chunk_by(|one, other| one.due_at == other.due_at);
        let stretches: Vec<usize> = stretches.map(<[Submission]>::len).collect();
        assert_eq!(stretches, [&[500][..], &[50; 14]].concat());
        assert_eq!(plan.forecast.days, 2);
        assert_eq!(Some(plan.forecast.finished_at), plan.job.plays[1_199].due_at);
    }

    #[test]
    fn what_is_promised_comes_before() {
        let plan = |used| songs(500, 200).plan(Pace::default().used(used), NOW).forecast.days;
        assert_eq!([0, 1, 700, 1_000, 1_001].map(plan), [0, 1, 2, 2, 3]);
    }

    #[test]
    fn nothing_to_play_is_done() {
        let plan = songs(0, 0).plan(Pace::default(), NOW);
        assert_eq!((plan.forecast.days, plan.forecast.begins_at), (0, NOW));
        assert!(plan.job.plays.is_empty());
    }

    #[test]
    fn a_job_is_known_by_its_title_and_its_names() {
        let key = songs(3, 200).key();
        assert_eq!((key.len(), key == songs(3, 100).key()), (64, true));
        let two = |one: &str, other: &str| {
            Collection::new("Songs").tracks([PlayerTrack::new(one, other)]).key()
        };
        assert_ne!(two("ab", "c"), two("a", "bc"));
        assert_ne!(key, songs(4, 200).key());
        assert_ne!(Collection::new("a").key(), Collection::new("b").key());
    }

    #[test]
    fn a_job_that_begins_later_plays_nothing_before_and_no_day_takes_too_many() {
        for (start, used) in [(0, 0), (3600, 0), (90_000, 0), (90_000, 700), (-5, 120), (86_399, 3)]
        {
            let (pace, start) = (Pace::default().limit(200).used(used), NOW.plus(start));
            let plan = songs(350, 200).plan_from(pace, start, NOW);
            let begins_at = plan.forecast.begins_at;
            assert!(begins_at >= start.max(NOW), "{start} {used}");
            // The last hour of a day is nobody's.
            let is_soon = begins_at < start.max(NOW).plus(2 * HOUR);
            assert!(is_soon || used > 0, "{start}: {begins_at}");
            let mut of_day = std::collections::BTreeMap::new();
            for play in &plan.job.plays {
                assert!(play.due_at.unwrap() > play.play.played_at);
                *of_day.entry(day(play.play.played_at)).or_insert(0) += 1;
            }
            assert!(of_day.values().all(|plays| *plays <= 100), "{of_day:?}");
            assert_eq!(plan.job.plays.len(), 350);
        }
    }

    const HOUR: i64 = 60 * 60;
    const A_DAY: i64 = 24 * HOUR;

    /// A service that takes `rate` plays of jobs a day, and a program that is off for a while.
    struct World {
        rate: usize,
        /// How long after midnight the service's count is set back.
        turn: i64,
        off: std::ops::Range<Timestamp>,
        left: usize,
        /// The oldest first.
        open: Vec<Submission>,
        sent: Vec<(Submission, Timestamp)>,
    }

    impl World {
        fn add(&mut self, plan: &Plan) {
            self.open.extend(plan.job.plays.iter().cloned());
            self.open.sort_by_key(|play| play.play.played_at);
        }

        /// Goes on from hour to hour.
        fn go_on(&mut self, from: Timestamp, until: Timestamp) {
            let mut at = from;
            while at < until {
                if !self.off.contains(&at) {
                    let is_due = |play: &mut Submission| {
                        let goes = self.left > 0 && play.due_at.is_none_or(|due| due <= at);
                        self.left -= usize::from(goes);
                        goes
                    };
                    let taken = self.open.extract_if(.., is_due);
                    self.sent.extend(taken.map(|play| (play, at)));
                }
                at = at.plus(HOUR);
                if (at.as_unix() - self.turn).rem_euclid(A_DAY) < HOUR {
                    self.left = self.rate;
                }
            }
        }
    }

    fn day(at: Timestamp) -> i64 {
        at.as_unix().div_euclid(A_DAY)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Two jobs, whatever the limit, whenever the service's count is set back, and though
        /// nothing is sent for up to ten days.
        #[test]
        fn no_play_is_too_old_or_to_come_when_it_is_sent(
            lengths in prop::collection::vec(prop::option::of(1_u64..20_000), 1..40),
            tenths in (1_usize..80, 1_usize..80),
            limit in 1_u32..400,
            live in 0_u32..200,
            used_tenths in 0_u32..=10,
            time_of_day in 0_i64..A_DAY,
            turn in prop_oneof![Just(0), 0_i64..A_DAY],
            off in (prop_oneof![Just(0), 0_i64..480], prop_oneof![Just(0), 0_i64..=240]),
            second_after in 0_i64..240,
        ) {
            let now = Timestamp::from_unix(day(NOW) * A_DAY + time_of_day);
            let pace = Pace::default().limit(limit).live(live);
            let rate = usize::try_from(pace.rate()).unwrap();
            let used = u32::try_from(rate).unwrap() * used_tenths / 10;
            let collection = |title: &str, tenths: usize| {
                let song = |length: &Option<u64>| {
                    let song = PlayerTrack::new("Low", title);
                    length.map_or(song.clone(), |length| song.duration(Duration::from_secs(length)))
                };
                let songs = lengths.iter().map(song).cycle().take((rate * tenths).div_ceil(10));
                Collection::new(title).tracks(songs)
            };
            let first = collection("Words", tenths.0).plan(pace.used(used), now);
            let off_from = now.plus(off.0 * HOUR);
            let mut world = World {
                rate,
                turn,
                off: off_from..off_from.plus(off.1 * HOUR),
                left: rate - used as usize,
                open: Vec::new(),
                sent: Vec::new(),
            };
            world.add(&first);
            let then = now.plus(second_after * HOUR);
            world.go_on(now, then);
            let today = world.sent.iter().filter(|(_, at)| day(*at) == day(then)).count();
            let earlier = if day(then) == day(now) { used } else { 0 };
            let promised = u32::try_from(today + world.open.len()).unwrap() + earlier;
            let second = collection("Fear", tenths.1).plan(pace.used(promised), then);
            world.add(&second);
            world.go_on(then, then.plus(60 * A_DAY));

            prop_assert!(world.open.is_empty());
            for (play, at) in &world.sent {
                let began = play.play.played_at;
                prop_assert!(rules::oldest(*at) <= began, "{began} is too old at {at}");
                prop_assert!(began < *at, "{began} is to come at {at}");
            }
            let mut due = std::collections::BTreeMap::from([(day(now), used as usize)]);
            for (plan, planned_at) in [(&first, now), (&second, then)] {
                let mut before = Timestamp::MIN;
                for play in &plan.job.plays {
                    prop_assert!(before < play.play.played_at);
                    before = play.play.played_at;
                    *due.entry(day(play.due_at.unwrap_or(planned_at))).or_default() += 1;
                }
            }
            prop_assert!(due.values().all(|count| *count <= rate), "{due:?}, rate {rate}");
            let is_smooth = turn == 0 && off.1 == 0;
            let last = world.sent.iter().map(|(_, at)| *at).max().unwrap();
            let forecast = first.forecast.finished_at.max(second.forecast.finished_at);
            prop_assert!(!is_smooth || last < forecast.plus(HOUR), "sent {last}, said {forecast}");
        }
    }
}
