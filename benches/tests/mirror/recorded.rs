//! Rows of the service's own tests, kept outside this repository: `LASTFM_RECORDED` names their
//! folder. Whatever is in them is found, by every identifier and every name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use benches::{MIRROR_INDEXES, MIRROR_TABLES};
use lastfm_core::Mbid;
use lastfm_postgres::testing::{Database, PrivateServer};
use mb_enrich::names::{ArtistName, Title};
use mb_enrich::{Album, Names, ReleaseGroup, Source, Status, Tracks, Works};

use crate::catalogue::{engine, mirror};

fn files() -> Option<Vec<(String, String)>> {
    let Some(folder) = std::env::var_os("LASTFM_RECORDED").map(PathBuf::from) else {
        eprintln!("SKIPPED: LASTFM_RECORDED does not name the folder of recorded answers");
        return None;
    };
    let read = |name: &str| {
        let path = folder.join("musicbrainz/mirror").join(name);
        (
            name.to_owned(),
            std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        )
    };
    Some(["releasegroup.sql", "webservice.sql"].map(read).into())
}

/// The statements of a file that fill tables which are here.
fn statements<'a>(text: &'a str, tables: &BTreeSet<String>) -> Vec<&'a str> {
    let mut all = Vec::new();
    let (mut start, mut in_quotes, mut in_comment) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\n' if in_comment => in_comment = false,
            _ if in_comment => {}
            b'\'' => in_quotes = !in_quotes,
            b'-' if !in_quotes && text[at..].starts_with("--") => in_comment = true,
            b';' if !in_quotes => {
                all.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    let fills = |statement: &&str| {
        let words = statement.lines().map(str::trim).filter(|line| !line.starts_with("--"));
        let words: Vec<&str> = words.flat_map(str::split_whitespace).take(3).collect();
        match words.as_slice() {
            ["INSERT", "INTO", table] | ["UPDATE", table, _] => tables.contains(*table),
            _ => false,
        }
    };
    all.retain(fills);
    all
}

fn filled(text: &str) -> Database {
    let database = PrivateServer::shared().database();
    database.sql(MIRROR_TABLES);
    let tables = database.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'musicbrainz'");
    let tables: BTreeSet<String> = tables.into_iter().flatten().flatten().collect();
    let statements = statements(text, &tables);
    let (updates, inserts): (Vec<&str>, Vec<&str>) = statements
        .into_iter()
        .partition(|statement| statement.contains("UPDATE release_group_meta"));
    // The service makes these rows itself, and counts the dates.
    database.sql(&format!(
        "SET search_path = musicbrainz, public;
         {};
         INSERT INTO release_group_meta (id) SELECT id FROM release_group;
         {}",
        inserts.join(";"),
        updates.join(";"),
    ));
    database.sql(MIRROR_INDEXES);
    database
}

/// A column of strings.
fn column(database: &Database, sql: &str) -> Vec<String> {
    let rows = database.sql(&format!("SET search_path = musicbrainz, public; {sql}"));
    rows.into_iter().map(|mut row| row.remove(0).unwrap()).collect()
}

fn ids(groups: &[ReleaseGroup]) -> BTreeSet<&str> {
    groups.iter().map(|group| group.id.as_str()).collect()
}

