//! Cases: coverage, and what can be read.

use super::given::{Given, place, play, plays, span, time};
use super::users::{eventful, hole};
use crate::Timestamp;
use crate::archive::{ArchiveStore, Book, Count, Covered, Hole, Place, Removals, Revision, Span};

/// A user begins with nothing.
pub async fn a_new_archive_is_empty(store: &dyn ArchiveStore) {
    let state = Given::user(store, "rj").await.state().await;
    assert_eq!(state.plays, []);
    assert_eq!(state.coverage, []);
    assert_eq!(state.count, Count::default());
    assert_eq!(state.removed_count, 0);
    assert_eq!(state.doubts, []);
    assert_eq!(state.holes, []);
    assert_eq!(state.book, Book::default());
}

/// A replaced span is covered, observed and verified at the time of the answer, by the new
/// revision, plays or not.
pub async fn a_replaced_span_is_covered(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(10, 20, &plays([11]), 100).await;
    let first = given.revision().await;
    given.replace(-5, 5, &[], 101).await;
    let second = given.revision().await;
    assert_eq!(
        given.state().await.coverage,
        [covered(-5, 5, 101, 101, second), covered(10, 20, 100, 100, first)]
    );
}

/// Replacing the middle of a covered span leaves its ends as they were.
pub async fn coverage_is_cut_at_the_edges_of_a_span(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &[], 100).await;
    given.replace(20, 30, &[], 100).await;
    let ends = given.revision().await;
    let first = Revision(ends.0 - 1);
    given.replace(5, 25, &[], 101).await;
    let middle = given.revision().await;
    given.replace(10, 11, &[], 102).await;
    let second = given.revision().await;
    assert_eq!(
        given.state().await.coverage,
        [
            covered(0, 5, 100, 100, first),
            covered(5, 10, 101, 101, middle),
            covered(10, 11, 102, 102, second),
            covered(11, 25, 101, 101, middle),
            covered(25, 30, 100, 100, ends),
        ]
    );
    // A revision read before the middle changed still holds for what lies beside it.
    given.replace_since(ends, 25, 30, &[]).await.unwrap();
    given.replace_since(middle, 11, 25, &[]).await.unwrap();
    given.replace_since(ends, 4, 6, &[]).await.unwrap_err();
}

/// While plays are in doubt, the time of verification does not move.
pub async fn a_span_in_doubt_is_not_verified(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &plays([1, 2]), 100).await;
    given.replace(0, 10, &plays([2]), 101).await;
    let revision = given.revision().await;
    let in_doubt = covered(0, 10, 100, 101, revision);
    assert_eq!(given.state().await.coverage, [in_doubt]);
    given.replace(0, 10, &plays([2]), 102).await;
    let revision = given.revision().await;
    let settled = covered(0, 10, 102, 102, revision);
    assert_eq!(given.state().await.coverage, [settled]);
}

/// Holes are forgotten as far as they lie within a replaced span, and only so far.
pub async fn a_replaced_span_forgets_its_holes(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    for (start, end) in [(0, 20), (30, 31), (40, 60), (70, 80)] {
        store.set_hole(given.user, hole(start, end)).await.unwrap();
    }
    given.replace(5, 10, &[], 100).await;
    given.replace(25, 45, &[], 100).await;
    let left = [hole(0, 5), hole(10, 20), hole(45, 60), hole(70, 80)];
    assert_eq!(given.state().await.holes, left);
    let stale = given.replace_since(Revision(-1), 0, 90, &[]).await;
    stale.unwrap_err();
    assert_eq!(given.state().await.holes, left);
    given.replace(0, 90, &[], 100).await;
    assert_eq!(given.state().await.holes, []);
}

/// The kept count of all of time and the counted ones are those of the plays.
pub async fn counts_agree_with_the_plays(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 100, &plays(0..40), 100).await;
    given.replace(0, 50, &plays(3..45), 101).await;
    given.replace(20, 30, &plays(22..30), 102).await;
    given.replace(22, 24, &plays([23]), 103).await;
    given.replace(0, 5, &plays(3..5), 104).await;
    // Doubted: 20, 21 and 22; removed: 0, 1 and 2.
    for (start, end, plays, doubted) in [
        (0, 100, 42, 3),
        (0, 20, 17, 0),
        (20, 21, 1, 1),
        (20, 30, 10, 3),
        (50, 40, 0, 0),
        (90, 200, 0, 0),
    ] {
        let count = store.count(given.user, span(start, end)).await.unwrap();
        assert_eq!(count, Count { plays, doubted }, "in {start} to {end}");
    }
    let state = given.state().await;
    assert_eq!(state.plays.len(), 42);
    assert_eq!(state.count, Count { plays: 42, doubted: 3 });
}

