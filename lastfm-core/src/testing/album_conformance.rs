//! The promises of [`AlbumStore`], each a case that any store can run.
//!
//! ```
//! use std::sync::Arc;
//! # use lastfm_core::Timestamp;
//! use lastfm_core::archive::MemoryStore;
//! use lastfm_core::testing::VirtualClock;
//!
//! // A store, and whatever has to live as long.
//! lastfm_core::album_store_conformance!(async {
//!     (MemoryStore::new(Arc::new(VirtualClock::new(Timestamp::from_unix(0)))), ())
//! });
//! ```
//!
//! One line makes one `#[tokio::test]` of each case, on a store without users. A case panics when
//! the promise that its name says is broken.

#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a case panics: that is how it fails"
)]

use super::conformance::{Given, of_album};
use crate::albums::{
    Album, AlbumId, AlbumStore, Because, Collected, Correction, Found, GroupName, KnownAlbum,
    Method, Near, Outcome, PartialDate, PlayedAlbum, PlayedAlbums, Status, collect,
};
use crate::archive::{ArchiveStore, Span, StoreErrorKind, UserId};
use crate::{Mbid, Play, Timestamp};

/// What a case is run on: a store that keeps both.
pub trait Store: ArchiveStore + AlbumStore {}

impl<S: ArchiveStore + AlbumStore> Store for S {}

/// Makes a test of each promise of [`AlbumStore`]; see
/// [`testing::album_conformance`](crate::testing::album_conformance).
#[macro_export]
macro_rules! album_store_conformance {
    ($open:expr) => {
        $crate::album_store_conformance! { @each $open;
            an_album_is_one_for_all_users
            an_album_is_one_by_artist_and_title_as_they_are_spelled
            collecting_goes_on_where_it_stopped
            plays_that_come_later_are_collected_later
            plays_are_counted_by_album_and_span
            removed_plays_are_not_counted
            an_edited_play_counts_for_its_new_album
            plays_that_were_not_collected_are_told_apart
            a_question_names_identifiers_and_tracks
            what_most_objects_say_comes_first
            an_outcome_is_kept_whole
            a_later_outcome_takes_the_place_of_the_one_before
            what_says_less_does_not_take_the_place_of_what_says_more
            a_year_shows_in_every_play_and_changes_none
            a_correction_stays_whatever_is_found_out
            a_correction_is_taken_back
            albums_come_in_the_order_of_the_numbers
            numbers_that_do_not_exist_are_passed_over
            an_unknown_user_has_no_albums
            a_removed_user_leaves_what_is_known
        }
    };
    (@each $open:expr; $($case:ident)*) => {
        $(
            #[tokio::test]
            async fn $case() {
                let (store, _guard) = $open.await;
                $crate::testing::album_conformance::$case(&store).await;
            }
        )*
    };
}

const LOW: &str = "Low";
const ID: &str = "f5093c06-23e3-404f-aeaa-40f72885ee3a";
const OTHER_ID: &str = "a1b2c3d4-23e3-404f-aeaa-40f72885ee3a";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn mbid(text: &str) -> Mbid {
    Mbid::new(text).unwrap()
}

/// A user who played these, all collected.
async fn listener<'a>(store: &'a dyn Store, name: &str, plays: &[Play]) -> Given<'a> {
    let given = Given::user(store, name).await;
    given.replace(0, 1_000, plays, 2_000).await;
    collect(store, given.user).await.unwrap();
    given
}

async fn played(store: &dyn Store, user: UserId) -> PlayedAlbums {
    store.played_albums(user, Span::EVER).await.unwrap()
}

/// The only album of a user.
async fn only(store: &dyn Store, user: UserId) -> PlayedAlbum {
    let albums = played(store, user).await.albums;
    assert_eq!(albums.len(), 1, "{albums:?}");
    albums[0]
}

async fn known(store: &dyn Store, id: AlbumId) -> KnownAlbum {
    let albums = store.albums(&[id]).await.unwrap();
    assert_eq!(albums.len(), 1);
    albums.into_iter().next().unwrap()
}

/// Title and plays, by title.
async fn titles(store: &dyn Store, user: UserId, span: Span) -> Vec<(String, u64)> {
    let played = store.played_albums(user, span).await.unwrap().albums;
    assert!(played.is_sorted_by_key(|album| album.id));
    let mut titles = Vec::new();
    for album in played {
        titles.push((known(store, album.id).await.title, album.plays));
    }
    titles.sort_unstable();
    titles
}

