//! What people read with nothing but `psql`: the same as in SQLite.

use lastfm_core::Play;
use lastfm_core::archive::{ArchiveStore, Book, Hole, Observation, Removals, Span, UserId};
use lastfm_core::testing::conformance::play;
use lastfm_sqlite::SqliteStore;
use rusqlite::types::Value;

use crate::support::{Scratch, at, replace, span, user};

/// What the service and its imitators send: odd dates, extended shapes, any language.
const OBJECTS: [&str; 14] = [
    r##"{"artist":{"mbid":"a-1","#text":"Low"},"mbid":"t-1","album":{"mbid":"b-1","#text":"Secret Name"},"name":"Will the Night","url":"https://www.last.fm/x","date":{"uts":"922320000","#text":"25 Mar 1999, 00:00"}}"##,
    r##"{"artist":{"mbid":"","#text":"Low"},"mbid":"","album":{"mbid":"","#text":""},"name":"Sunflower","url":"","date":{"uts":"922320001","#text":"25 Mar 1999, 00:00"}}"##,
    r##"{"artist":{"name":"Low","mbid":" a-2 ","url":"u"},"name":"extended","mbid":"t-2","album":{"#text":"x","mbid":null},"loved":"1","date":{"uts":"922320002"}}"##,
    r#"{"artist":"just a name","name":"plain","album":"an album","mbid":null,"date":{"uts":922320003}}"#,
    r##"{"date":{"uts":"922320004","#text":"25 Mar 1999, 00:00"},"name":"日本語の曲 🎧","artist":"ü"}"##,
    r##"{"name":"日本語 before","artist":"ü","date":{"uts":"922320005","#text":"25 Mar 1999, 00:00"},"z":"後"}"##,
    r##"{"name":"local","date":{"uts":"922320006","#text":"25 Mar 1999, 1:00am"}}"##,
    r##"{"name":"{uts} {text}","date":{"uts":"922320007","#text":"25 Mar 1999, 00:00"}}"##,
    r#"{"name":"a\u0000b \ud800","artist":"c\u0000","mbid":"m-1","date":{"uts":"922320008"}}"#,
    r#"{"name":"\ud83c\udfa7 pair","artist":"\\u0000","mbid":"m-2","date":{"uts":"922320009"}}"#,
    r##"{"name":"before 1970","date":{"uts":"-1","#text":"31 Dec 1969, 23:59"}}"##,
    r##"{"name":"year 0","date":{"uts":"-62167219200","#text":"01 Jan 0000, 00:00"}}"##,
    r##"{"name":"end of year 0","date":{"uts":"-62135596801","#text":"31 Dec 0000, 23:59"}}"##,
    r#"{"name":"beyond the calendar","date":{"uts":"-99999999999999"}}"#,
];

/// The same archive in both.
struct Both {
    scratch: Scratch,
    folder: tempfile::TempDir,
}

impl Both {
    async fn filled(objects: &[&str]) -> Self {
        let both = Self { scratch: Scratch::new(), folder: tempfile::tempdir().unwrap() };
        let sqlite = SqliteStore::open(both.folder.path().join("plays.db")).await.unwrap();
        let postgres = both.scratch.open().await;
        let stores: [&dyn ArchiveStore; 2] = [&sqlite, &postgres];
        for store in stores {
            let user = user(store).await;
            let sent = objects.iter().map(|object| Play::from_json(*object).unwrap()).collect();
            ever(store, user, sent).await;
            let seen = [play(5, "kept"), play(6, "removed"), play(7, "edited")];
            replace(store, user, (0, 10), &seen).await.unwrap();
            for _ in 0..2 {
                let seen = [play(5, "kept"), play(7, "newer")];
                replace(store, user, (0, 10), &seen).await.unwrap();
            }
            let other = store.add_user(&"other".parse().unwrap(), Some(at(7))).await.unwrap().id;
            let hole = Hole {
                span: span(100_000, 100_001),
                reason: "it fails".to_owned(),
                tries: 3,
                since: at(0),
                next_try_at: at(60),
            };
            store.set_hole(other, hole).await.unwrap();
            let mut book = Book::default();
            book.last_success_at = Some(at(1_000));
            book.last_error = Some((at(999), "it failed".to_owned()));
            store.set_book(other, book).await.unwrap();
        }
        both
    }

