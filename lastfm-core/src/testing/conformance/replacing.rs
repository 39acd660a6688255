//! Cases: what `replace` does to the plays.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use futures_util::future::join;

use super::given::{Given, object, place, play, play_of, plays, span, sum, time};
use crate::Play;
use crate::archive::{
    ArchiveStore, Count, Observation, Removals, Replaced, Revision, Span, StoreErrorKind,
};

/// Objects as odd as the service writes them, and odder.
pub(super) const ODD: [&str; 19] = [
    r##"{"name":"usual","artist":{"#text":"a"},"date":{"uts":"60","#text":"01 Jan 1970, 00:01"}}"##,
    r##"{"date":{"uts":"61","#text":"01 Jan 1970, 00:01"},"name":"date first"}"##,
    r##"{"name":"date last","date":{"#text":"01 Jan 1970, 00:01","uts":62}}"##,
    r#"{"date":{"uts":"63"}}"#,
    "{ \"name\" : \"spaced\" ,\n\t\"date\" : { \"uts\" : \"64\" } , \"x\" : [1, 2]\r\n}",
    r##"{"name":"local time","date":{"uts":"65","#text":"1 Jan 1970, 1:01am"},"y":2}"##,
    r##"{"name":"zeros","date":{"uts":"066","#text":""}}"##,
    r##"{"name":"marks","date":{"uts":"67","#text":"{uts} {text}"}}"##,
    r##"{"name":"67 {uts} {text}","date":{"uts":"67","#text":"01 Jan 1970, 00:01"}}"##,
    r#"{"name":"a\u0000b","artist":"\ud800 half","date":{"uts":"68"}}"#,
    r##"{"name":"Ünïcödé 🎧 before","date":{"uts":"69","#text":"01 Jan 1970, 00:01"},"z":"後"}"##,
    r#"{"name":"'); DROP TABLE play; --","date":{"uts":"70"}}"#,
    r#"{"name":"two dates","date":{"uts":"1"},"date":{"uts":"71"}}"#,
    r##"{"name":"before 1970","date":{"uts":"-72","#text":"31 Dec 1969, 23:58"}}"##,
    r##"{"name":"year -44","date":{"uts":"-63549360000","#text":"15 Mar -044, 00:00"}}"##,
    r##"{"name":"year 12026","date":{"uts":"317334240000","#text":"?"}}"##,
    r#"{"name":"same","date":{"uts":"73"}}"#,
    r#"{"name":"same","date": {"uts":"73"}}"#,
    r#"{"date":{"uts":"73"},"name":"same"}"#,
];

/// Whatever is odd about an object, it comes back as it was sent.
pub async fn every_play_is_kept_byte_for_byte(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let sent: Vec<Play> = ODD.into_iter().map(object).collect();
    let replaced = given.replaces(Span::EVER, &sent, 100, Removals::Confirm);
    assert_eq!(replaced.await.added, sent.len() as u64);
    let mut sent: Vec<_> = ODD.map(str::to_owned).into();
    let mut kept = given.raws().await;
    sent.sort();
    kept.sort();
    assert_eq!(kept, sent);
}

/// A play is not unique by its second and track.
pub async fn plays_of_one_second_are_a_multiset(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let second = |a, b| [vec![play(5, "a"); a], vec![play(5, "b"); b]].concat();
    assert_eq!(given.replace(0, 9, &second(3, 1), 100).await.added, 4);
    assert_eq!(given.state().await.plays.len(), 4);
    assert_eq!(given.replace(0, 9, &second(5, 1), 101).await.added, 2);
    assert_eq!(given.replace(0, 9, &second(2, 1), 102).await.doubted, 3);
    assert_eq!(given.replace(0, 9, &second(2, 1), 103).await.removed, 3);
    let mut raws = given.raws().await;
    raws.sort();
    let mut expected: Vec<_> = second(2, 1).iter().map(|play| play.raw().to_owned()).collect();
    expected.sort();
    assert_eq!(raws, expected);
}

/// Running twice is the same as once: no play moves, in any order of the answer.
pub async fn the_same_plays_again_change_nothing(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let mut answer = plays([1, 2, 3, 3]);
    answer.push(play(3, "another"));
    given.replace(0, 10, &answer, 100).await;
    let before = given.state().await;
    for at in 101..104 {
        answer.rotate_left(2);
        let replaced = given.replace(0, 10, &answer, at).await;
        assert_eq!(replaced, Replaced::default());
    }
    let after = given.state().await;
    assert_eq!(after.plays, before.plays);
    assert_eq!(after.count, before.count);
    assert_eq!(after.removed_count, 0);
}

