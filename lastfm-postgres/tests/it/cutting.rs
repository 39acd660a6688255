//! Whatever is cut off, wherever: the archive is as it was before or as it was to be.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use lastfm_core::Play;
use lastfm_core::archive::{ArchiveStore, Book, Observation, Removals, Replaced, Span, WorkerId};
use lastfm_core::testing::conformance::{State, play, play_of, plays, state};
use lastfm_postgres::{PostgresStore, PostgresStoreOptions};

use crate::support::{Scratch, at, replace, span, user};

/// A store with so few connections that one which is lost is missed.
async fn open(scratch: &Scratch) -> PostgresStore {
    PostgresStoreOptions::new(scratch.database.url()).connections(2).open().await.unwrap()
}

/// An archive in which the next replace does everything that one can: adds, revives, edits,
/// doubts, trusts, removes, takes over text, trims a hole.
async fn eventful(store: &PostgresStore) -> Vec<Play> {
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
    next
}

/// Polls so often, each time when there is news, and drops the future.
async fn polled<T>(future: impl Future<Output = T>, polls: usize) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Some(done)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn a_replace_dropped_at_any_poll_has_happened_whole_or_not_at_all() {
    let mut seen = [0, 0];
    for polls in 0.. {
        let scratch = Scratch::new();
        let store = open(&scratch).await;
        let next = eventful(&store).await;
        let user = user(&store).await;
        let before = state(&store, user).await.unwrap();
        let observation = Observation {
            revision: before.revision,
            at: at(1_000_000),
            removals: Removals::Confirm,
        };
        let done = polled(store.replace(user, span(0, 20), next.clone(), observation), polls).await;
        // Another replace waits for the lock of one that is not over.
        replace(&store, user, (50, 60), &[]).await.unwrap();
        let mut found = state(&store, user).await.unwrap();
        let happened = found.revision.0 == before.revision.0 + 2;
        if happened {
            assert_eq!((found.plays.len(), found.removed.len()), (8, 2), "after {polls} polls");
        } else {
            found.revision = before.revision;
            found.coverage.pop();
            assert_eq!(found, before, "after {polls} polls");
        }
        seen[usize::from(happened)] += 1;
        if let Some(done) = done {
            let Replaced { added, removed, changed, doubted } = done.unwrap();
            assert_eq!((added, removed, changed, doubted), (3, 1, 2, 1));
            assert!(happened, "what was acknowledged is not there");
            break;
        }
    }
    assert!(seen[0] >= 3, "{seen:?}");
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_any_number_of_dropped_futures() {
    let scratch = Scratch::new();
    let store = open(&scratch).await;
    let (user, worker) = (user(&store).await, WorkerId("worker".to_owned()));
    let mut acknowledged = Vec::new();
    let (mut names, mut removed) = (vec!["RJ".to_owned()], 0);
    for round in 0..60 {
        let (start, end) = (round * 10, round * 10 + 10);
        let polls = usize::try_from(round % 12).unwrap();
        let lost = replace(&store, user, (100_000 + start, 100_000 + end), &[]);
        polled(lost, 2 * polls).await;
        polled(store.set_book(user, Book::default()), polls).await;
        polled(store.withdraw_doubts(user, Span::EVER), polls).await;
        polled(store.plays(user, Span::EVER, None, 10), polls).await;
        polled(store.count(user, Span::EVER), polls).await;
        polled(store.claim(user, &worker, Duration::from_secs(1)), polls).await;
        let name = format!("user-{round}");
        if let Some(added) = polled(store.add_user(&name.parse().unwrap(), None), polls).await {
            names.push(name);
            let remove = store.remove_user(added.unwrap().id);
            if let Some(done) = polled(remove, polls / 2).await {
                done.unwrap();
                names.pop();
                removed += 1;
            }
        }
        if replace(&store, user, (start, end), &plays([start])).await.is_ok() {
            acknowledged.push(start);
        }
    }
    assert_eq!(acknowledged.len(), 60);
    assert!(names.len() + removed > 5, "{names:?}, {removed} removed");
    drop(store);
    let reopened = open(&scratch).await;
    let kept = reopened.moments(user, Span::EVER, 0, 1_000).await.unwrap();
    let kept: Vec<_> = kept.into_iter().map(lastfm_core::Timestamp::as_unix).collect();
    assert_eq!(kept, acknowledged);
    assert!(reopened.user(&"RJ".parse().unwrap()).await.unwrap().is_some());
}

#[tokio::test]
async fn connections_that_are_ended_cost_nothing_but_time() {
    let scratch = Scratch::new();
    let store = open(&scratch).await;
    let user = user(&store).await;
    let mut expected: Vec<i64> = Vec::new();
    for round in 0..20 {
        let ended = || scratch.database.terminate_connections();
        let sent = plays([round * 10]);
        let write = replace(&store, user, (round * 10, round * 10 + 10), &sent);
        let mut write = pin!(write);
        // In the middle of it, somewhere.
        let polls = usize::try_from(round).unwrap();
        if polled(&mut write, polls).await.is_none() {
            ended();
            write.await.unwrap();
        }
        expected.push(round * 10);
        let kept: State = state(&store, user).await.unwrap();
        let kept: Vec<_> = kept.plays.iter().map(|play| play.place.at.as_unix()).collect();
        assert_eq!(kept, expected);
    }
}
