//! Cases: what can be seen of plays, and what happened to them.

use super::given::{Given, LEASE, NOW, accepted, again, play, plays, seconds, unknown};
use crate::archive::Span;
use crate::scrobble::{
    Change, Counts, Filter, JobId, PlayId, QueuedPlay, Refusal, Repeats, ScrobbleQueue, Selection,
    State, Step, StepId, Submission, Verdict,
};
use crate::testing::conformance::time;

/// A filter lets through what is in one of its states at that moment, of its job and of its span.
pub async fn plays_are_listed_by_filter(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    given.everywhere(100, None).await;
    let of_job = given.everywhere(200, Some("job")).await;
    let job = given.one(of_job[0]).await.job.unwrap();
    let all = given.all().await;
    let numbers: Vec<_> = all.iter().map(|play| play.id).collect();
    assert!(numbers.is_sorted() && numbers.len() == 16);
    let span = |start, end| Span::new(time(start), time(end));
    let spans = [Span::EVER, span(101, 201), span(107, 107), span(i64::MIN, 104), span(203, 300)];
    let mut state_sets: Vec<Vec<State>> = State::ALL.map(|state| vec![state]).to_vec();
    state_sets.extend([vec![], State::OPEN.to_vec(), vec![State::Refused, State::Ready]]);
    for states in state_sets {
        for job in [None, Some(job), Some(JobId(job.0 + 100))] {
            for played in spans {
                let filter = Filter { states: states.clone(), job, played };
                for at in [NOW, NOW + 1] {
                    let expected = all.iter().filter(|play| {
                        states.contains(&play.state(time(at)))
                            && (job.is_none() || play.job == job)
                            && played.contains(play.play.played_at)
                    });
                    let expected: Vec<_> = expected.cloned().collect();
                    assert_eq!(given.filtered(filter.clone(), at).await, expected, "{filter:?}");
                }
            }
        }
    }
}

/// Pages of any size fit together, and a page that is not full is the last, also where a filter
/// lets little through.
pub async fn plays_are_read_in_pages(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let submissions = plays((0..40).rev()).into_iter().enumerate().map(|(number, play)| {
        let play = Submission::new(play);
        if number % 3 == 0 { play.refused(Refusal::TooShort) } else { play }
    });
    given.add(submissions, NOW).await;
    for filter in [Filter::all(), Filter::states([State::Refused])] {
        let expected = given.filtered(filter.clone(), NOW).await;
        for size in [1, 7, 14, 40, 41] {
            let mut read = Vec::new();
            loop {
                let after = read.last().map(|play: &QueuedPlay| play.id);
                let page = queue.plays(&given.account, filter.clone(), after, size, time(NOW));
                let page = page.await.unwrap();
                let ended = page.len() < size;
                read.extend(page);
                assert!(read.len() <= expected.len());
                if ended {
                    break;
                }
            }
            assert_eq!(read, expected);
        }
        let none = queue.plays(&given.account, filter, None, 0, time(NOW)).await.unwrap();
        assert_eq!(none, []);
    }
    for (after, count) in [(PlayId(i64::MIN), 40), (PlayId(i64::MAX), 0)] {
        let plays = queue.plays(&given.account, Filter::all(), Some(after), 99, time(NOW));
        assert_eq!(plays.await.unwrap().len(), count);
    }
}

/// Each play is counted once, where it stands at that moment.
pub async fn counts_agree_with_the_plays(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    given.everywhere(100, None).await;
    given.everywhere(200, Some("job")).await;
    given.add(plays([300, 301]), 800).await;
    for at in [NOW - 1, NOW, NOW + 1] {
        let mut expected = Counts::default();
        for play in given.all().await {
            expected.add(play.state(time(at)), 1);
        }
        assert_eq!(given.counts(at).await, expected);
    }
    let counts = given.counts(NOW).await;
    assert_eq!((counts.of(State::Ready), counts.of(State::Scheduled)), (4, 2));
    assert_eq!((counts.open(), counts.total()), (12, 18));
}

/// The next play that waits is due when the earliest is, whether that is past or to come; what is
/// paused, being sent, unknown or over is not waited for.
pub async fn the_next_due_play_is_told(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let ids = given.everywhere(100, None).await;
    assert_eq!(given.next_due().await, Some(NOW));
    given.change(Selection::Play(ids[0]), Change::Pause, NOW).await;
    assert_eq!(given.next_due().await, Some(NOW + 1));
    given.change(Selection::Play(ids[1]), Change::Cancel, NOW).await;
    assert_eq!(given.next_due().await, None);
    for due_at in [i64::MAX, 7, -7] {
        let id = given.add_one(Submission::new(play(due_at, "due")).due_at(time(due_at)), NOW);
        let id = id.await;
        assert_eq!(given.next_due().await, Some(due_at));
        let refused = Submission::new(play(1, "refused")).due_at(time(i64::MIN));
        given.enqueue([refused.refused(Refusal::TooOld)], Repeats::Same, 1).await;
        assert_eq!(given.next_due().await, Some(due_at), "{id:?}");
    }
    let batch = given.take(2, NOW).await;
    assert_eq!((seconds(&batch.plays), given.next_due().await), (vec![-7, 7], Some(i64::MAX)));
    given.settle(batch.attempt, [(batch.plays[0].id, again(NOW + 30))], NOW).await;
    assert_eq!(given.next_due().await, Some(NOW + 30));
}

