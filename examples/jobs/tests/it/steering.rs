//! Cancelling, trying again, pausing, and what is counted.

use std::time::Duration;

use jobs::{Ending, Error, Filter, JobEvent, Kind, Order, Priority, Setback, Status};

use crate::scene::{Scene, Seen, finished, more, name, on_both, sync, until, until_status};

on_both!(
    a_job_in_line_is_cancelled_at_once,
    a_job_in_work_is_told_to_end,
    a_slice_that_ignores_its_cancelling_is_dropped,
    what_was_never_ordered_cannot_be_cancelled,
    a_resting_job_can_be_tried_at_once,
    a_cancelled_job_can_be_ordered_again,
    one_kind_can_be_paused,
    everything_is_counted,
);

async fn a_job_in_line_is_cancelled_at_once(scene: Scene) {
    scene.order("rj").await;
    scene.order("alice").await;
    let state = scene.jobs.cancel(Kind::Sync, &name("rj"), None).await.expect("a job");
    assert_eq!(state.status, Status::Cancelled);
    let seen = Seen::default();
    let work = seen.clone();
    let running = scene.worker(move |task, _| {
        work.add(task);
        Box::pin(async { finished() })
    });
    until_status(&mut scene.watch("alice"), Status::Finished).await;
    running.stop().await;
    assert_eq!(seen.users(), ["alice"]);
    let history = scene.jobs.history(Kind::Sync, &name("rj"), 10).await.expect("a history");
    assert_eq!(history[0].happened, JobEvent::Cancelled);
}

async fn a_job_in_work_is_told_to_end(scene: Scene) {
    scene.order("rj").await;
    let running = scene.worker(|_, slice| {
        Box::pin(async move {
            assert_eq!(slice.ended().await, Ending::Cancelled);
            more()
        })
    });
    let mut watch = scene.watch("rj");
    until_status(&mut watch, Status::Running).await;
    scene.jobs.cancel(Kind::Sync, &name("rj"), None).await.expect("a job");
    let state = until_status(&mut watch, Status::Cancelled).await;
    assert!(state.finished_at.is_some() && state.slice_at.is_none());
    running.stop().await;
    assert_eq!(scene.state("rj").await.status, Status::Cancelled);
}

async fn a_slice_that_ignores_its_cancelling_is_dropped(scene: Scene) {
    scene.order("rj").await;
    let running = scene.worker(|_, _| Box::pin(std::future::pending()));
    let mut watch = scene.jobs.watch(Filter { live: true, ..Filter::default() });
    until_status(&mut watch, Status::Running).await;
    scene.jobs.cancel(Kind::Sync, &name("rj"), None).await.expect("a job");
    let state = until_status(&mut watch, Status::Cancelled).await;
    assert!(state.finished_at.is_some() && state.slice_at.is_none());
    running.stop().await;
}

async fn what_was_never_ordered_cannot_be_cancelled(scene: Scene) {
    let refused = scene.jobs.cancel(Kind::Audit, &name("rj"), None).await.expect_err("a refusal");
    assert!(matches!(refused, Error::NoJob(_)), "{refused}");
}

/// As on a machine that sleeps for a while: all limits have passed, River's own too, and nobody has
/// rescued the job yet, because nobody leads.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_slice_whose_limits_have_all_passed_is_not_cancelled() {
    let scene = Scene::postgres().await;
    scene.order("rj").await;
    scene.sql(
        "INSERT INTO river_leader (name, leader_id, elected_at, expires_at)
        VALUES ('default', 'nobody', now(), now() + interval '1 hour')",
    );
    let running = scene.worker_with(
        |task, _| {
            let first = task.number == 1;
            Box::pin(async move {
                if first {
                    std::thread::sleep(Duration::from_millis(3_500));
                    tokio::time::sleep(Duration::from_secs(2)).await;
                }
                finished()
            })
        },
        |worker| worker.at_a_time(1).hurried(15),
    );
    let ended = until(&mut scene.watch("rj"), |state| !state.status.is_live()).await;
    assert_eq!(ended.status, Status::Finished);
    running.stop().await;
}

