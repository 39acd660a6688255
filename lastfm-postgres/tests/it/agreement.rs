//! The same calls on the store in memory, in SQLite and in PostgreSQL end in the same archive.
//!
//! `AGREEMENT_CASES` chooses how many sequences of calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lastfm_core::Play;
use lastfm_core::archive::{
    ArchiveStore, Book, Hole, MemoryStore, Observation, Removals, Replaced, Revision, Span,
    StoreErrorKind, UserId,
};
use lastfm_core::testing::VirtualClock;
use lastfm_core::testing::conformance::{play_of, state};
use lastfm_sqlite::SqliteStore;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::{Scratch, at, setting, span};

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
    Book {
        residual: i64,
    },
    Recount,
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
        8 => replace.prop_map(|(start, length, plays, revisions_ago, accept, days)| {
            Call::Replace { start, length, plays, revisions_ago, accept, days }
        }),
        1 => span().prop_map(|(start, length)| Call::Withdraw { start, length }),
        1 => span().prop_map(|(start, length)| Call::Hole { start, length }),
        1 => (-3_i64..3).prop_map(|residual| Call::Book { residual }),
        1 => Just(Call::Recount),
    ]
}

async fn apply(
    store: &dyn ArchiveStore,
    user: UserId,
    call: &Call,
    now: i64,
) -> Result<Replaced, StoreErrorKind> {
    let done = match call {
        Call::Replace { start, length, plays, revisions_ago, accept, .. } => {
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
                at: at(now),
                removals: [Removals::Confirm, Removals::Accept][usize::from(*accept)],
            };
            let span = span(*start, start + length);
            store.replace(user, span, plays, observation).await
        }
        Call::Withdraw { start, length } => {
            let withdrawn = store.withdraw_doubts(user, span(*start, start + length)).await;
            withdrawn.map(|()| Replaced::default())
        }
        Call::Hole { start, length } => {
            let hole = Hole {
                span: span(*start, start + length),
                reason: format!("hole {start}\0\u{fdd0}"),
                tries: 1,
                since: at(now),
                next_try_at: at(now + length),
            };
            store.set_hole(user, hole).await.map(|()| Replaced::default())
        }
        Call::Book { residual } => {
            let mut book = Book::default();
            book.residual = *residual;
            book.last_error = Some((at(now), "it failed\0".to_owned()));
            store.set_book(user, book).await.map(|()| Replaced::default())
        }
        Call::Recount => {
            let count = store.recount(user).await;
            count.map(|count| Replaced { added: count.plays, ..Replaced::default() })
        }
    };
    done.map_err(|error| error.kind)
}

#[test]
fn three_stores_end_in_the_same_archive() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (scratch, folder) = (Scratch::new(), tempfile::tempdir().unwrap());
    let stores: [Arc<dyn ArchiveStore>; 3] = runtime.block_on(async {
        let sqlite = SqliteStore::open(folder.path().join("plays.db")).await.unwrap();
        let memory = MemoryStore::new(Arc::new(VirtualClock::new(at(0))));
        let stores: [Arc<dyn ArchiveStore>; 3] =
            [Arc::new(memory), Arc::new(sqlite), Arc::new(scratch.open().await)];
        stores
    });
    let cases = setting("AGREEMENT_CASES").unwrap_or(200);
    // Each waits for the database most of the time.
    let at_a_time = 4;
    let cases = u32::try_from(cases.div_ceil(at_a_time)).unwrap();
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
    let numbers = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                let calls = prop::collection::vec(call(), 1..40);
                let agreed = TestRunner::new(config.clone()).run(&calls, |calls| {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    runtime.block_on(agree(&stores, number, &calls));
                    Ok(())
                });
                agreed.unwrap_or_else(|error| panic!("{error}"));
            });
        }
    });
}

/// Every answer is the same, and so is the archive.
async fn agree(stores: &[Arc<dyn ArchiveStore>; 3], number: usize, calls: &[Call]) {
    let name = format!("user-{number}").parse().unwrap();
    let mut users = Vec::new();
    for store in stores {
        users.push((store, store.add_user(&name, None).await.unwrap().id));
    }
    let mut now = 1_000_000;
    for (step, call) in calls.iter().enumerate() {
        if let Call::Replace { days, .. } = call {
            now += days * 24 * 60 * 60;
        }
        let is_looked_at = step % 5 == 4 || step + 1 == calls.len();
        let mut expected = None;
        for (store, user) in &users {
            let done = apply(store.as_ref(), *user, call, now).await;
            let state =
                if is_looked_at { Some(looked_at(store.as_ref(), *user).await) } else { None };
            let told = (done, state);
            assert_eq!(&told, expected.get_or_insert_with(|| told.clone()), "after {call:?}");
        }
    }
}

/// All that can be seen of an archive.
async fn looked_at(
    store: &dyn ArchiveStore,
    user: UserId,
) -> impl PartialEq + Clone + std::fmt::Debug {
    let mut parts = Vec::new();
    for part in [span(0, 10), span(10, 30), span(5, 60), Span::EVER] {
        let moments = store.moments(user, part, 2, 5).await.unwrap();
        parts.push((store.count(user, part).await.unwrap(), moments));
    }
    (state(store, user).await.unwrap(), parts, store.bounds(user).await.unwrap())
}
