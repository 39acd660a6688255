//! The queue and the archive in one file, old and new.

use lastfm_core::archive::{ArchiveStore, Span};
use lastfm_core::scrobble::{Change, NewJob, Receipt, Repeats, ScrobbleQueue, Selection, Verdict};
use lastfm_core::testing::conformance;
use lastfm_core::testing::queue_conformance::seen;
use rusqlite::Connection;

use super::{add, play, rj};
use crate::support::{Scratch, at, replace, user};

#[tokio::test]
async fn an_archive_of_the_second_schema_takes_a_queue_and_works_on() {
    let scratch = Scratch::new();
    let file = Connection::open(scratch.path()).unwrap();
    for step in [
        include_str!("../../../migrations/001_init.sql"),
        include_str!("../../../migrations/002_removing_users.sql"),
    ] {
        file.execute_batch(step).unwrap();
    }
    file.execute_batch(
        "PRAGMA application_id = 0x4C464D41; PRAGMA user_version = 2;
         INSERT INTO user (name, folded_name) VALUES ('RJ', 'rj')",
    )
    .unwrap();
    drop(file);
    let queue = scratch.queue().await;
    add(&queue, [1, 2, 3], 10).await;
    let store = scratch.open().await;
    let user = user(&store).await;
    replace(&store, user, (0, 100), &conformance::plays(0..50)).await.unwrap();
    add(&queue, [4], 11).await;
    store.remove_user(user).await.unwrap();
    assert_eq!(store.count(user, Span::EVER).await.unwrap_err().kind.to_string(), "no such user");
    let before = seen(&queue, &rj(), at(11)).await.unwrap();
    assert_eq!(before.plays.len(), 4, "the archive's user is not the queue's");
    drop((store, queue));
    assert!(!crate::support::with_end(&scratch.path(), "-wal").exists(), "one file is left");
    assert_eq!(seen(&scratch.queue().await, &rj(), at(11)).await.unwrap(), before);
}

#[tokio::test]
async fn numbers_are_never_given_again() {
    let scratch = Scratch::new();
    let queue = scratch.queue().await;
    add(&queue, 0..5, 10).await;
    queue.change(&rj(), Selection::All, Change::Cancel, at(11)).await.unwrap();
    assert_eq!(queue.forget(&rj(), at(12)).await.unwrap(), 5);
    assert_eq!(seen(&queue, &rj(), at(12)).await.unwrap().steps, []);
    drop(queue);
    let queue = scratch.queue().await;
    add(&queue, [9], 13).await;
    let seen = seen(&queue, &rj(), at(13)).await.unwrap();
    assert_eq!((seen.plays[0].id.0, seen.steps[0].id.0), (6, 11));
}

#[tokio::test]
async fn people_read_the_queue_with_nothing_but_sqlite() {
    let scratch = Scratch::new();
    let queue = scratch.queue().await;
    let far = at(100_000_000_000);
    let plays = vec![play(86_400), play(86_401).due_at(far)];
    queue.enqueue(&rj(), plays, Repeats::Same, at(90_000)).await.unwrap();
    let job = NewJob::new("a", "an album", [play(86_402)]);
    queue.add_job(&rj(), job, at(90_000)).await.unwrap();
    let lease = std::time::Duration::from_secs(60);
    let batch = queue.take(&rj(), 1, lease, at(90_001)).await.unwrap();
    let receipt = Receipt { artist: Some("Low.".to_owned()), ..Receipt::default() };
    let verdicts = vec![(batch.plays[0].id, Verdict::Accepted(receipt))];
    queue.settle(&rj(), batch.attempt, verdicts, at(90_002)).await.unwrap();
    let file = Connection::open(scratch.path()).unwrap();
    let rows = |sql: &str| -> Vec<String> {
        let mut statement = file.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    let shown = "SELECT concat_ws('|', username, service, played_at, date, artist, track, album,
        state, since, attempts, job, accepted_as_artist) FROM queued_scrobbles";
    let of = "RJ|https://ws.audioscrobbler.com/2.0/|";
    let since = "1970-01-02 01:00:00";
    assert_eq!(
        rows(shown),
        [
            format!(
                "{of}86400|1970-01-02 00:00:00|Low|track 86400|Secret Name|accepted|\
                 1970-01-02 01:00:02|1|Low."
            ),
            format!(
                "{of}86401|1970-01-02 00:00:01|Low|track 86401|Secret Name|scheduled|{since}|0"
            ),
            format!(
                "{of}86402|1970-01-02 00:00:02|Low|track 86402|Secret Name|ready|{since}|0|an album"
            ),
        ]
    );
    let history = "SELECT play || ' ' || state FROM queued_scrobble_history";
    assert_eq!(rows(history), ["1 ready", "2 scheduled", "3 ready", "1 sending", "1 accepted"]);
}
