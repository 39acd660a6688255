//! The account changes while time passes, and the truth is kept.

use super::*;

#[test]
fn a_play_appears_when_its_track_ends_with_the_time_of_its_start() {
    let mut scenario = Scenario::still(50);
    scenario.life.plays_per_day = 300.0;
    scenario.history.hostile_names = 0.0;
    let mut lastfm = FakeLastfm::new(4, &scenario, START);
    let mut new = 0;
    for minute in 0..24 * 60 {
        let now = START.plus(minute * 60);
        lastfm.advance_to(now);
        let (playing, shown) = (is_playing(&mut lastfm), lastfm.truth());
        let newest = shown.last().unwrap().at;
        assert!(newest < now, "the newest play begins before now");
        if shown.len() > 50 + new {
            new = shown.len() - 50;
            assert!(now.since(newest) >= Duration::from_secs(120), "and has ended");
        }
        if playing {
            let historic = page(&mut lastfm, "limit=1&to=1000").0;
            assert_eq!(historic, [], "what is playing has no date, in any window");
            assert!(is_playing_in(&mut lastfm, "limit=1&to=1000"));
        }
    }
    assert!((100..700).contains(&new), "{new} plays in a day");
}

fn is_playing(lastfm: &mut FakeLastfm) -> bool {
    is_playing_in(lastfm, "limit=1")
}

fn is_playing_in(lastfm: &mut FakeLastfm, params: &str) -> bool {
    let body = body(lastfm, &format!("method=user.getRecentTracks&{params}"));
    body["recenttracks"]["track"][0]["@attr"]["nowplaying"] == "true"
}

#[test]
fn a_late_batch_appears_where_it_was_played() {
    let mut lastfm = still(1_000);
    lastfm.advance_to(START.plus(100));
    let before = START.plus(-14 * 86_400).as_unix();
    let window = format!("from={before}&to={}", START.as_unix());
    let (_, total) = page(&mut lastfm, &window);
    let oldest_days = 13;
    lastfm.happen(&Happening::LateBatch { plays: 40, oldest_days });
    assert_eq!(page(&mut lastfm, &window).1, total + 40);
    assert_eq!(lastfm.truth_at(START).len(), 1_000, "the past has not changed");
    assert_eq!(lastfm.truth().len(), 1_040);
}

#[test]
fn a_total_that_is_behind_counts_what_was_there_before() {
    let mut scenario = Scenario::still(0);
    scenario.service.total_lag = 5;
    let mut lastfm = with_plays(&scenario, &[]);
    lastfm.advance_to(START.plus(10));
    lastfm.insert(START, "Low", "Dinosaur Act", None);
    assert_eq!(page(&mut lastfm, "").1, 0);
    assert_eq!(page(&mut lastfm, "").0.len(), 1);
    lastfm.advance_to(START.plus(15));
    assert_eq!(page(&mut lastfm, "").1, 1);
}

#[test]
fn deletions_and_edits_leave_their_traces_only_in_what_ever_was() {
    let mut lastfm = with_plays(&Scenario::still(0), &[10, 20, 30]);
    lastfm.advance_to(START.plus(60));
    assert_eq!(lastfm.delete_where(|play| play.at.as_unix() == 20), 1);
    assert_eq!(lastfm.edit_where(|play| play.at.as_unix() == 30, "Renamed"), 1);
    let (plays, total) = page(&mut lastfm, "");
    assert_eq!(plays, [(30, "Renamed".to_owned()), (10, "at 10".to_owned())]);
    assert_eq!(total, 2);
    assert_eq!(lastfm.ever().len(), 4);
}

#[test]
fn a_name_registered_again_is_another_account() {
    let mut scenario = Scenario::still(20);
    scenario.life.plays_per_day = 100.0;
    let mut lastfm = FakeLastfm::new(1, &scenario, START);
    let registered = lastfm.registered();
    lastfm.advance_to(START.plus(86_400));
    lastfm.happen(&Happening::DeleteAccount);
    assert_eq!(error(&mut lastfm, "method=user.getRecentTracks"), (404, 6));
    lastfm.advance_to(START.plus(2 * 86_400));
    assert_eq!(lastfm.truth(), []);
    lastfm.happen(&Happening::Register);
    assert!(lastfm.registered() > registered);
    lastfm.advance_to(START.plus(3 * 86_400));
    assert!(!lastfm.truth().is_empty());
}

#[test]
fn an_account_at_rest_stays_as_it_is() {
    let mut scenario = Scenario::random(3);
    scenario.life.plays_per_day = 300.0;
    let mut lastfm = FakeLastfm::new(3, &scenario, START);
    lastfm.advance_to(START.plus(86_400));
    lastfm.rest();
    let truth = lastfm.truth();
    lastfm.advance_to(START.plus(30 * 86_400));
    assert_eq!(lastfm.truth(), truth);
}
