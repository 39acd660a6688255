//! Copying an archive from one store to another, stopped anywhere, and into what is there already.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use futures_executor::block_on;
use lastfm_core::archive::{
    ArchiveStore, Claim, Copied, CopyError, Hole, MemoryStore, Part, Place, RemovedPlay, Side,
    Span, StoredPlay, UserId, WorkerId, copy_user,
};
use lastfm_core::testing::conformance::{Given, play, plays, state};
use lastfm_core::testing::stories::until_cut;
use lastfm_core::testing::{Cut, Cutting, VirtualClock};
use lastfm_core::{Timestamp, Username};

type Store = Arc<dyn ArchiveStore>;

/// Of more plays than go into one part.
const PLAYS: i64 = 2_300;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn name() -> Username {
    "rj".parse().unwrap()
}

fn me() -> WorkerId {
    WorkerId("me".to_owned())
}

fn stores() -> (VirtualClock, Store, Store) {
    let clock = VirtualClock::new(at(0));
    let store = || -> Store { Arc::new(MemoryStore::new(Arc::new(clock.clone()))) };
    let (from, to) = (store(), store());
    (clock, from, to)
}

/// Repeats, removed plays, an edit, doubts and a hole.
async fn fill(store: &Store) -> UserId {
    let registered_at = Some(at(-1_000));
    let user = store.add_user(&"RJ".parse().unwrap(), registered_at).await.unwrap().id;
    let given = Given { store: &**store, user };
    let early = [plays(0..100), vec![play(50, "again"); 3]].concat();
    given.replace(0, 100, &early, 10_000).await;
    for later in [10_001, 10_002] {
        given.replace(0, 100, &early[4..], later).await;
    }
    given.replace(60, 61, &[play(60, "edited")], 10_003).await;
    given.replace(80, 90, &plays(82..90), 10_004).await;
    given.replace(100, PLAYS, &plays(100..PLAYS), 10_005).await;
    let hole = Hole {
        span: Span::new(at(7_000), at(7_005)),
        reason: "it fails".to_owned(),
        tries: 2,
        since: at(10_000),
        next_try_at: at(20_000),
    };
    store.set_hole(user, hole).await.unwrap();
    user
}

async fn copy(from: &Store, to: &Store) -> Result<Copied, CopyError> {
    copy_user(&**from, &**to, &name(), &me(), &mut |_| {}).await
}

async fn assert_same(from: &Store, to: &Store) {
    let (ours, theirs) = (from.user(&name()).await.unwrap(), to.user(&name()).await.unwrap());
    let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
    assert_eq!(ours.name.as_str(), theirs.name.as_str());
    assert_eq!(ours.registered_at, theirs.registered_at);
    let (one, other) = (state(&**from, ours.id).await, state(&**to, theirs.id).await);
    assert!(one.unwrap() == other.unwrap(), "the copy differs");
}

#[test]
fn a_copy_holds_the_same_and_is_only_compared_the_second_time() {
    block_on(async {
        let (_, from, to) = stores();
        fill(&from).await;
        let copied = copy(&from, &to).await.unwrap();
        assert_same(&from, &to).await;
        assert_eq!((copied.plays, copied.doubted, copied.removed, copied.edited), (2_299, 2, 4, 1));
        assert_eq!((copied.written, copied.was_there), (2_304, false));
        let again = copy(&from, &to).await.unwrap();
        assert_eq!(again.plays, 2_299);
        assert_eq!((again.written, again.was_there), (0, true));
    });
}

#[test]
fn a_copy_that_is_killed_at_any_step_is_no_archive_and_is_gone_on_with() {
    block_on(async {
        let mut steps = 0;
        loop {
            steps += 1;
            let (_, from, to) = stores();
            fill(&from).await;
            let cut = Cut::after(steps);
            let [one, other] = [&from, &to]
                .map(|store| -> Store { Arc::new(Cutting::new(Arc::clone(store), cut.clone())) });
            let outcome = until_cut(&mut Box::pin(copy(&one, &other)), &cut).await;
            if let Some(user) = to.user(&name()).await.unwrap()
                && !to.coverage(user.id).await.unwrap().is_empty()
            {
                assert_same(&from, &to).await;
            }
            copy(&from, &to).await.unwrap();
            assert_same(&from, &to).await;
            if outcome.is_some() {
                break;
            }
        }
        assert!(steps > 40, "only {steps} steps");
    });
}

#[test]
fn what_changed_between_two_attempts_is_copied_as_it_is_now() {
    block_on(async {
        let (_, from, to) = stores();
        let user = fill(&from).await;
        let cut = Cut::after(30);
        let cutting: Store = Arc::new(Cutting::new(Arc::clone(&to), cut.clone()));
        assert!(until_cut(&mut Box::pin(copy(&from, &cutting)), &cut).await.is_none());
        let theirs = to.user(&name()).await.unwrap().unwrap().id;
        assert!(to.count(theirs, Span::EVER).await.unwrap().plays > 0);
        let given = Given { store: &*from, user };
        for later in [20_000, 20_001] {
            given.replace(300, 400, &plays(303..400), later).await;
        }
        copy(&from, &to).await.unwrap();
        assert_same(&from, &to).await;
    });
}

