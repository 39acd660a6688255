//! What the service would refuse, told before anything is sent.
//!
//! The names are compared as a whole and without regard to case, never in part: *Unknown Mortal
//! Orchestra* is a band, and *Various Cruelties* another.

use std::time::Duration;

use super::{Refusal, Submission};
pub use crate::model::new_play::{TOO_SHORT, is_too_short};
use crate::{NewPlay, PlayerTrack, Timestamp};

/// How long ago a play may have begun for the service to take it: 14 days.
pub const OLDEST: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// How long before that a play is too old to be sent: 10 minutes.
///
/// A request that is tried again takes minutes, and the service's clock is not this machine's. What
/// gets too old on its way may be taken for an unknown artist, or be lost without a word.
pub const MARGIN: Duration = Duration::from_secs(10 * 60);

/// How far in the future a play may lie: 10 minutes.
///
/// The service takes more, perhaps a day. A play is sent after it began, so that one that lies in
/// the future tells of a clock that is wrong: by minutes where nothing sets it, which does no harm,
/// and by years where it was never set.
pub const AHEAD: Duration = Duration::from_secs(10 * 60);

/// A name with more characters is none: 1,000. The service's own limit is not known; a request with
/// one that is too long takes others with it, and would be made again and again.
pub const LONGEST: usize = 1_000;

/// Folded names that stand for no artist.
const NO_ARTIST: [&str; 10] = [
    // What the service's own page on `track.scrobble` shows as filtered.
    "unknown artist",
    // Seen to be filtered, by the service's own words: inflatablefriends/lastfm 59.
    "various",
    // Seen to be ignored: FoxxMD/multi-scrobbler 104, kawaiiDango/pano-scrobbler 423.
    "various artists",
    // What broken programs send for nothing; seen to be ignored.
    "undefined",
    "null",
    // MusicBrainz has these in place of names that nobody knows, and of artists that there are not.
    "[unknown]",
    "[no artist]",
    // Navidrome's.
    "[unknown artist]",
    // Android's (`MediaStore.UNKNOWN_STRING`).
    "<unknown>",
    // Rockbox's, in the logs that portable players keep.
    "<untagged>",
];

/// Folded names that stand for no track. `null` and `undefined` are songs, too.
const NO_TRACK: [&str; 3] = ["[unknown]", "<unknown>", "<untagged>"];

/// Folded names of an album's artist for which the service ignores a play whose artist is fine.
/// `Various Artists` is none of them.
const NO_ALBUM_ARTIST: [&str; 3] = [
    // Seen: FoxxMD/multi-scrobbler 340.
    "va",
    // Seen: kawaiiDango/pano-scrobbler 78 and 212.
    "unknown artist",
    "<unknown>",
];

/// Folded names of an album for which the service ignores a play. Seen: CDrummond/cantata 900,
/// clementine-player/Clementine 5739, kawaiiDango/pano-scrobbler 1 and 78.
const NO_ALBUM: [&str; 3] = ["unknown", "[unknown]", "unknown album"];

/// The oldest moment at which a play can have begun that is sent now: 14 days ago, less a
/// [margin](MARGIN).
///
/// ```
/// use lastfm_core::Timestamp;
/// use lastfm_core::scrobble::rules::oldest;
///
/// let now = Timestamp::from_unix(1_776_024_459);
/// assert_eq!(now.since(oldest(now)).as_secs(), 14 * 86_400 - 600);
/// ```
pub fn oldest(now: Timestamp) -> Timestamp {
    now.plus(seconds(MARGIN) - seconds(OLDEST))
}

/// Whether the service would take a play that is sent at this moment, as far as is known before.
///
/// ```
/// use lastfm_core::scrobble::{Refusal, rules};
/// use lastfm_core::{NewPlay, PlayerTrack, Timestamp};
///
/// let now = Timestamp::from_unix(1_776_024_459);
/// let play = |artist| NewPlay::new(PlayerTrack::new(artist, "Hunnybee"), now.plus(-200));
/// assert_eq!(rules::check(&play("Unknown Mortal Orchestra"), now), Ok(()));
/// assert_eq!(rules::check(&play("Unknown Artist"), now), Err(Refusal::PlaceholderArtist));
/// ```
///
/// # Errors
///
/// Why not; the names come first, then the length, then the time.
pub fn check(play: &NewPlay, now: Timestamp) -> Result<(), Refusal> {
    check_track(&play.track)?;
    if play.played_at < oldest(now) {
        return Err(Refusal::TooOld);
    }
    if play.played_at > now.plus(seconds(AHEAD)) {
        return Err(Refusal::TooNew);
    }
    Ok(())
}

