//! An album that was heard away from any player, made into plays with times.

use std::time::Duration;

use super::rules::{repaired, seconds};
use super::{Submission, Threshold};
use crate::methods::album::AlbumInfo;
use crate::{NewPlay, PlayerTrack, Timestamp};

/// Tracks that are played one after another, such as a record on a turntable.
///
/// Each takes its own length in whole seconds, and 3 minutes if that is not known.
///
/// ```
/// use std::time::Duration;
/// use lastfm_core::scrobble::{Album, Timing};
/// use lastfm_core::{PlayerTrack, Timestamp};
///
/// let now = Timestamp::from_unix(1_776_024_459);
/// let album = Album::new([
///     PlayerTrack::new("Low", "Words").duration(Duration::from_secs(345)),
///     PlayerTrack::new("Low", "Fear"),
/// ]);
/// assert_eq!(album.length(), Duration::from_secs(345 + 180));
///
/// let heard = album.plays(Timing::EndingNow, now);
/// assert_eq!(heard[0].play.played_at, now.plus(-525));
/// assert_eq!((heard[1].play.played_at, heard[1].due_at), (now.plus(-180), None));
///
/// let begun = album.plays(Timing::StartingNow, now);
/// assert_eq!(begun[1].play.played_at, now.plus(345));
/// // It counts once half of it was heard, and is not sent before.
/// assert_eq!(begun[1].due_at, Some(now.plus(345 + 90)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Album {
    tracks: Vec<PlayerTrack>,
}

/// When an album was, or is, played.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Timing {
    /// Its last track ends now.
    #[default]
    EndingNow,
    /// Its first track begins now.
    StartingNow,
    /// Its last track ends at this moment.
    EndingAt(Timestamp),
    /// Its first track begins at this moment.
    StartingAt(Timestamp),
}

/// How long a track is of which nobody knows it.
const USUAL: Duration = Duration::from_secs(3 * 60);

impl Album {
    /// These tracks in their order.
    pub fn new(tracks: impl IntoIterator<Item = PlayerTrack>) -> Self {
        Self { tracks: tracks.into_iter().collect() }
    }

    /// The tracks of an album as the service knows it; none if it knows none.
    ///
    /// A track keeps its own artist, and the album's artist is said where that is another. A track
    /// without one is the album's artist's: of a compilation it is refused by
    /// [`check`](super::rules::check), since *Various Artists* have not played it.
    pub fn from_info(info: &AlbumInfo) -> Self {
        let album_artist = info.artist.name.trim();
        let tracks = info.tracks.iter().zip(1..).map(|(entry, place)| {
            let artist = Some(entry.artist.name.trim()).filter(|name| !name.is_empty());
            let artist = artist.unwrap_or(album_artist);
            let rank = entry.rank.and_then(|rank| u32::try_from(rank).ok());
            let mut track = PlayerTrack::new(artist, entry.name.trim())
                .album(info.name.trim())
                .track_number(rank.unwrap_or(place));
            track.album_artist =
                (!album_artist.is_empty() && album_artist != artist).then(|| album_artist.into());
            (track.mbid, track.duration) = (entry.mbid.clone(), entry.duration);
            repaired(track)
        });
        Self::new(tracks)
    }

    /// Its tracks.
    pub fn tracks(&self) -> &[PlayerTrack] {
        &self.tracks
    }

    /// How long all of it takes.
    pub fn length(&self) -> Duration {
        self.tracks.iter().map(length).fold(Duration::ZERO, Duration::saturating_add)
    }

    /// Its plays in their order. One that has not counted yet is due when it does, by the
    /// [service's rule](Threshold).
    ///
    /// All tracks are in it, also those that the service will not take; whoever queues them has
    /// them [checked](super::rules::checked).
    pub fn plays(&self, timing: Timing, now: Timestamp) -> Vec<Submission> {
        let total = seconds(self.length());
        let start = match timing {
            Timing::EndingNow => now.plus(-total),
            Timing::StartingNow => now,
            Timing::EndingAt(end) => end.plus(-total),
            Timing::StartingAt(start) => start,
        };
        let mut began = start;
        let plays = self.tracks.iter().map(|track| {
            let play = submission(track.clone(), began, now);
            began = began.plus(seconds(length(track)));
            play
        });
        plays.collect()
    }
}

/// How long a track takes, in whole seconds, at least one.
pub(super) fn length(track: &PlayerTrack) -> Duration {
    let known = track.duration.filter(|length| !length.is_zero());
    known.map_or(USUAL, |length| Duration::from_secs(length.as_secs().max(1)))
}

