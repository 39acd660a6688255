//! What waits in a queue, sent in slices.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use crew::{SliceContext, Slices};
use jobs::{Done, Kind, Progress, Setback, Slice, Work as _};
use lastfm_core::scrobble::{
    Account, Change, Counts, Repeats, ScrobbleQueue, Selection, State, Submission,
};
use lastfm_core::testing::SentRequest;
use lastfm_core::transport::{Request, Response, Transport, TransportError, TransportErrorKind};
use lastfm_core::{NewPlay, PlayerTrack, Service};

use crate::stage::{LONG, Stage, on_both, rj, run, task};

on_both! {
    what_waits_is_sent_and_told_of(0);
    a_play_whose_answer_was_lost_is_waited_for(0);
    the_daily_limit_is_waited_for(0);
    a_play_that_is_due_later_is_sent_then(0);
    a_login_is_asked_for_and_taken_up(0);
    what_a_person_has_paused_is_left_alone(0);
    a_slice_whose_time_is_up_leaves_no_play_in_doubt(0);
    a_slice_that_is_dropped_at_any_await_sends_nothing_twice(0);
}

fn account() -> Account {
    Account::new(&Service::last_fm(), rj())
}

async fn queue(stage: &Stage) -> Arc<dyn ScrobbleQueue> {
    stage.db.queue().await.unwrap()
}

/// Queues so many plays, the newest some minutes ago.
async fn enqueue(stage: &Stage, plays: i64) {
    let now = stage.now();
    let plays = (1..=plays).map(|number| {
        let track = PlayerTrack::new("Low", format!("Words {number}"));
        Submission::new(NewPlay::new(track, now.plus(-300 * number)))
    });
    let queue = queue(stage).await;
    queue.enqueue(&account(), plays.collect(), Repeats::Same, now).await.unwrap();
}

async fn counts(stage: &Stage) -> Counts {
    queue(stage).await.counts(&account(), stage.now()).await.unwrap()
}

/// What the service holds: each play once.
fn assert_sent(stage: &Stage, plays: usize) {
    let mut tracks: Vec<_> =
        stage.lastfm().truth().iter().map(|play| play.track.to_string()).collect();
    tracks.sort_unstable();
    tracks.dedup();
    assert_eq!((tracks.len(), stage.lastfm().truth().len()), (plays, plays), "{tracks:?}");
}

fn asked(stage: &Stage, method: &str) -> usize {
    let lastfm = stage.lastfm();
    lastfm.log().iter().filter(|entry| entry.method.eq_ignore_ascii_case(method)).count()
}

async fn what_waits_is_sent_and_told_of(stage: Stage) {
    enqueue(&stage, 120).await;
    let slices = stage.slices();
    let (done, told) = run(&slices, &task(Kind::Scrobble, None), LONG).await;
    assert_eq!(done, Ok(Done::Finished("120 plays sent".to_owned())));
    let Progress { phase, done, total, added, .. } = told;
    assert_eq!((phase.as_str(), done, total, added), ("sending", 120, Some(120), 120));
    assert_sent(&stage, 120);
    let (done, _) = run(&slices, &task(Kind::Scrobble, None), LONG).await;
    assert_eq!(done, Ok(Done::Finished("nothing was sent".to_owned())));
    assert_eq!(asked(&stage, "track.scrobble"), 3);
}

async fn a_play_whose_answer_was_lost_is_waited_for(stage: Stage) {
    enqueue(&stage, 2).await;
    let network = stage.means().network;
    let losing = Arc::new(Losing { inner: network, left: AtomicUsize::new(1) });
    let slices = Slices::new(SliceContext { network: losing, ..stage.means() });
    let task = task(Kind::Scrobble, None);
    let (done, told) = run(&slices, &task, Duration::from_secs(5)).await;
    let Err(Setback::Wait { after, reason }) = done else { panic!("{done:?}") };
    assert!(after >= Duration::from_mins(2) && after < Duration::from_secs(150), "{after:?}");
    assert!(reason.contains("2 plays will be looked for"), "{reason}");
    assert_sent(&stage, 2);
    // Another process, two minutes later: the history shows them.
    stage.pretend_later(150);
    let (done, _) = run(&stage.slices(), &task.next(told), LONG).await;
    assert_eq!(done, Ok(Done::Finished("2 plays sent".to_owned())));
    assert_eq!(asked(&stage, "track.scrobble"), 1);
    assert_sent(&stage, 2);
}

/// A network on which the answers to scrobbles get lost.
#[derive(Debug)]
struct Losing {
    inner: Arc<dyn Transport>,
    left: AtomicUsize,
}

#[async_trait]
impl Transport for Losing {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let is_scrobble =
            SentRequest::new(&request).param("method").is_some_and(|name| name == "track.scrobble");
        let response = self.inner.send(request).await;
        let one_less = |left: usize| left.checked_sub(1);
        let order = Ordering::Relaxed;
        if is_scrobble && self.left.fetch_update(order, order, one_less).is_ok() {
            return Err(TransportError::new(TransportErrorKind::Interrupted));
        }
        response
    }
}

async fn the_daily_limit_is_waited_for(stage: Stage) {
    stage.lastfm().service_mut().scrobbles_per_day = 60;
    enqueue(&stage, 120).await;
    let (done, told) = run(&stage.slices(), &task(Kind::Scrobble, None), LONG).await;
    let Err(Setback::Wait { after, .. }) = done else { panic!("{done:?}") };
    assert!(after > Duration::from_mins(1) && after <= Duration::from_hours(1), "{after:?}");
    assert_eq!((told.added, told.total), (60, Some(120)));
    assert_sent(&stage, 60);
}

