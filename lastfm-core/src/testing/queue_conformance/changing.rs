//! Cases: what `change` and `forget` do.

use super::given::{Given, NOW, accepted, play, play_of, plays};
use crate::scrobble::{
    AddedJob, Change, Enqueued, Filter, JobId, PlayId, QueuedPlay, Repeats, ScrobbleQueue,
    Selection, Standing, State, Step,
};
use crate::testing::conformance::time;

/// What waits is paused, now or later; of all, of a job, or alone.
pub async fn what_waits_can_be_paused(queue: &dyn ScrobbleQueue) {
    changes_as_its_table_says(queue, Change::Pause).await;
}

/// What is paused waits again, for the moment it waited for.
pub async fn what_is_paused_can_wait_again(queue: &dyn ScrobbleQueue) {
    changes_as_its_table_says(queue, Change::Resume).await;
}

/// What is not over is cancelled, unless it is being sent.
pub async fn what_is_not_being_sent_can_be_cancelled(queue: &dyn ScrobbleQueue) {
    changes_as_its_table_says(queue, Change::Cancel).await;
}

/// What failed waits again, and is due now; what is cancelled only of a job or alone, what is unknown
/// or scheduled only if it is meant alone.
pub async fn what_failed_can_be_tried_again(queue: &dyn ScrobbleQueue) {
    changes_as_its_table_says(queue, Change::Retry).await;
}

async fn changes_as_its_table_says(queue: &dyn ScrobbleQueue, change: Change) {
    const AT: i64 = NOW;
    // Everything, a job, each play of each state, and what is not there.
    for number in 0..12 {
        let given = Given::user(queue, &format!("user {number}"));
        let free = given.everywhere(100, None).await;
        let of_job = given.everywhere(200, Some("job")).await;
        let job = given.one(of_job[0]).await.job.unwrap();
        let which = match number {
            0..=7 => Selection::Play(if number % 2 == 0 { free } else { of_job }[number]),
            8 => Selection::All,
            9 => Selection::Job(job),
            10 => Selection::Job(JobId(job.0 + 100)),
            _ => Selection::Play(PlayId(i64::MAX)),
        };
        let before = given.all().await;
        let step_count = given.history(None).await.len();
        let expected = before.into_iter().map(|play| {
            let is_meant = match which {
                Selection::All => true,
                Selection::Job(job) => play.job == Some(job),
                Selection::Play(id) => play.id == id,
            };
            let state = play.state(time(AT));
            let is_changed = is_meant && change.changes(which).contains(&state);
            let due_at = if change == Change::Retry { time(AT) } else { play.due_at };
            let standing = change.standing();
            let after =
                QueuedPlay { standing, due_at, since: time(AT), reason: None, ..play.clone() };
            (is_changed, if is_changed { after } else { play })
        });
        let (are_changed, expected): (Vec<bool>, Vec<QueuedPlay>) = expected.unzip();
        let count = are_changed.into_iter().filter(|is_changed| *is_changed).count();
        assert_eq!(given.change(which, change, AT).await, count as u64, "{which:?}");
        assert_eq!(given.all().await, expected, "{which:?}");
        let steps = given.history(None).await.split_off(step_count);
        assert_eq!(steps.len(), count, "{which:?}");
        for Step { play, at, state, reason, .. } in steps {
            let now = given.one(play).await.state(time(AT));
            assert_eq!((at, state, reason), (time(AT), now, None), "{which:?}");
        }
    }
}

/// What was cancelled and then queued again is there once: the cancelled one stays so.
pub async fn a_play_that_was_queued_again_is_not_revived(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let old = given.add_one(play_of(100, "Low", "Words"), NOW).await;
    let revive = || given.change(Selection::Play(old), Change::Retry, NOW);
    assert_eq!(given.change(Selection::Play(old), Change::Cancel, NOW).await, 1);
    let new = given.add_one(play_of(100, "LOW ", "words"), NOW).await;
    let before = given.seen(NOW).await;
    assert_eq!(revive().await, 0);
    assert_eq!(given.seen(NOW).await, before);
    // Also if the new one was sent meanwhile.
    let attempt = given.take(9, NOW).await.attempt;
    given.settle(attempt, [(new, accepted())], NOW).await;
    assert_eq!(revive().await, 0);
    // Another second, or another cancelled one, is in nobody's way.
    let old = given.add_one(play(7, "one"), NOW).await;
    given.add([play(8, "one"), play(7, "two")], NOW).await;
    assert_eq!(given.change(Selection::Play(old), Change::Cancel, NOW).await, 1);
    let new = given.add_one(play(7, "one"), NOW).await;
    assert_eq!(given.change(Selection::Play(new), Change::Cancel, NOW).await, 1);
    assert_eq!(given.change(Selection::Play(old), Change::Retry, NOW).await, 1);
    assert_eq!(given.change(Selection::Play(new), Change::Retry, NOW).await, 0);
    // Nor where a whole job is sent again.
    let given = Given::user(queue, "ann");
    let plays = [play(20, "one"), play(21, "two")];
    let AddedJob::Added(job) = given.add_job("job", plays, NOW).await else { panic!("it is new") };
    assert_eq!(given.change(Selection::Job(job), Change::Cancel, NOW).await, 2);
    given.add_one(play(20, "one"), NOW).await;
    assert_eq!(given.change(Selection::Job(job), Change::Retry, NOW).await, 1);
}

