//! `--demo`: a made-up listener, served on this machine, for those without a key.

use fake_lastfm::Server;
use lastfm_core::archive::ArchiveStore;
use lastfm_core::testing::{FakeLastfm, Scenario};
use lastfm_core::{ApiKey, Credentials, Timestamp, Username};
use terminal::dates;
use terminal::demo;
use terminal::exit::Trouble;
use url::Url;

const LISTENER: &str = "demo";
const PLAYS: usize = 200_000;
const SEED: u64 = 2005;

/// Ends with its process.
pub(crate) struct Demo {
    server: Server,
}

impl Demo {
    /// Serves the listener whose archive is in the store, some plays later; else a new one.
    pub(crate) async fn start(store: &dyn ArchiveStore) -> Result<Self, Trouble> {
        let known = store.user(&Self::user()).await?;
        let registered_at = known.and_then(|user| user.registered_at);
        let now = dates::now();
        let (server, start) = demo::serve(move || listener(now, registered_at)).await?;
        server.advance(now.since(start));
        Ok(Self { server })
    }

    pub(crate) fn url(&self) -> Url {
        self.server.url()
    }

    pub(crate) fn user() -> Username {
        LISTENER.parse().expect("the listener has a name")
    }

    pub(crate) fn credentials() -> Credentials {
        Credentials::read_only(ApiKey::new("demo").expect("the key is not blank"))
    }
}

/// The listener and when this history begins to go on: now, or when the account was first served.
fn listener(now: Timestamp, registered_at: Option<Timestamp>) -> (FakeLastfm, Timestamp) {
    let mut scenario = Scenario::still(PLAYS);
    LISTENER.clone_into(&mut scenario.user);
    scenario.life.plays_per_day = 30.0;
    let fake = FakeLastfm::new(SEED, &scenario, now);
    let Some(registered_at) = registered_at else { return (fake, now) };
    // A history of this seed is the same whenever it begins, but for its dates.
    let start = registered_at.plus(now.as_unix() - fake.registered().as_unix()).min(now);
    (FakeLastfm::new(SEED, &scenario, start), start)
}
