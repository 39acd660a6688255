//! `move`: an archive in another place is the same archive.

use std::future::Future;
use std::io::{BufRead as _, BufReader};
#[cfg(unix)]
use std::path::Path;

use lastfm_core::archive::{ArchiveStore, Book, Hole, Observation, Removals, Span, UserId};
use lastfm_core::testing::conformance::{Given, State, play, plays, state};
use lastfm_core::{Play, Timestamp};
use lastfm_sqlite::SqliteStore;

use crate::stage::{Stage, end, shown};

/// Enough for some parts.
const PLAYS: i64 = 20_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds)
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// A user of whom everything is kept that can be, as odd as it can be.
async fn odd(store: &SqliteStore) -> UserId {
    let user = store.add_user(&"RJ".parse().unwrap(), Some(at(-5))).await.unwrap().id;
    let given = Given { store, user };
    let objects = [
        r#"{"name":"a\u0000b","artist":"\ud800 half","date":{"uts":"68"}}"#,
        r##"{"name":"local time","date":{"uts":"65","#text":"1 Jan 1970, 1:01am"},"y":2}"##,
        r#"{"date":{"uts":"63"}}"#,
        "{ \"name\" : \"spaced\" ,\n\t\"date\" : { \"uts\" : \"64\" } , \"x\" : [1, 2]\r\n}",
        r##"{"name":"Ünïcödé 🎧","date":{"uts":"-63549360000","#text":"15 Mar -044, 00:00"}}"##,
        r##"{"name":"year 12026","date":{"uts":"317334240000","#text":"?"}}"##,
    ];
    let odd = objects.map(|object| Play::from_json(object).unwrap()).to_vec();
    let all = [odd, plays(100..160), vec![play(50, "again"); 5]].concat();
    for (moment, from) in [(1_000, 0), (1_001, 12), (1_002, 12), (1_003, 12), (1_004, 14)] {
        let observation = Observation {
            revision: store.revision(user).await.unwrap(),
            at: at(moment),
            removals: Removals::Accept,
        };
        let left = [&all[..6], &all[from.max(6)..]].concat();
        store.replace(user, Span::EVER, left, observation).await.unwrap();
    }
    given.replace(130, 131, &[play(130, "edited")], 1_005).await;
    given.replace(200, 300, &plays([]), 1_006).await;
    let none = Given::user(store, "somebody").await;
    none.replace(0, 100, &plays(20..30), 900).await;
    let hole = Hole {
        span: Span::new(at(900), at(905)),
        reason: "“it” fails\u{fffd}".to_owned(),
        tries: 3,
        since: at(1_000),
        next_try_at: at(i64::MAX),
    };
    store.set_hole(none.user, hole).await.unwrap();
    let mut book = Book::default();
    book.last_error = Some((at(2), "no “answer”".to_owned()));
    book.residual = -3;
    book.audit_begun_at = Some(at(7));
    store.set_book(user, book).await.unwrap();
    user
}

/// What is kept of this user in a file, or in a database.
fn kept(stage: &Stage, db: &str, name: &str) -> State {
    wait(async {
        let store: Box<dyn ArchiveStore> = match db.starts_with("postgres://") {
            #[cfg(unix)]
            true => Box::new(lastfm_postgres::PostgresStore::open(db).await.unwrap()),
            _ => Box::new(SqliteStore::open(stage.path(db)).await.unwrap()),
        };
        let user = store.user(&name.parse().unwrap()).await.unwrap().unwrap();
        state(&*store, user.id).await.unwrap()
    })
}

/// All rows of the views in a file, whose users may have other numbers elsewhere.
#[cfg(unix)]
fn rows(path: &Path) -> Vec<Vec<String>> {
    let file = rusqlite::Connection::open(path).unwrap();
    let mut rows = Vec::new();
    for view in ["scrobbles", "removed_scrobbles", "coverage_spans", "holes"] {
        let mut query = file.prepare(&format!("SELECT * FROM {view}")).unwrap();
        let width = query.column_count();
        let mut found = query.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let value = |column| format!("{:?}", row.get_ref(column).unwrap());
            rows.push((0..width).map(value).collect());
        }
    }
    rows.sort();
    rows
}

