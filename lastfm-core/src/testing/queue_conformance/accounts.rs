//! Cases: whose plays they are, and what holds them back.

use super::given::{Given, LEASE, NOW, accepted, hold, play, plays};
use crate::scrobble::{
    Account, Change, Counts, Enqueued, Filter, Hold, HoldReason, JobId, PlayId, Repeats,
    ScrobbleQueue, Selection,
};
use crate::testing::conformance::time;

/// Nothing that is done to an account shows in another: not in the same user's at another
/// service, nor in another user's, whatever numbers they have in common.
pub async fn accounts_are_apart(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let others = [
        Given::at(queue, "https://other.example/2.0/", "rj"),
        Given::at(queue, "https://one.example/2.0", "rj"),
        Given::at(queue, "HTTPS://ONE.EXAMPLE/2.0/", "rj"),
        Given::user(queue, "rj2"),
    ];
    for other in &others {
        other.everywhere(100, Some("job")).await;
        other.hold(&hold(HoldReason::Login, None)).await;
    }
    let mut before = Vec::new();
    for other in &others {
        before.push(other.seen(NOW).await);
    }
    // The same plays and the same job; then all that can be done, to all numbers.
    let ids = given.everywhere(100, Some("job")).await;
    given.hold(&hold(HoldReason::Outage, Some(NOW))).await;
    let batch = given.take(usize::MAX, NOW).await;
    let numbers = before.iter().flat_map(|seen| &seen.plays).map(|play| play.id);
    let not_here: Vec<_> = numbers.filter(|id| !ids.contains(id)).collect();
    for id in not_here {
        assert_eq!(queue.play(&given.account, id).await.unwrap(), None);
        assert_eq!(given.history(Some(id)).await, []);
        assert_eq!(given.change(Selection::Play(id), Change::Cancel, NOW).await, 0);
    }
    for seen in &before {
        for play in &seen.plays {
            for attempt in play.attempt().into_iter().chain([batch.attempt]) {
                given.settle(attempt, [(play.id, accepted())], NOW).await;
            }
        }
    }
    let refreshed = queue.refresh(&given.account, time(i64::MAX), LEASE, time(2_000));
    refreshed.await.unwrap();
    for change in [Change::Pause, Change::Retry, Change::Cancel] {
        given.change(Selection::All, change, 2_000).await;
    }
    given.lift(HoldReason::Outage).await;
    given.lift(HoldReason::Login).await;
    given.forget(i64::MAX).await;
    assert_eq!(given.all().await, []);
    for (other, before) in others.iter().zip(before) {
        assert_eq!(other.seen(NOW).await, before, "{:?}", other.account);
        assert_eq!(other.take(9, NOW).await.hold, before.hold);
    }
}

/// A user is the same one in any spelling of the name.
pub async fn an_account_is_found_in_any_spelling(queue: &dyn ScrobbleQueue) {
    let spelled = Given::user(queue, "RJ");
    let id = spelled.add_one(play(1, "one"), NOW).await;
    spelled.hold(&hold(HoldReason::Login, None)).await;
    let folded = Given::user(queue, "rj");
    assert_eq!(folded.seen(NOW).await, spelled.seen(NOW).await);
    let again = folded.enqueue([play(1, "one")], Repeats::Same, NOW).await;
    assert_eq!(again, [Enqueued::Repeats(id)]);
    assert_eq!(queue.accounts().await.unwrap(), [folded.account]);
}

/// Those accounts are listed that have plays or a hold, by the service's address and then by the
/// user's name, in any case.
pub async fn accounts_are_listed_by_service_and_name(queue: &dyn ScrobbleQueue) {
    assert_eq!(queue.accounts().await.unwrap(), []);
    let (a, b) = ("https://a.example/2.0/", "https://b.example/2.0/");
    let order = [(a, "bob"), (a, "Zoe"), (b, "ann"), (b, "Bob"), (b, "zoe")];
    let expected: Vec<Account> =
        order.iter().map(|(service, name)| Given::at(queue, service, name).account).collect();
    for place in [3, 0, 4, 2, 1] {
        let given = Given { queue, account: expected[place].clone() };
        if place % 2 == 0 {
            given.add(plays([1]), NOW).await;
        } else {
            given.hold(&hold(HoldReason::Person, None)).await;
        }
    }
    let looked_at = Given::user(queue, "looked at");
    looked_at.seen(NOW).await;
    looked_at.lift(HoldReason::App).await;
    assert_eq!(queue.accounts().await.unwrap(), expected);
    // What is over is still there; what is forgotten or lifted is not.
    let given = Given { queue, account: expected[0].clone() };
    given.change(Selection::All, Change::Cancel, NOW).await;
    Given { queue, account: expected[1].clone() }.lift(HoldReason::Person).await;
    let left = [&expected[..1], &expected[2..]].concat();
    assert_eq!(queue.accounts().await.unwrap(), left);
    given.forget(NOW + 1).await;
    assert_eq!(queue.accounts().await.unwrap(), left[1..]);
}

