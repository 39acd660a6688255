//! Cases: what `settle` and `refresh` do.

use std::time::Duration;

use super::adding::refusals;
use super::given::{Given, LEASE, NOW, accepted, again, play, plays, unknown};
use crate::scrobble::{
    Attempt, PlayId, Proof, QueuedPlay, Receipt, Refusal, ScrobbleQueue, Standing, State, Verdict,
};
use crate::testing::conformance::time;

/// Each verdict puts a play where it says, with the reason that it gives, and nothing else
/// changes; the plays come back in the order of their verdicts.
pub async fn each_verdict_puts_a_play_in_its_place(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let mut verdicts = vec![accepted(), unknown(), again(NOW - 1), again(NOW + 1), again(i64::MAX)];
    verdicts.extend(refusals().into_iter().map(Verdict::Refused));
    let ids = given.add(plays((100..).take(verdicts.len())), 900).await;
    let attempt = given.take(usize::MAX, 950).await.attempt;
    let mut expected = Vec::new();
    for (id, verdict) in ids.iter().zip(&verdicts) {
        let before = given.one(*id).await;
        let (standing, reason, due_at) = match verdict.clone() {
            Verdict::Accepted(receipt) => (Standing::Accepted(receipt), None, before.due_at),
            Verdict::Unknown { reason } => {
                (Standing::Unknown { attempt }, Some(reason), before.due_at)
            }
            Verdict::Again { due_at, reason } => (Standing::Waiting, Some(reason), due_at),
            Verdict::Refused(refusal) => {
                let reason = refusal.to_string();
                (Standing::Refused(refusal), Some(reason), before.due_at)
            }
        };
        expected.push(QueuedPlay { standing, reason, due_at, since: time(NOW), ..before });
    }
    expected.reverse();
    let settled = given.settle(attempt, ids.into_iter().zip(verdicts).rev(), NOW).await;
    assert_eq!(settled, expected);
    for play in expected {
        assert_eq!(given.one(play.id).await, play);
    }
}

/// What the service has a play as is kept name by name, and how that is known.
pub async fn a_receipt_is_kept_whole(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let name = |text: &str| Some(text.to_owned());
    let receipts = [
        Receipt { proof: Proof::History, ..Receipt::default() },
        Receipt { artist: name("artist\0"), ..Receipt::default() },
        Receipt { track: name("“track” 後"), ..Receipt::default() },
        Receipt { album: name(""), proof: Proof::History, ..Receipt::default() },
        Receipt { album_artist: name("'; --"), ..Receipt::default() },
        Receipt {
            artist: name("a"),
            track: name("b"),
            album: name("c"),
            album_artist: name("d"),
            proof: Proof::Answer,
        },
    ];
    for (at, receipt) in (100..).zip(receipts) {
        let (attempt, id) = given.sent(play(at, "one"), NOW).await;
        let verdict = Verdict::Accepted(receipt.clone());
        let settled = given.settle(attempt, [(id, verdict)], NOW).await;
        assert_eq!(settled[0].standing, Standing::Accepted(receipt));
        assert_eq!(given.one(id).await, settled[0]);
    }
}

/// A play that the service does not have is sent again when it is due, and counts its attempts.
pub async fn a_play_that_waits_again_is_taken_when_it_is_due(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let (attempt, id) = given.sent(play(1, "one"), NOW).await;
    let waits = given.settle(attempt, [(id, again(NOW + 50))], NOW).await;
    assert_eq!(waits[0].state(time(NOW + 49)), State::Scheduled);
    assert_eq!(given.take(9, NOW + 49).await.plays, []);
    let batch = given.take(9, NOW + 50).await;
    assert_eq!((batch.plays[0].id, batch.plays[0].attempt_count), (id, 2));
    assert_eq!((batch.plays[0].reason.as_ref(), batch.plays.len()), (None, 1));
}

