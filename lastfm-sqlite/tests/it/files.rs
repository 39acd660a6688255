//! Which files are opened, and which are left alone.

use lastfm_core::archive::{ArchiveStore, Replaced};
use lastfm_core::testing::conformance::{plays, state};
use lastfm_sqlite::{OpenError, SqliteStore};
use rusqlite::Connection;

use crate::support::{Scratch, at, replace, user};

#[tokio::test]
async fn an_archive_is_there_after_a_reopen() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    replace(&store, user, (0, 100), &plays(0..50)).await.unwrap();
    let before = state(&store, user).await.unwrap();
    drop(store);
    assert!(!crate::support::with_end(&scratch.path(), "-wal").exists(), "one file is left");
    let again = scratch.open().await;
    assert_eq!(state(&again, user).await.unwrap(), before);
}

#[tokio::test]
async fn a_newer_file_is_refused_and_left_alone() {
    let scratch = Scratch::new();
    drop(scratch.open().await);
    let file = Connection::open(scratch.path()).unwrap();
    file.pragma_update(None, "user_version", 1_000).unwrap();
    drop(file);
    let before = std::fs::read(scratch.path()).unwrap();
    let refused = SqliteStore::open(scratch.path()).await.unwrap_err();
    assert!(matches!(refused, OpenError::SchemaTooNew { found: 1_000, .. }), "{refused}");
    assert!(refused.to_string().contains("update the program"));
    assert_eq!(std::fs::read(scratch.path()).unwrap(), before);
}

#[tokio::test]
async fn a_foreign_file_is_refused_and_left_alone() {
    let database = Scratch::new();
    let file = Connection::open(database.path()).unwrap();
    file.execute_batch("CREATE TABLE other (x)").unwrap();
    drop(file);
    let text = Scratch::new();
    std::fs::write(text.path(), "a shopping list\n".repeat(100)).unwrap();
    for scratch in [database, text] {
        let before = std::fs::read(scratch.path()).unwrap();
        let refused = SqliteStore::open(scratch.path()).await.unwrap_err();
        assert!(matches!(refused, OpenError::ForeignFile { .. }), "{refused:?}");
        assert!(!refused.is_retryable());
        assert_eq!(std::fs::read(scratch.path()).unwrap(), before);
    }
}

#[tokio::test]
async fn an_older_file_is_migrated() {
    let scratch = Scratch::new();
    // The oldest there is: nothing yet.
    std::fs::write(scratch.path(), "").unwrap();
    let store = scratch.open().await;
    assert_eq!(store.users().await.unwrap(), []);
    drop(store);
    let file = Connection::open(scratch.path()).unwrap();
    let pragma = |name| file.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    assert!(pragma("user_version").unwrap() > 0);
    assert_eq!(pragma("application_id").unwrap(), 0x4C46_4D41);
}

/// Copies all that a file holds into a new one of the first schema.
fn of_the_first_schema(from: &Scratch) -> Scratch {
    let first = Scratch::new();
    let file = Connection::open(first.path()).unwrap();
    file.execute_batch(include_str!("../../migrations/001_init.sql")).unwrap();
    file.execute_batch("PRAGMA application_id = 0x4C464D41; PRAGMA user_version = 1;").unwrap();
    let path = from.path().to_str().unwrap().to_owned();
    file.execute("ATTACH ?1 AS newer", [path]).unwrap();
    for table in ["user", "song", "variant", "play", "removed_play", "coverage", "hole", "work"] {
        let columns = "SELECT group_concat(name, ', ') FROM pragma_table_info(?1, 'main')";
        let columns: String = file.query_row(columns, [table], |row| row.get(0)).unwrap();
        let copy = format!("INSERT INTO {table} SELECT {columns} FROM newer.{table}");
        file.execute(&copy, []).unwrap();
    }
    first
}

#[tokio::test]
async fn a_file_of_the_first_schema_reads_as_before() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    replace(&store, user, (0, 100), &plays(0..50)).await.unwrap();
    for _ in 0..2 {
        replace(&store, user, (0, 100), &plays(3..51)).await.unwrap();
    }
    let before = state(&store, user).await.unwrap();
    assert_eq!((before.plays.len(), before.removed.len()), (48, 3));
    drop(store);

    let first = of_the_first_schema(&scratch);
    let store = first.open().await;
    assert_eq!(state(&store, user).await.unwrap(), before);
    let mut book = before.book.clone();
    book.audit_begun_at = Some(at(7));
    store.set_book(user, book.clone()).await.unwrap();
    assert_eq!(store.book(user).await.unwrap(), book);
    assert_eq!(replace(&store, user, (0, 100), &plays(3..51)).await.unwrap(), Replaced::default());
    store.remove_user(user).await.unwrap();
    let other = store.add_user(&"RJ".parse().unwrap(), None).await.unwrap();
    assert_ne!(other.id, user);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error() {
    let scratch = Scratch::new();
    let path = scratch.path().join("nowhere").join("plays.db");
    let refused = SqliteStore::open(path).await.unwrap_err();
    assert!(matches!(refused, OpenError::Sqlite { .. }), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_may_make_the_same_file_at_once() {
    for _ in 0..20 {
        let scratch = Scratch::new();
        let path = scratch.path();
        let opening = (0..6).map(|_| tokio::spawn(SqliteStore::open(path.clone())));
        for opened in opening.collect::<Vec<_>>() {
            let store = opened.await.unwrap().unwrap();
            user(&store).await;
            assert_eq!(store.users().await.unwrap().len(), 1);
        }
    }
}
