//! Players, and what they have played.

use proptest::prelude::*;

use super::*;

const BEGAN: i64 = 1_776_024_459;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(seconds: u64) -> Moment {
    Moment::new(secs(1_000 + seconds), wall(seconds))
}

fn wall(seconds: u64) -> Timestamp {
    Timestamp::from_unix(BEGAN).plus(i64::try_from(seconds).unwrap())
}

fn track(name: &str, length: u64) -> PlayerTrack {
    PlayerTrack::new("Low", name).duration(secs(length))
}

fn started(length: u64) -> Listening {
    let mut listening = Listening::new(Threshold::default());
    let shown = listening.start(track("Words", length), at(0));
    assert_eq!(shown, [Heard::NowPlaying(track("Words", length))]);
    listening
}

/// The seconds at which the plays began.
fn plays(heard: &[Heard]) -> Vec<i64> {
    let plays = heard.iter().filter_map(|heard| match heard {
        Heard::Play(play) => Some(play.played_at.as_unix() - BEGAN),
        Heard::NowPlaying(_) => None,
    });
    plays.collect()
}

fn shows(heard: &[Heard]) -> usize {
    heard.iter().filter(|heard| matches!(heard, Heard::NowPlaying(_))).count()
}

/// Ticks every 10 seconds.
fn ticks(listening: &mut Listening, from: u64, to: u64) -> Vec<Heard> {
    (from..=to).step_by(10).flat_map(|second| listening.tick(at(second))).collect()
}

#[test]
fn a_play_counts_once_with_the_moment_at_which_it_began() {
    let mut listening = started(200);
    assert_eq!(plays(&ticks(&mut listening, 0, 90)), [] as [i64; 0]);
    assert_eq!(plays(&listening.tick(at(100))), [0]);
    assert_eq!(ticks(&mut listening, 110, 200), []);
    assert_eq!(listening.stop(at(200)), []);
    assert_eq!(listening.track(), None);
}

#[test]
fn what_is_paused_is_not_heard() {
    let mut listening = started(100);
    assert_eq!(listening.pause(at(20)), []);
    assert_eq!(listening.tick(at(500)), []);
    assert_eq!(shows(&listening.resume(at(500))), 1);
    assert_eq!(plays(&listening.tick(at(529))), [] as [i64; 0]);
    assert_eq!(plays(&listening.tick(at(530))), [0]);
}

#[test]
fn what_is_skipped_is_not_heard() {
    let mut listening = started(200);
    assert_eq!(listening.position(secs(10), at(10)), []);
    assert_eq!(plays(&listening.position(secs(190), at(10))), [] as [i64; 0]);
    assert_eq!(plays(&listening.ended(at(20))), [] as [i64; 0]);
}

#[test]
fn a_position_that_runs_ahead_of_time_was_not_heard() {
    let mut listening = started(60);
    for second in 1..=30 {
        assert_eq!(listening.position(secs(2 * second % 60), at(0)), []);
    }
    assert_eq!(plays(&listening.position(secs(30), at(29))), [] as [i64; 0]);
}

#[test]
fn going_back_hears_no_second_twice() {
    let mut listening = started(60);
    listening.position(secs(20), at(20));
    assert_eq!(listening.position(secs(3), at(28)), []);
    assert_eq!(plays(&listening.position(secs(4), at(29))), [] as [i64; 0]);
    assert_eq!(plays(&listening.position(secs(5), at(30))), [0]);
}

#[test]
fn a_machine_that_sleeps_hears_nothing() {
    let mut ticking = started(200);
    ticking.tick(at(10));
    assert_eq!(ticking.tick(at(8 * 3600)), []);
    let mut knowing = started(200);
    knowing.position(secs(10), at(10));
    assert_eq!(knowing.position(secs(11), at(8 * 3600)), []);
    // The clock of a player may stand still instead.
    let still = |wall| Moment::new(secs(1_011), wall);
    assert_eq!(knowing.position(secs(11), still(wall(9 * 3600))), []);
}

#[test]
fn a_player_that_says_positions_is_heard_by_these_alone() {
    let hung = |act: fn(&mut Listening, Moment) -> Vec<Heard>| {
        let mut listening = started(60);
        listening.position(secs(10), at(10));
        let mut heard = act(&mut listening, at(3600));
        heard.extend(listening.stop(at(3601)));
        plays(&heard)
    };
    assert_eq!(hung(|listening, now| listening.start(track("Canada", 60), now)), [0_i64; 0]);
    assert_eq!(hung(Listening::stop), [0_i64; 0]);
    assert_eq!(hung(Listening::pause), [0_i64; 0]);
    assert_eq!(hung(|listening, now| listening.length(secs(60), now)), [0_i64; 0]);
    assert_eq!(hung(|listening, now| listening.speed(1.0, now)), [0_i64; 0]);
}

