//! `worker`: works on the jobs of a database, beside any number of other processes.

use std::path::Path;
use std::sync::Arc;

use crew::{Figures, SliceContext, Slices};
use futures_util::future::BoxFuture;
use jobs::{Jobs, Kind, Schedule};
use lastfm_core::Username;
use lastfm_core::archive::ArchiveStore;
use terminal::database::{Database, Place};
use terminal::exit::{Exit, Trouble};
use terminal::output::Mode;
use terminal::process;
use terminal::settings::{self, Environment};
use terminal::signals::Stop;

use crate::logbook::Logbook;
use crate::metrics::Metrics;
use crate::signing::Signing;
use crate::{cli, sync};

/// Works until it is told to stop, or until no job of this process could go on.
pub(crate) async fn run(
    said: cli::crew::Worker,
    db: Option<Place>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let credentials = environment.credentials()?;
    let service = environment.service()?;
    let rate = environment.rate(said.rate, service.as_ref())?;
    let signing = Signing::new(environment, service.as_ref(), mode)?;
    let musicbrainz = sync::usual(environment, mode);
    let hurry = hurry()?;
    let place = environment.db(db);
    let db = Database::open(place.clone()).await?;
    let (jobs_place, jobs) = open(&place).await?;
    let log = Arc::new(Logbook::new(mode));
    let slices = Arc::new(Slices::new(SliceContext {
        db: db.clone(),
        network: settings::network()?,
        credentials,
        service,
        rate,
        page_size: said.page_size,
        hurry,
        musicbrainz: musicbrainz.clone(),
        sessions: Arc::new(signing),
        observer: log.clone(),
        figures: Arc::new(Figures::new("archiver")),
    }));
    let name = process::name();
    let metrics = match said.metrics {
        Some(address) => Some(Metrics::bind(address, jobs.clone(), Arc::clone(&slices)).await?),
        None => None,
    };
    let mut worker = jobs::Worker::new(jobs, slices.clone())
        .at_a_time(said.jobs.into())
        // MusicBrainz answers once a second, however many ask.
        .at_a_time_of(Kind::Enrich, 1)
        .name(&name)
        .hurried(hurry);
    if !said.no_schedule {
        worker = worker
            .schedule(Schedule::hourly(Kind::Sync, everyone(&db.store)))
            .schedule(Schedule::nightly(Kind::Audit, everyone(&db.store)));
        if musicbrainz.is_some() {
            worker = worker.schedule(Schedule::nightly(Kind::Enrich, everyone(&db.store)));
        }
    }
    let mut stop = Stop::new();
    stop.listen(|| {}, Exit::Complete);
    let heard = metrics.as_ref().map(|metrics| format!("; metrics on http://{}", metrics.address));
    log.started(&name, &place, &jobs_place, &heard.unwrap_or_default());
    let asked = async {
        tokio::select! {
            () = stop.asked() => {}
            () = slices.in_trouble() => {}
        }
    };
    let outcome = worker.run(asked).await;
    let trouble = slices.trouble();
    let exit = match (outcome, trouble) {
        (_, Some(trouble)) => {
            log.trouble(&trouble);
            trouble.exit
        }
        (Ok(()), None) => Exit::Complete,
        (Err(error), None) => return Err(failed(&error)),
    };
    drop(metrics);
    log.stopped(exit);
    Ok(exit)
}

type Failure = Box<dyn std::error::Error + Send + Sync>;
type Users = BoxFuture<'static, Result<Vec<Username>, Failure>>;

/// Lists who is in the database, each time anew.
fn everyone(store: &Arc<dyn ArchiveStore>) -> impl Fn() -> Users + Send + Sync + 'static {
    let store = Arc::clone(store);
    move || {
        let store = Arc::clone(&store);
        Box::pin(async move {
            let users = store.users().await?;
            Ok(users.into_iter().map(|user| user.name).collect())
        })
    }
}

/// The jobs of an archive: in the same database, or in a file beside the file.
pub(crate) async fn open(place: &Place) -> Result<(jobs::Place, Jobs), Trouble> {
    let kept = match place {
        Place::File(path) => jobs::Place::Sqlite(beside(path)),
        Place::Postgres(address) => {
            address.with_password().parse().map_err(|error| failed(&error))?
        }
    };
    let jobs = Jobs::open(&kept).await.map_err(|error| failed(&error))?;
    Ok((kept, jobs))
}

/// `scrobbles.jobs.db` for `scrobbles.db`
pub(crate) fn beside(path: &Path) -> std::path::PathBuf {
    path.with_extension("jobs.db")
}

/// What went wrong with jobs, and how to end.
pub(crate) fn failed(error: &jobs::Error) -> Trouble {
    let (exit, code) = match error {
        jobs::Error::NoJob(_) => (Exit::Failed, "no_job"),
        error if error.is_retryable() => (Exit::NotNow, "jobs_failed"),
        _ => (Exit::Failed, "jobs_failed"),
    };
    let trouble = Trouble::new(exit, code, error.to_string());
    match error {
        jobs::Error::NoJob(_) => trouble,
        _ => trouble.advice("What is archived is safe."),
    }
}

/// How many times shorter slices and leases are than they should be. Only tests set it.
fn hurry() -> Result<u32, Trouble> {
    let Some(said) = std::env::var_os("ARCHIVER_TEST_HURRY") else { return Ok(1) };
    let times = said.to_str().and_then(|text| text.parse().ok()).filter(|times| *times > 0);
    times.ok_or_else(|| Trouble::new(Exit::Failed, "bad_setting", "ARCHIVER_TEST_HURRY: how many?"))
}
