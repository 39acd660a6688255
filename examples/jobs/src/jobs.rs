//! Ordering jobs and looking at them.

use std::sync::Arc;

use lastfm_core::Username;
use riverqueue::jiff::Timestamp as Moment;
use riverqueue::{Client, InsertManyItem, InsertOpts, JobState, UniqueOpts};

use crate::database::{Database, on, write};
use crate::order::Fetch;
use crate::state::{self, Filter, State};
use crate::watch::{Announcer, Watch};
use crate::{Error, Kind, Order, Place, schema};

/// How many orders go into one transaction.
const BATCH: usize = 500;

/// More attempts than any job makes: River counts those whose worker died over the whole life of a
/// job, we count failures in a row.
const ATTEMPTS: i32 = 30_000;

/// The jobs of one place. Cheap to clone; clones share connections.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), jobs::Error> {
/// use jobs::{Filter, Jobs, Kind, Order, Priority, Status};
///
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("jobs.db").display().to_string();
/// let jobs = Jobs::open(&path.parse()?).await?;
/// let order = Order { kind: Kind::Sync, user: "rj".parse().expect("a name"), year: None, priority: Priority::Waiting };
/// let first = jobs.order(&order).await?;
/// let again = jobs.order(&order).await?;
/// assert!(first.new && !again.new);
/// assert_eq!(first.job, again.job);
/// assert_eq!(jobs.list(&Filter::default()).await?[0].status, Status::Waiting);
/// # Ok(())
/// # }
/// ```
///
/// # Cancel safety
///
/// Every future may be dropped at any poll. What it was about to do is then done wholly or not at
/// all.
#[derive(Clone, Debug)]
pub struct Jobs {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) database: Database,
    pub(crate) announcer: Announcer,
    /// Orders and steers; works on nothing.
    pub(crate) client: Client,
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ordered {
    /// The job's number.
    pub job: i64,
    /// Whether the job is new; if not, a live one of that user, kind and year was there.
    pub new: bool,
}

impl Jobs {
    /// Connects, and makes or migrates the tables, River's and ours, while nobody else does.
    ///
    /// # Errors
    ///
    /// [`Error::Newer`] if a newer version of this program has made the tables; then nothing was
    /// changed.
    pub async fn open(place: &Place) -> Result<Self, Error> {
        let _lock = schema::FileLock::take(place).await?;
        let database = Database::open(place).await?;
        schema::migrate(&database).await?;
        let client = match &database {
            Database::Postgres(pool) => Client::builder(pool.clone()),
            Database::Sqlite(pool) => Client::builder(pool.clone()),
        };
        let client = client.allow_unregistered_job_kinds().build()?;
        let announcer = Announcer::start(&database);
        Ok(Self { inner: Arc::new(Inner { database, announcer, client }) })
    }

    /// Closes the connections, once what is under way has ended. Every clone is then without use.
    pub async fn close(&self) {
        on!(&self.inner.database, pool => pool.close().await);
    }

    /// Orders a job, or finds the one that is live: one for each user, kind
    /// and year, however many order at once. A live one that is less urgent becomes as urgent as the order, and one whose
    /// turn by the clock is still to come is in line from now on.
    pub async fn order(&self, order: &Order) -> Result<Ordered, Error> {
        let ordered = self.order_many(std::slice::from_ref(order), |_| None).await?;
        let ordered = ordered.into_iter().next().ok_or_else(|| Error::Row {
            table: "river_job",
            why: "an order left no job".to_owned(),
        })?;
        if !ordered.new {
            self.hasten(order, ordered.job).await?;
        }
        Ok(ordered)
    }

    /// Orders many jobs, some hundred in a transaction; `at` says when each one's turn is, if not
    /// at once. Live ones stay as they are.
    pub(crate) async fn order_many(
        &self,
        orders: &[Order],
        at: impl Fn(&Order) -> Option<Moment>,
    ) -> Result<Vec<Ordered>, Error> {
        let mut all = Vec::with_capacity(orders.len());
        for orders in orders.chunks(BATCH) {
            all.extend(self.order_batch(orders, &at).await?);
        }
        Ok(all)
    }

