//! `--demo`: a made-up listener, served on this machine, for those without a key.

use std::io;

use fake_lastfm::Server;
use lastfm_core::archive::ArchiveStore;
use lastfm_core::testing::{FakeLastfm, Scenario};
use lastfm_core::{ApiKey, Credentials, Timestamp, Username};
use lastfm_sqlite::SqliteStore;
use tokio::runtime::Builder;
use url::Url;

use crate::dates;
use crate::exit::{Exit, Trouble};

const LISTENER: &str = "demo";
const PLAYS: usize = 200_000;
const SEED: u64 = 2005;

/// Ends with its process.
pub(crate) struct Demo {
    server: Server,
}

impl Demo {
    /// Serves the listener whose archive is in the store, some plays later; else a new one.
    pub(crate) async fn start(store: &SqliteStore) -> Result<Self, Trouble> {
        let known = store.user(&Self::user()).await?;
        let registered_at = known.and_then(|user| user.registered_at);
        let now = dates::now();
        // Making 200,000 plays takes a moment.
        let begun = tokio::task::spawn_blocking(move || serve(now, registered_at));
        let begun = begun.await.map_err(|error| not_served(&error))?;
        let (server, start) = begun.map_err(|error| not_served(&error))?;
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

/// Serves on a thread of its own, beside the one that reads.
fn serve(now: Timestamp, registered_at: Option<Timestamp>) -> io::Result<(Server, Timestamp)> {
    let (fake, start) = listener(now, registered_at);
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let server = runtime.block_on(fake_lastfm::serve(fake, 0))?;
    std::thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
    Ok((server, start))
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

fn not_served(error: &dyn std::error::Error) -> Trouble {
    Trouble::new(Exit::Failed, "no_demo", format!("the made-up Last.fm cannot be served: {error}"))
        .advice("Nothing was changed.")
}