/// The revision rises with every `replace`, also with one that changes no play.
pub async fn the_revision_rises_with_every_replace(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let mut last = given.revision().await;
    for (start, end) in [(0, 10), (0, 10), (20, 30)] {
        given.replace(start, end, &[], 100).await;
        let revision = given.revision().await;
        assert!(revision > last, "{revision:?} after {last:?}");
        last = revision;
    }
    given.replace_since(Revision(-1), 0, 10, &[]).await.unwrap_err();
    assert_eq!(given.revision().await, last, "nothing was replaced");
}

/// A span that changed since it was read is refused, and everything is as it was.
pub async fn a_stale_observation_changes_nothing(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let revision = given.revision().await;
    given.replace(0, 10, &plays([1, 2]), 100).await;
    let before = given.state().await;
    for (start, end) in [(0, 10), (5, 6), (9, 20), (-5, 1), (-5, 20)] {
        let answer = plays([start]);
        let refused = given.replace_since(revision, start, end, &answer).await;
        assert_eq!(refused.unwrap_err().kind, StoreErrorKind::Stale);
    }
    assert_eq!(given.state().await, before);
    let fresh = given.revision().await;
    given.replace_since(fresh, 0, 10, &[]).await.unwrap();
}

/// A change next to the span does not make an observation stale.
pub async fn an_observation_of_other_ground_is_not_stale(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let revision = given.revision().await;
    given.replace(10, 20, &plays([15]), 100).await;
    for (start, end) in [(0, 10), (20, 30)] {
        let answer = plays([start]);
        let replaced = given.replace_since(revision, start, end, &answer).await;
        assert_eq!(replaced.unwrap().added, 1);
    }
}

/// A play before the span or at its end is refused, and everything is as it was.
pub async fn a_play_outside_the_span_changes_nothing(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &plays([1, 2]), 100).await;
    let before = given.state().await;
    for outside in [-1, 10, 11] {
        let answer = plays([5, outside]);
        let refused = given.replace_since(before.revision, 0, 10, &answer).await;
        assert_eq!(refused.unwrap_err().kind, StoreErrorKind::OutsideSpan);
    }
    assert_eq!(given.state().await, before);
}

/// An empty span changes nothing, not even the revision; no play lies within.
pub async fn an_empty_span_changes_nothing(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &plays([1, 2]), 100).await;
    let before = given.state().await;
    for (start, end) in [(5, 5), (8, 3), (50, 50)] {
        let replaced = given.replace(start, end, &[], 200).await;
        assert_eq!(replaced, Replaced::default());
        let refused = given.replace_since(before.revision, start, end, &plays([start])).await;
        assert_eq!(refused.unwrap_err().kind, StoreErrorKind::OutsideSpan);
    }
    assert_eq!(given.state().await, before);
}

/// Any difference but artist, track and album moves the play to the newer text.
pub async fn a_newer_text_is_taken_over(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let unchanged = play(7, "b");
    given.replace(0, 10, &[play(5, "a"), unchanged.clone()], 100).await;
    let newer = play_of(5, "a", "an album", "an-mbid");
    let spaced = object(&newer.raw().replace("\"url\":", "\"url\": "));
    let redated = object(&newer.raw().replace("\"date\":", "\"date\" : "));
    for newest in [newer, spaced, redated] {
        let answer = [newest.clone(), unchanged.clone()];
        let replaced = given.replace(0, 10, &answer, 101).await;
        assert_eq!(sum(replaced), (0, 0, 1, 0));
        assert_eq!(given.raws().await, [newest.raw(), unchanged.raw()]);
    }
    assert_eq!(given.state().await.removed_count, 0);
}

/// What is missing once stays, in doubt; what is missing twice is removed.
pub async fn a_missing_play_is_doubted_and_then_removed(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &plays([1, 2]), 100).await;
    let doubted = given.replace(0, 10, &plays([2]), 101).await;
    assert_eq!(sum(doubted), (0, 0, 0, 1));
    let state = given.state().await;
    assert_eq!(state.plays.len(), 2);
    assert_eq!(state.count, count(2, 1));
    assert_eq!(state.removed_count, 0);
    let removed = given.replace(0, 10, &plays([2]), 102).await;
    assert_eq!(sum(removed), (0, 1, 0, 0));
    let state = given.state().await;
    assert_eq!(state.plays.len(), 1);
    assert_eq!(state.plays[0].place, place(2, 0));
    assert_eq!(state.count, count(1, 0));
    assert_eq!(state.removed_count, 1);
    assert_eq!(state.doubts, []);
}

