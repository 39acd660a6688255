//! Nobody knows whether the service has a play: it is looked for, never simply sent again.

use std::time::Duration;

use futures_util::StreamExt as _;
use lastfm_core::scrobble::{Change, Proof, ScrobbleQueue as _, Selection, Standing, State, Step};
use lastfm_core::testing::stories::until_cut;
use lastfm_core::testing::{Cut, ErrorBody, Fault, Happening, LogEntry};
use lastfm_core::{NewPlay, PlayerTrack};

use crate::stage::{PATIENCE, Stage, forgetful};

fn error_after(code: u32) -> Fault {
    Fault::ErrorAfter { code, status: 503, body: ErrorBody::Json }
}

#[tokio::test]
async fn plays_that_were_taken_although_an_error_came_are_not_sent_again() {
    for fault in [
        error_after(16),
        error_after(8),
        Fault::ResetAfter,
        Fault::LateAfter { seconds: 40 },
        Fault::Truncated { at: Some(20) },
    ] {
        let stage = Stage::new(forgetful);
        stage.greet().await;
        stage.lastfm().fail_next(fault.clone());
        stage.enqueue((0..50).map(|at| stage.play("Words", 200 * at + 200))).await;
        let _ = stage.drain().await;
        assert_eq!(stage.count(State::Accepted).await, 50, "{fault:?}");
        assert_eq!(stage.truth().len(), 50, "{fault:?}");
        assert_eq!(stage.asked("track.scrobble"), 2, "{fault:?}: with the greeting");
        for play in stage.in_state(State::Accepted).await {
            let Standing::Accepted(receipt) = &play.standing else { panic!("{play:?}") };
            assert_eq!(receipt.proof, Proof::History);
        }
    }
}

#[tokio::test]
async fn plays_that_were_not_taken_are_sent_again_and_the_same() {
    for fault in [Fault::Timeout, Fault::error(16, 503, ErrorBody::Json)] {
        let stage = Stage::new(forgetful);
        stage.greet().await;
        stage.lastfm().fail_next(fault.clone());
        stage.enqueue((0..5).map(|at| stage.play("Words", 200 * at + 200))).await;
        let _ = stage.drain().await;
        assert_eq!(stage.count(State::Accepted).await, 5, "{fault:?}");
        assert_eq!(stage.truth().len(), 5, "{fault:?}");
    }
}

#[tokio::test]
async fn a_play_is_sent_again_only_after_two_readings_twenty_seconds_apart() {
    let stage = Stage::new(forgetful);
    stage.greet().await;
    stage.lastfm().fail_next(Fault::Timeout);
    stage.enqueue([stage.play("Words", 300)]).await;
    let _ = stage.drain().await;
    let lastfm = stage.lastfm();
    let sent = |entry: &LogEntry| entry.method.eq_ignore_ascii_case("track.scrobble");
    // The greeting, the one that got lost, and the one that is right.
    let [_, lost, again] = lastfm.log().iter().filter(|entry| sent(entry)).collect::<Vec<_>>()[..]
    else {
        panic!("{:?}", lastfm.log())
    };
    let between =
        lastfm.log().iter().filter(|entry| (lost.at_ms..again.at_ms).contains(&entry.at_ms));
    let readings: Vec<u64> =
        between.filter(|entry| !sent(entry)).map(|entry| entry.at_ms).collect();
    assert!(readings[0] >= lost.at_ms + 120_000, "after two minutes: {readings:?}");
    assert!(readings.last().unwrap() - readings[0] >= 20_000, "{readings:?}");
}

#[tokio::test]
async fn a_sender_that_was_paused_before_its_request_takes_its_plays_again() {
    let mut has_hesitated = false;
    for step in 1.. {
        let stage = Stage::new(forgetful);
        stage.greet().await;
        stage.enqueue([stage.play("Words", 300)]).await;
        let cut = Cut::after(step);
        let drain = stage.cut_sender(&cut).drain(PATIENCE);
        let mut drain = Box::pin(drain.collect::<Vec<_>>());
        if until_cut(&mut drain, &cut).await.is_some() {
            break;
        }
        // Not so long that another one would take them.
        stage.clock.advance(Duration::from_secs(40));
        cut.go_on();
        drain.await;
        assert_eq!((stage.count(State::Accepted).await, stage.truth().len()), (1, 1), "{step}");
        let account = stage.sender.account();
        let story = stage.queue.history(account, None, None, usize::MAX).await.unwrap();
        let is_slow = |step: &Step| step.reason.as_deref() == Some("its sender was too slow");
        has_hesitated |= story.iter().any(is_slow);
    }
    assert!(has_hesitated);
}