/// An account that nothing was done to is there and empty: no method fails on it.
pub async fn an_untouched_account_is_empty(queue: &dyn ScrobbleQueue) {
    Given::user(queue, "somebody").everywhere(100, Some("job")).await;
    let given = Given::user(queue, "nobody");
    let nothing = async || {
        let seen = given.seen(NOW).await;
        assert_eq!((seen.plays, seen.jobs, seen.counts), (vec![], vec![], Counts::default()));
        assert_eq!((seen.next_due, seen.steps, seen.hold), (None, vec![], None));
    };
    nothing().await;
    assert_eq!(given.enqueue(plays([]), Repeats::Same, NOW).await, []);
    let batch = given.take(9, NOW).await;
    assert_eq!((batch.plays, batch.hold), (vec![], None));
    assert_eq!(given.settle(batch.attempt, [(PlayId(1), accepted())], NOW).await, []);
    assert_eq!(given.refresh(i64::MAX, LEASE, NOW).await, []);
    for which in [Selection::All, Selection::Job(JobId(1)), Selection::Play(PlayId(1))] {
        assert_eq!(given.change(which, Change::Cancel, NOW).await, 0);
    }
    assert_eq!(given.filtered(Filter::all().job(JobId(1)), NOW).await, []);
    let accepted = queue.accepted_since(&given.account, time(i64::MIN)).await.unwrap();
    assert_eq!((accepted, given.forget(i64::MAX).await), (0, 0));
    given.lift(HoldReason::Person).await;
    nothing().await;
}

/// A hold is told whole, also after its time, until it is lifted.
pub async fn a_hold_is_told_until_it_is_lifted(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    assert_eq!(given.held().await, None);
    let ends = [None, Some(0), Some(-1), Some(i64::MAX), Some(i64::MIN), None];
    let words = ["", "“words”\0 後", "'; --"].into_iter().cycle();
    for reason in HoldReason::ALL {
        for ((until, since), words) in ends.into_iter().zip(7..).zip(words.clone()) {
            let since = time(since);
            let hold = Hold { since, words: words.to_owned(), ..hold(reason, until) };
            given.hold(&hold).await;
            assert_eq!(given.held().await, Some(hold));
        }
        given.lift(reason).await;
        assert_eq!(given.held().await, None);
        given.lift(reason).await;
    }
}

/// A hold gives way to one that it does not outrank, and to no other while it is in force.
pub async fn a_hold_gives_way_unless_it_outranks(queue: &dyn ScrobbleQueue) {
    for (number, held) in HoldReason::ALL.into_iter().enumerate() {
        for newcomer in HoldReason::ALL {
            let given = Given::user(queue, &format!("{number} {}", newcomer.name()));
            let first = hold(held, Some(NOW));
            let second = Hold { since: time(6), ..hold(newcomer, None) };
            let later = Hold { since: time(NOW), ..second.clone() };
            given.hold(&first).await;
            given.hold(&second).await;
            let expected = if held.outranks(newcomer) { first } else { second };
            assert_eq!(given.held().await, Some(expected));
            given.hold(&later).await;
            assert_eq!(given.held().await, Some(later), "what is over outranks nothing");
        }
    }
}

/// A hold ends for its own reason only: who knows that one thing is well does not know that
/// another is.
pub async fn only_its_own_reason_lifts_a_hold(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    for held in HoldReason::ALL {
        let hold = hold(held, None);
        given.hold(&hold).await;
        for reason in HoldReason::ALL.into_iter().filter(|reason| *reason != held) {
            given.lift(reason).await;
            assert_eq!(given.held().await, Some(hold.clone()));
        }
        given.lift(held).await;
        assert_eq!(given.held().await, None);
    }
}
