//! `export`.

use crate::stage::Stage;

#[test]
pub(crate) fn every_object_comes_back_as_the_service_sent_it_if_text_can_hold_it() {
    let stage = Stage::still(3500);
    stage.run(&["sync", "rj"]).ok();
    let mut sent: Vec<String> = {
        let lastfm = stage.server.lastfm();
        lastfm.truth().iter().map(|play| lastfm.object(play)).collect()
    };
    // Strict readers would stop at half a surrogate pair, and read no play after it.
    let half = r"half \ud83d";
    assert!(sent.iter().any(|object| object.contains(half)));
    for object in &mut sent {
        *object = object.replace(half, r"half \ufffd").replace(r"\udc00\ud800", r"\ufffd\ufffd");
    }
    let rows = stage.archive();
    let mut found: Vec<String> = rows.iter().map(|row| row.raw.get().to_owned()).collect();
    sent.sort();
    found.sort();
    assert!(sent == found, "not byte for byte");
    assert!(rows.iter().is_sorted_by_key(|row| row.played_at));
}

#[test]
pub(crate) fn a_table_holds_the_same_plays() {
    let stage = Stage::still(2100);
    stage.run(&["sync", "rj"]).ok();
    let ended = stage.run(&["export", "rj", "--format", "csv"]).ok();
    let mut table = csv::Reader::from_reader(ended.out.as_bytes());
    let header = table.headers().unwrap().iter().collect::<Vec<_>>().join(",");
    assert_eq!(
        header,
        "username,played_at,artist,track,album,artist_mbid,album_mbid,track_mbid,url,release_year,augmentation_status"
    );
    let rows: Vec<_> = table.records().map(|row| row.unwrap()).collect();
    let archive = stage.archive();
    assert_eq!(rows.len(), archive.len());
    for (row, play) in rows.iter().zip(&archive) {
        assert_eq!(row[1], play.played_at.to_string());
        assert_eq!((&row[2], &row[3]), (play.artist.as_str(), play.track.as_str()));
        assert_eq!(&row[4], play.album.as_deref().unwrap_or_default());
    }
}

#[test]
pub(crate) fn a_part_is_exported_alone() {
    let stage = Stage::still(3000);
    stage.run(&["sync", "rj"]).ok();
    let count = |arguments: &[&str]| {
        let arguments = [&["export", "rj", "--format", "jsonl"], arguments].concat();
        stage.run(&arguments).ok().out.lines().count()
    };
    let until = count(&["--to", "2022"]);
    let of_2023 = count(&["--year", "2023"]);
    let since = count(&["--from", "2024-01-01"]);
    assert!(until > 0 && of_2023 > 0 && since > 0);
    assert_eq!(until + of_2023 + since, 3000);
}
