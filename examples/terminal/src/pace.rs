//! How far a run is, how fast it goes, and how long it will take.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use lastfm_core::Timestamp;
use lastfm_core::archive::Span;

/// The pace is that of this time: long enough to be steady, short enough to forget an outage.
const LOOK_BACK: Duration = Duration::from_secs(60);
/// There is no pace yet in less.
const LEAST: Duration = Duration::from_secs(2);

/// How far a run is, and how fast it got there.
#[derive(Debug)]
pub struct Pace {
    /// Plays that are archived.
    pub held: u64,
    /// Plays that there are, if that is known.
    pub total: Option<u64>,
    /// Down to where the plays are archived.
    pub reached: Option<Timestamp>,
    /// Plays a second that are to be expected.
    planned: Option<f64>,
    /// Whether a step was taken.
    is_begun: bool,
    samples: VecDeque<(Instant, u64)>,
}

impl Pace {
    /// A run begins, with so much in hand.
    pub fn new(held: u64, total: Option<u64>) -> Self {
        let (reached, planned, samples) = (None, None, VecDeque::new());
        Self { held, total, reached, planned, is_begun: false, samples }
    }

    /// The same, at so many plays a second until that can be measured.
    pub fn planned(self, plays_a_second: Option<f64>) -> Self {
        Self { planned: plays_a_second, ..self }
    }

    /// Notes that a span was archived.
    pub fn archived(&mut self, span: Span, held: u64, total: Option<u64>, now: Instant) {
        self.held = held;
        self.total = total.or(self.total);
        if span.start != Timestamp::MIN {
            self.reached = Some(span.start);
        }
        // The first step was asked for before the run knew what there is to do, and comes at once.
        if !std::mem::replace(&mut self.is_begun, true) {
            return;
        }
        self.samples.push_back((now, held));
        let is_old = |(at, _): &(Instant, u64)| now.saturating_duration_since(*at) > LOOK_BACK;
        // The last of the old ones is where the time begins that is looked at.
        while self.samples.len() > 2 && self.samples.get(1).is_some_and(is_old) {
            self.samples.pop_front();
        }
    }

    /// Plays that are still to come.
    pub fn left(&self) -> Option<u64> {
        self.total.map(|total| total.saturating_sub(self.held))
    }

    /// Plays a second: measured from one step to another, because plays come a few thousand at a
    /// time; before that, as planned.
    pub fn rate(&self) -> Option<f64> {
        self.measured().or(self.planned)
    }

    fn measured(&self) -> Option<f64> {
        let ((began, before), (ended, held)) = (*self.samples.front()?, *self.samples.back()?);
        let gained = held.checked_sub(before)?;
        let took = ended.saturating_duration_since(began);
        // Counts of plays are far below where `f64` gets coarse.
        #[allow(clippy::cast_precision_loss)]
        (took >= LEAST).then(|| gained as f64 / took.as_secs_f64())
    }

    /// How long that will take, from the plays left and the pace.
    pub fn time_left(&self) -> Option<Duration> {
        let left = self.left().filter(|left| *left > 0)?;
        let rate = self.rate().filter(|rate| *rate > 0.0)?;
        // Whole seconds are shown; counts of plays are far below where `f64` gets coarse.
        #[allow(clippy::cast_precision_loss)]
        Duration::try_from_secs_f64(left as f64 / rate).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: Span = Span::new(Timestamp::from_unix(5), Timestamp::from_unix(9));

    /// What a run of 10,000 plays says is left after each of these steps, in seconds.
    fn left(mut pace: Pace, steps: &[(u64, u64)]) -> Vec<Option<u64>> {
        let start = Instant::now();
        let after = steps.iter().map(|(second, held)| {
            pace.archived(SPAN, *held, None, start + Duration::from_secs(*second));
            pace.time_left().map(|left| left.as_secs())
        });
        after.collect()
    }

    #[test]
    fn the_time_left_follows_from_the_pace() {
        let pace = Pace::new(0, Some(10_000));
        assert_eq!(pace.time_left(), None);
        let steps = [(0, 1000), (6, 4000), (7, 5000), (9, 7000), (10, 7500)];
        assert_eq!(left(pace, &steps), [None, None, None, Some(3), Some(2)]);
    }

    #[test]
    fn until_two_batches_have_come_the_plan_says_how_long_it_takes() {
        // 3,000 plays every three seconds, the first of them after six: it reads ahead.
        let pace = Pace::new(0, Some(10_000)).planned(Some(1000.0));
        assert_eq!(pace.time_left(), Some(Duration::from_secs(10)));
        let steps = [(0, 1000), (6, 4000), (9, 7000)];
        assert_eq!(left(pace, &steps), [Some(9), Some(6), Some(3)]);
    }

    #[test]
    fn an_outage_is_forgotten() {
        let pace = Pace::new(0, Some(10_000));
        // An hour of outage, then 1,000 plays a second again.
        let steps = [(0, 1000), (2, 2000), (3600, 3000), (3661, 4000), (3662, 5000), (3663, 6000)];
        assert!(left(pace, &steps).pop().unwrap().unwrap() < 120);
    }

    #[test]
    fn nothing_left_takes_no_time() {
        let pace = Pace::new(7, Some(7)).planned(Some(1.0));
        assert_eq!((pace.left(), pace.time_left()), (Some(0), None));
    }
}
