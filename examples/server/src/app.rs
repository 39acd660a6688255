//! What all requests share.

use std::net::IpAddr;
use std::sync::Arc;

use jobs::Jobs;
use lastfm_core::Client;
use lastfm_core::scrobble::ScrobbleQueue;
use terminal::database::Database;
use tokio::sync::{OnceCell, watch};
use url::Url;

use crate::figures::Figures;
use crate::hub::Hub;
use crate::limits::Limits;
use crate::listening::Listening;
use crate::login::Gate;
use crate::orders::JobQueue;
use crate::origin::Allowed;
use crate::people::People;
use crate::private::Hidden;
use crate::slots::Slots;
use crate::standing::Standings;
use crate::tracklists::Tracklists;
use crate::{Caps, Dependencies, Logins};

/// The state of every handler. Cheap to clone.
pub(crate) type State = axum::extract::State<Arc<App>>;

pub(crate) struct App {
    pub(crate) db: Database,
    pub(crate) jobs: Jobs,
    /// Whether somebody is there to be asked for years of release.
    pub(crate) finds_years: bool,
    pub(crate) crew: Arc<crew::Figures>,
    pub(crate) lastfm: Client,
    pub(crate) logins: Logins,
    pub(crate) gate: Option<Gate>,
    pub(crate) allowed: Allowed,
    pub(crate) public_url: Url,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    pub(crate) caps: Caps,
    pub(crate) limits: Limits,
    pub(crate) figures: Figures,
    pub(crate) people: People,
    pub(crate) hidden: Hidden,
    pub(crate) standings: Standings,
    pub(crate) listening: Listening,
    pub(crate) line: JobQueue,
    pub(crate) tracklists: Tracklists,
    pub(crate) hub: Arc<Hub>,
    /// What is queued to be scrobbled, once it is open.
    pub(crate) queue: OnceCell<Arc<dyn ScrobbleQueue>>,
    /// Places for streams.
    pub(crate) slots: Arc<Slots>,
    /// Places for connections.
    pub(crate) connections: Arc<Slots>,
    /// Whether the server is about to end.
    pub(crate) stopping: watch::Sender<bool>,
}

impl App {
    pub(crate) fn new(dependencies: Dependencies) -> Arc<Self> {
        let Dependencies { db, jobs, work: _, finds_years, crew, lastfm, logins, signing, .. } =
            dependencies;
        let Dependencies { public_url, trusted_proxies, allowed_origins, caps, .. } = dependencies;
        let figures = Figures::new();
        Arc::new(Self {
            people: People::new(),
            hidden: Hidden::new(),
            standings: Standings::new(),
            listening: Listening::new(caps.cache.saturating_mul(1024 * 1024)),
            line: JobQueue::new(),
            tracklists: Tracklists::new(),
            hub: Arc::default(),
            queue: OnceCell::new(),
            slots: Slots::new(caps.streams_each, caps.streams, figures.streams.clone()),
            // How many there are in all is counted where they are taken, those of proxies too.
            connections: Slots::new(caps.connections_each, usize::MAX, figures.connections.clone()),
            db,
            jobs,
            finds_years,
            crew,
            lastfm,
            logins,
            gate: signing.and_then(|signing| Gate::at(&public_url, signing)),
            allowed: Allowed::new(&public_url, &allowed_origins),
            public_url,
            trusted_proxies,
            limits: Limits::new(&caps),
            caps,
            figures,
            stopping: watch::Sender::new(false),
        })
    }

    /// Whether the server is about to end.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}
