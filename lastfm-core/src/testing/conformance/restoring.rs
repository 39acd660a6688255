//! Cases: taking a copy of an archive, part by part.

use super::given::{Given, State, object, place, play, plays, span, time};
use super::replacing::{ODD, polled};
use super::users::{eventful, hole};
use crate::archive::{
    ArchiveStore, Book, Count, Hole, Part, Removals, RemovedPlay, Rest, Revision, Span,
    StoreErrorKind, StoredPlay,
};

/// How many plays go into one part.
const PART: usize = 4;

/// A play that is held since it was seen, and one in doubt, tell which they are.
pub async fn a_doubted_play_says_since_when(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &plays([1, 2, 3]), 100).await;
    given.replace(0, 10, &plays([1, 3]), 107).await;
    let since = async || -> Vec<_> {
        let plays = given.state().await.plays;
        plays.into_iter().map(|stored| stored.doubted_at).collect()
    };
    assert_eq!(since().await, [None, Some(time(107)), None]);
    store.withdraw_doubts(given.user, span(0, 10)).await.unwrap();
    assert_eq!(since().await, [None, None, None]);
}

/// What all parts of a copy made is what was copied, to the byte, and goes on as that does.
pub async fn a_copy_is_the_same_archive(store: &dyn ArchiveStore) {
    let from = full(store, "rj").await;
    let copied = from.state().await;
    let to = Given::user(store, "a copy").await;
    copy(&copied, to).await;
    assert_eq!(to.state().await, copied);
    // A removed play comes back, one is edited, one is new in a second that had some.
    let later = [plays([1, 2, 5]), vec![play(4, "edited again"), play(1, "beside it")]].concat();
    for at in [500, 501] {
        let (here, there) = (to.replace(0, 10, &later, at), from.replace(0, 10, &later, at));
        assert_eq!(here.await, there.await);
    }
    assert_eq!(to.state().await, from.state().await);
}

/// A part that comes again changes nothing; one that comes otherwise takes the old one's place.
pub async fn a_restored_part_takes_the_place_of_what_was_there(store: &dyn ArchiveStore) {
    let from = full(store, "rj").await;
    let before = from.state().await;
    let to = Given::user(store, "a copy").await;
    for part in parts(&before).into_iter().take(3) {
        for _ in 0..2 {
            store.restore(to.user, part.clone()).await.unwrap();
        }
    }
    // Held plays are removed, removed ones are back, doubts arise and go.
    for (at, seconds) in [(600, vec![3, 5]), (601, vec![3, 5]), (602, vec![5])] {
        from.replace(0, 10, &plays(seconds), at).await;
    }
    let after = from.state().await;
    assert_ne!(after.removed, before.removed);
    copy(&after, to).await;
    assert_eq!(to.state().await, after);
}

/// Until the end of a copy has come, its counts are those of its plays, and nothing is covered.
pub async fn half_of_a_copy_covers_nothing(store: &dyn ArchiveStore) {
    let copied = full(store, "rj").await.state().await;
    let to = Given::user(store, "a copy").await;
    let mut parts = parts(&copied);
    let rest = parts.pop().unwrap();
    for part in parts {
        store.restore(to.user, part).await.unwrap();
        let half = to.state().await;
        assert_eq!((half.coverage, half.revision), (Vec::new(), Revision::default()));
        let doubted = half.plays.iter().filter(|stored| stored.doubted_at.is_some()).count();
        let count = Count { plays: half.plays.len() as u64, doubted: doubted as u64 };
        assert_eq!(half.count, count);
    }
    let whole = to.state().await;
    assert_eq!((whole.plays, whole.removed), (copied.plays.clone(), copied.removed.clone()));
    assert_eq!(whole.removed_count, copied.removed_count);
    store.restore(to.user, rest).await.unwrap();
    assert_eq!(to.state().await, copied);
}

/// An archive that is anybody's, a whole copy included, takes no part of another.
pub async fn an_archive_is_not_restored_over(store: &dyn ArchiveStore) {
    let copied = full(store, "rj").await.state().await;
    let to = Given::user(store, "a copy").await;
    copy(&copied, to).await;
    let other = Given::user(store, "another").await;
    other.replace(0, 10, &[], 100).await;
    for given in [to, other] {
        let before = given.state().await;
        let strange = Part::Plays { held: vec![stored(3, 0, None)], removed: Vec::new() };
        for part in parts(&copied).into_iter().chain([strange, Part::Rest(Rest::default())]) {
            let refused = store.restore(given.user, part).await.unwrap_err();
            assert_eq!(refused.kind, StoreErrorKind::Occupied);
            assert!(!refused.is_retryable());
        }
        assert_eq!(given.state().await, before);
    }
}

