//! The promises of [`LovedStore`], each a case that any store can run.
//!
//! ```
//! use lastfm_core::loved::MemoryLoved;
//!
//! // A store, and whatever has to live as long.
//! lastfm_core::loved_store_conformance!(async { (MemoryLoved::new(), ()) });
//! ```
//!
//! One line makes one `#[tokio::test]` of each case, on a store without tracks. A case panics when
//! the promise that its name says is broken.

#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a case panics: that is how it fails"
)]

use crate::loved::{
    How, LocalMatch, Loved, LovedCounts, LovedId, LovedPage, LovedStore, NewLove, Reading,
    ReadingId, Shown, Which, Written,
};
use crate::scrobble::Account;
use crate::{Mbid, Timestamp};

/// Makes a test of each promise of [`LovedStore`]; see
/// [`testing::loved_conformance`](crate::testing::loved_conformance).
#[macro_export]
macro_rules! loved_store_conformance {
    ($open:expr) => {
        $crate::loved_store_conformance! { @each $open;
            accounts_are_apart
            a_page_is_kept_as_it_came
            a_track_is_one_in_any_case_of_letters
            a_page_that_comes_again_changes_nothing
            a_newer_reading_brings_names_and_moment_up_to_date
            an_unfinished_reading_is_remembered
            a_page_of_an_overtaken_reading_does_not_move_the_newer_one
            what_no_reading_shows_is_unloved_and_kept
            finishing_since_nothing_unloves_nothing
            a_track_that_is_loved_again_is_the_same_one
            a_person_outlasts_a_page_that_was_asked_for_before
            a_person_loves_and_unloves
            unloving_what_is_not_there_does_nothing
            tracks_are_listed_in_pages
            matches_are_remembered
            a_choice_is_not_overwritten
            a_choice_can_be_none_and_can_be_taken_back
            local_tracks_lead_to_loved_ones
            counts_agree_with_the_lists
        }
    };
    (@each $open:expr; $($case:ident)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                let (store, _guard) = $open.await;
                $crate::testing::loved_conformance::$case(&store).await;
            }
        )*
    };
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn account(user: &str) -> Account {
    Account::at("https://ws.audioscrobbler.com/2.0/", user.parse().unwrap())
}

fn rj() -> Account {
    account("RJ")
}

fn track(name: &str, loved_at: i64) -> NewLove {
    NewLove::new("Low", name, at(loved_at))
}

fn page(names: &[&str]) -> LovedPage {
    LovedPage::new(names.iter().zip(100..).map(|(name, at)| track(name, at)).collect(), 2)
}

/// A reading that shows these tracks and is not finished.
async fn read(store: &dyn LovedStore, names: &[&str]) -> Reading {
    let reading = store.begin(&rj(), at(1)).await.unwrap();
    store.add_page(&rj(), reading.id, page(names)).await.unwrap();
    reading
}

async fn all(store: &dyn LovedStore, which: Which) -> Vec<Loved> {
    store.tracks(&rj(), which, None, usize::MAX).await.unwrap()
}

async fn names(store: &dyn LovedStore, which: Which) -> Vec<String> {
    all(store, which).await.into_iter().map(|loved| loved.track).collect()
}

async fn named(store: &dyn LovedStore, name: &str) -> Loved {
    store.track(&rj(), "Low", name).await.unwrap().unwrap()
}

fn found(ids: &[&str], how: How) -> LocalMatch {
    LocalMatch::new(ids.iter().map(|id| (*id).to_owned()).collect(), how, at(7))
}