    async fn order_batch(
        &self,
        orders: &[Order],
        at: &impl Fn(&Order) -> Option<Moment>,
    ) -> Result<Vec<Ordered>, Error> {
        // A row of an ended job is taken over by the new one; how far the old one came is gone.
        const ENTER: &str = "INSERT INTO fetch_jobs (kind, user_key, year, username, job_id, status, \
             priority, details, retryable, ordered_at, updated_at, failures, slice, change, \
             resume_at) \
             SELECT j.args ->> 'kind', j.args ->> 'user', \
             coalesce(CAST(j.args ->> 'year' AS integer), 0), j.args ->> 'name', j.id, \
             'waiting', j.priority, '{}', false, \
             {now}, {now}, 0, 0, 1, CASE WHEN {due} > {now} THEN {due} END \
             FROM river_job j WHERE j.id IN ({ids}) \
             ON CONFLICT (kind, user_key, year) DO UPDATE SET username = excluded.username, \
             job_id = excluded.job_id, status = 'waiting', priority = excluded.priority, \
             phase = NULL, progress = NULL, total = NULL, details = '{}', summary = NULL, \
             error = NULL, retryable = false, ordered_at = excluded.ordered_at, \
             started_at = NULL, updated_at = excluded.updated_at, finished_at = NULL, \
             resume_at = excluded.resume_at, failures = 0, slice_at = NULL, \
             change = fetch_jobs.change + 1";
        let Inner { database, announcer, client } = &*self.inner;
        let items: Vec<_> = orders.iter().map(|order| item(order, at(order))).collect();
        let ordered: Vec<Ordered> = write!(database, transaction => {
            let inserted = client.insert_many(items).tx(&mut transaction).await?;
            let ordered: Vec<Ordered> = inserted
                .iter()
                .map(|job| Ordered { job: job.id(), new: !job.unique_skipped_as_duplicate })
                .collect();
            let new: Vec<i64> =
                ordered.iter().filter(|ordered| ordered.new).map(|ordered| ordered.job).collect();
            if !new.is_empty() {
                let ids = serde_json::Value::from(new).to_string();
                sqlx::query(database.sql(ENTER)).bind(ids).execute(&mut *transaction).await?;
                match orders {
                    [one] => announcer.tell_in(&mut *transaction, &one.key()).await?,
                    _ => announcer.tell_all_in(&mut *transaction).await?,
                }
            }
            ordered
        });
        match orders {
            [one] => announcer.tell(&one.key()),
            _ => announcer.tell_all(),
        }
        Ok(ordered)
    }

    /// How the newest job of this kind and user stands, of this year or of all; `None` if there never
    /// was one.
    pub async fn find(
        &self,
        kind: Kind,
        user: &Username,
        year: Option<i16>,
    ) -> Result<Option<State>, Error> {
        Ok(state::read(&self.inner.database, &Filter::one(kind, user, year)).await?.pop())
    }

    /// How the newest jobs of each kind, user and year stand, by user, kind and year.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<State>, Error> {
        state::read(&self.inner.database, filter).await
    }

    /// The present state of every job that the filter takes, and then each change.
    ///
    /// On PostgreSQL changes are heard from every process (`LISTEN`, nothing is asked for
    /// again and again); after a lost connection everything is read anew. On SQLite changes of
    /// other processes are heard within a second.
    pub fn watch(&self, filter: Filter) -> Watch {
        self.inner.announcer.watch(&self.inner.database, filter)
    }
}

/// One order as River takes it: unique as long as it is live. Ended jobs do not count, or the next
/// hour's order would be swallowed.
fn item(order: &Order, at: Option<Moment>) -> InsertManyItem<Fetch> {
    let live = [
        JobState::Available,
        JobState::Pending,
        JobState::Retryable,
        JobState::Running,
        JobState::Scheduled,
    ];
    let opts = InsertOpts::default()
        .with_queue(order.kind.as_str())
        .with_priority(order.priority.number())
        .with_max_attempts(ATTEMPTS)
        .with_unique(UniqueOpts::new().with_by_args(true).with_by_state(live));
    let opts = match at {
        Some(at) => opts.with_scheduled_at(at),
        None => opts,
    };
    InsertManyItem::new(Fetch::new(order), opts)
}
