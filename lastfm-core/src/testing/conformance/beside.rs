//! Cases: what is kept beside plays and coverage.

use std::fmt::Debug;
use std::time::Duration;

use super::given::{Given, plays, span, state, time};
use super::users::hole;
use crate::archive::{
    ArchiveStore, Book, Claim, Hole, Observation, Part, Removals, Rest, Span, StoreErrorKind,
    StoreResult, WorkerId,
};

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

/// A worker that is not at work, or not any more, changes nothing, whatever it tries; it still
/// reads, and works again once it has claimed the user again.
pub async fn a_fence_refuses_whoever_is_not_at_work(store: &dyn ArchiveStore) {
    fn overtaken<T: Debug>(operation: &str, changed: StoreResult<T>) {
        let error = changed.expect_err(operation);
        assert_eq!(error.kind, StoreErrorKind::Overtaken, "{operation}");
        assert!(error.is_retryable());
    }
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &plays([1, 2]), 100).await;
    let before = state(store, given.user).await.unwrap();
    let (user, one, two) = (given.user, worker("one"), worker("two"));
    let fenced = store.fenced(&one);
    // Never claimed, claimed by another, passed, given back.
    for step in 0..4 {
        match step {
            1 => drop(store.claim(user, &two, HOUR).await.unwrap()),
            2 => {
                store.release(user, &two).await.unwrap();
                store.claim(user, &one, Duration::ZERO).await.unwrap();
            }
            3 => {
                fenced.claim(user, &one, HOUR).await.unwrap();
                fenced.release(user, &one).await.unwrap();
            }
            _ => {}
        }
        let observation = Observation {
            revision: store.revision(user).await.unwrap(),
            at: time(200),
            removals: Removals::Accept,
        };
        let replaced = fenced.replace(user, span(0, 10), plays([5]), observation).await;
        overtaken("replace", replaced);
        overtaken("recount", fenced.recount(user).await);
        overtaken("withdraw_doubts", fenced.withdraw_doubts(user, span(0, 10)).await);
        overtaken("set_hole", fenced.set_hole(user, hole(50, 60)).await);
        let book = Book { residual: 5, ..Book::default() };
        overtaken("set_book", fenced.set_book(user, book).await);
        overtaken("restore", fenced.restore(user, Part::Rest(Rest::default())).await);
        assert_eq!(state(fenced.as_ref(), user).await.unwrap(), before, "step {step}");
    }
}

/// Whoever is at work changes what they like, also after the claim was kept.
pub async fn a_fence_lets_the_worker_through(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let (user, one) = (given.user, worker("one"));
    let fenced = store.fenced(&one);
    for round in 0..2 {
        assert_eq!(fenced.claim(user, &one, HOUR).await.unwrap(), Claim::Yours);
        let observation = Observation {
            revision: fenced.revision(user).await.unwrap(),
            at: time(200),
            removals: Removals::Confirm,
        };
        let (start, end) = (round * 10, round * 10 + 10);
        let replaced = fenced.replace(user, span(start, end), plays([start]), observation).await;
        assert_eq!(replaced.unwrap().added, 1);
        fenced.recount(user).await.unwrap();
        fenced.withdraw_doubts(user, span(start, end)).await.unwrap();
        fenced.set_hole(user, hole(50, 60)).await.unwrap();
        let book = Book { residual: round, ..Book::default() };
        fenced.set_book(user, book).await.unwrap();
    }
    assert_eq!(store.count(user, Span::EVER).await.unwrap().plays, 2);
    let copy = Given::user(store, "a copy").await.user;
    fenced.claim(copy, &one, HOUR).await.unwrap();
    fenced.restore(copy, Part::Rest(Rest::default())).await.unwrap();
    // The fence is no matter of who else holds the store, nor of another user.
    given.replace(20, 30, &plays([25]), 300).await;
    let other = Given::user(store, "other").await;
    let refused = fenced.set_hole(other.user, hole(50, 60)).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Overtaken);
}

fn worker(name: &str) -> WorkerId {
    WorkerId(name.to_owned())
}
