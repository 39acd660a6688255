//! Calls at random of a store and of one in memory, answered alike.

use std::sync::Arc;

use super::given::{play_of, span, state, time, username};
use crate::archive::{
    ArchiveStore, Book, Hole, MemoryStore, Observation, Removals, Revision, Span, StoreResult,
    UserId,
};
use crate::testing::{Dice, VirtualClock};
use crate::{Play, Timestamp};

const DAY: i64 = 24 * 60 * 60;

/// Makes the sequence of calls that follows from `seed` for a new user, and asserts that this store
/// answers each of them, and ends in the same archive, as the one in memory does. The user is named
/// after the seed, so that one store can serve many sequences, also at once.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
///
/// use lastfm_core::Timestamp;
/// use lastfm_core::archive::MemoryStore;
/// use lastfm_core::testing::VirtualClock;
/// use lastfm_core::testing::conformance::agrees_with_memory;
///
/// let store = MemoryStore::new(Arc::new(VirtualClock::new(Timestamp::MIN)));
/// futures_executor::block_on(agrees_with_memory(&store, 1));
/// ```
pub async fn agrees_with_memory(store: &dyn ArchiveStore, seed: u64) {
    let memory = MemoryStore::new(Arc::new(VirtualClock::new(time(0))));
    let name = username(&format!("user-{seed}"));
    let user = store.add_user(&name, None).await.unwrap().id;
    let expected_user = memory.add_user(&name, None).await.unwrap().id;
    let mut dice = Dice::stream(seed, 0x52);
    let mut now = 1_000_000;
    for call in 0..dice.between(1, 40) {
        now += dice.between(0, 4) * DAY;
        let mut same = dice.clone();
        let said = one_call(&mut dice, store, user, time(now)).await;
        let expected = one_call(&mut same, &memory, expected_user, time(now)).await;
        assert_eq!(said, expected, "seed {seed}, call {call}");
        if call % 5 == 4 {
            assert_same(store, user, &memory, expected_user, seed).await;
        }
    }
    assert_same(store, user, &memory, expected_user, seed).await;
}

async fn assert_same(
    store: &dyn ArchiveStore,
    user: UserId,
    memory: &MemoryStore,
    expected_user: UserId,
    seed: u64,
) {
    let kept = state(store, user).await.unwrap();
    assert_eq!(kept, state(memory, expected_user).await.unwrap(), "seed {seed}");
    for part in [span(0, 10), span(10, 30), span(5, 60), Span::EVER] {
        let kept = store.count(user, part).await.unwrap();
        assert_eq!(kept, memory.count(expected_user, part).await.unwrap(), "seed {seed}");
        let kept = store.moments(user, part, 2, 5).await.unwrap();
        let expected = memory.moments(expected_user, part, 2, 5).await.unwrap();
        assert_eq!(kept, expected, "seed {seed}");
    }
    let kept = store.bounds(user).await.unwrap();
    assert_eq!(kept, memory.bounds(expected_user).await.unwrap(), "seed {seed}");
}

/// One call, the same for equal dice, and what came of it: what a store says of an error is its
/// own, the kind is not. Seconds, names and texts are few, so that they meet.
async fn one_call(
    dice: &mut Dice,
    store: &dyn ArchiveStore,
    user: UserId,
    now: Timestamp,
) -> String {
    let (start, length) = (dice.between(0, 40), dice.between(0, 25));
    let part = span(start, start + length);
    match dice.below(12) {
        0..=7 => {
            let plays = plays(dice, start, length);
            // A reading that began a few changes ago.
            let age = if dice.chance(0.2) { dice.between(1, 4) } else { 0 };
            let revision = Revision(store.revision(user).await.unwrap().0 - age);
            let removals = *dice.pick(&[Removals::Confirm, Removals::Accept]);
            let observation = Observation { revision, at: now, removals };
            said(store.replace(user, part, plays, observation).await)
        }
        8 => said(store.withdraw_doubts(user, part).await),
        9 => {
            let hole = Hole {
                span: part,
                reason: format!("hole {start}\0\u{fdd0}"),
                tries: 1,
                since: now,
                next_try_at: now.plus(length),
            };
            said(store.set_hole(user, hole).await)
        }
        10 => {
            let last_error = Some((now, "it failed\0".to_owned()));
            let book = Book { residual: dice.between(-3, 3), last_error, ..Book::default() };
            said(store.set_book(user, book).await)
        }
        _ => said(store.recount(user).await),
    }
}

fn said<T: std::fmt::Debug>(answer: StoreResult<T>) -> String {
    format!("{:?}", answer.map_err(|error| error.kind))
}

fn plays(dice: &mut Dice, start: i64, length: i64) -> Vec<Play> {
    let count = dice.index(20);
    let plays = (0..count).map(|_| {
        let second = start + dice.between(0, length.max(1));
        let name = format!("track {}", dice.below(3));
        let album = *dice.pick(&["an album", "an album", "an album", "another"]);
        let mbid = *dice.pick(&["", "x", "y"]);
        play_of(second, &name, album, mbid)
    });
    plays.collect()
}
