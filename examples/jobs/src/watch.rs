//! Watching jobs: the present state first, then each change of it.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgListener;
use sqlx::sqlite::SqliteConnection;
use sqlx::{PgConnection, PgPool, SqlitePool};
use tokio::sync::{broadcast, mpsc};
use tokio::time::MissedTickBehavior;

use crate::Error;
use crate::database::Database;
use crate::order::Key;
use crate::state::{self, Filter, State};

/// On which changes are told, beside the schema's name.
const CHANNEL: &str = "fetch_jobs";

/// How often is looked whether somebody has written to a file.
const LOOK: Duration = Duration::from_secs(1);

/// What goes round when something has changed.
#[derive(Debug, Clone)]
enum News {
    /// This is how it stands now.
    State(Arc<State>),
    /// Something may have been missed: read everything again.
    Again,
}

/// Tells changes to whoever watches, in this process and in others.
#[derive(Debug, Clone)]
pub(crate) struct Announcer {
    /// Changes of this process, on SQLite, heard at once. On PostgreSQL the server tells them.
    changed: mpsc::UnboundedSender<Option<Key>>,
    listens: bool,
    news: broadcast::Sender<News>,
}

/// A connection in a transaction, of either database.
pub(crate) trait Announce {
    /// Announces a change when the transaction is committed, if the database can.
    fn tell(&mut self, payload: String) -> impl Future<Output = Result<(), sqlx::Error>> + Send;
}

impl Announce for PgConnection {
    async fn tell(&mut self, payload: String) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT pg_notify(current_schema() || '.' || $1, $2)")
            .bind(CHANNEL)
            .bind(payload)
            .execute(self)
            .await?;
        Ok(())
    }
}

impl Announce for SqliteConnection {
    async fn tell(&mut self, _payload: String) -> Result<(), sqlx::Error> {
        Ok(())
    }
}

impl Announcer {
    /// Announces a change with the transaction that made it.
    pub(crate) async fn tell_in<C: Announce>(
        &self,
        connection: &mut C,
        key: &Key,
    ) -> Result<(), Error> {
        Ok(connection.tell(key.to_string()).await?)
    }

    /// Announces many changes, or one that has no single job.
    pub(crate) async fn tell_all_in<C: Announce>(&self, connection: &mut C) -> Result<(), Error> {
        Ok(connection.tell("*".to_owned()).await?)
    }

    /// Announces a change that was committed, in this process.
    pub(crate) fn tell(&self, key: &Key) {
        if !self.listens {
            // Nobody is left to hear it.
            let _ = self.changed.send(Some(key.clone()));
        }
    }

    pub(crate) fn tell_all(&self) {
        if !self.listens {
            let _ = self.changed.send(None);
        }
    }

    /// Starts the task that turns changes into news; it ends with the last announcer.
    pub(crate) fn start(database: &Database) -> Self {
        let (changed, heard) = mpsc::unbounded_channel();
        let (news, _) = broadcast::channel(1024);
        let listens = matches!(database, Database::Postgres(_));
        let announcer = Self { changed, listens, news };
        let spreader = Spreader { database: database.clone(), news: announcer.news.clone() };
        tokio::spawn(spreader.run(heard));
        announcer
    }

    pub(crate) fn watch(&self, database: &Database, filter: Filter) -> Watch {
        Watch::start(database.clone(), self.news.subscribe(), filter)
    }
}

/// Looks whether somebody has written to a file of SQLite, which nobody is told of: other processes,
/// and River within this one.
#[derive(Default)]
struct Looker {
    connection: Option<SqliteConnection>,
    version: Option<i64>,
}

impl Looker {
    async fn sees_a_change(&mut self, pool: &SqlitePool) -> bool {
        if self.connection.is_none() {
            // Not one of the pool's any more: it would keep the pool from being closed.
            self.connection = pool.acquire().await.ok().map(PoolConnection::detach);
        }
        let Some(connection) = &mut self.connection else { return false };
        // The same number as long as nobody but this connection has written.
        let version = sqlx::query_scalar("PRAGMA data_version").fetch_one(connection).await.ok();
        if version.is_none() {
            self.connection = None;
        }
        let is_news = version != self.version;
        self.version = version;
        is_news
    }
}

/// Turns what is heard into news.
struct Spreader {
    database: Database,
    news: broadcast::Sender<News>,
}

