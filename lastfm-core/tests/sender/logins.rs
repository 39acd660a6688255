//! A session that is no longer valid holds everything, until a new login.

use std::time::Duration;

use futures_util::StreamExt as _;
use lastfm_core::scrobble::{HoldReason, ScrobbleQueue as _, State};
use lastfm_core::testing::Scenario;
use lastfm_core::{ErrorClass, SessionKey};

use crate::stage::{PATIENCE, Stage, usual};

#[tokio::test]
async fn nothing_is_lost_and_nothing_is_tried_until_the_user_logs_in_again() {
    let stage = Stage::new(usual);
    stage.enqueue([stage.play("Words", 900)]).await;
    let _ = stage.drain().await;
    stage.lastfm().revoke("rj");
    stage.enqueue([stage.play("Sea", 300)]).await;
    for _ in 0..5 {
        let _ = stage.drain().await;
        stage.clock.advance(Duration::from_secs(86_400));
    }
    let hold = stage.queue.held(stage.sender.account()).await.unwrap().unwrap();
    assert_eq!((hold.reason, hold.until), (HoldReason::Login, None));
    assert_eq!(stage.count(State::Ready).await, 1);
    let asked = stage.asked("track.scrobble");
    assert!(asked <= 2, "{asked}");
    let session = stage.lastfm().log_in("rj").unwrap();
    let began = stage.clock.now();
    stage.sender.logged_in(SessionKey::new(session).unwrap()).await.unwrap();
    let _ = stage.drain().await;
    assert_eq!((stage.count(State::Accepted).await, stage.truth().len()), (2, 2));
    assert!(stage.clock.now().since(began) < Duration::from_secs(15));
}

#[tokio::test]
async fn now_playing_tells_of_a_lost_session_too() {
    let stage = Stage::new(usual);
    stage.lastfm().revoke("rj");
    let error = stage.sender.now_playing(&stage.play("Words", 0).track).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::SessionExpired);
    let hold = stage.queue.held(stage.sender.account()).await.unwrap().unwrap();
    assert_eq!(hold.reason, HoldReason::Login);
}

#[tokio::test]
async fn nothing_is_sent_in_somebody_elses_name() {
    let stage = Stage::new(usual);
    let mut alice = Scenario::still(0);
    alice.user = "Alice".to_owned();
    stage.lastfm().add_account(&alice);
    let session = stage.lastfm().log_in("Alice").unwrap();
    stage.sender.logged_in(SessionKey::new(session).unwrap()).await.unwrap();
    stage.enqueue([stage.play("Words", 300)]).await;
    let _ = stage.drain().await;
    let hold = stage.queue.held(stage.sender.account()).await.unwrap().unwrap();
    assert_eq!(hold.reason, HoldReason::Login);
    assert!(hold.words.contains("Alice"), "{}", hold.words);
    assert_eq!(stage.asked("track.scrobble"), 0);
}

#[tokio::test]
async fn an_answer_to_the_session_before_holds_nothing() {
    let stage = Stage::new(usual);
    stage.greet().await;
    stage.lastfm().revoke("rj");
    stage.enqueue([stage.play("Words", 300)]).await;
    let mut sending = stage.sender.drain(PATIENCE);
    // Until the request is on its way, refused already, and the answer not yet read.
    let asked = stage.asked("track.scrobble");
    while stage.asked("track.scrobble") == asked {
        let _ = futures_util::poll!(sending.next());
    }
    let session = stage.lastfm().log_in("rj").unwrap();
    stage.sender.logged_in(SessionKey::new(session).unwrap()).await.unwrap();
    let _ = sending.finish().await.unwrap();
    assert_eq!((stage.count(State::Accepted).await, stage.truth().len()), (1, 1));
}
