//! `loved` and `counts`.

use crate::stage::Stage;

#[test]
fn what_is_loved_is_found_in_a_library_or_listed_as_missing() {
    let stage = Stage::new();
    stage.run(&["loved", "love", "Low", "Words", "--dry-run"]).ok().says("would be loved");
    stage.run(&["loved", "list"]).ok().says("nothing here yet: scrobbler loved import");
    stage.run(&["loved", "love", "Low", "Words"]).ok().says("♥ loved: Low – Words");
    stage.run(&["loved", "love", "Low", "Canada"]).ok();
    stage.run(&["loved", "import"]).ok().says("loved");
    stage.write(
        "music.csv",
        "id,artist,track\n/m/1.flac,LOW,Words (Remaster)\n/m/2.flac,Low,Canad\n",
    );
    let ended = stage.run(&["loved", "match", "music.csv"]).ok();
    ended.says("♥ 1 are in the library").says("✗ Low – Canada").says("? Low – Canad  /m/2.flac");
    stage.run(&["loved", "match", "music.csv"]).ok().says("♥ Low – Words  /m/1.flac");
    let lines = stage.run(&["loved", "match", "music.csv", "--json"]).ok().json();
    let last = lines.last().unwrap();
    assert_eq!((&last["event"], &last["matched"]), (&"loved_matched".into(), &1.into()));
    assert_eq!(last["exit_code"], 0);
    let ended = stage.run(&["loved", "list"]).ok();
    ended.says("Low – Words  /m/1.flac");
    stage.run(&["loved", "unlove", "Low", "Words"]).ok().says("no longer loved: Low – Words");
    stage.go_offline();
    stage.run(&["loved", "love", "Low", "Words"]).with(1).says("Nothing was changed here");
    stage.go_online();
    let left = stage.run(&["loved", "list", "--json"]).ok().json();
    assert!(left.iter().all(|line| line["track"] != "Words"), "{left:?}");
}

#[test]
fn plays_are_counted_by_the_tracks_of_a_library() {
    let stage = Stage::new();
    let (artist, track, plays) = {
        let truth = stage.server.lastfm().truth();
        let first = truth[0].clone();
        let same = |play: &&lastfm_core::testing::TruePlay| {
            (&play.artist, &play.track) == (&first.artist, &first.track)
        };
        let plays = truth.iter().filter(same).count();
        (first.artist.to_string(), first.track.to_string(), plays)
    };
    let library = serde_json::json!([{ "id": "/m/1", "artist": artist, "track": track }]);
    stage.write("music.json", &library.to_string());
    let lines = stage.run(&["counts", "music.json", "--json"]).ok().json();
    assert_eq!((&lines[0]["id"], &lines[0]["plays"]), (&"/m/1".into(), &plays.into()));
    let last = lines.last().unwrap();
    assert_eq!((&last["event"], &last["all"]), (&"counted".into(), &400.into()));
    stage.write("empty.csv", "artist,year\n");
    stage.run(&["counts", "empty.csv"]).with(1).says("holds no track");
}
