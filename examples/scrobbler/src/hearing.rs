//! What is heard of a player, from what it says and from the time that passes.

use lastfm_core::scrobble::{Heard, Listening, Moment, Threshold};

use crate::player::Event;

#[derive(Debug)]
pub(crate) struct Hearing {
    listening: Listening,
    /// Whether the player says where it is: then time that passes tells nothing.
    has_positions: bool,
}

impl Hearing {
    pub(crate) fn new(threshold: Threshold) -> Self {
        Self { listening: Listening::new(threshold), has_positions: false }
    }

    /// The player has said something.
    pub(crate) fn event(&mut self, event: Event, now: Moment) -> Vec<Heard> {
        let listening = &mut self.listening;
        match event {
            Event::Playing(track) => {
                self.has_positions = false;
                listening.start(track, now)
            }
            Event::Position(position) => {
                self.has_positions = true;
                listening.position(position, now)
            }
            Event::Paused => listening.pause(now),
            Event::Resumed => listening.resume(now),
            Event::Stopped => listening.stop(now),
            Event::Ended => listening.ended(now),
            Event::Played(play) => vec![Heard::Play(play)],
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: Moment) -> Vec<Heard> {
        if self.has_positions { Vec::new() } else { self.listening.tick(now) }
    }

    /// The player is gone.
    pub(crate) fn stop(&mut self, now: Moment) -> Vec<Heard> {
        self.listening.stop(now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use lastfm_core::{PlayerTrack, Timestamp};

    use super::*;

    fn at(seconds: u32) -> Moment {
        let began = Timestamp::from_unix(1_776_024_459);
        Moment::new(Duration::from_secs(seconds.into()), began.plus(seconds.into()))
    }

    fn words() -> Event {
        Event::Playing(PlayerTrack::new("Low", "Words").duration(Duration::from_secs(60)))
    }

    fn is_play(heard: &[Heard]) -> bool {
        heard.iter().any(|heard| matches!(heard, Heard::Play(_)))
    }

    /// Whether a play is heard in so many seconds in which the player says nothing.
    fn ticks(hearing: &mut Hearing, seconds: std::ops::Range<u32>) -> bool {
        seconds.filter(|second| is_play(&hearing.tick(at(*second)))).count() > 0
    }

    #[test]
    fn a_player_that_hangs_without_a_word_is_not_heard() {
        let mut hearing = Hearing::new(Threshold::default());
        hearing.event(words(), at(0));
        hearing.event(Event::Position(Duration::from_secs(5)), at(5));
        assert!(!ticks(&mut hearing, 6..90));
        // It goes on from where it was.
        assert!(!is_play(&hearing.event(Event::Position(Duration::from_secs(6)), at(90))));
        assert!(is_play(&hearing.event(Event::Position(Duration::from_secs(32)), at(116))));
    }

    #[test]
    fn a_player_that_hangs_and_goes_on_with_another_track_was_not_heard_meanwhile() {
        for last in [words(), Event::Stopped, Event::Paused] {
            let mut hearing = Hearing::new(Threshold::default());
            hearing.event(words(), at(0));
            hearing.event(Event::Position(Duration::from_secs(10)), at(10));
            assert!(!is_play(&hearing.event(last, at(3600))));
            assert!(!is_play(&hearing.stop(at(3600))));
        }
    }

    #[test]
    fn a_player_that_never_says_where_it_is_is_heard_by_the_time_that_passes() {
        let mut hearing = Hearing::new(Threshold::default());
        hearing.event(words(), at(0));
        hearing.event(Event::Position(Duration::from_secs(2)), at(2));
        // The next track counts for itself.
        hearing.event(words(), at(10));
        assert!(ticks(&mut hearing, 11..42));
    }
}