/// A file with many plays of one user.
fn large(stage: &Stage) -> State {
    let path = stage.path("scrobbles.db");
    wait(async {
        let store = SqliteStore::open(&path).await.unwrap();
        let given = Given::user(&store, "rj").await;
        given.replace(0, PLAYS, &plays(0..PLAYS), PLAYS).await;
        for later in [1, 2] {
            given.replace(0, 100, &plays(5..100), PLAYS + later).await;
        }
    });
    kept(stage, "scrobbles.db", "rj")
}

#[test]
fn a_moved_archive_is_the_same_to_the_byte() {
    let stage = Stage::still(1);
    is_the_same(&stage, "new.db");
}

/// Moves an odd archive there, and from there on to another file.
pub(crate) fn is_the_same(stage: &Stage, to: &str) {
    let from = stage.path("scrobbles.db");
    wait(async {
        let store = SqliteStore::open(&from).await.unwrap();
        odd(&store).await;
    });
    let before = ["rj", "somebody"].map(|name| kept(stage, "scrobbles.db", name));
    assert!(before[0].removed.iter().any(|removed| removed.edited));
    assert!(before[0].removed.len() > 3 && before[0].count.doubted > 0, "{:?}", before[0]);

    let shown = shown(to);
    let ended = stage.run(&["move", "--to", to]).ok().says("✓ RJ: copied · ");
    let ended = ended.says(&format!("that Last.fm no longer has, in {shown}"));
    ended.says(&format!(
        "✓ somebody: copied · 10 plays, in {shown}; it holds the same as scrobbles.db"
    ));
    for (name, before) in ["rj", "somebody"].iter().zip(&before) {
        assert!(kept(stage, to, name) == *before, "{name} is another one");
        assert!(kept(stage, "scrobbles.db", name) == *before, "{name} was changed");
    }
    stage.run(&["move", "--to", to]).ok().says("✓ RJ: was there already · ");

    // And back, first one of them.
    stage.run(&["move", "rj", "--from", to, "--to", "back.db"]).ok();
    assert!(kept(stage, "back.db", "RJ") == before[0]);
    stage.run(&["status", "somebody", "--db", "back.db"]).with(5).says("nothing of somebody");
    #[cfg(unix)]
    {
        stage.run(&["move", "--from", to, "--to", "back.db"]).ok();
        let [before, after] = ["scrobbles.db", "back.db"].map(|file| rows(&stage.path(file)));
        assert!(before.len() > 80, "{} rows", before.len());
        assert!(before == after, "the views differ");
    }
}

#[test]
fn a_move_that_is_killed_is_gone_on_with() {
    let stage = Stage::still(1);
    outlives_kills(&stage, "new.db");
}

/// Kills a move to this place, again and again.
pub(crate) fn outlives_kills(stage: &Stage, to: &str) {
    let before = large(stage);
    let arguments = ["move", "--to", to, "--json"];
    // Lines after which it is killed; the last ones are those of the comparison.
    for lines in [1, 3, 4, 12] {
        let mut child = stage.command(&arguments).spawn().unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let said: Vec<_> = said.take(lines).map(Result::unwrap).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(said.last().unwrap().contains("copying"), "{said:?}");
        // Not everything was written, or the end was not: it is no archive yet.
        let status = stage.run(&["status", "--db", to]).ok();
        if kept(stage, to, "rj") == before {
            continue;
        }
        let words = "a copy that is not finished";
        status.says(words);
        let half = kept(stage, to, "rj").plays.len();
        for command in ["sync", "audit"] {
            stage.run(&[command, "rj", "--db", to]).with(5).says(words).says("move rj");
        }
        assert_eq!(kept(stage, to, "rj").plays.len(), half, "it was added to");
    }
    let lines = stage.run(&arguments).ok().json();
    let moved = lines.last().unwrap();
    assert_eq!((&moved["event"], &moved["held"]), (&"moved".into(), &(PLAYS - 5).into()));
    assert_eq!((&moved["removed"], &moved["was_there"]), (&5.into(), &false.into()));
    assert_eq!(moved["written"], 0, "what was there was written again");
    assert!(kept(stage, to, "rj") == before);
    let lines = stage.run(&arguments).ok().json();
    assert_eq!(lines.last().unwrap()["was_there"], true);
}

