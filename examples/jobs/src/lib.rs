//! Jobs for many users: each does one [`Kind`] of work for one user. They wait in a queue, are worked on in slices of at most 30 s, and go on after anything that ends a worker.
//!
//! The queue is [River](https://riverqueue.com) (`riverqueue`), in PostgreSQL for many machines or
//! in one SQLite file for one machine; the same code, only the [`Place`] differs. What a job does
//! is given by whoever starts a [`Worker`], as a [`Work`].
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), jobs::Error> {
//! use std::sync::Arc;
//!
//! use jobs::{Done, Filter, Jobs, Kind, Order, Priority, Setback, Slice, Status, Task, Work, Worker};
//!
//! struct Greet;
//!
//! #[async_trait::async_trait]
//! impl Work for Greet {
//!     async fn slice(&self, task: &Task, _slice: &Slice) -> Result<Done, Setback> {
//!         Ok(Done::Finished(format!("greeted {}", task.user)))
//!     }
//! }
//!
//! # let folder = tempfile::tempdir().expect("a folder");
//! # let path = folder.path().join("jobs.db").display().to_string();
//! let jobs = Jobs::open(&path.parse()?).await?;
//! let user = "rj".parse().expect("a name");
//! let order = Order { kind: Kind::Sync, user, year: None, priority: Priority::Waiting };
//! jobs.order(&order).await?;
//!
//! let mut watch = jobs.watch(Filter::default());
//! let greeted = async {
//!     while let Some(Ok(state)) = watch.next().await {
//!         if state.status == Status::Finished {
//!             assert_eq!(state.summary.as_deref(), Some("greeted rj"));
//!             break;
//!         }
//!     }
//! };
//! Worker::new(jobs.clone(), Arc::new(Greet)).run(greeted).await?;
//! # Ok(())
//! # }
//! ```

mod attempt;
mod database;
mod error;
mod history;
mod jobs;
mod order;
mod place;
mod record;
mod schedule;
mod schema;
mod snapshot;
mod state;
mod steer;
mod watch;
mod work;
mod worker;

pub use attempt::Retries;
pub use database::Database;
pub use error::Error;
pub use history::{Entry, HISTORY_KEPT, JobEvent};
pub use jobs::{Jobs, Ordered};
pub use order::{Kind, Order, Priority};
pub use place::Place;
/// How whoever keeps tables beside those of jobs begins a transaction on a [`Database`]: one that sqlx
/// begins itself stays open in the pool if its caller gives up half-way, as a request does whose
/// browser has gone, and takes with it what others write there afterwards.
pub use riverqueue::database::{begin_postgres, begin_sqlite_write};
pub use schedule::Schedule;
pub use snapshot::{Count, Snapshot};
pub use state::{Filter, Progress, RESCUE_AFTER, State, Status, Years};
pub use watch::Watch;
pub use work::{Done, Ending, SLICE, Setback, Slice, Task, Work};
pub use worker::Worker;
