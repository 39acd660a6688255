//! What a person with `sqlite3` can do to a file, and how it is whole again.

use lastfm_core::Play;
use lastfm_core::archive::{
    ArchiveStore, Count, Observation, Removals, Replaced, Span, StoreResult, UserId,
};
use lastfm_core::testing::conformance::{play, play_of, plays, state};
use lastfm_sqlite::SqliteStore;
use rusqlite::Connection;

use crate::support::{Scratch, at, replace, span, user};

/// What the person does, each beginning from the same archive.
const DEEDS: &[&str] = &[
    "DELETE FROM play WHERE played_at % 7 = 0",
    "DELETE FROM play",
    "INSERT INTO play SELECT user_id, played_at, ordinal + 50, variant_id, NULL FROM play",
    "INSERT INTO play SELECT user_id, played_at, ordinal - 50, variant_id, NULL FROM play",
    "UPDATE play SET ordinal = 9223372036854775807, variant_id = 1 WHERE played_at = 20",
    "INSERT INTO play SELECT user_id, played_at, ordinal, variant_id, NULL FROM removed_play",
    "INSERT INTO removed_play SELECT user_id, played_at, ordinal, variant_id, 5, 0 FROM play",
    "UPDATE play SET played_at = played_at + 1, ordinal = ordinal + 70 WHERE played_at % 9 = 0",
    "UPDATE play SET played_at = played_at + 500",
    "UPDATE play SET variant_id = (SELECT max(id) FROM variant)",
    "UPDATE play SET variant_id = (SELECT min(id) FROM variant) WHERE played_at = 10",
    "UPDATE play SET variant_id = (SELECT min(id) FROM variant WHERE user_id = 2)",
    "UPDATE play SET variant_id = variant_id + 1000 WHERE played_at % 3 = 0",
    "UPDATE play SET doubted_at = 5",
    "DELETE FROM variant WHERE id % 3 = 0",
    "DELETE FROM variant WHERE id = (SELECT max(id) FROM variant)",
    "DELETE FROM variant",
    "DELETE FROM song",
    "DELETE FROM variant; DELETE FROM song; DELETE FROM coverage; DELETE FROM removed_play",
    "UPDATE song SET artist = 'nobody', album = NULL",
    "UPDATE variant SET song_id = (SELECT min(id) FROM song)",
    "UPDATE variant SET body = 'no object'
        WHERE id NOT IN (SELECT variant_id FROM removed_play) AND user_id = 1",
    "UPDATE user SET play_count = 0, doubted_count = 0, removed_count = 0",
    "UPDATE user SET play_count = 900, doubted_count = 900, removed_count = 900",
];

/// What the service shows: repeats, seconds with several songs, odd objects.
fn truth() -> Vec<Play> {
    let odd = r#"{"name":"odd","artist":"a","date":{"uts":"0000000010"}}"#;
    let mut truth = plays(0..80);
    truth.extend([play(10, "b"), play(10, "b"), play(10, "c"), play(11, "c")]);
    truth.push(play_of(11, "c", "an album", "another-text"));
    truth.push(Play::from_json(odd).unwrap());
    truth
}

/// The truth, some doubted plays and some removed ones, and another user beside it.
async fn archive(store: &SqliteStore) -> UserId {
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

fn by_hand(scratch: &Scratch, sql: &str) {
    let file = Connection::open(scratch.path()).unwrap();
    // As in the shell.
    file.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    file.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// Reads the whole span again and removes what was doubted.
async fn read_again(store: &SqliteStore, user: UserId) -> StoreResult<Replaced> {
    let observation = Observation {
        revision: store.revision(user).await?,
        at: at(1_000_001),
        removals: Removals::Accept,
    };
    store.replace(user, span(0, 1_000), truth(), observation).await
}

/// Moment, object, artist, track and album of every play, as programs and people read them.
async fn told(store: &SqliteStore, scratch: &Scratch, user: UserId) -> Vec<[String; 5]> {
    let stored = store.plays(user, Span::EVER, None, usize::MAX).await.unwrap();
    let mut told: Vec<_> = stored.into_iter().map(|stored| names(&stored.play)).collect();
    told.sort();
    let file = Connection::open(scratch.path()).unwrap();
    let sql = "SELECT played_at, raw, artist, track, ifnull(album, '') FROM scrobbles
        WHERE username = 'RJ'";
    let mut statement = file.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let at: i64 = row.get(0)?;
        Ok([at.to_string(), row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?])
    });
    let mut shown: Vec<[String; 5]> = rows.unwrap().map(Result::unwrap).collect();
    shown.sort();
    assert_eq!(shown, told);
    told
}

fn names(play: &Play) -> [String; 5] {
    let track = play.track();
    let at = play.played_at().as_unix().to_string();
    [at, play.raw().to_owned(), track.artist, track.name, track.album.unwrap_or_default()]
}

#[tokio::test]
async fn a_file_that_was_changed_by_hand_is_whole_after_it_is_counted_and_read_again() {
    let mut expected: Vec<_> = truth().iter().map(names).collect();
    expected.sort();
    let whole = Count { plays: expected.len() as u64, doubted: 0 };
    let pristine = Scratch::new();
    archive(&pristine.open().await).await;
    for deed in DEEDS {
        // The store that is open remembers variants, one that is opened afterwards does not; and
        // whoever does not count first is not refused either.
        for (open_before, count_first) in [(true, true), (true, false), (false, true)] {
            let scratch = pristine.image();
            let store = scratch.open().await;
            let user = user(&store).await;
            let case = format!("{deed}, open before: {open_before}, counted: {count_first}");
            if open_before {
                replace(&store, user, (0, 1_000), &truth()).await.unwrap();
            }
            by_hand(&scratch, deed);
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
            assert_eq!(after.count, whole, "{case}");
            let removed = after.removed.iter().filter(|removed| !removed.edited).count();
            assert_eq!(after.removed_count, removed as u64, "{case}");
            assert_eq!(read_again(&store, user).await.unwrap(), Replaced::default(), "{case}");
        }
    }
}

#[tokio::test]
async fn numbers_that_cannot_be_are_counted_anew_by_the_next_change() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = archive(&store).await;
    let before = state(&store, user).await.unwrap();
    by_hand(&scratch, "UPDATE user SET play_count = 0, doubted_count = 0, removed_count = 0");
    replace(&store, user, (0, 1_000), &truth()[1..]).await.unwrap();
    store.withdraw_doubts(user, Span::EVER).await.unwrap();
    // The doubt made more doubted plays than plays.
    let after = state(&store, user).await.unwrap();
    assert_eq!(after.count, before.count);
    assert_eq!(after.removed_count, before.removed_count);
}

#[tokio::test]
async fn the_number_of_a_user_who_was_deleted_by_hand_is_not_given_again() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    user(&store).await;
    let last = store.add_user(&"other".parse().unwrap(), None).await.unwrap().id;
    by_hand(&scratch, &format!("DELETE FROM user WHERE id = {}", last.0));
    let next = store.add_user(&"next".parse().unwrap(), None).await.unwrap().id;
    assert!(next > last);
}
