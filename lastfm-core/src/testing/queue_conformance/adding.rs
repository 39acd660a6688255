//! Cases: what `enqueue` does.

use std::time::Duration;

use super::given::{Given, NOW, accepted, play, play_of, queued, seconds};
use crate::scrobble::{
    Change, Enqueued, PlayId, Refusal, Repeats, ScrobbleQueue, Selection, State, Submission,
};
use crate::testing::conformance::time;
use crate::{Ignored, IgnoredReason, Mbid, NewPlay};

/// Whatever is odd about a play, it comes back as it was given, and each is told of in the order
/// given.
pub async fn every_play_is_kept_whole(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let long = "long ".repeat(2_000);
    let names = [
        "a\0b",
        "\"quoted\" 'twice' `thrice` \\",
        "'); DROP TABLE play; --",
        "🎧 👩‍👩‍👧 後 Ünïcödé e\u{301}",
        "\u{202e}right to left مرحبا\u{202c}",
        " blanks \t\r\n",
        "",
        "%s {} $1 ?1",
        &long,
    ];
    let second = [i64::MIN, -1, 0, 1, 1_776_024_459, i64::from(u32::MAX) + 1, i64::MAX - 1];
    let mut given_plays: Vec<Submission> = Vec::new();
    for (number, name) in (0_u32..).zip(names) {
        let mut play = play_of(i64::from(number), name, name);
        play.track = play.track.album(name).album_artist(name).track_number(number);
        let length = Duration::from_millis(215_123 + u64::from(number));
        play.track = play.track.duration(length).mbid(Mbid::new("no' mbid \0").unwrap());
        given_plays.push(Submission::new(play.chosen_by_user(number % 2 == 0)));
    }
    for at in second {
        let play = Submission::new(play(at, "at the ends of time"));
        given_plays.extend([play.due_at(time(at.wrapping_neg()))]);
    }
    let mut short = play(7, "zeros");
    short.track = short.track.track_number(0).duration(Duration::ZERO);
    given_plays.push(short.into());
    let mut big = play(7, "large numbers");
    big.track = big.track.track_number(u32::MAX).duration(Duration::from_secs(u32::MAX.into()));
    given_plays.push(big.into());

    let ids = given.add(given_plays.clone(), NOW).await;
    let mut expected: Vec<_> = ids
        .into_iter()
        .zip(given_plays)
        .map(|(id, given_play)| queued(id, given_play, None, NOW))
        .collect();
    for play in &expected {
        assert_eq!(given.one(play.id).await, *play);
    }
    expected.sort_by_key(|play| play.id);
    assert_eq!(given.all().await, expected);
}

/// Second, artist and track make a play, in any case and with blanks around; told twice, it is
/// there once, as it was told first.
pub async fn a_play_told_twice_is_the_same_play(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let first = given.add_one(play_of(100, "Été", "Words"), 1).await;
    let again = given
        .enqueue(
            [
                play_of(100, "\u{3000}ÉTÉ\u{a0}", " wORDS\t"),
                play_of(101, "Été", "Words"),
                play_of(101, "été", "words"),
                play_of(100, "Été", "Wor ds"),
                play_of(100, "Été", "Lullaby"),
                play_of(100, "Low", "Words"),
                play_of(100, "a\0", "b"),
                play_of(100, "a", "\0b"),
                play_of(100, "Été", "Words"),
            ],
            Repeats::Same,
            2,
        )
        .await;
    let Enqueued::Added(later) = again[1] else { panic!("another second is another play") };
    assert_eq!(again[0], Enqueued::Repeats(first));
    assert_eq!(again[2], Enqueued::Repeats(later));
    for other in &again[3..8] {
        assert!(matches!(other, Enqueued::Added(_)), "{again:?}");
    }
    assert_eq!(again[8], Enqueued::Repeats(first));
    assert_eq!(given.all().await.len(), 7);
    let unchanged = queued(first, play_of(100, "Été", "Words").into(), None, 1);
    assert_eq!(given.one(first).await, unchanged);
    assert_eq!(given.history(Some(first)).await.len(), 1);
}

/// Where a repeat is another play, it moves to the next second that is free for it, past all that
/// are taken.
pub async fn another_play_of_a_second_is_moved(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    given.add([100, 101, 103].map(|at| play(at, "one")), 1).await;
    let mut whole = play(100, " ONE ").chosen_by_user(false);
    whole.track = whole.track.album("album");
    let refused = Submission::new(play(103, "one")).refused(Refusal::TooNew).due_at(time(9));
    let shifted = given
        .enqueue(
            [
                whole.clone().into(),
                play(100, "one").into(),
                refused.clone(),
                play(100, "two").into(),
                play(99, "one").into(),
            ],
            Repeats::Shift,
            2,
        )
        .await;
    let moved_to = |at: i64, new: NewPlay| NewPlay { played_at: time(at), ..new };
    let expected: [Submission; 5] = [
        moved_to(102, whole).into(),
        play(104, "one").into(),
        Submission { play: moved_to(105, refused.play.clone()), ..refused },
        play(100, "two").into(),
        play(99, "one").into(),
    ];
    for (enqueued, expected) in shifted.into_iter().zip(expected) {
        let Enqueued::Added(id) = enqueued else { panic!("nothing is left out") };
        assert_eq!(given.one(id).await, queued(id, expected, None, 2));
    }
}

