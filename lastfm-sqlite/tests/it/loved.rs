//! Loved tracks in the file: the promises of every store, and what people read.

use lastfm_core::loved::{LovedStore, NewLove, Which};
use lastfm_core::scrobble::Account;
use rusqlite::Connection;

use crate::support::{Scratch, at};

lastfm_core::loved_store_conformance!(async {
    let scratch = Scratch::new();
    (scratch.open().await, scratch)
});

#[tokio::test]
async fn people_read_loved_tracks_with_their_local_ones() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let account = Account::at("https://ws.audioscrobbler.com/2.0/", "RJ".parse().unwrap());
    let words = store.love(&account, NewLove::new("Low", "Words", at(922_320_000))).await.unwrap();
    store.love(&account, NewLove::new("Low", "Fear", at(922_320_001))).await.unwrap();
    let ids = ["/b.flac".to_owned(), "/a.flac".to_owned()];
    store.choose(&account, words.id, Some(ids.to_vec()), at(922_320_060)).await.unwrap();
    store.unlove(&account, "Low", "Fear", at(922_320_120)).await.unwrap();

    let file = Connection::open(scratch.path()).unwrap();
    let mut statement = file
        .prepare(
            "SELECT username, track, loved, unloved, matched_by, checked, local_ids
             FROM loved_tracks",
        )
        .unwrap();
    let text = |row: &rusqlite::Row<'_>| {
        let column = |column| row.get::<_, Option<String>>(column).unwrap().unwrap_or_default();
        Ok((0..7).map(column).collect::<Vec<_>>().join("|"))
    };
    let rows: Vec<String> = statement.query_map([], text).unwrap().map(Result::unwrap).collect();
    assert_eq!(
        rows,
        [
            "RJ|Fear|1999-03-25 00:00:01|1999-03-25 00:02:00|||",
            "RJ|Words|1999-03-25 00:00:00||person|1999-03-25 00:01:00|/b.flac\n/a.flac",
        ]
    );
}

#[tokio::test]
async fn loved_tracks_are_there_when_the_file_is_opened_again() {
    let scratch = Scratch::new();
    let account = Account::at("https://ws.audioscrobbler.com/2.0/", "RJ".parse().unwrap());
    let store = scratch.open().await;
    let reading = store.begin(&account, at(1)).await.unwrap();
    let loved = store.love(&account, NewLove::new("Low", "Words", at(5))).await.unwrap();
    drop(store);
    let store = scratch.open().await;
    assert_eq!(store.tracks(&account, Which::Loved, None, 9).await.unwrap(), [loved]);
    assert_eq!(store.reading(&account).await.unwrap(), Some(reading));
}