/// The same submission, refused if the service would not take it at the moment at which it is sent:
/// when it is due, at the earliest now.
///
/// ```
/// use lastfm_core::scrobble::{Refusal, Submission, rules};
/// use lastfm_core::{NewPlay, PlayerTrack, Timestamp};
///
/// let now = Timestamp::from_unix(1_776_024_459);
/// let tomorrow = NewPlay::new(PlayerTrack::new("Low", "Words"), now.plus(86_400));
/// let at_once = rules::checked(Submission::new(tomorrow.clone()), now);
/// assert_eq!(at_once.refusal, Some(Refusal::TooNew));
/// let in_time = rules::checked(Submission::new(tomorrow).due_at(now.plus(86_600)), now);
/// assert_eq!(in_time.refusal, None);
/// ```
pub fn checked(submission: Submission, now: Timestamp) -> Submission {
    let sent_at = submission.due_at.map_or(now, |due_at| due_at.max(now));
    match check(&submission.play, sent_at) {
        Err(refusal) if submission.refusal.is_none() => submission.refused(refusal),
        _ => submission,
    }
}

/// Whether the service would take a track, played whenever.
///
/// A length of zero is what many players say of one that they do not know: nothing is refused for
/// it.
///
/// # Errors
///
/// Why not; the names come first, then the length.
pub fn check_track(track: &PlayerTrack) -> Result<(), Refusal> {
    let artist = folded(&track.artist);
    if artist.is_empty() {
        return Err(Refusal::BlankArtist);
    }
    let name = track.name.trim();
    if name.is_empty() {
        return Err(Refusal::BlankTrack);
    }
    if NO_ARTIST.contains(&&*artist) {
        return Err(Refusal::PlaceholderArtist);
    }
    // As programs spell them: the songs of these names begin with a capital letter.
    if NO_TRACK.contains(&&*folded(name)) || matches!(name, "undefined" | "null") {
        return Err(Refusal::PlaceholderTrack);
    }
    if is_one_of(&NO_ALBUM_ARTIST, track.album_artist.as_ref()) {
        return Err(Refusal::PlaceholderAlbumArtist);
    }
    let names = [Some(&track.artist), Some(&track.name), track.album.as_ref()];
    let mut names = names.into_iter().chain([track.album_artist.as_ref()]).flatten();
    if names.any(|name| name.chars().nth(LONGEST).is_some()) {
        return Err(Refusal::TooLong);
    }
    if track.duration.is_some_and(is_too_short) {
        return Err(Refusal::TooShort);
    }
    Ok(())
}

/// The track without those names for which the service would ignore it, though it can do without
/// them: an album, or an album's artist, that stands for none.
///
/// What is said of the artist, the track and its length stays: a play is not made up.
///
/// ```
/// use lastfm_core::PlayerTrack;
/// use lastfm_core::scrobble::rules;
///
/// let track = PlayerTrack::new("Low", "Words").album("Unknown Album").album_artist("VA");
/// assert!(rules::check_track(&track).is_err());
/// assert_eq!(rules::repaired(track), PlayerTrack::new("Low", "Words"));
/// ```
pub fn repaired(track: PlayerTrack) -> PlayerTrack {
    let mut track = track;
    if is_one_of(&NO_ALBUM, track.album.as_ref()) {
        track.album = None;
    }
    if is_one_of(&NO_ALBUM_ARTIST, track.album_artist.as_ref()) {
        track.album_artist = None;
    }
    track
}

fn is_one_of(names: &[&str], name: Option<&String>) -> bool {
    name.is_some_and(|name| names.contains(&&*folded(name)))
}