/// Nothing done to one account shows in another, nor in the same name on another service.
pub async fn accounts_are_apart(store: &dyn LovedStore) {
    assert_eq!(store.accounts().await.unwrap(), []);
    read(store, &["Words"]).await;
    let elsewhere = Account::at("https://libre.fm/2.0/", "RJ".parse().unwrap());
    for other in [account("other"), elsewhere.clone()] {
        assert_eq!(store.tracks(&other, Which::Loved, None, 9).await.unwrap(), []);
        assert_eq!(store.track(&other, "Low", "Words").await.unwrap(), None);
        assert_eq!(store.reading(&other).await.unwrap(), None);
        assert_eq!(store.counts(&other).await.unwrap(), LovedCounts::default());
        assert_eq!(store.finish(&other, ReadingId(i64::MAX), at(1)).await.unwrap(), []);
    }
    let id = store.love(&elsewhere, track("Words", 5)).await.unwrap().id;
    let written = store.set_matches(&elsewhere, vec![(id, found(&["x"], How::Name))]).await;
    assert_eq!(written.unwrap().len(), 1);
    assert_eq!(store.of_local(&rj(), "x").await.unwrap(), []);
    assert_eq!(store.choose(&account("other"), id, None, at(1)).await.unwrap(), None);
    assert_eq!(store.of_local(&elsewhere, "x").await.unwrap().len(), 1);
    assert_eq!(store.tracks(&account("rj"), Which::Loved, None, 9).await.unwrap().len(), 1);
    assert_eq!(store.accounts().await.unwrap(), [elsewhere, rj()]);
}

/// Names, moment and identifier come back.
pub async fn a_page_is_kept_as_it_came(store: &dyn LovedStore) {
    let reading = store.begin(&rj(), at(1)).await.unwrap();
    let mut sent = NewLove::new(" Björk ", "Jóga 日本 '; --", at(-5));
    sent.mbid = Mbid::new("m");
    let written = store.add_page(&rj(), reading.id, LovedPage::new(vec![sent.clone()], 2)).await;
    assert_eq!(written.unwrap(), Written { added: 1, revived: 0 });
    let kept = all(store, Which::Loved).await;
    assert_eq!(kept, [Loved::new(kept[0].id, sent)]);
}

/// Case and blanks around a name make no other track; accents do.
pub async fn a_track_is_one_in_any_case_of_letters(store: &dyn LovedStore) {
    let reading = read(store, &["Jóga", "jÓGA ", "Joga"]).await;
    assert_eq!(all(store, Which::Loved).await.len(), 2);
    let shown = store.shown(&rj(), reading.id).await.unwrap();
    assert_eq!(shown, Shown { shown: 2, missing: 0 });
    assert!(store.track(&rj(), " LOW", "JÓGA").await.unwrap().is_some());
}

/// The same page again adds nothing.
pub async fn a_page_that_comes_again_changes_nothing(store: &dyn LovedStore) {
    let reading = read(store, &["Words", "Lullaby"]).await;
    let before = all(store, Which::Loved).await;
    let again = store.add_page(&rj(), reading.id, page(&["Words", "Lullaby"])).await.unwrap();
    assert_eq!(again, Written::default());
    assert_eq!(all(store, Which::Loved).await, before);
}

/// What the service says last is what holds.
pub async fn a_newer_reading_brings_names_and_moment_up_to_date(store: &dyn LovedStore) {
    read(store, &["words"]).await;
    let before = named(store, "Words").await;
    let reading = store.begin(&rj(), at(2)).await.unwrap();
    let mut newer = track("Words", 900);
    newer.mbid = Mbid::new("m");
    store.add_page(&rj(), reading.id, LovedPage::new(vec![newer.clone()], 2)).await.unwrap();
    assert_eq!(named(store, "words").await, Loved::new(before.id, newer));
}

/// Where a reading goes on, and that it came to its end.
pub async fn an_unfinished_reading_is_remembered(store: &dyn LovedStore) {
    assert_eq!(store.reading(&rj()).await.unwrap(), None);
    let mut reading = store.begin(&rj(), at(7)).await.unwrap();
    assert!(reading.id > ReadingId(0));
    assert_eq!(reading, Reading::new(reading.id, at(7)));
    assert_eq!(store.reading(&rj()).await.unwrap().as_ref(), Some(&reading));
    let mut written = LovedPage::new(Vec::new(), 5);
    (written.total, written.per_page) = (Some(4_100), Some(1_000));
    store.add_page(&rj(), reading.id, written).await.unwrap();
    (reading.next_page, reading.total, reading.per_page) = (5, Some(4_100), Some(1_000));
    assert_eq!(store.reading(&rj()).await.unwrap(), Some(reading.clone()));
    store.finish(&rj(), ReadingId(0), at(8)).await.unwrap();
    assert_eq!(store.reading(&rj()).await.unwrap(), None);
    assert!(store.begin(&rj(), at(9)).await.unwrap().id > reading.id);
}

