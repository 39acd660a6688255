//! More plays than a day can take, spread so that each is sent in time.

use std::fmt::Write as _;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::album::{length, submission};
use super::rules::seconds;
use super::{Album, NewJob, Submission};
use crate::{PlayerTrack, Timestamp};

/// Albums and tracks that are scrobbled as one job, in their order.
///
/// The service takes so many plays a day ([`Pace`]), and no play that began more than 14 days ago.
/// So plays that do not fit into today are spread: one after another, so many a day at most,
/// from up to 12 days back until now, and from there into the days to come, where each is due when
/// it counts. What fits into today ends now, each track as long as it is.
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
    /// When the first one began; now if there is none.
    pub begins_at: Timestamp,
    /// About when the last one is sent.
    pub finished_at: Timestamp,
    /// In how many days that is, rounded up; 0 for at once.
    pub days: u64,
}

/// How far back plays are put at most: 12 days.
///
/// Plays wait for a day's limit to turn for up to a day, and so are 13 days old at most. Another
/// day is left for an outage.
const BACK: Duration = Duration::from_secs(12 * DAY);

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

    /// How many of today's are sent already, or promised to another job. Default: 0.
    pub fn used(self, used: u32) -> Self {
        Self { used, ..self }
    }

    /// How many plays of jobs go a day.
    fn rate(self) -> u32 {
        self.limit.saturating_sub(self.live).max(1)
    }

    /// How many plays of jobs can still go today.
    fn left(self) -> u32 {
        self.limit.saturating_sub(self.live).saturating_sub(self.used)
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
        let count = self.tracks.len() as u64;
        let total = |gap: Duration| {
            let steps = self.tracks.iter().map(|track| length(track).max(gap));
            steps.fold(Duration::ZERO, Duration::saturating_add)
        };
        let is_today = count <= u64::from(pace.left());
        let gap = if is_today { 0 } else { DAY.div_ceil(u64::from(pace.rate())) };
        let gap = Duration::from_secs(gap);
        let begins_at = now.plus(-seconds(total(gap).min(BACK)));
        let mut began = begins_at;
        let plays = self.tracks.iter().map(|track| {
            let play = submission(track.clone(), began, now);
            began = began.plus(seconds(length(track).max(gap)));
            play
        });
        let plays: Vec<Submission> = plays.collect();
        let last_due = plays.iter().filter_map(|play| play.due_at).max().unwrap_or(now);
        let turns = count.saturating_sub(pace.left().into()).div_ceil(pace.rate().into());
        let finished_at = last_due.max(now.plus(seconds(Duration::from_secs(turns * DAY))));
        let days = finished_at.since(now).as_secs().div_ceil(DAY);
        Plan {
            job: NewJob::new(self.key(), self.title.clone(), plays),
            forecast: Forecast { play_count: count, begins_at, finished_at, days },
        }
    }
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
        let plan = songs(500, 200).plan(Pace::default(), NOW);
        assert_eq!(plan.forecast.begins_at, NOW.plus(-100_000));
        assert_eq!((plan.forecast.finished_at, plan.forecast.days), (NOW, 0));
        assert_eq!(plan.job.plays[499].play.played_at, NOW.plus(-200));
        assert!(plan.job.plays.iter().all(|play| play.due_at.is_none()));
    }

    #[test]
    fn what_does_not_fit_is_spread_over_the_days_to_come() {
        let plan = songs(501, 100).plan(Pace::default(), NOW);
        assert_eq!(plan.forecast.days, 1);
        let gap =
            plan.job.plays[0].play.played_at.as_unix() - plan.job.plays[1].play.played_at.as_unix();
        assert_eq!(gap, -173);
        let years = songs(100_000, 200).plan(Pace::default().limit(600).live(0), NOW).forecast;
        assert_eq!(years.begins_at, NOW.plus(-12 * 86_400));
        assert_eq!(years.days, 220);
    }

    #[test]
    fn what_is_used_of_today_is_not_planned_again() {
        let plan = |used| songs(500, 200).plan(Pace::default().used(used), NOW).forecast.days;
        assert_eq!((plan(0), plan(1), plan(700)), (0, 1, 1));
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

    /// Sends what a day takes, the oldest first, each when it is due: the moments of sending.
    fn sent(plays: &[Submission], pace: Pace, first_turn: i64) -> Vec<Timestamp> {
        let (mut at, mut left, mut turn) = (NOW, pace.left(), NOW.plus(first_turn));
        let day = i64::try_from(DAY).unwrap();
        let sent = plays.iter().map(|play| {
            at = at.max(play.due_at.unwrap_or(at));
            while left == 0 || at >= turn {
                at = at.max(turn);
                (left, turn) = (pace.rate(), turn.plus(day));
            }
            left -= 1;
            at
        });
        sent.collect()
    }

    proptest! {
        /// However many there are and however long, and whenever the service's day turns.
        #[test]
        fn no_play_is_too_old_or_to_come_when_it_is_sent(
            lengths in prop::collection::vec(prop::option::of(1_u64..4_000), 1..40),
            times in 1_usize..150,
            limit in 1_u32..900,
            live in 0_u32..200,
            used in 0_u32..900,
            first_turn in 1_i64..=86_400,
        ) {
            let song = |length: Option<u64>| {
                let song = PlayerTrack::new("Low", "Words");
                length.map_or(song.clone(), |length| song.duration(Duration::from_secs(length)))
            };
            let count = lengths.len() * times;
            let songs = lengths.into_iter().map(song).cycle().take(count);
            let pace = Pace::default().limit(limit).live(live).used(used);
            let plan = Collection::new("Songs").tracks(songs).plan(pace, NOW);
            let plays = &plan.job.plays;
            let sent = sent(plays, pace, first_turn);
            let mut before = Timestamp::MIN;
            for (play, at) in plays.iter().zip(&sent) {
                let began = play.play.played_at;
                prop_assert!(rules::oldest(*at) <= began, "{began} is too old at {at}");
                prop_assert!(began < *at, "{began} is to come at {at}");
                prop_assert!(before < began);
                before = began;
            }
            // A day goes for when the limit's day turns.
            let last = *sent.last().unwrap();
            let forecast = plan.forecast.finished_at;
            prop_assert!(last <= forecast.plus(86_400), "sent at {last}, forecast {forecast}");
        }
    }
}