/// A doubted play that the service shows again is doubted no longer.
pub async fn a_doubted_play_that_shows_again_is_trusted(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &plays([1, 2]), 100).await;
    let before = given.state().await.plays;
    given.replace(0, 10, &plays([2]), 101).await;
    let replaced = given.replace(0, 10, &plays([1, 2]), 102).await;
    assert_eq!(replaced, Replaced::default());
    let state = given.state().await;
    assert_eq!(state.plays, before);
    assert_eq!(state.count, count(2, 0));
    assert_eq!(state.doubts, []);
    assert_eq!(given.replace(0, 10, &plays([2]), 103).await.removed, 0);
}

/// A removed play that the service shows again is added, with its newest text, and counted as
/// removed no longer.
pub async fn a_removed_play_that_comes_back_is_not_doubled(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &plays([1, 2, 2]), 100).await;
    for at in [101, 102] {
        given.replace(0, 10, &plays([1]), at).await;
    }
    assert_eq!(given.state().await.removed_count, 2);
    let newer = play_of(2, "track 2", "an album", "an-mbid");
    let back = [plays([1, 2]), vec![newer.clone()]].concat();
    let replaced = given.replace(0, 10, &back, 103).await;
    assert_eq!(sum(replaced), (2, 0, 0, 0));
    let state = given.state().await;
    assert_eq!(state.removed_count, 0);
    assert_eq!(state.count, count(3, 0));
    let mut raws = given.raws().await;
    raws.sort();
    let mut expected = [back[0].raw(), back[1].raw(), newer.raw()];
    expected.sort_unstable();
    assert_eq!(raws, expected);
    let again = given.replace(0, 10, &back, 104).await;
    assert_eq!(again, Replaced::default());
}

/// One play gone and one new in a second is a change of that play, at once and uncounted.
pub async fn an_edit_is_no_removal(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &[play(5, "a"), play(6, "c")], 100).await;
    for (at, name) in [(101, "b"), (102, "a"), (103, "b")] {
        let answer = [play(5, name), play(6, "c")];
        let replaced = given.replace(0, 10, &answer, at).await;
        assert_eq!(sum(replaced), (0, 0, 1, 0));
        let state = given.state().await;
        assert_eq!(state.plays.len(), 2);
        assert_eq!(state.count, count(2, 0));
        assert_eq!(state.removed_count, 0);
        assert_eq!(given.raws().await[0], play(5, name).raw());
    }
    let album = play_of(5, "b", "another album", "");
    let replaced = given.replace(0, 10, &[album, play(6, "c")], 104).await;
    assert_eq!(sum(replaced), (0, 0, 1, 0), "another album is an edit");
}

/// Surprisingly many missing plays stay, however often they are missing, until that is accepted;
/// what is new beside them is stored.
pub async fn many_missing_plays_stay_until_they_are_accepted(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 100, &plays(0..80), 100).await;
    for at in [101, 102, 103] {
        let replaced = given.replace(0, 100, &plays(60..81), at).await;
        assert_eq!(sum(replaced), (u64::from(at == 101), 0, 0, 60));
        assert_eq!(given.state().await.count, count(81, 60));
    }
    let replaced = given.accept(0, 100, &plays(60..81), 104).await;
    assert_eq!(sum(replaced), (0, 60, 0, 0));
    let state = given.state().await;
    assert_eq!(state.count, count(21, 0));
    assert_eq!(state.removed_count, 60);
}

/// Accepting removes what was doubted before, and only doubts what is missing for the first time.
pub async fn accepting_removes_only_what_was_doubted_before(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &plays([1, 2, 3]), 100).await;
    given.replace(0, 10, &plays([2, 3]), 101).await;
    let replaced = given.accept(0, 10, &plays([3]), 102).await;
    assert_eq!(sum(replaced), (0, 1, 0, 1));
    assert_eq!(given.state().await.count, count(2, 1));
}

/// Few missing plays in this span are surprising when many are doubted elsewhere.
pub async fn doubts_elsewhere_make_a_removal_surprising(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 100, &plays(0..60), 100).await;
    given.replace(200, 300, &plays(200..245), 100).await;
    given.replace(200, 300, &[], 101).await;
    for at in [102, 103] {
        let ten = given.replace(0, 100, &plays(10..60), at).await;
        assert_eq!(sum(ten), (0, 0, 0, 10), "45 are doubted elsewhere");
    }
    store.withdraw_doubts(given.user, span(200, 300)).await.unwrap();
    let ten = given.replace(0, 100, &plays(10..60), 104).await;
    assert_eq!(sum(ten), (0, 10, 0, 0));
}

/// A withdrawn doubt is gone, within the span only; missing again, the play is doubted anew.
pub async fn a_withdrawn_doubt_begins_anew(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &plays([1, 2, 3]), 100).await;
    given.replace(0, 10, &[], 101).await;
    let mut expected = given.state().await.plays;
    expected[1].doubted_at = None;
    store.withdraw_doubts(given.user, span(2, 3)).await.unwrap();
    let after = given.state().await;
    assert_eq!(after.plays, expected);
    assert_eq!(after.count, count(3, 2));
    let replaced = given.replace(0, 10, &[], 102).await;
    assert_eq!(sum(replaced), (0, 2, 0, 1));
    store.withdraw_doubts(given.user, Span::EVER).await.unwrap();
    assert_eq!(given.state().await.count, count(1, 0));
}