#[tokio::test]
async fn one_reading_that_does_not_show_a_play_is_not_believed() {
    for lie in [Fault::EmptyList, Fault::StalePage { seconds: 3_600 }, Fault::FewerPlays] {
        let stage = Stage::new(forgetful);
        stage.greet().await;
        // Something that came before: an empty page would be asked for once more anyway.
        stage.lastfm().happen(&Happening::LateBatch { plays: 3, oldest_days: 1 });
        stage.enqueue([stage.play("Words", 300)]).await;
        for fault in [Fault::ResetAfter, lie.clone()] {
            stage.lastfm().fail_next(fault);
        }
        let _ = stage.drain().await;
        let words = stage.truth().into_iter().filter(|play| &*play.track == "Words").count();
        assert_eq!((stage.count(State::Accepted).await, words), (1, 1), "{lie:?}");
    }
}

#[tokio::test]
async fn a_play_that_was_corrected_unseen_is_found_under_its_right_names() {
    let stage = Stage::new(forgetful);
    stage.greet().await;
    stage.lastfm().fail_next(Fault::ResetAfter);
    let at = stage.clock.now().plus(-300);
    let play = NewPlay::new(PlayerTrack::new("Guns and Roses", "Sweet Child of Mine"), at);
    stage.enqueue([play]).await;
    let _ = stage.drain().await;
    let accepted = stage.in_state(State::Accepted).await;
    let Standing::Accepted(receipt) = &accepted[0].standing else { panic!("{accepted:?}") };
    assert_eq!(receipt.artist.as_deref(), Some("Guns N' Roses"));
    assert_eq!(receipt.track.as_deref(), Some("Sweet Child o' Mine"));
    assert_eq!(stage.truth().len(), 1);
}

#[tokio::test]
async fn what_could_be_the_play_under_other_names_is_left_to_a_person() {
    let stage = Stage::new(forgetful);
    stage.greet().await;
    stage.lastfm().fail_next(Fault::Timeout);
    let play = stage.play("Words", 300);
    stage.lastfm().insert(play.played_at, "Lowe", "Wordz", None);
    stage.enqueue([play]).await;
    let _ = stage.drain().await;
    let unknown = stage.in_state(State::Unknown).await;
    let reason = unknown[0].reason.as_deref().unwrap();
    assert!(reason.contains("Lowe \u{2013} Wordz"), "{reason}");
    assert_eq!(stage.truth().len(), 1);
    let which = Selection::Play(unknown[0].id);
    assert_eq!(stage.sender.change(which, Change::Retry).await.unwrap(), 1);
    let _ = stage.drain().await;
    assert_eq!((stage.count(State::Accepted).await, stage.truth().len()), (1, 2));
}

#[tokio::test]
async fn a_sender_that_died_on_the_way_leaves_nothing_lost_or_doubled() {
    let stage = Stage::new(forgetful);
    stage.enqueue((0..60).map(|at| stage.play("Words", 200 * at + 200))).await;
    let mut polls = 0;
    // Killed after each number of polls in turn, until there is nothing left to do.
    for most in 1..60 {
        let mut sending = stage.another_sender().drain(PATIENCE);
        for _ in 0..most {
            if futures_util::poll!(sending.next()).is_ready() {
                polls += 1;
            }
        }
    }
    assert!(polls > 0);
    let _ = stage.drain().await;
    assert_eq!(stage.count(State::Accepted).await, 60);
    assert_eq!(stage.truth().len(), 60);
}

#[tokio::test]
async fn programs_that_live_for_seconds_look_for_a_play_as_well() {
    let stage = Stage::new(forgetful);
    stage.greet().await;
    stage.lastfm().fail_next(Fault::ResetAfter);
    stage.enqueue([stage.play("Words", 300)]).await;
    let short = Duration::from_secs(5);
    let _ = stage.sender.drain(short).finish().await.unwrap();
    assert_eq!(stage.count(State::Unknown).await, 1);
    stage.clock.advance(Duration::from_secs(130));
    let _ = stage.another_sender().drain(short).finish().await.unwrap();
    assert_eq!((stage.count(State::Accepted).await, stage.truth().len()), (1, 1));
}