/// The play of a track that began at this moment, due when it counts.
pub(super) fn submission(track: PlayerTrack, began: Timestamp, now: Timestamp) -> Submission {
    let length = length(&track);
    let needed = Threshold::default().needed(Some(length)).unwrap_or(length);
    let counts_at = began.plus(seconds(needed));
    let submission = Submission::new(NewPlay::new(track, began));
    if counts_at > now { submission.due_at(counts_at) } else { submission }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Method as _;
    use crate::methods::album::GetInfo;
    use crate::scrobble::{Refusal, rules};

    const NOW: Timestamp = Timestamp::from_unix(1_776_024_459);

    fn info(body: &str) -> Album {
        Album::from_info(&GetInfo::decode(body).unwrap())
    }

    #[test]
    fn a_compilation_keeps_the_artists_of_its_tracks() {
        let album = info(
            r#"{"album":{"name":"No Alternative","artist":"Various Artists","tracks":{"track":[
                {"name":"Superdeformed","duration":"226","artist":{"name":"Matthew Sweet"},
                "@attr":{"rank":"1"}},{"name":"Verse Chorus Verse","duration":null}]}}}"#,
        );
        let [sweet, hidden] = album.tracks() else { panic!("two tracks") };
        assert_eq!((&*sweet.artist, sweet.track_number), ("Matthew Sweet", Some(1)));
        assert_eq!(sweet.album_artist.as_deref(), Some("Various Artists"));
        assert_eq!(sweet.duration, Some(Duration::from_secs(226)));
        assert_eq!((hidden.track_number, hidden.duration), (Some(2), None));
        let plays = album.plays(Timing::EndingNow, NOW);
        let refusals = plays.into_iter().map(|play| rules::checked(play, NOW).refusal);
        assert_eq!(refusals.collect::<Vec<_>>(), [None, Some(Refusal::PlaceholderArtist)]);
        assert_eq!(album.length(), Duration::from_secs(226 + 180));
    }

    #[test]
    fn an_album_of_one_artist_does_not_repeat_the_name() {
        let album = info(
            r#"{"album":{"name":"Trust","artist":"Low","tracks":{"track":{"name":"Canada"}}}}"#,
        );
        let canada = PlayerTrack::new("Low", "Canada").album("Trust").track_number(1);
        assert_eq!(album.tracks(), [canada]);
        assert_eq!(info(r#"{"album":{"name":"Trust"}}"#), Album::default());
    }

    #[test]
    fn no_two_tracks_begin_in_one_second() {
        let short = PlayerTrack::new("Low", "Cut").duration(Duration::from_millis(900));
        let album = Album::new([short.clone(), short]);
        let plays = album.plays(Timing::StartingNow, NOW);
        assert_eq!(plays[1].play.played_at, NOW.plus(1));
        assert_eq!(album.length(), Duration::from_secs(2));
    }

    #[test]
    fn an_album_begins_or_ends_when_it_is_said() {
        let album = Album::new(["Words", "Fear"].map(|name| PlayerTrack::new("Low", name)));
        let began = |timing| album.plays(timing, NOW)[0].play.played_at.as_unix() - NOW.as_unix();
        assert_eq!(began(Timing::EndingNow), -360);
        assert_eq!(began(Timing::StartingNow), 0);
        assert_eq!(began(Timing::EndingAt(NOW.plus(-60))), -420);
        assert_eq!(began(Timing::StartingAt(NOW.plus(60))), 60);
    }

    proptest! {
        /// One after another, without gap or overlap, and nothing is sent before it counts.
        #[test]
        fn every_track_takes_its_own_time(
            lengths in prop::collection::vec(prop::option::of(0_u64..900_000), 0..30),
            start in -50_000_i64..50_000,
        ) {
            let tracks = lengths.iter().map(|length| {
                let track = PlayerTrack::new("Low", "Words");
                length.map_or(track.clone(), |millis| track.duration(Duration::from_millis(millis)))
            });
            let album = Album::new(tracks);
            let plays = album.plays(Timing::StartingAt(NOW.plus(start)), NOW);
            let mut began = NOW.plus(start);
            for (play, track) in plays.iter().zip(album.tracks()) {
                prop_assert_eq!(play.play.played_at, began);
                let counts_at = began.plus(seconds(
                    Threshold::default().needed(Some(length(track))).unwrap_or(length(track)),
                ));
                prop_assert_eq!(play.due_at, (counts_at > NOW).then_some(counts_at));
                began = began.plus(seconds(length(track)));
            }
            prop_assert_eq!(began, NOW.plus(start + seconds(album.length())));
        }
    }
}
