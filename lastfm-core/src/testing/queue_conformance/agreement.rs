//! Calls at random of a queue and of one in memory, answered alike.

use std::fmt::Debug;
use std::time::Duration;

use super::given::seen;
use crate::archive::StoreResult;
use crate::scrobble::{
    Account, Attempt, Change, Filter, Hold, HoldReason, JobId, MemoryQueue, NewJob, PlayId, Proof,
    Receipt, Refusal, Repeats, ScrobbleQueue, Selection, State, StepId, Submission, Verdict,
};
use crate::testing::Dice;
use crate::testing::conformance::{time, username};
use crate::{Mbid, NewPlay, PlayerTrack, Service, Span, Timestamp};

/// Calls of one sequence.
const CALLS: u32 = 250;

/// Makes the sequence of calls that follows from `seed`, and asserts that this queue answers each
/// of them as the one in memory does, number for number. The queue must be empty.
///
/// # Example
///
/// ```
/// use lastfm_core::scrobble::MemoryQueue;
/// use lastfm_core::testing::queue_conformance::agrees_with_memory;
///
/// futures_executor::block_on(agrees_with_memory(&MemoryQueue::new(), 1));
/// ```
pub async fn agrees_with_memory(queue: &dyn ScrobbleQueue, seed: u64) {
    let memory = MemoryQueue::new();
    let mut dice = Dice::stream(seed, 0x51);
    // The spelling that comes first stays.
    for account in [account("RJ"), account("Other")] {
        for queue in [queue, &memory] {
            queue.take(&account, 0, Duration::ZERO, time(0)).await.unwrap();
        }
    }
    let mut now = 1_000;
    for call in 0..CALLS {
        now += dice.between(-2, 9);
        let mut same = dice.clone();
        let said = one_call(&mut dice, queue, time(now)).await;
        let expected = one_call(&mut same, &memory, time(now)).await;
        assert_eq!(said, expected, "seed {seed}, call {call}");
        if call % 10 == 0 {
            for account in [account("rj"), account("other")] {
                let kept = seen(queue, &account, time(now)).await.unwrap();
                let expected = seen(&memory, &account, time(now)).await.unwrap();
                assert_eq!(kept, expected, "seed {seed}, after call {call}");
            }
        }
    }
}

fn account(name: &str) -> Account {
    Account::new(&Service::last_fm(), username(name))
}

#[expect(clippy::needless_pass_by_value, reason = "each answer is made where it is said")]
fn said<T: Debug>(what: &str, answer: StoreResult<T>) -> String {
    format!("{what}: {answer:?}")
}

/// One call, the same for equal dice, and what came of it.
async fn one_call(dice: &mut Dice, queue: &dyn ScrobbleQueue, now: Timestamp) -> String {
    let account = account(dice.pick::<&str>(&["RJ", "rj", "Rj", "RJ", "other"]));
    let account = &account;
    let id = PlayId(dice.between(1, 80));
    match dice.below(22) {
        0..=3 => {
            let plays = plays(dice, now);
            let repeats = *dice.pick(&[Repeats::Same, Repeats::Shift]);
            said("enqueue", queue.enqueue(account, plays, repeats, now).await)
        }
        4 => {
            let key = *dice.pick(&["a", "b", "c", "d"]);
            let job = NewJob::new(key, format!("job {key}"), plays(dice, now));
            said("add_job", queue.add_job(account, job, now).await)
        }
        5..=8 => {
            let (limit, lease) = (dice.index(6), Duration::from_secs(dice.below(30)));
            said("take", queue.take(account, limit, lease, now).await)
        }
        9..=11 => {
            let attempt = Attempt(dice.between(1, 60));
            let verdicts = verdicts(dice, queue, account, attempt, now).await;
            said("settle", queue.settle(account, attempt, verdicts, now).await)
        }
        12 => {
            let (oldest, longest) = (now.plus(-dice.between(0, 200)), dice.below(40));
            let longest = Duration::from_secs(longest);
            said("refresh", queue.refresh(account, oldest, longest, now).await)
        }
        13..=15 => {
            let which = *dice.pick(&[
                Selection::All,
                Selection::Job(JobId(1)),
                Selection::Job(JobId(2)),
                Selection::Play(id),
                Selection::Play(id),
                Selection::Play(id),
            ]);
            let change =
                *dice.pick(&[Change::Pause, Change::Resume, Change::Cancel, Change::Retry]);
            said("change", queue.change(account, which, change, now).await)
        }
        16 => said("play", queue.play(account, id).await),
        17 => {
            let states: Vec<State> = State::ALL.into_iter().filter(|_| dice.chance(0.4)).collect();
            let mut filter = Filter::states(states);
            if dice.chance(0.3) {
                filter = filter.job(JobId(dice.between(1, 3)));
            }
            let start = now.as_unix() - dice.between(0, 100);
            filter =
                filter.played(*dice.pick(&[Span::EVER, Span::new(time(start), time(start + 50))]));
            let after = dice.chance(0.5).then_some(id);
            said("plays", queue.plays(account, filter, after, dice.index(9), now).await)
        }
        18 => {
            let (play, after) = (dice.chance(0.5).then_some(id), StepId(dice.between(0, 50)));
            let after = dice.chance(0.5).then_some(after);
            said("history", queue.history(account, play, after, dice.index(30)).await)
        }
        19 => {
            let reason = *dice.pick(&HoldReason::ALL);
            if dice.chance(0.7) {
                return said("lift", queue.lift(account, reason).await);
            }
            let until = dice.chance(0.8).then(|| now.plus(dice.between(0, 20)));
            let hold = Hold { reason, until, since: now, words: "why\0not".to_owned() };
            said("hold", queue.hold(account, hold).await)
        }
        20 => {
            let accepted = queue.accepted_since(account, now.plus(-dice.between(0, 50))).await;
            format!("{} {accepted:?}", said("accounts", queue.accounts().await))
        }
        _ => said("forget", queue.forget(account, now.plus(-dice.between(0, 150))).await),
    }
}

