//! `--demo`: a made-up Last.fm in this process, with a listener who has logged in.

use fake_lastfm::Server;
use lastfm_core::testing::{FakeLastfm, Scenario};
use lastfm_core::{ApiKey, Credentials, SessionKey, SharedSecret, Username};
use tempfile::TempDir;
use terminal::dates;
use terminal::exit::{Exit, Trouble};

const LISTENER: &str = "demo";
const SESSION: &str = "demo";

/// Ends with its process.
#[derive(Debug)]
pub(crate) struct Demo {
    pub(crate) server: Server,
    /// Where the queue is.
    pub(crate) folder: TempDir,
}

impl Demo {
    pub(crate) async fn start() -> Result<Self, Trouble> {
        let folder = tempfile::tempdir().map_err(|error| {
            let what = format!("there is no room for a queue: {error}");
            Trouble::new(Exit::Failed, "no_demo", what).advice("Nothing was changed.")
        })?;
        let now = dates::now();
        let make = move || {
            let mut scenario = Scenario::still(2_000);
            LISTENER.clone_into(&mut scenario.user);
            scenario.service.session_key = Some(SESSION.to_owned());
            (FakeLastfm::new(2005, &scenario, now), ())
        };
        let (server, ()) = terminal::demo::serve(make).await?;
        Ok(Self { server, folder })
    }

    pub(crate) fn user() -> Username {
        LISTENER.parse().expect("the listener has a name")
    }

    pub(crate) fn session() -> SessionKey {
        SessionKey::new(SESSION).expect("the session is not blank")
    }

    pub(crate) fn credentials() -> Credentials {
        let key = ApiKey::new("demo").expect("the key is not blank");
        Credentials::read_only(key).with_secret(SharedSecret::new("demo").expect("nor the secret"))
    }

    /// An album that the made-up Last.fm knows.
    pub(crate) fn album(&self) -> Option<(String, String)> {
        let truth = self.server.lastfm().truth();
        let mut plays = truth.iter().rev();
        plays.find_map(|play| Some((play.artist.to_string(), play.album.as_ref()?.to_string())))
    }
}
