//! Opens the database, the jobs and the client that the settings name.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crew::{Figures, SliceContext, Slices};
use jobs::{Jobs, Work};
use lastfm_core::transport::{Cached, MemoryCache, Pacer, RateLimited};
use lastfm_core::{Client, Credentials, TokioClock};
use server::work::{Crew, Logged};
use server::{Dependencies, Logins, Settings, Webhook};
use terminal::database::{Database, Place};
use terminal::exit::{Exit, Trouble};
use terminal::musicbrainz::MusicBrainz;
use terminal::settings::{self, Environment};
use terminal::signals::Stop;
use url::Url;

use crate::demo::Demo;

/// How long an answer may serve while Last.fm is out of reach.
const STALE: Duration = Duration::from_hours(7 * 24);
/// How long the charts that Last.fm makes of what somebody listened to are kept.
const CHARTS: Duration = Duration::from_hours(1);
/// Plays asked for at once.
const PAGE: u32 = 1000;
/// Bytes of answers that are kept.
const KEPT: usize = 32 * 1024 * 1024;

/// What is open now.
pub(crate) struct Opened {
    pub(crate) dependencies: Dependencies,
    /// Serves made-up listeners, and keeps what is archived of them, as long as it lives.
    pub(crate) demo: Option<Demo>,
}

/// Where Last.fm is, and how it is asked.
struct Service {
    credentials: Credentials,
    can_sign: bool,
    url: Option<Url>,
    rate: f64,
}

/// Opens everything.
pub(crate) async fn open(settings: &Settings, stop: &Stop) -> Result<Opened, Trouble> {
    let environment = Environment::read()?;
    let demo = if settings.demo { Some(Demo::start().await?) } else { None };
    let (place, service) = match &demo {
        Some(demo) => (
            demo.place(),
            Service {
                credentials: Demo::credentials()?,
                can_sign: true,
                url: Some(demo.url()),
                rate: settings.rate.unwrap_or(Demo::RATE),
            },
        ),
        None => (place(settings, &environment), service(settings, &environment)?),
    };
    let db = Database::open(place).await?;
    let jobs = Jobs::open(&beside(&db.place, "jobs.db")?).await.map_err(|error| failed(&error))?;
    let logins =
        Logins::open(&beside(&db.place, "logins.db")?).await.map_err(|error| failed(&error))?;
    let musicbrainz = match &demo {
        Some(demo) => Some(demo.musicbrainz()),
        None => MusicBrainz::usual(&environment)?,
    };
    let figures = Arc::new(Figures::new("server"));
    let finds_years = musicbrainz.is_some();
    if !finds_years {
        tracing::warn!("no years of release are looked up: MUSICBRAINZ_CONTACT is not set");
    }
    let work = if settings.no_worker {
        None
    } else {
        Some(work(&db, &service, musicbrainz, &figures, &logins, &jobs)?)
    };
    let dependencies = Dependencies {
        signing: signing(&service, stop)?,
        lastfm: lastfm(&db, service, stop)?,
        logins,
        db,
        jobs,
        work,
        finds_years,
        crew: figures,
        public_url: match &settings.public_url {
            Some(url) => url.clone(),
            None => here(settings)?,
        },
        trusted_proxies: settings.trusted_proxy.clone(),
        allowed_origins: settings.allow_origin.clone(),
        webhook: webhook(settings, &environment)?,
        caps: settings.caps.clone(),
    };
    Ok(Opened { dependencies, demo })
}

/// What jobs do here.
fn work(
    db: &Database,
    service: &Service,
    musicbrainz: Option<MusicBrainz>,
    figures: &Arc<Figures>,
    logins: &Logins,
    jobs: &Jobs,
) -> Result<Arc<dyn Work>, Trouble> {
    let slices = Slices::new(SliceContext {
        db: db.clone(),
        network: settings::network()?,
        credentials: service.credentials.clone(),
        service: service.url.clone(),
        rate: service.rate,
        page_size: PAGE,
        hurry: 1,
        musicbrainz,
        sessions: Arc::new(logins.clone()),
        observer: Arc::new(Logged),
        figures: Arc::clone(figures),
    });
    Ok(Arc::new(Crew::new(slices, jobs.clone(), logins.clone())))
}

