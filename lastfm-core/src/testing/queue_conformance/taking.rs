//! Cases: what `take` does.

use std::time::Duration;

use futures_util::future::join;

use super::given::{Given, LEASE, NOW, accepted, again, hold, play, plays, seconds};
use crate::Timestamp;
use crate::scrobble::{HoldReason, QueuedPlay, ScrobbleQueue, Standing, State, Submission};
use crate::testing::conformance::time;

/// What is taken is being sent, by this attempt, until the lease ends; it is not taken again, and
/// nothing else changes.
pub async fn what_is_taken_is_being_sent(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let ids = given.add(plays([2, 3, 1]), 900).await;
    let before = given.one(ids[1]).await;
    let batch = given.take(2, NOW).await;
    assert_eq!((seconds(&batch.plays), &batch.hold), (vec![1, 2], &None));
    for taken in &batch.plays {
        let until = time(NOW + 60);
        let expected = QueuedPlay {
            attempt_count: 1,
            standing: Standing::Sending { attempt: batch.attempt, until },
            since: time(NOW),
            queued_at: time(900),
            due_at: time(900),
            reason: None,
            ..taken.clone()
        };
        assert_eq!(*taken, expected);
        assert_eq!(given.one(taken.id).await, expected);
    }
    assert_eq!(given.one(ids[1]).await, before);
    assert_eq!(seconds(&given.take(9, NOW).await.plays), [3]);
    assert_eq!(given.take(9, NOW).await.plays, []);
}

/// A lease may be as long as can be said: it ends when time ends.
pub async fn a_lease_may_have_any_length(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let leases = [(Duration::ZERO, time(NOW)), (Duration::MAX, Timestamp::MAX)];
    for (second, (lease, end)) in (1..).zip(leases) {
        given.add(plays([second]), NOW).await;
        let batch = queue.take(&given.account, 1, lease, time(NOW)).await.unwrap();
        let attempt = batch.attempt;
        assert_eq!(batch.plays[0].standing, Standing::Sending { attempt, until: end });
        assert_eq!(given.one(batch.plays[0].id).await, batch.plays[0]);
    }
}

/// What was played first is sent first, but plays of a job wait until no other is due. A batch is
/// in the order of its seconds, whatever it was taken for.
pub async fn plays_are_taken_oldest_first_and_jobs_last(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    given.new_job("job", plays([60, -50]), 1).await;
    given.add(plays([300, i64::MIN, 200]), 2).await;
    given.new_job("another", plays([55]), 3).await;
    assert_eq!(seconds(&given.take(2, NOW).await.plays), [i64::MIN, 200]);
    assert_eq!(seconds(&given.take(2, NOW).await.plays), [-50, 300]);
    assert_eq!(seconds(&given.take(1, NOW).await.plays), [55]);
    assert_eq!(seconds(&given.take(2, NOW).await.plays), [60]);
}

/// No more plays are taken than were asked for, and none if none was.
pub async fn no_more_is_taken_than_was_asked_for(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    given.add(plays(0..60), NOW).await;
    let before = given.seen(NOW).await;
    assert_eq!(given.take(0, NOW).await.plays, []);
    assert_eq!(given.seen(NOW).await, before);
    assert_eq!(seconds(&given.take(50, NOW).await.plays), (0..50).collect::<Vec<_>>());
    assert_eq!(seconds(&given.take(50, NOW).await.plays), (50..60).collect::<Vec<_>>());
}

/// A play is sent neither before it is due, nor when it stands anywhere but in the queue.
pub async fn only_what_is_due_is_taken(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let ids = given.everywhere(100, None).await;
    let due = [NOW, NOW + 1, i64::MIN, i64::MAX];
    let later =
        (200..).zip(due).map(|(at, due_at)| Submission::new(play(at, "due")).due_at(time(due_at)));
    given.add(later, 800).await;
    let other: Vec<_> = given.all().await.into_iter().filter(|play| play.id != ids[0]).collect();
    assert_eq!(seconds(&given.take(99, NOW - 1).await.plays), [202]);
    assert_eq!(seconds(&given.take(99, NOW).await.plays), [100, 200]);
    assert_eq!(seconds(&given.take(99, NOW + 1).await.plays), [101, 201]);
    for play in other.into_iter().filter(|play| play.state(time(NOW + 1)) != State::Ready) {
        assert_eq!(given.one(play.id).await, play);
    }
}

/// A later attempt has a higher number, though all plays of earlier ones were forgotten; each
/// counts for its plays.
pub async fn a_later_attempt_has_a_higher_number(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let mut last = None;
    let again_and_again = given.add_one(play(9, "again"), NOW).await;
    for number in 1..4 {
        given.add(plays([i64::from(number) * 10]), NOW).await;
        let batch = given.take(9, NOW).await;
        assert!(Some(batch.attempt) > last);
        last = Some(batch.attempt);
        for play in &batch.plays {
            let is_again = play.id == again_and_again;
            assert_eq!(play.attempt_count, if is_again { number } else { 1 });
            let verdict = if is_again { again(NOW) } else { accepted() };
            given.settle(batch.attempt, [(play.id, verdict)], NOW).await;
        }
        given.take(0, NOW).await;
        assert_eq!(given.forget(NOW + 1).await, 1);
    }
}

/// While a hold is in force nothing is taken, and the batch says why; from the moment that it
/// names on, plays are taken though it is still there.
pub async fn nothing_is_taken_while_a_hold_is_in_force(queue: &dyn ScrobbleQueue) {
    for reason in HoldReason::ALL {
        let given = Given::user(queue, reason.name());
        given.add(plays([1, 2]), 1).await;
        for until in [None, Some(NOW + 1), Some(i64::MAX)] {
            let hold = hold(reason, until);
            given.hold(&hold).await;
            let before = given.seen(NOW).await;
            let batch = given.take(9, NOW).await;
            assert_eq!((batch.plays, batch.hold), (vec![], Some(hold)));
            assert_eq!(given.seen(NOW).await, before);
        }
        for until in [NOW, i64::MIN] {
            let passed = hold(reason, Some(until));
            given.hold(&passed).await;
            let batch = given.take(1, NOW).await;
            assert_eq!((batch.plays.len(), batch.hold), (1, None));
            assert_eq!(given.held().await, Some(passed));
        }
    }
}

/// Two who take at once never take the same play.
pub async fn two_senders_never_take_the_same_play(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    given.add(plays(0..40), NOW).await;
    for _ in 0..2 {
        let take = || queue.take(&given.account, 10, LEASE, time(NOW));
        let (one, other) = join(take(), take()).await;
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_ne!(one.attempt, other.attempt);
        assert_eq!((one.plays.len(), other.plays.len()), (10, 10));
        for batch in [one, other] {
            for play in batch.plays {
                assert_eq!(play.attempt(), Some(batch.attempt));
                assert_eq!(given.one(play.id).await, play);
            }
        }
    }
}