/// Each covered span that holds doubts is listed once, with how many and since when.
pub async fn doubts_are_listed_by_covered_span(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 10, &plays([1, 2, 2]), 100).await;
    given.replace(10, 20, &plays([11]), 100).await;
    given.replace(30, 40, &plays([31, 32]), 100).await;
    given.replace(30, 40, &plays([32]), 103).await;
    given.replace(0, 10, &[], 104).await;
    let doubts = given.state().await.doubts;
    let listed: Vec<_> =
        doubts.iter().map(|doubt| (doubt.span, doubt.count, doubt.since)).collect();
    assert_eq!(listed, [(span(0, 10), 3, time(104)), (span(30, 40), 1, time(103))]);
    // Missing a second time and not believed (too many): the doubt is as old as it was.
    let many = Given::user(store, "many").await;
    many.replace(0, 100, &plays(0..60), 100).await;
    for at in [101, 102] {
        many.replace(0, 100, &[], at).await;
    }
    assert_eq!(many.state().await.doubts[0].since, time(101));
}

/// Thousands of plays at once, in the service's order, repeats included.
pub async fn a_large_answer_is_kept_whole(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    let answer: Vec<Play> = (0..5_000)
        .rev()
        .map(|number| play(number / 3, &format!("track {}", number % 700)))
        .collect();
    assert_eq!(given.replace(0, 2_000, &answer, 100).await.added, 5_000);
    let state = given.state().await;
    let mut expected: Vec<_> = answer.iter().map(|play| (play.played_at(), play.raw())).collect();
    let mut kept: Vec<_> =
        state.plays.iter().map(|stored| (stored.play.played_at(), stored.play.raw())).collect();
    expected.sort_unstable();
    kept.sort_unstable();
    assert_eq!(kept, expected);
    assert_eq!(state.count, count(5_000, 0));
}

/// Two workers read the same revision: the first to write is right, the other reads again.
pub async fn two_workers_do_not_undo_each_other(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    for start in (0..200).step_by(20) {
        let revision = given.revision().await;
        let (first, second) = (plays([start + 1]), plays([start + 9]));
        let (first, second) = join(
            given.replace_since(revision, start, start + 10, &first),
            given.replace_since(revision, start + 9, start + 20, &second),
        )
        .await;
        let refused = match (first, second) {
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
            both => panic!("one of two is stale, not {both:?}"),
        };
        assert_eq!(refused.kind, StoreErrorKind::Stale);
        assert!(refused.is_retryable());
    }
    assert_eq!(given.state().await.plays.len(), 10);
}

/// A future dropped at any of its polls leaves the old state or the new one.
pub async fn a_dropped_replace_has_happened_whole_or_not_at_all(store: &dyn ArchiveStore) {
    let given = Given::user(store, "rj").await;
    given.replace(0, 100, &plays(0..50), 100).await;
    for polls in 0..12 {
        let before = given.state().await;
        let seconds = polls..50 + polls;
        let answer: Vec<Play> = seconds.map(|at| play(at, &format!("cut {polls}"))).collect();
        let observation =
            Observation { revision: before.revision, at: time(200), removals: Removals::Confirm };
        let finished = {
            let replace = store.replace(given.user, span(0, 100), answer.clone(), observation);
            polled(replace, polls).await
        };
        // A later call waits for what was begun.
        let undone = given.replace(500, 600, &[], 200).await;
        assert_eq!(undone, Replaced::default());
        let after = given.state().await;
        let mut raws: Vec<_> = answer.iter().map(|play| play.raw().to_owned()).collect();
        let mut kept: Vec<_> = after
            .plays
            .iter()
            .map(|stored| stored.play.raw().to_owned())
            .filter(|raw| raw.contains(&format!("\"cut {polls}\"")))
            .collect();
        raws.sort();
        kept.sort();
        let happened = after.coverage != before.coverage && !kept.is_empty();
        if happened {
            assert_eq!(kept, raws, "half of it after {polls} polls");
        } else {
            assert_eq!(after.plays, before.plays, "half of it after {polls} polls");
            assert!(!finished, "what was acknowledged is not there");
        }
    }
}

/// Polls at most so often; whether it was ready by then.
pub(in crate::testing) async fn polled<T>(future: impl Future<Output = T>, polls: i64) -> bool {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        if future.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

fn count(plays: u64, doubted: u64) -> Count {
    Count { plays, doubted }
}
