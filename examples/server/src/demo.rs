//! `--demo`: made-up listeners in this process, and a folder that goes with it.

use std::time::Duration;

use fake_lastfm::Server;
use lastfm_core::testing::{FakeLastfm, Scenario};
use lastfm_core::{ApiKey, BlankCredential, Credentials, SharedSecret};
use server::made_up::MadeUp;
use tempfile::TempDir;
use terminal::database::Place;
use terminal::dates;
use terminal::exit::{Exit, Trouble};
use terminal::musicbrainz::MusicBrainz;
use url::Url;

/// Names, and how many plays each has.
const LISTENERS: [(&str, usize); 3] = [("demo", 60_000), ("rj", 150_000), ("newcomer", 400)];
const SEED: u64 = 2005;

/// Ends with its process.
pub(crate) struct Demo {
    server: Server,
    folder: TempDir,
}

impl Demo {
    /// Requests a second: fast, but slow enough to be seen.
    pub(crate) const RATE: f64 = 10.0;

    pub(crate) async fn start() -> Result<Self, Trouble> {
        let folder = tempfile::tempdir().map_err(|error| {
            Trouble::new(Exit::Failed, "no_demo", format!("there is no room for a demo: {error}"))
        })?;
        let (server, ()) = terminal::demo::serve(|| (listeners(), ())).await?;
        Ok(Self { server, folder })
    }

    pub(crate) fn names() -> Vec<&'static str> {
        LISTENERS.map(|(name, _)| name).to_vec()
    }

    pub(crate) fn url(&self) -> Url {
        self.server.url()
    }

    pub(crate) fn place(&self) -> Place {
        Place::File(self.folder.path().join("scrobbles.db"))
    }

    pub(crate) fn musicbrainz() -> MusicBrainz {
        MusicBrainz::new(MadeUp { delay: Duration::from_millis(20) }, None)
    }

    pub(crate) fn credentials() -> Result<Credentials, Trouble> {
        let failed =
            |error: BlankCredential| Trouble::new(Exit::Failed, "no_demo", error.to_string());
        let key = ApiKey::new("demo").map_err(failed)?;
        let secret = SharedSecret::new("demo").map_err(failed)?;
        Ok(Credentials::read_only(key).with_secret(secret))
    }
}

fn listeners() -> FakeLastfm {
    let scenario = |(name, plays): (&str, usize)| {
        let mut scenario = Scenario::still(plays);
        name.clone_into(&mut scenario.user);
        scenario.life.plays_per_day = 60.0;
        scenario
    };
    let [first, others @ ..] = LISTENERS;
    let mut fake = FakeLastfm::new(SEED, &scenario(first), dates::now());
    for listener in others {
        fake.add_account(&scenario(listener));
    }
    fake
}
