//! Measures the store on a private server: how fast it takes a history in over one connection, where
//! the time goes, how much room that takes, and how fast it answers.
//!
//! `cargo run --release -p benches --bin postgres-ingest -- 200000`

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "it prints, or stops")]

use std::time::{Duration, Instant};

use lastfm_core::archive::{ArchiveStore, Observation, Removals, Replaced, Span, UserId};
use lastfm_core::{Play, Timestamp};
use lastfm_postgres::testing::PrivateServer;
use lastfm_postgres::{PostgresStore, PostgresStoreOptions};

/// Plays committed at a time.
const BATCH: u64 = 2_000;
/// Seconds between two plays.
const APART: u64 = 500;
const FIRST: i64 = 1_200_000_000;

fn main() {
    let count = std::env::args().nth(1).map_or(200_000, |count| count.parse().unwrap());
    let server = PrivateServer::durable();
    let database = server.database();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = PostgresStoreOptions::new(database.url()).connections(1);
        let store = options.open().await.unwrap();
        let user = store.add_user(&"rj".parse().unwrap(), None).await.unwrap().id;
        for run in ["first run", "again", "again, nothing remembered"] {
            if run.ends_with("remembered") {
                store.recount(user).await.unwrap();
            }
            let before = server_worked();
            let (replaced, spent, worked) = ingest(&store, user, count).await;
            let rate = number(count) / spent.as_secs_f64();
            let worked = worked.as_secs_f64() * 1e6 / number(count);
            let busy = server_worked().saturating_sub(before).as_secs_f64() * 1e6 / number(count);
            let added = replaced.added;
            println!(
                "{run}: {added} added, {rate:.0} plays/s; processor a play: {worked:.2} us here, \
                 {busy:.2} us on the server"
            );
        }
        println!("peak memory: {}", memory("VmHWM:"));
        let asked = Instant::now();
        let held = store.count(user, Span::EVER).await.unwrap();
        println!("count of all time: {} in {:?}", held.plays, asked.elapsed());
        let asked = Instant::now();
        store.plays(user, Span::EVER, None, 1).await.unwrap();
        println!("first play in {:?}", asked.elapsed());
        let asked = Instant::now();
        let mut after = None;
        let mut read = 0;
        loop {
            let page = store.plays(user, Span::EVER, after, 1_000).await.unwrap();
            read += page.len();
            after = page.last().map(|last| last.place);
            if page.len() < 1_000 {
                break;
            }
        }
        let rate = number(read as u64) / asked.elapsed().as_secs_f64();
        println!("read back: {read}, {rate:.0} plays/s");
        println!("peak memory: {}", memory("VmHWM:"));
    });
    let sizes = database.sql(
        "SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
        WHERE relname IN ('play', 'variant', 'song', 'coverage') ORDER BY relname",
    );
    let mut sum = 0.0;
    for row in sizes {
        let [name, table, indexes] = row.try_into().unwrap();
        let bytes = |size: Option<String>| number(size.unwrap().parse().unwrap()) / number(count);
        let (table, indexes) = (bytes(table), bytes(indexes));
        println!("{}: {table:.1} + {indexes:.1} bytes a play", name.unwrap());
        sum += table + indexes;
    }
    println!("{sum:.1} bytes a play");
}

/// Fills the archive newest first, as the service shows a history.
async fn ingest(store: &PostgresStore, user: UserId, count: u64) -> (Replaced, Duration, Duration) {
    let mut sum = Replaced::default();
    let (mut spent, mut worked) = (Duration::ZERO, Duration::ZERO);
    let mut newest = count;
    while newest > 0 {
        let oldest = newest.saturating_sub(BATCH);
        let texts: Vec<String> = (oldest..newest).rev().map(object).collect();
        let revision = store.revision(user).await.unwrap();
        let (started, before) = (Instant::now(), processor());
        let plays = texts.into_iter().map(|text| Play::from_json(text).unwrap());
        let observation = Observation {
            revision,
            at: Timestamp::from_unix(1_800_000_000),
            removals: Removals::Confirm,
        };
        let span = Span::new(moment(oldest), moment(newest));
        sum += store.replace(user, span, plays.collect(), observation).await.unwrap();
        spent += started.elapsed();
        worked += processor().saturating_sub(before);
        newest = oldest;
    }
    (sum, spent, worked)
}

fn moment(number: u64) -> Timestamp {
    Timestamp::from_unix(FIRST + i64::try_from(number * APART).unwrap())
}

/// The play of this number: some 850 bytes, of one of number^0.85 tracks.
fn object(number: u64) -> String {
    let at = moment(number);
    let track = track(number);
    let (artist, album) = (track % 1_500, track % 6_000);
    let (uts, text) = (at.as_unix(), at.service_text().unwrap());
    let image = |size: &str, pixels: u64| {
        format!(
            r##"{{"size":"{size}","#text":"https://lastfm.freetls.fastly.net/i/u/{pixels}s/{album:032x}.jpg"}}"##
        )
    };
    let images = [("small", 34), ("medium", 64), ("large", 174), ("extralarge", 300)]
        .map(|(size, pixels)| image(size, pixels))
        .join(",");
    format!(
        r##"{{"artist":{{"mbid":"{artist:08x}-1f2e-4b6a-9c3d-{artist:012x}","#text":"Artist number {artist}"}},"streamable":"0","image":[{images}],"mbid":"{track:08x}-7a1b-4c2d-8e3f-{track:012x}","album":{{"mbid":"{album:08x}-5d4c-4e2f-a1b0-{album:012x}","#text":"The album of number {album}"}},"name":"Some track called {track}","url":"https://www.last.fm/music/Artist+number+{artist}/_/Some+track+called+{track}","date":{{"uts":"{uts}","#text":"{text}"}}}}"##
    )
}

/// Which track a play is of: any of those known by then, each as likely, or a new one.
fn track(number: u64) -> u64 {
    let known = |plays: u64| (f64::from(u32::try_from(plays).unwrap())).powf(0.85);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small, positive")]
    let (before, with) = (known(number) as u64, known(number + 1) as u64);
    if with > before {
        return before;
    }
    // A fixed scattering of numbers.
    let scattered = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let scattered = (scattered ^ (scattered >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (scattered >> 32) % before.max(1)
}

#[allow(clippy::cast_precision_loss, reason = "for printing")]
fn number(count: u64) -> f64 {
    count as f64
}

/// What all threads have worked so far, as far as the system tells.
fn processor() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let worked = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(worked.sum())
}

/// What the server's processes that serve somebody have worked so far, as far as the system tells.
fn server_worked() -> Duration {
    let processes = std::fs::read_dir("/proc").into_iter().flatten();
    let worked = processes.filter_map(|process| {
        let folder = process.ok()?.path();
        let command = std::fs::read_to_string(folder.join("cmdline")).ok()?;
        let serves = command.starts_with("postgres:") && command.contains("lastfm_");
        let text = std::fs::read_to_string(folder.join("schedstat")).ok().filter(|_| serves)?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(worked.sum())
}

fn memory(field: &str) -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.map_or("unknown".to_owned(), |size| size.trim().to_owned())
}
