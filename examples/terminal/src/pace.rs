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
    samples: VecDeque<(Instant, u64)>,
}

impl Pace {
    /// The run begins now, with so much in hand.
    pub fn new(held: u64, total: Option<u64>, now: Instant) -> Self {
        Self { held, total, reached: None, samples: VecDeque::from([(now, held)]) }
    }

    /// Notes that a span was archived.
    pub fn archived(&mut self, span: Span, held: u64, total: Option<u64>, now: Instant) {
        self.held = held;
        self.total = total.or(self.total);
        if span.start != Timestamp::MIN {
            self.reached = Some(span.start);
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

    /// Plays a second.
    pub fn rate(&self, now: Instant) -> Option<f64> {
        let (began, held) = *self.samples.front()?;
        let gained = self.held.checked_sub(held)?;
        let took = now.saturating_duration_since(began);
        // Counts of plays are far below where `f64` gets coarse.
        #[allow(clippy::cast_precision_loss)]
        (took >= LEAST).then(|| gained as f64 / took.as_secs_f64())
    }

    /// How long that will take, from the plays left and the pace measured.
    pub fn time_left(&self, now: Instant) -> Option<Duration> {
        let left = self.left().filter(|left| *left > 0)?;
        let (began, held) = *self.samples.front()?;
        let gained = self.held.checked_sub(held).filter(|gained| *gained > 0)?;
        let took = now.saturating_duration_since(began);
        if took < LEAST {
            return None;
        }
        // Whole seconds are shown; counts of plays are far below where `f64` gets coarse.
        #[allow(clippy::cast_precision_loss)]
        let share = left as f64 / gained as f64;
        Duration::try_from_secs_f64(took.as_secs_f64() * share).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_the_pace() {
        let start = Instant::now();
        let second = |seconds| start + Duration::from_secs(seconds);
        let span = Span::new(Timestamp::from_unix(5), Timestamp::from_unix(9));
        let mut pace = Pace::new(0, Some(10_000), start);
        assert_eq!(pace.time_left(second(1)), None);
        pace.archived(span, 1000, Some(10_000), second(1));
        assert_eq!(pace.time_left(second(1)), None);
        pace.archived(span, 2000, Some(10_000), second(2));
        assert_eq!(pace.time_left(second(2)).unwrap().as_secs(), 8);
        // An hour of outage, then 1,000 plays a second again.
        for (at, held) in [(3600, 3000), (3661, 4000), (3662, 5000), (3663, 6000)] {
            pace.archived(span, held, Some(10_000), second(at));
        }
        assert!(pace.time_left(second(3663)).unwrap().as_secs() < 120);
    }

    #[test]
    fn nothing_left_takes_no_time() {
        let pace = Pace::new(7, Some(7), Instant::now());
        assert_eq!((pace.left(), pace.time_left(Instant::now())), (Some(0), None));
    }
}