fn found(year: &str) -> Outcome {
    let group = GroupName::new(mbid(ID), LOW, "Hex", year.parse().ok());
    let mut outcome = Outcome::new(Status::Matched, at(5_000));
    outcome.found = Some(Found::new(group, Method::Names, 990));
    outcome
}

/// Whoever played it, and however often.
pub async fn an_album_is_one_for_all_users(store: &dyn Store) {
    let plays = [of_album(5, LOW, "Hex", ""), of_album(7, LOW, "Hex", "")];
    let rj = listener(store, "rj", &plays).await;
    let rq = listener(store, "rq", &plays[..1]).await;
    let (ours, theirs) = (only(store, rj.user).await, only(store, rq.user).await);
    assert_eq!((ours.id, ours.plays, theirs.plays), (theirs.id, 2, 1));
    assert_eq!((ours.status, ours.year), (Status::Pending, None));
    assert_eq!(known(store, ours.id).await, KnownAlbum::new(ours.id, LOW, "Hex"));
}

/// Another artist, another case, other blanks: another album.
pub async fn an_album_is_one_by_artist_and_title_as_they_are_spelled(store: &dyn Store) {
    let plays = [
        of_album(1, LOW, "Hex", ""),
        of_album(2, "Bark Psychosis", "Hex", ""),
        of_album(3, LOW, "hex", ""),
        of_album(4, LOW, "Hex ", ""),
        of_album(5, LOW, "Ágætis byrjun '日本; --\u{1F600}", ""),
        of_album(6, LOW, "Hex", ID),
    ];
    let rj = listener(store, "rj", &plays).await;
    let albums = played(store, rj.user).await.albums;
    assert_eq!(albums.len(), 5);
    let odd = titles(store, rj.user, Span::second(at(5))).await;
    assert_eq!(odd, [("Ágætis byrjun '日本; --\u{1F600}".to_owned(), 1)]);
}

/// One object at a time, each once; then nothing is left.
pub async fn collecting_goes_on_where_it_stopped(store: &dyn Store) {
    let given = Given::user(store, "rj").await;
    let plays: Vec<Play> = (0..7).map(|at| of_album(at, LOW, &format!("{}", at / 2), "")).collect();
    given.replace(0, 100, &plays, 200).await;
    let mut new_albums = 0;
    for left in (0..7).rev() {
        let collected = store.collect_albums(given.user, 1).await.unwrap();
        new_albums += collected.new_albums;
        assert_eq!(played(store, given.user).await.uncollected, left);
        // Whether something is left need not be known at the last one.
        assert!(!collected.is_whole || left == 0);
    }
    assert_eq!(new_albums, 4);
    let again = store.collect_albums(given.user, 1).await.unwrap();
    assert_eq!(again, Collected { new_albums: 0, is_whole: true });
    assert_eq!(collect(store, given.user).await.unwrap(), 0);
}

/// Those of albums that are known, and those of others.
pub async fn plays_that_come_later_are_collected_later(store: &dyn Store) {
    let rj = listener(store, "rj", &[of_album(5, LOW, "Hex", "")]).await;
    let later = [of_album(1_001, LOW, "Hex", ""), of_album(1_002, LOW, "Trust", "")];
    rj.replace(1_000, 2_000, &later, 3_000).await;
    assert_eq!(played(store, rj.user).await.uncollected, 2);
    assert_eq!(collect(store, rj.user).await.unwrap(), 1);
    let expected = [("Hex".to_owned(), 2), ("Trust".to_owned(), 1)];
    assert_eq!(titles(store, rj.user, Span::EVER).await, expected);
}

/// The span's start included, its end not; users apart.
pub async fn plays_are_counted_by_album_and_span(store: &dyn Store) {
    let plays = [
        of_album(10, LOW, "Hex", ""),
        of_album(11, LOW, "Hex", ""),
        of_album(11, LOW, "Hex", ""),
        of_album(19, LOW, "Trust", ""),
        of_album(20, LOW, "Trust", ""),
        of_album(15, LOW, "", ""),
    ];
    let rj = listener(store, "rj", &plays).await;
    listener(store, "rq", &plays).await;
    let span = Span::new(at(11), at(20));
    let expected = [("Hex".to_owned(), 2), ("Trust".to_owned(), 1)];
    assert_eq!(titles(store, rj.user, span).await, expected);
    let part = store.played_albums(rj.user, span).await.unwrap();
    assert_eq!((part.without_album, part.uncollected), (1, 0));
    assert_eq!(titles(store, rj.user, Span::EVER).await[0].1, 3);
    let nothing = store.played_albums(rj.user, Span::new(at(30), at(40))).await.unwrap();
    assert_eq!(nothing, PlayedAlbums::default());
    let empty = store.played_albums(rj.user, Span::new(at(11), at(11))).await.unwrap();
    assert_eq!(empty, PlayedAlbums::default());
}

