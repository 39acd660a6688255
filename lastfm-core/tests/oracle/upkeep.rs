//! What years of hourly runs and an audit find that no count tells.

use futures_executor::block_on;
use futures_util::StreamExt as _;
use lastfm_core::Timestamp;
use lastfm_core::archive::{Audit, Progress, Report, Span};
use lastfm_core::testing::Scenario;

use crate::support::{DAY, HOUR, World};

const YEAR: i64 = 365 * 86_400;
const DEEP: Audit = Audit { deep: true, accept_removals: false };

fn audit(world: &World, audit: Audit) -> (Report, usize) {
    let before = world.requests();
    let archiver = world.archiver_over(world.transport());
    let report = block_on(archiver.audit("rj".parse().unwrap(), audit).finish()).unwrap();
    (report, world.requests() - before)
}

/// Gives the first play after `moment` another title.
fn edit_one_after(world: &World, moment: Timestamp) {
    let mut fake = world.fake();
    let mut truth = fake.truth().into_iter();
    let id = truth.find(|play| play.at >= moment).unwrap().id;
    assert_eq!(fake.edit_where(|play| play.id == id, "Another Title"), 1);
}

fn delete_one_after(world: &World, moment: Timestamp) {
    let mut fake = world.fake();
    let mut truth = fake.truth().into_iter();
    let id = truth.find(|play| play.at >= moment).unwrap().id;
    assert_eq!(fake.delete_where(|play| play.id == id), 1);
}

fn years_ago(world: &World, years: i64) -> Timestamp {
    world.clock.now().plus(-years * YEAR)
}

/// A hundred days of an account of 20,000 plays, with so many runs a day. On day 30 an old play is
/// edited and an old second begins to fail. Returns the oldest reading that there was, in days.
fn a_hundred_days(runs_a_day: u32) -> u64 {
    let mut scenario = Scenario::still(20_000);
    scenario.life.plays_per_day = 20.0;
    let world = World::new(&scenario);
    world.sync();
    let pages = 20_000_usize.div_ceil(997);
    let bad = world.truth()[4_000].0;
    let mut oldest_reading = 0;
    for day in 0..100 {
        if day == 30 {
            edit_one_after(&world, years_ago(&world, 4));
            world.fake().poison(bad);
        }
        let before = world.requests();
        for _ in 0..runs_a_day {
            world.clock.advance(DAY / runs_a_day);
            world.sync();
        }
        let cost = world.requests() - before;
        let most = runs_a_day as usize + 3 + pages.div_ceil(30);
        // The second that fails is asked for again once in a while.
        let most = if day < 30 { most } else { most + 120 };
        assert!(cost <= most, "day {day}: {cost} requests");
        let coverage = block_on(world.store.coverage(world.only_user().id)).unwrap();
        assert!(coverage.len() < 200, "{} spans", coverage.len());
        let readable = coverage.iter().filter(|covered| !covered.span.contains(bad));
        let oldest = readable.map(|covered| covered.observed_at).min().unwrap();
        oldest_reading = oldest_reading.max(world.clock.now().since(oldest).as_secs() / 86_400);
    }
    assert!(world.is_equal(), "the edit was found");
    println!("{runs_a_day} runs a day: nothing was read longer than {oldest_reading} days ago");
    oldest_reading
}

#[test]
fn every_piece_of_a_history_is_read_again_within_seven_weeks_at_a_page_a_day() {
    for runs_a_day in [1, 4] {
        assert!(a_hundred_days(runs_a_day) <= 49);
    }
}

#[test]
fn who_was_away_for_a_year_does_not_read_everything_at_once() {
    let world = World::still(50_000);
    world.sync();
    world.clock.advance(365 * DAY);
    let before = world.requests();
    world.sync();
    let cost = world.requests() - before;
    println!("after a year: {cost} requests");
    assert!(cost <= 8, "{cost} requests");
}

#[test]
fn an_audit_of_an_archive_that_agrees_changes_nothing_and_costs_a_request_a_year() {
    let world = World::still(20_000);
    world.sync();
    let first = world.truth()[0].0;
    let years = world.clock.now().year().unwrap() - first.year().unwrap() + 1;
    let (report, cost) = audit(&world, Audit::default());
    println!("audit of {years} years: {cost} requests");
    assert_eq!(report.replaced, lastfm_core::archive::Replaced::default());
    assert!(cost <= usize::try_from(years).unwrap() + 2, "{cost} requests for {years} years");
    let (report, cost) = audit(&world, DEEP);
    println!("deep audit: {cost} requests");
    assert_eq!(report.replaced, lastfm_core::archive::Replaced::default());
    assert!(cost <= 20_000_usize.div_ceil(997) + 4, "{cost} requests");
}

#[test]
fn differences_of_two_years_that_cancel_out_are_found_by_an_audit() {
    cancel_out(&World::still(20_000));
}

#[test]
fn a_play_before_the_calendar_keeps_no_year_from_being_compared() {
    let world = World::still(20_000);
    world.fake().insert(Timestamp::from_unix(-400_000_000_000), "Low", "Cut", None);
    cancel_out(&world);
}

