//! The same calls on the store in memory and on this one end in the same archive.

use std::sync::Arc;

use lastfm_core::Play;
use lastfm_core::archive::{
    ArchiveStore, Hole, MemoryStore, Observation, Removals, Replaced, Revision, Span,
    StoreErrorKind, UserId,
};
use lastfm_core::testing::VirtualClock;
use lastfm_core::testing::conformance::{play_of, state};
use proptest::prelude::*;

use crate::support::{Scratch, at, span, user};

/// One call. Seconds, names and texts are few, so that they meet.
#[derive(Debug, Clone)]
enum Call {
    Replace {
        start: i64,
        length: i64,
        plays: Vec<(i64, u8, u8)>,
        revisions_ago: i64,
        accept: bool,
        days: i64,
    },
    Withdraw {
        start: i64,
        length: i64,
    },
    Hole {
        start: i64,
        length: i64,
    },
}

fn call() -> impl Strategy<Value = Call> {
    let replace = (
        0_i64..40,
        0_i64..25,
        prop::collection::vec((0_i64..25, 0_u8..4, 0_u8..3), 0..20),
        prop_oneof![4 => Just(0_i64), 1 => 1_i64..4],
        any::<bool>(),
        0_i64..4,
    );
    let span = || (0_i64..40, 0_i64..25);
    prop_oneof![
        6 => replace.prop_map(|(start, length, plays, revisions_ago, accept, days)| {
            Call::Replace { start, length, plays, revisions_ago, accept, days }
        }),
        1 => span().prop_map(|(start, length)| Call::Withdraw { start, length }),
        1 => span().prop_map(|(start, length)| Call::Hole { start, length }),
    ]
}

async fn apply(
    store: &dyn ArchiveStore,
    user: UserId,
    call: &Call,
    now: &mut i64,
) -> Result<Replaced, StoreErrorKind> {
    let done = match call {
        Call::Replace { start, length, plays, revisions_ago, accept, days } => {
            *now += days * 24 * 60 * 60;
            let within = |second: &i64| start + second % length.max(&1);
            let plays: Vec<Play> = plays
                .iter()
                .map(|(second, name, text)| {
                    let album = ["an album", "another"][usize::from(name / 3)];
                    let mbid = ["", "x", "y"][usize::from(*text)];
                    play_of(within(second), &format!("track {}", name % 3), album, mbid)
                })
                .collect();
            let revision = store.revision(user).await.unwrap();
            let observation = Observation {
                revision: Revision(revision.0 - revisions_ago),
                at: at(*now),
                removals: [Removals::Confirm, Removals::Accept][usize::from(*accept)],
            };
            let span = span(*start, start + length);
            store.replace(user, span, plays, observation).await
        }
        Call::Withdraw { start, length } => {
            let span = span(*start, start + length);
            let withdrawn = store.withdraw_doubts(user, span).await;
            withdrawn.map(|()| Replaced::default())
        }
        Call::Hole { start, length } => {
            let hole = Hole {
                span: span(*start, start + length),
                reason: format!("hole {start}"),
                tries: 1,
                since: at(*now),
                next_try_at: at(*now + length),
            };
            let booked = store.set_hole(user, hole).await;
            booked.map(|()| Replaced::default())
        }
    };
    done.map_err(|error| error.kind)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn both_stores_end_in_the_same_archive(calls in prop::collection::vec(call(), 1..40)) {
        futures_executor::block_on(async {
            let scratch = Scratch::new();
            let sqlite = scratch.open().await;
            let memory = MemoryStore::new(Arc::new(VirtualClock::new(at(0))));
            let here = user(&sqlite).await;
            let there = memory.add_user(&"RJ".parse().unwrap(), None).await.unwrap().id;
            let (mut now, mut then) = (1_000_000, 1_000_000);
            for call in &calls {
                let left = apply(&sqlite, here, call, &mut now).await;
                let right = apply(&memory, there, call, &mut then).await;
                prop_assert_eq!(left, right, "{:?}", call);
                let (left, right) = (state(&sqlite, here).await, state(&memory, there).await);
                prop_assert_eq!(left.unwrap(), right.unwrap(), "after {:?}", call);
                for (start, end) in [(0, 10), (10, 30), (5, 60)] {
                    let part = span(start, end);
                    let left = sqlite.count(here, part).await.unwrap();
                    prop_assert_eq!(left, memory.count(there, part).await.unwrap());
                    let left = sqlite.moments(here, part, 2, 5).await.unwrap();
                    prop_assert_eq!(left, memory.moments(there, part, 2, 5).await.unwrap());
                }
            }
            let (left, right) = (sqlite.bounds(here).await, memory.bounds(there).await);
            prop_assert_eq!(left.unwrap(), right.unwrap());
            let ever = Span::EVER;
            let left = sqlite.count(here, ever).await.unwrap();
            prop_assert_eq!(left, memory.count(there, ever).await.unwrap());
            Ok(())
        })?;
    }
}
