//! The moment between what our tables know of a job and what River knows of it.

use std::future::Future;
use std::time::Duration;

use jobs::{JobEvent, Kind, Ordered, Priority, Status};
use sqlx::{Connection, PgConnection};

use crate::scene::{Scene, finished, name, on_both, sync, until_status};

on_both!(a_job_that_was_cancelled_while_its_worker_was_dead_is_told_to_be,);

async fn a_job_that_was_cancelled_while_its_worker_was_dead_is_told_to_be(scene: Scene) {
    let ordered = scene.order("rj").await;
    let long_ago = match scene.database {
        Some(_) => "now() - interval '1 minute'",
        None => "strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 minute')",
    };
    scene.sql(&format!(
        "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = {long_ago};
         UPDATE fetch_jobs SET status = 'running', slice = 1, slice_at = ordered_at - 60, \
         worker = 'a dead one'"
    ));
    let mut watch = scene.watch("rj");
    until_status(&mut watch, Status::Running).await;
    let state = scene.jobs.cancel(Kind::Sync, &name("rj"), None).await.expect("a job");
    assert_eq!(state.status, Status::Running, "nobody can know yet that its worker is dead");
    let running =
        scene.worker_with(|_, _| Box::pin(async { finished() }), |worker| worker.hurried(20));
    let state = until_status(&mut watch, Status::Cancelled).await;
    assert!(state.finished_at.is_some() && state.slice_at.is_none(), "{state:?}");
    running.stop().await;
    let history = scene.jobs.history(Kind::Sync, &name("rj"), 10).await.expect("a history");
    let entries: Vec<_> = history.iter().map(|entry| (entry.happened, entry.job)).collect();
    assert_eq!(entries, [(JobEvent::Cancelled, ordered.job)]);
    let figures = scene.jobs.snapshot().await.expect("figures");
    assert_eq!((figures.counts[0].status, figures.abandoned), (Status::Cancelled, 0));
    assert!(scene.order("rj").await.new);
}

/// Does something while a transaction of somebody else has written this and is not committed: once
/// it waits for that, there is a commit.
async fn meanwhile<F>(scene: &Scene, writes: &[&str], does: F) -> F::Output
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let database = scene.database.as_ref().expect("a database");
    let mut other = PgConnection::connect(database.url()).await.expect("a connection");
    let mut writing = other.begin().await.expect("a transaction");
    for write in writes {
        sqlx::raw_sql(sqlx::AssertSqlSafe((*write).to_owned()))
            .execute(&mut *writing)
            .await
            .expect("a write");
    }
    let doing = tokio::spawn(does);
    // Asked on another connection: within a transaction the answer stays what it was at first.
    let waiters = "SELECT pid FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while database.sql(waiters).is_empty() {
        assert!(!doing.is_finished(), "nothing was waited for");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    writing.commit().await.expect("a commit");
    doing.await.expect("no panic")
}

fn retry(scene: &Scene) -> impl Future<Output = Ordered> + Send + use<> {
    let (jobs, user) = (scene.jobs.clone(), name("rj"));
    async move { jobs.retry(Kind::Sync, &user, None).await.expect("a job") }
}

fn river(scene: &Scene) -> Vec<String> {
    let database = scene.database.as_ref().expect("a database");
    let rows = database.sql("SELECT state::text FROM river_job ORDER BY id");
    rows.into_iter().map(|row| row[0].clone().expect("a state")).collect()
}

/// River is about to write that a job rests, whose slice has ended.
const RUNNING: &str = "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now()";
const RESTS: &str =
    "UPDATE river_job SET state = 'scheduled', scheduled_at = now() + interval '1 h'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_tried_at_once_although_river_is_just_writing_that_it_rests() {
    let scene = Scene::postgres().await;
    let ordered = scene.order("rj").await;
    scene.sql(RUNNING);
    let tried = meanwhile(&scene, &[RESTS], retry(&scene)).await;
    assert_eq!(tried.job, ordered.job);
    assert_eq!(river(&scene), ["available"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_comes_at_once_although_river_has_still_to_write_when_its_turn_is() {
    let scene = Scene::postgres().await;
    scene.jobs.order(&sync("rj", Priority::Nightly)).await.expect("an order");
    scene.sql(RUNNING);
    scene.sql("UPDATE fetch_jobs SET resume_at = ordered_at + 3600");
    let jobs = scene.jobs.clone();
    let order = async move { jobs.order(&sync("rj", Priority::Waiting)).await.expect("an order") };
    let ordered = tokio::spawn(order);
    while scene.state("rj").await.priority != Priority::Waiting {
        assert!(!ordered.is_finished(), "nothing was waited for");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    scene.sql(RESTS);
    assert!(!ordered.await.expect("no panic").new);
    let state = scene.state("rj").await;
    assert_eq!((state.priority, state.resume_at), (Priority::Waiting, None));
    assert_eq!(river(&scene), ["available"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_is_cancelled_while_it_is_tried_again_is_ordered_anew() {
    let scene = Scene::postgres().await;
    let first = scene.order("rj").await;
    scene.sql(RESTS);
    let ends = [
        "UPDATE river_job SET state = 'cancelled', finalized_at = now()",
        "UPDATE fetch_jobs SET status = 'cancelled', finished_at = ordered_at",
    ];
    let again = meanwhile(&scene, &ends, retry(&scene)).await;
    assert!(again.new && again.job > first.job, "{again:?}");
    assert_eq!(river(&scene), ["cancelled", "available"]);
    assert_eq!(scene.state("rj").await.status, Status::Waiting);
}
