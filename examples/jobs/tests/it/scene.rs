//! What the tests share: a place of each kind, and work that does what it is told.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jobs::{
    Done, Filter, Jobs, Kind, Order, Place, Priority, Retries, Setback, Slice, State, Status, Task,
    Watch, Work, Worker,
};
use lastfm_core::Username;
use lastfm_postgres::testing::{Database, PrivateServer};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// An empty place, removed at the end.
pub(crate) struct Scene {
    pub(crate) jobs: Jobs,
    pub(crate) place: Place,
    pub(crate) database: Option<Database>,
    _folder: Option<TempDir>,
}

impl Scene {
    pub(crate) async fn postgres() -> Self {
        let database = PrivateServer::shared().database();
        let place: Place = database.url().parse().expect("an address");
        let jobs = Jobs::open(&place).await.expect("jobs");
        Self { jobs, place, database: Some(database), _folder: None }
    }

    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place::Sqlite(folder.path().join("jobs.db"));
        let jobs = Jobs::open(&place).await.expect("jobs");
        Self { jobs, place, database: None, _folder: Some(folder) }
    }

    /// A place that another process keeps.
    pub(crate) fn of(jobs: Jobs, place: Place) -> Self {
        Self { jobs, place, database: None, _folder: None }
    }

    /// Orders a sync that a person waits for.
    pub(crate) async fn order(&self, user: &str) -> jobs::Ordered {
        self.jobs.order(&sync(user, Priority::Waiting)).await.expect("an order")
    }

    /// Changes rows by hand.
    pub(crate) fn sql(&self, change: &str) {
        match (&self.database, &self.place) {
            (Some(database), _) => {
                database.sql(change);
            }
            (None, Place::Sqlite(path)) => {
                let file = rusqlite::Connection::open(path).expect("a file");
                file.execute_batch(change).expect("a change");
            }
            (None, place) => panic!("{place}"),
        }
    }

    pub(crate) async fn state(&self, user: &str) -> State {
        let found = self.jobs.find(Kind::Sync, &name(user), None).await.expect("a reading");
        found.expect("a job")
    }

    pub(crate) fn watch(&self, user: &str) -> Watch {
        self.jobs.watch(Filter::one(Kind::Sync, &name(user), None))
    }

    /// Starts a worker for one job of each kind at a time, which tries again at once.
    pub(crate) fn worker<F>(&self, work: F) -> Running
    where
        F: for<'a> Fn(&'a Task, &'a Slice) -> Doing<'a> + Send + Sync + 'static,
    {
        self.worker_with(work, |worker| worker.at_a_time(1))
    }

    pub(crate) fn worker_with<F>(&self, work: F, change: impl FnOnce(Worker) -> Worker) -> Running
    where
        F: for<'a> Fn(&'a Task, &'a Slice) -> Doing<'a> + Send + Sync + 'static,
    {
        let quick = Duration::from_millis(1);
        let worker = Worker::new(self.jobs.clone(), Arc::new(Does(work))).retries(Retries {
            attempts: 3,
            first: quick,
            longest: quick,
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let running = change(worker).run(async move {
            // A sender that is gone stops it too.
            let _ = stopped.await;
        });
        Running { stop: Some(stop), task: tokio::spawn(running) }
    }
}

/// A worker that runs.
pub(crate) struct Running {
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), jobs::Error>>,
}

impl Running {
    pub(crate) async fn stop(mut self) {
        self.stop.take();
        self.task.await.expect("no panic").expect("a worker that stops");
    }
}

pub(crate) type Doing<'a> = Pin<Box<dyn Future<Output = Result<Done, Setback>> + Send + 'a>>;

/// Work that is a function.
struct Does<F>(F);

#[async_trait::async_trait]
impl<F> Work for Does<F>
where
    F: for<'a> Fn(&'a Task, &'a Slice) -> Doing<'a> + Send + Sync + 'static,
{
    async fn slice(&self, task: &Task, slice: &Slice) -> Result<Done, Setback> {
        (self.0)(task, slice).await
    }
}

/// The tasks that work was done for, in order.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<Task>>>);

impl Seen {
    /// How many slices there were, this one included.
    pub(crate) fn add(&self, task: &Task) -> usize {
        let mut tasks = self.0.lock().expect("no panic");
        tasks.push(task.clone());
        tasks.len()
    }

    pub(crate) fn tasks(&self) -> Vec<Task> {
        self.0.lock().expect("no panic").clone()
    }

    pub(crate) fn users(&self) -> Vec<String> {
        self.tasks().iter().map(|task| task.user.to_string()).collect()
    }

    pub(crate) fn attempts(&self) -> Vec<u32> {
        self.tasks().iter().map(|task| task.attempt).collect()
    }
}

pub(crate) fn name(user: &str) -> Username {
    user.parse().expect("a name")
}

pub(crate) fn sync(user: &str, priority: Priority) -> Order {
    Order { kind: Kind::Sync, user: name(user), year: None, priority }
}

#[expect(clippy::unnecessary_wraps, reason = "what a slice returns")]
pub(crate) fn finished() -> Result<Done, Setback> {
    Ok(Done::Finished("done".to_owned()))
}

#[expect(clippy::unnecessary_wraps, reason = "what a slice returns")]
pub(crate) fn more() -> Result<Done, Setback> {
    Ok(Done::More { after: Duration::ZERO })
}

/// Waits for the first state that fits; fails after a minute, with what was told until then.
pub(crate) async fn until(watch: &mut Watch, fits: impl Fn(&State) -> bool) -> State {
    let mut told = Vec::new();
    let wanted = async {
        loop {
            let state = watch.next().await.expect("a watch never ends").expect("a state");
            if fits(&state) {
                return state;
            }
            told.push((state.user, state.status, state.progress.phase));
        }
    };
    let found = tokio::time::timeout(Duration::from_mins(1), wanted).await;
    found.unwrap_or_else(|_| panic!("not among {told:?}"))
}

pub(crate) async fn until_status(watch: &mut Watch, status: Status) -> State {
    until(watch, |state| state.status == status).await
}

/// Runs each body on both databases.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::scene::Scene::postgres().await).await;
            })+
        }
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::scene::Scene::sqlite().await).await;
            })+
        }
    };
}
pub(crate) use on_both;