#[cfg(unix)]
#[test]
fn a_move_that_is_told_to_stop_is_gone_on_with() {
    let stage = Stage::still(1);
    let before = large(&stage);
    let mut child = stage.command(&["move", "--to", "new.db", "--json"]).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    said.next().unwrap().unwrap();
    crate::stage::send(&child, "-INT");
    let last = said.last().unwrap().unwrap();
    assert!(last.contains("\"stopped\"") && last.contains("goes on from there"), "{last}");
    end(child).with(4);
    stage.run(&["move", "--to", "new.db"]).ok().says("✓ rj: copied");
    assert!(kept(&stage, "new.db", "rj") == before);
}

#[test]
fn an_archive_that_is_there_is_left_alone() {
    let stage = Stage::still(300);
    leaves_alone(&stage, "other.db", "other.db");
}

/// Moves another archive of a user to a place that has one; `again` is how it is named in a hint.
pub(crate) fn leaves_alone(stage: &Stage, to: &str, again: &str) {
    stage.run(&["sync", "rj"]).ok();
    stage.run(&["sync", "rj", "--db", to, "--year", "2006"]).ok();
    let before = kept(stage, to, "rj");
    let ended = stage.run(&["move", "--to", to]).with(5);
    let ended = ended.says(&format!("{} has an archive of rj already", shown(to)));
    ended.says("forget rj --db").says(again);
    assert!(kept(stage, to, "rj") == before);
    stage.run(&["forget", "rj", "--yes", "--db", to]).ok();
    stage.run(&["move", "--to", to]).ok().says("✓ rj: copied · 300 plays");
    // The copy is an archive like any other.
    let requests = stage.requests();
    stage.run(&["sync", "--db", to]).ok().says("up to date · 300 plays");
    assert!(stage.requests() <= requests + 3);
}

#[test]
fn who_is_at_work_on_the_user_is_waited_for() {
    let stage = Stage::still(3000);
    let slowly = ["sync", "rj", "--page-size", "50", "--rate", "40"];
    let first = stage.command(&slowly).spawn().unwrap();
    stage.wait_for_requests(10);
    let moved = stage.run(&["move", "--to", "new.db"]).ok().says("is at work on rj; waiting");
    moved.says("✓ rj: copied · 3,000 plays");
    end(first).ok();
}

#[test]
fn what_cannot_be_moved_is_said_at_once() {
    let stage = Stage::still(10);
    stage.run(&["move", "--to", "new.db"]).with(1).says("there is no archive in scrobbles.db");
    assert!(!stage.path("new.db").exists());
    stage.run(&["sync", "rj"]).ok();
    stage.run(&["move", "--to", "./scrobbles.db"]).with(1).says("where it is already");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(stage.path("scrobbles.db"), stage.path("link.db")).unwrap();
        stage.run(&["move", "--to", "link.db"]).with(1).says("where it is already");
    }
    stage.run(&["move", "ann", "--to", "new.db"]).with(5).says("nothing of ann is archived");
}

#[cfg(not(feature = "postgres"))]
#[test]
fn a_program_without_postgresql_says_how_to_build_it_with() {
    let stage = Stage::still(10);
    let database = "postgres://ann:canary-password@db.example/plays";
    let ended = stage.run(&["status", "--db", database]).with(1).says("--features postgres");
    ended.assert_shows_none_of(&["canary-password"]);
}
