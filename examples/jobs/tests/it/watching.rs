//! What watchers see.

use std::time::Duration;

use jobs::{Filter, Jobs, Kind, Progress, Status};
use tokio::sync::Notify;

use crate::scene::{Scene, finished, name, on_both, until, until_status};

on_both!(
    whoever_comes_late_gets_the_present_state_first,
    progress_is_told_as_it_is_made,
    progress_outlives_its_worker,
    whoever_watches_hears_what_others_do_also_after_long_silence,
    a_watch_of_everything_tells_of_everyone,
    a_job_that_was_over_before_anybody_looked_is_told,
);

fn at(phase: &str, done: u64) -> Progress {
    Progress { phase: phase.to_owned(), done, total: Some(10), ..Progress::default() }
}

async fn whoever_comes_late_gets_the_present_state_first(scene: Scene) {
    scene.order("rj").await;
    let go_on = std::sync::Arc::new(Notify::new());
    let told = go_on.clone();
    let running = scene.worker(move |_, slice| {
        let go_on = go_on.clone();
        Box::pin(async move {
            slice.report(at("fetching", 4));
            go_on.notified().await;
            slice.report(at("comparing", 10));
            go_on.notified().await;
            finished()
        })
    });
    until(&mut scene.watch("rj"), |state| state.progress.done == 4).await;
    let mut late = scene.watch("rj");
    let first = late.next().await.expect("a state").expect("a state");
    assert_eq!((first.status, first.progress.phase.as_str()), (Status::Running, "fetching"));
    assert_eq!((first.progress.total, first.nobody_since()), (Some(10), None));
    told.notify_one();
    until(&mut late, |state| state.progress.phase == "comparing").await;
    told.notify_one();
    until_status(&mut late, Status::Finished).await;
    running.stop().await;
}

async fn progress_is_told_as_it_is_made(scene: Scene) {
    scene.order("rj").await;
    let mut watch = scene.watch("rj");
    let running = scene.worker(|_, slice| {
        Box::pin(async move {
            for done in 0..=40 {
                slice.report(at("fetching", done));
                tokio::time::sleep(Duration::from_millis(120)).await;
            }
            finished()
        })
    });
    let mut told = Vec::new();
    let last = loop {
        let state = watch.next().await.expect("a state").expect("a state");
        if state.status == Status::Finished {
            break state;
        }
        told.push(state.progress.done);
    };
    running.stop().await;
    assert_eq!(last.progress.done, 40, "what was reported last is kept");
    assert!(told.is_sorted(), "{told:?}");
    told.dedup();
    assert!(told.len() >= 3, "{told:?}");
    assert!(told.len() <= 13, "not every report is written: {told:?}");
}

async fn whoever_watches_hears_what_others_do_also_after_long_silence(scene: Scene) {
    scene.order("rj").await;
    let other = Jobs::open(&scene.place).await.expect("jobs");
    // Long enough for it to have looked round while nobody watched.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let mut watch = other.watch(Filter::one(Kind::Sync, &name("rj"), None));
    until_status(&mut watch, Status::Waiting).await;
    scene.jobs.cancel(Kind::Sync, &name("rj"), None).await.expect("a job");
    until_status(&mut watch, Status::Cancelled).await;
}

async fn progress_outlives_its_worker(scene: Scene) {
    scene.order("rj").await;
    let running = scene.worker(|_, slice| {
        Box::pin(async move {
            slice.report(at("fetching", 7));
            slice.ended().await;
            crate::scene::more()
        })
    });
    until(&mut scene.watch("rj"), |state| state.progress.done == 7).await;
    running.stop().await;
    let jobs = Jobs::open(&scene.place).await.expect("jobs");
    let states = jobs.list(&Filter::default()).await.expect("a list");
    assert_eq!((states[0].status, &states[0].progress), (Status::Waiting, &at("fetching", 7)));
    let running = scene.worker(|task, _| {
        let progress = task.progress.clone();
        Box::pin(async move {
            assert_eq!(progress, at("fetching", 7));
            finished()
        })
    });
    until_status(&mut scene.watch("rj"), Status::Finished).await;
    running.stop().await;
}

async fn a_watch_of_everything_tells_of_everyone(scene: Scene) {
    let mut watch = scene.jobs.watch(Filter { live: true, ..Filter::default() });
    let running = scene.worker(|_, _| Box::pin(async { finished() }));
    for user in ["rj", "alice"] {
        scene.order(user).await;
        let ended =
            |state: &jobs::State| state.user.as_str() == user && state.status == Status::Finished;
        until(&mut watch, ended).await;
    }
    running.stop().await;
}

/// As a job of some milliseconds is, that nobody read while it lived.
async fn a_job_that_was_over_before_anybody_looked_is_told(scene: Scene) {
    let mut own = scene.jobs.watch(Filter { live: true, ..Filter::default() });
    let cancelled = async |user: &str| {
        scene.order(user).await;
        scene.jobs.cancel(Kind::Sync, &name(user), None).await.expect("a job");
    };
    cancelled("alice").await;
    // What was over before somebody began to watch is no news.
    let elsewhere = Jobs::open(&scene.place).await.expect("jobs");
    let mut other = elsewhere.watch(Filter { live: true, ..Filter::default() });
    scene.order("bob").await;
    let first = other.next().await.expect("a state").expect("a state");
    assert_eq!((first.user.as_str(), first.status), ("bob", Status::Waiting));
    cancelled("rj").await;
    for watch in [&mut own, &mut other] {
        let ended =
            |state: &jobs::State| state.user.as_str() == "rj" && state.status == Status::Cancelled;
        until(watch, ended).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_processes_hear_of_changes_and_lost_connections_lose_none() {
    let scene = Scene::postgres().await;
    let elsewhere = Jobs::open(&scene.place).await.expect("jobs");
    let mut watch = elsewhere.watch(Filter::default());
    scene.order("rj").await;
    until_status(&mut watch, Status::Waiting).await;
    // Whatever is told while nobody listens is read once somebody does again.
    let database = scene.database.as_ref().expect("PostgreSQL");
    for user in ["alice", "bob", "carol"] {
        database.terminate_connections();
        let ordered = async {
            loop {
                let order = crate::scene::sync(user, jobs::Priority::Waiting);
                match scene.jobs.order(&order).await {
                    Ok(ordered) => return ordered,
                    Err(error) => assert!(error.is_retryable(), "{error}"),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), ordered).await.expect("an order");
        until(&mut watch, |state| state.user.as_str() == user).await;
    }
}

#[tokio::test]
async fn a_password_is_in_no_error() {
    let place: jobs::Place =
        "postgres://rj:hunter2@127.0.0.1:1/nowhere".parse().expect("an address");
    let error = Jobs::open(&place).await.expect_err("nobody answers there");
    let mut shown = format!("{error} {error:?} {error:#?}");
    let mut source = std::error::Error::source(&error);
    while let Some(deeper) = source {
        shown.extend([deeper.to_string(), format!("{deeper:?}")]);
        source = deeper.source();
    }
    assert!(!shown.contains("hunter2"), "{shown}");
}
