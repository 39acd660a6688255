//! What a worker counts, and how all jobs stand, as Prometheus reads it. No label names a user.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use async_trait::async_trait;
use jobs::{Kind, Snapshot, Status};
use lastfm_core::archive::Replaced;
use lastfm_core::transport::{Pacer, Slot, TransportError};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use tokio::time::Instant;

type Label = (&'static str, &'static str);

/// Every status, so that one that no job has is told as none.
const ALL: [Status; 6] = [
    Status::Waiting,
    Status::Running,
    Status::Resting,
    Status::Finished,
    Status::Cancelled,
    Status::Failed,
];

/// What the slices of a process count.
#[derive(Debug)]
pub struct Figures {
    registry: Registry,
    requests: Counter,
    waited: Counter<f64, AtomicU64>,
    plays: Family<[Label; 1], Counter>,
    runs: Family<[Label; 2], Counter>,
    outage: Gauge,
    musicbrainz_outage: Gauge,
    jobs: Family<[Label; 2], Gauge>,
    oldest: Gauge,
    abandoned: Gauge,
    slices: Gauge,
    failed: Gauge,
    rescued: Gauge,
}

impl Figures {
    /// Figures whose names begin with the program's.
    pub fn new(program: &str) -> Self {
        let mut figures = Self {
            registry: Registry::with_prefix(program),
            requests: Counter::default(),
            waited: Counter::default(),
            plays: Family::default(),
            runs: Family::default(),
            outage: Gauge::default(),
            musicbrainz_outage: Gauge::default(),
            jobs: Family::default(),
            oldest: Gauge::default(),
            abandoned: Gauge::default(),
            slices: Gauge::default(),
            failed: Gauge::default(),
            rescued: Gauge::default(),
        };
        for change in ["added", "removed", "changed"] {
            drop(figures.plays.get_or_create(&[("change", change)]));
        }
        let registry = &mut figures.registry;
        let (requests, waited) = (figures.requests.clone(), figures.waited.clone());
        registry.register("requests", "Requests to Last.fm by this process", requests);
        registry.register_with_unit(
            "slots_waited",
            "Time that runs of this process waited for their turn to ask",
            Unit::Seconds,
            waited,
        );
        registry.register("plays", "Plays that this process changed", figures.plays.clone());
        registry.register("runs", "Runs of this process, one a slice", figures.runs.clone());
        let outage = figures.outage.clone();
        registry.register("outage", "1 while this process asks nothing of Last.fm", outage);
        registry.register(
            "musicbrainz_outage",
            "1 while this process asks nothing of MusicBrainz",
            figures.musicbrainz_outage.clone(),
        );
        registry.register(
            "jobs",
            "Jobs that stand there, the newest of each",
            figures.jobs.clone(),
        );
        registry.register_with_unit(
            "jobs_oldest_waiting",
            "How long the job has waited that could be worked on and has waited longest",
            Unit::Seconds,
            figures.oldest.clone(),
        );
        for (name, help, gauge) in [
            ("jobs_abandoned", "Jobs in work whose worker died", &figures.abandoned),
            ("jobs_slices", "Slices that were begun, ever", &figures.slices),
            ("jobs_slices_failed", "Slices that failed, of 90 days", &figures.failed),
            ("jobs_slices_rescued", "Slices whose worker died, of 90 days", &figures.rescued),
        ] {
            registry.register(name, help, gauge.clone());
        }
        figures
    }

    /// A run ended.
    pub(crate) fn ran(&self, kind: Kind, outcome: &'static str) {
        self.runs.get_or_create(&[("kind", kind.as_str()), ("outcome", outcome)]).inc();
    }

    /// Plays were written down.
    pub(crate) fn changed(&self, replaced: Replaced) {
        for (change, many) in [
            ("added", replaced.added),
            ("removed", replaced.removed),
            ("changed", replaced.changed),
        ] {
            self.plays.get_or_create(&[("change", change)]).inc_by(many);
        }
    }

    pub(crate) fn outage(&self, goes_on: bool) {
        self.outage.set(i64::from(goes_on));
    }

    pub(crate) fn musicbrainz_outage(&self, goes_on: bool) {
        self.musicbrainz_outage.set(i64::from(goes_on));
    }

    /// The same pacer; what is asked of it is counted.
    pub(crate) fn over(self: &Arc<Self>, inner: Arc<dyn Pacer>) -> Arc<dyn Pacer> {
        Arc::new(Counted { inner, figures: Arc::clone(self) })
    }

    /// All of it, and how all jobs stand, in the text that Prometheus reads.
    ///
    /// # Errors
    ///
    /// None that is known of: a text can always be written to.
    pub fn text(&self, snapshot: &Snapshot) -> Result<String, std::fmt::Error> {
        for kind in Kind::ALL {
            for status in ALL {
                let here = snapshot.counts.iter().filter(|count| count.kind == *kind);
                let jobs = here.filter(|count| count.status == status).map(|count| count.jobs);
                let labels = [("kind", kind.as_str()), ("status", status.as_str())];
                self.jobs.get_or_create(&labels).set(saturated(jobs.sum()));
            }
        }
        self.oldest.set(saturated(snapshot.oldest_waiting.unwrap_or_default().as_secs()));
        self.abandoned.set(saturated(snapshot.abandoned));
        self.slices.set(saturated(snapshot.slices));
        self.failed.set(saturated(snapshot.failed));
        self.rescued.set(saturated(snapshot.rescued));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn saturated(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[derive(Debug)]
struct Counted {
    inner: Arc<dyn Pacer>,
    figures: Arc<Figures>,
}

#[async_trait]
impl Pacer for Counted {
    async fn take(&self) -> Result<Slot, TransportError> {
        let asked = Instant::now();
        let slot = self.inner.take().await;
        let more = match slot {
            Ok(Slot::In(more)) => {
                self.figures.requests.inc();
                more
            }
            _ => Duration::ZERO,
        };
        self.figures.waited.inc_by((asked.elapsed() + more).as_secs_f64());
        slot
    }

    async fn pause(&self, retry_after: Option<Duration>) -> Result<Duration, TransportError> {
        self.inner.pause(retry_after).await
    }
}
