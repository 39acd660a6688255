//! What the service will not have is kept, with the reason.

use std::time::Duration;

use lastfm_core::scrobble::{Refusal, Standing, State};
use lastfm_core::testing::{ErrorBody, Fault, OldScrobbles};
use lastfm_core::{IgnoredReason, NewPlay, PlayerTrack};

use crate::stage::{Stage, usual};

#[tokio::test]
async fn one_ignored_play_takes_no_other_with_it() {
    let stage = Stage::new(|service| {
        service.filtered_artists = vec!["Nobody".to_owned()];
        service.shuffles_verdicts = true;
    });
    let at = stage.clock.now().plus(-100);
    let nobody = NewPlay::new(PlayerTrack::new("Nobody", "Track 01"), at);
    let others = (1..20).map(|at| stage.play("Words", 200 * at));
    stage.enqueue(others.chain([nobody])).await;
    let _ = stage.drain().await;
    assert_eq!((stage.count(State::Accepted).await, stage.truth().len()), (19, 19));
    let refused = stage.in_state(State::Refused).await;
    let Standing::Refused(Refusal::Ignored(ignored)) = &refused[0].standing else {
        panic!("{refused:?}")
    };
    assert_eq!(ignored.reason, IgnoredReason::ArtistFiltered);
    assert_eq!(refused[0].play.track.artist, "Nobody");
    assert!(refused[0].reason.is_some());
}

#[tokio::test]
async fn what_would_be_refused_is_not_sent() {
    let stage = Stage::new(usual);
    let at = stage.clock.now().plus(-100);
    stage.enqueue([NewPlay::new(PlayerTrack::new("Unknown Artist", "Track 01"), at)]).await;
    let _ = stage.drain().await;
    assert_eq!(stage.asked("track.scrobble"), 0);
    let refused = stage.in_state(State::Refused).await;
    assert_eq!(refused[0].standing, Standing::Refused(Refusal::PlaceholderArtist));
}

#[tokio::test]
async fn a_play_that_waited_for_too_long_is_refused_and_shown() {
    for old_scrobbles in [OldScrobbles::Lost, OldScrobbles::Ignored, OldScrobbles::Filtered] {
        let stage = Stage::new(|service| service.old_scrobbles = old_scrobbles);
        stage.enqueue([stage.play("Words", 900)]).await;
        stage.clock.advance(Duration::from_secs(14 * 86_400));
        let _ = stage.drain().await;
        let refused = stage.in_state(State::Refused).await;
        assert_eq!(refused[0].standing, Standing::Refused(Refusal::TooOld));
        assert_eq!((stage.asked("track.scrobble"), stage.truth().len()), (0, 0));
    }
}

#[tokio::test]
async fn a_wrong_local_clock_makes_no_play_too_old() {
    let stage = Stage::new(usual);
    stage.enqueue([stage.play("Words", 900)]).await;
    for error in [30, -30] {
        stage.clock.set_wall_error(error * 86_400);
        stage.enqueue([stage.play("Sea", 900 + error)]).await;
        let _ = stage.drain().await;
    }
    assert_eq!(stage.count(State::Refused).await, 0);
    assert_eq!(stage.truth().len(), 3);
}

#[tokio::test]
async fn a_play_that_is_refused_for_more_than_an_hour_is_given_up_and_others_are_sent() {
    let stage = Stage::new(usual);
    stage.greet().await;
    stage.enqueue([stage.play("Words", 300)]).await;
    let began = stage.clock.now();
    let mut tries = 0;
    while stage.count(State::Refused).await == 0 {
        stage.lastfm().fail_next(Fault::error(6, 400, ErrorBody::Json));
        let _ = stage.drain().await;
        tries += 1;
        // The service is well.
        stage.enqueue([stage.play("Sea", 60)]).await;
        let _ = stage.drain().await;
        stage.clock.advance(Duration::from_secs(20 * 60));
    }
    let refused = stage.in_state(State::Refused).await;
    let Standing::Refused(Refusal::Rejected { code, .. }) = &refused[0].standing else {
        panic!("{refused:?}")
    };
    assert_eq!((code.number(), refused[0].play.track.name.as_str()), (6, "Words"));
    assert!(refused[0].since.since(began) >= Duration::from_secs(60 * 60));
    assert_eq!((tries, stage.count(State::Accepted).await), (4, 4));
}

#[tokio::test]
async fn refusals_within_an_hour_may_be_a_mistake() {
    let stage = Stage::new(usual);
    stage.greet().await;
    stage.enqueue([stage.play("Words", 300)]).await;
    for _ in 0..3 {
        stage.lastfm().fail_next(Fault::error(6, 400, ErrorBody::Json));
        let _ = stage.drain().await;
        stage.clock.advance(Duration::from_secs(20 * 60));
    }
    let _ = stage.drain().await;
    assert_eq!((stage.count(State::Refused).await, stage.truth().len()), (0, 1));
}