fn service(settings: &Settings, environment: &Environment) -> Result<Service, Trouble> {
    let url = environment.service()?;
    let rate = environment.rate(settings.rate, url.as_ref())?;
    // A session among them would be everybody's.
    let (credentials, can_sign) = match environment.signing_credentials() {
        Ok(credentials) => (credentials, true),
        Err(_) => (environment.credentials()?, false),
    };
    Ok(Service { credentials, can_sign, url, rate })
}

/// What was said, or what `$DATABASE_URL` or `$SCROBBLES_DB` names, or a file in this folder.
fn place(settings: &Settings, environment: &Environment) -> Place {
    let set = || environment.get("DATABASE_URL").map(|named| Place::from(PathBuf::from(named)));
    environment.db(settings.db.clone().or_else(set))
}

/// In the same database, or in a file of this extension beside the file.
fn beside(place: &Place, extension: &str) -> Result<jobs::Place, Trouble> {
    match place {
        Place::File(path) => Ok(jobs::Place::Sqlite(path.with_extension(extension))),
        Place::Postgres(address) => address.with_password().parse().map_err(|error| failed(&error)),
    }
}

fn failed(error: &jobs::Error) -> Trouble {
    let exit = if error.is_retryable() { Exit::NotNow } else { Exit::Failed };
    Trouble::new(exit, "jobs_failed", error.to_string()).advice("What is archived is safe.")
}

/// Exchanges tokens for sessions, once each: nothing of it is kept, and nothing asked twice.
fn signing(service: &Service, stop: &Stop) -> Result<Option<Client>, Trouble> {
    if !service.can_sign {
        tracing::warn!("nobody can log in: LASTFM_API_SECRET is not set");
        return Ok(None);
    }
    let client = settings::client_over(
        settings::network()?,
        service.credentials.clone(),
        service.url.clone(),
        None,
        stop,
    );
    Ok(Some(client))
}

/// Asks Last.fm for pages, at the pace that jobs keep, too; what was asked lately is not asked again.
fn lastfm(db: &Database, service: Service, stop: &Stop) -> Result<Client, Trouble> {
    let Service { credentials, url, rate, .. } = service;
    let clock = Arc::new(TokioClock::default());
    let pacer: Arc<dyn Pacer> = db.pacer(url.as_ref(), rate);
    let limited = RateLimited::new(settings::network()?, pacer, clock.clone());
    let cache = Arc::new(MemoryCache::new(KEPT));
    let cached = Cached::new(stop.over(Arc::new(limited)), cache, clock.clone())
        .time_to_live("user.getTopArtists", CHARTS)
        .time_to_live("user.getTopAlbums", CHARTS)
        .time_to_live("user.getTopTracks", CHARTS)
        .stale_on_outage(STALE);
    let client = Client::builder(credentials, Arc::new(cached), clock);
    Ok(match url {
        Some(url) => client.service(url).build(),
        None => client.build(),
    })
}

/// Who is told of changes of jobs.
fn webhook(settings: &Settings, environment: &Environment) -> Result<Option<Webhook>, Trouble> {
    let Some(url) = settings.webhook.clone() else { return Ok(None) };
    let secret = environment.get("SERVER_WEBHOOK_SECRET").unwrap_or_default();
    let webhook = Webhook::new(url, &secret).map_err(|error| {
        Trouble::new(Exit::Failed, "bad_setting", format!("no webhook: {error}"))
            .advice("Set SERVER_WEBHOOK_SECRET, and let the other side know it.")
    })?;
    Ok(Some(webhook))
}

/// Where a browser on this machine finds it.
fn here(settings: &Settings) -> Result<Url, Trouble> {
    let mut here = settings.listen;
    if here.ip().is_unspecified() {
        here.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let here = format!("http://{here}/");
    here.parse().map_err(|_| Trouble::new(Exit::Failed, "bad_setting", "no address to listen on"))
}