/// A name as the service compares it.
pub(super) fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Whole seconds, as a timestamp counts them.
pub(super) fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_unix(1_776_024_459);

    fn track(artist: &str, name: &str) -> PlayerTrack {
        PlayerTrack::new(artist, name)
    }

    fn by(artist: &str) -> Result<(), Refusal> {
        check_track(&track(artist, "Words"))
    }

    fn named(name: &str) -> Result<(), Refusal> {
        check_track(&track("Low", name))
    }

    #[test]
    fn a_blank_name_is_refused() {
        for blank in ["", " ", "\t\n", "\u{3000}"] {
            assert_eq!(by(blank), Err(Refusal::BlankArtist), "{blank:?}");
            assert_eq!(named(blank), Err(Refusal::BlankTrack), "{blank:?}");
        }
    }

    #[test]
    fn a_name_that_stands_for_no_artist_is_refused_in_any_case() {
        for artist in ["Unknown Artist", " VARIOUS ", "various artists", "<Untagged>", "null"] {
            assert_eq!(by(artist), Err(Refusal::PlaceholderArtist), "{artist:?}");
        }
    }

    #[test]
    fn a_name_that_only_holds_such_a_word_is_a_name() {
        let bands = [
            "Unknown Mortal Orchestra",
            "Various Cruelties",
            "Unknown",
            "Nullsleep",
            "VA",
            "[spunk]",
        ];
        for band in bands {
            assert_eq!(by(band), Ok(()), "{band:?}");
        }
    }

    #[test]
    fn songs_are_called_null_and_undefined_and_untitled() {
        for name in ["Null", "Undefined", "NULL", "Untitled", "[untitled]", "Unknown"] {
            assert_eq!(named(name), Ok(()), "{name:?}");
        }
        for name in ["null", "undefined", "[Unknown]", "<untagged>", " <unknown> "] {
            assert_eq!(named(name), Err(Refusal::PlaceholderTrack), "{name:?}");
        }
    }

    #[test]
    fn an_albums_artist_for_which_a_play_is_ignored_can_be_left_out() {
        let album = |by: &str| track("Low", "Words").album("Now 7").album_artist(by);
        for nobody in ["VA", "va ", "Unknown Artist"] {
            let refused = check_track(&album(nobody));
            assert_eq!(refused, Err(Refusal::PlaceholderAlbumArtist), "{nobody:?}");
            let repaired = repaired(album(nobody));
            assert_eq!((check_track(&repaired), repaired.album_artist), (Ok(()), None));
            assert_eq!(repaired.album.as_deref(), Some("Now 7"));
        }
        for fine in ["Various Artists", "Various", "Vapor", ""] {
            assert_eq!(check_track(&album(fine)), Ok(()), "{fine:?}");
            assert_eq!(repaired(album(fine)), album(fine));
        }
    }

    #[test]
    fn nothing_but_an_album_is_repaired() {
        let refused = track("Unknown Artist", "null").duration(Duration::from_secs(3));
        assert_eq!(repaired(refused.clone().album("[unknown]")), refused);
    }

    #[test]
    fn only_a_track_longer_than_thirty_seconds_is_taken_unless_its_length_is_not_known() {
        let lasting =
            |millis| check_track(&track("Low", "Words").duration(Duration::from_millis(millis)));
        for short in [1, 999, 29_999, 30_000, 30_999] {
            assert_eq!(lasting(short), Err(Refusal::TooShort), "{short}");
        }
        assert_eq!((lasting(0), lasting(31_000)), (Ok(()), Ok(())));
    }

    #[test]
    fn a_play_is_too_old_a_little_before_the_service_says_so() {
        let at = |seconds| check(&NewPlay::new(track("Low", "Words"), NOW.plus(seconds)), NOW);
        let oldest = -(14 * 86_400 - 600);
        assert_eq!((at(oldest), at(oldest - 1)), (Ok(()), Err(Refusal::TooOld)));
        assert_eq!((at(0), at(600), at(601)), (Ok(()), Ok(()), Err(Refusal::TooNew)));
    }

    #[test]
    fn every_list_of_names_is_folded() {
        let lists: [&[&str]; 4] = [&NO_ARTIST, &NO_TRACK, &NO_ALBUM_ARTIST, &NO_ALBUM];
        for name in lists.concat() {
            assert_eq!(folded(name), name);
        }
    }

    #[test]
    fn a_name_without_end_is_none() {
        let track = |letters: usize| PlayerTrack::new("Low", "W".repeat(letters));
        assert_eq!(check_track(&track(LONGEST)), Ok(()));
        assert_eq!(check_track(&track(LONGEST + 1)), Err(Refusal::TooLong));
        let album = PlayerTrack::new("Low", "Words").album("ö".repeat(LONGEST + 1));
        assert_eq!(check_track(&album), Err(Refusal::TooLong));
    }
}
