//! What a player did, made into plays.

use std::time::Duration;

use super::Threshold;
use super::rules::seconds;
use crate::{NewPlay, PlayerTrack, Timestamp};

#[cfg(test)]
mod tests;

/// Listens to a player, and says what is playing and what has been played.
///
/// A track counts once what was really heard of it is enough ([`Threshold`]): pauses and what was
/// skipped add nothing. Where a player says its positions, these show what was heard, as far as time
/// allows, and nothing is heard without one: a player that hangs adds nothing. Where only time tells,
/// a machine that slept adds 30 seconds at most. The play carries the moment at which the track
/// began, and comes as soon as it counts, once for each time that the track is played.
///
/// # What a player calls
///
/// | when | call |
/// |---|---|
/// | a track begins, also the same one again | [`start`](Self::start) |
/// | a file with several tracks begins | [`start_sections`](Self::start_sections) |
/// | every few seconds, where the position is known | [`position`](Self::position) |
/// | every few seconds, where it is not | [`tick`](Self::tick) |
/// | the listener moves to another position | [`position`](Self::position), at once |
/// | it pauses, waits for data, the machine goes to sleep | [`pause`](Self::pause) |
/// | it goes on | [`resume`](Self::resume) |
/// | the length becomes known | [`length`](Self::length) |
/// | the speed changes | [`speed`](Self::speed) |
/// | the track comes to its end | [`ended`](Self::ended), then perhaps `start` |
/// | the listener stops, the player quits | [`stop`](Self::stop) |
///
/// Each call answers with what there is to send, in its order. What is playing is sent with
/// [`UpdateNowPlaying`](crate::methods::track::UpdateNowPlaying), a play goes into the queue.
///
/// No clock is asked: each call gets a [`Moment`]. Calls that do not fit (a pause in a pause, a
/// position while nothing plays) do nothing.
///
/// ```
/// use std::time::Duration;
/// use lastfm_core::scrobble::{Heard, Listening, Moment, Threshold};
/// use lastfm_core::{NewPlay, PlayerTrack, Timestamp};
///
/// let began = Timestamp::from_unix(1_776_024_459);
/// let at = |seconds| Moment::new(Duration::from_secs(seconds), began.plus(seconds as i64));
/// let words = PlayerTrack::new("Low", "Words").duration(Duration::from_secs(60));
///
/// let mut listening = Listening::new(Threshold::default());
/// assert_eq!(listening.start(words.clone(), at(0)), [Heard::NowPlaying(words.clone())]);
/// assert_eq!(listening.pause(at(20)), []);
/// assert_eq!(listening.resume(at(25)), []);
/// // 29 seconds were heard, then 30, which is half of it.
/// assert_eq!(listening.tick(at(34)), []);
/// assert_eq!(listening.tick(at(35)), [Heard::Play(NewPlay::new(words, began))]);
/// assert_eq!(listening.ended(at(65)), []);
/// ```
#[derive(Debug, Clone)]
pub struct Listening {
    rule: Rule,
    file: Option<File>,
}

/// What makes a play.
#[derive(Debug, Clone, Copy)]
struct Rule {
    threshold: Threshold,
    chosen_by_user: bool,
    speed: f64,
}

/// A moment by both clocks of a player.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The time since some moment that stays the same, by a clock that nobody sets. It may stand
    /// still or go on while the machine sleeps.
    pub elapsed: Duration,
    /// The time of day.
    pub wall: Timestamp,
}

impl Moment {
    /// This time since a moment that stays the same, at this time of day.
    pub const fn new(elapsed: Duration, wall: Timestamp) -> Self {
        Self { elapsed, wall }
    }
}

/// What there is to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// This is playing: when a track begins, and when it goes on or is moved in after a while,
    /// since the service shows it no longer than the track is.
    NowPlaying(PlayerTrack),
    /// This was played.
    Play(NewPlay),
}

/// A track that is a part of a file: of a cue sheet, of an audiobook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Where in the file it begins.
    pub starts_at: Duration,
    /// The track. Without a length it is as long as the next one is away.
    pub track: PlayerTrack,
}

/// A file that is playing, or paused.
#[derive(Debug, Clone)]
struct File {
    /// By position; never empty.
    sections: Vec<Section>,
    current: usize,
    position: Duration,
    /// When this was so.
    at: Duration,
    paused: bool,
    /// Whether it was a position that said last how it goes, and no tick.
    has_position: bool,
    /// What was heard by the clock, but not seen in the position yet.
    spare: Duration,
    /// When the current play began.
    began: Timestamp,
    heard: Duration,
    counted: bool,
    shown_at: Duration,
}

/// Without a position, no more than this counts between two calls: the machine slept.
const LONGEST_STEP: Duration = Duration::from_secs(30);

/// No two calls are further apart: 100 years.
const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 60 * 60);

/// By how much a position may be off: many players know it in whole seconds.
const SLACK: Duration = Duration::from_secs(2);

/// Moved back to this part of a track, it is played again.
const START: Duration = Duration::from_secs(5);

/// What is playing is not shown again before.
const SHOWN: Duration = Duration::from_secs(30);

