//! How slices end, and what is made of it.

use std::time::Duration;

use jobs::{Done, Ending, JobEvent, Kind, Setback, Status};
use tokio::sync::mpsc;

use crate::scene::{Scene, Seen, finished, more, name, on_both, until, until_status};

on_both!(
    retries_end,
    what_a_person_must_do_is_not_tried_again,
    a_snooze_costs_no_attempt,
    a_slice_that_goes_well_forgets_failures,
    a_panic_is_a_failure,
    words_with_characters_that_no_text_may_hold_are_written_without_them,
    a_stop_puts_jobs_back_without_losing_an_attempt,
    a_slice_that_ignores_a_stop_is_dropped,
    jobs_take_turns,
);

async fn retries_end(scene: Scene) {
    scene.order("rj").await;
    let seen = Seen::default();
    let work = seen.clone();
    let running = scene.worker(move |task, _| {
        let number = work.add(task);
        Box::pin(async move { Err(Setback::Retry(format!("no luck {number}"))) })
    });
    let state = until_status(&mut scene.watch("rj"), Status::Failed).await;
    running.stop().await;
    assert_eq!(seen.attempts(), [1, 2, 3]);
    assert_eq!((state.error.as_deref(), state.retryable), (Some("no luck 3"), true));
    let history = scene.jobs.history(Kind::Sync, &name("rj"), 10).await.expect("a history");
    let told: Vec<_> = history.iter().map(|entry| (entry.happened, entry.words.as_str())).collect();
    assert_eq!(
        told,
        [
            (JobEvent::GaveUp, "no luck 3"),
            (JobEvent::FailedOnce, "no luck 2"),
            (JobEvent::FailedOnce, "no luck 1"),
        ]
    );
    assert!(scene.order("rj").await.new, "a job that was given up locks nobody out");
}

async fn what_a_person_must_do_is_not_tried_again(scene: Scene) {
    scene.order("rj").await;
    let seen = Seen::default();
    let work = seen.clone();
    let running = scene.worker(move |task, _| {
        work.add(task);
        Box::pin(async { Err(Setback::GiveUp("the history is hidden".to_owned())) })
    });
    let state = until_status(&mut scene.watch("rj"), Status::Failed).await;
    running.stop().await;
    assert_eq!(seen.attempts(), [1]);
    assert_eq!((state.error.as_deref(), state.retryable), (Some("the history is hidden"), false));
}