async fn a_play_that_is_due_later_is_sent_then(stage: Stage) {
    let now = stage.now();
    let play = NewPlay::new(PlayerTrack::new("Low", "Words"), now.plus(-600));
    let later = Submission::new(play).due_at(now.plus(3));
    let queue = queue(&stage).await;
    queue.enqueue(&account(), vec![later], Repeats::Same, now).await.unwrap();
    let slices = stage.slices();
    let mut task = task(Kind::Scrobble, None);
    let mut waited = 0;
    loop {
        let (done, told) = run(&slices, &task, Duration::from_secs(1)).await;
        task = task.next(told);
        match done {
            Ok(Done::More { after }) => {
                assert!(after <= Duration::from_secs(4), "{after:?}");
                waited += 1;
                tokio::time::sleep(after).await;
            }
            done => {
                assert_eq!(done, Ok(Done::Finished("1 play sent".to_owned())));
                break;
            }
        }
    }
    assert!(waited > 0);
    assert_sent(&stage, 1);
}

async fn a_login_is_asked_for_and_taken_up(mut stage: Stage) {
    enqueue(&stage, 3).await;
    let session = stage.session.take();
    let (done, _) = run(&stage.slices(), &task(Kind::Scrobble, None), LONG).await;
    assert!(matches!(&done, Err(Setback::GiveUp(words)) if words.contains("has not logged in")));
    stage.session = Some(lastfm_core::SessionKey::new("gone").unwrap());
    for _ in 0..2 {
        let (done, _) = run(&stage.slices(), &task(Kind::Scrobble, None), LONG).await;
        let Err(Setback::GiveUp(words)) = &done else { panic!("{done:?}") };
        assert!(words.contains("the session of rj") && !words.contains("gone"), "{words}");
    }
    // Who orders it again has done something about it.
    stage.session = session;
    let (done, _) = run(&stage.slices(), &task(Kind::Scrobble, None), LONG).await;
    assert_eq!(done, Ok(Done::Finished("3 plays sent".to_owned())));
    assert_sent(&stage, 3);
}

async fn what_a_person_has_paused_is_left_alone(stage: Stage) {
    enqueue(&stage, 2).await;
    let queue = queue(&stage).await;
    let (which, now) = (Selection::All, stage.now());
    queue.change(&account(), which, Change::Pause, now).await.unwrap();
    let (done, _) = run(&stage.slices(), &task(Kind::Scrobble, None), LONG).await;
    assert_eq!(done, Ok(Done::Finished("nothing was sent, 2 paused".to_owned())));
    assert_sent(&stage, 0);
}

async fn a_slice_whose_time_is_up_leaves_no_play_in_doubt(stage: Stage) {
    enqueue(&stage, 400).await;
    // A request takes a tenth of a second, and eight are needed.
    let slices = Slices::new(SliceContext { rate: 10.0, ..stage.means() });
    let mut task = task(Kind::Scrobble, None);
    let mut begun = 0;
    loop {
        begun += 1;
        let (done, told) = run(&slices, &task, Duration::from_millis(250)).await;
        let counts = counts(&stage).await;
        assert_eq!((counts.of(State::Unknown), counts.of(State::Sending)), (0, 0));
        task = task.next(told);
        match done.unwrap() {
            Done::More { .. } => assert!(begun < 100, "it comes to no end"),
            Done::Finished(words) => {
                assert_eq!(words, "400 plays sent");
                break;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(begun > 1);
    assert_sent(&stage, 400);
}

/// Polls a future so many times, then drops it.
async fn polled<F: Future>(work: F, mut times: usize) -> Option<F::Output> {
    let mut work: Pin<&mut F> = pin!(work);
    std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if times == 0 => Poll::Ready(None),
        Poll::Pending => {
            times -= 1;
            Poll::Pending
        }
    })
    .await
}

/// How a slice goes on that is dropped after so many polls; says whether it was.
async fn dropped_after(stage: Stage, polls: usize) -> bool {
    // As in 2013: what is sent twice is there twice.
    stage.lastfm().service_mut().drops_repeats = false;
    enqueue(&stage, 3).await;
    let mut task = task(Kind::Scrobble, None);
    let slice = Slice::alone(LONG);
    let slices = stage.slices();
    let is_dropped = polled(slices.slice(&task, &slice), polls).await.is_none();
    drop(slices);
    // Other processes, minutes later each time.
    for _ in 0..6 {
        stage.pretend_later(200);
        let (done, told) = run(&stage.slices(), &task, LONG).await;
        task = task.next(told);
        if matches!(done, Ok(Done::Finished(_))) {
            break;
        }
        assert!(!matches!(done, Err(Setback::GiveUp(_))), "{polls}: {done:?}");
    }
    assert_eq!(counts(&stage).await.of(State::Accepted), 3, "dropped after {polls} polls");
    assert_sent(&stage, 3);
    is_dropped
}

/// Each moment at which a slice can be dropped has a stage of its own: what is in doubt takes its
/// time, for all of them at once.
async fn a_slice_that_is_dropped_at_any_await_sends_nothing_twice(stage: Stage) {
    let is_file = stage.server.is_none();
    // Servers have fewer connections than machines have files.
    let moments = if is_file { (0..48).collect::<Vec<_>>() } else { vec![2, 5, 9, 14, 20, 27] };
    let mut dropped = tokio::task::JoinSet::new();
    for polls in moments {
        let stage = if is_file { Stage::sqlite(0).await } else { Stage::postgres(0).await };
        dropped.spawn(async move { usize::from(dropped_after(stage, polls).await) });
    }
    let dropped: usize = dropped.join_all().await.into_iter().sum();
    assert!(dropped >= 5, "only {dropped} were dropped");
}
