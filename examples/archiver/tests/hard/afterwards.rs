//! What must hold of a file after whatever happened to the program that wrote it.

use std::path::Path;

use lastfm_core::testing::TruePlay;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::stage::Stage;

const USER: &str = "rj";

/// Looks at a copy of the file, so that the next run finds it as the last one left it.
///
/// Where `truth` does not change, it also says what every covered span has to hold.
pub(crate) fn assert_sound(file: &Path, truth: Option<&[TruePlay]>) {
    let copy = TempDir::new().unwrap();
    let copied = copy.path().join("copy.db");
    for end in ["", "-wal"] {
        let with_end = |path: &Path| format!("{}{end}", path.display());
        if Path::new(&with_end(file)).exists() {
            std::fs::copy(with_end(file), with_end(&copied)).unwrap();
        }
    }
    if !copied.exists() {
        return;
    }
    let db = Connection::open(&copied).unwrap();
    let check: String = db.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    if version == 0 {
        // The tables come in one transaction, or are not there yet.
        return;
    }
    let miscounted = "SELECT count(*) FROM user WHERE play_count
        != (SELECT count(*) FROM play WHERE user_id = user.id)";
    assert_eq!(db.query_row(miscounted, [], |row| row.get(0)), Ok(0), "miscounted");
    if let Some(truth) = truth {
        assert_covered(&db, truth);
    }
}

/// Asserts that every covered span holds what the service holds in it, and that no play stands
/// where nothing is covered.
fn assert_covered(db: &Connection, truth: &[TruePlay]) {
    let mut covered = 0;
    let mut statement = db
        .prepare(
            "SELECT start_at, end_at, (SELECT count(*) FROM play
                WHERE played_at >= start_at AND played_at < end_at)
            FROM coverage",
        )
        .unwrap();
    let mut spans = statement.query([]).unwrap();
    while let Some(span) = spans.next().unwrap() {
        let (start, end): (i64, i64) = (span.get(0).unwrap(), span.get(1).unwrap());
        let held: i64 = span.get(2).unwrap();
        let before = |second| truth.partition_point(|play| play.at.as_unix() < second);
        let expected = before(end) - before(start);
        assert_eq!(usize::try_from(held), Ok(expected), "in [{start}, {end})");
        covered += held;
    }
    let all = db.query_row("SELECT count(*) FROM play", [], |row| row.get(0));
    assert_eq!(all, Ok(covered), "plays where nothing is covered");
}

/// Asserts that the archive holds what the service holds, byte for byte, and that a further run
/// finds nothing to change.
pub(crate) fn assert_complete(stage: &Stage) {
    let again = stage.run(&["sync", USER, "--json"]).ok();
    let summary = again.json().pop().unwrap();
    for change in ["added", "removed", "changed", "doubted"] {
        assert_eq!(summary[change], 0, "a further run changes something: {summary}");
    }
    let mut expected: Vec<String> = {
        let lastfm = stage.server.lastfm();
        lastfm.truth().iter().map(|play| lastfm.object(play)).collect()
    };
    // From the file: an export spells what strict readers cannot read in another way.
    let db = Connection::open(stage.path("scrobbles.db")).unwrap();
    let mut rows = db.prepare("SELECT raw FROM scrobbles WHERE username = ?").unwrap();
    let rows = rows.query_map([USER], |row| row.get::<_, String>(0)).unwrap();
    let mut found: Vec<String> = rows.map(Result::unwrap).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert_eq!(found.len(), expected.len());
    assert!(found == expected, "as many plays as the service has, but others");
    assert_sound(&stage.path("scrobbles.db"), None);
}
