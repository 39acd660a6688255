//! Too many, too fast, too large, nobody there: everything waits, and is sent.

use std::time::Duration;

use futures_util::StreamExt as _;
use lastfm_core::scrobble::{
    Change, HoldReason, Repeats, ScrobbleQueue as _, Selection, SendEvent, State, Submission,
};
use lastfm_core::testing::{DailyLimit, ErrorBody, Fault, TooLong};

use crate::stage::{PATIENCE, Stage, usual};

#[tokio::test]
async fn fifty_plays_are_one_request() {
    let stage = Stage::new(usual);
    stage.enqueue((0..120).map(|at| stage.play("Words", 200 * at + 200))).await;
    let began = stage.clock.now();
    let events = stage.drain().await;
    let sent: Vec<usize> = events
        .iter()
        .filter_map(|event| match event {
            SendEvent::Sending { plays, .. } => Some(plays.len()),
            _ => None,
        })
        .collect();
    assert_eq!(sent, [50, 50, 20]);
    assert!(stage.clock.now().since(began) < Duration::from_secs(15));
    let settled = events.iter().filter(|event| matches!(event, SendEvent::Settled(_))).count();
    assert_eq!((settled, stage.truth().len()), (120, 120));
}

#[tokio::test]
async fn the_daily_limit_is_tried_with_one_play_an_hour() {
    // A request that is refused as a whole is refused only when the day has had its number.
    for (daily_limit, days) in [(DailyLimit::Ignored, [60, 120]), (DailyLimit::Error29, [100, 200])]
    {
        let stage = Stage::new(|service| {
            service.scrobbles_per_day = 60;
            service.daily_limit = daily_limit;
        });
        stage.enqueue((0..200).map(|at| stage.play("Words", 200 * at + 200))).await;
        let _ = stage.drain().await;
        assert_eq!(stage.count(State::Accepted).await, days[0], "{daily_limit:?}");
        assert_eq!(stage.count(State::Refused).await, 0);
        let hold = stage.queue.held(stage.sender.account()).await.unwrap().unwrap();
        assert_eq!(hold.reason, HoldReason::DailyLimit);
        let asked = stage.asked("track.scrobble");
        for _ in 0..24 {
            stage.clock.advance(Duration::from_secs(3_601));
            let _ = stage.drain().await;
        }
        assert_eq!(stage.count(State::Accepted).await, days[1], "{daily_limit:?}");
        let tries = stage.asked("track.scrobble") - asked;
        assert!(tries <= 30, "{tries} requests in a day");
        for _ in 0..72 {
            stage.clock.advance(Duration::from_secs(3_601));
            let _ = stage.drain().await;
        }
        assert_eq!((stage.count(State::Accepted).await, stage.truth().len()), (200, 200));
    }
}

#[tokio::test]
async fn a_request_that_is_too_long_is_sent_in_parts() {
    for too_long in [TooLong::Status413, TooLong::Error6, TooLong::Error13] {
        let stage = Stage::new(|service| {
            service.longest_request = Some(1_500);
            service.too_long = too_long;
        });
        stage.enqueue((0..50).map(|at| stage.play("Words", 200 * at + 200))).await;
        let _ = stage.drain().await;
        let counts = (stage.count(State::Accepted).await, stage.truth().len());
        assert_eq!(counts, (50, 50), "{too_long:?}");
    }
}

#[tokio::test]
async fn an_outage_holds_everything_and_is_over_when_one_play_went_through() {
    let stage = Stage::new(usual);
    for _ in 0..3 {
        stage.lastfm().fail_next(Fault::ResetBefore);
    }
    stage.enqueue((0..50).map(|at| stage.play("Words", 200 * at + 200))).await;
    let events = stage.drain().await;
    let holds = events.iter().filter(|event| matches!(event, SendEvent::Held(_))).count();
    assert_eq!(holds, 3);
    assert_eq!((stage.count(State::Accepted).await, stage.truth().len()), (50, 50));
}

#[tokio::test]
async fn too_many_calls_are_answered_with_a_minute_of_silence() {
    let stage = Stage::new(usual);
    stage.greet().await;
    stage.lastfm().fail_next(Fault::error(29, 429, ErrorBody::Json));
    stage.enqueue([stage.play("Words", 200)]).await;
    let began = stage.clock.now();
    let _ = stage.drain().await;
    assert_eq!(stage.count(State::Accepted).await, 1);
    assert!(stage.clock.now().since(began) >= Duration::from_secs(60));
}

#[tokio::test]
async fn a_pause_outlasts_the_program_and_ends_with_a_word() {
    let stage = Stage::new(usual);
    stage.sender.pause().await.unwrap();
    stage.enqueue([stage.play("Words", 200)]).await;
    let _ = stage.another_sender().drain(PATIENCE).finish().await.unwrap();
    assert_eq!(stage.asked("track.scrobble"), 0);
    stage.sender.resume().await.unwrap();
    let _ = stage.drain().await;
    assert_eq!(stage.count(State::Accepted).await, 1);
}

