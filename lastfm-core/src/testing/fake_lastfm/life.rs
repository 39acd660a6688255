//! What happens to an account while time passes.

use std::ops::Range;

use super::accounts::Owner;
use super::catalogue::{Taste, Tune};
use super::history::{History, NEVER};
use super::scenario::{LifeKnobs, NowPlaying, Scenario, Scheduled};
use super::{Happening, listener};
use crate::testing::Dice;

/// The account, its plays, and what is still to come.
#[derive(Debug)]
pub(super) struct World {
    pub(super) user: String,
    pub(super) registered: i64,
    pub(super) exists: bool,
    pub(super) hidden: bool,
    pub(super) history: History,
    pub(super) owner: Owner,
    pub(super) now_ms: i64,
    pub(super) start: i64,
    pub(super) taste: Taste,
    pub(super) dice: Dice,
    knobs: LifeKnobs,
    scheduled: Vec<Scheduled>,
    /// When the track that is playing began and ends (ms), or the next one if none is.
    track: (Range<i64>, u32),
    last_played: Option<u32>,
    next_late_batch: i64,
    next_delete: i64,
    next_edit: i64,
    next_touch: i64,
}

/// What comes next.
enum Next {
    TrackEnds,
    LateBatch,
    Delete,
    Edit,
    Touch,
    Scheduled,
}

impl World {
    pub(super) fn new(scenario: &Scenario, seed: u64, start: i64) -> Self {
        let knobs = scenario.life.clone();
        let history = &scenario.history;
        let taste = Taste::new(Dice::stream(seed, 1), history.hostile_names, history.without_album);
        let mut scheduled = scenario.scheduled.clone();
        scheduled.sort_by_key(|scheduled| std::cmp::Reverse(scheduled.after));
        let mut world = Self {
            user: scenario.user.clone(),
            registered: start,
            exists: true,
            hidden: scenario.service.hidden,
            history: History::default(),
            owner: Owner::default(),
            now_ms: 0,
            start,
            taste,
            dice: Dice::stream(seed, 2),
            knobs,
            scheduled,
            track: (NEVER..NEVER, 0),
            last_played: None,
            next_late_batch: NEVER,
            next_delete: NEVER,
            next_edit: NEVER,
            next_touch: NEVER,
        };
        world.begin(0);
        world
    }

    /// Fills the history as its knobs say.
    pub(super) fn invent_past(&mut self, scenario: &Scenario, seed: u64) {
        let mut dice = Dice::stream(seed, 3);
        let tunes = &mut self.history.tunes;
        let knobs = &scenario.history;
        let past = listener::past(knobs, self.start, &mut self.taste, tunes, &mut dice);
        self.registered = past.registered;
        self.history.found(past.plays);
    }

    /// Starts everything that happens at random.
    pub(super) fn begin(&mut self, at_ms: i64) {
        let until = self.knobs.until.map_or(NEVER, super::milliseconds);
        let knobs = &self.knobs;
        let dice = &mut self.dice;
        let mut first = |per_day: f64| {
            let at = at_ms.saturating_add(dice.wait_ms(per_day));
            if at < until { at } else { NEVER }
        };
        self.next_late_batch = first(knobs.late_batches_per_day);
        self.next_delete = first(knobs.deletes_per_day);
        self.next_edit = first(knobs.edits_per_day);
        self.next_touch = first(knobs.touches_per_day);
        self.track = (NEVER..NEVER, 0);
        if self.knobs.plays_per_day > 0.0 {
            self.play_next(at_ms);
        }
    }

    /// Ends everything that happens at random, the track that is playing included.
    pub(super) fn rest(&mut self) {
        self.track = (NEVER..NEVER, 0);
        self.next_late_batch = NEVER;
        self.next_delete = NEVER;
        self.next_edit = NEVER;
        self.next_touch = NEVER;
    }

    /// Lets nothing happen by itself any more, now or later.
    pub(super) fn rest_for_good(&mut self) {
        self.scheduled.clear();
        self.knobs.until = Some(0);
        self.rest();
    }

