//! Cases: users, and that they are apart.

use std::time::Duration;

use super::given::{Given, play, plays, span, state, time, username};
use crate::archive::{
    ArchiveStore, Book, Hole, Observation, Part, Removals, Rest, Revision, Span, StoreError,
    StoreErrorKind, UserId, WorkerId,
};

/// Names differ in case only: it is the same user, and the spelling is kept.
pub async fn a_user_is_found_in_any_case(store: &dyn ArchiveStore) {
    assert_eq!(store.user(&username("rj")).await.unwrap(), None);
    let added = store.add_user(&username("RJ"), Some(time(5))).await.unwrap();
    let found = store.user(&username("rj")).await.unwrap();
    assert_eq!(found.as_ref(), Some(&added));
    assert_eq!(added.name.as_str(), "RJ");
    assert_eq!(added.registered_at, Some(time(5)));
    let umlaut = store.add_user(&username("ÄRGER"), None).await.unwrap();
    let found = store.user(&username("ärger")).await.unwrap();
    assert_eq!(found, Some(umlaut));
}

/// All users, in the order of their names.
pub async fn users_are_listed_by_name(store: &dyn ArchiveStore) {
    assert_eq!(store.users().await.unwrap(), []);
    for name in ["carol", "Bob", "alice"] {
        Given::user(store, name).await;
    }
    let users = store.users().await.unwrap();
    let names: Vec<_> = users.iter().map(|user| user.name.as_str()).collect();
    assert_eq!(names, ["alice", "Bob", "carol"]);
}

/// `add_user` returns the one of this name, unchanged.
pub async fn adding_a_user_again_changes_nothing(store: &dyn ArchiveStore) {
    let first = store.add_user(&username("rj"), Some(time(5))).await.unwrap();
    let again = store.add_user(&username("RJ"), Some(time(6))).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(again.name.as_str(), "rj", "the spelling is kept");
    assert_eq!(store.users().await.unwrap().len(), 1);
}

/// A rename changes name and registration time, and nothing else.
pub async fn a_renamed_user_keeps_the_archive(store: &dyn ArchiveStore) {
    let given = Given::user(store, "before").await;
    given.replace(0, 10, &plays([1, 2]), 100).await;
    let state = given.state().await;
    for (name, registered_at) in [("After", Some(time(7))), ("AFTER", None)] {
        let new = username(name);
        let renamed = store.rename_user(given.user, &new, registered_at).await;
        renamed.unwrap();
        let user = store.user(&username("after")).await.unwrap().unwrap();
        assert_eq!(user.id, given.user);
        assert_eq!(user.name.as_str(), name);
        assert_eq!(user.registered_at, registered_at);
    }
    assert_eq!(store.user(&username("before")).await.unwrap(), None);
    assert_eq!(given.state().await, state);
}

/// A rename to another user's name is a conflict, in any case, and changes neither.
pub async fn a_name_that_another_user_has_is_refused(store: &dyn ArchiveStore) {
    let one = Given::user(store, "one").await;
    Given::user(store, "two").await;
    let before = store.users().await.unwrap();
    let refused = store.rename_user(one.user, &username("TWO"), None).await;
    assert_eq!(refused.unwrap_err().kind, StoreErrorKind::Conflict);
    assert_eq!(store.users().await.unwrap(), before);
}

/// A removed user is gone with all that was kept; the name begins anew, and others stay.
pub async fn a_removed_user_leaves_nothing(store: &dyn ArchiveStore) {
    let other = Given::user(store, "other").await;
    other.replace(0, 10, &plays([1, 2]), 100).await;
    let others = other.state().await;
    let gone = eventful(store, "rj").await;
    store.remove_user(gone.user).await.unwrap();
    assert_eq!(store.user(&username("rj")).await.unwrap(), None);
    assert_eq!(store.users().await.unwrap().len(), 1);
    let error = state(store, gone.user).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::UnknownUser);
    let error = store.remove_user(gone.user).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::UnknownUser);
    assert_eq!(other.state().await, others);

    let empty = Given::user(store, "somebody").await.state().await;
    let again = Given::user(store, "RJ").await;
    assert_eq!(again.state().await, empty);
    let worker = WorkerId("another".to_owned());
    let claimed = store.claim(again.user, &worker, Duration::from_secs(3_600)).await;
    assert_eq!(claimed.unwrap(), crate::archive::Claim::Yours);
    // The same plays as before, under the new number.
    again.replace(0, 10, &plays([1, 2]), 100).await;
    assert_eq!(again.state().await.plays, others.plays);
}

/// Whoever still works with the number of a removed user is refused, also when the newest one
/// was removed and others came after.
pub async fn a_users_number_is_never_given_again(store: &dyn ArchiveStore) {
    let mut gone: Vec<UserId> = Vec::new();
    for name in ["one", "two", "one"] {
        let user = Given::user(store, name).await.user;
        assert!(!gone.contains(&user), "{user:?} is given again");
        store.remove_user(user).await.unwrap();
        gone.push(user);
    }
    Given::user(store, "three").await;
    let observation =
        Observation { revision: Revision::default(), at: time(0), removals: Removals::Confirm };
    for user in gone {
        let late = store.replace(user, span(0, 9), plays([1]), observation).await;
        assert_eq!(late.unwrap_err().kind, StoreErrorKind::UnknownUser);
    }
}