#[test]
fn what_was_heard_before_a_pause_is_seen_in_the_next_position() {
    for is_told_in_the_pause in [false, true] {
        let mut listening = started(60);
        listening.position(secs(10), at(10));
        assert_eq!(listening.pause(at(14)), []);
        if is_told_in_the_pause {
            assert_eq!(listening.position(secs(14), at(20)), []);
        }
        listening.resume(at(100));
        assert_eq!(plays(&listening.position(secs(29), at(115))), [] as [i64; 0]);
        assert_eq!(plays(&listening.position(secs(30), at(116))), [0]);
    }
}

#[test]
fn a_track_that_ended_by_itself_was_heard_to_its_end() {
    let all = Threshold::percent(100).unwrap();
    let mut listening = Listening::new(all);
    listening.start(track("Words", 60), at(0));
    listening.position(secs(55), at(55));
    assert_eq!(plays(&listening.ended(at(60))), [0]);
}

#[test]
fn a_position_in_whole_seconds_asked_for_often_is_no_stall() {
    let mut listening = started(60);
    let mut heard = Vec::new();
    for quarter in 1..=124_u64 {
        let elapsed = secs(1_000) + Duration::from_millis(quarter * 250);
        let now = Moment::new(elapsed, wall(quarter / 4));
        heard.extend(listening.position(secs(quarter / 4), now));
    }
    assert_eq!(plays(&heard), [0]);
}

#[test]
fn a_position_that_is_told_less_exactly_than_time_moves_nothing() {
    let section = |starts_at, name| Section { starts_at: secs(starts_at), track: track(name, 60) };
    let mut listening = Listening::new(Threshold::default());
    listening.start_sections(vec![section(0, "one"), section(60, "two")], at(0));
    assert_eq!(plays(&listening.position(secs(55), at(55))), [0]);
    assert_eq!(shows(&listening.tick(at(60))), 1);
    assert_eq!(listening.position(secs(59), at(60)), []);
    assert_eq!(listening.position(secs(89), at(89)), []);
    assert_eq!(plays(&listening.position(secs(90), at(90))), [60]);
}

#[test]
fn no_number_is_too_great() {
    let most = Moment::new(Duration::MAX, Timestamp::MAX);
    let mut listening = started(60);
    listening.speed(f64::INFINITY, at(0));
    assert_eq!(shows(&listening.position(Duration::MAX, most)), 1);
    listening.speed(f64::NAN, at(0));
    listening.tick(most);
    let last = Section { starts_at: Duration::MAX, track: track("Words", 60) };
    listening.start_sections(vec![last], at(0));
    assert_eq!(plays(&listening.position(Duration::ZERO, most)), [] as [i64; 0]);
}

#[test]
fn a_track_that_comes_again_is_another_play() {
    let mut listening = started(60);
    ticks(&mut listening, 0, 60);
    let again = listening.start(track("Words", 60), at(60));
    assert_eq!((plays(&again).len(), shows(&again)), (0, 1));
    assert_eq!(plays(&ticks(&mut listening, 60, 120)), [60]);
}

#[test]
fn going_back_to_the_start_after_it_counted_plays_it_again() {
    let mut listening = started(60);
    assert_eq!(plays(&listening.position(secs(40), at(40))), [0]);
    assert_eq!(shows(&listening.position(secs(0), at(40))), 1);
    assert_eq!(plays(&listening.position(secs(29), at(69))), [] as [i64; 0]);
    assert_eq!(plays(&listening.position(secs(30), at(70))), [40]);
}

#[test]
fn going_back_before_it_counted_is_the_same_play() {
    let mut listening = started(60);
    listening.position(secs(20), at(20));
    assert_eq!(listening.position(secs(0), at(20)), []);
    assert_eq!(plays(&listening.position(secs(10), at(30))), [0]);
}

#[test]
fn a_loop_is_seen_in_the_position_alone() {
    let mut listening = started(60);
    let mut heard = Vec::new();
    for second in (7..=240).step_by(7) {
        heard.extend(listening.position(secs(second % 60), at(second)));
    }
    assert_eq!(plays(&heard), [0, 60, 120, 180]);
}