async fn a_snooze_costs_no_attempt(scene: Scene) {
    scene.order("rj").await;
    let seen = Seen::default();
    let work = seen.clone();
    let running = scene.worker(move |task, _| {
        let number = work.add(task);
        Box::pin(async move {
            match number {
                1 | 2 | 4 | 5 => more(),
                3 | 6 => Err(Setback::Wait {
                    after: Duration::from_millis(10),
                    reason: "Last.fm is busy".to_owned(),
                }),
                _ => finished(),
            }
        })
    });
    let mut watch = scene.watch("rj");
    let state = until_status(&mut watch, Status::Resting).await;
    assert_eq!(state.error.as_deref(), Some("Last.fm is busy"));
    let state = until_status(&mut watch, Status::Finished).await;
    running.stop().await;
    assert_eq!(seen.attempts(), [1; 7]);
    assert_eq!((state.failures, state.error), (0, None));
    let numbers: Vec<i64> = seen.tasks().iter().map(|task| task.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
}

async fn a_slice_that_goes_well_forgets_failures(scene: Scene) {
    scene.order("rj").await;
    let seen = Seen::default();
    let work = seen.clone();
    let running = scene.worker(move |task, _| {
        let number = work.add(task);
        Box::pin(async move {
            match number {
                1 | 2 | 4 | 5 => Err(Setback::Retry("no luck".to_owned())),
                3 => more(),
                _ => finished(),
            }
        })
    });
    until_status(&mut scene.watch("rj"), Status::Finished).await;
    running.stop().await;
    assert_eq!(seen.attempts(), [1, 2, 3, 1, 2, 3]);
}

async fn a_panic_is_a_failure(scene: Scene) {
    scene.order("rj").await;
    let running = scene.worker(|task, _| {
        let first = task.attempt == 1;
        Box::pin(async move {
            assert!(!first, "planned");
            finished()
        })
    });
    until_status(&mut scene.watch("rj"), Status::Finished).await;
    running.stop().await;
    let history = scene.jobs.history(Kind::Sync, &name("rj"), 10).await.expect("a history");
    assert_eq!(history[1].words, "the work panicked: planned");
}

async fn words_with_characters_that_no_text_may_hold_are_written_without_them(scene: Scene) {
    scene.order("rj").await;
    let running = scene.worker(|task, slice| {
        let number = task.number;
        let odd = "odd\0".to_owned();
        Box::pin(async move {
            slice.report(jobs::Progress { phase: odd.clone(), ..jobs::Progress::default() });
            match number {
                1 => Err(Setback::Retry(odd)),
                2 => Err(Setback::Wait { after: Duration::from_millis(1), reason: odd }),
                _ => Ok(Done::Finished(odd)),
            }
        })
    });
    let state = until_status(&mut scene.watch("rj"), Status::Finished).await;
    running.stop().await;
    let even = "odd\u{fffd}";
    assert_eq!((state.summary.as_deref(), &*state.progress.phase), (Some(even), even));
    let history = scene.jobs.history(Kind::Sync, &name("rj"), 10).await.expect("a history");
    let told: Vec<_> = history.iter().map(|entry| (entry.happened, &*entry.words)).collect();
    let expected = [JobEvent::Finished, JobEvent::Outage, JobEvent::FailedOnce];
    assert_eq!(told, expected.map(|happened| (happened, even)));
}

async fn a_stop_puts_jobs_back_without_losing_an_attempt(scene: Scene) {
    scene.order("rj").await;
    let running = scene.worker(|_, slice| {
        Box::pin(async move {
            assert_eq!(slice.ended().await, Ending::Stopping);
            assert_eq!(
                (slice.should_end(), slice.time_left()),
                (Some(Ending::Stopping), Duration::ZERO)
            );
            more()
        })
    });
    until_status(&mut scene.watch("rj"), Status::Running).await;
    running.stop().await;
    let state = scene.state("rj").await;
    assert_eq!((state.status, state.failures, state.slice_at), (Status::Waiting, 0, None));
    let seen = Seen::default();
    let work = seen.clone();
    let running = scene.worker(move |task, _| {
        work.add(task);
        Box::pin(async { finished() })
    });
    until_status(&mut scene.watch("rj"), Status::Finished).await;
    running.stop().await;
    assert_eq!(seen.attempts(), [1]);
}

async fn a_slice_that_ignores_a_stop_is_dropped(scene: Scene) {
    scene.order("rj").await;
    let (held, mut dropped) = mpsc::channel::<()>(1);
    let running = scene.worker(move |_, _| {
        let held = held.clone();
        Box::pin(async move {
            let _held = held;
            std::future::pending().await
        })
    });
    until_status(&mut scene.watch("rj"), Status::Running).await;
    running.stop().await;
    assert_eq!(dropped.recv().await, None, "the future of the slice is gone");
    let state = scene.state("rj").await;
    assert_eq!((state.status, state.failures), (Status::Waiting, 0));
}

async fn jobs_take_turns(scene: Scene) {
    scene.order("heavy").await;
    scene.order("light").await;
    let seen = Seen::default();
    let work = seen.clone();
    let running = scene.worker(move |task, _| {
        work.add(task);
        let light = task.user.as_str() == "light";
        let number = task.number;
        Box::pin(async move {
            if light || number == 3 { finished() } else { Ok(Done::More { after: Duration::ZERO }) }
        })
    });
    let mut watch = scene.watch("heavy");
    until(&mut watch, |state| state.status == Status::Finished).await;
    running.stop().await;
    assert_eq!(seen.users(), ["heavy", "light", "heavy", "heavy"]);
}