    /// Lets everything happen that happens up to this time.
    pub(super) fn advance(&mut self, to_ms: i64) {
        loop {
            let scheduled = self.scheduled.last();
            let scheduled = scheduled.map_or(NEVER, |next| super::milliseconds(next.after));
            let comes = [
                (scheduled, Next::Scheduled),
                (self.track.0.end, Next::TrackEnds),
                (self.next_late_batch, Next::LateBatch),
                (self.next_delete, Next::Delete),
                (self.next_edit, Next::Edit),
                (self.next_touch, Next::Touch),
            ];
            let first = comes.into_iter().min_by_key(|(at_ms, _)| *at_ms);
            let Some((at_ms, next)) = first.filter(|(at_ms, _)| *at_ms <= to_ms) else {
                break;
            };
            if at_ms == NEVER {
                break;
            }
            self.now_ms = self.now_ms.max(at_ms);
            self.come(&next);
        }
        self.now_ms = self.now_ms.max(to_ms);
    }

    fn come(&mut self, next: &Next) {
        let knobs = self.knobs.clone();
        let until = knobs.until.map_or(NEVER, super::milliseconds);
        let (now_ms, dice) = (self.now_ms, &mut self.dice);
        let mut again = |per_day: f64| {
            let at = now_ms.saturating_add(dice.wait_ms(per_day));
            if at < until { at } else { NEVER }
        };
        match next {
            Next::Scheduled => {
                if let Some(scheduled) = self.scheduled.pop() {
                    self.happen(&scheduled.happening);
                }
            }
            Next::TrackEnds => self.track_ends(),
            Next::LateBatch => {
                self.next_late_batch = again(knobs.late_batches_per_day);
                let plays = 20 + self.dice.index(41);
                self.happen(&Happening::LateBatch { plays, oldest_days: 13 });
            }
            Next::Delete => {
                self.next_delete = again(knobs.deletes_per_day);
                self.happen(&Happening::DeleteRandom { plays: 1 });
            }
            Next::Edit => {
                self.next_edit = again(knobs.edits_per_day);
                self.happen(&Happening::Edit { plays: 1 });
            }
            Next::Touch => {
                self.next_touch = again(knobs.touches_per_day);
                self.happen(&Happening::Touch { tracks: 1 });
            }
        }
    }

    /// The play appears when the track ends, with the time of its start.
    fn track_ends(&mut self) {
        let (time, tune) = self.track.clone();
        let at = self.start + time.start.div_euclid(1_000);
        // Two devices at times report the same play.
        let copies = if self.dice.chance(0.01) { 2 } else { 1 };
        for _ in 0..copies {
            self.history.insert(at, tune, self.now_ms);
        }
        self.last_played = Some(tune);
        self.play_next(time.end);
    }

    /// Chooses the next track: at once, or after a pause.
    fn play_next(&mut self, after_ms: i64) {
        const TRACKS_IN_A_SESSION: f64 = 12.0;
        let per_day = self.knobs.plays_per_day;
        let mut start = after_ms;
        if self.dice.chance(1.0 / TRACKS_IN_A_SESSION) || self.last_played.is_none() {
            // The pauses take up what a day of so many plays leaves.
            let listening = (per_day * 240.0 / 86_400.0).min(0.95);
            let sessions = per_day / TRACKS_IN_A_SESSION / (1.0 - listening);
            start = start.saturating_add(self.dice.wait_ms(sessions));
        }
        let length = 1_000 * listener::length_of_a_track(&mut self.dice);
        let end = start.saturating_add(length);
        let until = self.knobs.until.map_or(NEVER, super::milliseconds);
        let tune = self.taste.next(&mut self.history.tunes);
        self.track = if end < until { (start..end, tune) } else { (NEVER..NEVER, tune) };
    }

    /// The track that is playing: what an app says, or else what the listener plays.
    pub(super) fn now_playing(&self, knob: NowPlaying) -> Option<&Tune> {
        let playing = self.track.0.contains(&self.now_ms);
        let told = self.owner.playing.filter(|told| self.now_ms < told.until_ms);
        let tune = match knob {
            NowPlaying::Never => None,
            _ if told.is_some() => told.map(|told| told.tune),
            NowPlaying::WhilePlaying => playing.then_some(self.track.1),
            NowPlaying::Always if playing => Some(self.track.1),
            NowPlaying::Always => {
                let newest = self.history.shown().last();
                self.last_played.or_else(|| newest.map(|entry| self.history.tune_number(entry)))
            }
        };
        tune.map(|tune| &self.history.tunes[tune as usize])
    }

    /// Keeps a description of a track.
    pub(super) fn add(&mut self, tune: Tune) -> u32 {
        self.history.tunes.push(tune);
        // Memory ends long before four thousand million tracks.
        u32::try_from(self.history.tunes.len() - 1).unwrap_or(u32::MAX)
    }
}
