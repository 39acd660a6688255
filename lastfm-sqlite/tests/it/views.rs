//! What people read with nothing but `sqlite3`.

use std::path::Path;
use std::process::Command;

use lastfm_core::Play;
use lastfm_core::archive::{ArchiveStore, Hole, Span};
use lastfm_core::testing::conformance::play;
use rusqlite::Connection;
use serde_json::Value;

use crate::support::{Scratch, at, replace, span, user};

/// What the service and its imitators send: odd dates, extended shapes, any language.
const OBJECTS: [&str; 12] = [
    r##"{"artist":{"mbid":"a-1","#text":"Low"},"mbid":"t-1","album":{"mbid":"b-1","#text":"Secret Name"},"name":"Will the Night","url":"https://www.last.fm/x","date":{"uts":"922320000","#text":"25 Mar 1999, 00:00"}}"##,
    r##"{"artist":{"mbid":"","#text":"Low"},"mbid":"","album":{"mbid":"","#text":""},"name":"Sunflower","url":"","date":{"uts":"922320001","#text":"25 Mar 1999, 00:00"}}"##,
    r##"{"artist":{"name":"Low","mbid":"a-2","url":"u"},"name":"extended","mbid":"t-2","album":{"#text":"x","mbid":null},"loved":"1","date":{"uts":"922320002"}}"##,
    r#"{"artist":"just a name","name":"plain","album":"an album","mbid":null,"date":{"uts":922320003}}"#,
    r##"{"date":{"uts":"922320004","#text":"25 Mar 1999, 00:00"},"name":"日本語の曲 🎧","artist":"ü"}"##,
    r##"{"name":"日本語 before","artist":"ü","date":{"uts":"922320005","#text":"25 Mar 1999, 00:00"},"z":"後"}"##,
    r##"{"name":"local","date":{"uts":"922320006","#text":"25 Mar 1999, 1:00am"}}"##,
    r##"{"name":"{uts} {text}","date":{"uts":"922320007","#text":"25 Mar 1999, 00:00"}}"##,
    r#"{"name":"a\u0000b \ud800","artist":"c\u0000","date":{"uts":"922320008"}}"#,
    r##"{"name":"before 1970","date":{"uts":"-1","#text":"31 Dec 1969, 23:59"}}"##,
    r##"{"name":"year 0","date":{"uts":"-62167219200","#text":"01 Jan 0000, 00:00"}}"##,
    r#"{"name":"beyond the calendar","date":{"uts":"-99999999999999"}}"#,
];

async fn filled(scratch: &Scratch) {
    let store = scratch.open().await;
    let user = user(&store).await;
    let sent: Vec<Play> = OBJECTS.map(|object| Play::from_json(object).unwrap()).into();
    let revision = store.revision(user).await.unwrap();
    let observation = lastfm_core::archive::Observation {
        revision,
        at: at(1_000),
        removals: lastfm_core::archive::Removals::Confirm,
    };
    store.replace(user, Span::EVER, sent, observation).await.unwrap();
}

fn column(path: &Path, sql: &str) -> Vec<Option<String>> {
    let file = Connection::open(path).unwrap();
    let mut statement = file.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, rusqlite::types::Value>(0));
    let text = |value| match value {
        rusqlite::types::Value::Null => None,
        rusqlite::types::Value::Integer(number) => Some(number.to_string()),
        rusqlite::types::Value::Text(text) => Some(text),
        other => panic!("{other:?}"),
    };
    rows.unwrap().map(|row| text(row.unwrap())).collect()
}

/// The objects as what they say; lone surrogates, which no value can hold, as they are spelled.
fn values<'a>(objects: impl IntoIterator<Item = &'a str>) -> Vec<Value> {
    let mut objects: Vec<&str> = objects.into_iter().collect();
    objects.sort_by_key(|object| Play::from_json(*object).unwrap().played_at());
    objects
        .into_iter()
        .map(|object| serde_json::from_str(&object.replace("\\ud800", "?")).unwrap())
        .collect()
}

#[tokio::test]
async fn raw_is_the_object_that_the_service_sent() {
    let scratch = Scratch::new();
    filled(&scratch).await;
    let raws = column(&scratch.path(), "SELECT raw FROM scrobbles ORDER BY played_at");
    let raws: Vec<_> = raws.iter().map(|raw| raw.as_deref().unwrap()).collect();
    assert_eq!(values(raws), values(OBJECTS));
}

