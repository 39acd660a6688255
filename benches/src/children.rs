//! What runs in a process of its own: the service, and the engine at each of its jobs.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lastfm_core::archive::{
    ArchiveStore, Archiver, Audit, Observation, Removals, Report, Run, Span, WorkerId,
};
use lastfm_core::transport::ReqwestTransport;
use lastfm_core::{ApiKey, Client, Credentials, Play, Timestamp, TokioClock, Username};
use lastfm_sqlite::SqliteStore;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::arguments::{Child, Job, Role};
use crate::measure::{Outcome, Stopwatch};
use crate::service::{self, USER};
use crate::{Trouble, decode, queue};

/// Does what this process was started for.
pub(crate) fn run(child: Child) -> Result<(), Trouble> {
    let Child::Child(role) = child;
    match role {
        Role::Service { plays } => single()?.block_on(service::serve(plays)),
        Role::Ingest(job) => tell(&single()?.block_on(ingest(&job))?),
        Role::Again(job) => tell(&single()?.block_on(again(&job))?),
        Role::Fill { plays, db } => single()?.block_on(fill(plays, &db)),
        Role::Counts { db } => tell(&single()?.block_on(counts(&db))?),
        Role::Decode(page) => tell(&decode::read(&page)?),
        Role::Queue(load) => tell(&single()?.block_on(queue::work(&load))?),
    }
}

/// As in the archiver: one thread fetches and reads, the store's own writes.
fn single() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn tell(outcome: &impl Serialize) -> Result<(), Trouble> {
    println!("{}", serde_json::to_string(outcome)?);
    Ok(())
}

async fn ingest(job: &Job) -> Result<Outcome, Trouble> {
    let watch = Stopwatch::start()?;
    let report = finish(job, Archiver::sync).await?;
    watch.stop(report.held, report.replaced.added)
}

async fn again(job: &Job) -> Result<Outcome, Trouble> {
    let watch = Stopwatch::start()?;
    let report = finish(job, |archiver, user| {
        archiver.audit(user, Audit { deep: true, accept_removals: false })
    })
    .await?;
    if report.request_count * u64::from(job.page_size) < report.held {
        return Err("not everything was read again".into());
    }
    let changed = report.replaced.changed + report.replaced.removed + report.replaced.doubted;
    watch.stop(report.held, report.replaced.added + changed)
}

/// Runs the engine as an app does, but for the rate, and closes the file.
async fn finish(
    job: &Job,
    begin: impl FnOnce(&Archiver, Username) -> Run,
) -> Result<Report, Trouble> {
    let credentials = Credentials::read_only(ApiKey::new("bench")?);
    let transport = Arc::new(ReqwestTransport::new()?);
    let client = Client::builder(credentials, transport, Arc::new(TokioClock::default()));
    let client = client.service(Url::clone(&job.url)).build();
    let store = Arc::new(SqliteStore::open(&job.db).await?);
    let archiver = Archiver::new(client, store, WorkerId("bench".to_owned()));
    let archiver = archiver.with_page_size(job.page_size);
    Ok(begin(&archiver, USER.parse()?).finish().await?)
}

/// Puts a history into a new archive, oldest first, without a service.
async fn fill(plays: usize, db: &Path) -> Result<(), Trouble> {
    const BATCH: usize = 2_000;
    let fake = service::listener(plays);
    let store = SqliteStore::open(db).await?;
    let user = store.add_user(&USER.parse()?, Some(fake.registered())).await?.id;
    let history = fake.truth();
    let mut rest = history.as_slice();
    let mut start = Timestamp::MIN;
    while !rest.is_empty() {
        // A second is never cut.
        let last = rest[BATCH.min(rest.len()) - 1].at;
        let (batch, others) = rest.split_at(rest.partition_point(|play| play.at <= last));
        let plays = batch.iter().map(|play| Play::from_json(fake.object(play)));
        let plays = plays.collect::<Result<Vec<_>, _>>()?;
        let revision = store.revision(user).await?;
        let observation = Observation { revision, at: fake.now(), removals: Removals::Confirm };
        store.replace(user, Span::new(start, last.plus(1)), plays, observation).await?;
        (start, rest) = (last.plus(1), others);
    }
    Ok(())
}

/// How long answers took, in milliseconds: the first one, right after opening, and the others.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) plays: u64,
    pub(crate) first_ms: f64,
    pub(crate) next_ms: Vec<f64>,
}

/// Asks for the count, the first and the last play, together.
async fn counts(db: &Path) -> Result<Counts, Trouble> {
    let store = SqliteStore::open(db).await?;
    let user = store.user(&USER.parse()?).await?.ok_or("the archive has no such user")?.id;
    let (mut plays, mut took) = (0, Vec::new());
    for _ in 0..101 {
        let asked = Instant::now();
        plays = store.count(user, Span::EVER).await?.plays;
        store.bounds(user).await?.ok_or("the archive is empty")?;
        took.push(milliseconds(asked.elapsed()));
    }
    Ok(Counts { plays, first_ms: took.remove(0), next_ms: took })
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
