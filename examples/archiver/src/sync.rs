//! `sync`: brings archives up to date, one user after the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use lastfm_core::Username;
use lastfm_core::archive::{
    ArchiveStore, Archiver, Claim, Progress, Report, Span, SyncError, WorkerId,
};
use lastfm_core::transport::{Pacer, TransportError};
use lastfm_sqlite::{SqlitePacer, SqliteStore};
use url::Url;

use crate::cli;
use crate::demo::Demo;
use crate::exit::{Exit, Trouble};
use crate::output::Mode;
use crate::progress::{Plan, View};
use crate::settings::{self, Environment};
use crate::signals::Stop;
use crate::summary::Summary;
use crate::{archive, show, trouble, worker};

/// After one user's run gave up, the next one gets this long: the service is most likely down.
const PATIENCE_IN_AN_OUTAGE: Duration = Duration::from_secs(60);

/// How long a place is taken to see whether it can be: the run that follows keeps it.
const ASKING: Duration = Duration::from_secs(1);

/// Brings the archives up to date, and says how that went.
pub(crate) async fn run(
    said: cli::Sync,
    db: Option<PathBuf>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let span = said.period.span();
    if span.is_some_and(Span::is_empty) {
        return Err(Trouble::new(Exit::Failed, "bad_period", "--from is later than --to")
            .advice("Nothing was changed."));
    }
    if said.demo {
        return demo(&said, db, span, mode, environment).await;
    }
    let credentials = environment.credentials()?;
    let service = environment.service()?;
    let rate = environment.rate(said.rate, service.as_ref())?;
    let path = environment.db(db);
    if said.users.is_empty() && !path.exists() {
        return Err(nobody(&path));
    }
    let store = Arc::new(archive::open(&path).await?);
    let mut users = distinct(&said.users);
    if users.is_empty() {
        users = store.users().await?.into_iter().map(|user| user.name).collect();
    }
    if users.is_empty() {
        return Err(nobody(&path));
    }
    let pacer = pacer(&store, service.as_ref(), rate);
    let client =
        settings::client(credentials, service, Some(pacer)).map_err(|error| no_network(&error))?;
    let job = Job::new(&said, client, store, path, mode, Some(rate));
    Ok(job.all(users, span).await)
}

/// The same with a made-up listener, as fast as it goes unless a rate is asked for.
async fn demo(
    said: &cli::Sync,
    db: Option<PathBuf>,
    span: Option<Span>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    // Never $SCROBBLES_DB: nobody wants a made-up listener among the real ones.
    let path = db.unwrap_or_else(|| PathBuf::from("demo.db"));
    let store = Arc::new(archive::open(&path).await?);
    let demo = Demo::start(&store).await?;
    let url = demo.url();
    let rate = match said.rate {
        Some(_) => Some(environment.rate(said.rate, Some(&url))?),
        None => None,
    };
    let pacer = rate.map(|rate| pacer(&store, Some(&url), rate));
    let client = settings::client(Demo::credentials(), Some(url), pacer);
    let job = Job::new(said, client.map_err(|error| no_network(&error))?, store, path, mode, rate);
    Ok(job.all(vec![Demo::user()], span).await)
}

/// What all users' runs share.
struct Job {
    archiver: Archiver,
    worker: WorkerId,
    patience: Duration,
    store: Arc<SqliteStore>,
    path: PathBuf,
    mode: Mode,
    plan: Plan,
    is_demo: bool,
    stop: Stop,
}

impl Job {
    fn new(
        said: &cli::Sync,
        client: lastfm_core::Client,
        store: Arc<SqliteStore>,
        path: PathBuf,
        mode: Mode,
        rate: Option<f64>,
    ) -> Self {
        let worker = worker::this();
        let archiver = Archiver::new(client, store.clone(), worker.clone())
            .with_page_size(said.page_size)
            .with_patience(said.patience);
        let plan = Plan { page_size: said.page_size, rate };
        let stop = Stop::listen(archiver.clone());
        Self {
            archiver,
            worker,
            patience: said.patience,
            store,
            path,
            mode,
            plan,
            is_demo: said.demo,
            stop,
        }
    }

    /// One user after the other; how the worst of them ended.
    async fn all(&self, users: Vec<Username>, span: Option<Span>) -> Exit {
        let mut worst = Exit::Complete;
        let mut patience = self.patience;
        for user in users {
            let archiver = self.archiver.clone().with_patience(patience);
            let exit = self.one(&archiver, user, span).await;
            worst = worst.max(exit);
            if self.stop.is_asked() {
                break;
            }
            patience = match exit {
                Exit::NotNow => self.patience.min(PATIENCE_IN_AN_OUTAGE),
                _ => self.patience,
            };
        }
        worst
    }

