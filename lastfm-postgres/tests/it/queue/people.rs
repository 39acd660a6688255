//! The views: what people read, in this database as in a file.

use std::time::Duration;

use lastfm_core::scrobble::{
    Account, Change, Hold, HoldReason, NewJob, PlayId, Receipt, Refusal, Repeats, ScrobbleQueue,
    Selection, Submission, Verdict,
};
use lastfm_core::testing::queue_conformance::seen;
use lastfm_core::{NewPlay, PlayerTrack, Timestamp};
use lastfm_sqlite::SqliteQueue;

use super::{Scratch, account, at, play, rj};

/// Something of everything.
async fn fill(queue: &dyn ScrobbleQueue) {
    let rj = rj();
    let mut plays: Vec<Submission> = (86_400..86_410).map(play).collect();
    plays.push(play(86_411).due_at(at(100_000_000_000)));
    plays.push(play(-1).refused(Refusal::TooOld));
    for ends in [Timestamp::MIN, Timestamp::MAX] {
        let track = PlayerTrack::new("Björk", "後").album_artist("'; --");
        plays.push(NewPlay::new(track, ends).into());
    }
    queue.enqueue(&rj, plays, Repeats::Same, at(90_000)).await.unwrap();
    let job = NewJob::new("a", "an album", [play(86_400), play(86_500)]);
    queue.add_job(&rj, job, at(90_000)).await.unwrap();
    let batch = queue.take(&rj, 5, Duration::from_secs(60), at(90_001)).await.unwrap();
    let receipt = Receipt { artist: Some("Low.".to_owned()), ..Receipt::default() };
    let verdicts = [
        Verdict::Accepted(receipt),
        Verdict::Unknown { reason: "lost".to_owned() },
        Verdict::Refused(Refusal::named("ignored:1", Some("filtered".to_owned())).unwrap()),
        Verdict::Again { due_at: at(90_100), reason: "later".to_owned() },
    ];
    let verdicts = batch.plays.iter().map(|play| play.id).zip(verdicts).collect();
    queue.settle(&rj, batch.attempt, verdicts, at(90_002)).await.unwrap();
    queue.change(&rj, Selection::Play(PlayId(8)), Change::Cancel, at(90_003)).await.unwrap();
    queue.change(&rj, Selection::Play(PlayId(9)), Change::Pause, at(90_003)).await.unwrap();
    let (reason, words) = (HoldReason::Person, String::new());
    let other = account("Other");
    queue.hold(&other, Hold { reason, until: None, since: at(1), words }).await.unwrap();
    queue.enqueue(&other, vec![play(5)], Repeats::Same, at(90_000)).await.unwrap();
}

/// The rows of a query on a file, as text.
fn rows_of_file(path: &std::path::Path, sql: &str) -> Vec<Vec<Option<String>>> {
    let file = rusqlite::Connection::open(path).unwrap();
    let mut statement = file.prepare(sql).unwrap();
    let width = statement.column_count();
    let text = |row: &rusqlite::Row<'_>| {
        let columns = (0..width).map(|column| match row.get_ref_unwrap(column) {
            rusqlite::types::ValueRef::Null => None,
            rusqlite::types::ValueRef::Integer(number) => Some(number.to_string()),
            other => Some(other.as_str().unwrap().to_owned()),
        });
        Ok(columns.collect())
    };
    statement.query_map([], text).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn the_views_show_the_same_as_those_of_a_file() {
    let scratch = Scratch::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plays.db");
    fill(&scratch.queue().await).await;
    fill(&SqliteQueue::open(&path).await.unwrap()).await;
    for (sql, count) in [
        ("SELECT * FROM queued_scrobbles ORDER BY username, id", 17),
        ("SELECT * FROM queued_scrobble_history", 28),
    ] {
        let rows = scratch.database.sql(sql);
        assert_eq!(rows, rows_of_file(&path, sql), "{sql}");
        assert_eq!(rows.len(), count, "{sql}");
    }
}

#[tokio::test]
async fn a_name_with_a_character_that_the_database_does_not_take_comes_back_whole() {
    let scratch = Scratch::new();
    let queue = scratch.queue().await;
    let names = ["a\0b", "a\u{FDD0}b", "a\u{FDD1}b", "a\u{FDD1}\u{FDD0}b", "ab", "\0"];
    let plays = names.map(|name| {
        let track = PlayerTrack::new(name, name).album(name);
        Submission::new(NewPlay::new(track, at(1)))
    });
    queue.enqueue(&rj(), plays.to_vec(), Repeats::Same, at(2)).await.unwrap();
    let kept = seen(&queue, &rj(), at(2)).await.unwrap().plays;
    let kept: Vec<NewPlay> = kept.into_iter().map(|kept| kept.play).collect();
    assert_eq!(kept, plays.map(|new| new.play));
    let shown = "SELECT artist FROM queued_scrobbles WHERE id IN (1, 5, 6) ORDER BY id";
    let shown = scratch.database.sql(shown);
    let shown: Vec<_> = shown.iter().map(|row| row[0].as_deref().unwrap()).collect();
    assert_eq!(shown, ["a\u{FFFD}b", "ab", "\u{FFFD}"]);
}

#[tokio::test]
async fn no_name_is_too_long() {
    let scratch = Scratch::new();
    let queue = scratch.queue().await;
    // Nothing that could be compressed.
    let mut dice = lastfm_core::testing::Dice::stream(1, 1);
    let name: String = (0..20_000).map(|_| *dice.pick(&['ö', 'b', '後', 'd', 'é', '0'])).collect();
    let long = |second| Submission::new(NewPlay::new(PlayerTrack::new(&name, &name), at(second)));
    let account: Account = rj();
    let added = queue.enqueue(&account, vec![long(1), long(1)], Repeats::Shift, at(2)).await;
    assert_eq!(added.unwrap().len(), 2);
    queue.add_job(&account, NewJob::new(&name, &name, [long(1)]), at(2)).await.unwrap();
    let plays = seen(&queue, &account, at(2)).await.unwrap().plays;
    let plays: Vec<_> = plays.into_iter().map(|play| play.play).collect();
    assert_eq!(plays, [1, 2, 3].map(|second| long(second).play));
}
