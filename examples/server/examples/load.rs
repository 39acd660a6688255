//! Measures a server from a second process: a page of a covered year of somebody with many plays, at
//! a steady rate, and what listeners who only wait cost.
//!
//!     cargo run --release -p server --example load -- --plays 1000000 --rate 200 --seconds 30
#![allow(clippy::print_stdout)] // Figures.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use jobs::{Jobs, Kind, Order, Priority};
use lastfm_core::archive::Removals;
use lastfm_core::archive::{Observation, Span};
use lastfm_core::testing::{FakeLastfm, Scenario};
use lastfm_core::transport::ReqwestTransport;
use lastfm_core::{ApiKey, Client, Credentials, Play, Timestamp, TokioClock};
use mb_enrich::Effort;
use server::made_up::MadeUp;
use server::{Caps, Dependencies, Logins, Server};
use terminal::database::{Database, Place};
use terminal::musicbrainz::MusicBrainz;

type Failure = Box<dyn Error + Send + Sync>;

#[derive(Debug, Clone, Parser)]
struct Arguments {
    /// Plays of the listener, over ten years.
    #[arg(long, default_value_t = 1_000_000)]
    plays: i64,
    /// Requests a second.
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// For how long.
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// Streams that only wait.
    #[arg(long, default_value_t = 1000)]
    streams: usize,
    /// Serves this folder; used by the program itself.
    #[arg(long, hide = true)]
    serve: Option<PathBuf>,
}

/// A year of which everything is archived.
const YEAR: i16 = 2020;
/// A year of which nothing is: its streams wait for a worker.
const WAITING: i16 = 2026;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    match &arguments.serve {
        Some(folder) => serve(folder).await,
        None => measure(&arguments).await,
    }
}

async fn open(folder: &Path) -> Result<(Database, Jobs), Failure> {
    let db = Database::open(Place::File(folder.join("scrobbles.db"))).await;
    let db = db.map_err(|trouble| trouble.what)?;
    let jobs = Jobs::open(&folder.join("jobs.db").display().to_string().parse()?).await?;
    Ok((db, jobs))
}

/// Serves until it is killed.
async fn serve(folder: &Path) -> Result<(), Failure> {
    let (db, jobs) = open(folder).await?;
    let fake = FakeLastfm::new(1, &Scenario::still(0), terminal::dates::now());
    let fake = fake_lastfm::serve(fake, 0).await?;
    let clock = Arc::new(TokioClock::default());
    let network = Arc::new(ReqwestTransport::builder().user_agent("load/1.0").build()?);
    let credentials = Credentials::read_only(ApiKey::new("load")?);
    let lastfm = Client::builder(credentials, network, clock).service(fake.url()).build();
    let caps = Caps {
        requests: 1_000_000,
        streams_each: 100_000,
        streams: 100_000,
        connections_each: 100_000,
        ..Caps::default()
    };
    let dependencies = Dependencies {
        db,
        jobs,
        work: None,
        finds_years: false,
        crew: Arc::new(crew::Figures::new("server")),
        lastfm,
        logins: Logins::open(&jobs::Place::Sqlite(folder.join("logins.db"))).await?,
        signing: None,
        allowed_origins: Vec::new(),
        webhook: None,
        public_url: "http://127.0.0.1/".parse()?,
        trusted_proxies: Vec::new(),
        caps,
    };
    let mut server = Server::start(([127, 0, 0, 1], 0).into(), dependencies).await?;
    std::fs::write(folder.join("address"), server.address().to_string())?;
    Ok(server.failed().await?)
}

/// A server in a process of its own.
struct Served {
    process: Child,
    address: String,
}

