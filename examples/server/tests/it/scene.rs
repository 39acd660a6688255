//! A server on a port of its own, in front of a made-up Last.fm.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crew::{Figures, SliceContext, Slices};
use fake_lastfm::Server as FakeServer;
use jobs::{Filter, Jobs, State, Work};
use lastfm_core::testing::{FakeLastfm, Scenario};
use lastfm_core::transport::{Cached, MemoryCache, ReqwestTransport};
use lastfm_core::{ApiKey, Client, Credentials, SharedSecret, Timestamp, TokioClock};
use server::made_up::MadeUp;
use server::work::{Crew, Logged};
use server::{Caps, Dependencies, Logins, Server, Webhook};
use tempfile::TempDir;
use terminal::database::{Database, Place};
use terminal::musicbrainz::MusicBrainz;

/// The key that no answer may hold.
pub(crate) const CANARY: &str = "c0ffeec0ffeec0ffeec0ffeec0ffee00";

/// The secret that no answer may hold.
pub(crate) const SECRET: &str = "5ec2e75ec2e75ec2e75ec2e75ec2e700";
/// Whose pages may use the API.
pub(crate) const ALLOWED: &str = "https://front.example";

pub(crate) struct Scene {
    pub(crate) server: Server,
    pub(crate) fake: Arc<FakeServer>,
    pub(crate) db: Database,
    pub(crate) jobs: Jobs,
    /// The file of logins, if it is one.
    pub(crate) logins: std::path::PathBuf,
    http: reqwest::Client,
    _folder: TempDir,
}

/// What a scene may have otherwise than usual.
pub(crate) struct Setting {
    pub(crate) caps: Caps,
    pub(crate) scenario: Scenario,
    /// Whether jobs are worked on.
    pub(crate) works: bool,
    pub(crate) trusted_proxies: Vec<IpAddr>,
    /// By which address browsers know it; empty: by its own.
    pub(crate) public_url: &'static str,
    /// Who else is told of changes of jobs.
    pub(crate) webhook: Option<Webhook>,
    /// Requests to Last.fm a second, of all servers with the same database.
    pub(crate) rate: f64,
    /// How long an album takes to be looked up; nothing if there is nobody to ask.
    pub(crate) delay: Option<Duration>,
}

impl Default for Setting {
    fn default() -> Self {
        let (scenario, caps) = (Scenario::still(500), generous());
        let (public_url, delay) = ("https://app.example/", Some(Duration::ZERO));
        Self {
            caps,
            scenario,
            works: true,
            trusted_proxies: Vec::new(),
            public_url,
            webhook: None,
            rate: 200.0,
            delay,
        }
    }
}

/// No test meets a limit that it is not about.
pub(crate) fn generous() -> Caps {
    Caps { requests: 10_000, lookups: 1000, orders: 1000, ..Caps::default() }
}