/// No second comes after the last one, nor is there one beside the first: a play that would be
/// moved there is a repeat.
pub async fn at_the_ends_of_time_no_play_is_moved(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    for at in [i64::MIN, i64::MAX - 1] {
        let id = given.add_one(play(at, "one"), 1).await;
        for _ in 0..2 {
            let again = given.enqueue([play(at, "one")], Repeats::Shift, 2).await;
            assert_eq!(again, [Enqueued::Repeats(id)]);
        }
    }
    let moved = given.enqueue([play(i64::MAX - 2, "one"); 1], Repeats::Shift, 2).await;
    assert!(matches!(moved[..], [Enqueued::Added(_)]));
    assert_eq!(given.all().await.len(), 3);
}

/// A play is a repeat of one in any state, but not of one that was cancelled.
pub async fn only_a_cancelled_play_may_be_queued_again(queue: &dyn ScrobbleQueue) {
    for repeats in [Repeats::Same, Repeats::Shift] {
        let given = Given::user(queue, &format!("{repeats:?}"));
        // Seconds apart, so that what is moved meets no other.
        let ids = given.everywhere(100, None).await;
        for (id, state) in ids.into_iter().zip(State::ALL) {
            let before = given.one(id).await;
            let again = given.enqueue([before.play.clone()], repeats, NOW).await[0];
            let is_free = state == State::Cancelled;
            match again {
                Enqueued::Repeats(same) => {
                    assert!(same == id && repeats == Repeats::Same && !is_free, "{state}");
                }
                Enqueued::Added(new) => {
                    assert!(is_free || repeats == Repeats::Shift, "{state}");
                    let moved = i64::from(!is_free);
                    let at = before.play.played_at.plus(moved);
                    assert_eq!(given.one(new).await.play.played_at, at, "{state}");
                }
            }
            assert_eq!(given.one(id).await, before);
        }
    }
}

/// A play that will not be sent is kept with its reason, word for word, and is not taken.
pub async fn what_is_refused_from_the_start_is_kept(queue: &dyn ScrobbleQueue) {
    let given = Given::user(queue, "rj");
    let submissions = (100..).zip(refusals()).map(|(at, refusal)| {
        Submission::new(play(at, "refused")).refused(refusal).due_at(time(at))
    });
    let submissions: Vec<_> = submissions.collect();
    let ids = given.add(submissions.clone(), NOW).await;
    for (id, submission) in ids.into_iter().zip(submissions) {
        assert_eq!(given.one(id).await, queued(id, submission, None, NOW));
    }
    assert_eq!(given.take(usize::MAX, NOW).await.plays, []);
}

/// Thousands of plays, in any order, through all that a queue does with them.
pub async fn a_large_queue_is_kept_whole(queue: &dyn ScrobbleQueue) {
    const COUNT: i64 = 5_000;
    let given = Given::user(queue, "rj");
    // 3 has no factor in common with the count: each second comes once, in disorder.
    let disorder: Vec<i64> = (0..COUNT).map(|number| number * 3 % COUNT).collect();
    let ids = given.add(disorder.iter().map(|at| play(*at, "one")), NOW).await;
    let mut kept: Vec<(PlayId, i64)> =
        given.all().await.iter().map(|play| (play.id, play.play.played_at.as_unix())).collect();
    let mut expected: Vec<_> = ids.iter().copied().zip(disorder).collect();
    expected.sort_unstable();
    kept.sort_unstable();
    assert_eq!(kept, expected);
    let batch = given.take(usize::MAX, NOW).await;
    assert_eq!(seconds(&batch.plays), (0..COUNT).collect::<Vec<_>>());
    let verdicts = ids.iter().map(|id| (*id, accepted()));
    assert_eq!(given.settle(batch.attempt, verdicts, NOW).await.len(), ids.len());
    assert_eq!(given.counts(NOW).await.of(State::Accepted), ids.len() as u64);
    assert_eq!(given.history(None).await.len(), 3 * ids.len());
    assert_eq!(given.change(Selection::All, Change::Cancel, NOW).await, 0);
    assert_eq!(given.forget(NOW + 1).await, ids.len() as u64);
    assert_eq!(given.all().await, []);
}

/// A refusal of each kind.
pub(super) fn refusals() -> Vec<Refusal> {
    let ignored = |reason, message: Option<&str>| {
        Refusal::Ignored(Ignored { reason, message: message.map(str::to_owned) })
    };
    let rejected = |code: u32, message: &str| Refusal::Rejected {
        code: code.into(),
        message: message.to_owned().into_boxed_str(),
    };
    vec![
        Refusal::BlankArtist,
        Refusal::BlankTrack,
        Refusal::PlaceholderArtist,
        Refusal::PlaceholderTrack,
        Refusal::PlaceholderAlbumArtist,
        Refusal::TooShort,
        Refusal::TooOld,
        Refusal::TooNew,
        ignored(IgnoredReason::ArtistFiltered, Some("“filtered”\0 後")),
        ignored(IgnoredReason::TooOld, None),
        ignored(IgnoredReason::Unknown(-77), Some("")),
        rejected(6, "Invalid parameters"),
        rejected(u32::MAX, ""),
    ]
}
