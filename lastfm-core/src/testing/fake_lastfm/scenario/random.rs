//! A nasty mixture for each seed.

use super::{Edge, EmptyPage, NowPlaying, PoisonScope, Scenario, Scheduled, Ties};
use crate::testing::Dice;
use crate::testing::fake_lastfm::{ErrorBody, Fault, Happening, Outage, RandomFault};

impl Scenario {
    /// The mixture of this seed, for a test over many seeds: about 5,000 plays (now and then
    /// none, one or a page's worth), odd seconds, an account that changes meanwhile, some faults
    /// of every kind, outages, and another reading of the window's edges in every other seed.
    ///
    /// Nothing in it makes an archive impossible: lies do not repeat at once, and an outage ends.
    /// What takes an account away (deletion, a new registration, a new name) is left to a test's
    /// own [`Scheduled`].
    pub fn random(seed: u64) -> Self {
        let mut dice = Dice::stream(seed, 0x5CE7_A210);
        let mut scenario = Self::calm();
        random_history(&mut scenario, &mut dice);
        random_life(&mut scenario, &mut dice);
        random_service(&mut scenario, &mut dice);
        random_faults(&mut scenario, &mut dice);
        scenario
    }
}

fn random_history(scenario: &mut Scenario, dice: &mut Dice) {
    let history = &mut scenario.history;
    history.plays = match dice.below(20) {
        0 => 0,
        1 => 1,
        2 => 1_000,
        _ => dice.index(4_000) + 3_000,
    };
    history.hostile_names = 0.05;
    history.same_second = *dice.pick(&[0.0, 0.02, 0.2]);
    history.exact_repeats = *dice.pick(&[0.0, 0.02, 0.2]);
    if dice.chance(0.4) {
        let seconds = 1 + dice.index(3);
        let sizes = [2, 70, 199, 200, 201, 999, 1_000, 1_001, 1_500];
        history.dense_seconds = (0..seconds).map(|_| *dice.pick(&sizes)).collect();
    }
    if dice.chance(0.3) {
        history.at_second_zero = *dice.pick(&[1, 20, 643]);
    }
    if dice.chance(0.3) {
        history.before_registration = 1 + dice.index(40);
    }
    if dice.chance(0.1) {
        history.before_1970 = 1 + dice.index(5);
    }
    if dice.chance(0.1) {
        history.in_the_future = 1 + dice.index(5);
    }
}

fn random_life(scenario: &mut Scenario, dice: &mut Dice) {
    const HOUR: u64 = 3_600;
    let life = &mut scenario.life;
    life.plays_per_day = *dice.pick(&[0.0, 30.0, 300.0]);
    life.late_batches_per_day = *dice.pick(&[0.0, 0.3, 3.0]);
    life.deletes_per_day = *dice.pick(&[0.0, 1.0, 30.0]);
    life.edits_per_day = *dice.pick(&[0.0, 1.0, 10.0]);
    life.touches_per_day = *dice.pick(&[0.0, 1.0, 10.0]);
    let mut schedule = |probability: f64, happening: Happening, dice: &mut Dice| {
        if dice.chance(probability) {
            let after = dice.below(72 * HOUR);
            scenario.scheduled.push(Scheduled { after, happening });
        }
    };
    let plays = 100 + dice.index(400);
    schedule(0.1, Happening::DeleteRandom { plays }, dice);
    schedule(0.1, Happening::DeleteNewest { plays }, dice);
    let plays = 20 + dice.index(40);
    let oldest_days = 13;
    schedule(0.5, Happening::LateBatch { plays, oldest_days }, dice);
    schedule(0.1, Happening::LateBatch { plays, oldest_days: 2_000 }, dice);
    schedule(0.3, Happening::Edit { plays: 5 }, dice);
}

fn random_service(scenario: &mut Scenario, dice: &mut Dice) {
    let service = &mut scenario.service;
    if dice.chance(0.5) {
        service.from_edge = *dice.pick(&[Edge::Inclusive, Edge::Exclusive]);
        service.to_edge = *dice.pick(&[Edge::Inclusive, Edge::Exclusive]);
    }
    service.zero_is_unset = dice.chance(0.5);
    service.max_per_page = *dice.pick(&[200, 1_000]);
    service.now_playing =
        *dice.pick(&[NowPlaying::Never, NowPlaying::WhilePlaying, NowPlaying::Always]);
    service.single_as_object = dice.chance(0.3);
    if dice.chance(0.2) {
        service.empty_page = EmptyPage::Text2014;
    }
    service.total_lag = *dice.pick(&[0, 0, 0, 5, 60]);
    service.date_error = *dice.pick(&[0, 0, 0, -300, 300]);
    service.retry_after = dice.chance(0.3).then_some(30);
    if dice.chance(0.1) {
        service.pages_fail_above = Some(*dice.pick(&[50, 200, 500]));
    }
    // A second that no page holds cannot be read at all where the order within it is random.
    let longest = scenario.history.dense_seconds.iter().max().copied();
    let densest = longest.unwrap_or(0).max(scenario.history.at_second_zero);
    let fits = densest < 200 && service.pages_fail_above.is_none();
    if fits && dice.chance(0.3) {
        service.ties = Ties::Random;
    }
    if dice.chance(0.2) {
        scenario.poison.random = 1 + dice.index(2);
        if dice.chance(0.5) {
            scenario.poison.scope = PoisonScope::Page;
        }
    }
}

fn random_faults(scenario: &mut Scenario, dice: &mut Dice) {
    let rate = *dice.pick(&[0.0, 0.001, 0.005]);
    let kinds = Fault::every_kind().into_iter();
    let faults = kinds.map(|fault| RandomFault::new(rate, fault));
    scenario.faults.random = faults.collect();
    if dice.chance(0.3) {
        let from = dice.below(48 * 3_600);
        let to = from + 60 + dice.below(6 * 3_600);
        let down = Fault::error(11, 503, ErrorBody::Json);
        let faults = [down, Fault::Timeout, Fault::error(16, 500, ErrorBody::Html)];
        let fault = dice.pick(&faults).clone();
        scenario.faults.outages.push(Outage { from, to, fault });
    }
}