    /// What the same query finds in both, as text.
    fn agree(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let here = self.scratch.database.sql(sql);
        let file = rusqlite::Connection::open(self.folder.path().join("plays.db")).unwrap();
        let mut statement = file.prepare(sql).unwrap();
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            (0..columns).map(|column| Ok(text(row.get(column)?))).collect::<Result<Vec<_>, _>>()
        });
        let there: Vec<_> = rows.unwrap().map(Result::unwrap).collect();
        assert_eq!(here, there, "{sql}");
        here
    }
}

async fn ever(store: &dyn ArchiveStore, user: UserId, plays: Vec<Play>) {
    let revision = store.revision(user).await.unwrap();
    let observation = Observation { revision, at: at(1_000), removals: Removals::Confirm };
    store.replace(user, Span::EVER, plays, observation).await.unwrap();
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Text(text) => Some(text),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_view_has_the_same_columns_and_rows_as_in_sqlite() {
    let both = Both::filled(&OBJECTS).await;
    for (view, order, rows) in [
        ("scrobbles", "played_at, track", OBJECTS.len() + 2),
        ("removed_scrobbles", "played_at", 2),
        ("archives", "username", 2),
        ("coverage_spans", "username, start_at", 3),
        ("holes", "username, start_at", 1),
        ("albums", "artist, title", 0),
    ] {
        let file = rusqlite::Connection::open(both.folder.path().join("plays.db")).unwrap();
        let columns = file.prepare(&format!("SELECT * FROM {view}")).unwrap();
        let columns: Vec<_> = columns.column_names().into_iter().map(str::to_owned).collect();
        let here = format!(
            "SELECT column_name FROM information_schema.columns WHERE table_name = '{view}'
            ORDER BY ordinal_position"
        );
        let here: Vec<_> = both.scratch.column(&here).into_iter().flatten().collect();
        assert_eq!(here, columns);
        let found = both.agree(&format!("SELECT * FROM {view} ORDER BY {order}"));
        assert_eq!(found.len(), rows, "{view}: {found:#?}");
    }
}

#[tokio::test]
async fn raw_is_the_object_byte_for_byte() {
    let both = Both::filled(&OBJECTS).await;
    let sql = "SELECT raw FROM scrobbles WHERE played_at NOT IN (5, 7)";
    let mut raws: Vec<_> = both.scratch.column(sql).into_iter().flatten().collect();
    let mut sent: Vec<_> = OBJECTS.map(str::to_owned).into();
    raws.sort();
    sent.sort();
    assert_eq!(raws, sent);
}

#[tokio::test]
async fn what_cannot_be_read_has_no_identifiers_and_fails_no_query() {
    let deep = format!(
        r#"{{"name":"deep","mbid":"m","x":{}1{},"date":{{"uts":"5"}}}}"#,
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let id = user(&store).await;
    // A play that no program of ours would let in, and a plain one beside it.
    replace(&store, id, (0, 10), &[play(1, "plain")]).await.unwrap();
    let escaped = deep.replace('\'', "''");
    scratch.database.sql(&format!(
        "INSERT INTO variant VALUES ({0}, 0, 900, 1, NULL, NULL, '{escaped}');
        INSERT INTO variant VALUES ({0}, 0, 901, 1, NULL, NULL, 'no object');
        INSERT INTO play VALUES ({0}, 5, 900, 0, NULL), ({0}, 6, 901, 0, NULL)",
        id.0
    ));
    let rows =
        scratch.database.sql("SELECT track_mbid, url, raw FROM scrobbles ORDER BY played_at");
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[1][2].as_deref(), Some(deep.as_str()));
    assert_eq!(rows[2][..2], [None, None]);
}

#[tokio::test]
async fn a_year_of_a_user_is_found_by_key() {
    let scratch = Scratch::new();
    drop(scratch.open().await);
    crate::plans::fill(&scratch);
    let plan = "EXPLAIN SELECT artist, count(*) FROM scrobbles
        WHERE username = 'user-7' AND played_at >= 1000 AND played_at < 2000 GROUP BY 1";
    let plan: Vec<_> = scratch.column(plan).into_iter().flatten().collect();
    let by_key = |line: &String| {
        line.contains("Index Cond")
            && line.contains("user_id")
            && line.contains("played_at >= 1000")
    };
    assert!(plan.iter().any(by_key), "{plan:#?}");
    assert!(!plan.iter().any(|line| line.contains("Seq Scan on play")), "{plan:#?}");
}
