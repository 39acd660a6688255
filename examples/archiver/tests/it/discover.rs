//! `discover`.

use std::collections::HashSet;

use crate::stage::{Stage, end};

#[test]
pub(crate) fn only_what_is_not_archived_is_told_of_and_why() {
    let stage = Stage::still(3000);
    stage.run(&["sync", "rj"]).ok();
    let before = stage.requests();
    let ended = stage.run(&["discover", "RJ", "--json", "--limit", "8", "--artists", "6"]).ok();
    let mut lines = ended.json();
    let last = lines.pop().unwrap();
    assert_eq!((&last["event"], &last["stopped"]), (&"discovered".into(), &false.into()));
    assert_eq!(last["tracks"], lines.len());
    assert_eq!(lines.len(), 8);
    let made = stage.requests() - before;
    assert_eq!(last["request_count"], made);
    assert!(made <= 6 + 8, "{made} requests");

    let fold = |text: &serde_json::Value| text.as_str().unwrap().to_lowercase();
    let archive = stage.archive();
    let songs = archive.iter().map(|row| (row.artist.to_lowercase(), row.track.to_lowercase()));
    let songs: HashSet<_> = songs.collect();
    let artists: HashSet<_> = songs.iter().map(|(artist, _)| artist.clone()).collect();
    let mut told = HashSet::new();
    for line in &lines {
        let song = (fold(&line["artist"]), fold(&line["track"]));
        assert!(!songs.contains(&song), "{line}");
        let because = line["because"].as_array().unwrap();
        assert!(!because.is_empty() && because.iter().all(|one| artists.contains(&fold(one))));
        assert!(line["url"].as_str().unwrap().starts_with("https://www.last.fm/music/"), "{line}");
        assert!(told.insert(song), "told twice: {line}");
    }
}

#[test]
fn whoever_is_played_a_lot_is_left_out_and_whoever_is_played_a_little_is_marked() {
    let stage = Stage::still(3000);
    stage.run(&["sync", "rj"]).ok();
    let ended = stage.run(&["discover", "rj", "--json", "--limit", "60", "--artists", "40"]).ok();
    let plays: Vec<_> = stage.archive().iter().map(|row| row.artist.to_lowercase()).collect();
    let mut lines = ended.json();
    lines.pop();
    assert!(!lines.is_empty());
    for line in lines {
        let artist = line["artist"].as_str().unwrap().to_lowercase();
        let played = plays.iter().filter(|one| **one == artist).count();
        assert_eq!(line["artist_plays"], played, "{line}");
        assert!(played < 20, "{line}");
    }
}

#[test]
fn a_person_is_told_the_cost_the_reason_and_where_to_listen() {
    let stage = Stage::still(2000);
    stage.run(&["sync", "rj"]).ok();
    let arguments = ["discover", "rj", "--limit", "4", "--artists", "5", "--rate", "50"];
    let ended = stage.run(&arguments).ok().says("about 7 requests, about 1 second");
    assert!(ended.out.contains(" · because you play "), "{}", ended.out);
    assert!(ended.out.contains("  https://www.last.fm/music/"), "{}", ended.out);
    ended.says("4 tracks that rj has never played");
    stage.assert_complete();
    stage.assert_no_secret_on_disk();
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_with_what_is_found_until_then() {
    use std::io::{BufRead as _, BufReader, Read as _};

    let stage = Stage::still(2000);
    stage.run(&["sync", "rj"]).ok();
    let arguments = ["discover", "rj", "--json", "--limit", "300", "--artists", "2", "--rate", "5"];
    let mut child = stage.command(&arguments).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    assert!(out.read_line(&mut said).unwrap() > 0);
    crate::stage::send(&child, "-INT");
    out.read_to_string(&mut said).unwrap();
    end(child).with(4);
    let last = said.lines().last().unwrap();
    let last: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!((&last["event"], &last["stopped"]), (&"discovered".into(), &true.into()));
    assert_eq!(last["tracks"], said.lines().count() - 1);
}

#[test]
fn nothing_is_asked_for_whoever_is_not_archived() {
    let stage = Stage::still(100);
    let ended = stage.run(&["discover", "rj"]).with(1).says("there is no archive in scrobbles.db");
    ended.says("archiver sync rj");
    stage.run(&["discover", "--demo"]).with(1).says("archiver sync --demo");
    stage.run(&["discover"]).with(1);
    assert!(!stage.path("scrobbles.db").exists() && !stage.path("demo.db").exists());
    stage.run(&["sync", "rj"]).ok();
    let before = stage.requests();
    stage.run(&["discover", "ann"]).with(5).says("nothing of ann is archived");
    assert_eq!(stage.requests(), before);
}
