//! `collection` and `import`: files.

use lastfm_core::testing::{ErrorBody, Fault};

use crate::stage::Stage;

const ZONED: &str = "#AUDIOSCROBBLER/1.1\n#TZ/UNKNOWN\n#CLIENT/Rockbox\n";

#[test]
fn a_list_is_scrobbled_once_however_often_it_is_said() {
    let stage = Stage::new();
    let (artist, album) = stage.album();
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let list = format!(
        "artist,album,track,length\nLow,Trust,Canada,3:47\nLow,Trust,Candy Girl,4:00\n\
         ,,nobody's,\n{},{},,\nLow,Never Made,,\n",
        quoted(&artist),
        quoted(&album)
    );
    stage.write("records.csv", &list);
    let ended = stage.run(&["collection", "records.csv", "--dry-run"]).ok();
    ended.says("entry 3 is left out: it names no artist").says("nothing was");
    assert!(stage.queue().is_empty());
    let ended = stage.run(&["collection", "records.csv", "--yes"]).with(5);
    ended.says("no tracks on Last.fm: Low – Never Made").says("Nothing was queued");
    assert!(stage.queue().is_empty());
    let ended = stage.run(&["collection", "records.csv", "--skip-unknown"]).ok();
    ended.says("no tracks on Last.fm: Low – Never Made").says("✗ refused 0");
    let scrobbled = stage.scrobbled();
    assert!(scrobbled.len() > 3, "{scrobbled:?}");
    let words = format!("job 1, records.csv: {0} of {0} plays accepted so far", scrobbled.len());
    stage.run(&["collection", "records.csv"]).ok().says(&words);
    assert_eq!(stage.scrobbled(), scrobbled);
}

#[test]
fn a_play_of_a_known_moment_is_sent_once_whatever_list_it_is_in() {
    let stage = Stage::new();
    let play = |track: &str, ago: i64| format!("Low,{track},{}\n", stage.now - ago);
    let (head, words) = ("artist,track,played_at\n", play("Words", 3600));
    stage.write("plays.csv", &[head, &words].concat());
    stage.run(&["collection", "plays.csv"]).ok().says("✓ accepted 1");
    // One more row, and one without a moment: another list.
    stage.write("plays.csv", &[head, &words, &play("Canada", 1800), "Low,Candy Girl,\n"].concat());
    let ended = stage.run(&["collection", "plays.csv"]).ok();
    ended.says("1 play in the queue already: nothing is doubled").says("✓ accepted 3");
    let mut scrobbled = stage.scrobbled();
    scrobbled.sort();
    assert_eq!(scrobbled, ["Canada", "Candy Girl", "Words"]);
    stage.run(&["collection", "plays.csv"]).ok().says("job 1, plays.csv: 1 of 1 play accepted");
    assert_eq!(stage.scrobbled().len(), 3);
}

#[test]
fn what_was_scrobbled_within_a_day_or_is_queued_is_left_out_of_a_list() {
    let stage = Stage::new();
    for (track, at) in [("Words", "20h ago"), ("Candy Girl", "26h ago")] {
        stage.run(&["play", "Low", track, "--at", at]).ok();
    }
    stage.run(&["queue", "pause", "--all"]).ok();
    stage.run(&["play", "Low", "Canada", "--at", "30min ago", "--patience", "0s"]).with(4);
    stage.run(&["queue", "resume", "--all"]).ok();
    // Of two plays of one track one was there; case does not matter.
    stage.write("songs.csv", "artist,track\nlow,words\nLow,Canada\nLow,Candy Girl\nLow,Words\n");
    let dry = stage.run(&["collection", "songs.csv", "--dry-run"]).ok();
    dry.says("1 of 4 plays was scrobbled 20 h ago already: ").says("2 plays would be queued");
    let ended = stage.run(&["collection", "songs.csv"]).ok();
    ended.says("1 of 3 plays was queued for a moment 30 min ago already: Canada · left out");
    let mut scrobbled = stage.scrobbled();
    scrobbled.sort();
    assert_eq!(scrobbled.len(), 5, "{scrobbled:?}");
    // A list of nothing new, and the same again.
    stage.write("more.csv", "artist,track\nLow,Words\nLow,Canada\n");
    let ended = stage.run(&["collection", "more.csv"]).ok();
    ended.says("2 of 2 plays were scrobbled").says("✓ accepted 0");
    assert_eq!(stage.scrobbled().len(), 5);
    stage.run(&["collection", "more.csv", "--again"]).ok().says("✓ accepted 2");
    // A list that was queued is queued once more, and goes on when that is said again.
    stage.run(&["collection", "songs.csv", "--again"]).ok().says("✓ accepted 4");
    assert_eq!(stage.scrobbled().len(), 11);
    for said in [&["collection", "songs.csv", "--again"][..], &["collection", "songs.csv"]] {
        stage.run(said).ok().says("songs.csv: 4 of 4 plays accepted so far");
    }
    assert_eq!(stage.scrobbled().len(), 11);
}