impl Listening {
    /// A player in which nothing plays.
    pub fn new(threshold: Threshold) -> Self {
        Self { rule: Rule { threshold, chosen_by_user: true, speed: 1.0 }, file: None }
    }

    /// Whether the listener chooses the tracks, rather than a radio. Default: yes.
    pub fn chosen_by_user(self, chosen_by_user: bool) -> Self {
        Self { rule: Rule { chosen_by_user, ..self.rule }, ..self }
    }

    /// What is playing or paused; nothing if nothing is.
    pub fn track(&self) -> Option<&PlayerTrack> {
        self.file.as_ref().map(|file| &file.section().track)
    }

    /// A track begins, from its start. What played before is [stopped](Self::stop).
    pub fn start(&mut self, track: PlayerTrack, now: Moment) -> Vec<Heard> {
        self.start_sections(vec![Section { starts_at: Duration::ZERO, track }], now)
    }

    /// A file begins that holds these tracks. Each is a play of its own, that begins where the
    /// track before ends. What played before is [stopped](Self::stop).
    pub fn start_sections(&mut self, sections: Vec<Section>, now: Moment) -> Vec<Heard> {
        let mut heard = self.stop(now);
        let mut sections = sections;
        sections.sort_by_key(|section| section.starts_at);
        if !sections.is_empty() {
            let mut file = File::new(sections, now);
            file.begin(now.wall, Duration::ZERO, now, &mut heard);
            self.file = Some(file);
        }
        heard
    }

    /// Time has passed, and it was playing. Of more than 30 seconds since the call before, 30 count:
    /// on some systems the clock goes on while the machine sleeps.
    pub fn tick(&mut self, now: Moment) -> Vec<Heard> {
        if let Some(file) = &mut self.file {
            file.has_position = false;
        }
        self.with(now, |_, _, _| {})
    }

    /// The player is at this position of the file: as it goes, or after a jump. Of the time since the
    /// call before, 30 seconds at most were heard before a jump back.
    ///
    /// A jump back to the first seconds of a track that counted already plays it again; so does a
    /// jump to another track of the file.
    pub fn position(&mut self, position: Duration, now: Moment) -> Vec<Heard> {
        let rule = self.rule;
        let mut heard = Vec::new();
        if let Some(file) = &mut self.file {
            file.has_position = true;
            file.move_to(position, now, rule, &mut heard);
        }
        heard
    }

    /// Nothing is heard from now on.
    pub fn pause(&mut self, now: Moment) -> Vec<Heard> {
        self.with(now, |file, _, _| file.paused = true)
    }

    /// It goes on.
    pub fn resume(&mut self, now: Moment) -> Vec<Heard> {
        self.with(now, |file, _, heard| {
            if std::mem::take(&mut file.paused) {
                file.show_again(now, heard);
            }
        })
    }

    /// The current track is this long.
    pub fn length(&mut self, length: Duration, now: Moment) -> Vec<Heard> {
        self.with(now, |file, rule, heard| {
            file.sections[file.current].track.duration = Some(length);
            file.count(rule, heard);
        })
    }

    /// From now on it plays at this speed, where 1 is the usual one: of a chapter at double speed,
    /// twice as much is heard. Between 0.1 and 10; what is beyond is taken as that.
    pub fn speed(&mut self, speed: f64, now: Moment) -> Vec<Heard> {
        let heard = self.with(now, |_, _, _| {});
        self.rule.speed = if speed.is_nan() { 1.0 } else { speed.clamp(0.1, 10.0) };
        heard
    }

    /// The track has come to its end by itself, so that it went on since the call before (30 seconds
    /// at most); one whose length was not known has one now.
    pub fn ended(&mut self, now: Moment) -> Vec<Heard> {
        let mut heard = self.tick(now);
        heard.extend(self.with(now, |file, rule, heard| {
            if file.length().is_none() {
                let length = file.position.saturating_sub(file.section().starts_at);
                file.sections[file.current].track.duration = Some(length);
                file.count(rule, heard);
            }
        }));
        self.file = None;
        heard
    }

    /// Nothing plays any more.
    pub fn stop(&mut self, now: Moment) -> Vec<Heard> {
        let heard = self.with(now, |_, _, _| {});
        self.file = None;
        heard
    }

    /// Lets time pass, then acts.
    fn with(
        &mut self,
        now: Moment,
        act: impl FnOnce(&mut File, Rule, &mut Vec<Heard>),
    ) -> Vec<Heard> {
        let rule = self.rule;
        let mut heard = Vec::new();
        if let Some(file) = &mut self.file {
            let step = file.since(now, rule).min(LONGEST_STEP.mul_f64(rule.speed));
            if file.has_position {
                // Whether it went on, the next position says.
                file.spare = file.spare.saturating_add(step);
            } else {
                file.run(step, now, rule, &mut heard);
            }
            act(file, rule, &mut heard);
        }
        heard
    }
}

