//! Chance: numbers that a seed decides, the same on every machine.

use std::sync::atomic::{AtomicU64, Ordering};

/// How far the state goes for each number (`SplitMix64`).
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// The number that follows a state, and the state after it.
pub(crate) fn after(state: u64) -> (u64, u64) {
    let state = state.wrapping_add(STEP);
    let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31), state)
}

/// A series of numbers that several draw from.
#[derive(Debug)]
pub(crate) struct Chance(AtomicU64);

impl Chance {
    /// The numbers of this seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number, from 0 to 1.
    pub(crate) fn next(&self) -> f64 {
        let (number, _) = after(self.0.fetch_add(STEP, Ordering::Relaxed));
        let high = u32::try_from(number >> 32).unwrap_or(u32::MAX);
        f64::from(high) / f64::from(u32::MAX)
    }
}