/// The bounds are the moments of the first and the last play, removed ones left out.
pub async fn the_bounds_are_the_first_and_the_last_play(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let bounds = async || store.bounds(given.user).await.unwrap();
    given.replace(-10, 30, &[], 100).await;
    assert_eq!(bounds().await, None);
    given.replace(-10, 30, &plays([5, -3, 20, 5]), 101).await;
    assert_eq!(bounds().await, Some((time(-3), time(20))));
    given.replace(-10, 30, &plays([5]), 102).await;
    assert_eq!(bounds().await, Some((time(-3), time(20))), "doubted ones count");
    given.replace(-10, 30, &plays([5]), 103).await;
    assert_eq!(bounds().await, Some((time(5), time(5))));
    for at in [104, 105] {
        given.replace(-10, 30, &[], at).await;
    }
    assert_eq!(bounds().await, None);
}

/// Moments come oldest first, repeats included, without removed plays, in pages that fit together.
pub async fn moments_are_read_in_pages(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let answer = plays([9, 3, 3, 3, 5, 7, 1, 20]);
    given.replace(0, 30, &answer, 100).await;
    for at in [101, 102] {
        given.replace(7, 8, &[], at).await;
    }
    let read = async |start, end, skip, limit| {
        let moments = store.moments(given.user, span(start, end), skip, limit);
        let seconds = moments.await.unwrap().into_iter().map(Timestamp::as_unix);
        seconds.collect::<Vec<_>>()
    };
    assert_eq!(read(0, 30, 0, 100).await, [1, 3, 3, 3, 5, 9, 20]);
    assert_eq!(read(3, 20, 0, 100).await, [3, 3, 3, 5, 9]);
    assert_eq!(read(3, 20, 0, 2).await, [3, 3]);
    assert_eq!(read(3, 20, 2, 2).await, [3, 5]);
    assert_eq!(read(3, 20, 4, 2).await, [9]);
    for (skip, limit) in [(5, 2), (u64::MAX, 2), (0, 0)] {
        assert_eq!(read(3, 20, skip, limit).await, [0; 0]);
    }
    assert_eq!(read(20, 3, 0, 100).await, [0; 0]);
}

/// Plays come oldest first, each once, in pages that fit together; a page is short only at the
/// end.
pub async fn plays_are_read_in_pages(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let answer = plays([9, 3, 3, 3, 5, 7, 1, 20]);
    given.replace(0, 30, &answer, 100).await;
    for at in [101, 102] {
        given.replace(7, 8, &[], at).await;
    }
    let read = async |start, end, after: Option<Place>, limit| {
        let stored = store.plays(given.user, span(start, end), after, limit);
        let stored = stored.await.unwrap();
        for stored in &stored {
            assert_eq!(stored.place.at, stored.play.played_at());
            let second = stored.place.at.as_unix();
            assert_eq!(stored.play, play(second, &format!("track {second}")));
        }
        let places = stored.into_iter().map(|stored| stored.place);
        places.collect::<Vec<_>>()
    };
    let all = read(0, 30, None, 100).await;
    let seconds: Vec<_> = all.iter().map(|place| place.at.as_unix()).collect();
    assert_eq!(seconds, [1, 3, 3, 3, 5, 9, 20]);
    assert!(all.is_sorted_by(|a, b| a < b), "each place once: {all:?}");
    for limit in 1..9 {
        let mut paged = Vec::new();
        loop {
            let page = read(0, 30, paged.last().copied(), limit).await;
            assert!(page.iter().all(|place| Some(place) > paged.last()));
            paged.extend_from_slice(&page);
            if page.len() < limit {
                break;
            }
        }
        assert_eq!(paged, all, "in pages of {limit}");
    }
    assert_eq!(read(3, 9, None, 100).await, all[1..5]);
    assert_eq!(read(3, 9, Some(all[0]), 2).await, all[1..3]);
    assert_eq!(read(3, 9, Some(place(7, 0)), 2).await, []);
    assert_eq!(read(4, 30, Some(all[1]), 100).await, all[4..]);
    assert_eq!(read(0, 30, Some(all[6]), 100).await, []);
    assert_eq!(read(0, 30, None, 0).await, []);
}

