//! Cases: plays that belong together.

use super::given::{Given, NOW, play, plays, queued, seconds};
use crate::scrobble::{AddedJob, Counts, Job, NewJob, ScrobbleQueue, State, Submission};
use crate::testing::conformance::time;

/// A job is there with all its plays, each with the job's number and as it was given.
pub async fn a_job_is_added_with_all_its_plays(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let submissions: Vec<_> = plays(100..140)
        .into_iter()
        .map(|play| Submission::new(play.chosen_by_user(false)).due_at(time(NOW + 7)))
        .collect();
    let (job, ids) = given.new_job("album", submissions.clone(), NOW).await;
    assert_eq!(ids.len(), 40);
    let mut kept = given.all().await;
    kept.sort_by_key(|play| play.play.played_at);
    for (kept, submission) in kept.into_iter().zip(submissions) {
        assert_eq!(kept, queued(kept.id, submission, Some(job), NOW));
    }
    let steps = given.history(None).await;
    assert_eq!(steps.len(), 40);
    assert!(steps.iter().all(|step| step.state == State::Scheduled));
}

/// A job of a key that is there changes nothing, whatever else is in it. Keys are compared letter
/// by letter.
pub async fn a_job_is_added_once(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let (id, _) = given.new_job("key", plays([1, 2]), NOW).await;
    let before = given.seen(NOW).await;
    let other = NewJob::new("key", "another title", plays([2, 3]).into_iter().map(Into::into));
    for _ in 0..2 {
        let added = queue.add_job(&given.account, other.clone(), time(NOW + 1)).await.unwrap();
        assert_eq!(added, AddedJob::Exists(id));
    }
    assert_eq!(given.seen(NOW).await, before);
    for key in ["KEY", " key", "", "k\0y", "'後"] {
        let (new, _) = given.new_job(key, plays([]), NOW).await;
        assert_ne!(new, id);
        assert_eq!(given.add_job(key, plays([5]), NOW).await, AddedJob::Exists(new));
    }
    assert_eq!(given.jobs(NOW).await.len(), 6);
    assert_eq!(given.all().await.len(), 2);
}

/// A play of a job that would be a repeat is another play: it is moved, and none is left out.
pub async fn repeats_in_a_job_are_moved(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    given.add([play(100, "one"), play(102, "one")], 1).await;
    let repeats = [play(100, "ONE"), play(100, "one"), play(100, "two"), play(103, " one")];
    let (job, ids) = given.new_job("job", repeats, 2).await;
    let mut of_job: Vec<_> =
        given.all().await.into_iter().filter(|play| play.job == Some(job)).collect();
    of_job.sort_by_key(|play| (play.play.played_at, play.play.track.name.clone()));
    assert_eq!(seconds(&of_job), [100, 101, 103, 104]);
    assert_eq!(of_job.len(), ids.len());
    let names: Vec<_> = of_job.iter().map(|play| play.play.track.name.as_str()).collect();
    assert_eq!(names, ["two", "ONE", "one", " one"]);
}

/// All jobs are told, the newest first, with how many of their own plays stand where at that
/// moment.
pub async fn jobs_are_listed_newest_first(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    given.everywhere(500, None).await;
    let (first, _) = given.new_job("b", plays([]), 700).await;
    given.everywhere(600, Some("c")).await;
    let second = given.all().await;
    let second = second.iter().find_map(|play| play.job).unwrap();
    let (third, _) = given.new_job("a “third”\0", plays([700]), 800).await;
    let job = |id, key: &str, at, states: &[State]| {
        let mut counts = Counts::default();
        for state in states {
            counts.add(*state, 1);
        }
        Job::new(id, key.to_owned(), format!("title of {key}"), time(at), counts)
    };
    let expected = [
        job(third, "a “third”\0", 800, &[State::Ready]),
        job(second, "c", 800, &State::ALL),
        job(first, "b", 700, &[]),
    ];
    assert_eq!(given.jobs(NOW).await, expected);
    let later = given.jobs(NOW + 1).await;
    let counts = |state| later[1].counts.of(state);
    assert_eq!((counts(State::Ready), counts(State::Scheduled)), (2, 0));
}
