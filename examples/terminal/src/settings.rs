//! What the environment and a `.env` file say, and the client that follows from it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use lastfm_core::transport::{Pacer, RateLimited, ReqwestTransport, Transport};
use lastfm_core::{ApiKey, Client, Credentials, SessionKey, SharedSecret, TokioClock};
use lastfm_sqlite::{SqlitePacer, SqliteStore};
use url::{Host, Url};

use crate::database::Place;
use crate::exit::{Exit, Trouble};
use crate::file::chain;
use crate::program::program;
use crate::sessions::Sessions;
use crate::signals::Stop;

/// More than this from one address, and Last.fm suspends the key.
const FASTEST: f64 = 5.0;

/// Variables by name. Those of the process come before those of the file.
#[derive(Debug)]
pub struct Environment {
    file: HashMap<String, String>,
}

impl Environment {
    /// Reads `.env` in the working directory, if there is one.
    pub fn read() -> Result<Self, Trouble> {
        Self::from_file(Path::new(".env"))
    }

    fn from_file(path: &Path) -> Result<Self, Trouble> {
        // What the parser says of a line quotes it, and it may hold a key: only its place is told.
        let unreadable = |what: &str| {
            Trouble::new(Exit::Failed, "bad_env_file", format!("the file .env {what}"))
                .advice("Nothing was changed. Its lines look like LASTFM_API_KEY=0123456789abcdef")
        };
        let lines = match dotenvy::from_path_iter(path) {
            Ok(lines) => lines,
            Err(error) if error.not_found() => return Ok(Self { file: HashMap::new() }),
            Err(_) => return Err(unreadable("cannot be read")),
        };
        let mut file = HashMap::new();
        for (number, line) in (1..).zip(lines) {
            let wrong =
                |_| unreadable(&format!("has an entry that is not NAME=value (number {number})"));
            let (name, value) = line.map_err(wrong)?;
            file.insert(name, value);
        }
        Ok(Self { file })
    }

    /// The variable, unless it is blank.
    pub fn get(&self, name: &str) -> Option<String> {
        let filled = |value: &String| !value.trim().is_empty();
        let own = std::env::var(name).ok().filter(filled);
        own.or_else(|| self.file.get(name).filter(|value| filled(value)).cloned())
    }

    /// Where everything is kept.
    pub fn db(&self, said: Option<Place>) -> Place {
        let named = || self.get("SCROBBLES_DB").map(|named| Place::set(PathBuf::from(named)));
        said.or_else(named).unwrap_or_else(|| Place::File("scrobbles.db".into()))
    }

    /// Keys to call Last.fm with.
    pub fn credentials(&self) -> Result<Credentials, Trouble> {
        let Some(key) = self.key() else {
            let what = "there is no API key. Get one at https://www.last.fm/api/account/create and \
                        set LASTFM_API_KEY, or write it into a file .env";
            return Err(Trouble::new(Exit::NeedsPerson, "no_key", what).advice(format!(
                "To see it work without one: {} {}",
                program().command(),
                program().demo
            )));
        };
        let credentials = Credentials::read_only(key);
        match (self.secret(), self.session()) {
            (Some(secret), Some(session)) => {
                Ok(credentials.with_secret(secret).with_session(session))
            }
            (None, Some(_)) => {
                let what = "LASTFM_SESSION_KEY is of no use without LASTFM_API_SECRET";
                Err(Trouble::new(Exit::NeedsPerson, "no_secret", what).advice(
                    "Nothing was changed. The secret stands beside the key at \
                     https://www.last.fm/api/accounts",
                ))
            }
            // Without a session nothing is signed.
            (Some(secret), None) => Ok(credentials.with_secret(secret)),
            (None, None) => Ok(credentials),
        }
    }

    /// Keys to sign with: for logins, and for everything in a user's name.
    pub fn signing_credentials(&self) -> Result<Credentials, Trouble> {
        let (code, missing) = match (self.key(), self.secret()) {
            (Some(key), Some(secret)) => {
                return Ok(Credentials::read_only(key).with_secret(secret));
            }
            (None, None) => ("no_key", "LASTFM_API_KEY and LASTFM_API_SECRET are"),
            (None, Some(_)) => ("no_key", "LASTFM_API_KEY is"),
            (Some(_), None) => ("no_secret", "LASTFM_API_SECRET is"),
        };
        let what = format!("a login needs an API key and its secret: {missing} not set");
        Err(Trouble::new(Exit::NeedsPerson, code, what)
            .advice("Nothing was changed. Key and secret stand side by side at")
            .advice("https://www.last.fm/api/accounts; new ones come from")
            .advice("https://www.last.fm/api/account/create. Set them, or write them into .env."))
    }

    /// The session that comes before all that are kept, of whoever it may be.
    pub fn session(&self) -> Option<SessionKey> {
        SessionKey::new(self.get("LASTFM_SESSION_KEY")?).ok()
    }

    /// The sessions that are kept for the service.
    pub fn sessions(&self, service: Option<&Url>) -> Sessions {
        Sessions::new(self.get(program().sessions_variable).map(PathBuf::from), &issuer(service))
    }

    fn key(&self) -> Option<ApiKey> {
        ApiKey::new(self.get("LASTFM_API_KEY")?).ok()
    }

    fn secret(&self) -> Option<SharedSecret> {
        SharedSecret::new(self.get("LASTFM_API_SECRET")?).ok()
    }

