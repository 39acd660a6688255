//! `--demo`: made-up listeners in this process, and a folder that goes with it.

use std::collections::HashMap;
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
    /// When which album was first played.
    first_played: HashMap<(String, String), i16>,
}

impl Demo {
    /// Requests a second: fast, but slow enough to be seen.
    pub(crate) const RATE: f64 = 10.0;

    pub(crate) async fn start() -> Result<Self, Trouble> {
        let folder = tempfile::tempdir().map_err(|error| {
            Trouble::new(Exit::Failed, "no_demo", format!("there is no room for a demo: {error}"))
        })?;
        let made = || {
            let fake = listeners();
            let first_played = first_played(&fake);
            (fake, first_played)
        };
        let (server, first_played) = terminal::demo::serve(made).await?;
        Ok(Self { server, folder, first_played })
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

    pub(crate) fn musicbrainz(&self) -> MusicBrainz {
        let (first_played, delay) = (self.first_played.clone(), Duration::from_millis(20));
        MusicBrainz::new(MadeUp { first_played, delay }, None)
    }

    pub(crate) fn credentials() -> Result<Credentials, Trouble> {
        let failed =
            |error: BlankCredential| Trouble::new(Exit::Failed, "no_demo", error.to_string());
        let key = ApiKey::new("demo").map_err(failed)?;
        let secret = SharedSecret::new("demo").map_err(failed)?;
        Ok(Credentials::read_only(key).with_secret(secret))
    }
}

/// By artist and title, the year in which any of them first played it.
fn first_played(fake: &FakeLastfm) -> HashMap<(String, String), i16> {
    let mut first = HashMap::new();
    let plays = LISTENERS.iter().filter_map(|(name, _)| fake.truth_of(name)).flatten();
    for play in plays {
        let (Some(album), Some(year)) = (play.album, play.at.year()) else { continue };
        let first = first.entry((play.artist.to_string(), album.to_string())).or_insert(year);
        *first = year.min(*first);
    }
    first
}

fn listeners() -> FakeLastfm {
    let scenario = |(name, plays): (&str, usize)| {
        let mut scenario = Scenario::still(plays);
        name.clone_into(&mut scenario.user);
        scenario.life.plays_per_day = 60.0;
        // What breaks careless code is for tests.
        scenario.history.hostile_names = 0.0;
        scenario
    };
    let [first, others @ ..] = LISTENERS;
    let mut fake = FakeLastfm::new(SEED, &scenario(first), dates::now());
    for listener in others {
        fake.add_account(&scenario(listener));
    }
    fake
}
