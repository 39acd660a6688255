//! What goes through all that somebody has may take longer than a statement otherwise does.

use std::time::Duration;

use lastfm_core::archive::ArchiveStore;
use lastfm_core::scrobble::{Change, Repeats, ScrobbleQueue, Selection, Submission};
use lastfm_core::testing::conformance::plays;
use lastfm_core::{NewPlay, PlayerTrack};
use lastfm_postgres::PostgresStoreOptions;

use crate::queue::rj;
use crate::support::{Scratch, at, replace, user};

/// A database in which a statement that deletes takes twice as long as a statement may.
fn slow(tables: &[&str]) -> (Scratch, PostgresStoreOptions) {
    let scratch = Scratch::new();
    let options = PostgresStoreOptions::new(scratch.database.url())
        .statement_timeout(Duration::from_millis(400))
        .busy_timeout(Duration::from_secs(20));
    runtime().block_on(options.clone().open()).unwrap();
    scratch.database.sql(
        "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(0.8); RETURN NULL; END $$",
    );
    for table in tables {
        scratch.database.sql(&format!(
            "CREATE TRIGGER wait BEFORE DELETE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION wait()"
        ));
    }
    (scratch, options)
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

#[test]
fn a_large_archive_is_counted_and_removed() {
    let (scratch, options) = slow(&["play"]);
    runtime().block_on(async {
        let store = options.open().await.unwrap();
        let user = user(&store).await;
        replace(&store, user, (0, 10), &plays([1, 2])).await.unwrap();
        assert_eq!(store.recount(user).await.unwrap().plays, 2);
        store.remove_user(user).await.unwrap();
    });
    assert_eq!(scratch.column("SELECT count(*) FROM play"), [Some("0".to_owned())]);
}

#[test]
fn what_is_over_in_a_large_queue_is_forgotten() {
    let (_scratch, options) = slow(&["queued_play", "queue_step"]);
    runtime().block_on(async {
        let (queue, account) = (options.open_queue().await.unwrap(), rj());
        let play = NewPlay::new(PlayerTrack::new("Low", "Monkey"), at(1));
        let plays = vec![Submission::new(play)];
        queue.enqueue(&account, plays, Repeats::Same, at(2)).await.unwrap();
        queue.change(&account, Selection::All, Change::Cancel, at(3)).await.unwrap();
        assert_eq!(queue.forget(&account, at(4)).await.unwrap(), 1);
    });
}
