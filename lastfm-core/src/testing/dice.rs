//! Randomness that a seed decides.

use crate::chance;

/// A source of random numbers, the same ones for the same seed on every machine (`SplitMix64`).
///
/// For tests only: it is fast and repeatable, and nothing that must stay secret may rest on it.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The numbers of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x6A09_E667_F3BC_C909)
    }

    /// Numbers of the same seed that have nothing to do with these: drawing from one stream does
    /// not change what another one gives.
    pub fn stream(seed: u64, stream: u64) -> Self {
        let mut dice = Self::new(seed);
        let mixed = dice.next_u64() ^ stream.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self::new(mixed)
    }

    /// The next number.
    pub fn next_u64(&mut self) -> u64 {
        let (number, state) = chance::after(self.0);
        self.0 = state;
        number
    }

    /// A number below `bound`; 0 if there is none.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.next_u64()) * u128::from(bound);
        // The upper half of a product of two 64-bit numbers fits 64 bits.
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// A place in a list of `len`; 0 if it is empty.
    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// A number from `low` up to, but without, `high`; `low` if there is none.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high.saturating_sub(low)).unwrap_or(0);
        low.saturating_add_unsigned(self.below(width))
    }

    /// A fraction from 0 up to, but without, 1.
    pub fn fraction(&mut self) -> f64 {
        f64::from((self.next_u64() >> 32) as u32) / 4_294_967_296.0
    }

    /// Whether something of this probability (0 to 1) happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// One of these.
    ///
    /// # Panics
    ///
    /// If there are none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.index(from.len())]
    }

    /// Puts these in any order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, self.index(place + 1));
        }
    }

    /// Milliseconds until something happens that happens `per_day` times a day on average.
    pub(super) fn wait_ms(&mut self, per_day: f64) -> i64 {
        const DAY_MS: f64 = 86_400_000.0;
        if per_day <= 0.0 {
            return i64::MAX;
        }
        let wait = -(1.0 - self.fraction()).ln() * DAY_MS / per_day;
        #[allow(clippy::cast_possible_truncation)] // A float's `as` saturates, which is meant here.
        let wait = wait as i64;
        wait.max(1)
    }
}