/// A sender that was overtaken changes nothing, whatever it says: neither a play that another
/// attempt has, nor one that waits, was settled, or was cancelled meanwhile.
pub async fn an_overtaken_attempt_changes_nothing(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let ids = given.everywhere(100, None).await;
    let (late, id) = (given.take(9, NOW).await.attempt, ids[0]);
    given.refresh(i64::MIN, LEASE, NOW + 60).await;
    given.settle(late, [(id, again(NOW))], NOW + 61).await;
    let newer = given.take(1, NOW + 62).await;
    assert_eq!(newer.plays.len(), 1);
    let before = given.seen(NOW + 63).await;
    let words = [accepted(), unknown(), again(1), Verdict::Refused(Refusal::TooOld)];
    for attempt in [late, Attempt(late.0 - 100), Attempt(i64::MAX), Attempt(i64::MIN)] {
        for verdict in &words {
            let verdicts = ids.iter().map(|id| (*id, verdict.clone()));
            let settled = given.settle(attempt, verdicts, NOW + 63).await;
            assert_eq!(settled, [], "{attempt:?} {verdict:?}");
        }
    }
    assert_eq!(given.seen(NOW + 63).await, before);
}

/// What nobody knows of can be found out: an unknown play still belongs to its attempt.
pub async fn an_unknown_play_can_still_be_settled(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let found = Verdict::Accepted(Receipt { proof: Proof::History, ..Receipt::default() });
    let ways = [found, again(NOW), Verdict::Refused(Refusal::TooNew)];
    for (at, verdict) in (1..).zip(ways) {
        for second in [at * 10, at * 10 + 1] {
            let (attempt, id) = given.sent(play(second, "one"), NOW).await;
            if second % 2 == 0 {
                given.refresh(i64::MIN, LEASE, NOW + 60).await;
            } else {
                given.settle(attempt, [(id, unknown())], NOW + 60).await;
            }
            assert_eq!(given.one(id).await.standing, Standing::Unknown { attempt });
            assert_eq!(given.take(9, NOW + 100).await.plays, []);
            let settled = given.settle(attempt, [(id, verdict.clone())], NOW + 100).await;
            assert_eq!(settled.len(), 1);
            assert_ne!(settled[0].state(time(NOW + 100)), State::Unknown);
            assert_eq!(given.one(id).await, settled[0]);
            if settled[0].standing == Standing::Waiting {
                // Out of the way of the next one.
                let attempt = given.take(9, NOW + 100).await.attempt;
                given.settle(attempt, [(id, accepted())], NOW + 100).await;
            }
        }
    }
}

/// What was said first about a play is final, also within one call; only who did not know may
/// say more.
pub async fn a_play_is_settled_once(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let refused = || Verdict::Refused(Refusal::TooOld);
    let (attempt, id) = given.sent(play(1, "one"), NOW).await;
    let twice = [(id, accepted()), (id, refused()), (id, unknown()), (id, again(1))];
    let settled = given.settle(attempt, twice, NOW).await;
    assert_eq!((settled.len(), settled[0].state(time(NOW))), (1, State::Accepted));
    let before = given.seen(NOW).await;
    for verdict in [refused(), accepted(), unknown(), again(1)] {
        assert_eq!(given.settle(attempt, [(id, verdict)], NOW + 1).await, []);
    }
    assert_eq!(given.seen(NOW).await, before);
    let (attempt, id) = given.sent(play(2, "two"), NOW).await;
    given.settle(attempt, [(id, unknown()), (id, accepted()), (id, refused())], NOW).await;
    assert_eq!(given.one(id).await.state(time(NOW)), State::Accepted);
}

