//! The years of a history, against what the account really holds.

use std::collections::BTreeMap;

use futures_executor::block_on;
use lastfm_core::archive::{Span, SyncError, Year};
use lastfm_core::testing::{Edge, NowPlaying, Scenario};
use lastfm_core::{Timestamp, Username};

use crate::support::World;

fn rj() -> Username {
    "rj".parse().unwrap()
}

fn years(world: &World) -> Vec<Year> {
    block_on(async {
        let mut years = world.archiver_over(world.transport()).years(rj()).await.unwrap();
        let mut all = Vec::new();
        while let Some(year) = years.next().await.unwrap() {
            all.push(year);
        }
        all
    })
}

/// Plays by year, those before `first` together, as the account has them by now.
fn truth(world: &World, first: i16) -> BTreeMap<Option<i16>, u64> {
    let mut counts = BTreeMap::new();
    for (at, ..) in world.truth() {
        let year = at.year().unwrap();
        *counts.entry((year >= first).then_some(year)).or_default() += 1;
    }
    counts
}

fn counted(years: &[Year]) -> BTreeMap<Option<i16>, u64> {
    let counts = years.iter().map(|year| (year.year, year.play_count()));
    counts.filter(|(_, plays)| *plays > 0).collect()
}

#[test]
fn every_play_belongs_to_one_year_whichever_way_edges_are_read() {
    for (from, to) in [
        (Edge::Inclusive, Edge::Exclusive),
        (Edge::Exclusive, Edge::Inclusive),
        (Edge::Inclusive, Edge::Inclusive),
        (Edge::Exclusive, Edge::Exclusive),
    ] {
        let mut scenario = Scenario::still(900);
        scenario.history.at_second_zero = 7;
        scenario.service.from_edge = from;
        scenario.service.to_edge = to;
        scenario.service.now_playing = NowPlaying::Always;
        let world = World::new(&scenario);
        let turn = Timestamp::start_of_year(2020).unwrap();
        for distance in [-2, -1, -1, 0, 0, 0, 1] {
            world.fake().insert(turn.plus(distance), "Low", "New Year", None);
        }
        let found = years(&world);
        let first = world.fake().registered().year().unwrap();
        assert_eq!(counted(&found), truth(&world, first), "{from:?} {to:?}");
        assert_eq!(found[0].year, None, "what is dated before the account");
        assert!(world.requests() <= found.len() + 4, "{} requests", world.requests());
        assert!(world.seconds() < 20, "nothing was waited for");
        assert!(block_on(world.store.users()).unwrap().is_empty(), "nothing was added");
    }
}

#[test]
fn a_year_without_plays_is_told_and_costs_no_more() {
    let world = World::still(1500);
    let gap = Span::year(2018).unwrap();
    world.fake().delete_where(|play| gap.contains(play.at));
    let found = years(&world);
    let of_2018 = found.iter().find(|year| year.year == Some(2018)).unwrap();
    assert_eq!(of_2018.counted, Some(0));
    assert!(world.seconds() < 20);
    assert!(found.windows(2).all(|pair| pair[0].span.end == pair[1].span.start));
}

#[test]
fn what_is_archived_is_counted_there() {
    let world = World::still(1500);
    world.sync();
    let before = world.requests();
    let found = years(&world);
    assert_eq!(world.requests() - before, 1, "the profile");
    assert!(found.iter().all(|year| year.is_covered() && year.counted.is_none()));
    assert_eq!(found.iter().map(|year| year.held).sum::<u64>(), 1500);

    // A later play, and a year that was never archived.
    world.clock.advance(crate::support::HOUR);
    let now = world.clock.now();
    world.fake().insert(now.plus(-60), "Low", "Words", None);
    let found = years(&world);
    let last = found.last().unwrap();
    assert_eq!(last.counted, Some(last.held + 1));
    assert_eq!(world.requests() - before, 1 + 3, "the profile, and both ends of this year");

    let user = world.only_user();
    let offline = block_on(Year::archived(&*world.store, &user, now)).unwrap();
    assert_eq!(offline.iter().map(|year| year.held).sum::<u64>(), 1500);
    assert_eq!(offline.first().unwrap().year, user.registered_at.unwrap().year());
}

#[test]
fn a_year_that_was_never_archived_is_missing_also_above_all_that_is() {
    let world = World::still(1500);
    let archiver = world.archiver_over(world.transport());
    let span = Span::year(2018).unwrap();
    block_on(archiver.sync_span(rj(), span).finish()).unwrap();
    let (user, now) = (world.only_user(), world.clock.now());
    let years = block_on(Year::archived(&*world.store, &user, now)).unwrap();
    assert_eq!(years.last().unwrap().year, now.year(), "{years:?}");
    for year in years {
        assert_eq!(year.is_covered(), year.year == Some(2018), "{year:?}");
    }
}

#[test]
fn a_refused_second_hides_only_its_own_year() {
    let world = World::still(1500);
    let poisoned = world.fake().truth()[700].at;
    world.fake().poison(poisoned);
    let found = years(&world);
    for year in &found {
        let first = world.fake().registered().year().unwrap();
        let expected = truth(&world, first).remove(&year.year).unwrap_or_default();
        if year.span.contains(poisoned) {
            assert_eq!(year.counted, None, "{year:?}");
        } else {
            assert_eq!(year.counted, Some(expected), "{year:?}");
        }
    }
}

#[test]
fn a_name_that_was_taken_over_is_noticed() {
    let world = World::still(100);
    let other = world.fake().registered().plus(-5);
    block_on(world.store.add_user(&rj(), Some(other))).unwrap();
    let error = block_on(world.archiver_over(world.transport()).years(rj())).unwrap_err();
    assert!(matches!(error, SyncError::AnotherAccount { .. }), "{error:?}");
    let unknown = world.archiver_over(world.transport());
    let error = block_on(unknown.years("nobody".parse().unwrap())).unwrap_err();
    assert!(matches!(error, SyncError::UnknownUser { .. }), "{error:?}");
}
