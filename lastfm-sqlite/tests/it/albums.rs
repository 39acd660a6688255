//! Albums in the file: the promises of every store, and what people read and spoil.

use lastfm_core::albums::{
    AlbumId, AlbumStore, Correction, Found, GroupName, Method, Outcome, Status, collect,
};
use lastfm_core::archive::{ArchiveStore as _, Span, UserId};
use lastfm_core::testing::conformance::of_album;
use lastfm_core::{Mbid, Play};
use lastfm_sqlite::SqliteStore;
use rusqlite::Connection;

use crate::support::{Scratch, at, replace, user};

lastfm_core::album_store_conformance!(async {
    let scratch = Scratch::new();
    (scratch.open().await, scratch)
});

/// A store with these plays, all albums noted.
async fn filled(scratch: &Scratch, plays: &[Play]) -> (SqliteStore, UserId) {
    let store = scratch.open().await;
    let user = user(&store).await;
    replace(&store, user, (0, 1_000), plays).await.unwrap();
    collect(&store, user).await.unwrap();
    (store, user)
}

/// Number and title of each album that was played.
async fn played(store: &SqliteStore, user: UserId) -> Vec<(AlbumId, String, u64)> {
    let played = store.played_albums(user, Span::EVER).await.unwrap();
    assert_eq!(played.uncollected, 0);
    let mut albums = Vec::new();
    for album in played.albums {
        let known = store.albums(&[album.id]).await.unwrap().remove(0);
        albums.push((album.id, known.title, album.plays));
    }
    albums
}

/// The rows of a query, their columns joined.
fn rows(scratch: &Scratch, sql: &str) -> Vec<String> {
    let file = Connection::open(scratch.path()).unwrap();
    let mut statement = file.prepare(&format!("SELECT concat_ws('|', {sql}")).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

fn found(year: &str) -> Outcome {
    let id = Mbid::new("f5093c06-23e3-404f-aeaa-40f72885ee3a").unwrap();
    let group = GroupName::new(id, "Low", "Secret Name", year.parse().ok());
    let mut outcome = Outcome::new(Status::FuzzyMatched, at(922_320_000));
    outcome.found = Some(Found::new(group, Method::WithoutEdition, 970));
    outcome
}

#[tokio::test]
async fn people_read_years_beside_plays() {
    let scratch = Scratch::new();
    let plays = [
        of_album(1, "Low", "Secret Name", ""),
        of_album(2, "Low", "Trust", ""),
        of_album(3, "Low", "", ""),
    ];
    let (store, user) = filled(&scratch, &plays).await;
    let ids: Vec<AlbumId> = played(&store, user).await.into_iter().map(|(id, ..)| id).collect();
    let shown = "played_at, release_year, augmentation_status) FROM scrobbles ORDER BY played_at";
    assert_eq!(rows(&scratch, shown), ["1|pending", "2|pending", "3"]);
    store.record_outcomes(vec![(ids[0], found("1999-04"))]).await.unwrap();
    let said = Correction::dated("2002-09-24".parse().unwrap(), at(9));
    store.correct_album(ids[1], Some(said)).await.unwrap();
    assert_eq!(rows(&scratch, shown), ["1|1999|fuzzy_matched", "2|2002|matched", "3"]);
    let albums = "title, release_year, first_release, matched_by, confidence,
        release_group_title, looked_up) FROM albums";
    assert_eq!(
        rows(&scratch, albums),
        [
            "Secret Name|1999|1999-04|without_edition|970|Secret Name|1999-03-25 00:00:00",
            "Trust|2002|2002-09-24|person",
        ]
    );
    // Removed plays show it, too.
    for _ in 0..2 {
        replace(&store, user, (0, 1_000), &plays[1..]).await.unwrap();
    }
    let removed = "release_year, augmentation_status) FROM removed_scrobbles";
    assert_eq!(rows(&scratch, removed), ["1999|fuzzy_matched"]);
}