#[test]
fn a_copy_that_is_not_finished_is_not_copied_on() {
    block_on(async {
        let (clock, from, to) = stores();
        fill(&from).await;
        let cut = Cut::after(30);
        let cutting: Store = Arc::new(Cutting::new(Arc::clone(&to), cut.clone()));
        assert!(until_cut(&mut Box::pin(copy(&from, &cutting)), &cut).await.is_none());
        let third: Store = Arc::new(MemoryStore::new(Arc::new(clock)));
        let refused = copy(&to, &third).await.unwrap_err();
        assert!(matches!(refused, CopyError::HalfCopy { .. }), "{refused}");
    });
}

#[test]
fn a_store_that_is_reached_twice_is_not_copied_onto_itself() {
    block_on(async {
        let (_, from, _) = stores();
        fill(&from).await;
        for _ in 0..2 {
            let refused = copy(&from, &from).await.unwrap_err();
            assert!(matches!(refused, CopyError::SamePlace { .. }), "{refused}");
        }
    });
}

#[test]
fn an_archive_that_is_there_is_left_alone() {
    block_on(async {
        let (_, from, to) = stores();
        let user = fill(&from).await;
        let there = Given::user(&*to, "rj").await;
        there.replace(0, 10, &plays([3]), 100).await;
        let before = state(&*to, there.user).await.unwrap();
        let refused = copy(&from, &to).await.unwrap_err();
        assert!(matches!(refused, CopyError::Occupied { .. }), "{refused:?}");
        assert_eq!(state(&*to, there.user).await.unwrap(), before);

        // So is a copy that went on by itself.
        let (_, _, to) = stores();
        copy(&from, &to).await.unwrap();
        Given { store: &*from, user }.replace(300, 301, &plays([300, 300]), 30_000).await;
        let refused = copy(&from, &to).await.unwrap_err();
        assert!(matches!(refused, CopyError::Occupied { .. }), "{refused:?}");
    });
}

#[test]
fn rows_of_another_source_are_no_part_of_a_copy() {
    block_on(async {
        let (_, from, to) = stores();
        fill(&from).await;
        let there = to.add_user(&name(), None).await.unwrap().id;
        let place = Place { at: at(9_000), ordinal: 0 };
        let held = vec![StoredPlay { place, play: play(9_000, "strange"), doubted_at: None }];
        let removed_at = at(9_100);
        let place = Place { at: at(-9_000), ordinal: 0 };
        let play = play(-9_000, "strange");
        let removed = vec![RemovedPlay { place, play, removed_at, edited: true }];
        to.restore(there, Part::Plays { held, removed }).await.unwrap();
        let refused = copy(&from, &to).await.unwrap_err();
        assert!(matches!(refused, CopyError::Differs { count: 2, .. }), "{refused:?}");
        assert_eq!(to.coverage(there).await.unwrap(), []);
    });
}

#[test]
fn another_account_of_the_name_is_refused() {
    block_on(async {
        let (_, from, to) = stores();
        fill(&from).await;
        to.add_user(&name(), Some(at(5))).await.unwrap();
        let refused = copy(&from, &to).await.unwrap_err();
        assert!(matches!(refused, CopyError::AnotherAccount { .. }), "{refused:?}");
        let nobody = copy(&to, &stores().1).await;
        nobody.unwrap();
        let refused = copy(&stores().1, &to).await.unwrap_err();
        assert!(matches!(refused, CopyError::UnknownUser { .. }), "{refused:?}");
    });
}

#[test]
fn nobody_works_on_the_user_meanwhile() {
    block_on(async {
        for side in [Side::From, Side::To] {
            let (_, from, to) = stores();
            fill(&from).await;
            to.add_user(&name(), None).await.unwrap();
            let store = if side == Side::From { &from } else { &to };
            let user = store.user(&name()).await.unwrap().unwrap().id;
            let other = WorkerId("another".to_owned());
            let hour = std::time::Duration::from_secs(3_600);
            assert_eq!(store.claim(user, &other, hour).await.unwrap(), Claim::Yours);
            match copy(&from, &to).await.unwrap_err() {
                CopyError::AtWork { side: told, by, .. } => {
                    assert_eq!((told, by), (side, other.clone()));
                }
                error => panic!("{error:?}"),
            }
            store.release(user, &other).await.unwrap();
            copy(&from, &to).await.unwrap();
            for store in [&from, &to] {
                let user = store.user(&name()).await.unwrap().unwrap().id;
                assert_eq!(store.claim(user, &other, hour).await.unwrap(), Claim::Yours);
            }
        }
    });
}