#[test]
fn an_album_that_is_not_found_once_is_asked_for_again() {
    let stage = Stage::new();
    let (artist, album) = stage.album();
    let list = serde_json::json!([{ "artist": artist, "album": album }]);
    stage.write("records.json", &list.to_string());
    stage.server.lastfm().fail_next(Fault::error(6, 404, ErrorBody::Json));
    stage.run(&["collection", "records.json"]).ok();
    assert!(stage.scrobbled().len() > 1);
}

#[test]
fn a_list_that_takes_days_says_so_and_goes_on_from_where_it_is() {
    let stage = Stage::with(|scenario| scenario.service.scrobbles_per_day = 40);
    let tracks = (0..130).map(|n| format!(r#"{{"artist":"Low","track":"Song {n}"}}"#));
    stage.write("songs.json", &tracks.collect::<Vec<_>>().join("\n"));
    let said = ["collection", "songs.json", "--per-day", "150", "--patience", "0s"];
    let ended = stage.run(&said).with(5).says("nobody can be asked here").says("--yes");
    ended.says("130 plays, about 2 days").says("Nothing was changed");
    assert!(stage.queue().is_empty());
    let ended = stage.run(&[&said[..], &["--yes"]].concat()).with(4);
    ended.says("… waiting").says("Last.fm's daily limit is reached; trying again at");
    assert_eq!(stage.scrobbled().len(), 40);
    assert_eq!(stage.queue().len(), 130);
    stage.run(&said).with(4).says("40 of 130 plays accepted so far");
    assert_eq!((stage.scrobbled().len(), stage.queue().len()), (40, 130));
    stage.run(&["queue", "list"]).with(4).says("job 1  songs.json: 40 of 130 plays accepted");
}

#[test]
fn a_log_of_a_player_without_a_zone_needs_one() {
    let stage = Stage::new();
    let line = |title: &str, rating: &str, at: i64| {
        format!("Low\tTrust\t{title}\t1\t240\t{rating}\t{at}\t\n")
    };
    // The player shows the time of a place two hours east.
    let log = [
        ZONED.to_owned(),
        line("Canada", "L", stage.now + 7200 - 3600),
        line("Skipped", "S", stage.now + 7200 - 3300),
        line("Long Ago", "L", stage.now - 20 * 86_400),
        line("No Clock", "L", 0),
    ];
    stage.write(".scrobbler.log", &log.concat());
    let ended = stage.run(&["import", ".scrobbler.log"]).with(1);
    ended.says("#TZ/UNKNOWN").says("import .scrobbler.log --zone Europe/Berlin");
    let zoned = ["import", ".scrobbler.log", "--zone", "+02:00"];
    let ended = stage.run(&[&zoned[..], &["--dry-run"]].concat()).with(3);
    ended.says("2 plays · 1 skipped · 1 without a time").says("2 plays would be queued");
    let ended = stage
        .run(&zoned)
        .with(3)
        .says("1 play will be refused, by this machine's clock: it was played more than 14 days");
    ended.says("✓ accepted 1").says("✗ refused 1");
    assert_eq!(stage.scrobbled(), ["Canada"]);
    let at = stage.server.lastfm().truth().last().unwrap().at.as_unix();
    assert_eq!(at, stage.now - 3600);
    stage.run(&zoned).with(3).says("2 plays in the queue already: nothing is doubled");
    assert_eq!(stage.scrobbled(), ["Canada"]);
}

#[test]
fn a_file_that_is_none_is_refused_before_anybody_is_asked() {
    let stage = Stage::new();
    stage.write("notes.txt", "just words");
    stage.run(&["import", "notes.txt"]).with(1).says("it is no .scrobbler.log");
    stage.run(&["collection", "notes.txt"]).with(1).says("is no list").says("collection --help");
    stage.run(&["collection", "missing.csv"]).with(1).says("missing.csv cannot be read");
    assert!(stage.server.lastfm().log().is_empty());
}