impl Served {
    async fn start(folder: &Path) -> Result<Self, Failure> {
        let process = Command::new(std::env::current_exe()?)
            .arg("--serve")
            .arg(folder)
            .stdout(Stdio::null())
            .spawn()?;
        for _ in 0..200 {
            if let Ok(address) = std::fs::read_to_string(folder.join("address")) {
                return Ok(Self { process, address });
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("it does not start".into())
    }

    /// MiB of memory that are in use.
    fn memory(&self) -> Result<f64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: f64 = line.unwrap_or_default().trim().trim_end_matches(" kB").trim().parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn measure(arguments: &Arguments) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let begun = Instant::now();
    fill(folder.path(), arguments.plays).await?;
    println!("{} plays archived in {:.1} s", arguments.plays, begun.elapsed().as_secs_f64());
    let served = Served::start(folder.path()).await?;
    let http = reqwest::Client::builder().pool_max_idle_per_host(64).build()?;
    pages(arguments, &served, &http).await?;
    streams(arguments, &served).await
}

/// Asks for the page at a steady rate, whether or not answers are late.
async fn pages(
    arguments: &Arguments,
    served: &Served,
    http: &reqwest::Client,
) -> Result<(), Failure> {
    let url = format!("http://{}/user/heavy/{YEAR}", served.address);
    let begun = Instant::now();
    let page = http.get(&url).send().await?.error_for_status()?.text().await?;
    println!("the first page took {:.1} ms, {} bytes", milliseconds(begun), page.len());
    let requests = arguments.rate * arguments.seconds;
    let mut beat = tokio::time::interval(Duration::from_secs(1) / arguments.rate);
    let mut asked = Vec::with_capacity(requests as usize);
    for _ in 0..requests {
        let due = beat.tick().await;
        let (http, url) = (http.clone(), url.clone());
        asked.push(tokio::spawn(async move {
            let answer = http.get(&url).send().await?.error_for_status()?;
            answer.bytes().await?;
            Ok::<f64, reqwest::Error>(due.elapsed().as_secs_f64() * 1000.0)
        }));
    }
    let mut took = Vec::with_capacity(asked.len());
    for one in asked {
        took.push(one.await??);
    }
    took.sort_by(f64::total_cmp);
    let at = |part: usize| took[(took.len() - 1) * part / 1000];
    println!(
        "{requests} pages at {} a second: p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms, longest {:.1} ms",
        arguments.rate,
        at(500),
        at(990),
        at(999),
        at(1000)
    );
    Ok(())
}

/// Opens streams, and lets them wait.
async fn streams(arguments: &Arguments, served: &Served) -> Result<(), Failure> {
    let before = served.memory()?;
    let url = format!("http://{}/api/user/heavy/{WAITING}/events", served.address);
    let http = reqwest::Client::new();
    let mut open = Vec::with_capacity(arguments.streams);
    for _ in 0..arguments.streams {
        let mut stream = http.get(&url).send().await?.error_for_status()?;
        stream.chunk().await?;
        open.push(stream);
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let after = served.memory()?;
    println!("{} streams: {:.1} MiB more, {after:.1} MiB in all", open.len(), after - before);
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// Archives a listener with so many plays over ten years up to the end of 2025, of 20,000 tracks on
/// 4,000 albums, and finds the years of these.
async fn fill(folder: &Path, plays: i64) -> Result<(), Failure> {
    let (db, jobs) = open(folder).await?;
    let start = Timestamp::start_of_year(2016).ok_or("a year")?;
    let end = Timestamp::start_of_year(2026).ok_or("a year")?;
    let user = db.store.add_user(&"heavy".parse()?, Some(start)).await?;
    let step = (end.as_unix() - start.as_unix()) / plays;
    let (batch, mut from, mut seed) = (20_000, 0, 1_u64);
    while from < plays {
        let upto = (from + batch).min(plays);
        let mut history = Vec::with_capacity(20_000);
        for number in from..upto {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            // Some are played much more than others.
            let (one, other) = ((seed >> 33) % 142, (seed >> 48) % 142);
            let track = one * other % 20_000;
            let (album, artist) = (track / 5, track / 25);
            let at = start.as_unix() + number * step;
            history.push(Play::from_json(format!(
                r##"{{"artist":{{"mbid":"","#text":"Artist {artist}"}},"name":"Track {track}","album":{{"mbid":"","#text":"Album {album}"}},"url":"https://www.last.fm/music/Artist+{artist}/_/Track+{track}","date":{{"uts":"{at}","#text":""}}}}"##
            ))?);
        }
        let edge = |number: i64| start.plus(number * step);
        let last = if upto == plays { end } else { edge(upto) };
        let revision = db.store.revision(user.id).await?;
        let observation = Observation { revision, at: end, removals: Removals::Confirm };
        db.store.replace(user.id, Span::new(edge(from), last), history, observation).await?;
        from = upto;
    }
    let enricher = MusicBrainz::new(MadeUp::default(), None).enricher(Effort::Names);
    enricher.history(db.albums.clone(), user.id, Span::EVER).finish().await?;
    let (kind, year) = (Kind::Sync, Some(WAITING));
    jobs.order(&Order { kind, user: user.name, year, priority: Priority::Waiting }).await?;
    jobs.close().await;
    Ok(())
}
