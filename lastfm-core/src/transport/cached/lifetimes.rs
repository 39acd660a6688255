//! How long which answers are kept.

use std::collections::HashMap;
use std::time::Duration;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

/// What is kept unless an app says otherwise: for how many seconds, which methods, why.
///
/// What changes because its user listens or clicks is not here: their top lists, loved tracks,
/// tags and friends. Whoever can do with a late answer sets a time for it.
const USUAL: &[(u64, &[&str])] = &[
    // Whether an account is there, and since when. Its counts are a day late then.
    (DAY, &["user.getInfo"]),
    // Grows by one line a week.
    (DAY, &["user.getWeeklyChartList", "tag.getWeeklyChartList"]),
    // What the service computes from everybody's listening, and seldom anew.
    (
        DAY,
        &[
            "album.getTopTags",
            "artist.getSimilar",
            "artist.getTopAlbums",
            "artist.getTopTags",
            "artist.getTopTracks",
            "tag.getInfo",
            "tag.getSimilar",
            "tag.getTopAlbums",
            "tag.getTopArtists",
            "tag.getTopTags",
            "tag.getTopTracks",
            "track.getSimilar",
            "track.getTopTags",
        ],
    ),
    // How a name is spelled, as editors decide.
    (DAY, &["artist.getCorrection", "track.getCorrection"]),
    // The charts of the world and of countries move in days.
    (
        6 * HOUR,
        &[
            "chart.getTopArtists",
            "chart.getTopTags",
            "chart.getTopTracks",
            "geo.getTopArtists",
            "geo.getTopTracks",
        ],
    ),
    // Slow in itself, but asked for a user it holds their own plays and whether they love it.
    (HOUR, &["album.getInfo", "artist.getInfo", "track.getInfo"]),
    // What is new shall be found soon.
    (HOUR, &["album.search", "artist.search", "track.search"]),
];

/// Times to live by method, in lower case.
#[derive(Debug, Clone)]
pub(super) struct Lifetimes(HashMap<String, Duration>);

impl Default for Lifetimes {
    fn default() -> Self {
        let usual = USUAL.iter().flat_map(|(seconds, methods)| {
            let time = Duration::from_secs(*seconds);
            methods.iter().map(move |method| (method.to_ascii_lowercase(), time))
        });
        Self(usual.collect())
    }
}

impl Lifetimes {
    /// Sets one; zero for never.
    pub(super) fn set(&mut self, method: &str, time: Duration) {
        self.0.insert(method.to_ascii_lowercase(), time);
    }

    /// How long an answer to this method, in lower case, is kept, if it is.
    pub(super) fn of(&self, method: &str) -> Option<Duration> {
        if is_never_kept(method) {
            return None;
        }
        self.0.get(method).copied().filter(|time| !time.is_zero())
    }
}

/// Whether nobody can ask for it to be kept: logins, scrobbles, and whatever changes something.
fn is_never_kept(method: &str) -> bool {
    let Some((package, action)) = method.split_once('.') else { return true };
    let reads = action.starts_with("get") || action == "search";
    !reads
        || package == "auth"
        || matches!(method, "user.getrecenttracks" | "user.gettrackscrobbles")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_scrobbles_and_writes_are_never_kept_whatever_is_set() {
        let mut lifetimes = Lifetimes::default();
        for method in [
            "auth.getToken",
            "auth.getSession",
            "auth.getMobileSession",
            "user.getRecentTracks",
            "user.getTrackScrobbles",
            "track.love",
            "track.unlove",
            "track.scrobble",
            "track.updateNowPlaying",
            "album.addTags",
            "artist.removeTag",
            "gettags",
        ] {
            let lower = method.to_ascii_lowercase();
            assert_eq!(lifetimes.of(&lower), None, "{method}");
            lifetimes.set(method, Duration::from_secs(9));
            assert_eq!(lifetimes.of(&lower), None, "{method}");
        }
    }

    #[test]
    fn a_method_has_one_usual_time_and_any_time_that_is_set() {
        let mut lifetimes = Lifetimes::default();
        let named: usize = USUAL.iter().map(|(_, methods)| methods.len()).sum();
        assert_eq!(lifetimes.0.len(), named);
        assert!(lifetimes.0.keys().all(|method| lifetimes.of(method).is_some()));
        assert_eq!(lifetimes.of("user.getinfo"), Some(Duration::from_secs(DAY)));
        assert_eq!(lifetimes.of("user.gettopartists"), None);
        lifetimes.set("user.getTopArtists", Duration::from_secs(9));
        assert_eq!(lifetimes.of("user.gettopartists"), Some(Duration::from_secs(9)));
        lifetimes.set("user.getinfo", Duration::ZERO);
        assert_eq!(lifetimes.of("user.getinfo"), None);
    }
}