/// Accepted plays count from the moment on at which they were accepted, whenever they were played
/// or queued.
pub async fn accepted_plays_are_counted_since_a_moment(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    given.everywhere(5_000, None).await;
    let ids = given.add(plays(0..4), NOW).await;
    let batch = given.take(9, NOW).await;
    let verdicts = [(ids[0], 1_010), (ids[1], 1_020), (ids[2], 1_020)];
    for (id, at) in verdicts {
        given.settle(batch.attempt, [(id, accepted())], at).await;
    }
    given.change(Selection::All, Change::Cancel, 1_030).await;
    let since = async |moment| queue.accepted_since(&given.account, time(moment)).await.unwrap();
    // One was accepted at 950, by `everywhere`.
    let expected = [
        (i64::MIN, 4),
        (950, 4),
        (951, 3),
        (1_010, 3),
        (1_011, 2),
        (1_020, 2),
        (1_021, 0),
        (i64::MAX, 0),
    ];
    for (moment, count) in expected {
        assert_eq!(since(moment).await, count, "{moment}");
    }
    given.forget(951).await;
    assert_eq!(since(i64::MIN).await, 3);
}

/// Whatever changes where a play stands is a step of the history, with the moment, the state from
/// then on and the reason; what changes nothing is none.
pub async fn every_change_is_one_step(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let id = given.add_one(play(100, "one"), 1).await;
    let alone = Selection::Play(id);
    let sent = async |at| given.take(9, at).await.attempt;
    let verdict = async |attempt, verdict, at| given.settle(attempt, [(id, verdict)], at).await;

    let first = sent(2).await;
    given.refresh(0, LEASE, 62).await;
    verdict(first, unknown(), 63).await;
    verdict(first, again(70), 64).await;
    verdict(first, accepted(), 65).await;
    given.enqueue([play(100, "one")], Repeats::Same, 65).await;
    given.change(alone, Change::Resume, 65).await;
    given.take(0, 65).await;
    let _none_is_due = sent(65).await;
    for (change, at) in [
        (Change::Pause, 66),
        (Change::Resume, 67),
        (Change::Cancel, 68),
        (Change::Retry, 69),
        (Change::Cancel, 71),
        (Change::Retry, 72),
    ] {
        assert_eq!(given.change(alone, change, at).await, 1);
    }
    let second = sent(73).await;
    verdict(second, Verdict::Refused(Refusal::TooNew), 74).await;
    given.change(Selection::All, Change::Retry, 75).await;
    given.refresh(101, LEASE, 76).await;
    given.change(alone, Change::Retry, 77).await;
    let third = sent(78).await;
    verdict(third, accepted(), 79).await;

    let too_new = Refusal::TooNew.to_string();
    let too_old = Refusal::TooOld.to_string();
    let steps = given.history(None).await;
    let vanished = steps[2].reason.clone();
    assert!(vanished.is_some());
    let expected = [
        (1, State::Ready, None),
        (2, State::Sending, None),
        (62, State::Unknown, vanished.as_deref()),
        (63, State::Unknown, Some("no answer")),
        (64, State::Scheduled, Some("offline")),
        (66, State::Paused, None),
        (67, State::Scheduled, None),
        (68, State::Cancelled, None),
        (69, State::Ready, None),
        (71, State::Cancelled, None),
        (72, State::Ready, None),
        (73, State::Sending, None),
        (74, State::Refused, Some(too_new.as_str())),
        (75, State::Ready, None),
        (76, State::Refused, Some(too_old.as_str())),
        (77, State::Ready, None),
        (78, State::Sending, None),
        (79, State::Accepted, None),
    ];
    let happened: Vec<_> =
        steps.iter().map(|step| (step.at.as_unix(), step.state, step.reason.as_deref())).collect();
    assert_eq!(happened, expected);
    assert!(steps.iter().all(|step| step.play == id));
    assert!(steps.is_sorted_by(|one, next| one.id < next.id));
    let kinds = [
        Submission::new(play(200, "scheduled")).due_at(time(90)),
        Submission::new(play(201, "refused")).refused(Refusal::TooShort),
    ];
    let ids = given.add(kinds, 80).await;
    for (id, state) in ids.into_iter().zip([State::Scheduled, State::Refused]) {
        let steps = given.history(Some(id)).await;
        assert_eq!((steps.len(), steps[0].at, steps[0].state), (1, time(80), state));
        assert_eq!(steps[0].reason, given.one(id).await.reason);
    }
}

/// The history of a play is what of the history of all is about it; both are read in pages of any
/// size, oldest first.
pub async fn history_is_read_in_pages(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let ids = given.everywhere(100, None).await;
    given.everywhere(200, Some("job")).await;
    let all = given.history(None).await;
    assert!(all.is_sorted_by(|one, next| one.id < next.id));
    for which in [None, Some(ids[4]), Some(ids[0]), Some(PlayId(i64::MAX))] {
        let expected: Vec<_> =
            all.iter().filter(|step| which.is_none_or(|id| step.play == id)).cloned().collect();
        for size in [1, 2, 3, 7, 100] {
            let mut read = Vec::new();
            loop {
                let after = read.last().map(|step: &Step| step.id);
                let page = queue.history(&given.account, which, after, size).await.unwrap();
                let ended = page.len() < size;
                read.extend(page);
                assert!(read.len() <= expected.len());
                if ended {
                    break;
                }
            }
            assert_eq!(read, expected, "{which:?} by {size}");
        }
    }
    for (after, count) in [(StepId(i64::MIN), 1), (StepId(i64::MAX), 0)] {
        let steps = queue.history(&given.account, None, Some(after), 1).await.unwrap();
        assert_eq!(steps.len(), count);
    }
    assert_eq!(queue.history(&given.account, None, None, 0).await.unwrap(), []);
}
