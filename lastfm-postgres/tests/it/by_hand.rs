//! What a person with `psql` can do to a database, or a crash of its server, and how it is whole
//! again.

use lastfm_core::Play;
use lastfm_core::archive::{
    ArchiveStore, Count, Observation, Part, Place, Removals, Replaced, Span, StoreErrorKind,
    StoreResult, StoredPlay, UserId,
};
use lastfm_core::testing::conformance::{play, play_of, plays, state};
use lastfm_postgres::PostgresStore;

use crate::support::{Scratch, at, replace, span, user};

/// What the person does, each beginning from the same archive.
const DEEDS: &[&str] = &[
    "DELETE FROM play WHERE played_at % 7 = 0",
    "DELETE FROM play",
    "INSERT INTO play SELECT user_id, played_at, variant_id, ordinal + 50 FROM play",
    "INSERT INTO play SELECT user_id, played_at, variant_id, ordinal - 50 FROM play",
    "UPDATE play SET ordinal = 2147483647, variant_id = 1 WHERE played_at = 20",
    "INSERT INTO play SELECT user_id, played_at, variant_id, ordinal FROM removed_play",
    "INSERT INTO removed_play SELECT user_id, played_at, variant_id, ordinal, 5, false FROM play",
    "UPDATE play SET played_at = played_at + 1, ordinal = ordinal + 70 WHERE played_at % 9 = 0",
    "UPDATE play SET played_at = played_at + 500",
    "UPDATE play SET variant_id = (SELECT max(variant_id) FROM variant)",
    "UPDATE play SET variant_id = (SELECT min(variant_id) FROM variant) WHERE played_at = 10",
    "UPDATE play SET variant_id = variant_id + 1000 WHERE played_at % 3 = 0",
    "UPDATE play SET doubted_at = 5",
    "DELETE FROM variant WHERE variant_id % 3 = 0",
    "DELETE FROM variant WHERE variant_id = (SELECT max(variant_id) FROM variant)",
    "DELETE FROM variant",
    "DELETE FROM variant; DELETE FROM song; DELETE FROM coverage; DELETE FROM removed_play",
    "UPDATE variant SET song_id = (SELECT min(song_id) FROM song)",
    "UPDATE listener SET play_count = 0, doubted_count = 0, removed_count = 0",
    "UPDATE listener SET play_count = 900, doubted_count = 900, removed_count = 900",
];

/// What a store that remembers the objects does not see before they are counted, or before it is
/// opened again.
const UNSEEN: &[&str] = &[
    "DELETE FROM song",
    "UPDATE song SET artist = 'nobody', album = NULL",
    "UPDATE variant SET body = 'no object'
        WHERE variant_id NOT IN (SELECT variant_id FROM removed_play) AND user_id = 1",
];

/// What the service shows: repeats, seconds with several songs, odd objects.
fn truth() -> Vec<Play> {
    let odd = r#"{"name":"odd","artist":"a","date":{"uts":"0000000010"}}"#;
    let mut truth = plays(0..40);
    truth.extend([play(10, "b"), play(10, "b"), play(10, "c"), play(11, "c")]);
    truth.push(play_of(11, "c", "an album", "another-text"));
    truth.push(Play::from_json(odd).unwrap());
    truth
}

/// The truth, some doubted plays and some removed ones, and another user beside it.
async fn archive(store: &PostgresStore) -> UserId {
    let user = user(store).await;
    let mut once = truth();
    once.extend([play(5, "removed"), play(85, "removed"), play(10, "removed")]);
    replace(store, user, (0, 1_000), &once).await.unwrap();
    for _ in 0..2 {
        replace(store, user, (0, 1_000), &truth()).await.unwrap();
    }
    let other = store.add_user(&"other".parse().unwrap(), None).await.unwrap().id;
    replace(store, other, (0, 1_000), &plays(0..5)).await.unwrap();
    user
}

/// Reads the whole span again and removes what was doubted.
async fn read_again(store: &PostgresStore, user: UserId) -> StoreResult<Replaced> {
    let observation = Observation {
        revision: store.revision(user).await?,
        at: at(1_000_001),
        removals: Removals::Accept,
    };
    store.replace(user, span(0, 1_000), truth(), observation).await
}

/// Moment, object, artist, track and album of every play, as programs and people read them.
async fn told(store: &PostgresStore, scratch: &Scratch, user: UserId) -> Vec<Vec<String>> {
    let stored = store.plays(user, Span::EVER, None, usize::MAX).await.unwrap();
    let mut told: Vec<_> = stored.into_iter().map(|stored| names(&stored.play)).collect();
    told.sort();
    let shown = scratch.database.sql(
        "SELECT played_at, raw, artist, track, coalesce(album, '') FROM scrobbles
        WHERE username = 'RJ'",
    );
    let shown = shown.into_iter().map(|row| row.into_iter().flatten().collect());
    let mut shown: Vec<Vec<String>> = shown.collect();
    shown.sort();
    assert_eq!(shown, told);
    told
}

fn names(play: &Play) -> Vec<String> {
    let track = play.track();
    let at = play.played_at().as_unix().to_string();
    vec![at, play.raw().to_owned(), track.artist, track.name, track.album.unwrap_or_default()]
}

