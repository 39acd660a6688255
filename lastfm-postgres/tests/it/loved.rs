//! Loved tracks in a database: the promises of every store, and what people read.

use lastfm_core::loved::{
    How, LocalMatch, LovedId, LovedPage, LovedStore, MemoryLoved, NewLove, ReadingId, Which,
};
use lastfm_core::scrobble::Account;
use lastfm_core::testing::Dice;
use lastfm_core::{Mbid, Timestamp};
use lastfm_sqlite::SqliteStore;

use crate::queue::{Scratch, at};

lastfm_core::loved_store_conformance!(async {
    let scratch = Scratch::new();
    (scratch.open().await, scratch)
});

fn rj() -> Account {
    Account::at("https://ws.audioscrobbler.com/2.0/", "RJ".parse().unwrap())
}

#[tokio::test]
async fn people_read_loved_tracks_with_their_local_ones() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let account = rj();
    let words = store.love(&account, NewLove::new("Low", "Words", at(922_320_000))).await.unwrap();
    store.love(&account, NewLove::new("Low", "Fear", at(922_320_001))).await.unwrap();
    let ids = ["/b.flac".to_owned(), "/a.flac".to_owned()];
    store.choose(&account, words.id, Some(ids.to_vec()), at(922_320_060)).await.unwrap();
    store.unlove(&account, "Low", "Fear", at(922_320_120)).await.unwrap();
    let shown = scratch.database.sql(
        "SELECT concat_ws('|', username, track, mbid, loved_at, loved, unloved_at, unloved,
            matched_by, checked, local_ids) FROM loved_tracks",
    );
    let shown: Vec<_> = shown.iter().map(|row| row[0].as_deref().unwrap()).collect();
    assert_eq!(
        shown,
        [
            "RJ|Fear|922320001|1999-03-25 00:00:01|922320120|1999-03-25 00:02:00",
            "RJ|Words|922320000|1999-03-25 00:00:00|person|1999-03-25 00:01:00|/b.flac\n/a.flac",
        ]
    );
}

#[tokio::test]
async fn no_name_and_no_path_is_too_long_or_has_a_character_too_many() {
    let scratch = Scratch::new();
    let store = scratch.open().await;
    let mut dice = Dice::stream(1, 1);
    let name: String = (0..20_000).map(|_| *dice.pick(&['ö', 'b', '後', '\0', 'é', '0'])).collect();
    let loved = store.love(&rj(), NewLove::new(&name, &name, at(1))).await.unwrap();
    store.choose(&rj(), loved.id, Some(vec![name.clone()]), at(2)).await.unwrap();
    let found = store.of_local(&rj(), &name).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].artist, found[0].local_ids()), (&name, &[name.clone()][..]));
    assert_eq!(store.track(&rj(), &name, &name).await.unwrap().as_ref(), found.first());
}

#[tokio::test]
async fn any_sequence_of_calls_is_answered_as_by_the_stores_in_memory_and_in_a_file() {
    for seed in 0..4 {
        let scratch = Scratch::new();
        let folder = tempfile::tempdir().unwrap();
        let file = SqliteStore::open(folder.path().join("plays.db")).await.unwrap();
        let (store, memory) = (scratch.open().await, MemoryLoved::new());
        let mut dice = Dice::stream(seed, 0x10);
        for store in [&store as &dyn LovedStore, &memory, &file] {
            store.begin(&rj(), at(0)).await.unwrap();
        }
        for call in 0..300 {
            let before = dice.clone();
            let said = one_call(&mut dice, &store, at(call)).await;
            for other in [&memory as &dyn LovedStore, &file] {
                let expected = one_call(&mut before.clone(), other, at(call)).await;
                assert_eq!(said, expected, "seed {seed}, call {call}");
            }
        }
    }
}

/// One call, the same for equal dice, and what came of it.
async fn one_call(dice: &mut Dice, store: &dyn LovedStore, now: Timestamp) -> String {
    let rj = rj();
    let (id, track) = (LovedId(dice.between(1, 14)), track(dice, now));
    let reading = ReadingId(dice.between(1, 30));
    let ids = vec![(*dice.pick(&["/a", "/b\0", "/c"])).to_owned(), "/d".to_owned()];
    let how = *dice.pick(&How::ALL);
    match dice.below(16) {
        0 => format!("{:?}", store.begin(&rj, now).await),
        1..=3 => {
            let tracks = (0..dice.index(9)).map(|_| self::track(dice, now)).collect();
            let mut page = LovedPage::new(tracks, 3);
            page.total = dice.chance(0.5).then_some(7);
            format!("{:?}", store.add_page(&rj, reading, page).await)
        }
        4 => format!("{:?}", store.shown(&rj, reading).await),
        5 => format!("{:?}", store.finish(&rj, reading, now).await),
        6 => format!("{:?}", store.love(&rj, track).await),
        7 | 8 => format!("{:?}", store.unlove(&rj, &track.artist, &track.track, now).await),
        9 => format!("{:?}", store.track(&rj, &track.artist, &track.track).await),
        10 => format!("{:?}", store.of_local(&rj, &ids[0]).await),
        11 | 12 => {
            let local = LocalMatch::new(ids, how, now);
            let found = vec![(id, local.clone()), (LovedId(3), local.clone()), (id, local)];
            format!("{:?}", store.set_matches(&rj, found).await)
        }
        13 => {
            let choice = dice.chance(0.5).then_some(ids);
            format!("{:?}", store.choose(&rj, id, choice, now).await)
        }
        14 => format!("{:?} {:?}", store.counts(&rj).await, store.reading(&rj).await),
        _ => {
            let all = [Which::Loved, Which::Unloved, Which::Matched, Which::Unmatched];
            let after = dice.chance(0.5).then_some(id);
            format!("{:?}", store.tracks(&rj, *dice.pick(&all), after, dice.index(9)).await)
        }
    }
}

fn track(dice: &mut Dice, now: Timestamp) -> NewLove {
    let artist = *dice.pick(&["Low", " low", "LOW\0", "Björk", "BJÖRK "]);
    let mut track = NewLove::new(artist, *dice.pick(&["Words", "words ", "ß"]), now);
    track.mbid = dice.chance(0.3).then(|| Mbid::new("an identifier").unwrap());
    track
}