/// Removed and edited plays come oldest first, as they were sent, with the time of their removal,
/// in pages that fit together; doubted ones are not among them, nor one that came back.
pub async fn removed_plays_are_read_in_pages(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 30, &plays([9, 3, 3, 5, 7, 1, 20]), 100).await;
    for at in [101, 102] {
        given.replace(0, 30, &plays([9, 3, 7, 20]), at).await;
    }
    let edited = [plays([1, 3, 7]), vec![play(20, "newer")]].concat();
    given.replace(0, 30, &edited, 103).await;
    let read = async |start, end, after, limit| {
        let removed = store.removed(given.user, span(start, end), after, limit).await.unwrap();
        for removed in &removed {
            let second = removed.place.at.as_unix();
            assert_eq!(removed.play, play(second, &format!("track {second}")));
            assert_eq!(removed.edited, second == 20);
            assert_eq!(removed.removed_at, time(if removed.edited { 103 } else { 102 }));
        }
        removed.into_iter().map(|removed| removed.place).collect::<Vec<_>>()
    };
    let all = read(0, 30, None, 100).await;
    let seconds: Vec<_> = all.iter().map(|place| place.at.as_unix()).collect();
    assert_eq!(seconds, [3, 5, 20]);
    for limit in 1..5 {
        let mut paged = Vec::new();
        loop {
            let page = read(0, 30, paged.last().copied(), limit).await;
            paged.extend_from_slice(&page);
            if page.len() < limit {
                break;
            }
        }
        assert_eq!(paged, all, "in pages of {limit}");
    }
    assert_eq!(read(3, 20, None, 100).await, all[..2]);
    assert_eq!(read(4, 30, Some(all[0]), 100).await, all[1..]);
    assert_eq!(read(0, 30, Some(place(6, 0)), 100).await, all[2..]);
    assert_eq!(read(0, 30, Some(all[2]), 100).await, []);
    assert_eq!(read(20, 3, None, 100).await, []);
    assert_eq!(read(0, 30, None, 0).await, []);
}

/// A recount returns the count that is kept already, and changes nothing at all.
pub async fn a_recount_changes_nothing_that_is_right(store: &dyn ArchiveStore) {
    let given = eventful(store, "rj").await;
    let before = given.state().await;
    assert_eq!(before.count, Count { plays: 4, doubted: 1 });
    assert_eq!((before.removed_count, before.removed.len()), (1, 2));
    let counted = store.recount(given.user).await.unwrap();
    assert_eq!(counted, before.count);
    assert_eq!(given.state().await, before);
}

/// Spans without an end, second 0, times before 1970 and times that no calendar has.
pub async fn the_ends_of_time_are_ordinary(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let seconds = [i64::MIN, i64::MIN + 1, -2_000_000_000, -1, 0, i64::MAX - 1];
    let answer = plays(seconds);
    let replaced = given.replaces(Span::EVER, &answer, 100, Removals::Confirm);
    assert_eq!(replaced.await.added, 6);
    let state = given.state().await;
    let kept: Vec<_> = state.plays.iter().map(|play| play.place.at.as_unix()).collect();
    assert_eq!(kept, seconds);
    let newest = Span::new(time(1), Timestamp::MAX);
    assert_eq!(store.count(given.user, newest).await.unwrap().plays, 1);
    let oldest = Span::new(Timestamp::MIN, time(-1));
    assert_eq!(store.count(given.user, oldest).await.unwrap().plays, 3);
    assert_eq!(store.moments(given.user, oldest, 1, 9).await.unwrap().len(), 2);
    let twice = plays([i64::MIN, i64::MIN]);
    let again = given.replaces(oldest, &twice, 101, Removals::Confirm).await;
    assert_eq!((again.changed, again.added, again.doubted), (0, 1, 2));
    let spans: Vec<_> = given.state().await.coverage.iter().map(|covered| covered.span).collect();
    assert_eq!(spans, [oldest, Span::new(time(-1), Timestamp::MAX)]);
    let given = Given::user(store, "nobody yet").await;
    let everywhere = Hole { span: Span::EVER, ..hole(0, 0) };
    store.set_hole(given.user, everywhere).await.unwrap();
    given.replace(0, 10, &plays([0]), 102).await;
    let spans: Vec<_> = given.state().await.holes.iter().map(|hole| hole.span).collect();
    let (before, after) = (Span::new(Timestamp::MIN, time(0)), Span::new(time(10), Timestamp::MAX));
    assert_eq!(spans, [before, after]);
}

fn covered(start: i64, end: i64, verified: i64, observed: i64, revision: Revision) -> Covered {
    Covered {
        span: span(start, end),
        verified_at: time(verified),
        observed_at: time(observed),
        revision,
    }
}