#[tokio::test]
async fn everything_in_the_rows_of_the_services_own_tests_is_found() {
    let Some(files) = files() else { return };
    for (name, text) in files {
        let database = filled(&text);
        let source = mirror(&database);
        let groups = column(&database, "SELECT gid::text FROM release_group ORDER BY id");
        assert!(!groups.is_empty(), "{name} holds no group");

        // Each identifier stands for the group that the tables say.
        let stands_for = database.sql(
            "SET search_path = musicbrainz, public;
             SELECT gid::text, gid::text FROM release_group
             UNION SELECT release.gid::text, release_group.gid::text
                 FROM release JOIN release_group ON release_group.id = release_group
             UNION SELECT redirect.gid::text, release_group.gid::text
                 FROM release_group_gid_redirect AS redirect
                     JOIN release_group ON release_group.id = new_id
             UNION SELECT redirect.gid::text, release_group.gid::text
                 FROM release_gid_redirect AS redirect JOIN release ON release.id = new_id
                     JOIN release_group ON release_group.id = release_group",
        );
        let stands_for: BTreeMap<String, String> = stands_for
            .into_iter()
            .map(|mut row| (row.remove(0).unwrap(), row.remove(0).unwrap()))
            .collect();
        let asked: Vec<Mbid> = stands_for.keys().map(|id| Mbid::new(id).unwrap()).collect();
        let told = source.by_ids(&asked).await;
        assert!(told.trouble.is_none(), "{name}: {:?}", told.trouble);
        let mut found = Vec::new();
        for ((id, group), told) in stands_for.iter().zip(told.answers) {
            let told = told.unwrap().unwrap_or_else(|| panic!("{name}: {id} stands for nothing"));
            assert_eq!(told.id.as_str(), group, "{name}: {id}");
            found.push(told);
        }

        // Each group goes by each of its names.
        let credits = column(&database, "SELECT name FROM artist_credit");
        for group in &found {
            for artist in group.artist_names() {
                // One of the credits is another one than its artists make up.
                let whole = group.credit();
                if artist.spelled() == whole && !credits.contains(&whole) {
                    continue;
                }
                let title = Title::new(&group.title, &artist);
                let names = Names { artist: artist.clone(), title: title.clone(), is_last: true };
                let told = source.by_names(&[names]).await.answers.remove(0).unwrap();
                let by = artist.spelled();
                assert!(ids(&told).contains(group.id.as_str()), "{name}: {by} | {}", group.title);
                let works = Works { artist: artist.clone(), titles: vec![title] };
                let told = source.of_artists(&[works]).await.answers.remove(0).unwrap();
                assert!(ids(&told).contains(group.id.as_str()), "{name}: {by}");
            }
        }

        // Each track is on the groups that the tables say.
        let tracks = database.sql(
            "SET search_path = musicbrainz, public;
             SELECT DISTINCT track.name, release_group.gid::text
             FROM track JOIN medium ON medium.id = track.medium
                 JOIN release ON release.id = medium.release
                 JOIN release_group ON release_group.id = release_group",
        );
        let all: Vec<Mbid> = groups.iter().map(|id| Mbid::new(id).unwrap()).collect();
        for row in &tracks {
            let [Some(track), Some(group)] = row.as_slice() else { panic!("{row:?}") };
            let title = Title::new(track, &ArtistName::new(""));
            let asked = Tracks { groups: all.clone(), tracks: vec![title] };
            let told = source.with_tracks(&[asked]).await.answers.remove(0).unwrap();
            assert!(told.iter().any(|id| id.as_str() == group), "{name}: {track}");
        }
        println!(
            "{name}: {} groups, {} identifiers, {} tracks",
            groups.len(),
            asked.len(),
            tracks.len()
        );
    }
}

#[tokio::test]
async fn years_are_those_that_the_service_has_counted() {
    let Some(files) = files() else { return };
    for (name, text) in files {
        let database = filled(&text);
        let rows = database.sql(
            "SET search_path = musicbrainz, public;
             SELECT release_group.gid::text, release_group.name, artist_credit.name,
                 first_release_date_year
             FROM release_group JOIN artist_credit ON artist_credit.id = artist_credit
                 JOIN release_group_meta AS meta ON meta.id = release_group.id",
        );
        let albums: Vec<Album> = rows
            .iter()
            .map(|row| {
                let [Some(id), Some(title), Some(artist), _] = row.as_slice() else { panic!() };
                Album::new(artist, title).mbid(Mbid::new(id).unwrap())
            })
            .collect();
        let outcomes = engine(mirror(&database)).enrich(&albums).await;
        for (row, outcome) in rows.iter().zip(&outcomes) {
            let year = row[3].as_ref().map(|year| year.parse::<i16>().unwrap());
            assert_eq!(outcome.year(), year, "{name}: {row:?} {outcome:?}");
            let status = if year.is_some() { Status::Matched } else { Status::NoDate };
            assert_eq!(outcome.status, status, "{name}: {row:?} {outcome:?}");
        }
    }
}