/// In doubt they still count.
pub async fn removed_plays_are_not_counted(store: &dyn Store) {
    let plays = [of_album(10, LOW, "Hex", ""), of_album(20, LOW, "Trust", "")];
    let rj = listener(store, "rj", &plays).await;
    rj.replace(0, 1_000, &plays[..1], 2_001).await;
    assert_eq!(titles(store, rj.user, Span::EVER).await.len(), 2);
    rj.replace(0, 1_000, &plays[..1], 2_002).await;
    assert_eq!(titles(store, rj.user, Span::EVER).await, [("Hex".to_owned(), 1)]);
}

/// Once that is collected.
pub async fn an_edited_play_counts_for_its_new_album(store: &dyn Store) {
    let rj = listener(store, "rj", &[of_album(10, LOW, "Hex", "")]).await;
    for observed in [2_001, 2_002] {
        rj.replace(0, 1_000, &[of_album(10, LOW, "Trust", "")], observed).await;
    }
    collect(store, rj.user).await.unwrap();
    assert_eq!(titles(store, rj.user, Span::EVER).await, [("Trust".to_owned(), 1)]);
}

/// Neither as plays without an album nor not at all.
pub async fn plays_that_were_not_collected_are_told_apart(store: &dyn Store) {
    let given = Given::user(store, "rj").await;
    let plays = [of_album(10, LOW, "Hex", ""), of_album(20, LOW, "", "")];
    given.replace(0, 100, &plays, 200).await;
    let before = played(store, given.user).await;
    assert_eq!((before.albums.len(), before.without_album, before.uncollected), (0, 0, 2));
    collect(store, given.user).await.unwrap();
    let after = played(store, given.user).await;
    assert_eq!((after.albums.len(), after.without_album, after.uncollected), (1, 1, 0));
}

/// Of the user's own plays, five tracks at most; and how often it was asked for in vain.
pub async fn a_question_names_identifiers_and_tracks(store: &dyn Store) {
    let plays: Vec<Play> = (10..18).map(|at| of_album(at, LOW, "Hex", ID)).collect();
    let rj = listener(store, "rj", &plays).await;
    let rq = listener(store, "rq", &[of_album(30, LOW, "Hex", OTHER_ID)]).await;
    let id = only(store, rj.user).await.id;
    let mut outcome = Outcome::new(Status::Pending, at(5_000));
    (outcome.failure_count, outcome.next_try) = (3, Some(at(6_000)));
    store.record_outcomes(vec![(id, outcome)]).await.unwrap();
    let hex = |id: &str| Album::new(LOW, "Hex").mbid(mbid(id)).failure_count(3);
    let ours = (10..15).fold(hex(ID), |album, at| album.track(format!("track {at}")));
    assert_eq!(store.questions(rj.user, &[id]).await.unwrap(), [(id, ours)]);
    let theirs = hex(OTHER_ID).track("track 30");
    assert_eq!(store.questions(rq.user, &[id]).await.unwrap(), [(id, theirs)]);
}

/// Of identifiers; an album without one has none.
pub async fn what_most_objects_say_comes_first(store: &dyn Store) {
    let plays = [
        of_album(10, LOW, "Hex", ID),
        of_album(11, LOW, "Hex", OTHER_ID),
        of_album(12, LOW, "Hex", OTHER_ID),
        of_album(13, LOW, "Hex", ""),
        of_album(14, LOW, "Trust", ""),
    ];
    let rj = listener(store, "rj", &plays).await;
    let ids: Vec<AlbumId> = played(store, rj.user).await.albums.iter().map(|a| a.id).collect();
    let questions = store.questions(rj.user, &ids).await.unwrap();
    let of = |title: &str| {
        let question = questions.iter().find(|(_, album)| album.title == title);
        question.unwrap().1.mbids.clone()
    };
    assert_eq!(of("Hex"), [mbid(OTHER_ID), mbid(ID)]);
    assert_eq!(of("Trust"), []);
}