#[tokio::test]
async fn an_object_whose_names_a_person_changed_is_of_the_album_it_is_sent_with() {
    let scratch = Scratch::new();
    let plays = [of_album(1, "Low", "Secret Name", ""), of_album(2, "Low", "Trust", "")];
    let (store, user) = filled(&scratch, &plays).await;
    let file = Connection::open(scratch.path()).unwrap();
    file.execute("UPDATE song SET album = 'Truts' WHERE album = 'Trust'", []).unwrap();
    // The object is put right when it is sent again, and with it its album.
    replace(&store, user, (0, 1_000), &plays).await.unwrap();
    collect(&store, user).await.unwrap();
    let titles: Vec<_> =
        played(&store, user).await.into_iter().map(|(_, title, _)| title).collect();
    assert_eq!(titles, ["Secret Name", "Trust"]);
}

#[tokio::test]
async fn objects_that_a_person_deleted_leave_no_album_to_those_that_take_their_number() {
    let scratch = Scratch::new();
    let plays = [of_album(1, "Low", "Secret Name", ""), of_album(2, "Low", "Trust", "")];
    let (store, user) = filled(&scratch, &plays).await;
    let file = Connection::open(scratch.path()).unwrap();
    file.execute_batch("DELETE FROM variant WHERE id = (SELECT max(id) FROM variant)").unwrap();
    let later = [of_album(1, "Low", "Secret Name", ""), of_album(5, "Low", "Hex", "")];
    replace(&store, user, (0, 1_000), &later).await.unwrap();
    collect(&store, user).await.unwrap();
    let titles: Vec<_> =
        played(&store, user).await.into_iter().map(|(_, title, _)| title).collect();
    assert_eq!(titles, ["Secret Name", "Hex"]);
}

#[tokio::test]
async fn only_what_a_person_says_waits_for_the_disk() {
    let scratch = Scratch::new();
    let (store, user) = filled(&scratch, &[of_album(1, "Low", "Trust", "")]).await;
    let id = played(&store, user).await[0].0;
    let waits = async || {
        let pragma = |db: &mut Connection| {
            db.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0)).unwrap()
        };
        store.on_writer(pragma).await.unwrap()
    };
    assert_eq!(waits().await, 1);
    store
        .on_writer(|db| {
            let at_the_commit = |db: &mut Connection| {
                db.execute_batch(
                    "CREATE TEMP TABLE waits (synchronous INTEGER);
                 CREATE TEMP TRIGGER says AFTER UPDATE OF correction ON album BEGIN
                     INSERT INTO waits SELECT synchronous FROM pragma_synchronous;
                 END;",
                )
            };
            at_the_commit(db).unwrap();
        })
        .await
        .unwrap();
    store.correct_album(id, Some(Correction::undated(at(1)))).await.unwrap();
    let seen = store
        .on_writer(|db| {
            db.query_row("SELECT synchronous FROM waits", [], |row| row.get::<_, i64>(0))
        })
        .await;
    assert_eq!(seen.unwrap().unwrap(), 2);
    assert_eq!(waits().await, 1);
}

#[tokio::test]
async fn a_histogram_shows_at_once_what_a_person_changes_in_the_file() {
    let scratch = Scratch::new();
    let plays = [of_album(1, "Low", "Secret Name", ""), of_album(2, "Low", "Trust", "")];
    let (store, rj) = filled(&scratch, &plays).await;
    let years = async |user| {
        let played = store.played_albums(user, Span::EVER).await.unwrap();
        played.albums.iter().map(|album| (album.year, album.plays)).collect::<Vec<_>>()
    };
    assert_eq!(years(rj).await, [(None, 1), (None, 1)]);
    let file = Connection::open(scratch.path()).unwrap();
    let said = r#"{"first_release":"1999","at":0}"#;
    file.execute("UPDATE album SET correction = ?1 WHERE title = 'Trust'", [said]).unwrap();
    assert_eq!(years(rj).await, [(None, 1), (Some(1999), 1)]);
    file.execute("DELETE FROM album WHERE title = 'Trust'", []).unwrap();
    let played = store.played_albums(rj, Span::EVER).await.unwrap();
    assert_eq!((played.albums.len(), played.uncollected), (1, 1));

    let other = store.add_user(&"alice".parse().unwrap(), None).await.unwrap().id;
    replace(&store, other, (0, 1_000), &plays[..1]).await.unwrap();
    assert_eq!(store.played_albums(other, Span::EVER).await.unwrap().uncollected, 1);
    collect(&store, other).await.unwrap();
    assert_eq!(years(other).await, [(None, 1)]);
    assert_eq!(years(rj).await, [(None, 1)]);
}
