//! `enrich`, `decades`, `albums`, `correct`: the years in which albums were first released.

use std::fmt::Write as _;
#[cfg(unix)]
use std::io::{BufRead as _, BufReader};
#[cfg(unix)]
use std::time::Duration;

use crate::musicbrainz::{CONTACT, MusicBrainz, group, mbid};
#[cfg(unix)]
use crate::stage::send;
use crate::stage::{Ended, Row, Stage, end};

/// 88 plays of one album, 61 of another, and some of albums that are hard.
fn stage() -> (Stage, MusicBrainz) {
    let mut history = "uts,artist,album,track\n".to_owned();
    let mut at = 1_710_000_000;
    for (plays, artist, album) in [
        (88, "Pink Floyd", "The Dark Side of the Moon"),
        (61, "David Bowie", "Low"),
        (20, "Peter Gabriel", "Peter Gabriel"),
        (15, "Björk", "Début (Deluxe Edition)"),
        (9, "Nobody", "Heard of This"),
        (4, "Low", "Lost Tapes"),
        (3, "Somebody", ""),
    ] {
        for track in 0..plays {
            at -= 300;
            writeln!(history, "{at},{artist},{album},Song {}", track % 9).unwrap();
        }
    }
    let stage = Stage::replaying(&history);
    let musicbrainz = MusicBrainz::serve([
        group(1, "Pink Floyd", "The Dark Side of the Moon", "1973-03-24"),
        group(2, "David Bowie", "Low", "1977-01-14"),
        group(3, "Peter Gabriel", "Peter Gabriel", "1977-02-25"),
        group(4, "Peter Gabriel", "Peter Gabriel", "1978-06-02"),
        group(5, "Björk", "Debut", "1993"),
        group(6, "Low", "Lost Tapes", ""),
    ]);
    (stage, musicbrainz)
}

/// Runs it with this MusicBrainz.
fn asking(stage: &Stage, musicbrainz: &MusicBrainz, arguments: &[&str]) -> Ended {
    end(command(stage, musicbrainz, arguments).spawn().unwrap())
}

fn command(stage: &Stage, musicbrainz: &MusicBrainz, arguments: &[&str]) -> std::process::Command {
    let mut command = stage.command(arguments);
    command
        .env("MUSICBRAINZ_URL", musicbrainz.url())
        .env("MUSICBRAINZ_CONTACT", CONTACT)
        .env("MUSICBRAINZ_RATE", "1000");
    command
}

/// The number of the album of this title.
fn number(stage: &Stage, title: &str) -> String {
    let albums = stage.run(&["albums", "rj", "--json"]).ok().json();
    let album = albums.iter().find(|album| album["title"] == title).unwrap();
    album["album"].to_string()
}

#[test]
pub(crate) fn the_decades_of_a_history_are_drawn_with_the_reasons_for_what_has_none() {
    let (stage, musicbrainz) = stage();
    stage.run(&["sync", "rj"]).ok();
    stage.run(&["decades"]).ok().says("0 % have a year").says("next: archiver enrich rj");
    let ended = asking(&stage, &musicbrainz, &["enrich", "rj"]).ok();
    ended
        .says("✓ rj: 6 albums looked up · 82 % of 200 plays have a year")
        .says("2 matched · 1 fuzzy · 1 no date · 1 ambiguous · 1 not found")
        .says("next: archiver decades rj");
    let ended = stage.run(&["decades", "rj", "--year", "2024"]).ok();
    let expected = "\
Where rj's 2024 comes from · 200 plays · 82 % have a year
  1970s  ████████████████████   75 %   1973 The Dark Side of the Moon 88 · 1977 Low 61
  1990s  ██▏                     8 %   1993 Début (Deluxe Edition) 15
  none   ████▉                  18 %   ambiguous 10 % · not found 5 % · no date 2 %
                                       without album 2 %
  next: archiver albums rj --unmatched --year 2024
";
    assert_eq!(ended.out, expected);
    stage.run(&["decades", "rj", "--by-year"]).ok().says("1973  ").says("1977  ");
    stage.run(&["decades", "rj", "--albums"]).ok().says("6 albums · 50 % have a year");
    stage.run(&["decades", "rj", "--months"]).ok().says("Mar 2024      200 ");
    stage.run(&["decades", "rj", "--year", "2023"]).ok().says("rj's 2023 comes from · no plays");
    stage.run(&["status"]).ok().says("82 % of 200 plays have a year: archiver decades rj");
    let rows = stage.archive();
    let said = |year: Option<i32>, status: Option<&str>| {
        let is =
            |row: &&Row| row.release_year == year && row.augmentation_status.as_deref() == status;
        rows.iter().filter(is).count()
    };
    assert_eq!(said(Some(1973), Some("matched")), 88);
    assert_eq!(said(Some(1993), Some("fuzzy_matched")), 15);
    assert_eq!((said(None, Some("ambiguous")), said(None, None)), (20, 3));
    let table = stage.run(&["export", "rj", "--format", "csv"]).ok().out;
    assert_eq!(table.lines().filter(|line| line.ends_with(",1973,matched")).count(), 88);
}

