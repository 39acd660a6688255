//! One file, several programs, many callers.

use std::time::Duration;

use lastfm_core::archive::{ArchiveStore, Span, StoreErrorKind};
use lastfm_core::testing::conformance::plays;
use lastfm_core::transport::{Pacer, Slot, TransportErrorKind};
use lastfm_sqlite::{SqlitePacer, SqliteStoreOptions};
use rusqlite::Connection;

use crate::support::{Scratch, replace, user};

#[tokio::test(flavor = "multi_thread")]
async fn readers_see_whole_changes_while_others_write() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    let writing = tokio::spawn({
        let store = store.clone();
        async move {
            for round in 0..60 {
                let (start, end) = (round * 100, round * 100 + 100);
                replace(&store, user, (start, end), &plays(start..end)).await.unwrap();
            }
        }
    });
    let mut last = 0;
    while !writing.is_finished() {
        let read = store.plays(user, Span::EVER, None, usize::MAX).await.unwrap();
        assert_eq!(read.len() % 100, 0, "half a change");
        assert!(read.len() >= last, "a change was taken back");
        last = read.len();
    }
    writing.await.unwrap();
    assert_eq!(store.count(user, Span::EVER).await.unwrap().plays, 6_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_programs_write_one_file_by_turns() {
    let scratch = Scratch::new();
    let (one, two) = (scratch.open().await, scratch.open().await);
    let user = user(&one).await;
    let work = |store: lastfm_sqlite::SqliteStore, first: i64| async move {
        for round in 0..40 {
            let start = (round * 2 + first) * 10;
            // The same tracks on both sides: each finds what the other has added.
            replace(&store, user, (start, start + 10), &plays(start..start + 10)).await.unwrap();
        }
    };
    let (left, right) = (work(one.clone(), 0), work(two.clone(), 1));
    let (left, right) = (tokio::spawn(left), tokio::spawn(right));
    left.await.unwrap();
    right.await.unwrap();
    assert_eq!(one.count(user, Span::EVER).await.unwrap().plays, 800);
    let read = two.plays(user, Span::EVER, None, usize::MAX).await.unwrap();
    assert_eq!(read.len(), 800);
}

#[tokio::test]
async fn a_program_that_holds_the_file_for_too_long_is_an_error_worth_a_retry() {
    let scratch = Scratch::new();
    let options = SqliteStoreOptions::new(scratch.path());
    let store = options.busy_timeout(Duration::from_millis(20)).open().await.unwrap();
    let user = user(&store).await;
    let other = Connection::open(scratch.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = replace(&store, user, (0, 10), &plays([1])).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Busy);
    assert!(refused.is_retryable());
    other.execute_batch("COMMIT").unwrap();
    replace(&store, user, (0, 10), &plays([1])).await.unwrap();
}

#[tokio::test]
async fn all_programs_share_a_rate() {
    let scratch = Scratch::new();
    let (one, two) = (scratch.open().await, scratch.open().await);
    let spacing = Duration::from_secs(1);
    let pacers = [&one, &two].map(|store| SqlitePacer::new(store, "last.fm", spacing));
    let other = SqlitePacer::new(&one, "another", spacing);
    let mut waits = Vec::new();
    for number in 0..6 {
        let Slot::In(wait) = pacers[number % 2].take().await.unwrap() else {
            panic!("nobody has paused");
        };
        waits.push(wait);
    }
    for pair in waits.windows(2) {
        let apart = pair[1].saturating_sub(pair[0]);
        assert!(apart <= spacing && apart > spacing / 2, "{waits:?}");
    }
    assert!(waits[5] > Duration::from_secs(4), "{waits:?}");
    let pause = pacers[0].pause(Some(Duration::from_secs(90))).await.unwrap();
    assert_eq!(pause, Duration::from_secs(90));
    let paused = pacers[1].take().await.unwrap();
    assert!(matches!(paused, Slot::Paused(rest) if rest > Duration::from_secs(80)));
    assert_eq!(other.take().await.unwrap(), Slot::In(Duration::ZERO));
}

#[tokio::test]
async fn a_rate_that_cannot_be_written_is_no_matter_of_trying_again() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let pacer = SqlitePacer::new(&store, "last.fm", Duration::from_secs(1));
    let refuse = |refused: bool| {
        store.on_writer(move |writer| writer.pragma_update(None, "query_only", refused).unwrap())
    };
    refuse(true).await.unwrap();
    assert_eq!(pacer.take().await.unwrap_err().kind, TransportErrorKind::PacerFailed);
    refuse(false).await.unwrap();
    assert_eq!(pacer.take().await.unwrap(), Slot::In(Duration::ZERO));
}
