//! Plays that look like ones that are there already, shown before anything is sent.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::rules::{folded, seconds};
use crate::{NewPlay, Play, Timestamp};

/// A play of which is known that it is there: in a queue, or in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownPlay {
    /// The artist's name.
    pub artist: String,
    /// The track's name.
    pub name: String,
    /// When it began.
    pub played_at: Timestamp,
}

impl From<&NewPlay> for KnownPlay {
    fn from(play: &NewPlay) -> Self {
        let track = &play.track;
        Self { artist: track.artist.clone(), name: track.name.clone(), played_at: play.played_at }
    }
}

impl From<&Play> for KnownPlay {
    fn from(play: &Play) -> Self {
        let track = play.track();
        Self { artist: track.artist, name: track.name, played_at: play.played_at() }
    }
}

/// A planned play that looks like a known one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Near {
    /// Which of the planned plays, from 0.
    pub planned: usize,
    /// When the known one began.
    pub played_at: Timestamp,
}

impl Near {
    /// How long before or after the planned play can a known one have begun to look like it: 30
    /// minutes.
    ///
    /// A person who enters an album says when it ended, give or take; a record's side takes 20
    /// minutes. People do play a track again within that time, so a program asks, and drops nothing
    /// by itself.
    pub const WINDOW: Duration = Duration::from_secs(30 * 60);
}

/// Which planned plays look like known ones: the same artist and track, in whatever case, that
/// began less than `window` apart, or less than the track's own length if that is longer.
///
/// A known play stands for one planned play, the nearest one: of a track that was played once and
/// is planned twice, one is new. The answer is in the order of the planned plays. To mark what was
/// scrobbled recently, plan a play of each now.
///
/// ```
/// use lastfm_core::scrobble::{KnownPlay, Near, near};
/// use lastfm_core::{NewPlay, PlayerTrack, Timestamp};
///
/// let now = Timestamp::from_unix(1_776_024_459);
/// let planned = ["Autobahn", "Spacelab"].map(|name| {
///     NewPlay::new(PlayerTrack::new("Kraftwerk", name), now.plus(-900))
/// });
/// let spacelab = KnownPlay {
///     artist: "kraftwerk".to_owned(),
///     name: "Spacelab".to_owned(),
///     played_at: now.plus(-600),
/// };
/// let repeats = near(&planned, [spacelab], Near::WINDOW);
/// assert_eq!(repeats, [Near { planned: 1, played_at: now.plus(-600) }]);
/// ```
pub fn near(
    planned: &[NewPlay],
    known: impl IntoIterator<Item = KnownPlay>,
    window: Duration,
) -> Vec<Near> {
    let mut times: HashMap<(String, String), Vec<Timestamp>> = HashMap::new();
    for play in known {
        times.entry((folded(&play.artist), folded(&play.name))).or_default().push(play.played_at);
    }
    for times in times.values_mut() {
        times.sort_unstable();
    }
    let mut pairs = Vec::new();
    for (number, play) in planned.iter().enumerate() {
        let identity = (folded(&play.track.artist), folded(&play.track.name));
        let Some((identity, times)) = times.get_key_value(&identity) else { continue };
        let window = seconds(window.max(play.track.duration.unwrap_or_default()));
        let from = play.played_at.plus(-window);
        let first = times.partition_point(|at| *at <= from);
        for (place, at) in times.iter().enumerate().skip(first) {
            if *at >= play.played_at.plus(window) {
                break;
            }
            let apart = at.as_unix().abs_diff(play.played_at.as_unix());
            pairs.push((apart, number, (identity, place), *at));
        }
    }
    pairs.sort_unstable_by_key(|(apart, number, ..)| (*apart, *number));
    let (mut taken, mut nearest) = (HashSet::new(), HashMap::new());
    for (_, planned, known, played_at) in pairs {
        if !nearest.contains_key(&planned) && taken.insert(known) {
            nearest.insert(planned, Near { planned, played_at });
        }
    }
    let mut nearest: Vec<Near> = nearest.into_values().collect();
    nearest.sort_unstable_by_key(|near| near.planned);
    nearest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::PlayerTrack;

    fn plan(name: &str, at: i64) -> NewPlay {
        NewPlay::new(PlayerTrack::new("Low", name), Timestamp::from_unix(at))
    }

    fn known(name: &str, at: i64) -> KnownPlay {
        KnownPlay::from(&plan(name, at))
    }

    fn found(planned: &[NewPlay], known: &[KnownPlay]) -> Vec<(usize, i64)> {
        let found = near(planned, known.iter().cloned(), Near::WINDOW);
        found.iter().map(|near| (near.planned, near.played_at.as_unix())).collect()
    }

    #[test]
    fn only_the_same_track_within_the_window_is_near() {
        let planned = [plan("Words", 10_000)];
        assert_eq!(found(&planned, &[known(" WORDS", 11_799)]), [(0, 11_799)]);
        assert_eq!(found(&planned, &[known("Words", 8_201)]), [(0, 8_201)]);
        assert_eq!(found(&planned, &[known("Words", 11_800)]), []);
        assert_eq!(found(&planned, &[known("Words", 8_200)]), []);
        assert_eq!(found(&planned, &[known("Fear", 10_000)]), []);
    }

    #[test]
    fn a_track_that_is_longer_than_the_window_cannot_be_heard_twice_in_its_time() {
        let mut planned = [plan("Do You Know How to Waltz", 10_000)];
        let known = [known("Do You Know How to Waltz", 12_000)];
        assert_eq!(found(&planned, &known), []);
        planned[0].track.duration = Some(Duration::from_secs(2_001));
        assert_eq!(found(&planned, &known), [(0, 12_000)]);
    }

    #[test]
    fn what_was_played_once_and_is_planned_twice_is_new_once() {
        let planned = [plan("Words", 1_000), plan("Words", 1_300)];
        assert_eq!(found(&planned, &[known("Words", 1_290)]), [(1, 1_290)]);
        let both = [known("Words", 1_290), known("Words", 1_010)];
        assert_eq!(found(&planned, &both), [(0, 1_010), (1, 1_290)]);
    }

    proptest! {
        #[test]
        fn a_known_play_stands_for_one_planned_play_at_most(
            planned in prop::collection::vec(0_i64..9_000, 0..20),
            there in prop::collection::vec(0_i64..9_000, 0..20),
        ) {
            let plans: Vec<_> = planned.iter().map(|at| plan("Words", *at)).collect();
            let knowns: Vec<_> = there.iter().map(|at| known("Words", *at)).collect();
            let found = found(&plans, &knowns);
            for (number, at) in &found {
                prop_assert!(planned[*number].abs_diff(*at) < 1_800);
                let uses = found.iter().filter(|(_, other)| other == at).count();
                prop_assert!(uses <= there.iter().filter(|other| *other == at).count());
            }
            prop_assert!(found.windows(2).all(|pair| pair[0].0 < pair[1].0));
            // What is left on both sides is not near.
            let mut left = there;
            for (_, at) in &found {
                let place = left.iter().position(|other| other == at).unwrap();
                left.swap_remove(place);
            }
            for (number, at) in planned.iter().enumerate() {
                let is_found = found.iter().any(|(other, _)| *other == number);
                prop_assert!(is_found || left.iter().all(|other| other.abs_diff(*at) >= 1_800));
            }
        }
    }
}
