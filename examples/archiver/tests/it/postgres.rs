//! Archives in PostgreSQL: what is proved of files is true of them, too.

use lastfm_core::testing::Scenario;
use lastfm_postgres::testing::{Database, PrivateServer};

use crate::moving::{is_the_same, leaves_alone, outlives_kills};
use crate::stage::{Stage, end, in_a_database, keep_secret, shown};

/// Tests of other files, once more, with another place for the archives.
macro_rules! once_more {
    ($($file:ident: $($test:ident),+;)+) => {$(
        mod $file {
            $(#[test]
            fn $test() {
                super::in_a_database(crate::$file::$test);
            })+
        }
    )+};
}

once_more! {
    audit: an_archive_that_agrees_is_said_to, what_was_edited_long_ago_is_found_by_reading_again, many_removals_wait_for_a_person, the_years_of_a_history_are_told_whether_archived_or_not;
    discover: only_what_is_not_archived_is_told_of_and_why;
    export: every_object_comes_back_as_the_service_sent_it_if_text_can_hold_it, a_table_holds_the_same_plays, a_part_is_exported_alone;
    interrupted: ctrl_c_finishes_the_page_and_the_same_command_goes_on, a_killed_run_loses_nothing_and_is_not_waited_for, one_that_hangs_is_waited_for_until_it_is_killed;
    refused: a_second_that_last_fm_refuses_is_named_and_all_else_archived;
    removed: what_was_removed_on_the_service_is_listed, a_user_is_forgotten_only_when_a_person_says_so, a_user_whom_another_process_archives_is_not_forgotten;
    service: what_is_played_later_is_archived_in_a_later_round, told_to_stop_in_an_import_it_ends_well_and_goes_on_later, an_outage_is_told_once_and_what_was_played_in_it_is_archived;
    status: an_archive_that_is_too_old_is_no_success, what_is_missing_is_said_in_dates, removed_plays_are_counted_and_kept;
    sync: the_first_run_archives_everything_and_the_second_what_is_new, one_year_is_archived_alone, machines_get_one_object_a_line_and_the_last_one_is_the_summary, quiet_is_quiet;
    together: a_second_process_on_the_same_user_says_so_and_waits, processes_with_one_file_share_the_rate, without_a_name_everyone_in_the_file_is_brought_up_to_date;
    years_of_release: the_decades_of_a_history_are_drawn_with_the_reasons_for_what_has_none, machines_are_told_the_same, a_correction_stays_and_can_be_taken_back, what_is_known_of_albums_moves_with_their_plays;
}

fn database() -> Database {
    let database = PrivateServer::shared().database();
    keep_secret(database.url());
    database
}

#[test]
fn a_move_to_a_database_and_back_changes_no_byte() {
    is_the_same(&Stage::still(1), database().url());
}

#[test]
fn a_move_to_a_database_that_is_killed_is_gone_on_with() {
    outlives_kills(&Stage::still(1), database().url());
}

#[test]
fn an_archive_that_a_database_has_is_left_alone() {
    let database = database();
    let again = shown(database.url()).replace("//", "//postgres:…@");
    leaves_alone(&Stage::still(300), database.url(), &again);
}

#[test]
fn a_database_that_has_two_addresses_is_not_moved_onto_itself() {
    let stage = Stage::still(30);
    let database = database();
    let url = database.url();
    stage.run(&["sync", "rj", "--db", url]).ok();
    let mark = if url.contains('?') { '&' } else { '?' };
    let other = format!("{}{mark}connect_timeout=7", url.replace("127.0.0.1", "localhost"));
    keep_secret(&other);
    let ended = stage.run(&["move", "--from", url, "--to", &other]).with(1);
    ended.says("where it is already").says("Nothing was changed");
    stage.run(&["status", "--db", url]).ok().says("30 plays").says("complete");
}

#[test]
fn a_database_is_named_on_the_command_line_or_in_a_file() {
    let stage = Stage::still(300);
    let (one, other) = (database(), database());
    let ended = stage.run(&["sync", "rj", "--db", one.url()]).ok().says(&shown(one.url()));
    ended.says("B)");
    std::fs::write(stage.path(".env"), format!("SCROBBLES_DB={}\n", other.url())).unwrap();
    stage.run(&["sync", "rj"]).ok().says("complete · 300 plays").says(&shown(other.url()));
    stage.run(&["status", "--db", one.url()]).ok().says("300 plays");
    assert!(!stage.path("scrobbles.db").exists());
    for database in [&one, &other] {
        let plays = database.sql("SELECT count(*) FROM scrobbles WHERE username = 'rj'");
        assert_eq!(plays, [[Some("300".to_owned())]]);
    }
}

#[test]
fn the_demo_may_be_kept_in_a_database() {
    let stage = Stage::still(1);
    let database = database();
    let ended = stage.run(&["sync", "--demo", "--db", database.url()]).ok();
    let ended = ended.says("✓ demo: complete · 200,000 plays").says(" status --db postgres://");
    let ended = ended.says(" sync --demo --db postgres://postgres:…@");
    // What is hinted at asks for the password.
    ended.says(&format!("psql {} -c", shown(database.url()).replace("//", "//postgres@")));
    assert!(!stage.path("demo.db").exists());
}

#[test]
fn two_accounts_share_a_database_without_meeting() {
    let stage = Stage::still(400).on(PrivateServer::shared());
    let mut scenario = Scenario::still(500);
    "alice".clone_into(&mut scenario.user);
    // An account that was made in the same second could be the other one, renamed.
    scenario.history.years = 9.0;
    let other = Stage::new(&scenario);
    let sync = |stage: &Stage, user: &str, database: &str| {
        stage.command(&["sync", user, "--db", database]).spawn().unwrap()
    };
    let children = [sync(&stage, "rj", &stage.db()), sync(&other, "alice", &stage.db())];
    for child in children {
        end(child).ok();
    }
    let ended = stage.run(&["status"]).ok().says("rj ").says("400 plays");
    ended.says("alice").says("500 plays");
    stage.assert_complete();
    stage.run(&["forget", "alice", "--yes"]).ok();
    stage.assert_complete();
}