#[test]
pub(crate) fn machines_are_told_the_same() {
    let (stage, musicbrainz) = stage();
    stage.run(&["sync", "rj"]).ok();
    assert!(stage.run(&["status", "--json"]).ok().json()[0]["dated_plays"].is_null());
    let lines = asking(&stage, &musicbrainz, &["enrich", "rj", "--json"]).ok().json();
    let last = lines.last().unwrap();
    for (name, value) in [("due", 6), ("matched", 2), ("fuzzy_matched", 1), ("dated_plays", 164)] {
        assert_eq!(last[name], value, "{last}");
    }
    assert_eq!((&last["event"], &last["exit_code"]), (&"enriched".into(), &0.into()));
    assert!(lines.iter().any(|line| line["event"] == "looked_up"));
    let line = stage.run(&["decades", "rj", "--json"]).ok().json().remove(0);
    assert_eq!(line["decades"][0]["decade"], 1970);
    assert_eq!(line["decades"][0]["top"][0]["title"], "The Dark Side of the Moon");
    assert_eq!(line["years"][1], serde_json::json!({ "year": 1977, "plays": 61, "albums": 1 }));
    assert_eq!(line["undated"]["ambiguous"]["plays"], 20);
    assert_eq!(line["plays_without_album"], 3);
    assert_eq!(stage.run(&["status", "--json"]).ok().json()[0]["dated_plays"], 164);
}

#[test]
fn nobody_is_asked_before_there_is_a_contact() {
    let (stage, musicbrainz) = stage();
    stage.run(&["sync", "rj"]).ok();
    let url = ["enrich", "rj", "--musicbrainz-url", &musicbrainz.url()];
    stage.run(&url).with(5).says("whom to write to").says("MUSICBRAINZ_CONTACT");
    for contact in ["me", "me@localhost", "me\r\n@example.org"] {
        let ended = stage.run(&[&url[..], &["--contact", contact]].concat()).with(5);
        ended.says("neither a mail address nor a page");
    }
    assert_eq!(musicbrainz.requests(), 0);
    let line = stage.run(&["enrich", "--json"]).with(5).json().remove(0);
    assert_eq!(line["code"], "no_contact");
    stage.run(&[&url[..], &["--contact", CONTACT]].concat()).ok();
}