/// Every method called with a user that does not exist says so, and names itself.
pub async fn an_unknown_user_is_refused_by_every_method(store: &dyn ArchiveStore) {
    fn refused<T: std::fmt::Debug>(operation: &str, result: Result<T, StoreError>) {
        let error = result.expect_err(operation);
        assert_eq!(error.kind, StoreErrorKind::UnknownUser, "{operation}");
        assert_eq!(error.operation, operation);
    }
    let nobody = UserId(Given::user(store, "somebody").await.user.0 + 1_000);
    let worker = WorkerId("a worker".to_owned());
    let observation =
        Observation { revision: Revision::default(), at: time(0), removals: Removals::Confirm };
    let name = username("nobody");
    let (ever, hour) = (Span::EVER, Duration::from_secs(3_600));
    refused("rename_user", store.rename_user(nobody, &name, None).await);
    refused("remove_user", store.remove_user(nobody).await);
    refused("revision", store.revision(nobody).await);
    let replaced = store.replace(nobody, span(0, 9), plays([1]), observation);
    refused("replace", replaced.await);
    refused("coverage", store.coverage(nobody).await);
    refused("count", store.count(nobody, ever).await);
    refused("count", store.count(nobody, span(0, 9)).await);
    refused("bounds", store.bounds(nobody).await);
    refused("moments", store.moments(nobody, ever, 0, 9).await);
    refused("plays", store.plays(nobody, ever, None, 9).await);
    refused("removed_count", store.removed_count(nobody).await);
    refused("removed", store.removed(nobody, ever, None, 9).await);
    refused("recount", store.recount(nobody).await);
    refused("doubts", store.doubts(nobody).await);
    refused("withdraw_doubts", store.withdraw_doubts(nobody, ever).await);
    refused("holes", store.holes(nobody).await);
    refused("set_hole", store.set_hole(nobody, hole(0, 9)).await);
    refused("book", store.book(nobody).await);
    refused("set_book", store.set_book(nobody, Book::default()).await);
    let part = Part::Plays { held: Vec::new(), removed: Vec::new() };
    refused("restore", store.restore(nobody, part).await);
    refused("restore", store.restore(nobody, Part::Rest(Rest::default())).await);
    refused("claim", store.claim(nobody, &worker, hour).await);
    refused("release", store.release(nobody, &worker).await);
}

/// Nothing done to one user shows in another.
pub async fn users_are_apart(store: &dyn ArchiveStore) {
    let one = Given::user(store, "one").await;
    let two = Given::user(store, "two").await;
    assert_ne!(one.user, two.user);
    one.replace(0, 100, &plays(0..20), 1_000).await;
    one.replace(0, 100, &plays(3..20), 1_001).await;
    let hour = Duration::from_secs(3_600);
    let worker = |name: &str| WorkerId(name.to_owned());
    store.claim(one.user, &worker("a"), hour).await.unwrap();
    let first = one.state().await;

    two.replace(0, 50, &plays([4, 5]), 2_000).await;
    two.replace(0, 50, &plays([5]), 2_001).await;
    store.set_hole(two.user, hole(60, 70)).await.unwrap();
    store.withdraw_doubts(two.user, Span::EVER).await.unwrap();
    let book = Book { residual: 3, ..Book::default() };
    store.set_book(two.user, book).await.unwrap();
    let claimed = store.claim(two.user, &worker("b"), hour).await.unwrap();
    assert_eq!(claimed, crate::archive::Claim::Yours);

    assert_eq!(one.state().await, first);
    assert_eq!(two.state().await.plays.len(), 2);
}

/// A user of whom everything is kept that can be: plays that are held, doubted, removed and
/// edited, a hole, a book, a worker.
pub(super) async fn eventful<'a>(store: &'a dyn ArchiveStore, name: &str) -> Given<'a> {
    let given = Given::user(store, name).await;
    given.replace(0, 10, &plays([1, 2, 3, 4, 5]), 100).await;
    for at in [101, 102] {
        given.replace(0, 10, &plays([1, 2, 3, 4]), at).await;
    }
    let edited = [plays([1, 2]), vec![play(4, "edited")]].concat();
    given.replace(0, 10, &edited, 103).await;
    store.set_hole(given.user, hole(20, 30)).await.unwrap();
    let book = Book { residual: 3, ..Book::default() };
    store.set_book(given.user, book).await.unwrap();
    let worker = WorkerId("a worker".to_owned());
    store.claim(given.user, &worker, Duration::from_secs(3_600)).await.unwrap();
    given
}

/// A hole over `[start, end)`.
pub(super) fn hole(start: i64, end: i64) -> Hole {
    Hole {
        span: span(start, end),
        reason: "it fails".to_owned(),
        tries: 3,
        since: time(10),
        next_try_at: time(20),
    }
}