fn plays(dice: &mut Dice, now: Timestamp) -> Vec<Submission> {
    let count = dice.index(5);
    let plays = (0..count).map(|_| {
        let artist = *dice.pick(&["Low", " low", "LOW\0", "Björk", "BJÖRK ", "İ"]);
        let mut track = PlayerTrack::new(artist, *dice.pick(&["Words", "words ", "ß", ""]));
        if dice.chance(0.3) {
            track = track.album("").album_artist("Vari\0us").track_number(u32::MAX);
            track.mbid = Mbid::new("an identifier");
            track.duration = Some(Duration::from_millis(dice.below(1_000_000)));
        }
        let played_at = now.plus(-dice.between(0, 60));
        let play = NewPlay::new(track, played_at).chosen_by_user(dice.chance(0.5));
        let mut new = Submission::new(play);
        if dice.chance(0.2) {
            new = new.due_at(now.plus(dice.between(-5, 40)));
        }
        if dice.chance(0.1) {
            new = new.refused(Refusal::named("ignored:1", Some("words".to_owned())).unwrap());
        }
        new
    });
    plays.collect()
}

/// Verdicts on plays of this attempt, and on others.
async fn verdicts(
    dice: &mut Dice,
    queue: &dyn ScrobbleQueue,
    account: &Account,
    attempt: Attempt,
    now: Timestamp,
) -> Vec<(PlayId, Verdict)> {
    let all = queue.plays(account, Filter::all(), None, usize::MAX, now).await.unwrap();
    let ids = all.iter().filter(|play| play.attempt() == Some(attempt)).map(|play| play.id);
    let mut ids: Vec<PlayId> = ids.collect();
    ids.extend((0..2).map(|_| PlayId(dice.between(1, 60))));
    let verdicts = ids.into_iter().map(|id| {
        let verdict = match dice.below(5) {
            0 => Verdict::Accepted(Receipt::default()),
            1 => Verdict::Accepted(Receipt {
                artist: Some("Low.".to_owned()),
                album_artist: Some(String::new()),
                proof: Proof::History,
                ..Receipt::default()
            }),
            2 => {
                let refusals =
                    [("too_old", None), ("rejected:6", Some("no")), ("ignored:77", None)];
                let (name, message) = *dice.pick(&refusals);
                Verdict::Refused(Refusal::named(name, message.map(str::to_owned)).unwrap())
            }
            3 => Verdict::Unknown { reason: "the answer was lost".to_owned() },
            _ => {
                let due_at = now.plus(dice.between(-5, 20));
                Verdict::Again { due_at, reason: "later".to_owned() }
            }
        };
        (id, verdict)
    });
    verdicts.collect()
}
