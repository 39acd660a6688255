//! Cases: what is kept beside plays and coverage.

use std::time::Duration;

use super::given::{Given, plays, time};
use super::users::hole;
use crate::archive::{ArchiveStore, Book, Claim, Hole, WorkerId};

const HOUR: Duration = Duration::from_secs(3_600);

/// A hole replaces those it shares a second with, whole, and no others; an empty one is none, nor
/// is one that is covered.
pub async fn a_hole_takes_the_place_of_those_it_overlaps(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let newest = Hole {
        reason: "“it” fails\u{fffd} differently".to_owned(),
        tries: u32::MAX,
        since: time(-1),
        next_try_at: time(i64::MAX),
        ..hole(18, 41)
    };
    let holes = [hole(50, 60), hole(0, 10), hole(10, 20), hole(40, 50)];
    for hole in holes.into_iter().chain([newest.clone(), hole(30, 30)]) {
        store.set_hole(given.user, hole).await.unwrap();
    }
    let left = store.holes(given.user).await.unwrap();
    assert_eq!(left, [hole(0, 10), newest.clone(), hole(50, 60)]);
    given.replace(100, 110, &plays([]), 100).await;
    store.set_hole(given.user, hole(102, 110)).await.unwrap();
    assert_eq!(store.holes(given.user).await.unwrap(), left);
}

/// What was remembered last is what is known, whole.
pub async fn the_book_is_remembered(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let full = Book {
        last_success_at: Some(time(1)),
        last_error: Some((time(2), "no “answer”".to_owned())),
        residual: -3,
        residual_checked_at: Some(time(4)),
        recent_read_at: Some(time(-5)),
        newest_refused_until: Some(time(6)),
        audit_begun_at: Some(time(7)),
    };
    let half = Book { last_error: None, residual: 7, audit_begun_at: None, ..full.clone() };
    for book in [full, half, Book::default()] {
        store.set_book(given.user, book.clone()).await.unwrap();
        given.replace(0, 10, &plays([1]), 100).await;
        assert_eq!(store.book(given.user).await.unwrap(), book);
    }
}

/// While a lease runs, others are told who has the work; the worker itself may keep it.
pub async fn work_belongs_to_one_worker(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let claim = async |name| store.claim(given.user, &worker(name), HOUR).await.unwrap();
    assert_eq!(claim("one").await, Claim::Yours);
    assert_eq!(claim("one").await, Claim::Yours);
    match claim("two").await {
        Claim::Taken { by, free_in } => {
            assert_eq!(by, worker("one"));
            assert!(free_in > HOUR / 2 && free_in <= HOUR, "{free_in:?}");
        }
        Claim::Yours => panic!("the work is done twice"),
    }
}

/// A worker that is gone does not keep the work.
pub async fn a_lease_that_has_passed_is_free(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    for name in ["one", "two", "one"] {
        let claimed = store.claim(given.user, &worker(name), Duration::ZERO).await;
        assert_eq!(claimed.unwrap(), Claim::Yours);
    }
    // A worker that keeps the work may also shorten its lease.
    let claims = [("two", HOUR), ("two", Duration::ZERO), ("one", HOUR)];
    for (name, lease) in claims {
        let claimed = store.claim(given.user, &worker(name), lease).await;
        assert_eq!(claimed.unwrap(), Claim::Yours);
    }
}

/// Giving back what someone else has does nothing; giving back one's own frees it.
pub async fn only_the_worker_gives_the_work_back(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let (one, two) = (worker("one"), worker("two"));
    store.release(given.user, &one).await.unwrap();
    store.claim(given.user, &one, HOUR).await.unwrap();
    store.release(given.user, &two).await.unwrap();
    let taken = store.claim(given.user, &two, HOUR).await.unwrap();
    assert_ne!(taken, Claim::Yours);
    store.release(given.user, &one).await.unwrap();
    let free = store.claim(given.user, &two, HOUR).await.unwrap();
    assert_eq!(free, Claim::Yours);
}

fn worker(name: &str) -> WorkerId {
    WorkerId(name.to_owned())
}