#[test]
pub(crate) fn a_correction_stays_and_can_be_taken_back() {
    let (stage, musicbrainz) = stage();
    stage.run(&["sync", "rj"]).ok();
    asking(&stage, &musicbrainz, &["enrich", "rj"]).ok();
    let listed = stage.run(&["albums", "rj", "--unmatched"]).ok();
    let listed = listed.says("3 albums without a year · 33 plays · most played first");
    let listed = listed.says("20 plays  ambiguous  Peter Gabriel – Peter Gabriel");
    let listed = listed.says("1: 1977 Peter Gabriel  ");
    listed.says(mbid(4).as_str()).says("archiver correct NUMBER");

    let gabriel = number(&stage, "Peter Gabriel");
    let correct = |said: &[&str]| stage.run(&[&["correct", &*gabriel][..], said].concat());
    correct(&[]).ok().says("ambiguous  Peter Gabriel – Peter Gabriel").says("2: 1978");
    correct(&["--near", "3"]).with(1).says("there are 2, and no 3").says("Nothing was changed");
    correct(&["--near", "2"]).ok().says("first released 1978-06-02\n").says("that stays");
    correct(&["--near", "2", "--unknown"]).with(1);
    stage.run(&["decades"]).ok().says("92 % have a year");
    asking(&stage, &musicbrainz, &["enrich", "rj"]).ok().says("nothing to look up");
    correct(&[]).ok().says("1978 ✎");
    correct(&["--released", "1980-05"]).ok().says("first released 1980-05\n");
    correct(&["--unknown"]).ok().says("nobody knows when it was first released");
    correct(&["--undo"]).ok().says("what was found counts again: ambiguous");
    stage.run(&["decades"]).ok().says("82 % have a year");

    let nobody = number(&stage, "Heard of This");
    let page = format!("https://musicbrainz.org/release-group/{}/", mbid(4));
    let by_group = ["correct", &nobody, "--group", &page];
    stage.run(&by_group).with(5).says("MUSICBRAINZ_CONTACT");
    asking(&stage, &musicbrainz, &by_group).ok().says("first released 1978-06-02");
    let unknown = ["correct", &nobody, "--group", mbid(99).as_str()].map(str::to_owned);
    let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
    asking(&stage, &musicbrainz, &unknown).with(1).says("knows no release group");
    musicbrainz.set_down(true);
    asking(&stage, &musicbrainz, &by_group).with(4).says("may answer in 8 min");
    stage.run(&["correct", "4711"]).with(1).says("no album in").says("has the number 4711");
}

/// A history of so many albums, all of which are known.
fn many(albums: u32) -> (Stage, MusicBrainz) {
    let mut history = "uts,artist,album,track\n".to_owned();
    for number in 0..albums {
        let at = 1_710_000_000 - number * 60;
        writeln!(history, "{at},Artist {number},Record {number},Song").unwrap();
    }
    let title = |number| (format!("Artist {number}"), format!("Record {number}"));
    let groups = (0..albums).map(|number| {
        let (artist, title) = title(number);
        group(number, &artist, &title, "1999")
    });
    (Stage::replaying(&history), MusicBrainz::serve(groups))
}

#[test]
fn an_outage_is_told_with_the_time_of_the_next_try_and_finds_nothing_missing() {
    let (stage, musicbrainz) = many(100);
    stage.run(&["sync", "rj"]).ok();
    musicbrainz.set_down(true);
    let impatient = ["enrich", "rj", "--patience", "5s"];
    let ended = asking(&stage, &musicbrainz, &impatient).with(4);
    let ended = ended.says("gave up for now: MusicBrainz is busy").says("What was found is kept");
    ended.says("100 albums wait, to be asked for again from ").says("The same command goes on");
    let lines =
        asking(&stage, &musicbrainz, &[&impatient[..], &["--json"]].concat()).with(4).json();
    assert_eq!(lines.last().unwrap()["code"], "not_now");
    let enriched = lines.iter().find(|line| line["event"] == "enriched").unwrap();
    assert_eq!(enriched["asked"], 0, "asked for is not looked up");
    musicbrainz.set_down(false);
    let ended = asking(&stage, &musicbrainz, &["enrich", "rj"]).ok();
    // Others were asked for in each run; these wait for their time.
    ended.says("100 waiting").says("nothing to look up").says("asked for again from ");
}