/// A play of another second than its place is refused, and all that came with it.
pub async fn a_play_is_restored_in_its_own_second(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let StoredPlay { play, .. } = stored(6, 0, None);
    let elsewhere = StoredPlay { place: place(7, 0), play: play.clone(), doubted_at: None };
    let removed = RemovedPlay { place: place(5, 0), play, removed_at: time(100), edited: false };
    let before = given.state().await;
    for part in [
        Part::Plays { held: vec![stored(3, 0, None), elsewhere], removed: Vec::new() },
        Part::Plays { held: vec![stored(3, 0, None)], removed: vec![removed] },
    ] {
        let refused = store.restore(given.user, part).await.unwrap_err();
        assert_eq!(refused.kind, StoreErrorKind::OutsideSpan);
        assert_eq!(given.state().await, before);
    }
}

/// Whenever the future is dropped, a part is there whole or not at all.
pub async fn a_dropped_restore_has_happened_whole_or_not_at_all(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    for polls in 0..12 {
        let second = polls * 100;
        let held = (second..second + 50).map(|at| stored(at, 0, None)).collect();
        let part = Part::Plays { held, removed: Vec::new() };
        let finished = polled(store.restore(given.user, part), polls).await;
        // A later call waits for what was begun.
        let nothing = Part::Plays { held: Vec::new(), removed: Vec::new() };
        store.restore(given.user, nothing).await.unwrap();
        let there = store.count(given.user, span(second, second + 50)).await.unwrap().plays;
        assert!(there == 50 || there == 0, "half of it after {polls} polls");
        assert!(there == 50 || !finished, "what was acknowledged is not there");
        let kept = store.count(given.user, Span::EVER).await.unwrap().plays;
        assert_eq!(kept, given.state().await.plays.len() as u64);
    }
}

/// A user of whom everything is kept that can be, written as oddly as can be.
async fn full<'a>(store: &'a dyn ArchiveStore, name: &str) -> Given<'a> {
    let given = eventful(store, name).await;
    let far = Span::new(time(50), time(400_000_000_000));
    let odd: Vec<_> =
        ODD.into_iter().map(object).filter(|odd| far.contains(odd.played_at())).collect();
    let repeated = [vec![play(60, "twice"); 3], odd].concat();
    given.replaces(far, &repeated, 200, Removals::Confirm).await;
    let early = Span::new(crate::Timestamp::MIN, time(-50));
    let first = [plays([i64::MIN, -100, -60]), vec![object(ODD[14])]].concat();
    for (answer, at) in [(&first[..], 201), (&first[..3], 202), (&first[1..], 203)] {
        given.replaces(early, answer, at, Removals::Confirm).await;
    }
    let strange =
        Hole { reason: "“it” fails".to_owned(), next_try_at: time(i64::MAX), ..hole(12, 13) };
    store.set_hole(given.user, strange).await.unwrap();
    let book = Book {
        last_success_at: Some(time(1)),
        last_error: Some((time(2), "no “answer”".to_owned())),
        residual: -3,
        residual_checked_at: Some(time(4)),
        recent_read_at: Some(time(-5)),
        newest_refused_until: Some(time(6)),
        audit_begun_at: Some(time(7)),
    };
    store.set_book(given.user, book).await.unwrap();
    given
}

/// Gives `to` all parts of an archive that looks like this.
async fn copy(copied: &State, to: Given<'_>) {
    for part in parts(copied) {
        to.store.restore(to.user, part).await.unwrap();
    }
}

/// An archive that looks like this, in parts; the rest is the last.
fn parts(copied: &State) -> Vec<Part> {
    let held = copied.plays.chunks(PART).map(|held| {
        let within =
            |removed: &&RemovedPlay| held.iter().any(|stored| stored.place.at == removed.place.at);
        let removed = copied.removed.iter().filter(within).cloned().collect();
        Part::Plays { held: held.to_vec(), removed }
    });
    let removed = copied.removed.chunks(PART);
    let removed =
        removed.map(|removed| Part::Plays { held: Vec::new(), removed: removed.to_vec() });
    let rest = Rest {
        revision: copied.revision,
        coverage: copied.coverage.clone(),
        holes: copied.holes.clone(),
        book: copied.book.clone(),
    };
    held.chain(removed).chain([Part::Rest(rest)]).collect()
}

fn stored(at: i64, ordinal: i64, doubted_at: Option<i64>) -> StoredPlay {
    let doubted_at = doubted_at.map(time);
    StoredPlay { place: place(at, ordinal), play: play(at, &format!("track {at}")), doubted_at }
}
