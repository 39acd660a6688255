//! Whatever is cut off, wherever: the archive is as it was before or as it was to be.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use lastfm_core::Play;
use lastfm_core::archive::{ArchiveStore, Book, Replaced, Span, StoreErrorKind, UserId};
use lastfm_core::testing::conformance::{State, play, play_of, plays, state};
use lastfm_sqlite::SqliteStore;

use crate::support::{Scratch, replace, user, with_end};

/// An archive in which the next replace does everything that one can: adds, revives, edits,
/// doubts, trusts, removes, takes over text, trims a hole.
async fn eventful(store: &SqliteStore) -> (UserId, Vec<Play>) {
    let user = user(store).await;
    let first = plays([1, 2, 3, 4, 5, 6, 7]);
    replace(store, user, (0, 20), &first).await.unwrap();
    for _ in 0..2 {
        replace(store, user, (0, 20), &first[1..]).await.unwrap();
    }
    replace(store, user, (0, 20), &first[3..]).await.unwrap();
    let mut next = vec![first[0].clone(), first[1].clone(), first[3].clone()];
    next.push(play(5, "edited"));
    next.push(play_of(6, "track 6", "an album", "newer-text"));
    next.extend(plays([8, 9]));
    (user, next)
}

async fn told(store: &SqliteStore, user: UserId) -> State {
    state(store, user).await.unwrap()
}

#[tokio::test]
async fn a_replace_interrupted_at_any_step_has_not_happened() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let (user, next) = eventful(&store).await;
    let before = told(&store, user).await;
    let after = {
        let copy = scratch.image();
        let store = copy.open().await;
        let replaced = replace(&store, user, (0, 20), &next).await.unwrap();
        let Replaced { added, removed, changed, doubted } = replaced;
        assert_eq!((added, removed, changed, doubted), (3, 1, 2, 1));
        told(&store, user).await
    };
    let mut steps = 0;
    loop {
        steps += 1;
        interrupt(&store, steps).await;
        let done = replace(&store, user, (0, 20), &next).await;
        interrupt(&store, u64::MAX).await;
        let found = told(&store, user).await;
        if found == after {
            // The last step that can be interrupted is the one after the commit.
            break;
        }
        assert_eq!(found, before, "after {steps} steps");
        assert_eq!(done.unwrap_err().kind, StoreErrorKind::Failed);
        if steps % 256 == 0 {
            let crashed = scratch.image();
            let reopened = crashed.open().await;
            assert_eq!(told(&reopened, user).await, before);
        }
    }
    assert!(steps > 500, "{steps} steps are too few to be all");
}

/// Lets the writer take so many steps, then stops it once.
async fn interrupt(store: &SqliteStore, steps: u64) {
    let taken = AtomicU64::new(0);
    let stop = move || taken.fetch_add(1, Ordering::Relaxed) + 1 == steps;
    let set = store.on_writer(move |writer| writer.progress_handler(1, Some(stop)).unwrap());
    set.await.unwrap();
}

#[tokio::test]
async fn a_log_torn_at_any_place_gives_the_old_archive_or_the_new_one() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let (user, next) = eventful(&store).await;
    let before = told(&store, user).await;
    drop(store);
    // Everything is in the file itself now, and what follows is only in the log.
    let store = scratch.open().await;
    replace(&store, user, (0, 20), &next).await.unwrap();
    let after = told(&store, user).await;
    assert_ne!(before, after);
    let log = std::fs::read(with_end(&scratch.path(), "-wal")).unwrap();
    let mut seen = [false, false];
    for length in (0..=log.len()).step_by(509).chain([log.len()]) {
        let crashed = scratch.image();
        std::fs::write(with_end(&crashed.path(), "-wal"), &log[..length]).unwrap();
        let reopened = crashed.open().await;
        let found = told(&reopened, user).await;
        assert!(found == before || found == after, "torn at {length}");
        seen[usize::from(found == after)] = true;
        replace(&reopened, user, (0, 20), &next).await.unwrap();
        assert!(told(&reopened, user).await.plays.len() >= next.len());
    }
    assert_eq!(seen, [true, true]);
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_loses_nothing() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    replace(&store, user, (0, 1_000), &plays(0..100)).await.unwrap();
    let before = told(&store, user).await;
    let room = |pages: i64| {
        let set = move |writer: &mut rusqlite::Connection| {
            let pages_used: i64 =
                writer.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
            let sql = format!("PRAGMA max_page_count = {}", pages_used + pages);
            writer.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap()
        };
        store.on_writer(set)
    };
    for pages in 0..5 {
        room(pages).await;
        let much = plays(1_000..4_000);
        let full = replace(&store, user, (1_000, 4_000), &much).await.unwrap_err();
        assert_eq!(full.kind, StoreErrorKind::Full, "{full:?}");
        assert!(!full.is_retryable());
        assert_eq!(told(&store, user).await, before);
    }
    room(1_000_000).await;
    let much = plays(1_000..4_000);
    let done = replace(&store, user, (1_000, 4_000), &much).await.unwrap();
    assert_eq!(done.added, 3_000);
    drop(store);
    assert_eq!(told(&scratch.open().await, user).await.plays.len(), 3_100);
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_any_number_of_dropped_futures() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    let mut acknowledged = Vec::new();
    for round in 0..100 {
        let (start, end) = (round * 10, round * 10 + 10);
        // A future of each kind is dropped after 0, 1, 2 … polls; the writer goes on.
        let polls = usize::try_from(round % 5).unwrap();
        let lost = replace(&store, user, (100_000 + start, 100_000 + end), &[]);
        dropped_after(polls, lost).await;
        dropped_after(polls, store.set_book(user, Book::default())).await;
        dropped_after(polls, store.withdraw_doubts(user, Span::EVER)).await;
        dropped_after(polls, store.plays(user, Span::EVER, None, 10)).await;
        dropped_after(polls, store.count(user, Span::EVER)).await;
        if replace(&store, user, (start, end), &plays([start])).await.is_ok() {
            acknowledged.push(start);
        }
    }
    assert_eq!(acknowledged.len(), 100);
    drop(store);
    let reopened = scratch.open().await;
    let kept = reopened.moments(user, Span::EVER, 0, 1_000).await.unwrap();
    let kept: Vec<_> = kept.into_iter().map(lastfm_core::Timestamp::as_unix).collect();
    assert_eq!(kept, acknowledged);
}

/// Polls so often, a little apart, and drops the future.
async fn dropped_after<T>(polls: usize, future: impl Future<Output = T>) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let ready = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if ready {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_replace_that_was_begun_is_finished_without_its_future() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    let observation = lastfm_core::archive::Observation {
        revision: store.revision(user).await.unwrap(),
        at: crate::support::at(0),
        removals: lastfm_core::archive::Removals::Confirm,
    };
    let span = crate::support::span(0, 100);
    dropped_after(1, store.replace(user, span, plays(0..50), observation)).await;
    drop(store);
    let kept = told(&scratch.open().await, user).await;
    assert_eq!(kept.plays.len(), 50);
}