async fn a_resting_job_can_be_tried_at_once(scene: Scene) {
    scene.order("rj").await;
    let running = scene.worker(|task, _| {
        let first = task.number == 1;
        Box::pin(async move {
            if first {
                let reason = "Last.fm is down".to_owned();
                return Err(Setback::Wait { after: Duration::from_hours(1), reason });
            }
            finished()
        })
    });
    let mut watch = scene.watch("rj");
    let state = until_status(&mut watch, Status::Resting).await;
    assert!(state.resume_at.is_some());
    scene.jobs.retry(Kind::Sync, &name("rj"), None).await.expect("a job");
    until_status(&mut watch, Status::Finished).await;
    running.stop().await;
}

async fn a_cancelled_job_can_be_ordered_again(scene: Scene) {
    let first = scene.order("rj").await;
    scene.jobs.cancel(Kind::Sync, &name("rj"), None).await.expect("a job");
    let again = scene.jobs.retry(Kind::Sync, &name("rj"), None).await.expect("a job");
    assert!(again.new && again.job != first.job);
    let running = scene.worker(|_, _| Box::pin(async { finished() }));
    until_status(&mut scene.watch("rj"), Status::Finished).await;
    running.stop().await;
}

async fn one_kind_can_be_paused(scene: Scene) {
    scene.jobs.pause(Some(Kind::Sync)).await.expect("a pause");
    scene.order("rj").await;
    assert!(scene.state("rj").await.paused);
    let seen = Seen::default();
    let work = seen.clone();
    let running = scene.worker(move |task, _| {
        work.add(task);
        Box::pin(async { finished() })
    });
    for user in ["alice", "bob", "carol"] {
        let order = Order { kind: Kind::Audit, ..sync(user, Priority::Nightly) };
        scene.jobs.order(&order).await.expect("an order");
        let mut watch = scene.jobs.watch(Filter::one(Kind::Audit, &name(user), None));
        until_status(&mut watch, Status::Finished).await;
    }
    let state = scene.state("rj").await;
    assert_eq!((state.status, state.paused), (Status::Waiting, true));
    let mut watch = scene.watch("rj");
    scene.jobs.resume(None).await.expect("to go on");
    let state = until(&mut watch, |state| state.status == Status::Finished).await;
    assert!(!state.paused);
    running.stop().await;
    assert_eq!(seen.users(), ["alice", "bob", "carol", "rj"]);
}

async fn everything_is_counted(scene: Scene) {
    let none = scene.jobs.snapshot().await.expect("figures");
    assert_eq!((none.counts.len(), none.slices, none.oldest_waiting), (0, 0, None));
    scene.order("rj").await;
    scene.jobs.pause(Some(Kind::Audit)).await.expect("a pause");
    let audit = Order { kind: Kind::Audit, ..sync("rj", Priority::Nightly) };
    scene.jobs.order(&audit).await.expect("an order");
    let running = scene.worker(|task, _| {
        let attempt = task.attempt;
        Box::pin(async move {
            if attempt == 1 { Err(Setback::Retry("no luck".to_owned())) } else { finished() }
        })
    });
    until_status(&mut scene.watch("rj"), Status::Finished).await;
    running.stop().await;
    let figures = scene.jobs.snapshot().await.expect("figures");
    let mut counts: Vec<_> =
        figures.counts.iter().map(|count| (count.kind, count.status, count.jobs)).collect();
    counts.sort_by_key(|count| count.0);
    assert_eq!(counts, [(Kind::Sync, Status::Finished, 1), (Kind::Audit, Status::Waiting, 1)]);
    assert_eq!((figures.slices, figures.failed, figures.rescued), (2, 1, 0));
    assert!(figures.oldest_waiting.is_some());
    assert_eq!(figures.abandoned, 0);
}
