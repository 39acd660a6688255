//! What an order leads to.

use std::sync::Arc;
use std::time::Duration;

use jobs::{Done, Error, Filter, Jobs, Kind, Place, Priority, Setback, Status};
use tokio::sync::Notify;

use crate::scene::{Scene, Seen, finished, name, on_both, sync, until, until_status};

on_both!(
    one_job_is_live_however_many_order_at_once,
    a_job_that_ended_does_not_swallow_the_next_order,
    names_that_differ_in_case_are_one_user,
    kinds_do_not_exclude_each_other,
    the_most_urgent_job_comes_first,
    a_person_makes_a_live_job_urgent,
    a_person_makes_a_job_urgent_that_is_worked_on_or_rests,
    an_order_that_is_less_urgent_does_not_make_a_job_less_urgent,
    many_processes_open_a_new_place_at_once,
    a_newer_schema_is_refused,
);

async fn one_job_is_live_however_many_order_at_once(scene: Scene) {
    let others = [Jobs::open(&scene.place).await.expect("jobs"), scene.jobs.clone()];
    let orders = (0..20).map(|number| {
        let jobs = others[number % 2].clone();
        tokio::spawn(async move { jobs.order(&sync("rj", Priority::Waiting)).await })
    });
    let mut ordered = Vec::new();
    for order in orders.collect::<Vec<_>>() {
        ordered.push(order.await.expect("no panic").expect("an order"));
    }
    assert_eq!(ordered.iter().filter(|ordered| ordered.new).count(), 1, "{ordered:?}");
    assert!(ordered.iter().all(|other| other.job == ordered[0].job), "{ordered:?}");
    assert_eq!(scene.jobs.list(&Filter::default()).await.expect("a list").len(), 1);
}

async fn a_job_that_ended_does_not_swallow_the_next_order(scene: Scene) {
    let first = scene.order("rj").await;
    let running = scene.worker(|_, _| Box::pin(async { finished() }));
    let mut watch = scene.watch("rj");
    let state = until_status(&mut watch, Status::Finished).await;
    assert_eq!((state.job, state.summary.as_deref()), (first.job, Some("done")));
    assert!(state.finished_at.is_some());
    let second = scene.order("rj").await;
    assert!(second.new && second.job > first.job);
    until(&mut watch, |state| state.job == second.job && state.status == Status::Finished).await;
    running.stop().await;
}

async fn names_that_differ_in_case_are_one_user(scene: Scene) {
    let first = scene.order("rj").await;
    let second = scene.order("RJ").await;
    assert_eq!((second.job, second.new), (first.job, false));
    assert_eq!(scene.state("Rj").await.user.as_str(), "rj");
}

async fn kinds_do_not_exclude_each_other(scene: Scene) {
    scene.order("rj").await;
    let audit = jobs::Order { kind: Kind::Audit, ..sync("rj", Priority::Nightly) };
    assert!(scene.jobs.order(&audit).await.expect("an order").new);
    let kinds: Vec<Kind> = scene
        .jobs
        .list(&Filter { user: Some(name("rj")), ..Filter::default() })
        .await
        .expect("a list")
        .iter()
        .map(|state| state.kind)
        .collect();
    assert_eq!(kinds, [Kind::Audit, Kind::Sync]);
}

async fn the_most_urgent_job_comes_first(scene: Scene) {
    let urgencies = [
        ("night", Priority::Nightly),
        ("hour", Priority::Scheduled),
        ("person", Priority::Waiting),
        ("hour2", Priority::Scheduled),
    ];
    for (user, priority) in urgencies {
        scene.jobs.order(&sync(user, priority)).await.expect("an order");
    }
    let seen = Seen::default();
    let work = seen.clone();
    let running = scene.worker(move |task, _| {
        work.add(task);
        Box::pin(async { finished() })
    });
    until_status(&mut scene.watch("night"), Status::Finished).await;
    running.stop().await;
    assert_eq!(seen.users(), ["person", "hour", "hour2", "night"]);
}

