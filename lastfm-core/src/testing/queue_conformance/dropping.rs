//! Cases: a future that is dropped before it is ready.

use super::given::{Given, LEASE, NOW, accepted, hold, play, plays};
use crate::scrobble::{
    Attempt, Change, Counts, Hold, HoldReason, NewJob, PlayId, Repeats, ScrobbleQueue, Selection,
    State, Submission,
};
use crate::testing::conformance::{polled, time};

/// Each method that changes something, dropped at any of its polls, leaves the old state or the
/// new one; if it was ready before, the new one.
pub async fn a_dropped_call_has_happened_whole_or_not_at_all(queue: &dyn ScrobbleQueue) {
    for (number, deed) in Deed::ALL.into_iter().enumerate() {
        let whole = Prepared::new(queue, &format!("{number} whole")).await;
        let before = whole.outline().await;
        whole.act(deed).await;
        let after = whole.outline().await;
        assert_ne!(before, after, "{deed:?} does something");
        for polls in 0..10 {
            let dropped = Prepared::new(queue, &format!("{number} after {polls}")).await;
            let finished = polled(dropped.act(deed), polls).await;
            // A later call waits for what was begun.
            dropped.given.lift(HoldReason::App).await;
            let left = dropped.outline().await;
            if finished || left != before {
                assert_eq!(left, after, "half of {deed:?} after {polls} polls");
            }
        }
    }
}

/// A call that changes something.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Enqueue,
    AddJob,
    Take,
    Settle,
    Refresh,
    Change,
    Hold,
    Lift,
    Forget,
}

impl Deed {
    const ALL: [Self; 9] = [
        Self::Enqueue,
        Self::AddJob,
        Self::Take,
        Self::Settle,
        Self::Refresh,
        Self::Change,
        Self::Hold,
        Self::Lift,
        Self::Forget,
    ];
}

/// An account on which each deed has much to do.
struct Prepared<'a> {
    given: Given<'a>,
    attempt: Attempt,
    sent: Vec<PlayId>,
}

/// What is there, without the numbers that differ between accounts.
#[derive(Debug, PartialEq)]
struct Outline {
    plays: Vec<(i64, State, u32, i64, Option<String>)>,
    steps: Vec<(i64, State, Option<String>)>,
    jobs: Vec<(String, Counts)>,
    hold: Option<Hold>,
}

impl<'a> Prepared<'a> {
    async fn new(queue: &'a dyn ScrobbleQueue, name: &str) -> Self {
        let given = Given::user(queue, name);
        given.add(plays(0..20), 1).await;
        let over = given.take(10, 1).await;
        given.settle(over.attempt, over.plays.iter().map(|play| (play.id, accepted())), 2).await;
        let batch = given.take(10, NOW).await;
        given.add(plays(20..40), NOW).await;
        given.hold(&hold(HoldReason::Outage, Some(NOW))).await;
        let sent = batch.plays.iter().map(|play| play.id).collect();
        Self { given, attempt: batch.attempt, sent }
    }

    async fn act(&self, deed: Deed) {
        let Given { queue, account } = &self.given;
        let at = time(NOW);
        let submissions =
            || (35..55).map(|at| Submission::new(play(at, &format!("track {at}")))).collect();
        match deed {
            Deed::Enqueue => {
                queue.enqueue(account, submissions(), Repeats::Same, at).await.unwrap();
            }
            Deed::AddJob => {
                let plays: Vec<_> = submissions();
                queue.add_job(account, NewJob::new("job", "job", plays), at).await.unwrap();
            }
            Deed::Take => {
                queue.take(account, 10, LEASE, at).await.unwrap();
            }
            Deed::Settle => {
                let verdicts = self.sent.iter().map(|id| (*id, accepted())).collect();
                queue.settle(account, self.attempt, verdicts, at).await.unwrap();
            }
            Deed::Refresh => {
                queue.refresh(account, time(30), LEASE, time(NOW + 60)).await.unwrap();
            }
            Deed::Change => {
                queue.change(account, Selection::All, Change::Pause, at).await.unwrap();
            }
            Deed::Hold => queue.hold(account, hold(HoldReason::Person, None)).await.unwrap(),
            Deed::Lift => queue.lift(account, HoldReason::Outage).await.unwrap(),
            Deed::Forget => {
                queue.forget(account, at).await.unwrap();
            }
        }
    }

    async fn outline(&self) -> Outline {
        let seen = self.given.seen(NOW).await;
        let plays = seen.plays.into_iter().map(|play| {
            let state = play.state(time(NOW));
            let (at, since) = (play.play.played_at.as_unix(), play.since.as_unix());
            (at, state, play.attempt_count, since, play.reason)
        });
        let steps = seen.steps.into_iter().map(|step| (step.at.as_unix(), step.state, step.reason));
        Outline {
            plays: plays.collect(),
            steps: steps.collect(),
            jobs: seen.jobs.into_iter().map(|job| (job.title, job.counts)).collect(),
            hold: seen.hold,
        }
    }
}