/// Its tracks are written, but the newer reading goes on from where it was.
pub async fn a_page_of_an_overtaken_reading_does_not_move_the_newer_one(store: &dyn LovedStore) {
    let older = store.begin(&rj(), at(1)).await.unwrap();
    let newer = store.begin(&rj(), at(2)).await.unwrap();
    assert!(newer.id > older.id);
    let written = store.add_page(&rj(), older.id, page(&["Words"])).await.unwrap();
    assert_eq!(written.added, 1);
    assert_eq!(store.reading(&rj()).await.unwrap(), Some(newer));
}

/// It stays with the moment at which that was noticed.
pub async fn what_no_reading_shows_is_unloved_and_kept(store: &dyn LovedStore) {
    let first = read(store, &["Words", "Lullaby", "Fear"]).await;
    assert_eq!(store.finish(&rj(), first.id, at(2)).await.unwrap(), []);
    let second = read(store, &["Lullaby"]).await;
    let shown = store.shown(&rj(), second.id).await.unwrap();
    assert_eq!(shown, Shown { shown: 1, missing: 2 });
    let shown = store.shown(&rj(), first.id).await.unwrap();
    assert_eq!(shown, Shown { shown: 3, missing: 0 });
    let unloved = store.finish(&rj(), second.id, at(99)).await.unwrap();
    assert_eq!(unloved.iter().map(|loved| &*loved.track).collect::<Vec<_>>(), ["Words", "Fear"]);
    assert!(unloved.iter().all(|loved| loved.unloved_at == Some(at(99))));
    assert_eq!(all(store, Which::Unloved).await, unloved);
    assert_eq!(names(store, Which::Loved).await, ["Lullaby"]);
    // Not a second time.
    let third = read(store, &["Lullaby"]).await;
    assert_eq!(store.shown(&rj(), third.id).await.unwrap(), Shown { shown: 1, missing: 0 });
    assert_eq!(store.finish(&rj(), third.id, at(200)).await.unwrap(), []);
    assert_eq!(named(store, "Words").await.unloved_at, Some(at(99)));
}

/// A reading that is given up takes nothing for unloved.
pub async fn finishing_since_nothing_unloves_nothing(store: &dyn LovedStore) {
    read(store, &["Words"]).await;
    read(store, &[]).await;
    assert_eq!(store.finish(&rj(), ReadingId(0), at(2)).await.unwrap(), []);
    assert_eq!(names(store, Which::Loved).await, ["Words"]);
}

/// With its number and its match, and the new moment.
pub async fn a_track_that_is_loved_again_is_the_same_one(store: &dyn LovedStore) {
    read(store, &["Words"]).await;
    let before = named(store, "Words").await;
    store.set_matches(&rj(), vec![(before.id, found(&["w"], How::Name))]).await.unwrap();
    let reading = read(store, &[]).await;
    store.finish(&rj(), reading.id, at(2)).await.unwrap();
    let reading = store.begin(&rj(), at(3)).await.unwrap();
    let again = LovedPage::new(vec![track("Words", 800)], 2);
    let written = store.add_page(&rj(), reading.id, again).await.unwrap();
    assert_eq!(written, Written { added: 0, revived: 1 });
    let after = named(store, "Words").await;
    assert_eq!((after.id, after.unloved_at, after.loved_at), (before.id, None, at(800)));
    assert_eq!(after.local_ids(), ["w"]);
}

/// The page was on its way when the person did it.
pub async fn a_person_outlasts_a_page_that_was_asked_for_before(store: &dyn LovedStore) {
    read(store, &["Words"]).await;
    let reading = store.begin(&rj(), at(2)).await.unwrap();
    store.unlove(&rj(), "Low", "Words", at(5)).await.unwrap();
    store.love(&rj(), track("Lullaby", 6)).await.unwrap();
    let written = store.add_page(&rj(), reading.id, page(&["Words"])).await.unwrap();
    assert_eq!(written, Written::default());
    assert_eq!(named(store, "Words").await.unloved_at, Some(at(5)));
    assert_eq!(store.finish(&rj(), reading.id, at(7)).await.unwrap(), []);
    assert_eq!(names(store, Which::Loved).await, ["Lullaby"]);
    // A reading that begins later knows better.
    let later = read(store, &["Words"]).await;
    assert_eq!(names(store, Which::Loved).await, ["Words", "Lullaby"]);
    assert_eq!(store.finish(&rj(), later.id, at(9)).await.unwrap()[0].track, "Lullaby");
}

