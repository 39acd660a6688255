//! Calls whose future is dropped: each has happened whole or not at all, and the next one works.

use std::time::Duration;

use lastfm_core::archive::StoreResult;
use lastfm_core::scrobble::{
    Account, Attempt, Change, Hold, HoldReason, JobId, NewJob, PlayId, Receipt, Refusal, Repeats,
    ScrobbleQueue, Selection, State, Verdict,
};
use lastfm_core::testing::queue_conformance::{Seen, seen};
use lastfm_core::testing::stories::polled;
use lastfm_postgres::PostgresQueue;

use super::{Scratch, account, add, at, play};

const LEASE: Duration = Duration::from_secs(60);
const NOW: i64 = 1_000;
/// Everything that a call does, it does at this moment.
const THEN: i64 = 2_000;

/// An account in which each call has something to do: plays that wait, of a job and of none, that
/// are being sent, accepted, refused, unknown, cancelled and paused.
async fn eventful(queue: &PostgresQueue, account: &Account) {
    let now = at(NOW);
    add(queue, account, 0..12, NOW).await;
    queue.add_job(account, NewJob::new("a", "an album", (0..4).map(play)), now).await.unwrap();
    let batch = queue.take(account, 6, LEASE, now).await.unwrap();
    let [a, b, c, d, ..] = &batch.plays[..] else { panic!("{batch:?}") };
    let verdicts = vec![
        (a.id, Verdict::Accepted(Receipt::default())),
        (b.id, Verdict::Refused(Refusal::TooShort)),
        (c.id, Verdict::Unknown { reason: "lost".to_owned() }),
        (d.id, Verdict::Again { due_at: at(THEN), reason: "later".to_owned() }),
    ];
    queue.settle(account, batch.attempt, verdicts, now).await.unwrap();
    queue.change(account, Selection::Play(PlayId(7)), Change::Pause, now).await.unwrap();
    queue.change(account, Selection::Play(PlayId(8)), Change::Cancel, now).await.unwrap();
}

/// Every call that changes something, by number; nothing if there are no more.
async fn call(queue: &PostgresQueue, account: &Account, number: usize) -> Option<StoreResult<()>> {
    let then = at(THEN);
    Some(match number {
        0 => {
            let plays = (10..16).map(play).collect();
            queue.enqueue(account, plays, Repeats::Shift, then).await.map(drop)
        }
        1 => {
            let job = NewJob::new("b", "another", (0..4).map(play));
            queue.add_job(account, job, then).await.map(drop)
        }
        2 => queue.take(account, 50, LEASE, then).await.map(drop),
        3 => {
            let verdict = Verdict::Accepted(Receipt::default());
            let verdicts = [3, 5, 6].map(|id| (PlayId(id), verdict.clone())).into();
            queue.settle(account, Attempt(1), verdicts, then).await.map(drop)
        }
        4 => queue.refresh(account, at(9), LEASE, then).await.map(drop),
        5 => queue.change(account, Selection::All, Change::Cancel, then).await.map(drop),
        6 => queue.change(account, Selection::Job(JobId(1)), Change::Pause, then).await.map(drop),
        7 => {
            let (reason, words) = (HoldReason::App, "no".to_owned());
            queue.hold(account, Hold { reason, until: None, since: then, words }).await
        }
        8 => queue.forget(account, then).await.map(drop),
        _ => return None,
    })
}

async fn all(queue: &PostgresQueue, account: &Account) -> Seen {
    seen(queue, account, at(THEN)).await.unwrap()
}

#[tokio::test]
async fn a_call_dropped_at_any_poll_has_happened_whole_or_not_at_all() {
    let scratch = Scratch::new();
    let queue = scratch.queue().await;
    for number in 0.. {
        let whole = account(&format!("{number} whole"));
        eventful(&queue, &whole).await;
        let before = all(&queue, &whole).await;
        let Some(done) = call(&queue, &whole, number).await else { return };
        done.unwrap();
        let after = all(&queue, &whole).await;
        assert_ne!(after, before, "call {number} does nothing");
        for polls in 0.. {
            let dropped = account(&format!("{number} after {polls}"));
            eventful(&queue, &dropped).await;
            let finished =
                polled(async { drop(call(&queue, &dropped, number).await) }, polls).await.is_some();
            // Waits for what was begun.
            queue.lift(&dropped, HoldReason::Outage).await.unwrap();
            let found = all(&queue, &dropped).await;
            if finished || found != before {
                assert_eq!(found, after, "half of call {number} after {polls} polls");
            }
            if finished {
                assert!(polls > 4, "{polls} polls are too few to be all of call {number}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn what_is_acknowledged_among_dropped_calls_is_there_and_nothing_else_is_lost() {
    let scratch = Scratch::new();
    let queue = scratch.queue().await;
    let rj = account("RJ");
    let mut acknowledged = 0;
    for second in 0..100 {
        let plays = vec![play(second)];
        let enqueue = async {
            queue.enqueue(&rj, plays, Repeats::Same, at(NOW)).await.unwrap();
            acknowledged += 1;
        };
        if second % 10 == 9 {
            // Nobody drops this one, however slow the machine is.
            enqueue.await;
        } else {
            polled(enqueue, usize::try_from(second).unwrap() % 14).await;
        }
    }
    queue.lift(&rj, HoldReason::Outage).await.unwrap();
    let ready = queue.counts(&rj, at(NOW)).await.unwrap().of(State::Ready);
    assert!(acknowledged >= 10 && (acknowledged..=100).contains(&ready), "{acknowledged}, {ready}");
    add(&queue, &rj, 100..150, NOW).await;
    let batch = queue.take(&rj, usize::MAX, LEASE, at(NOW)).await.unwrap();
    assert_eq!(batch.plays.len() as u64, ready + 50);
}