impl Scene {
    pub(crate) async fn new(setting: Setting) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::File(folder.path().join("scrobbles.db"));
        let jobs = folder.path().join("jobs.db").display().to_string();
        let mut fake = FakeLastfm::new(7, &setting.scenario, now());
        fake.know_app(CANARY, SECRET);
        let mut eve = Scenario::still(20);
        "eve".clone_into(&mut eve.user);
        fake.add_account(&eve);
        let fake = Arc::new(fake_lastfm::serve(fake, 0).await.unwrap());
        Self::at(setting, place, &jobs, fake, folder).await
    }

    /// A server like this one, with the same databases and the same Last.fm.
    pub(crate) async fn at(
        setting: Setting,
        place: Place,
        jobs: &str,
        fake: Arc<FakeServer>,
        folder: TempDir,
    ) -> Self {
        let db = Database::open(place).await.unwrap();
        let jobs = Jobs::open(&jobs.parse().unwrap()).await.unwrap();
        let kept = match &db.place {
            Place::File(path) => jobs::Place::Sqlite(path.with_extension("logins.db")),
            Place::Postgres(address) => address.with_password().parse().unwrap(),
        };
        let logins_file = match &kept {
            jobs::Place::Sqlite(path) => path.clone(),
            _ => std::path::PathBuf::new(),
        };
        let logins = Logins::open(&kept).await.unwrap();
        let figures = Arc::new(Figures::new("server"));
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let (listen, public_url) = match setting.public_url {
            "" => {
                let free = std::net::TcpListener::bind(anywhere).unwrap().local_addr().unwrap();
                (free, format!("http://{free}/"))
            }
            named => (anywhere, named.to_owned()),
        };
        let public_url = public_url.parse().unwrap();
        let dependencies = Dependencies {
            work: setting.works.then(|| work(&setting, &db, &fake, &figures, &logins, &jobs)),
            finds_years: setting.delay.is_some(),
            logins,
            signing: Some(signing(&fake)),
            webhook: setting.webhook,
            allowed_origins: vec![ALLOWED.parse().unwrap()],
            crew: figures,
            db: db.clone(),
            jobs: jobs.clone(),
            lastfm: client(&fake),
            public_url,
            trusted_proxies: setting.trusted_proxies,
            caps: setting.caps,
        };
        let server = Server::start(listen, dependencies).await.unwrap();
        let no_redirects = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(no_redirects).build().unwrap();
        Self { server, fake, db, jobs, logins: logins_file, http, _folder: folder }
    }

    pub(crate) async fn usual() -> Self {
        Self::new(Setting::default()).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address())
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method.parse().unwrap(), self.url(path))
    }

    /// Jobs that were ordered.
    pub(crate) async fn ordered(&self) -> Vec<State> {
        self.jobs.list(&Filter::default()).await.unwrap()
    }

    /// Looks at a page until it says so.
    pub(crate) async fn until(&self, path: &str, words: &str) -> Answer {
        let mut answer = self.get(path).await;
        for _ in 0..600 {
            if answer.text.contains(words) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            answer = self.get(path).await;
        }
        panic!("{path} never says {words:?}: {}", answer.text);
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request("GET", path)).await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        assert!(!text.contains(CANARY) && !text.contains(SECRET), "{text}");
        for (name, value) in &headers {
            let value = value.to_str().unwrap();
            // Last.fm's login page wants the key.
            let is_login = *name == "location" && value.contains("/api/auth/?api_key=");
            assert!(is_login || !value.contains(CANARY), "{name}: {value}");
            assert!(!value.contains(SECRET), "{name}: {value}");
        }
        Self { status, headers, text }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

pub(crate) fn now() -> Timestamp {
    terminal::dates::now()
}

fn network() -> Arc<ReqwestTransport> {
    Arc::new(ReqwestTransport::builder().user_agent("tests/1.0").build().unwrap())
}

fn credentials() -> Credentials {
    let secret = SharedSecret::new(SECRET).unwrap();
    Credentials::read_only(ApiKey::new(CANARY).unwrap()).with_secret(secret)
}

/// Signs calls, and keeps no answers.
fn signing(fake: &FakeServer) -> Client {
    let clock = Arc::new(TokioClock::default());
    Client::builder(credentials(), network(), clock).service(fake.url()).build()
}

fn client(fake: &FakeServer) -> Client {
    let clock = Arc::new(TokioClock::default());
    let cached = Cached::new(network(), Arc::new(MemoryCache::default()), clock.clone());
    Client::builder(credentials(), Arc::new(cached), clock).service(fake.url()).build()
}

fn work(
    setting: &Setting,
    db: &Database,
    fake: &FakeServer,
    figures: &Arc<Figures>,
    logins: &Logins,
    jobs: &Jobs,
) -> Arc<dyn Work> {
    let slices = Slices::new(SliceContext {
        db: db.clone(),
        network: network(),
        credentials: credentials(),
        service: Some(fake.url()),
        rate: setting.rate,
        page_size: 200,
        hurry: 1,
        sessions: Arc::new(logins.clone()),
        musicbrainz: setting
            .delay
            .map(|delay| MusicBrainz::new(MadeUp { delay, ..MadeUp::default() }, None)),
        observer: Arc::new(Logged),
        figures: Arc::clone(figures),
    });
    Arc::new(Crew::new(slices, jobs.clone(), logins.clone()))
}