/// With all that speaks for it, and what else it may be.
pub async fn an_outcome_is_kept_whole(store: &dyn Store) {
    let rj = listener(store, "rj", &[of_album(5, LOW, "Hex", "")]).await;
    let id = only(store, rj.user).await.id;
    let group = |title: &str, date: Option<&str>| {
        GroupName::new(mbid(OTHER_ID), "Ólafur '日本", title, date.map(|d| d.parse().unwrap()))
    };
    let mut whole = Outcome::new(Status::FuzzyMatched, at(-5));
    let mut found = Found::new(group("Hex", Some("1969-09")), Method::WithoutEdition, 940);
    found.track_confirmed = true;
    whole.found = Some(found);
    let mut open = Outcome::new(Status::Ambiguous, at(i64::from(u32::MAX)));
    open.near = vec![
        Near::new(group("Hex II", None), Because::Words),
        Near::new(group("\u{FFFF}", Some("2001-02-03")), Because::Identifier),
    ];
    let mut waiting = Outcome::new(Status::Pending, at(7));
    waiting.next_try = Some(at(8));
    waiting.failure_count = u32::MAX;
    waiting.trouble = Some("503 \"busy\"".to_owned());
    for outcome in [Outcome::new(Status::NotFound, at(9)), waiting, open, whole] {
        store.record_outcomes(vec![(id, outcome.clone())]).await.unwrap();
        let album = known(store, id).await;
        assert_eq!(album.outcome.as_ref(), Some(&outcome));
        let shown = only(store, rj.user).await;
        let year = album.first_release().map(PartialDate::year);
        assert_eq!((shown.status, shown.year), (outcome.status, year));
        assert_eq!(outcome.year(), year);
    }
}

/// Also without a date.
pub async fn a_later_outcome_takes_the_place_of_the_one_before(store: &dyn Store) {
    let rj = listener(store, "rj", &[of_album(5, LOW, "Hex", "")]).await;
    let id = only(store, rj.user).await.id;
    store.record_outcomes(vec![(id, found("1995-09"))]).await.unwrap();
    assert_eq!(only(store, rj.user).await.year, Some(1995));
    store.record_outcomes(vec![(id, found(""))]).await.unwrap();
    let album = only(store, rj.user).await;
    assert_eq!((album.year, album.status), (None, Status::Matched));
}

/// Another process found out more meanwhile.
pub async fn what_says_less_does_not_take_the_place_of_what_says_more(store: &dyn Store) {
    let pairs: Vec<(Status, Status)> =
        Status::ALL.into_iter().flat_map(|first| Status::ALL.map(|later| (first, later))).collect();
    let title = |number: usize| format!("Hex {number}");
    let plays: Vec<_> =
        (0..pairs.len()).zip(5..).map(|(n, at)| of_album(at, LOW, &title(n), "")).collect();
    let rj = listener(store, "rj", &plays).await;
    let played = store.played_albums(rj.user, Span::EVER).await.unwrap().albums;
    assert_eq!(played.len(), pairs.len());
    let weight = |status| match status {
        Status::Matched | Status::FuzzyMatched => 2,
        Status::Ambiguous => 1,
        _ => 0,
    };
    for (album, (first, later)) in played.iter().zip(pairs) {
        let (first, later) = (Outcome::new(first, at(5_000)), Outcome::new(later, at(9_000)));
        store.record_outcomes(vec![(album.id, first.clone())]).await.unwrap();
        store.record_outcomes(vec![(album.id, later.clone())]).await.unwrap();
        let stays = weight(first.status) > weight(later.status);
        let expected = if stays { &first } else { &later };
        assert_eq!(known(store, album.id).await.outcome.as_ref(), Some(expected));
    }
}

/// Of every user.
pub async fn a_year_shows_in_every_play_and_changes_none(store: &dyn Store) {
    let plays = [of_album(5, LOW, "Hex", ""), of_album(7, LOW, "Hex", "")];
    let rj = listener(store, "rj", &plays).await;
    let rq = listener(store, "rq", &plays[..1]).await;
    let before = [rj.state().await, rq.state().await];
    let id = only(store, rj.user).await.id;
    store.record_outcomes(vec![(id, found("1995-09"))]).await.unwrap();
    for user in [rj.user, rq.user] {
        let album = only(store, user).await;
        assert_eq!((album.year, album.status), (Some(1995), Status::Matched));
    }
    assert_eq!([rj.state().await, rq.state().await], before);
}