/// A play of one year goes, one of another comes, and an audit finds both.
fn cancel_out(world: &World) {
    world.sync();
    delete_one_after(world, years_ago(world, 5));
    let late = years_ago(world, 2);
    world.fake().insert(late, "Low", "Monkey", None);
    world.hourly(1);
    assert!(!world.is_equal(), "the count is the same");
    let (report, cost) = audit(world, Audit::default());
    println!("two differences that cancel: {cost} requests");
    assert_eq!((report.replaced.added, report.replaced.removed), (1, 1));
    assert!(world.is_equal());
}

#[test]
fn a_late_play_is_found_within_a_day_also_where_much_is_in_doubt() {
    let mut scenario = Scenario::still(3_000);
    scenario.life.plays_per_day = 100.0;
    let world = World::new(&scenario).with_page_size(100);
    world.sync();
    world.clock.advance(10 * DAY);
    world.sync();
    // So much is not believed at once.
    let lately = world.clock.now().plus(-2 * 86_400);
    assert!(world.fake().delete_where(|play| play.at >= lately) > 100);
    world.clock.advance(HOUR);
    assert!(world.sync().doubted > 100);
    // One comes, one goes: no count tells.
    let late = world.clock.now().plus(-5 * 86_400);
    world.fake().insert(late, "Low", "Monkey", None);
    delete_one_after(&world, late.plus(-3 * 86_400));
    world.clock.advance(DAY);
    world.sync();
    assert!(world.archived().iter().any(|play| play.0 == late && play.2 == "Monkey"));
}

#[test]
fn an_edit_is_found_within_a_day_also_after_a_play_from_the_future_went() {
    let mut scenario = Scenario::still(3_000);
    scenario.life.plays_per_day = 100.0;
    let world = World::new(&scenario).with_page_size(100);
    let next_year = world.clock.now().plus(YEAR);
    world.fake().insert(next_year, "Low", "Monkey", None);
    world.sync();
    world.fake().delete_where(|play| play.at == next_year);
    world.hourly(24);
    edit_one_after(&world, world.clock.now().plus(-10 * 86_400));
    world.clock.advance(DAY);
    world.sync();
    assert!(world.is_equal());
}

#[test]
fn an_old_edit_is_found_by_reading_everything_again() {
    let world = World::still(5_000);
    world.sync();
    edit_one_after(&world, years_ago(&world, 3));
    world.clock.advance(HOUR);
    assert_eq!(audit(&world, Audit::default()).0.replaced.changed, 0);
    assert!(!world.is_equal());
    assert_eq!(audit(&world, DEEP).0.replaced.changed, 1);
    assert!(world.is_equal());
}

#[test]
fn removals_beyond_belief_are_accepted_by_a_person() {
    let world = World::still(5_000);
    world.sync();
    let bad = Span::new(years_ago(&world, 4), years_ago(&world, 3));
    let deleted = world.fake().delete_where(|play| bad.contains(play.at));
    assert!(deleted > 100, "{deleted}");
    world.clock.advance(HOUR);
    let (report, _) = audit(&world, Audit::default());
    assert_eq!((report.replaced.removed, report.doubted), (0, deleted as u64));
    let (report, _) = audit(&world, Audit { deep: false, accept_removals: true });
    assert_eq!((report.replaced.removed, report.doubted), (deleted as u64, 0));
    assert!(world.is_equal());
}

#[test]
fn an_emptied_account_is_believed_if_a_person_says_so() {
    let world = World::still(500);
    world.sync();
    world.fake().delete_where(|_| true);
    world.clock.advance(HOUR);
    assert_eq!(audit(&world, Audit::default()).0.held, 500);
    assert_eq!(audit(&world, Audit { deep: false, accept_removals: true }).0.held, 0);
}

#[test]
fn an_audit_that_was_stopped_goes_on_where_it_was() {
    let world = World::still(30_000);
    world.sync();
    edit_one_after(&world, years_ago(&world, 1));
    edit_one_after(&world, world.truth()[10].0);
    world.clock.advance(HOUR);
    let archiver = world.archiver_over(world.transport());
    let mut run = archiver.audit("rj".parse().unwrap(), DEEP);
    let stopped = block_on(async {
        loop {
            match run.next().await.unwrap().unwrap() {
                Progress::Archived { read_count, .. } if read_count > 20_000 => archiver.stop(),
                Progress::Finished(report) => break report,
                _ => {}
            }
        }
    });
    assert!(stopped.stopped);
    world.clock.advance(HOUR);
    let (report, cost) = audit(&world, DEEP);
    println!("the rest of a deep audit: {cost} requests");
    assert!(cost < 15, "{cost} requests");
    assert_eq!(report.replaced.changed + stopped.replaced.changed, 2);
    assert!(world.is_equal());
    // The next one begins anew.
    let (_, cost) = audit(&world, DEEP);
    assert!(cost > 20, "{cost} requests");
}
