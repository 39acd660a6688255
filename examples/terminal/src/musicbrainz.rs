//! What is asked when albums were released: each kind of source is set up here, from what was said
//! and what the environment says.

use std::sync::Arc;
use std::time::Duration;

use lastfm_core::TokioClock;
use lastfm_core::transport::{ReqwestTransport, TransportError};
use mb_enrich::{Effort, Enricher, FilePacer, Source, UserAgent, WebSource};
use url::Url;

use crate::exit::{Exit, Trouble};
use crate::file::chain;
use crate::program::program;
use crate::settings::Environment;
use crate::watched_source::WatchedSource;

/// A hundred groups with all their releases are long.
const LONGEST_ANSWER: usize = 16 * 1024 * 1024;
/// How long to wait for one.
const PATIENCE: Duration = Duration::from_secs(60);

/// A source that can be asked.
#[derive(Debug, Clone)]
pub struct MusicBrainz {
    /// What is asked.
    pub source: Arc<WatchedSource>,
    /// Between two requests; nothing if they are not limited.
    pub spacing: Option<Duration>,
}

impl MusicBrainz {
    /// Asks this source, so long apart at least.
    pub fn new(source: impl Source, spacing: Option<Duration>) -> Self {
        Self { source: Arc::new(WatchedSource::new(Arc::new(source))), spacing }
    }

    /// What is asked without being named, if it has all that it needs.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings.
    pub fn usual(environment: &Environment) -> Result<Option<Self>, Trouble> {
        if environment.get("MUSICBRAINZ_CONTACT").is_none() {
            return Ok(None);
        }
        Self::web(None, None, environment).map(Some)
    }

    /// The web service of MusicBrainz, at the one pace of this machine, or another one at its own:
    /// with what was said, or else with what the environment says.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings, or that nobody is named whom MusicBrainz can write to.
    pub fn web(
        contact: Option<&str>,
        url: Option<&Url>,
        environment: &Environment,
    ) -> Result<Self, Trouble> {
        let set = environment.get("MUSICBRAINZ_CONTACT");
        let agent = user_agent(contact.or(set.as_deref()))?;
        let not_set_up = |error: TransportError| {
            Trouble::new(Exit::Failed, "no_network", chain(&error)).advice("Nothing was changed.")
        };
        let Some(server) = server(url, environment)? else {
            let source = WebSource::new(agent).map_err(not_set_up)?;
            return Ok(Self::new(source, Some(WebSource::SPACING)));
        };
        let spacing = spacing(environment)?;
        let host = server.host_str().unwrap_or_default();
        let network = ReqwestTransport::builder()
            .longest_body(LONGEST_ANSWER)
            .total_timeout(PATIENCE)
            .plain_http_to(host)
            .build()
            .map_err(not_set_up)?;
        let clock = Arc::new(TokioClock::default());
        let port = server.port().map(|port| format!("_{port}")).unwrap_or_default();
        let path = FilePacer::path_for(&format!("{host}{port}"));
        let pacer = Arc::new(FilePacer::new(path, spacing, clock.clone()));
        let source =
            WebSource::builder(agent, Arc::new(network), pacer, clock).server(server).build();
        Ok(Self::new(source, Some(spacing)))
    }

    /// A mirror of MusicBrainz' database in PostgreSQL: the one that was said, or else the one of
    /// `$MUSICBRAINZ_MIRROR`.
    ///
    /// # Errors
    ///
    /// None is named, it cannot be reached, or it is no mirror. Its password is not shown.
    #[cfg(feature = "mirror")]
    pub async fn mirror(said: Option<&str>, environment: &Environment) -> Result<Self, Trouble> {
        let set = environment.get("MUSICBRAINZ_MIRROR");
        let Some(url) = said.or(set.as_deref()) else {
            return Err(unnamed("mirror", "--mirror postgres://…, or MUSICBRAINZ_MIRROR"));
        };
        let opened = match mb_enrich::MirrorOptions::new(url).build() {
            Ok(mirror) => mirror.check().await.map(|()| mirror),
            Err(error) => Err(error),
        };
        opened.map(|mirror| Self::new(mirror, None)).map_err(|error| {
            let exit = if error.is_retryable() { Exit::NotNow } else { Exit::Failed };
            Trouble::new(exit, "no_mirror", chain(&error)).advice("Nothing was changed.")
        })
    }

