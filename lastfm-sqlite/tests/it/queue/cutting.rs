//! A queue that is stopped at any step, or has no room: a call has happened whole or not at all.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lastfm_core::archive::{StoreErrorKind, StoreResult};
use lastfm_core::scrobble::{
    Attempt, Change, Hold, HoldReason, JobId, NewJob, PlayId, Receipt, Refusal, Repeats,
    ScrobbleQueue, Selection, Verdict,
};
use lastfm_core::testing::queue_conformance::{Seen, seen};
use lastfm_sqlite::SqliteQueue;

use super::{add, play, rj};
use crate::support::{Scratch, at};

const LEASE: Duration = Duration::from_secs(60);
const NOW: i64 = 1_000;
/// Everything that a call does, it does at this moment.
const THEN: i64 = 2_000;

/// A queue in which each call has something to do: plays that wait, of a job and of none, that are
/// being sent, accepted, refused, unknown, cancelled and paused.
async fn eventful(scratch: &Scratch) -> SqliteQueue {
    let (queue, rj, now) = (scratch.queue().await, rj(), at(NOW));
    add(&queue, 0..12, NOW).await;
    queue.add_job(&rj, NewJob::new("a", "an album", (0..4).map(play)), now).await.unwrap();
    let batch = queue.take(&rj, 6, LEASE, now).await.unwrap();
    let [a, b, c, d, ..] = &batch.plays[..] else { panic!("{batch:?}") };
    let verdicts = vec![
        (a.id, Verdict::Accepted(Receipt::default())),
        (b.id, Verdict::Refused(Refusal::TooShort)),
        (c.id, Verdict::Unknown { reason: "lost".to_owned() }),
        (d.id, Verdict::Again { due_at: at(THEN), reason: "later".to_owned() }),
    ];
    queue.settle(&rj, batch.attempt, verdicts, now).await.unwrap();
    queue.change(&rj, Selection::Play(PlayId(7)), Change::Pause, now).await.unwrap();
    queue.change(&rj, Selection::Play(PlayId(8)), Change::Cancel, now).await.unwrap();
    queue
}

/// Every call that changes something, by number; nothing if there are no more.
async fn call(queue: &SqliteQueue, number: usize) -> Option<StoreResult<()>> {
    let (rj, then) = (rj(), at(THEN));
    Some(match number {
        0 => {
            let plays = (10..16).map(play).collect();
            queue.enqueue(&rj, plays, Repeats::Shift, then).await.map(drop)
        }
        1 => {
            let job = NewJob::new("b", "another", (0..4).map(play));
            queue.add_job(&rj, job, then).await.map(drop)
        }
        2 => queue.take(&rj, 50, LEASE, then).await.map(drop),
        3 => {
            let verdict = Verdict::Accepted(Receipt::default());
            let verdicts = [3, 5, 6].map(|id| (PlayId(id), verdict.clone())).into();
            queue.settle(&rj, Attempt(1), verdicts, then).await.map(drop)
        }
        4 => queue.refresh(&rj, at(9), LEASE, then).await.map(drop),
        5 => queue.change(&rj, Selection::All, Change::Cancel, then).await.map(drop),
        6 => queue.change(&rj, Selection::Job(JobId(1)), Change::Pause, then).await.map(drop),
        7 => {
            let hold =
                Hold { reason: HoldReason::App, until: None, since: then, words: "no".into() };
            queue.hold(&rj, hold).await
        }
        8 => queue.forget(&rj, then).await.map(drop),
        _ => return None,
    })
}

async fn all(queue: &SqliteQueue) -> Seen {
    seen(queue, &rj(), at(THEN)).await.unwrap()
}

#[tokio::test]
async fn a_call_interrupted_at_any_step_has_not_happened() {
    let scratch = Scratch::new();
    let before = all(&eventful(&scratch).await).await;
    for number in 0.. {
        let copy = scratch.image();
        let Some(done) = call(&copy.queue().await, number).await else { return };
        done.unwrap();
        let after = all(&copy.queue().await).await;
        assert_ne!(after, before, "call {number} does nothing");
        let copy = scratch.image();
        let queue = copy.queue().await;
        let mut steps = 0;
        loop {
            steps += 1;
            interrupt(&queue, steps).await;
            let done = call(&queue, number).await.unwrap();
            interrupt(&queue, u64::MAX).await;
            let found = all(&queue).await;
            if found == after {
                // The last step that can be interrupted is the one after the commit.
                break;
            }
            assert_eq!(found, before, "call {number}, after {steps} steps");
            assert_eq!(done.unwrap_err().kind, StoreErrorKind::Failed);
            if steps % 256 == 0 {
                assert_eq!(all(&copy.image().queue().await).await, before);
            }
        }
        assert!(steps > 10, "{steps} steps are too few to be all of call {number}");
    }
}

/// Lets the writer take so many steps, then stops it once.
async fn interrupt(queue: &SqliteQueue, steps: u64) {
    let taken = AtomicU64::new(0);
    let stop = move || taken.fetch_add(1, Ordering::Relaxed) + 1 == steps;
    let set = queue.on_writer(move |writer| writer.progress_handler(1, Some(stop)).unwrap());
    set.await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_loses_nothing() {
    let scratch = Scratch::new();
    let queue = eventful(&scratch).await;
    let before = all(&queue).await;
    for pages in 0..5 {
        room(&queue, pages).await;
        let many = (5_000..6_000).map(play).collect();
        let full = queue.enqueue(&rj(), many, Repeats::Same, at(THEN)).await.unwrap_err();
        assert_eq!(full.kind, StoreErrorKind::Full, "{full:?}");
        assert!(!full.is_retryable());
        assert_eq!(all(&queue).await, before);
    }
    room(&queue, 1_000_000).await;
    add(&queue, 5_000..6_000, THEN).await;
    drop(queue);
    let kept = all(&scratch.queue().await).await;
    assert_eq!(kept.plays.len(), before.plays.len() + 1_000);
}

/// Lets the file grow by so many pages.
async fn room(queue: &SqliteQueue, pages: i64) {
    let set = move |writer: &mut rusqlite::Connection| {
        let used: i64 = writer.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        let sql = format!("PRAGMA max_page_count = {}", used + pages);
        writer.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    queue.on_writer(set).await.unwrap();
}