/// Loving twice keeps the first moment, as does unloving twice.
pub async fn a_person_loves_and_unloves(store: &dyn LovedStore) {
    let mut first = track("Words", 10);
    first.mbid = Mbid::new("m");
    let loved = store.love(&rj(), first.clone()).await.unwrap();
    assert_eq!(loved, Loved::new(loved.id, first));
    assert_eq!(store.love(&rj(), track("words", 20)).await.unwrap(), loved);
    let unloved = store.unlove(&rj(), "low", "WORDS", at(30)).await.unwrap().unwrap();
    assert_eq!((unloved.id, unloved.unloved_at), (loved.id, Some(at(30))));
    let again = store.unlove(&rj(), "low", "WORDS", at(40)).await.unwrap().unwrap();
    assert_eq!(again, unloved);
    let back = store.love(&rj(), track("Words", 50)).await.unwrap();
    assert_eq!((back.id, back.loved_at, back.unloved_at), (loved.id, at(50), None));
    assert_eq!(all(store, Which::Loved).await, [back]);
}

/// Nor is anything added.
pub async fn unloving_what_is_not_there_does_nothing(store: &dyn LovedStore) {
    read(store, &["Words"]).await;
    assert_eq!(store.unlove(&rj(), "Low", "Lullaby", at(3)).await.unwrap(), None);
    assert_eq!(store.track(&rj(), "Low", "Lullaby").await.unwrap(), None);
    assert_eq!(names(store, Which::Loved).await, ["Words"]);
}

/// In the order of their numbers, each once.
pub async fn tracks_are_listed_in_pages(store: &dyn LovedStore) {
    let every = ["a", "b", "c", "d", "e"];
    read(store, &every).await;
    store.unlove(&rj(), "Low", "c", at(3)).await.unwrap();
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let some = store.tracks(&rj(), Which::Loved, after, 3).await.unwrap();
        let Some(last) = some.last() else { break };
        assert!(after < Some(last.id), "the same tracks came again");
        after = Some(last.id);
        listed.extend(some);
    }
    assert!(listed.is_sorted_by_key(|loved| loved.id));
    assert_eq!(listed.iter().map(|loved| &*loved.track).collect::<Vec<_>>(), ["a", "b", "d", "e"]);
    assert_eq!(store.tracks(&rj(), Which::Loved, None, 3).await.unwrap().len(), 3);
    assert_eq!(store.tracks(&rj(), Which::Loved, None, 0).await.unwrap(), []);
}

/// With how and when, in place of what was found before; for unknown numbers nothing is written.
pub async fn matches_are_remembered(store: &dyn LovedStore) {
    read(store, &["Words", "Lullaby", "Fear"]).await;
    let loved = all(store, Which::Loved).await;
    assert!(loved.iter().all(|loved| loved.local.is_none()));
    let matches = vec![
        (loved[1].id, found(&["2b", "2a"], How::Id)),
        (loved[0].id, found(&[], How::Nothing)),
        (LovedId(i64::MAX), found(&["x"], How::Name)),
    ];
    let written = store.set_matches(&rj(), matches).await.unwrap();
    let names_written: Vec<_> = written.iter().map(|loved| &*loved.track).collect();
    assert_eq!(names_written, ["Lullaby", "Words"]);
    assert_eq!(written[0].local, Some(found(&["2b", "2a"], How::Id)));
    assert_eq!(named(store, "Lullaby").await, written[0]);
    assert_eq!(named(store, "Words").await.local, Some(found(&[], How::Nothing)));
    assert_eq!(names(store, Which::Matched).await, ["Lullaby"]);
    assert_eq!(names(store, Which::Unmatched).await, ["Words", "Fear"]);
    let newer = LocalMatch::new(vec!["9".to_owned()], How::Name, at(70));
    store.set_matches(&rj(), vec![(loved[1].id, newer.clone())]).await.unwrap();
    assert_eq!(named(store, "Lullaby").await.local, Some(newer));
}

