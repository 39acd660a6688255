//! What can happen to an account at once, and what an archive makes of it.

use lastfm_core::Timestamp;
use lastfm_core::archive::{Span, SyncError};
use lastfm_core::testing::{Edge, Happening, Scenario};

use crate::support::{DAY, HOUR, World};

#[test]
fn four_hundred_deleted_plays_are_doubted_then_removed() {
    let world = World::still(5_000);
    world.sync();
    world.fake().happen(&Happening::DeleteRandom { plays: 400 });
    world.hourly(1);
    assert_eq!(world.archived().len(), 5_000, "so much is not believed at once");
    world.hourly(2);
    assert!(world.is_equal());
}

#[test]
fn the_deleted_newest_plays_are_removed() {
    let world = World::still(5_000);
    world.sync();
    world.fake().happen(&Happening::DeleteNewest { plays: 300 });
    world.hourly(1);
    assert_eq!(world.archived().len(), 5_000, "so much is not believed at once");
    world.hourly(2);
    assert!(world.is_equal());
}

#[test]
fn an_emptied_account_is_believed_after_a_week() {
    let world = World::still(1_000);
    world.sync();
    world.fake().happen(&Happening::EmptyHistory);
    for _ in 0..7 * 24 - 1 {
        world.hourly(1);
        assert_eq!(world.archived().len(), 1_000);
    }
    world.hourly(4);
    assert_eq!(world.archived(), []);
}

#[test]
fn an_account_that_is_not_there_any_more_keeps_its_archive() {
    let world = World::still(1_000);
    world.sync();
    let before = world.archived();
    world.fake().happen(&Happening::DeleteAccount);
    world.clock.advance(HOUR);
    let error = world.try_sync("rj").unwrap_err();
    assert!(matches!(error, SyncError::UnknownUser { .. }), "{error}");
    world.clock.advance(30 * DAY);
    world.fake().happen(&Happening::Register);
    for day in 0..20 {
        let error = world.try_sync("rj").unwrap_err();
        assert!(matches!(error, SyncError::AnotherAccount { .. }), "day {day}: {error}");
        world.clock.advance(DAY);
    }
    assert_eq!(world.archived(), before);
}

#[test]
fn a_renamed_account_goes_on_in_the_same_archive() {
    let world = World::still(1_000);
    world.sync();
    let before = world.only_user();
    world.fake().happen(&Happening::Rename { to: "Rashida".to_owned() });
    world.fake().happen(&Happening::LateBatch { plays: 5, oldest_days: 3 });
    world.clock.advance(HOUR);
    let error = world.try_sync("rj").unwrap_err();
    assert!(matches!(error, SyncError::UnknownUser { .. }), "{error}");
    world.try_sync("rashida").unwrap();
    let user = world.only_user();
    assert_eq!((user.id, user.name.to_string().as_str()), (before.id, "Rashida"));
    assert!(world.is_equal());
}

#[test]
fn a_hidden_history_is_told_and_kept() {
    let world = World::still(1_000);
    world.sync();
    world.fake().happen(&Happening::Hide);
    for _ in 0..3 {
        world.clock.advance(DAY);
        let error = world.try_sync("rj").unwrap_err();
        assert!(matches!(error, SyncError::Hidden { .. }), "{error}");
    }
    assert_eq!(world.archived().len(), 1_000);
    world.fake().happen(&Happening::Show);
    world.fake().happen(&Happening::LateBatch { plays: 5, oldest_days: 3 });
    world.sync();
    assert!(world.is_equal());
}

#[test]
fn seconds_denser_than_a_page_are_archived_whole() {
    for page_size in [200, 1_000] {
        let mut scenario = Scenario::still(2_000);
        scenario.history.dense_seconds = vec![1_500];
        scenario.history.at_second_zero = 643;
        scenario.service.max_per_page = page_size.into();
        let world = World::new(&scenario).with_page_size(page_size);
        let report = world.sync();
        assert_eq!(report.holes, []);
        assert!(world.is_equal(), "page size {page_size}");
        assert_eq!(world.archived().len(), 2_000 + 1_500 + 643);
    }
}

#[test]
fn a_second_that_always_fails_is_a_hole_of_that_second_until_it_heals() {
    let world = World::still(3_000);
    let truth = world.truth();
    let bad = truth[1_700].0;
    world.fake().poison(bad);
    let report = world.sync();
    let holes: Vec<Span> = report.holes.iter().map(|hole| hole.span).collect();
    assert_eq!(holes, [Span::second(bad)]);
    let around: Vec<_> = truth.iter().filter(|key| key.0 != bad).cloned().collect();
    assert_eq!(world.archived(), around);

    // It is left alone for a day, then tried again.
    world.hourly(20);
    let tries = |world: &World| world.sync().holes[0].tries;
    assert_eq!(tries(&world), 1);
    world.clock.advance(5 * HOUR);
    assert_eq!(tries(&world), 2);
    assert_eq!(world.archived(), around);

    world.fake().heal(bad);
    world.clock.advance(25 * HOUR);
    assert_eq!(world.sync().holes, []);
    assert!(world.is_equal());
}

#[test]
fn the_dense_second_zero_is_archived_whole_once_it_is_no_longer_refused() {
    for to_edge in [Edge::Exclusive, Edge::Inclusive] {
        let mut scenario = Scenario::still(2_000);
        scenario.history.at_second_zero = 643;
        scenario.service.to_edge = to_edge;
        let world = World::new(&scenario).with_page_size(200);
        let zero = Timestamp::from_unix(0);
        world.fake().poison(zero);
        let hole = &world.sync().holes[0].span;
        assert!(hole.contains(zero), "{hole:?}");
        world.fake().heal(zero);
        world.clock.advance(25 * HOUR);
        assert_eq!(world.sync().holes, [], "{to_edge:?}");
        assert!(world.is_equal(), "{to_edge:?}");
    }
}

#[test]
fn a_deletion_five_years_old_is_repaired_in_the_next_run_for_twenty_requests() {
    for (plays, page_size) in [(200_000, 1_000), (5_000, 200)] {
        let world = World::still(plays).with_page_size(page_size);
        world.sync();
        world.hourly(2);
        let five_years_ago = world.clock.now().plus(-5 * 365 * 86_400);
        delete_one_after(&world, five_years_ago);
        world.clock.advance(HOUR);
        let before = world.requests();
        world.sync();
        let cost = world.requests() - before;
        println!("a deletion among {plays} plays, {page_size} a page: {cost} requests");
        assert!(cost <= 20, "{cost} requests among {plays} plays");
        assert!(world.is_equal());
    }
}

#[test]
fn a_total_that_lags_behind_twice_hides_a_deletion_for_a_day_at_most() {
    let mut scenario = Scenario::still(5_000);
    scenario.service.total_lag = 600;
    let world = World::new(&scenario);
    world.sync();
    for _ in 0..2 {
        world.clock.advance(HOUR);
        let now = world.clock.now();
        world.fake().insert(now.plus(-1), "Low", "Monkey", None);
        world.sync();
    }
    assert_eq!(world.only_book().residual, -1);

    let five_years_ago = world.clock.now().plus(-5 * 365 * 86_400);
    delete_one_after(&world, five_years_ago);
    world.hourly(25);
    assert!(world.is_equal());
    assert_eq!(world.only_book().residual, 0);
}

fn delete_one_after(world: &World, moment: Timestamp) {
    let mut fake = world.fake();
    let mut truth = fake.truth().into_iter();
    let play = truth.find(|play| play.at >= moment).unwrap();
    assert_eq!(fake.delete_where(|other| other.id == play.id), 1);
}