impl File {
    fn new(sections: Vec<Section>, now: Moment) -> Self {
        Self {
            sections,
            current: 0,
            position: Duration::ZERO,
            at: now.elapsed,
            paused: false,
            has_position: false,
            spare: Duration::ZERO,
            began: now.wall,
            heard: Duration::ZERO,
            counted: false,
            shown_at: now.elapsed,
        }
    }

    fn section(&self) -> &Section {
        &self.sections[self.current]
    }

    fn length(&self) -> Option<Duration> {
        let Section { starts_at, track } = self.section();
        let told = track.duration.filter(|length| !length.is_zero());
        let next = self.sections.get(self.current + 1);
        told.or_else(|| Some(next?.starts_at.saturating_sub(*starts_at)))
    }

    /// How much may have been heard since the call before.
    fn since(&mut self, now: Moment, rule: Rule) -> Duration {
        // No more, so that no arithmetic below can overflow.
        let since = now.elapsed.saturating_sub(self.at).min(LONGEST);
        self.at = now.elapsed;
        if self.paused { Duration::ZERO } else { since.mul_f64(rule.speed) }
    }

    /// A play of the current track begins, of which so much was heard already.
    fn begin(&mut self, at: Timestamp, heard: Duration, now: Moment, out: &mut Vec<Heard>) {
        (self.began, self.heard, self.counted) = (at, heard, false);
        self.show(now, out);
    }

    fn show(&mut self, now: Moment, out: &mut Vec<Heard>) {
        self.shown_at = now.elapsed;
        out.push(Heard::NowPlaying(self.section().track.clone()));
    }

    fn show_again(&mut self, now: Moment, out: &mut Vec<Heard>) {
        if now.elapsed.saturating_sub(self.shown_at) >= SHOWN {
            self.show(now, out);
        }
    }

    fn count(&mut self, rule: Rule, out: &mut Vec<Heard>) {
        if !self.counted && rule.threshold.is_met(self.heard, self.length()) {
            self.counted = true;
            let play = NewPlay::new(self.section().track.clone(), self.began);
            out.push(Heard::Play(play.chosen_by_user(rule.chosen_by_user)));
        }
    }

    /// So much of the file was heard up to now, across its tracks.
    fn run(&mut self, step: Duration, now: Moment, rule: Rule, out: &mut Vec<Heard>) {
        let (mut left, first) = (step, self.current);
        loop {
            let next = self.sections.get(self.current + 1);
            let room = next.map(|next| next.starts_at.saturating_sub(self.position));
            let part = room.map_or(left, |room| room.min(left));
            self.heard = self.heard.saturating_add(part);
            self.position = self.position.saturating_add(part);
            left = left.saturating_sub(part);
            self.count(rule, out);
            if room != Some(part) {
                break;
            }
            self.current += 1;
            let ago = seconds(left.div_f64(rule.speed));
            (self.began, self.heard, self.counted) = (now.wall.plus(-ago), Duration::ZERO, false);
        }
        if self.current != first {
            self.show(now, out);
        }
    }

    fn move_to(&mut self, position: Duration, now: Moment, rule: Rule, out: &mut Vec<Heard>) {
        let since = self.since(now, rule);
        // A little behind is where it was, told less exactly.
        let is_behind = position < self.position && position.saturating_add(SLACK) >= self.position;
        let moved =
            if is_behind { Some(Duration::ZERO) } else { position.checked_sub(self.position) };
        let reach = since + self.spare;
        if let Some(moved) = moved.filter(|moved| *moved <= reach + SLACK) {
            // As it goes. If it went less far than time did, it stood still in between.
            let part = moved.min(reach);
            self.spare = reach.saturating_sub(part).min(SLACK);
            self.run(part, now, rule, out);
            self.place(position.max(self.position), Duration::ZERO, now, out);
            return;
        }
        // A jump, somewhere between the last call and this one. What is at the start of the track
        // now, was heard since then.
        let since = since.min(LONGEST_STEP.mul_f64(rule.speed));
        let into = position.checked_sub(self.section().starts_at);
        let again = into.filter(|into| moved.is_none() && *into <= since).unwrap_or_default();
        self.spare = Duration::ZERO;
        self.run(since.saturating_sub(again), now, rule, out);
        let from = self.section().starts_at;
        let is_start = (from..=from.saturating_add(START.max(again))).contains(&position);
        if moved.is_none() && self.counted && is_start && self.at_position(position) == self.current
        {
            self.position = position;
            let began = now.wall.plus(-seconds(again.div_f64(rule.speed)));
            self.begin(began, again, now, out);
        } else {
            self.place(position, again, now, out);
            self.show_again(now, out);
        }
        self.count(rule, out);
    }

    /// The number of the track at a position.
    fn at_position(&self, position: Duration) -> usize {
        self.sections.partition_point(|section| section.starts_at <= position).saturating_sub(1)
    }

    /// Goes to a position, in whichever track it lies.
    fn place(&mut self, position: Duration, heard: Duration, now: Moment, out: &mut Vec<Heard>) {
        self.position = position;
        let there = self.at_position(position);
        if there == self.current {
            self.heard += heard;
        } else {
            self.current = there;
            self.begin(now.wall, heard, now, out);
        }
    }
}
