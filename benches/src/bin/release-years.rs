//! Measures what release years cost: taking note of albums, writing down what is known of them, and
//! the histogram of one calendar year and of all years.
//!
//! `cargo run --release -p benches --bin release-years -- 1000000 [postgres]`
//!
//! Twenty years of plays, evenly spread; songs come and go in fashion, a tenth of them an album.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "it prints, or stops")]
#![allow(clippy::cast_precision_loss, reason = "figures are rounded anyway")]

use std::time::{Duration, Instant};

use lastfm_core::albums::{
    AlbumId, AlbumStore, Found, GroupName, Method, Outcome, ReleaseYears, Status, collect,
};
use lastfm_core::archive::{ArchiveStore, Observation, Removals, Span, UserId};
use lastfm_core::testing::Dice;
use lastfm_core::{Mbid, Play, Timestamp};
use lastfm_postgres::PostgresStore;
use lastfm_postgres::testing::PrivateServer;
use lastfm_sqlite::SqliteStore;

const BATCH: u64 = 2_000;
const FIRST_YEAR: i16 = 2005;
const YEARS: i16 = 20;
/// How often each question is asked; the median counts.
const TIMES: usize = 21;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let count = arguments.next().map_or(1_000_000, |count| count.parse().unwrap());
    let is_postgres = arguments.next().is_some_and(|store| store == "postgres");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        if is_postgres {
            let server = PrivateServer::durable();
            let store = PostgresStore::open(server.database().url()).await.unwrap();
            measure(&store, count).await;
        } else {
            let folder = tempfile::tempdir().unwrap();
            let store = SqliteStore::open(folder.path().join("plays.db")).await.unwrap();
            measure(&store, count).await;
        }
    });
}

async fn measure<S: ArchiveStore + AlbumStore>(store: &S, count: u64) {
    let user = fill(store, count).await;
    let begun = Instant::now();
    let albums = collect(store, user).await.unwrap();
    let spent = begun.elapsed();
    println!("{count} plays, {albums} albums, noted in {spent:.1?}");
    let begun = Instant::now();
    assert_eq!(collect(store, user).await.unwrap(), 0);
    println!("noted again, nothing new: {:.1?}", begun.elapsed());

    let played = store.played_albums(user, Span::EVER).await.unwrap();
    let ids: Vec<AlbumId> = played.albums.iter().map(|album| album.id).collect();
    let begun = Instant::now();
    for ids in ids.chunks(100) {
        let questions = store.questions(user, ids).await.unwrap();
        let outcomes = questions.into_iter().map(|(id, _)| (id, outcome(id)));
        store.record_outcomes(outcomes.collect()).await.unwrap();
    }
    let each = begun.elapsed() / u32::try_from(ids.len()).unwrap();
    println!("an album asked for and written down: {each:.1?}");

    let year = Span::year(FIRST_YEAR + YEARS / 2).unwrap();
    let questions = [
        ("one year", year, false),
        ("one year, a play written before each", year, true),
        ("all years", Span::EVER, false),
    ];
    for (name, span, writes) in questions {
        let mut times = Vec::with_capacity(TIMES);
        let mut years = ReleaseYears::default();
        let before = processor();
        for time in 0..TIMES {
            if writes {
                // Whatever the store has in memory of the archive is older now.
                let at = Span::year(FIRST_YEAR + YEARS)
                    .unwrap()
                    .start
                    .plus(300 * i64::try_from(time).unwrap());
                write(store, user, Span::new(at, at.plus(300)), vec![play(at, 0)]).await;
            }
            let begun = Instant::now();
            years = ReleaseYears::of(&store.played_albums(user, span).await.unwrap());
            times.push(begun.elapsed());
        }
        let worked = processor().saturating_sub(before) / u32::try_from(TIMES).unwrap();
        let first = times[0];
        times.sort_unstable();
        let (median, worst) = (times[TIMES / 2], times[TIMES - 1]);
        let share = years.dated_share().unwrap_or_default() * 100.0;
        println!(
            "histogram of {name}: {} plays of {} albums, {share:.0} % dated: {median:.2?} \
             (first {first:.2?}, slowest {worst:.2?}; {worked:.2?} of processor here)",
            years.plays,
            years.dated().albums,
        );
    }
}

