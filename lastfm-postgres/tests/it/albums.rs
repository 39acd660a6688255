//! Albums in a database: the promises of every store, and what people read.

use lastfm_core::Mbid;
use lastfm_core::albums::{
    AlbumId, AlbumStore, Correction, Found, GroupName, Method, Outcome, Status, collect,
};
use lastfm_core::archive::Span;
use lastfm_core::testing::conformance::of_album;

use crate::support::{Scratch, at, replace, user};

lastfm_core::album_store_conformance!(async {
    let scratch = Scratch::new();
    (scratch.open().await, scratch)
});

#[tokio::test]
async fn people_read_years_beside_plays() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    let plays = [
        of_album(1, "Low", "Secret Name", ""),
        of_album(2, "Low", "Trust", ""),
        of_album(3, "Low", "", ""),
    ];
    replace(&store, user, (0, 1_000), &plays).await.unwrap();
    collect(&store, user).await.unwrap();
    let played = store.played_albums(user, Span::EVER).await.unwrap();
    let ids: Vec<AlbumId> = played.albums.iter().map(|album| album.id).collect();
    let shown = || {
        scratch.column(
            "SELECT concat_ws('|', played_at, release_year, augmentation_status) FROM scrobbles
            ORDER BY played_at",
        )
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(shown(), [some("1|pending"), some("2|pending"), some("3")]);
    for id in ids {
        if store.albums(&[id]).await.unwrap()[0].title == "Trust" {
            let said = Correction::dated("2002-09-24".parse().unwrap(), at(9));
            store.correct_album(id, Some(said)).await.unwrap();
            continue;
        }
        let group = Mbid::new("f5093c06-23e3-404f-aeaa-40f72885ee3a").unwrap();
        let group = GroupName::new(group, "Low", "Secret Name", "1999-04".parse().ok());
        let mut found = Outcome::new(Status::FuzzyMatched, at(922_320_000));
        found.found = Some(Found::new(group, Method::WithoutEdition, 970));
        store.record_outcomes(vec![(id, found)]).await.unwrap();
    }
    assert_eq!(shown(), [some("1|1999|fuzzy_matched"), some("2|2002|matched"), some("3")]);
    let albums = scratch.column(
        "SELECT concat_ws('|', title, release_year, first_release, matched_by, confidence,
            release_group_title, looked_up) FROM albums",
    );
    assert_eq!(
        albums,
        [
            some("Secret Name|1999|1999-04|without_edition|970|Secret Name|1999-03-25 00:00:00"),
            some("Trust|2002|2002-09-24|person"),
        ]
    );
}

#[tokio::test]
async fn an_object_whose_names_a_person_changed_is_of_the_album_it_is_sent_with() {
    let scratch = Scratch::new();
    let plays = [of_album(1, "Low", "Secret Name", ""), of_album(2, "Low", "Trust", "")];
    let user = {
        let store = scratch.open().await;
        let user = user(&store).await;
        replace(&store, user, (0, 1_000), &plays).await.unwrap();
        scratch.database.sql("UPDATE song SET album = 'Truts' WHERE album = 'Trust'");
        collect(&store, user).await.unwrap();
        user
    };
    // One that remembers nothing finds out when the object is sent again.
    let store = scratch.open().await;
    replace(&store, user, (0, 1_000), &plays).await.unwrap();
    collect(&store, user).await.unwrap();
    let played = store.played_albums(user, Span::EVER).await.unwrap();
    assert_eq!(played.uncollected, 0);
    let ids: Vec<AlbumId> = played.albums.iter().map(|album| album.id).collect();
    let albums = store.albums(&ids).await.unwrap();
    let mut titles: Vec<&str> = albums.iter().map(|album| &*album.title).collect();
    titles.sort_unstable();
    assert_eq!(titles, ["Secret Name", "Trust"]);
}

#[tokio::test]
async fn what_no_json_of_the_database_may_hold_is_written_down_all_the_same() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let user = user(&store).await;
    replace(&store, user, (0, 1_000), &[of_album(1, "Low", "Trust", "")]).await.unwrap();
    collect(&store, user).await.unwrap();
    let id = store.played_albums(user, Span::EVER).await.unwrap().albums[0].id;
    let mut waiting = Outcome::new(Status::Pending, at(1));
    waiting.trouble = Some("an answer with \0 and \\u0000".to_owned());
    store.record_outcomes(vec![(id, waiting)]).await.unwrap();
    let known = store.albums(&[id]).await.unwrap().remove(0);
    let trouble = known.outcome.unwrap().trouble.unwrap();
    assert!(trouble.starts_with("an answer with \u{FFFD} and "), "{trouble:?}");
}