impl Spreader {
    async fn run(self, mut heard: mpsc::UnboundedReceiver<Option<Key>>) {
        match &self.database {
            Database::Sqlite(pool) => {
                let mut look = tokio::time::interval(LOOK);
                look.set_missed_tick_behavior(MissedTickBehavior::Delay);
                let mut looker = Looker::default();
                loop {
                    tokio::select! {
                        change = heard.recv() => match change {
                            Some(change) => self.tell(change).await,
                            // Every announcer is gone.
                            None => return,
                        },
                        _ = look.tick() => {
                            if self.news.receiver_count() > 0 && looker.sees_a_change(pool).await {
                                let _ = self.news.send(News::Again);
                            }
                        }
                    }
                }
            }
            Database::Postgres(pool) => {
                tokio::select! {
                    () = self.listen_always(pool) => {}
                    // Every announcer is gone.
                    _ = heard.recv() => {}
                }
            }
        }
    }

    async fn tell(&self, change: Option<Key>) {
        if self.news.receiver_count() == 0 {
            return;
        }
        let read = match change {
            Some(key) => self.read(&key).await,
            None => Ok(None),
        };
        let what = match read {
            Ok(Some(state)) => News::State(Arc::new(state)),
            Ok(None) | Err(_) => News::Again,
        };
        // Nobody may be left to hear it.
        let _ = self.news.send(what);
    }

    async fn read(&self, key: &Key) -> Result<Option<State>, Error> {
        let user = key
            .user
            .parse()
            .map_err(|error| Error::Row { table: "fetch_jobs", why: format!("{error}") })?;
        let filter = Filter::one(key.kind, &user, key.year);
        Ok(state::read(&self.database, &filter).await?.pop())
    }

    async fn listen_always(&self, pool: &PgPool) {
        while !pool.is_closed() {
            if let Err(error) = self.listen(pool).await {
                tracing::warn!(%error, "changes of jobs are not heard; trying again");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Listens until the connection is lost and cannot be made again.
    async fn listen(&self, pool: &PgPool) -> Result<(), Error> {
        let schema: String =
            sqlx::query_scalar("SELECT current_schema()::text").fetch_one(pool).await?;
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(&format!("{schema}.{CHANNEL}")).await?;
        // What happened before is news to whoever began to watch in the meantime.
        let _ = self.news.send(News::Again);
        loop {
            let Some(notification) = listener.try_recv().await? else {
                // The connection was lost and is made again: what was told in between is gone.
                let _ = self.news.send(News::Again);
                continue;
            };
            self.tell(notification.payload().parse().ok()).await;
        }
    }
}

/// A stream of states: first every job that the filter takes, as it stands, then each change.
///
/// Changes that follow each other quickly may come as one: what comes is always how it stood
/// then, and the last one is always told. It never ends by itself; an error is one reading that
/// failed, and the next change is told again.
pub struct Watch {
    states: mpsc::Receiver<Result<State, Error>>,
    task: tokio::task::JoinHandle<()>,
}

impl Watch {
    fn start(database: Database, news: broadcast::Receiver<News>, filter: Filter) -> Self {
        let (sender, states) = mpsc::channel(16);
        let task = tokio::spawn(follow(database, news, filter, sender));
        Self { states, task }
    }

    /// The next state. Cancel safe.
    pub async fn next(&mut self) -> Option<Result<State, Error>> {
        self.states.recv().await
    }
}

async fn follow(
    database: Database,
    mut news: broadcast::Receiver<News>,
    filter: Filter,
    sender: mpsc::Sender<Result<State, Error>>,
) {
    let mut told = HashMap::new();
    let mut fresh = |state: &State| {
        let key = Key::new(state.kind, &state.user, state.year);
        // Pausing and River's own changes raise no number of ours.
        let now = (state.change, state.status, state.paused);
        let told = told.entry(key).or_insert((-1, now.1, now.2));
        // A reading that was on its way while a later one was made is no news.
        let fresh = now.0 >= told.0 && now != *told;
        if fresh {
            *told = now;
        }
        fresh
    };
    // Ends are news, too, also of a job that was over before anybody could look; but not those from
    // before the watch.
    let about = Filter { live: false, ..filter.clone() };
    let mut before = filter.live;
    let mut again = true;
    loop {
        if again {
            let states = match state::read(&database, &about).await {
                Ok(states) => states.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            };
            let ended_before = |state: &State| before && !state.status.is_live();
            let is_read = states.iter().all(Result::is_ok);
            for state in states {
                let is_news =
                    state.as_ref().map_or(true, |state| fresh(state) && !ended_before(state));
                if is_news && sender.send(state).await.is_err() {
                    return;
                }
            }
            before &= !is_read;
        }
        again = match news.recv().await {
            Ok(News::State(state)) => {
                let news = about.takes(&state) && fresh(&state);
                if news && sender.send(Ok((*state).clone())).await.is_err() {
                    return;
                }
                false
            }
            Ok(News::Again) | Err(broadcast::error::RecvError::Lagged(_)) => true,
            Err(broadcast::error::RecvError::Closed) => return,
        };
    }
}

impl Stream for Watch {
    type Item = Result<State, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.states.poll_recv(context)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}