/// What a person chose stays; a match cannot pretend to be a choice.
pub async fn a_choice_is_not_overwritten(store: &dyn LovedStore) {
    read(store, &["Words", "Lullaby"]).await;
    let (words, lullaby) = (named(store, "Words").await.id, named(store, "Lullaby").await.id);
    let choice = Some(vec!["mine".to_owned()]);
    let chosen = store.choose(&rj(), words, choice, at(7)).await.unwrap().unwrap();
    assert_eq!(chosen.local, Some(found(&["mine"], How::Person)));
    let matches = vec![
        (words, found(&["other"], How::Id)),
        (words, found(&[], How::Nothing)),
        (lullaby, found(&["sly"], How::Person)),
    ];
    assert_eq!(store.set_matches(&rj(), matches).await.unwrap(), []);
    assert_eq!(named(store, "Words").await, chosen);
    assert_eq!(named(store, "Lullaby").await.local, None);
    // Nor by a newer reading.
    read(store, &["Words"]).await;
    assert_eq!(named(store, "Words").await.local, chosen.local);
}

/// That there is no such track here is a choice, too.
pub async fn a_choice_can_be_none_and_can_be_taken_back(store: &dyn LovedStore) {
    read(store, &["Words"]).await;
    let id = named(store, "Words").await.id;
    store.choose(&rj(), id, Some(Vec::new()), at(7)).await.unwrap();
    assert_eq!(named(store, "Words").await.local, Some(found(&[], How::Person)));
    assert!(names(store, Which::Matched).await.is_empty());
    assert!(names(store, Which::Unmatched).await.is_empty());
    assert_eq!(names(store, Which::Loved).await, ["Words"]);
    store.choose(&rj(), id, None, at(8)).await.unwrap();
    assert_eq!(named(store, "Words").await.local, None);
    assert_eq!(names(store, Which::Unmatched).await, ["Words"]);
    assert_eq!(store.choose(&rj(), LovedId(i64::MAX), None, at(9)).await.unwrap(), None);
}

/// Those that are loved.
pub async fn local_tracks_lead_to_loved_ones(store: &dyn LovedStore) {
    read(store, &["Words", "Words (Edit)", "Lullaby"]).await;
    let ids: Vec<_> = all(store, Which::Loved).await.iter().map(|loved| loved.id).collect();
    let matches = ids.iter().map(|id| (*id, found(&["one", "two"], How::Name)));
    store.set_matches(&rj(), matches.collect()).await.unwrap();
    store.choose(&rj(), ids[2], Some(vec!["three".to_owned()]), at(7)).await.unwrap();
    store.unlove(&rj(), "Low", "Words (Edit)", at(8)).await.unwrap();
    let names = async |id: &str| {
        let loved = store.of_local(&rj(), id).await.unwrap();
        loved.into_iter().map(|loved| loved.track).collect::<Vec<_>>()
    };
    assert_eq!(names("two").await, ["Words"]);
    assert_eq!(names("three").await, ["Lullaby"]);
    assert!(names("TWO").await.is_empty());
}

/// Each track is counted where it is listed.
pub async fn counts_agree_with_the_lists(store: &dyn LovedStore) {
    read(store, &["a", "b", "c", "d", "e", "f"]).await;
    let ids: Vec<_> = all(store, Which::Loved).await.iter().map(|loved| loved.id).collect();
    let matches = vec![
        (ids[0], found(&["1", "2"], How::Id)),
        (ids[1], found(&["3"], How::Name)),
        (ids[2], found(&[], How::Nothing)),
    ];
    store.set_matches(&rj(), matches).await.unwrap();
    store.choose(&rj(), ids[3], Some(Vec::new()), at(7)).await.unwrap();
    store.unlove(&rj(), "Low", "b", at(8)).await.unwrap();
    let counts = store.counts(&rj()).await.unwrap();
    assert_eq!(counts, LovedCounts { loved: 5, unloved: 1, matched: 1, unmatched: 3 });
    for (which, count) in [
        (Which::Loved, counts.loved),
        (Which::Unloved, counts.unloved),
        (Which::Matched, counts.matched),
        (Which::Unmatched, counts.unmatched),
    ] {
        assert_eq!(all(store, which).await.len() as u64, count, "{which:?}");
    }
}