    async fn one(&self, archiver: &Archiver, user: Username, span: Option<Span>) -> Exit {
        let began = Instant::now();
        self.look_for_the_dead(&user).await;
        let mut view = View::new(self.mode, self.plan, user.clone());
        let outcome = self.follow(archiver, &user, span, &mut view).await;
        view.clear();
        match outcome {
            Ok(report) => {
                let summary = Summary {
                    report,
                    span,
                    path: &self.path,
                    took: began.elapsed(),
                    reached: view.reached(),
                    is_demo: self.is_demo,
                };
                summary.tell(self.mode, &self.store).await
            }
            Err(SyncError::NotNow { .. }) if self.stop.is_asked() => {
                let stopped =
                    Trouble::new(Exit::NotNow, "stopped", "stopped before anything was read");
                stopped.about(&user).advice("Nothing was changed.").tell(self.mode)
            }
            Err(error) => {
                let held = self.held(&user).await;
                trouble::of_run(error, &user, held).tell(self.mode)
            }
        }
    }

    /// Shows the run while it works.
    async fn follow(
        &self,
        archiver: &Archiver,
        user: &Username,
        span: Option<Span>,
        view: &mut View,
    ) -> Result<Report, SyncError> {
        let mut run = match span {
            Some(span) => archiver.sync_span(user.clone(), span),
            None => archiver.sync(user.clone()),
        };
        let mut waits_for = None;
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                step = run.next() => match step {
                    Some(Ok(Progress::Finished(report))) => return Ok(report),
                    Some(Ok(step)) => {
                        waits_for = match &step {
                            Progress::Waiting { by, .. } => Some(by.clone()),
                            _ => None,
                        };
                        view.step(&step);
                    }
                    Some(Err(error)) => return Err(error),
                    None => unreachable!("a run ends with a report or an error"),
                },
                _ = second.tick() => {
                    if self.stop.is_asked() {
                        view.stopping();
                    }
                    if let Some(worker) = &waits_for {
                        self.take_over_from(worker, user).await;
                    }
                    view.tick();
                }
            }
        }
    }

    /// Whoever was killed while at work on the user is not waited for.
    async fn look_for_the_dead(&self, user: &Username) {
        let Ok(Some(archived)) = self.store.user(user).await else { return };
        // If the place is free, the run takes it anyway. If this fails, the run says why.
        let claim = self.store.claim(archived.id, &self.worker, ASKING).await;
        if let Ok(Claim::Taken { by, .. }) = claim {
            self.take_over_from(&by, user).await;
        }
    }

    /// Gives the place of a worker back in its name, if it is dead: its lease would hold it for
    /// another minute.
    async fn take_over_from(&self, worker: &WorkerId, user: &Username) {
        if worker::is_dead(worker)
            && let Ok(Some(user)) = self.store.user(user).await
        {
            // If this fails, the lease still passes.
            let _ = self.store.release(user.id, worker).await;
        }
    }

    async fn held(&self, user: &Username) -> u64 {
        match self.store.user(user).await {
            Ok(Some(user)) => {
                self.store.count(user.id, Span::EVER).await.map_or(0, |count| count.plays)
            }
            _ => 0,
        }
    }
}

/// The pace that all processes with this file keep together, towards one host.
fn pacer(store: &SqliteStore, service: Option<&Url>, rate: f64) -> Arc<dyn Pacer> {
    let host = service.and_then(Url::host_str).unwrap_or("ws.audioscrobbler.com");
    Arc::new(SqlitePacer::new(store, host, Duration::from_secs_f64(1.0 / rate)))
}

/// Every user once, in the order in which they were named.
fn distinct(users: &[Username]) -> Vec<Username> {
    let mut seen = Vec::with_capacity(users.len());
    for user in users {
        if !seen.contains(user) {
            seen.push(user.clone());
        }
    }
    seen
}

fn nobody(path: &Path) -> Trouble {
    let what = format!("whose history? Nobody is archived in {} yet", path.display());
    Trouble::new(Exit::NeedsPerson, "no_user", what)
        .advice(format!("Nothing was changed. To begin: {} sync USER", show::program()))
}

fn no_network(error: &TransportError) -> Trouble {
    Trouble::new(Exit::Failed, "no_network", archive::chain(error)).advice("Nothing was changed.")
}