#[test]
fn a_program_that_is_turned_away_does_not_ask_again() {
    let (stage, musicbrainz) = many(3);
    stage.run(&["sync", "rj"]).ok();
    musicbrainz.refuse();
    let ended = asking(&stage, &musicbrainz, &["enrich", "rj"]).with(5);
    ended.says("error: MusicBrainz refuses this program").says("MUSICBRAINZ_CONTACT");
    assert_eq!(musicbrainz.requests(), 1);
    asking(&stage, &musicbrainz, &["sync", "rj"]).ok().says("up to date");
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_was_found_and_the_same_command_goes_on() {
    let (stage, musicbrainz) = many(250);
    stage.run(&["sync", "rj"]).ok();
    musicbrainz.set_delay(Duration::from_millis(5));
    let mut child = command(&stage, &musicbrainz, &["enrich", "rj", "--json"]).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.any(|line| line.contains("\"asked\":50")), "fifty at first");
    send(&child, "-INT");
    let last: serde_json::Value = serde_json::from_str(&said.last().unwrap()).unwrap();
    assert_eq!((&last["stopped"], &last["matched"]), (&true.into(), &50.into()), "{last}");
    end(child).with(4);
    musicbrainz.set_delay(Duration::ZERO);
    let ended = asking(&stage, &musicbrainz, &["enrich", "rj"]).ok();
    ended.says("200 albums looked up").says("250 matched").says("100 % of 250 plays have a year");
}

#[test]
fn a_sync_looks_up_identifiers_where_there_is_a_contact() {
    let stage = Stage::still(300);
    let url = "http://127.0.0.1:9/ws/2/";
    let mut none = stage.command(&["sync", "rj"]);
    end(none.env("MUSICBRAINZ_URL", url).spawn().unwrap()).ok();
    let albums: std::collections::BTreeMap<String, String> = stage
        .archive()
        .into_iter()
        .filter_map(|row| Some((row.album_mbid?, format!("{}\n{}", row.artist, row.album?))))
        .collect();
    let groups = (0..).zip(&albums).map(|(number, (id, names))| {
        let (artist, title) = names.split_once('\n').unwrap();
        let mut group = group(number, artist, title, "1988");
        group.releases = lastfm_core::Mbid::new(id).into_iter().collect();
        group
    });
    assert!(albums.len() > 5, "{albums:?}");
    let musicbrainz = MusicBrainz::serve(groups);

    let off = asking(&stage, &musicbrainz, &["sync", "rj", "--no-years"]).ok();
    assert!(!off.out.contains("have a year") && musicbrainz.requests() == 0, "{}", off.out);
    let json = asking(&stage, &musicbrainz, &["sync", "rj", "--json"]).ok().json();
    assert_eq!(json.last().unwrap()["event"], "summary");
    assert!(json.iter().any(|line| line["event"] == "enriched"), "{json:?}");
    let asked = musicbrainz.requests();
    assert!((1..=4).contains(&asked), "{asked} requests");
    let names = |url: &url::Url| url.query().unwrap_or_default().contains("artistname");
    assert!(!musicbrainz.sent().iter().any(names), "names were asked for");
    // Nothing new: nothing to ask, nothing to tell.
    let again = asking(&stage, &musicbrainz, &["sync", "rj"]).ok();
    assert_eq!((musicbrainz.requests(), again.out.lines().count()), (asked, 1), "{}", again.out);
    stage.run(&["decades"]).ok().says("  1980s  ");
}

#[test]
fn a_sync_without_musicbrainz_is_complete_all_the_same() {
    let (stage, musicbrainz) = stage();
    musicbrainz.set_down(true);
    asking(&stage, &musicbrainz, &["sync", "rj"]).ok().says("✓ rj: complete");
}

#[test]
pub(crate) fn what_is_known_of_albums_moves_with_their_plays() {
    let (stage, musicbrainz) = stage();
    stage.run(&["sync", "rj"]).ok();
    asking(&stage, &musicbrainz, &["enrich", "rj"]).ok();
    let gabriel = number(&stage, "Peter Gabriel");
    stage.run(&["correct", &gabriel, "--near", "1"]).ok();
    let moved = stage.run(&["move", "--to", "new.db"]).ok();
    moved.says("✓ rj: copied · 200 plays, what is known of 6 albums, in new.db");
    let decades = stage.run(&["decades", "--db", "new.db"]).ok();
    decades.says("92 % have a year").says("--db new.db");
    stage.run(&["albums", "--db", "new.db"]).ok().says("1977 ✎");
}