#[tokio::test]
async fn names_and_identifiers_are_columns_and_what_is_absent_is_null() {
    let scratch = Scratch::new();
    filled(&scratch).await;
    let read = |column_name: &str, name: &str| {
        let sql = format!("SELECT {column_name} FROM scrobbles WHERE track = '{name}'");
        column(&scratch.path(), &sql)[0].clone()
    };
    let columns = "concat_ws(' | ', username, played_at, artist, track, album, artist_mbid, \
                   album_mbid, track_mbid, url)";
    assert_eq!(
        read(columns, "Will the Night").unwrap(),
        "RJ | 922320000 | Low | Will the Night | Secret Name | a-1 | b-1 | t-1 | \
         https://www.last.fm/x"
    );
    for absent in ["album", "artist_mbid", "album_mbid", "track_mbid", "url", "release_year"] {
        assert_eq!(read(absent, "Sunflower"), None, "{absent}");
    }
    assert_eq!(read("artist", "extended").unwrap(), "Low");
    assert_eq!(read("artist_mbid", "extended").unwrap(), "a-2");
    assert_eq!(read("album_mbid", "extended"), None);
    assert_eq!(read("artist", "plain").unwrap(), "just a name");
    assert_eq!(read("album", "plain").unwrap(), "an album");
    assert_eq!(read("artist_mbid", "plain"), None);
    assert_eq!(read("artist", "a\u{fffd}b \u{fffd}").unwrap(), "c\u{fffd}");
}

#[tokio::test]
async fn removed_plays_are_shown_apart() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    let sent = [play(5, "kept"), play(6, "removed"), play(7, "edited")];
    replace(&store, user, (0, 10), &sent).await.unwrap();
    let shown = [play(5, "kept"), play(7, "newer")];
    for _ in 0..2 {
        replace(&store, user, (0, 10), &shown).await.unwrap();
    }
    let tracks = |view| {
        let sql = format!("SELECT track FROM {view} ORDER BY played_at");
        column(&scratch.path(), &sql).into_iter().flatten().collect::<Vec<_>>()
    };
    assert_eq!(tracks("scrobbles"), ["kept", "newer"]);
    assert_eq!(tracks("removed_scrobbles"), ["removed", "edited"]);
    let told = "SELECT reason || ' ' || removed_at FROM removed_scrobbles ORDER BY played_at";
    let told: Vec<_> = column(&scratch.path(), told).into_iter().flatten().collect();
    assert_eq!(told, ["removed 1000000", "edited 1000000"]);
    let raws = column(&scratch.path(), "SELECT raw FROM removed_scrobbles ORDER BY played_at");
    assert_eq!(raws[0].as_deref().unwrap(), play(6, "removed").raw());
}

#[tokio::test]
async fn the_state_of_an_archive_can_be_read() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    let sent = [play(5, "first"), play(86_400, "last")];
    replace(&store, user, (0, 100_000), &sent).await.unwrap();
    let hole = Hole {
        span: span(100_000, 100_001),
        reason: "it fails".to_owned(),
        tries: 3,
        since: at(0),
        next_try_at: at(60),
    };
    store.set_hole(user, hole).await.unwrap();
    let read = |sql| column(&scratch.path(), sql)[0].clone().unwrap();
    assert_eq!(
        read("SELECT concat_ws(' | ', username, play_count, first_play, last_play) FROM archives"),
        "RJ | 2 | 1970-01-01 00:00:05 | 1970-01-02 00:00:00"
    );
    assert_eq!(
        read("SELECT concat_ws(' | ', start_date, end_date, observed) FROM coverage_spans"),
        "1970-01-01 00:00:00 | 1970-01-02 03:46:40 | 1970-01-12 13:46:40"
    );
    assert_eq!(
        read("SELECT concat_ws(' | ', start_date, reason, tries, next_try) FROM holes"),
        "1970-01-02 03:46:40 | it fails | 3 | 1970-01-01 00:01:00"
    );
}

#[tokio::test]
async fn a_year_of_a_user_is_found_by_key() {
    let scratch = Scratch::new();
    filled(&scratch).await;
    let file = Connection::open(scratch.path()).unwrap();
    let plan = "EXPLAIN QUERY PLAN SELECT artist, count(*) FROM scrobbles
        WHERE username = 'RJ' AND played_at >= 1 AND played_at < 2 GROUP BY artist";
    let mut statement = file.prepare(plan).unwrap();
    let steps = statement.query_map([], |row| row.get::<_, String>(3)).unwrap();
    let steps: Vec<_> = steps.map(Result::unwrap).collect();
    let by_key = "SEARCH play USING PRIMARY KEY (user_id=? AND played_at>? AND played_at<?)";
    assert!(steps.iter().any(|step| step == by_key), "{steps:#?}");
}

#[tokio::test]
async fn an_older_sqlite3_reads_it_too() {
    let scratch = Scratch::new();
    filled(&scratch).await;
    let sql = "SELECT raw FROM scrobbles WHERE track = 'Will the Night'";
    let shell = Command::new("sqlite3").arg(scratch.path()).arg(sql).output();
    // Not every machine has the program.
    if let Ok(shell) = shell {
        assert_eq!(String::from_utf8_lossy(&shell.stderr), "");
        assert_eq!(String::from_utf8_lossy(&shell.stdout).trim_end(), OBJECTS[0]);
    }
}
