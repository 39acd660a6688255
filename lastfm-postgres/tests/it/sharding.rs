//! The tables of archives can be spread over several servers by user: nothing here is what Citus
//! refuses.

use std::error::Error;

use lastfm_core::archive::StoreErrorKind;

use crate::source::{Statement, statements};
use crate::support::Scratch;

/// The tables that are spread.
const TABLES: [&str; 9] = [
    "listener",
    "song",
    "variant",
    "play",
    "removed_play",
    "coverage",
    "hole",
    "work",
    "variant_album",
];

/// Whose names are taken is known on every server: its statements name no user.
const OF_NAMES: [&str; 5] = ["FIND", "ALL", "TAKE_NAME", "FREE_NAME", "CHANGE_NAME"];

fn of_archives() -> Vec<Statement> {
    let mut statements = statements();
    statements.retain(|statement| TABLES.iter().any(|table| statement.names(table)));
    assert!(statements.len() > 40, "{statements:#?}");
    statements
}

#[tokio::test]
async fn every_key_begins_with_the_user() {
    let scratch = Scratch::new();
    drop(scratch.open().await);
    let spread = TABLES.map(|table| format!("'{table}'")).join(",");
    let keys = scratch.database.sql(&format!(
        "SELECT indrelid::regclass, indexrelid::regclass, indisunique,
            pg_get_indexdef(indexrelid, 1, true)
        FROM pg_index WHERE indrelid::regclass::text IN ({spread})"
    ));
    assert!(keys.len() > 10, "{keys:?}");
    for key in keys {
        let [table, name, unique, first] = key.map_to_text();
        // What is not unique may be by anything.
        assert!(first == "user_id" || unique == "f", "{table}: {name} begins with {first}");
    }
}

#[tokio::test]
async fn what_refers_to_a_row_is_of_the_same_user() {
    let scratch = Scratch::new();
    drop(scratch.open().await);
    let spread = TABLES.map(|table| format!("'{table}'")).join(",");
    let references = scratch.column(&format!(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint
        WHERE contype = 'f' AND conrelid::regclass::text IN ({spread})"
    ));
    assert!(!references.is_empty());
    for reference in references.into_iter().flatten() {
        assert!(reference.starts_with("FOREIGN KEY (user_id"), "{reference}");
    }
}

#[tokio::test]
async fn there_are_no_triggers() {
    let scratch = Scratch::new();
    drop(scratch.open().await);
    let triggers = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal";
    assert_eq!(scratch.column(triggers), []);
}

#[test]
fn every_statement_is_of_one_user() {
    for statement in of_archives() {
        let of_names =
            statement.file.ends_with("users.rs") && OF_NAMES.contains(&statement.name.as_str());
        let sql = statement.sql.split_whitespace().collect::<Vec<_>>().join(" ");
        let adds = sql.starts_with("INSERT")
            && ["VALUES ($1", "SELECT $1"].iter().any(|one| sql.contains(one));
        assert!(of_names || adds || sql.contains("user_id = $1"), "{statement:#?}");
    }
}

#[test]
fn no_lock_is_taken_over_several_users() {
    let mut locks = 0;
    for statement in of_archives() {
        if ["FOR UPDATE", "FOR SHARE", "FOR NO KEY", "FOR KEY"]
            .iter()
            .any(|lock| statement.sql.contains(lock))
        {
            locks += 1;
            assert!(statement.sql.contains("user_id = $1"), "{statement:#?}");
        }
    }
    assert!(locks >= 2, "{locks}");
}

#[test]
fn no_change_calls_what_gives_something_else_each_time() {
    const VOLATILE: [&str; 6] = [
        "random(",
        "clock_timestamp(",
        "timeofday(",
        "nextval(",
        "gen_random",
        "statement_timestamp(",
    ];
    for statement in of_archives() {
        if !statement.sql.trim_start().starts_with("SELECT") {
            let calls = VOLATILE.iter().find(|call| statement.sql.contains(**call));
            assert_eq!(calls, None, "{statement:#?}");
        }
    }
}

/// What Citus has, as far as it is asked: it writes down what it was told to do.
const STAND_IN: &str = "
    CREATE TABLE pg_dist_partition (logicalrelid regclass, place integer GENERATED ALWAYS AS IDENTITY,
        told text);
    CREATE FUNCTION create_reference_table(name regclass) RETURNS void LANGUAGE sql AS
        $$ INSERT INTO pg_dist_partition (logicalrelid, told) VALUES (name, 'everywhere') $$;
    CREATE FUNCTION create_distributed_table(
        name regclass, key text, way text DEFAULT 'hash', colocate_with text DEFAULT 'default'
    ) RETURNS void LANGUAGE sql AS $$
        INSERT INTO pg_dist_partition (logicalrelid, told)
        VALUES (name, concat_ws(' ', 'by', key, 'with', colocate_with))
    $$;";

#[tokio::test]
async fn archives_are_spread_once_by_user_and_whoever_has_no_citus_is_told_so() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let refused = store.spread().await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Failed);
    let words = std::iter::successors(refused.source(), |&error| error.source());
    assert!(words.map(ToString::to_string).any(|words| words.contains("extension citus")));

    scratch.database.sql(STAND_IN);
    store.spread().await.unwrap();
    store.spread().await.unwrap();
    let told = scratch
        .database
        .sql("SELECT logicalrelid::text, told FROM pg_dist_partition ORDER BY place")
        .into_iter()
        .map(ToTexts::map_to_text)
        .collect::<Vec<[String; 2]>>();
    let expected = [["listener_name", "everywhere"], ["album", "everywhere"]]
        .into_iter()
        .chain(TABLES.map(|table| {
            let colocated = table != "listener";
            [table, if colocated { "by user_id with listener" } else { "by user_id with none" }]
        }))
        .map(|told| told.map(str::to_owned))
        .collect::<Vec<_>>();
    assert_eq!(told, expected);
}

/// A row of texts.
trait ToTexts {
    fn map_to_text<const N: usize>(self) -> [String; N];
}

impl ToTexts for Vec<Option<String>> {
    fn map_to_text<const N: usize>(self) -> [String; N] {
        let texts: Vec<String> = self.into_iter().map(Option::unwrap_or_default).collect();
        texts.try_into().unwrap()
    }
}