async fn a_person_makes_a_live_job_urgent(scene: Scene) {
    let at_night = scene.jobs.order(&sync("rj", Priority::Nightly)).await.expect("an order");
    scene.jobs.order(&sync("alice", Priority::Scheduled)).await.expect("an order");
    let ordered = scene.order("rj").await;
    assert_eq!((ordered.job, ordered.new), (at_night.job, false));
    assert_eq!(scene.state("rj").await.priority, Priority::Waiting);
    // Nobody who waits less makes it less urgent again.
    scene.jobs.order(&sync("rj", Priority::Nightly)).await.expect("an order");
    assert_eq!(scene.state("rj").await.priority, Priority::Waiting);
    let seen = Seen::default();
    let work = seen.clone();
    let running = scene.worker(move |task, _| {
        work.add(task);
        Box::pin(async { finished() })
    });
    until_status(&mut scene.watch("alice"), Status::Finished).await;
    running.stop().await;
    assert_eq!(seen.users(), ["rj", "alice"]);
}

async fn a_person_makes_a_job_urgent_that_is_worked_on_or_rests(scene: Scene) {
    scene.jobs.order(&sync("rj", Priority::Nightly)).await.expect("an order");
    let go_on = Arc::new(Notify::new());
    let waits = go_on.clone();
    let running = scene.worker(move |_, _| {
        let waits = waits.clone();
        Box::pin(async move {
            waits.notified().await;
            let reason = "Last.fm is down".to_owned();
            Err(Setback::Wait { after: Duration::from_hours(1), reason })
        })
    });
    let mut watch = scene.watch("rj");
    until_status(&mut watch, Status::Running).await;
    scene.jobs.order(&sync("rj", Priority::Scheduled)).await.expect("an order");
    let state = scene.state("rj").await;
    assert_eq!((state.status, state.priority), (Status::Running, Priority::Scheduled));
    go_on.notify_one();
    let rests = until_status(&mut watch, Status::Resting).await;
    scene.order("rj").await;
    let state = scene.state("rj").await;
    assert_eq!((state.status, state.priority), (Status::Resting, Priority::Waiting));
    assert_eq!(state.resume_at, rests.resume_at, "it rests for as long as before");
    running.stop().await;
}

async fn an_order_that_is_less_urgent_does_not_make_a_job_less_urgent(scene: Scene) {
    scene.order("rj").await;
    let running =
        scene.worker(|_, _| Box::pin(async { Ok(Done::More { after: Duration::from_hours(1) }) }));
    until(&mut scene.watch("rj"), |state| state.resume_at.is_some()).await;
    running.stop().await;
    scene.jobs.order(&sync("rj", Priority::Nightly)).await.expect("an order");
    let state = scene.state("rj").await;
    assert_eq!((state.priority, state.resume_at), (Priority::Waiting, None));
}

async fn many_processes_open_a_new_place_at_once(scene: Scene) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = lastfm_postgres::testing::PrivateServer::shared().database();
    let place = match scene.place {
        Place::Sqlite(_) => Place::Sqlite(folder.path().join("new.db")),
        _ => database.url().parse().expect("an address"),
    };
    let opened = (0..6).map(|_| {
        let place = place.clone();
        tokio::spawn(async move { Jobs::open(&place).await })
    });
    for jobs in opened.collect::<Vec<_>>() {
        let jobs = jobs.await.expect("no panic").expect("jobs");
        assert!(jobs.list(&Filter::default()).await.expect("a list").is_empty());
    }
}

async fn a_newer_schema_is_refused(scene: Scene) {
    scene.sql("INSERT INTO fetch_schema (version) VALUES (99)");
    let refused = Jobs::open(&scene.place).await.expect_err("a refusal");
    assert!(matches!(refused, Error::Newer { found: 99, .. }), "{refused}");
}
