//! Looks for many albums in a synthetic mirror of millions of release groups, and for a few of them by
//! the query that people write first: `pg_trgm` over all names, without an index.
//!
//! `cargo run --release -p benches --bin mirror-crowd -- --groups 2000000 --albums 10000`
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a bench fails by panicking")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use benches::{MIRROR_INDEXES, MIRROR_TABLES};
use clap::Parser;
use lastfm_core::testing::Dice;
use lastfm_core::{Mbid, TokioClock};
use lastfm_postgres::testing::{Database, PrivateServer};
use mb_enrich::{Album, Enricher, MirrorOptions, Outcome, Status};

/// How long the mirror may take for 10,000 albums.
const GOAL: Duration = Duration::from_secs(15);

/// Prints how long it takes to find albums in a mirror.
#[derive(Debug, Parser)]
struct Arguments {
    /// A database to fill, if it is empty, and to keep: filling takes minutes. Without it a server
    /// is started that is gone afterwards.
    #[arg(long)]
    database: Option<String>,
    /// Release groups in the mirror.
    #[arg(long, default_value_t = 2_000_000)]
    groups: usize,
    /// Albums to look for.
    #[arg(long, default_value_t = 10_000)]
    albums: usize,
    /// Albums in one call.
    #[arg(long, default_value_t = 500)]
    together: usize,
    /// Albums to look for by `pg_trgm`.
    #[arg(long, default_value_t = 5)]
    rivals: usize,
}

/// An album, and the year that is right.
struct Wanted {
    album: Album,
    year: Option<i16>,
    artist: String,
    title: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments = Arguments::parse();
    let server = arguments.database.is_none().then(PrivateServer::fast);
    let database = match (&server, &arguments.database) {
        (Some(server), _) => server.database(),
        (None, url) => Database::existing(url.as_deref().unwrap_or_default()),
    };
    fill(&database, arguments.groups);
    let wanted = wanted(&database, &arguments);
    for round in 1..=2 {
        let source = Arc::new(MirrorOptions::new(database.url()).build().unwrap());
        let enricher = Enricher::new(source, Arc::new(TokioClock::default()));
        let (mut outcomes, mut calls) = (Vec::new(), Vec::new());
        for some in wanted.chunks(arguments.together) {
            let albums: Vec<Album> = some.iter().map(|one| one.album.clone()).collect();
            let began = Instant::now();
            outcomes.extend(enricher.enrich(&albums).await);
            calls.push(began.elapsed());
        }
        print_round(round, &wanted, &outcomes, &mut calls);
    }
    print_rivals(&database, &wanted, arguments.rivals);
}

/// Fills an empty database.
fn fill(database: &Database, groups: usize) {
    let is_filled = "SELECT to_regclass('musicbrainz.release_group') IS NOT NULL";
    if database.sql(is_filled)[0][0].as_deref() == Some("t") {
        return;
    }
    let began = Instant::now();
    database.sql(MIRROR_TABLES);
    let fill = include_str!("mirror-crowd.sql");
    database.sql(&fill.replace("{groups}", &groups.to_string()));
    database.sql(MIRROR_INDEXES);
    database.sql("VACUUM");
    println!("{groups} release groups, made in {:.0?}", began.elapsed());
}