    /// Where Last.fm is, if it is not in its place.
    pub fn service(&self) -> Result<Option<Url>, Trouble> {
        let Some(text) = self.get("LASTFM_API_URL") else { return Ok(None) };
        let refuse = |what: &str| {
            let what = format!("LASTFM_API_URL {what}");
            Err(Trouble::new(Exit::Failed, "bad_setting", what).advice(
                "Nothing was changed. It is https://…, or http://… on this machine, or unset.",
            ))
        };
        let Ok(url) = text.trim().parse::<Url>() else { return refuse("is no address") };
        let is_here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => Ok(Some(url)),
            "http" if is_here => Ok(Some(url)),
            "http" => refuse("would send your key over plain http to another machine"),
            _ => refuse("begins with neither https:// nor http://"),
        }
    }

    /// Requests a second: as said on the command line, or in the environment, or 1.
    pub fn rate(&self, said: Option<f64>, service: Option<&Url>) -> Result<f64, Trouble> {
        let refuse = |what: String| {
            Err(Trouble::new(Exit::Failed, "bad_setting", what).advice("Nothing was changed."))
        };
        let rate = match (said, self.get("LASTFM_RATE")) {
            (Some(said), _) => said,
            (None, None) => 1.0,
            (None, Some(text)) => match text.trim().parse() {
                Ok(rate) => rate,
                Err(_) => return refuse("LASTFM_RATE is no number".to_owned()),
            },
        };
        if !(0.001..=100_000.0).contains(&rate) {
            return refuse(format!("{rate} requests a second is no rate"));
        }
        if service.is_none() && rate > FASTEST {
            return refuse(format!(
                "{rate} requests a second is more than Last.fm bears: it suspends keys above {FASTEST}"
            ));
        }
        Ok(rate)
    }
}

/// The host by which the service is known.
pub(crate) fn host(service: Option<&Url>) -> &str {
    service.and_then(Url::host_str).unwrap_or("ws.audioscrobbler.com")
}

/// Who gives out sessions: the host, with its port unless that is the usual one.
fn issuer(service: Option<&Url>) -> Cow<'_, str> {
    let host = host(service);
    match service.and_then(Url::port) {
        Some(port) => format!("{host}:{port}").into(),
        None => host.into(),
    }
}

/// A client that keeps to the pace of `pacer`, or to none, and stops with `stop`.
pub fn client(
    credentials: Credentials,
    service: Option<Url>,
    pacer: Option<Arc<dyn Pacer>>,
    stop: &Stop,
) -> Result<Client, Trouble> {
    Ok(client_over(network()?, credentials, service, pacer, stop))
}

/// What all clients of a process can send through.
pub fn network() -> Result<Arc<dyn Transport>, Trouble> {
    let user_agent = format!("{}/{} (lastfm-core)", program().name, program().version);
    let network = ReqwestTransport::builder().user_agent(user_agent).build();
    let network = network.map_err(|error| {
        Trouble::new(Exit::Failed, "no_network", chain(&error)).advice("Nothing was changed.")
    })?;
    Ok(Arc::new(network))
}

/// The same as [`client`], through a network that others use as well.
pub fn client_over(
    network: Arc<dyn Transport>,
    credentials: Credentials,
    service: Option<Url>,
    pacer: Option<Arc<dyn Pacer>>,
    stop: &Stop,
) -> Client {
    let clock = Arc::new(TokioClock::default());
    let mut transport = network;
    if let Some(pacer) = pacer {
        transport = Arc::new(RateLimited::new(transport, pacer, clock.clone()));
    }
    let client = Client::builder(credentials, stop.over(transport), clock);
    match service {
        Some(service) => client.service(service).build(),
        None => client.build(),
    }
}

/// The pace that all processes with this file keep together, towards one host.
pub fn pacer(store: &SqliteStore, service: Option<&Url>, rate: f64) -> Arc<dyn Pacer> {
    Arc::new(SqlitePacer::new(store, host(service), spacing(rate)))
}

/// From one request to the next, at so many a second.
pub(crate) fn spacing(rate: f64) -> Duration {
    Duration::from_secs_f64(1.0 / rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(file: &[(&str, &str)]) -> Environment {
        let pairs = file.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Environment { file: pairs.collect() }
    }

    #[test]
    fn a_blank_key_is_none() {
        let trouble = environment(&[("LASTFM_API_KEY", "  ")]).credentials().unwrap_err();
        assert_eq!((trouble.code, trouble.exit), ("no_key", Exit::NeedsPerson));
    }

    #[test]
    fn plain_http_goes_to_this_machine_only() {
        for (url, fine) in [
            ("https://libre.fm/2.0/", true),
            ("http://127.0.0.1:8080/2.0/", true),
            ("http://localhost:8080/2.0/", true),
            ("http://192.168.1.2/2.0/", false),
            ("ftp://localhost/", false),
            ("localhost", false),
        ] {
            let service = environment(&[("LASTFM_API_URL", url)]).service();
            assert_eq!(service.is_ok(), fine, "{url}");
        }
    }

    #[test]
    fn the_rate_is_what_was_said_last_of_all() {
        let set = environment(&[("LASTFM_RATE", "0.5")]);
        let rate = |said| set.rate(said, None).map_err(|trouble| trouble.what);
        assert_eq!(rate(None), Ok(0.5));
        assert_eq!(rate(Some(2.0)), Ok(2.0));
        assert!(rate(Some(50.0)).unwrap_err().contains("suspends"));
        assert!(rate(Some(0.0)).is_err() && rate(Some(f64::NAN)).is_err());
        assert!(environment(&[("LASTFM_RATE", "fast")]).rate(None, None).is_err());
    }

    #[test]
    fn a_broken_env_file_does_not_give_its_lines_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, "A=1\nLASTFM_API_KEY canary 'unclosed\n").unwrap();
        let trouble = Environment::from_file(&path).unwrap_err();
        assert!(!format!("{trouble:?}").contains("canary"), "{trouble:?}");
        assert!(trouble.what.contains("number 2"), "{trouble:?}");
    }
}
