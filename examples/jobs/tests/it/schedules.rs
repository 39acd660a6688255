//! What is done by the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use jobs::{Filter, Kind, Priority, Schedule, Status};
use lastfm_core::Username;

use crate::scene::{Scene, finished, name, on_both};

on_both!(what_was_missed_is_made_up_once, a_person_does_not_wait_for_the_clock,);

fn users() -> Vec<Username> {
    (0..50).map(|number| name(&format!("user{number}"))).collect()
}

async fn what_was_missed_is_made_up_once(scene: Scene) {
    // Nothing is worked on here, only ordered.
    scene.jobs.pause(None).await.expect("a pause");
    scene.order("user7").await;
    let asked = Arc::new(AtomicUsize::new(0));
    for _ in 0..3 {
        let count = asked.clone();
        let hourly = Schedule::hourly(Kind::Sync, move || {
            count.fetch_add(1, Ordering::Relaxed);
            async { Ok(users()) }
        });
        let nightly = Schedule::nightly(Kind::Audit, || async { Ok(users()) });
        let running = scene.worker_with(
            |_, _| Box::pin(async { finished() }),
            |worker| worker.schedule(hourly).schedule(nightly),
        );
        let ordered = async {
            while scene.jobs.list(&Filter::default()).await.expect("a list").len() < 100 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_mins(1), ordered).await.expect("orders");
        running.stop().await;
    }
    // Another one only if the hour has changed in the meantime.
    let asked = asked.load(Ordering::Relaxed);
    assert!((1..=2).contains(&asked), "{asked} times");
    let states = scene.jobs.list(&Filter::default()).await.expect("a list");
    assert_eq!(states.len(), 100);
    for state in states {
        let hour = state.as_of.as_unix() / 3600 * 3600;
        let at = state.resume_at.map_or(0, lastfm_core::Timestamp::as_unix);
        assert!(at < hour + 2 * 3600 || state.kind == Kind::Audit, "{state:?}");
        let urgency = match (state.kind, state.user.as_str()) {
            (Kind::Sync, "user7") => Priority::Waiting,
            (Kind::Sync, _) => Priority::Scheduled,
            _ => Priority::Nightly,
        };
        assert_eq!((state.status, state.priority), (Status::Waiting, urgency), "{state:?}");
    }
}

async fn a_person_does_not_wait_for_the_clock(scene: Scene) {
    let hourly = Schedule::hourly(Kind::Sync, || async { Ok(users()) });
    scene.jobs.pause(None).await.expect("a pause");
    let running =
        scene.worker_with(|_, _| Box::pin(async { finished() }), |worker| worker.schedule(hourly));
    let all = async {
        loop {
            let states = scene.jobs.list(&Filter::default()).await.expect("a list");
            if states.len() == 50 {
                return states;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let states = tokio::time::timeout(Duration::from_mins(1), all).await.expect("orders");
    // In the last minutes of an hour everybody's moment has passed.
    if let Some(later) = states.iter().find(|state| state.resume_at.is_some()) {
        let user = later.user.as_str().to_owned();
        let ordered = scene.order(&user).await;
        assert!(!ordered.new);
        assert_eq!(scene.state(&user).await.resume_at, None);
    }
    running.stop().await;
}