#[tokio::test]
async fn a_database_that_was_changed_by_hand_is_whole_after_it_is_counted_and_read_again() {
    let seen = DEEDS.iter().map(|deed| (deed, [(true, true), (true, false), (false, true)]));
    let unseen = UNSEEN.iter().map(|deed| (deed, [(true, true), (false, false), (false, true)]));
    for (deed, cases) in seen.chain(unseen) {
        for (open_before, count_first) in cases {
            let case = format!("{deed}, open before: {open_before}, counted: {count_first}");
            is_whole_again(deed, open_before, count_first, &case).await;
        }
    }
}

/// The store that is open remembers variants, one that is opened afterwards does not; and whoever
/// does not count first is not refused either.
async fn is_whole_again(deed: &str, open_before: bool, count_first: bool, case: &str) {
    let mut expected: Vec<_> = truth().iter().map(names).collect();
    expected.sort();
    let scratch = Scratch::new();
    let mut store = scratch.open().await;
    let user = archive(&store).await;
    if open_before {
        replace(&store, user, (0, 1_000), &truth()).await.unwrap();
    } else {
        store = scratch.open().await;
    }
    scratch.database.sql(deed);
    if count_first {
        let counted = store.recount(user).await.unwrap();
        assert_eq!(store.count(user, Span::EVER).await.unwrap(), counted, "{case}");
        assert_eq!(store.count(user, span(-9, 9_999)).await.unwrap(), counted, "{case}");
    }
    let outside = replace(&store, user, (1_000, 9_999), &[]).await;
    outside.unwrap_or_else(|error| panic!("{case}: {error:?}"));
    for _ in 0..2 {
        let again = read_again(&store, user).await;
        again.unwrap_or_else(|error| panic!("{case}: {error:?}"));
    }
    if !count_first {
        store.recount(user).await.unwrap();
    }
    assert_eq!(told(&store, &scratch, user).await, expected, "{case}");
    let after = state(&store, user).await.unwrap();
    assert_eq!(after.count, Count { plays: expected.len() as u64, doubted: 0 }, "{case}");
    let removed = after.removed.iter().filter(|removed| !removed.edited).count();
    assert_eq!(after.removed_count, removed as u64, "{case}");
    assert_eq!(read_again(&store, user).await.unwrap(), Replaced::default(), "{case}");
}

#[tokio::test]
async fn numbers_that_cannot_be_are_counted_anew_by_the_next_change() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = archive(&store).await;
    let before = state(&store, user).await.unwrap();
    let sql = "UPDATE listener SET play_count = 0, doubted_count = 0, removed_count = 0";
    scratch.database.sql(sql);
    replace(&store, user, (0, 1_000), &truth()[1..]).await.unwrap();
    store.withdraw_doubts(user, Span::EVER).await.unwrap();
    // The doubt made more doubted plays than plays.
    let after = state(&store, user).await.unwrap();
    assert_eq!(after.count, before.count);
    assert_eq!(after.removed_count, before.removed_count);
}

/// As in a crash of the server, whose newest changes were not on the disk yet.
#[tokio::test]
async fn what_the_server_has_forgotten_is_not_taken_for_something_else() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    replace(&store, user, (0, 100), &plays(0..20)).await.unwrap();
    scratch.database.sql(
        "DELETE FROM play; DELETE FROM variant; DELETE FROM song; DELETE FROM coverage;
        UPDATE listener SET revision = 0, play_count = 0, last_song = 0, last_variant = 0",
    );
    // Another program gives the same numbers to something else.
    let other = scratch.open().await;
    replace(&other, user, (500, 600), &plays(500..530)).await.unwrap();
    replace(&store, user, (0, 100), &plays(0..20)).await.unwrap();
    let kept = store.plays(user, Span::EVER, None, 1_000).await.unwrap();
    let kept: Vec<_> = kept.into_iter().map(|stored| stored.play).collect();
    assert_eq!(kept, plays((0..20).chain(500..530)));
}

#[tokio::test]
async fn the_number_of_a_user_who_was_deleted_by_hand_is_not_given_again() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    user(&store).await;
    let last = store.add_user(&"other".parse().unwrap(), None).await.unwrap().id;
    scratch.database.sql(&format!("DELETE FROM listener WHERE user_id = {}", last.0));
    for name in ["next", "OTHER"] {
        let next = store.add_user(&name.parse().unwrap(), None).await.unwrap();
        assert!(next.id > last);
        assert_eq!(store.user(&name.parse().unwrap()).await.unwrap(), Some(next));
    }
}

#[tokio::test]
async fn a_number_that_no_column_holds_is_refused_as_what_cannot_be() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    let place = Place { at: at(5), ordinal: i64::from(i32::MAX) + 1 };
    let held = vec![StoredPlay { place, play: play(5, "a track"), doubted_at: None }];
    let refused = store.restore(user, Part::Plays { held, removed: Vec::new() }).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Corrupt);
    assert_eq!(store.count(user, Span::EVER).await.unwrap(), Count::default());
}