/// Albums as a history has them: of every hundred, 63 come with an identifier, of which some were
/// merged and some are dead; 20 name an edition, 5 are misspelled, 5 are not there.
fn wanted(database: &Database, arguments: &Arguments) -> Vec<Wanted> {
    let every = (arguments.groups / arguments.albums).max(1);
    let rows = database.sql(&format!(
        "SET search_path = musicbrainz, public;
         SELECT credit.name, made.name, meta.first_release_date_year,
             md5('release' || made.id || '-1')::uuid, md5('merged' || made.id)::uuid,
             md5('group' || made.id)::uuid
         FROM release_group AS made JOIN artist_credit AS credit ON credit.id = artist_credit
             JOIN release_group_meta AS meta ON meta.id = made.id
         WHERE made.id % {every} = 0 ORDER BY made.id LIMIT {}",
        arguments.albums
    ));
    let mut dice = Dice::new(1);
    let wanted = rows.into_iter().map(|row| {
        let [artist, title, year, release, merged, group] =
            <[Option<String>; 6]>::try_from(row).unwrap();
        let (artist, title) = (artist.unwrap(), title.unwrap());
        let year = year.and_then(|year| year.parse().ok());
        let (spelled, year) = match dice.below(100) {
            0..20 => (format!("{title} (20th Anniversary Edition)"), year),
            20..25 => (title.replacen(['e', 'i'], "", 1), year),
            25..30 => (format!("Unheard {title} Sessions"), None),
            30..50 => (title.to_uppercase(), year),
            _ => (title.clone(), year),
        };
        let album = Album::new(&artist, spelled);
        let id = match dice.below(100) {
            _ if year.is_none() => None,
            0..56 => release,
            56..60 => merged,
            60..61 => group,
            61..63 => Some("00000000-0000-4000-8000-000000000000".to_owned()),
            _ => None,
        };
        let album = match id.and_then(|id| Mbid::new(&id)) {
            Some(id) => album.mbid(id),
            None => album,
        };
        let album = album.track("Interlude");
        Wanted { album, year, artist, title }
    });
    wanted.collect()
}

fn print_round(round: usize, wanted: &[Wanted], outcomes: &[Outcome], calls: &mut [Duration]) {
    let count = |is: &dyn Fn(&Wanted, &Outcome) -> bool| {
        wanted.iter().zip(outcomes).filter(|(wanted, outcome)| is(wanted, outcome)).count()
    };
    assert_eq!(count(&|_, one| one.status == Status::Pending), 0, "the mirror has failed");
    let total: Duration = calls.iter().sum();
    calls.sort_unstable();
    println!(
        "round {round}: {} albums in {total:.1?}, {:?} an album; calls: median {:.0?}, longest {:.0?}",
        wanted.len(),
        total / u32::try_from(wanted.len().max(1)).unwrap(),
        calls[calls.len() / 2],
        calls[calls.len() - 1],
    );
    println!(
        "    there: {}, with the right year {}, another {}, ambiguous {}; not there: {}, answered {}",
        count(&|wanted, _| wanted.year.is_some()),
        count(&|wanted, one| wanted.year.is_some() && one.year() == wanted.year),
        count(&|wanted, one| wanted.year.is_some()
            && one.year().is_some()
            && one.year() != wanted.year),
        count(&|wanted, one| wanted.year.is_some() && one.status == Status::Ambiguous),
        count(&|wanted, _| wanted.year.is_none()),
        count(&|wanted, one| wanted.year.is_none() && one.year().is_some()),
    );
    let met = if total <= GOAL { "met" } else { "NOT met" };
    println!("    goal <= {GOAL:?} for 10,000 albums and 2,000,000 groups: {met}");
}

/// The same of a few albums, each by a query over all names.
fn print_rivals(database: &Database, wanted: &[Wanted], count: usize) {
    database.sql("CREATE EXTENSION IF NOT EXISTS pg_trgm");
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let step = (wanted.len() / count.max(1)).max(1);
    let mut times: Vec<Duration> = Vec::new();
    for Wanted { artist, title, .. } in wanted.iter().step_by(step).take(count) {
        let (artist, title) = (quoted(artist), quoted(title));
        let began = Instant::now();
        database.sql(&format!(
            "SET search_path = musicbrainz, public;
             SET statement_timeout = '120s';
             SELECT first_release_date_year
             FROM release_group JOIN artist_credit ON artist_credit.id = artist_credit
                 JOIN release_group_meta AS meta ON meta.id = release_group.id
             WHERE similarity(release_group.name, {title}) > 0.3
                 AND similarity(artist_credit.name, {artist}) > 0.3
             ORDER BY similarity(release_group.name, {title}) + similarity(artist_credit.name, {artist}) DESC
             LIMIT 1"
        ));
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let (Some(least), Some(most)) = (times.first(), times.last()) else { return };
    println!(
        "pg_trgm over all names, without an index, {count} albums: median {:.1?} an album, {least:.1?} to {most:.1?}",
        times[times.len() / 2]
    );
}
