//! Jobs about one year, beside those about all of them.

use jobs::{Filter, Jobs, Kind, Order, Place, Priority, Status, Years};
use riverqueue::migrate::{PostgresMigrator, SqliteMigrator};
use riverqueue::{Client, InsertOpts, JobArgs, UniqueOpts};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, SqlitePool};

use crate::scene::{Scene, Seen, finished, name, on_both, sync, until};

on_both!(
    years_of_one_user_stand_beside_one_another,
    a_year_that_was_cancelled_leaves_the_others_alone,
    jobs_from_before_there_were_years_go_on,
);

fn of(year: i16) -> Order {
    Order { year: Some(year), ..sync("rj", Priority::Waiting) }
}

async fn years_of_one_user_stand_beside_one_another(scene: Scene) {
    let whole = scene.order("rj").await;
    let [first, second, again] = [2014, 2015, 2014].map(of);
    let first = scene.jobs.order(&first).await.expect("an order");
    let second = scene.jobs.order(&second).await.expect("an order");
    assert!(whole.new && first.new && second.new);
    let again = scene.jobs.order(&again).await.expect("an order");
    assert_eq!((again.job, again.new), (first.job, false), "one of a year is live at a time");
    assert_eq!(scene.order("rj").await.job, whole.job);

    let all = Filter { user: Some(name("rj")), ..Filter::default() };
    let years = |states: &[jobs::State]| states.iter().map(|state| state.year).collect::<Vec<_>>();
    let listed = scene.jobs.list(&all).await.expect("a list");
    assert_eq!(years(&listed), [None, Some(2014), Some(2015)]);
    for (which, found) in [(Years::Whole, vec![None]), (Years::Only(2015), vec![Some(2015)])] {
        let filter = Filter { year: which, ..all.clone() };
        assert_eq!(years(&scene.jobs.list(&filter).await.expect("a list")), found);
    }

    let seen = Seen::default();
    let work = seen.clone();
    let mut watch = scene.jobs.watch(Filter::one(Kind::Sync, &name("rj"), Some(2015)));
    let running = scene.worker(move |task, _| {
        work.add(task);
        Box::pin(async { finished() })
    });
    let done = until(&mut watch, |state| state.status == Status::Finished).await;
    assert_eq!((done.year, done.job), (Some(2015), second.job));
    running.stop().await;
    let mut worked: Vec<_> = seen.tasks().iter().map(|task| (task.year, task.job)).collect();
    worked.sort_unstable();
    assert_eq!(worked, [(None, whole.job), (Some(2014), first.job), (Some(2015), second.job)]);
    let history = scene.jobs.history(Kind::Sync, &name("rj"), 10).await.expect("a history");
    let mut told: Vec<_> = history.iter().map(|entry| entry.year).collect();
    told.sort_unstable();
    assert_eq!(told, [None, Some(2014), Some(2015)]);
}

async fn a_year_that_was_cancelled_leaves_the_others_alone(scene: Scene) {
    let (jobs, rj) = (&scene.jobs, name("rj"));
    scene.order("rj").await;
    jobs.order(&of(2014)).await.expect("an order");
    let mut watch = jobs.watch(Filter::one(Kind::Sync, &rj, Some(2014)));
    let cancelled = jobs.cancel(Kind::Sync, &rj, Some(2014)).await.expect("a job");
    assert_eq!((cancelled.year, cancelled.status), (Some(2014), Status::Cancelled));
    until(&mut watch, |state| state.status == Status::Cancelled).await;
    assert_eq!(scene.state("rj").await.status, Status::Waiting);
    // River's trigger has written it down, with the year.
    let history = jobs.history(Kind::Sync, &rj, 10).await.expect("a history");
    assert_eq!(history.iter().map(|entry| entry.year).collect::<Vec<_>>(), [Some(2014)]);
    assert!(jobs.retry(Kind::Sync, &rj, Some(2014)).await.expect("a job").new);
    jobs.cancel(Kind::Sync, &rj, Some(2015)).await.expect_err("there is none");
}

/// What River kept of an order before there were years.
#[derive(Debug, Clone, Serialize, Deserialize, JobArgs)]
#[river(kind = "fetch", unique(by_args))]
struct Fetch {
    #[river(unique)]
    kind: Kind,
    #[river(unique)]
    user: String,
    name: String,
}

const VERSION: &str = "CREATE TABLE fetch_schema (version integer PRIMARY KEY); \
     INSERT INTO fetch_schema VALUES (1)";