/// Of a call, only what belongs to the attempt changes; what is of another one, or of nobody, is
/// passed over.
pub async fn only_plays_of_the_attempt_are_settled(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let ids = given.add(plays(0..4), NOW).await;
    let one = given.take(2, NOW).await.attempt;
    let other = given.take(1, NOW).await.attempt;
    let before = [given.one(ids[2]).await, given.one(ids[3]).await];
    let nobody = [PlayId(i64::MAX), PlayId(i64::MIN), PlayId(-1), PlayId(0)];
    let meant = [ids[3], ids[2], nobody[0], ids[1], nobody[1], nobody[2], nobody[3], ids[0]];
    let settled = given.settle(one, meant.map(|id| (id, accepted())), NOW).await;
    assert_eq!(settled.iter().map(|play| play.id).collect::<Vec<_>>(), [ids[1], ids[0]]);
    assert_eq!([given.one(ids[2]).await, given.one(ids[3]).await], before);
    assert_eq!(given.all().await.len(), 4);
    assert_eq!(given.settle(other, [(ids[2], accepted())], NOW).await.len(), 1);
    assert_eq!(given.settle(other, [], NOW).await, []);
}

/// From the second on in which its lease ends, a play that is being sent is unknown, and still
/// its attempt's.
pub async fn a_play_whose_sender_is_dead_is_unknown(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    given.everywhere(100, None).await;
    // The one that `everywhere` has sent at 900.
    assert_eq!(given.refresh(i64::MIN, LEASE, 959).await, []);
    assert_eq!(given.refresh(i64::MIN, LEASE, 960).await.len(), 1);
    let batch = given.take(1, NOW).await;
    let (attempt, id) = (batch.attempt, batch.plays[0].id);
    let before = given.seen(NOW).await;
    assert_eq!(given.refresh(i64::MIN, LEASE, NOW + 59).await, []);
    assert_eq!(given.seen(NOW).await, before);
    let sending = given.one(id).await;
    let refreshed = given.refresh(i64::MIN, LEASE, NOW + 60).await;
    let expected = QueuedPlay {
        standing: Standing::Unknown { attempt },
        since: time(NOW + 60),
        reason: refreshed[0].reason.clone(),
        ..sending
    };
    assert!(expected.reason.is_some());
    assert_eq!(refreshed, std::slice::from_ref(&expected));
    for play in &before.plays {
        let now = given.one(play.id).await;
        assert_eq!(now, if play.id == id { expected.clone() } else { play.clone() });
    }
    assert_eq!(given.refresh(i64::MIN, LEASE, NOW + 61).await, []);
}

/// A lease that ends later than any can that begins now is of a clock that was set back.
pub async fn a_lease_too_far_ahead_counts_as_dead(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let (attempt, id) = given.sent(play(1, "one"), NOW).await;
    assert_eq!(given.refresh(i64::MIN, Duration::MAX, NOW - 900).await, []);
    assert_eq!(given.refresh(i64::MIN, LEASE, NOW).await, []);
    let refreshed = given.refresh(i64::MIN, LEASE, NOW - 1).await;
    assert_eq!(refreshed.iter().map(|play| play.id).collect::<Vec<_>>(), [id]);
    assert_eq!(given.one(id).await.standing, Standing::Unknown { attempt });
    assert_eq!(given.one(id).await.since, time(NOW - 1));
}

/// What waits or is paused, and was played before the moment given, is refused as too old; what
/// was sent, is over, or is not that old stays.
pub async fn a_play_that_is_too_old_is_refused(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let old = given.everywhere(100, None).await;
    given.everywhere(200, None).await;
    let older = given.everywhere(50, Some("job")).await;
    let before = given.all().await;
    assert_eq!(given.refresh(50, Duration::MAX, 955).await, []);
    let refused = given.refresh(200, Duration::MAX, 959).await;
    let mut expected = Vec::new();
    for play in before {
        let ids = [&old[..3], &older[..3]].concat();
        let meant = if ids.contains(&play.id) {
            let standing = Standing::Refused(Refusal::TooOld);
            let reason = Some(Refusal::TooOld.to_string());
            QueuedPlay { standing, reason, since: time(959), ..play }
        } else {
            play
        };
        assert_eq!(given.one(meant.id).await, meant);
        expected.extend(ids.contains(&meant.id).then_some(meant));
    }
    assert_eq!(refused, expected);
    assert_eq!(given.refresh(200, Duration::MAX, 959).await, []);
}