/// An archive of so many plays, newest first, as a first import fills it.
async fn fill(store: &dyn ArchiveStore, count: u64) -> UserId {
    let user = store.add_user(&"rj".parse().unwrap(), None).await.unwrap().id;
    let first = Span::year(FIRST_YEAR).unwrap().start;
    let last = Span::year(FIRST_YEAR + YEARS).unwrap().start;
    let moment = |number: u64| {
        let part = number as f64 / count as f64;
        #[allow(clippy::cast_possible_truncation)]
        first.plus((part * (last.as_unix() - first.as_unix()) as f64) as i64)
    };
    // A tenth of a million plays are of songs that are new then.
    let songs = count / 16;
    let mut dice = Dice::new(1);
    let mut newest = count;
    let begun = Instant::now();
    while newest > 0 {
        let oldest = newest.saturating_sub(BATCH);
        let plays = (oldest..newest).rev().map(|number| {
            // Half is of a year's songs, half of all that were heard by then.
            let known = (songs * number / count).max(1);
            let window = if dice.below(2) == 0 { (songs / 20).max(1).min(known) } else { known };
            let song = known - 1 - dice.below(window).min(dice.below(window));
            play(moment(number), song)
        });
        write(store, user, Span::new(moment(oldest), moment(newest)), plays.collect()).await;
        newest = oldest;
    }
    println!("filled in {:.1?}", begun.elapsed().max(Duration::from_millis(1)));
    user
}

async fn write(store: &dyn ArchiveStore, user: UserId, span: Span, plays: Vec<Play>) {
    let observation = Observation {
        revision: store.revision(user).await.unwrap(),
        at: Timestamp::from_unix(1_800_000_000),
        removals: Removals::Confirm,
    };
    store.replace(user, span, plays, observation).await.unwrap();
}

fn play(at: Timestamp, song: u64) -> Play {
    let (album, artist) = (song / 10, song / 40);
    let (uts, text) = (at.as_unix(), at.service_text().unwrap_or_default());
    Play::from_json(format!(
        r##"{{"artist":{{"mbid":"","#text":"The Artist No. {artist}"}},"streamable":"0","image":[{{"size":"small","#text":"https://lastfm.freetls.fastly.net/i/u/34s/{album:032x}.jpg"}},{{"size":"extralarge","#text":"https://lastfm.freetls.fastly.net/i/u/300x300/{album:032x}.jpg"}}],"mbid":"{song:08x}-0000-4000-8000-000000000000","album":{{"mbid":"{album:08x}-1111-4000-8000-000000000000","#text":"The Album No. {album}"}},"name":"A Track That Is No. {song}","url":"https://www.last.fm/music/The+Artist+No.+{artist}/_/A+Track+That+Is+No.+{song}","date":{{"uts":"{uts}","#text":"{text}"}}}}"##
    ))
    .unwrap()
}

fn outcome(id: AlbumId) -> Outcome {
    let at = Timestamp::from_unix(1_800_000_000);
    if id.0 % 10 == 0 {
        return Outcome::new(Status::NotFound, at);
    }
    let year = format!("{}", 1960 + id.0 % 60).parse().ok();
    let group = Mbid::new("f5093c06-23e3-404f-aeaa-40f72885ee3a").unwrap();
    let group = GroupName::new(group, "The Artist", "The Album", year);
    let mut outcome = Outcome::new(Status::Matched, at);
    outcome.found = Some(Found::new(group, Method::Identifier, 1000));
    outcome
}

/// How long this process has worked.
fn processor() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike as _;
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let worked = usage.user_time() + usage.system_time();
    Duration::from_micros(worked.num_microseconds().unsigned_abs())
}
