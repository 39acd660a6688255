//! Plays that the service can never show: every window that holds one of them fails.

use lastfm_core::archive::Span;
use lastfm_core::testing::{FakeLastfm, PoisonScope, Scenario};
use lastfm_core::transport::{LocalPacer, RateLimited};
use lastfm_core::{Clock as _, Timestamp};

use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;

use crate::support::{DAY, Key, START, World};

/// A first import at one request a second, of an account in which these plays are poisoned, as
/// numbers of plays from the oldest one on. Returns requests and seconds.
fn import(plays: usize, years: i64, poisoned: &[usize]) -> (World, u64, u64) {
    let mut fake = FakeLastfm::new(1, &Scenario::still(0), START);
    let every = years * 365 * 86_400 / i64::try_from(plays).unwrap();
    let moment = |number: usize| {
        let back = i64::try_from(plays - number).unwrap();
        START.plus(-every * back)
    };
    for number in 0..plays {
        fake.insert(moment(number), "Low", &format!("Song {}", number % 100), Some("An Album"));
    }
    for number in poisoned {
        fake.poison(moment(*number));
    }
    let world = World::of(fake);
    let clock = Arc::new(world.clock.clone());
    let pacer = Arc::new(LocalPacer::new(Duration::from_secs(1), clock.clone()));
    let transport = Arc::new(RateLimited::new(world.transport(), pacer, clock));
    let report = block_on(world.archiver_over(transport).sync("rj".parse().unwrap()).finish());
    let report = report.unwrap();
    let expected: Vec<Span> = poisoned.iter().map(|number| Span::second(moment(*number))).collect();
    let holes: Vec<Span> = report.holes.iter().map(|hole| hole.span).collect();
    assert_eq!(holes, expected, "{plays} plays in {years} years");
    assert!(report.holes.iter().all(|hole| hole.reason.contains("error 8")), "{:?}", report.holes);
    let held = world.archived();
    let is_poisoned = |at: Timestamp| expected.iter().any(|second| second.contains(at));
    let mut truth = world.truth();
    truth.retain(|play| !is_poisoned(play.0));
    assert!(held == truth, "{} of {} plays", held.len(), truth.len());
    let seconds = world.clock.elapsed().as_secs();
    (world, report.request_count, seconds)
}

#[test]
fn one_poisoned_play_of_a_first_import_costs_a_bounded_number_of_requests() {
    for (plays, years) in [(5_000, 17), (5_000, 3), (40_000, 20)] {
        for place in [1, plays / 2, plays - 1] {
            let (_, requests, seconds) = import(plays, years, &[place]);
            let pages = plays.div_ceil(997) as u64;
            println!(
                "{plays} plays, {years} years, play {place}: {requests} requests, {seconds} s"
            );
            assert!(requests <= pages + 120, "{plays}, {place}: {requests} requests");
            assert!(seconds <= pages + 220, "{plays}, {place}: {seconds} s");
        }
    }
}

#[test]
fn a_dozen_poisoned_plays_are_a_dozen_holes() {
    let poisoned: Vec<usize> = (0..12).map(|number| 500 + number * 1_500).collect();
    let (_, requests, seconds) = import(20_000, 15, &poisoned);
    println!("a dozen of 20,000: {requests} requests, {seconds} s");
    assert!(requests <= 21 + 12 * 120, "{requests} requests");
}

#[test]
fn several_poisoned_plays_cost_so_many_times_as_much() {
    let (world, requests, seconds) = import(20_000, 15, &[100, 7_000, 7_001, 19_000]);
    println!("four of 20,000: {requests} requests, {seconds} s");
    assert!(requests <= 21 + 4 * 120, "{requests} requests");

    // A day later they are asked for again, and as single seconds.
    world.clock.advance(DAY + Duration::from_secs(60));
    let before = world.requests();
    let report = world.sync();
    let cost = world.requests() - before;
    println!("a day later: {cost} requests");
    assert_eq!(report.holes.len(), 4);
    assert!(report.holes.iter().all(|hole| hole.tries == 2), "{:?}", report.holes);
    assert!(cost <= 60, "{cost} requests");

    for second in report.holes.iter().map(|hole| hole.span.start) {
        world.fake().heal(second);
    }
    world.clock.advance(DAY + Duration::from_secs(60));
    world.sync();
    assert!(world.is_equal());
    assert!(world.sync().holes.is_empty());
}

#[test]
fn what_was_refused_hides_no_other_difference() {
    // Pages are refused, not counts.
    let mut scenario = Scenario::still(5_000);
    scenario.poison.scope = PoisonScope::Page;
    let world = World::new(&scenario);
    let truth = world.truth();
    let refused = [truth[1_000].0, truth[2_000].0];
    for second in refused {
        world.fake().poison(second);
    }
    world.sync();
    world.hourly(2);
    // Two plays fewer than the service counts: that is known.
    assert_eq!(world.only_book().residual, 2);

    // Both are shown now, and by as many more plays come than go.
    for second in refused {
        world.fake().heal(second);
    }
    let late = truth[4_000].0;
    for number in 1..=5 {
        world.fake().insert(late.plus(number), "Low", "Monkey", None);
    }
    let (from, to) = (truth[3_000].0, truth[3_003].0);
    assert_eq!(world.fake().delete_where(|play| (from..to).contains(&play.at)), 3);
    world.clock.advance(DAY + Duration::from_secs(60));
    world.sync();
    let is_late = |play: &&Key| play.2 == "Monkey";
    assert_eq!(world.archived().iter().filter(is_late).count(), 5);
}