/// What was found stays beside it.
pub async fn a_correction_stays_whatever_is_found_out(store: &dyn Store) {
    let rj = listener(store, "rj", &[of_album(5, LOW, "Hex", "")]).await;
    let id = only(store, rj.user).await.id;
    let said = Correction::dated("1994-02-14".parse().unwrap(), at(9)).group(mbid(OTHER_ID));
    let album = store.correct_album(id, Some(said.clone())).await.unwrap().unwrap();
    assert_eq!((album.outcome.as_ref(), album.correction.as_ref()), (None, Some(&said)));
    store.record_outcomes(vec![(id, found("2001"))]).await.unwrap();
    let album = known(store, id).await;
    assert_eq!((album.outcome, album.correction), (Some(found("2001")), Some(said)));
    let shown = only(store, rj.user).await;
    assert_eq!((shown.year, shown.status), (Some(1994), Status::Matched));
    // That nobody knows is said, too.
    store.correct_album(id, Some(Correction::undated(at(10)))).await.unwrap();
    let shown = only(store, rj.user).await;
    assert_eq!((shown.year, shown.status), (None, Status::NoDate));
}

/// Then what was found is in force.
pub async fn a_correction_is_taken_back(store: &dyn Store) {
    let rj = listener(store, "rj", &[of_album(5, LOW, "Hex", "")]).await;
    let id = only(store, rj.user).await.id;
    store.correct_album(id, Some(Correction::undated(at(9)))).await.unwrap();
    let back = store.correct_album(id, None).await.unwrap().unwrap();
    assert_eq!(back, KnownAlbum::new(id, LOW, "Hex"));
    assert_eq!(only(store, rj.user).await.status, Status::Pending);
    store.record_outcomes(vec![(id, found("2001"))]).await.unwrap();
    assert_eq!(only(store, rj.user).await.year, Some(2001));
}

/// Not in that of the table.
pub async fn albums_come_in_the_order_of_the_numbers(store: &dyn Store) {
    let plays: Vec<Play> = (1..6).map(|at| of_album(at, LOW, &format!("album {at}"), "")).collect();
    let rj = listener(store, "rj", &plays).await;
    let mut ids: Vec<AlbumId> = played(store, rj.user).await.albums.iter().map(|a| a.id).collect();
    ids.reverse();
    ids.swap(1, 3);
    let albums = store.albums(&ids).await.unwrap();
    assert_eq!(albums.iter().map(|album| album.id).collect::<Vec<_>>(), ids);
    let questions = store.questions(rj.user, &ids).await.unwrap();
    assert_eq!(questions.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids);
    for (album, (_, question)) in albums.iter().zip(&questions) {
        assert_eq!(album.title, question.title);
    }
    assert_eq!(store.albums(&[]).await.unwrap(), []);
}

/// By every method.
pub async fn numbers_that_do_not_exist_are_passed_over(store: &dyn Store) {
    let rj = listener(store, "rj", &[of_album(5, LOW, "Hex", "")]).await;
    let (id, none) = (only(store, rj.user).await.id, AlbumId(i64::MAX));
    assert_eq!(store.albums(&[none, id]).await.unwrap().len(), 1);
    assert_eq!(store.questions(rj.user, &[none, id]).await.unwrap().len(), 1);
    let outcomes = vec![(none, found("1990")), (id, found("1991"))];
    store.record_outcomes(outcomes).await.unwrap();
    assert_eq!(only(store, rj.user).await.year, Some(1991));
    let said = Correction::undated(at(1));
    assert_eq!(store.correct_album(none, Some(said)).await.unwrap(), None);
}

/// And none to be collected.
pub async fn an_unknown_user_has_no_albums(store: &dyn Store) {
    let unknown = UserId(i64::MAX);
    let refused = store.collect_albums(unknown, 1).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::UnknownUser);
    let refused = store.questions(unknown, &[]).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::UnknownUser);
    let refused = store.played_albums(unknown, Span::EVER).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::UnknownUser);
}

/// For the others, and for themselves, should they come back.
pub async fn a_removed_user_leaves_what_is_known(store: &dyn Store) {
    let plays = [of_album(5, LOW, "Hex", "")];
    let rj = listener(store, "rj", &plays).await;
    let rq = listener(store, "rq", &plays).await;
    let id = only(store, rj.user).await.id;
    store.record_outcomes(vec![(id, found("1995"))]).await.unwrap();
    store.remove_user(rj.user).await.unwrap();
    assert_eq!(only(store, rq.user).await.year, Some(1995));
    let back = listener(store, "rj", &plays).await;
    let album = only(store, back.user).await;
    assert_eq!((album.id, album.year, album.plays), (id, Some(1995), 1));
}