#[test]
fn what_was_heard_since_a_loop_began_belongs_to_it() {
    let mut listening = started(60);
    assert_eq!(plays(&listening.position(secs(55), at(55))), [0]);
    assert_eq!(shows(&listening.position(secs(20), at(80))), 1);
    assert_eq!(plays(&listening.position(secs(29), at(89))), [] as [i64; 0]);
    assert_eq!(plays(&listening.position(secs(30), at(90))), [60]);
}

#[test]
fn a_length_that_becomes_known_counts_from_then_on() {
    let mut listening = Listening::new(Threshold::default());
    listening.start(PlayerTrack::new("Low", "Words"), at(0));
    assert_eq!(ticks(&mut listening, 0, 120), []);
    assert_eq!(plays(&listening.length(secs(200), at(121))), [0]);
}

#[test]
fn a_track_of_unknown_length_counts_when_it_ends_by_itself() {
    let unknown = || {
        let mut listening = Listening::new(Threshold::default());
        listening.start(PlayerTrack::new("Low", "Words"), at(0));
        assert_eq!(plays(&ticks(&mut listening, 0, 180)), [] as [i64; 0]);
        listening
    };
    assert_eq!(plays(&unknown().ended(at(185))), [0]);
    assert_eq!(plays(&unknown().stop(at(185))), [] as [i64; 0]);
    assert_eq!(plays(&ticks(&mut unknown(), 190, 240)), [0]);
}

#[test]
fn a_short_track_is_shown_and_never_counts() {
    let mut listening = started(30);
    assert_eq!(ticks(&mut listening, 0, 30), []);
    assert_eq!(listening.ended(at(30)), []);
}

#[test]
fn the_tracks_of_one_file_are_plays_of_their_own() {
    let section = |starts_at, name: &str| Section {
        starts_at: secs(starts_at),
        track: PlayerTrack::new("Low", name),
    };
    let mut listening = Listening::new(Threshold::default());
    let sections = vec![section(0, "one"), section(100, "two"), section(160, "three")];
    let mut heard = listening.start_sections(sections, at(0));
    for second in (15..=165).step_by(15) {
        heard.extend(listening.tick(at(second)));
    }
    assert_eq!((plays(&heard), shows(&heard)), (vec![0, 100], 3));
    assert_eq!(listening.track().unwrap().name, "three");
    // Back into the first one: another play of it.
    assert_eq!(shows(&listening.position(secs(20), at(165))), 1);
    assert_eq!(plays(&listening.position(secs(70), at(215))), [165]);
}

#[test]
fn at_double_speed_twice_as_much_is_heard() {
    let mut listening = started(100);
    listening.speed(2.0, at(0));
    assert_eq!(plays(&listening.tick(at(24))), [] as [i64; 0]);
    assert_eq!(plays(&listening.position(secs(50), at(25))), [0]);
}

#[test]
fn what_does_not_fit_does_nothing() {
    let mut listening = Listening::new(Threshold::default());
    assert_eq!(listening.tick(at(0)), []);
    assert_eq!(listening.position(secs(9), at(1)), []);
    assert_eq!(listening.start_sections(Vec::new(), at(2)), []);
    assert_eq!((listening.resume(at(3)), listening.ended(at(4))), (vec![], vec![]));
    let mut backwards = started(60);
    assert_eq!(backwards.tick(Moment::new(Duration::ZERO, wall(0))), []);
}

proptest! {
    /// Whatever a player does, no play is made up: each needs its time, and they cannot share it.
    #[test]
    fn no_more_is_played_than_time_allows(
        steps in prop::collection::vec((0_u8..7, 0_u64..45, 0_u64..130), 1..120)
    ) {
        let (mut listening, mut now, mut running, mut total) = (started(60), 0, true, 0);
        let mut heard = Vec::new();
        for (step, seconds, position) in steps {
            now += seconds;
            total += if running { seconds } else { 0 };
            heard.extend(match step {
                0 => listening.pause(at(now)),
                1 => listening.resume(at(now)),
                2 => listening.start(track("Words", 60), at(now)),
                3..5 => listening.position(secs(position % 60), at(now)),
                _ => listening.tick(at(now)),
            });
            running = match step { 0 => false, 1 | 2 => true, _ => running };
        }
        let began = plays(&heard);
        prop_assert!(began.len() as u64 * 30 <= total, "{} plays in {total} s", began.len());
        prop_assert!(began.windows(2).all(|pair| pair[0] < pair[1]), "{began:?}");
    }
}