#[test]
fn names_do_not_steer_the_terminal() {
    let history = "uts,artist,album,track\n9,Evil\u{1b}]0;pwn\u{7},Al\u{202e}bum \u{9b}2J,Song\n";
    let stage = Stage::replaying(history);
    let groups = [group(1, "Evil\u{1b}]0;pwn\u{7}", "Al\u{202e}bum \u{9b}2J", "1971")];
    let musicbrainz = MusicBrainz::serve(groups);
    stage.run(&["sync", "rj"]).ok();
    asking(&stage, &musicbrainz, &["enrich", "rj"]).ok();
    for arguments in [&["decades"][..], &["albums"], &["correct", "1"]] {
        let said = stage.run(arguments).ok().out;
        assert!(said.contains("bum"), "{said}");
        let steers = |letter: char| letter != '\n' && letter.is_control() || letter == '\u{202e}';
        assert!(!said.contains(steers), "{said:?}");
    }
}

#[test]
fn the_demo_needs_no_network() {
    let stage = Stage::still(0);
    stage.run(&["enrich", "--demo"]).with(1).says("archiver sync --demo");
    stage.run(&["sync", "--demo"]).ok();
    stage
        .run(&["enrich", "--demo", "--year", "2012"])
        .ok()
        .says("next: archiver decades demo --db demo.db");
    stage.run(&["decades", "demo", "--db", "demo.db"]).ok().says("  2010s  ");
    stage
        .run(&["albums", "demo", "--unmatched", "--year", "2012", "--db", "demo.db"])
        .ok()
        .says("ambiguous");
}

#[cfg(unix)]
#[test]
fn a_service_looks_up_identifiers_after_a_round_and_tells_of_it_in_a_line() {
    let (stage, musicbrainz) = stage();
    let every_second = ["sync", "rj", "--every", "1s"];
    let child = command(&stage, &musicbrainz, &every_second).spawn().unwrap();
    let began = std::time::Instant::now();
    while stage.requests() < 8 {
        assert!(began.elapsed() < Duration::from_secs(60), "no second round");
        std::thread::sleep(Duration::from_millis(50));
    }
    send(&child, "-TERM");
    let ended = end(child).ok();
    let lines: Vec<_> = ended.out.lines().filter(|line| line.contains("release years")).collect();
    assert_eq!(lines.len(), 1, "{}", ended.out);
    assert!(lines[0].contains("looked up by identifiers"), "{}", lines[0]);
}

#[cfg(feature = "offline")]
#[test]
fn an_index_is_asked_without_a_network_or_a_contact() {
    let (stage, musicbrainz) = stage();
    stage.run(&["sync", "rj"]).ok();
    let groups = [
        group(1, "Pink Floyd", "The Dark Side of the Moon", "1973-03-24"),
        group(2, "David Bowie", "Low", "1977-01-14"),
    ];
    let dump = mb_enrich::testing::FakeDump::new(groups).packed().unwrap();
    let path = stage.path("musicbrainz.index");
    mb_enrich::offline::IndexBuilder::new(&path).build(dump.as_slice()).unwrap();
    let index = path.display().to_string();
    let ended = stage.run(&["enrich", "rj", "--index", &index]).ok();
    ended.says("6 albums looked up").says("2 matched");
    assert_eq!(musicbrainz.requests(), 0);
    let ended = stage.run(&["enrich", "rj", "--source", "offline"]).with(1);
    ended.says("no index is named").says("MUSICBRAINZ_INDEX");
    std::fs::write(&path, "nothing").unwrap();
    stage.run(&["enrich", "rj", "--index", &index]).with(1).says("build-index");
}

#[cfg(feature = "mirror")]
#[test]
fn a_mirror_that_cannot_be_asked_is_told_of_without_its_password() {
    let (stage, _) = stage();
    stage.run(&["sync", "rj"]).ok();
    let mut command = stage.command(&["enrich", "rj", "--source", "mirror"]);
    command.env("MUSICBRAINZ_MIRROR", "postgres://ann:canary@127.0.0.1:1/musicbrainz_db");
    let ended = end(command.spawn().unwrap()).with(4);
    let ended = ended.says("127.0.0.1").says("Nothing was changed");
    assert!(!format!("{}{}", ended.out, ended.err).contains("canary"), "{}", ended.err);
    stage.run(&["enrich", "rj", "--source", "mirror"]).with(1).says("MUSICBRAINZ_MIRROR");
}