#[tokio::test]
async fn what_is_paused_or_cancelled_is_not_sent() {
    let stage = Stage::new(usual);
    stage.enqueue((0..4).map(|at| stage.play("Words", 200 * at + 200))).await;
    let plays = stage.in_state(State::Ready).await;
    let change = async |at: usize, change| {
        stage.sender.change(Selection::Play(plays[at].id), change).await.unwrap()
    };
    assert_eq!(change(0, Change::Pause).await, 1);
    assert_eq!(change(1, Change::Cancel).await, 1);
    let _ = stage.drain().await;
    assert_eq!(stage.truth().len(), 2);
    assert_eq!(change(0, Change::Resume).await, 1);
    assert_eq!(change(1, Change::Retry).await, 1);
    let _ = stage.drain().await;
    assert_eq!(stage.truth().len(), 4);
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_though_a_long_backlog_waits_for_the_next_day() {
    let stage = Stage::new(|service| {
        service.scrobbles_per_day = 120;
        service.drops_repeats = false;
    });
    stage.greet().await;
    stage.lastfm().fail_next(Fault::ResetAfter);
    stage.enqueue((0..400).map(|at| stage.play("Words", 200 * at + 200))).await;
    let _ = stage.drain().await;
    stage.clock.advance(Duration::from_secs(300));
    let _ = stage.drain().await;
    stage.clock.advance(Duration::from_secs(60));
    let _ = stage.drain().await;
    assert_eq!(stage.count(State::Unknown).await, 0);
    assert_eq!(stage.count(State::Accepted).await, 119, "with the greeting a day's plays");
}

#[tokio::test]
async fn a_service_that_refuses_everything_refuses_no_play() {
    let stage = Stage::new(usual);
    stage.greet().await;
    for code in [6, 27] {
        for _ in 0..10 {
            stage.lastfm().fail_next(Fault::error(code, 400, ErrorBody::Json));
        }
        stage.enqueue((0..30).map(|at| stage.play("Words", 200 * at + 200))).await;
        let asked = stage.asked("track.scrobble");
        let _ = stage.drain().await;
        assert!(stage.asked("track.scrobble") - asked <= 20, "{code}");
        for _ in 0..12 {
            stage.clock.advance(Duration::from_secs(1_200));
            stage.sender.try_now().await.unwrap();
            let _ = stage.drain().await;
        }
        assert_eq!(stage.count(State::Refused).await, 0, "{code}");
    }
    assert_eq!((stage.count(State::Accepted).await, stage.truth().len()), (60, 60));
}

#[tokio::test]
async fn a_clock_that_is_set_back_prolongs_no_hold() {
    let stage = Stage::new(usual);
    stage.clock.set_wall_error(20 * 86_400);
    for _ in 0..3 {
        stage.lastfm().fail_next(Fault::ResetBefore);
    }
    stage.enqueue([stage.play("Words", 200)]).await;
    let _ = stage.sender.drain(Duration::ZERO).finish().await.unwrap();
    stage.clock.set_wall_error(0);
    let _ = stage.drain().await;
    assert_eq!(stage.count(State::Accepted).await, 1);
}

#[tokio::test]
async fn a_sender_that_is_stopped_ends_after_the_request_on_its_way() {
    let stage = Stage::new(usual);
    stage.enqueue((0..120).map(|at| stage.play("Words", 200 * at + 200))).await;
    let mut sending = stage.sender.drain(PATIENCE);
    while !matches!(sending.next().await, Some(Ok(SendEvent::Sending { .. }))) {}
    stage.sender.stop();
    while sending.next().await.is_some() {}
    assert_eq!((stage.asked("track.scrobble"), stage.count(State::Accepted).await), (1, 50));
    assert_eq!(stage.count(State::Ready).await, 70, "none is in doubt");
    let _ = stage.drain().await;
    assert_eq!(stage.asked("track.scrobble"), 1, "it stays stopped");
    let _ = stage.another_sender().drain(PATIENCE).finish().await.unwrap();
    assert_eq!((stage.count(State::Accepted).await, stage.truth().len()), (120, 120));
}

#[tokio::test]
async fn a_drain_goes_on_as_long_as_plays_are_settled() {
    for (patience, sent) in [(150, 3), (50, 0)] {
        let stage = Stage::new(usual);
        stage.greet().await;
        let now = stage.clock.now();
        let later = [100, 200, 300]
            .map(|after| Submission::new(stage.play("Words", 300 - after)).due_at(now.plus(after)));
        let account = stage.sender.account();
        stage.queue.enqueue(account, later.to_vec(), Repeats::Same, now).await.unwrap();
        let _: Vec<_> = stage.sender.drain(Duration::from_secs(patience)).collect().await;
        assert_eq!(stage.count(State::Accepted).await, sent, "{patience}");
    }
}

#[tokio::test]
async fn a_sender_that_rests_is_stopped_at_once() {
    let stage = Stage::new(usual);
    let mut sending = stage.sender.run();
    while !matches!(sending.next().await, Some(Ok(SendEvent::Resting { .. }))) {}
    let began = stage.clock.now();
    stage.sender.stop();
    assert!(sending.next().await.is_none());
    assert_eq!(stage.clock.now(), began);
}
