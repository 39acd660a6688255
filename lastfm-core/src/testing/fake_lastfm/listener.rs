//! A history as a real listener leaves one: sessions over the years, repeats, odd seconds.

use super::catalogue::{Taste, Tune};
use super::scenario::HistoryKnobs;
use crate::testing::Dice;

const DAY: i64 = 86_400;
const YEAR: i64 = 31_556_952;

/// The plays of such a history, and when the account was registered.
pub(super) struct Past {
    pub(super) plays: Vec<(i64, u32)>,
    pub(super) registered: i64,
}

/// Invents the plays up to `start`.
pub(super) fn past(
    knobs: &HistoryKnobs,
    start: i64,
    taste: &mut Taste,
    tunes: &mut Vec<Tune>,
    dice: &mut Dice,
) -> Past {
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // Some decades.
    let length = ((knobs.years * YEAR as f64) as i64).max(DAY);
    let registered = start - length;
    let mut past =
        Past { plays: sessions(knobs, registered..start, taste, tunes, dice), registered };
    let mut add = |at: i64, taste: &mut Taste| past.plays.push((at, taste.next(tunes)));
    for size in &knobs.dense_seconds {
        let at = dice.between(registered, start);
        (0..*size).for_each(|_| add(at, taste));
    }
    (0..knobs.at_second_zero).for_each(|_| add(0, taste));
    for _ in 0..knobs.before_registration {
        add(dice.between(registered - 10 * YEAR, registered), taste);
    }
    for _ in 0..knobs.before_1970 {
        add(dice.between(-30 * YEAR, 0), taste);
    }
    for _ in 0..knobs.in_the_future {
        add(dice.between(start + DAY, start + YEAR), taste);
    }
    past
}

/// Plays in sessions, more of them in the evening and in later years.
fn sessions(
    knobs: &HistoryKnobs,
    within: std::ops::Range<i64>,
    taste: &mut Taste,
    tunes: &mut Vec<Tune>,
    dice: &mut Dice,
) -> Vec<(i64, u32)> {
    let mut begins: Vec<i64> = (0..=knobs.plays / 12)
        .map(|_| {
            let one = dice.between(within.start, within.end);
            let other = dice.between(within.start, within.end);
            let day = if dice.chance(0.3) { one.max(other) } else { one };
            let evening = 16 * 3_600 + dice.between(0, 8 * 3_600);
            let hour = if dice.chance(0.5) { evening } else { day.rem_euclid(DAY) };
            (day - day.rem_euclid(DAY) + hour).clamp(within.start, within.end - 1)
        })
        .collect();
    begins.sort_unstable();

    let mut plays: Vec<(i64, u32)> = Vec::with_capacity(knobs.plays);
    let mut sessions_left = begins.len();
    let mut at = within.start;
    for begin in begins {
        at = at.max(begin);
        let left = knobs.plays - plays.len();
        let share = left.div_ceil(sessions_left.max(1));
        sessions_left -= 1;
        let most = if sessions_left == 0 { left } else { (dice.index(2 * share + 1)).min(left) };
        for _ in 0..most {
            if let Some(last) = plays.last().copied() {
                if dice.chance(knobs.exact_repeats) {
                    plays.push(last);
                    continue;
                }
                if dice.chance(knobs.same_second) {
                    plays.push((last.0, taste.next(tunes)));
                    continue;
                }
            }
            plays.push((at, taste.next(tunes)));
            at += length_of_a_track(dice);
            if at >= within.end {
                // The past is full: what is left belongs somewhere into it.
                at = dice.between(within.start, within.end);
            }
        }
    }
    plays
}

/// Seconds.
pub(super) fn length_of_a_track(dice: &mut Dice) -> i64 {
    120 + dice.between(0, 120) + dice.between(0, 120)
}
