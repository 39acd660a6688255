//! `export`.

use serde_json::Value;

use crate::stage::Stage;

#[test]
fn every_object_comes_back_as_the_service_sent_it() {
    let stage = Stage::still(3500);
    stage.run(&["sync", "rj"]).ok();
    let ended = stage.run(&["export", "rj", "--format", "jsonl"]).ok();
    let mut sent: Vec<String> = {
        let lastfm = stage.server.lastfm();
        lastfm.truth().iter().map(|play| lastfm.object(play)).collect()
    };
    let mut found: Vec<String> = ended
        .out
        .lines()
        .map(|line| {
            let (_, raw) = line.split_once(r#","raw":"#).unwrap();
            raw.strip_suffix('}').unwrap().to_owned()
        })
        .collect();
    sent.sort();
    found.sort();
    assert!(sent == found, "not byte for byte");
    let rows = stage.archive();
    assert!(rows.iter().is_sorted_by_key(|row| row["played_at"].as_i64()));
    let columns = [
        "username", "played_at", "artist", "track", "album", "artist_mbid", "album_mbid",
        "track_mbid", "url", "release_year", "raw",
    ];
    let names = |row: &Value| row.as_object().unwrap().len();
    assert!(rows.iter().all(|row| names(row) == columns.len()));
    assert!(columns.iter().all(|name| rows[0].get(name).is_some()));
}

#[test]
fn a_table_holds_the_same_plays() {
    let stage = Stage::still(2100);
    stage.run(&["sync", "rj"]).ok();
    let ended = stage.run(&["export", "rj", "--format", "csv"]).ok();
    let mut table = csv::Reader::from_reader(ended.out.as_bytes());
    let header = table.headers().unwrap().iter().collect::<Vec<_>>().join(",");
    assert_eq!(header, "username,played_at,artist,track,album,artist_mbid,album_mbid,track_mbid,url,release_year");
    let rows: Vec<_> = table.records().map(|row| row.unwrap()).collect();
    let archive = stage.archive();
    assert_eq!(rows.len(), archive.len());
    for (row, play) in rows.iter().zip(&archive) {
        assert_eq!(row[1], play["played_at"].to_string());
        assert_eq!((&row[2], &row[3]), (play["artist"].as_str().unwrap(), play["track"].as_str().unwrap()));
        assert_eq!(&row[4], play["album"].as_str().unwrap_or_default());
    }
}

#[test]
fn a_part_is_exported_alone() {
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