/// Only what was accepted or cancelled before the moment is forgotten, with its steps; all else
/// stays as it is, however old.
pub async fn only_what_is_over_is_forgotten(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let other = Given::user(queue, "other");
    let others = other.everywhere(100, None).await;
    let ids = given.everywhere(100, None).await;
    let of_job = given.everywhere(200, Some("job")).await;
    let before = given.seen(NOW).await;
    // Accepted at 950, cancelled at 960.
    assert_eq!(given.forget(950).await, 0);
    assert_eq!(given.seen(NOW).await, before);
    let gone = |given_back: u64, states: &[usize]| (given_back, states.to_vec());
    for (moment, (count, places)) in [(951, gone(2, &[5])), (i64::MAX, gone(2, &[5, 7]))] {
        assert_eq!(given.forget(moment).await, count);
        let gone: Vec<_> = places.iter().flat_map(|place| [ids[*place], of_job[*place]]).collect();
        let after = given.seen(NOW).await;
        let stay = |id: &PlayId| !gone.contains(id);
        let plays: Vec<_> = before.plays.iter().filter(|play| stay(&play.id)).cloned().collect();
        let steps: Vec<_> = before.steps.iter().filter(|step| stay(&step.play)).cloned().collect();
        assert_eq!((after.plays, after.steps), (plays, steps));
        assert_eq!(after.counts.total(), 16 - gone.len() as u64);
        assert_eq!(after.jobs[0].counts.total(), 8 - places.len() as u64);
        for id in gone {
            assert_eq!(queue.play(&given.account, id).await.unwrap(), None);
            assert_eq!(given.history(Some(id)).await, []);
        }
    }
    assert_eq!(given.forget(i64::MAX).await, 0);
    assert_eq!(other.all().await.len(), others.len());
    // What is forgotten is no longer there to be repeated, and a job is never added twice.
    let again = given.enqueue([play(105, "accepted")], Repeats::Same, NOW).await;
    assert!(matches!(again[..], [Enqueued::Added(_)]));
    let again = given.add_job("job", plays([]), NOW).await;
    assert!(matches!(again, AddedJob::Exists(_)));
}

/// The number of a play that is forgotten is never another's, though it was the last.
pub async fn a_plays_number_is_never_given_again(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let mut ids = Vec::new();
    for at in 1..4 {
        ids.extend(given.add(plays([at * 10, at * 10 + 1]), NOW).await);
        given.change(Selection::All, Change::Cancel, NOW).await;
        assert_eq!(given.forget(NOW + 1).await, 2);
    }
    let (_, of_job) = given.new_job("job", plays([100]), NOW).await;
    ids.extend(of_job);
    let mut different = ids.clone();
    different.sort_unstable();
    different.dedup();
    assert_eq!(different.len(), ids.len());
    assert_eq!(queue.play(&given.account, ids[0]).await.unwrap(), None);
}

/// A moment is not before itself, and what was revived is not over.
pub async fn what_was_revived_is_not_forgotten(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let id = given.add_one(play(1, "one"), 1).await;
    given.change(Selection::Play(id), Change::Cancel, 2).await;
    given.change(Selection::Play(id), Change::Retry, 3).await;
    assert_eq!(given.forget(i64::MAX).await, 0);
    given.change(Selection::Play(id), Change::Cancel, 9).await;
    assert_eq!(given.forget(9).await, 0);
    let cancelled = given.filtered(Filter::states([State::Cancelled]), NOW).await;
    assert_eq!(cancelled[0].standing, Standing::Cancelled);
    assert_eq!(given.forget(10).await, 1);
}
