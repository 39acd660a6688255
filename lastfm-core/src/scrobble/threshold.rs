//! When a play counts.

use std::time::Duration;

use super::rules;

/// When a play counts: how much of a track has to be heard.
///
/// The default is the service's own rule: a track longer than 30 seconds, heard for half of it or
/// for 4 minutes, whichever comes first. An app may ask for more of its users, not for less.
///
/// Seconds are whole ones here, and nowhere else: a length counts without its fraction (as it is
/// sent), and what is needed of it is rounded up. Who compares by [`is_met`](Self::is_met) rounds
/// nothing.
///
/// Service documentation: <https://www.last.fm/api/scrobbling>.
///
/// ```
/// use std::time::Duration;
/// use lastfm_core::scrobble::Threshold;
///
/// let seconds = |seconds| Some(Duration::from_secs(seconds));
/// let rule = Threshold::default();
/// assert_eq!(rule.needed(seconds(201)), seconds(101));
/// assert_eq!(rule.needed(seconds(3600)), seconds(240));
/// assert_eq!(rule.needed(seconds(30)), None);
///
/// let nearly_all = Threshold::percent(90)?.without_limit();
/// assert_eq!(nearly_all.needed(seconds(3600)), seconds(3240));
/// # Ok::<(), lastfm_core::scrobble::InvalidThreshold>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Threshold {
    /// From 50 to 100.
    percent: u8,
    /// Whether 4 minutes are enough.
    limited: bool,
}

/// A play cannot be made to count after so much of a track: less than half of it is against the
/// service's rule, and more than all of it is never heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a play counts after 50 to 100 percent of a track, not after {0}")]
pub struct InvalidThreshold(u8);

/// Enough of any track.
const ENOUGH: Duration = Duration::from_secs(4 * 60);

impl Default for Threshold {
    fn default() -> Self {
        Self { percent: 50, limited: true }
    }
}

impl Threshold {
    /// This part of a track, from 50 to 100 percent, or 4 minutes, whichever comes first.
    ///
    /// At 100 percent the last second may be missing: players differ in when a track is over.
    ///
    /// # Errors
    ///
    /// [`InvalidThreshold`] for any other number.
    pub fn percent(percent: u8) -> Result<Self, InvalidThreshold> {
        if (50..=100).contains(&percent) {
            Ok(Self { percent, ..Self::default() })
        } else {
            Err(InvalidThreshold(percent))
        }
    }

    /// The same part also of long tracks. Default: 4 minutes are enough.
    pub fn without_limit(self) -> Self {
        Self { limited: false, ..self }
    }

    /// How much of a track of this length has to be heard, in whole seconds; nothing if it never
    /// counts, because it is not longer than 30 seconds.
    ///
    /// Of a track whose length is not known (or said to be zero, as players do then) it is 4
    /// minutes, with or without the limit: nothing else can be said.
    pub fn needed(self, length: Option<Duration>) -> Option<Duration> {
        let Some(length) = length.filter(|length| !length.is_zero()) else {
            return Some(ENOUGH);
        };
        if rules::is_too_short(length) {
            return None;
        }
        let length = length.as_secs();
        let part = (u128::from(length) * u128::from(self.percent)).div_ceil(100);
        let part = u64::try_from(part).unwrap_or(u64::MAX).min(length - 1);
        let part = Duration::from_secs(part);
        Some(if self.limited { part.min(ENOUGH) } else { part })
    }

    /// Whether a track of this length counts after so much of it.
    pub fn is_met(self, heard: Duration, length: Option<Duration>) -> bool {
        self.needed(length).is_some_and(|needed| heard >= needed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn only_a_track_longer_than_thirty_seconds_counts() {
        let rule = Threshold::default();
        assert_eq!(rule.needed(Some(millis(30_999))), None);
        assert_eq!(rule.needed(Some(millis(31_000))), Some(millis(16_000)));
        assert!(!rule.is_met(Duration::MAX, Some(millis(30_000))));
    }

    #[test]
    fn fractions_of_a_second_do_not_keep_a_play_from_counting() {
        let all = Threshold::percent(100).unwrap().without_limit();
        assert_eq!(all.needed(Some(millis(200_999))), Some(millis(199_000)));
        assert!(all.is_met(millis(199_000), Some(millis(200_999))));
        assert!(!all.is_met(millis(198_999), Some(millis(200_999))));
    }

    #[test]
    fn a_length_that_is_not_known_needs_four_minutes() {
        for rule in [Threshold::default(), Threshold::percent(90).unwrap().without_limit()] {
            assert_eq!(rule.needed(None), Some(ENOUGH));
            assert_eq!(rule.needed(Some(Duration::ZERO)), Some(ENOUGH));
        }
    }

    #[test]
    fn only_half_to_all_of_a_track_can_be_asked_for() {
        for percent in [0, 49, 101, 255] {
            let words = Threshold::percent(percent).unwrap_err().to_string();
            assert!(words.ends_with(&format!("not after {percent}")), "{words}");
        }
        assert_eq!(Threshold::percent(50), Ok(Threshold::default()));
    }

    proptest! {
        /// It can be reached, it keeps to the service's rule, and it is said in whole seconds.
        #[test]
        fn what_is_needed_is_never_more_than_there_is_nor_less_than_the_rule(
            length in any::<u64>(), percent in 50_u8..=100, limited: bool,
        ) {
            let rule = Threshold::percent(percent).unwrap();
            let rule = if limited { rule } else { rule.without_limit() };
            let length = millis(length);
            let Some(needed) = rule.needed(Some(length)) else {
                prop_assert!(!length.is_zero() && length < rules::TOO_SHORT + millis(1000));
                return Ok(());
            };
            let default = Threshold::default().needed(Some(length)).unwrap();
            prop_assert!(default <= needed && needed <= length.max(ENOUGH));
            prop_assert!(length.is_zero() || needed < length);
            prop_assert_eq!(needed.subsec_nanos(), 0);
            prop_assert!(!limited || needed <= ENOUGH);
        }
    }
}