/// Rows as they were then: the live job of this number, one that has ended, and what it left.
fn rows(job: i64) -> String {
    let row = |user: &str, job: i64, status: &str, ended: &str| {
        format!(
            "INSERT INTO fetch_jobs (kind, user_key, username, job_id, status, priority, details, \
             retryable, ordered_at, updated_at, finished_at, failures, slice, change) VALUES \
             ('sync', '{user}', '{user}', {job}, '{status}', 2, '{{\"done\":7}}', false, 5, 6, \
             {ended}, 0, 3, 9); "
        )
    };
    let history = "INSERT INTO fetch_history (kind, user_key, job_id, slice, at, event, words) \
         VALUES ('sync', 'ann', 77, 3, 6, 'finished', '7 plays')";
    row("rj", job, "waiting", "NULL") + &row("ann", job + 1, "finished", "8") + history
}

/// An empty place, with an order in it as it was made before there were years.
async fn old(place: &Place) {
    let fetch = Fetch { kind: Kind::Sync, user: "rj".to_owned(), name: "RJ".to_owned() };
    let opts =
        InsertOpts::default().with_queue("sync").with_unique(UniqueOpts::new().with_by_args(true));
    match place {
        Place::Postgres(url) => {
            let pool = PgPool::connect(url.as_str()).await.expect("a pool");
            PostgresMigrator::new(pool.clone()).migrate_up().await.expect("a migration");
            let first = include_str!("../../src/schema/postgres.sql");
            sqlx::raw_sql(first).execute(&pool).await.expect("tables");
            sqlx::raw_sql(VERSION).execute(&pool).await.expect("a version");
            let client = Client::builder(pool.clone()).allow_unregistered_job_kinds().build();
            let client = client.expect("a client");
            let job = client.insert(fetch).opts(opts).await.expect("a job").id();
            let rows = sqlx::AssertSqlSafe(rows(job));
            sqlx::raw_sql(rows).execute(&pool).await.expect("rows");
        }
        Place::Sqlite(path) => {
            let options = sqlx::sqlite::SqliteConnectOptions::new();
            let options = options.filename(path).create_if_missing(true);
            let pool = SqlitePool::connect_with(options).await.expect("a pool");
            SqliteMigrator::new(pool.clone()).migrate_up().await.expect("a migration");
            let first = include_str!("../../src/schema/sqlite.sql");
            sqlx::raw_sql(first).execute(&pool).await.expect("tables");
            sqlx::raw_sql(VERSION).execute(&pool).await.expect("a version");
            let client = Client::builder(pool.clone()).allow_unregistered_job_kinds().build();
            let client = client.expect("a client");
            let job = client.insert(fetch).opts(opts).await.expect("a job").id();
            let rows = sqlx::AssertSqlSafe(rows(job));
            sqlx::raw_sql(rows).execute(&pool).await.expect("rows");
            pool.close().await;
        }
        place => panic!("{place}"),
    }
}

async fn jobs_from_before_there_were_years_go_on(scene: Scene) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = lastfm_postgres::testing::PrivateServer::shared().database();
    let place = match scene.place {
        Place::Sqlite(_) => Place::Sqlite(folder.path().join("old.db")),
        _ => database.url().parse().expect("an address"),
    };
    old(&place).await;
    let jobs = Jobs::open(&place).await.expect("jobs");
    let states = jobs.list(&Filter::default()).await.expect("a list");
    let rows: Vec<_> = states
        .iter()
        .map(|state| (state.user.as_str(), state.year, state.change, state.progress.done))
        .collect();
    assert_eq!(rows, [("ann", None, 9, 7), ("rj", None, 9, 7)]);
    let left = jobs.history(Kind::Sync, &name("ann"), 10).await.expect("a history");
    assert_eq!(left.iter().map(|entry| (entry.job, entry.year)).collect::<Vec<_>>(), [(77, None)]);

    let ordered = jobs.order(&sync("rj", Priority::Waiting)).await.expect("an order");
    assert!(!ordered.new, "the order from then is live");
    assert!(jobs.order(&of(2014)).await.expect("an order").new);
    let scene = Scene::of(jobs, place);
    let mut watch = scene.jobs.watch(Filter::one(Kind::Sync, &name("rj"), None));
    let running = scene.worker(|_, _| Box::pin(async { finished() }));
    let done = until(&mut watch, |state| state.status == Status::Finished).await;
    assert_eq!(done.job, ordered.job);
    running.stop().await;
}