    /// An index of MusicBrainz' dump: the file that was said, or else that of
    /// `$MUSICBRAINZ_INDEX`.
    ///
    /// # Errors
    ///
    /// None is named, or it cannot be read.
    #[cfg(feature = "offline")]
    pub fn offline(
        said: Option<&std::path::Path>,
        environment: &Environment,
    ) -> Result<Self, Trouble> {
        let set = environment.get("MUSICBRAINZ_INDEX").map(std::path::PathBuf::from);
        let Some(path) = said.or(set.as_deref()) else {
            return Err(unnamed("index", "--index FILE, or MUSICBRAINZ_INDEX"));
        };
        let index = mb_enrich::OfflineSource::open(path).map_err(|error| {
            let what = format!("{}: {}", path.display(), chain(&error));
            Trouble::new(Exit::Failed, "no_index", what)
                .advice(
                    "Nothing was changed. An index is built from MusicBrainz' dump by the example",
                )
                .advice("build-index of mb-enrich.")
        })?;
        Ok(Self::new(index, None))
    }

    /// Finds years with it.
    pub fn enricher(&self, effort: Effort) -> Enricher {
        Enricher::new(self.source.clone(), Arc::new(TokioClock::default())).effort(effort)
    }
}

/// Something is to be asked, and nobody has said where it is.
#[cfg(any(feature = "mirror", feature = "offline"))]
fn unnamed(what: &str, how: &str) -> Trouble {
    let named = Trouble::new(Exit::Failed, "bad_setting", format!("no {what} is named"));
    named.advice(format!("Nothing was changed. Name it: {how}"))
}

fn user_agent(contact: Option<&str>) -> Result<UserAgent, Trouble> {
    let trouble = |what: &str| {
        Trouble::new(Exit::NeedsPerson, "no_contact", what)
            .advice("Nothing was changed. MusicBrainz turns programs away that do not say whom to")
            .advice("write to. Set MUSICBRAINZ_CONTACT to a mail address or a page of yours, also")
            .advice("in a file .env, or say it: --contact me@example.org")
    };
    let Some(contact) = contact else {
        return Err(trouble("MusicBrainz wants to know whom to write to, and nobody is named"));
    };
    UserAgent::new(program().name, program().version, contact.trim()).map_err(|_| {
        trouble(&format!("{contact:?} is neither a mail address nor a page such as https://…"))
    })
}

/// Where MusicBrainz is, if it is not in its place. Ends in a slash.
fn server(said: Option<&Url>, environment: &Environment) -> Result<Option<Url>, Trouble> {
    let refuse = || {
        Trouble::new(Exit::Failed, "bad_setting", "MusicBrainz' address is none")
            .advice("Nothing was changed. It looks like http://127.0.0.1:5000/ws/2/, or is unset.")
    };
    let server = match (said, environment.get("MUSICBRAINZ_URL")) {
        (Some(said), _) => said.clone(),
        (None, Some(set)) => set.trim().parse::<Url>().map_err(|_| refuse())?,
        (None, None) => return Ok(None),
    };
    if !matches!(server.scheme(), "http" | "https") || server.host_str().is_none() {
        return Err(refuse());
    }
    // Its own place said aloud is still its own, with its own rate.
    if server.host_str() == Some("musicbrainz.org") {
        return Ok(None);
    }
    let mut server = server;
    if !server.path().ends_with('/') {
        let path = format!("{}/", server.path());
        server.set_path(&path);
    }
    Ok(Some(server))
}

/// Between two requests to a server of one's own: as for MusicBrainz, unless a rate is set.
fn spacing(environment: &Environment) -> Result<Duration, Trouble> {
    let Some(text) = environment.get("MUSICBRAINZ_RATE") else { return Ok(WebSource::SPACING) };
    let rate = text.trim().parse().ok().filter(|rate| (0.001..=100_000.0).contains(rate));
    rate.map(|rate: f64| Duration::from_secs_f64(1.0 / rate)).ok_or_else(|| {
        let what = "MUSICBRAINZ_RATE is no number of requests a second";
        Trouble::new(Exit::Failed, "bad_setting", what).advice("Nothing was changed.")
    })
}
