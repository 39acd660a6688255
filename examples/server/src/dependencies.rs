//! What a server is made of.

use std::sync::Arc;

use jobs::{Jobs, Work};
use lastfm_core::Client;
use terminal::database::Database;
use url::Url;

use crate::{Caps, Logins, Webhook};

/// Everything that a server needs, opened by whoever starts it: a program, or a test.
pub struct Dependencies {
    /// The archives.
    pub db: Database,
    /// The jobs that fill them.
    pub jobs: Jobs,
    /// What a job does, if this process works on jobs too.
    pub work: Option<Arc<dyn Work>>,
    /// Whether jobs have somebody to ask for years of release, here or wherever they are worked on: if
    /// not, none is ordered that would ask.
    pub finds_years: bool,
    /// What the crew counts, and how all jobs stand.
    pub crew: Arc<crew::Figures>,
    /// Asks Last.fm about people and what they listen to right now. It should have a
    /// [`Cached`](lastfm_core::transport::Cached) within: pages ask again and again.
    pub lastfm: Client,
    /// Who has logged in.
    pub logins: Logins,
    /// Signs calls with the API secret, and keeps no answers; without it nobody can log in.
    pub signing: Option<Client>,
    /// By which address browsers know this server.
    pub public_url: Url,
    /// Whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Whose pages may use the API in a browser, beside this server's own.
    pub allowed_origins: Vec<Url>,
    /// Who else is told of changes of jobs.
    pub webhook: Option<Webhook>,
    /// How much anybody may ask for.
    pub caps: Caps,
}

impl std::fmt::Debug for Dependencies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dependencies")
            .field("db", &self.db)
            .field("works", &self.work.is_some())
            .field("public_url", &self.public_url.as_str())
            .field("trusted_proxies", &self.trusted_proxies)
            .field("caps", &self.caps)
            .finish_non_exhaustive()
    }
}
