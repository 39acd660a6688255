//! What the engine costs the service, counted in the service's own log.

use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;
use lastfm_core::methods::user::GetInfo;
use lastfm_core::testing::{ErrorBody, FakeLastfm, Fault, Outage, Scenario};
use lastfm_core::transport::{LocalPacer, RateLimited, Transport};

use crate::support::{DAY, HOUR, START, World};

const SECOND: Duration = Duration::from_secs(1);
/// The network may bring two requests 50 ms closer together.
const WINDOW: Duration = Duration::from_millis(950);

/// A transport of one request a second, as programs use it.
fn paced(world: &World) -> Arc<dyn Transport> {
    let clock = Arc::new(world.clock.clone());
    let pacer = Arc::new(LocalPacer::new(SECOND, clock.clone()));
    Arc::new(RateLimited::new(world.transport(), pacer, clock))
}

fn sync(world: &World, transport: &Arc<dyn Transport>) -> usize {
    let before = world.requests();
    let run = world.archiver_over(Arc::clone(transport)).sync("rj".parse().unwrap());
    block_on(run.finish()).unwrap();
    assert_eq!(world.fake().busiest(WINDOW), 1);
    world.requests() - before
}

/// An account of exactly so many plays, no two in a second.
fn one_a_second(plays: usize) -> World {
    let mut fake = FakeLastfm::new(1, &Scenario::still(0), START);
    for number in 0..plays {
        let at = START.plus(-190 * i64::try_from(number).unwrap() - 1);
        fake.insert(at, "Low", &format!("Song {}", number % 100), Some("An Album"));
    }
    World::of(fake)
}

#[test]
fn a_clean_import_costs_little_more_than_its_pages() {
    for (plays, page_size) in [
        (1, 1_000),
        (199, 200),
        (200, 200),
        (201, 200),
        (1_970, 200),
        (4_000, 200),
        (1_000, 1_000),
        (5_000, 1_000),
        (9_970, 1_000),
        (20_000, 1_000),
    ] {
        let world = one_a_second(plays).with_page_size(page_size);
        let cost = sync(&world, &paced(&world));
        let most = plays.div_ceil(page_size as usize - 3) + 3;
        println!("import of {plays} plays, {page_size} a page: {cost} requests of {most}");
        assert!(cost <= most, "{plays} plays, {page_size} a page: {cost} requests, not {most}");
        assert!(world.is_equal());
    }
}

#[test]
fn an_idle_hour_costs_one_request_and_a_day_one_look_back() {
    for plays_per_day in [0.0, 30.0] {
        let mut scenario = Scenario::still(5_000);
        scenario.life.plays_per_day = plays_per_day;
        let world = World::new(&scenario);
        let transport = paced(&world);
        sync(&world, &transport);
        let mut costs = Vec::new();
        for _ in 0..5 * 24 {
            world.clock.advance(HOUR);
            costs.push(sync(&world, &transport));
        }
        let dearer: Vec<usize> = costs.iter().copied().filter(|cost| *cost > 1).collect();
        println!("{plays_per_day} plays a day: hours that cost more than one: {dearer:?}");
        assert!(dearer.len() <= 5, "{costs:?}");
        assert!(dearer.iter().all(|cost| *cost <= 4), "{costs:?}");
    }
}

#[test]
fn an_account_without_plays_costs_one_request_an_hour() {
    let world = World::still(0);
    let transport = paced(&world);
    sync(&world, &transport);
    for hour in 0..48 {
        world.clock.advance(HOUR);
        let cost = sync(&world, &transport);
        assert!(cost == 1 || hour % 24 == 23, "hour {hour}: {cost} requests");
    }
    // What is known of a part of its history says nothing about the rest.
    world.fake().insert(world.clock.now().plus(-300), "Low", "Monkey", None);
    world.clock.advance(HOUR);
    sync(&world, &transport);
    assert!(world.is_equal());
}

#[test]
fn an_hour_of_outage_costs_at_most_sixty_requests() {
    for every in [HOUR, HOUR / 4] {
        an_hour_of_outage(every);
    }
}

#[test]
fn an_hour_of_outage_without_a_rest_between_runs_costs_at_most_sixty_requests() {
    an_hour_of_outage(Duration::ZERO);
}

/// With a run started so often, or, if that is later, when the last one has given up.
fn an_hour_of_outage(every: Duration) {
    let down = [
        Fault::error(11, 503, ErrorBody::Json),
        Fault::error(8, 500, ErrorBody::Json),
        Fault::EmptyBody { status: 200 },
        Fault::ResetBefore,
    ];
    let (from, to) = (2 * 3_600, 3 * 3_600);
    for fault in down {
        let mut scenario = Scenario::still(500);
        scenario.faults.outages = vec![Outage { from, to, fault: fault.clone() }];
        let world = World::new(&scenario);
        let transport = paced(&world);
        sync(&world, &transport);
        world.clock.advance(Duration::from_secs(from - world.seconds()));
        let before = world.requests();
        while world.seconds() < to {
            let next = (world.seconds() + every.as_secs()).min(to);
            let archiver = world.archiver_over(Arc::clone(&transport));
            drop(block_on(archiver.sync("rj".parse().unwrap()).finish()));
            world.clock.advance(Duration::from_secs(next.saturating_sub(world.seconds())));
        }
        let cost = {
            let fake = world.fake();
            fake.log()[before..].iter().filter(|entry| entry.at_ms < to * 1_000).count()
        };
        println!("an hour of {fault:?}, a run every {every:?}: {cost} requests");
        assert!(cost <= 60, "{fault:?}, a run every {every:?}: {cost} requests");
        world.clock.advance(DAY);
        sync(&world, &transport);
        assert!(world.is_equal());
    }
}

#[test]
fn too_many_calls_pause_everyone_who_shares_the_rate() {
    let world = World::still(500);
    let transport = paced(&world);
    let (one, other) =
        (world.client_over(Arc::clone(&transport)), world.client_over(Arc::clone(&transport)));
    world.fake().fail_next(Fault::error(29, 429, ErrorBody::Json));
    let method = GetInfo::new("rj".parse().unwrap());
    block_on(one.call_once(&method)).unwrap_err();
    block_on(other.clone().call(&method)).unwrap();
    block_on(one.call(&method)).unwrap();
    sync(&world, &transport);
    let arrived: Vec<u64> = world.fake().log().iter().map(|entry| entry.at_ms).collect();
    assert!(arrived[1] - arrived[0] >= 60_000, "{arrived:?}");
    assert!(world.is_equal());
}
