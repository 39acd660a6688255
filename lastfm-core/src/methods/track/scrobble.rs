//! `track.scrobble` — session.
//!
//! Adds plays to the history of the session's user.
//!
//! # Observed
//!
//! * 2014 to 2017: the counts came as text; since then as numbers.
//! * 2015: `album` could be missing altogether.
//! * 2023: one play alone is answered as an object, not as a list.
//! * 2023: what is ignored may come back without its text.

use crate::methods::track::sending;
use crate::wire::{Entry, Object};
use crate::{
    Authentication, DecodeError, Ignored, InvalidArgument, Method, NewPlay, Params, TakenName,
    Timestamp, Verb,
};

/// Adds plays to the history of the session's user.
///
/// This call sends what it is given, and nothing is known of a play before the service has
/// answered. The service takes each play for itself: some can be ignored while others are taken.
///
/// Service documentation: <https://www.last.fm/api/show/track.scrobble>.
///
/// ```
/// use lastfm_core::methods::track::Scrobble;
/// use lastfm_core::{Method, NewPlay, Params, PlayerTrack, Timestamp};
///
/// let play = NewPlay::new(PlayerTrack::new("Low", "Words"), Timestamp::from_unix(922_320_000));
/// let mut params = Params::default();
/// Scrobble::new([play]).params(&mut params);
/// assert_eq!(params.to_form(), "artist=Low&timestamp=922320000&track=Words");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scrobble {
    plays: Vec<NewPlay>,
}

impl Scrobble {
    /// Adds these plays, 1 to 50, the oldest first.
    pub fn new(plays: impl IntoIterator<Item = NewPlay>) -> Self {
        Self { plays: plays.into_iter().collect() }
    }
}

impl Method for Scrobble {
    const NAME: &'static str = "track.scrobble";
    const VERB: Verb = Verb::Write;
    const AUTHENTICATION: Authentication = Authentication::Session;
    type Response = Scrobbled;

    fn params(&self, params: &mut Params) {
        // One alone has no number: Maloja understands nothing else.
        let numbered = self.plays.len() > 1;
        for (item, play) in self.plays.iter().enumerate() {
            let item = numbered.then_some(item);
            sending::params(&play.track, item, params);
            params
                .set(sending::name("timestamp", item), play.played_at.as_unix())
                .set_opt(sending::name("chosenByUser", item), (!play.chosen_by_user).then_some(0));
        }
    }

    fn check(&self) -> Result<(), InvalidArgument> {
        if !(1..=50).contains(&self.plays.len()) {
            return Err(InvalidArgument::new("plays", "from 1 to 50 plays"));
        }
        self.plays.iter().try_for_each(|play| sending::check(&play.track))
    }

    fn decode(body: &str) -> Result<Scrobbled, DecodeError> {
        let scrobbles = Object::read(body)?.object("scrobbles")?;
        let counts = scrobbles.child("@attr");
        let (accepted_count, ignored_count) =
            (counts.number("accepted")?, counts.number("ignored")?);
        if accepted_count.is_none() && ignored_count.is_none() {
            return Err(DecodeError::new("it does not say how many plays were taken"));
        }
        let plays: Vec<ScrobbledPlay> = scrobbles.list("scrobble")?;
        let is_told = |count: Option<u64>, ignored: bool| {
            let told = plays.iter().filter(|play| play.ignored.is_some() == ignored).count();
            count.is_none_or(|count| u64::try_from(told) == Ok(count))
        };
        // Maloja gives no verdicts, and does not count what it took.
        let is_silent = plays.is_empty() && accepted_count.is_none();
        let is_whole = is_told(accepted_count, false) && is_told(ignored_count, true);
        if !(is_silent || is_whole) {
            return Err(DecodeError::new("its verdicts do not sum up to its counts"));
        }
        Ok(Scrobbled { accepted_count, ignored_count, plays })
    }
}

/// What the service made of the plays that were sent to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scrobbled {
    /// How many plays the service took. Maloja does not say.
    pub accepted_count: Option<u64>,
    /// How many plays it ignored.
    pub ignored_count: Option<u64>,
    /// One verdict for each play, as a rule in the order in which they were sent; what belongs to
    /// which is told by [`played_at`](ScrobbledPlay::played_at). Maloja gives none.
    pub plays: Vec<ScrobbledPlay>,
}

/// What the service made of one play.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScrobbledPlay {
    /// The artist.
    pub artist: TakenName,
    /// The track.
    pub track: TakenName,
    /// The album.
    pub album: TakenName,
    /// Whose album it is.
    pub album_artist: TakenName,
    /// When it was played, as it was sent: it tells which play this is about.
    pub played_at: Option<Timestamp>,
    /// Why the service ignored the play; nothing if it took it.
    pub ignored: Option<Ignored>,
}

impl Entry for ScrobbledPlay {
    fn read(item: &str) -> Result<Self, DecodeError> {
        let play = Object::read(item)?;
        Ok(Self {
            artist: TakenName::of(&play, "artist"),
            track: TakenName::of(&play, "track"),
            album: TakenName::of(&play, "album"),
            album_artist: TakenName::of(&play, "albumArtist"),
            played_at: play.moment("timestamp")?,
            ignored: Ignored::of(&play)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::methods::harness;
    use crate::methods::track::sending::tests::{known, refused};
    use crate::{IgnoredReason, PlayerTrack};

    fn words(seconds: i64) -> NewPlay {
        NewPlay::new(PlayerTrack::new("Low", "Words"), Timestamp::from_unix(seconds))
    }

    #[test]
    fn it_keeps_its_contract() {
        let everything = NewPlay::new(known(), Timestamp::from_unix(7)).chosen_by_user(false);
        let mut table = harness::method::<Scrobble>()
            .sends(
                Scrobble::new([everything.clone()]),
                "album=Trust&albumArtist=Ida&artist=Low&chosenByUser=0&duration=345&mbid=a-b&\
                 timestamp=7&track=Words&trackNumber=3",
            )
            .sends(Scrobble::new([words(9)]), "artist=Low&timestamp=9&track=Words")
            .sends(
                Scrobble::new([everything, words(9)]),
                "albumArtist%5B0%5D=Ida&album%5B0%5D=Trust&artist%5B0%5D=Low&artist%5B1%5D=Low&\
                 chosenByUser%5B0%5D=0&duration%5B0%5D=345&mbid%5B0%5D=a-b&timestamp%5B0%5D=7&\
                 timestamp%5B1%5D=9&trackNumber%5B0%5D=3&track%5B0%5D=Words&track%5B1%5D=Words",
            )
            .refuses(&Scrobble::new([]), "plays")
            .refuses(&Scrobble::new((0..51).map(words)), "plays");
        for (track, parameter) in refused() {
            let blank = NewPlay::new(track, Timestamp::from_unix(7));
            table = table.refuses(&Scrobble::new([words(9), blank]), parameter);
        }
        assert_eq!(Scrobble::new((0..50).map(words)).check(), Ok(()));
        table
            .reads(
                r##"{"scrobbles":{"scrobble":[{"artist":{"corrected":"1","#text":"Low"},
                    "album":{"corrected":"0","#text":"Trust"},"track":{"corrected":"0",
                    "#text":"Words"},"ignoredMessage":{"code":"0","#text":""},
                    "albumArtist":{"corrected":"0","#text":"Ida"},"timestamp":"1697901133"},
                    {"artist":{"corrected":"0"},"track":{"corrected":"0","#text":"Capsized"},
                    "ignoredMessage":{"code":"1","#text":"Artist name failed filter: Various"},
                    "albumArtist":{"corrected":"0","#text":""},"timestamp":"1697901134"}],
                    "@attr":{"ignored":1,"accepted":1}}}"##,
                |scrobbled| {
                    let counts = (scrobbled.accepted_count, scrobbled.ignored_count);
                    assert_eq!(counts, (Some(1), Some(1)));
                    let [taken, ignored] = &scrobbled.plays[..] else { panic!("two were sent") };
                    let names = [&taken.artist, &taken.track, &taken.album, &taken.album_artist];
                    assert_eq!(
                        names.map(|name| (name.name.as_deref().unwrap(), name.corrected)),
                        [("Low", true), ("Words", false), ("Trust", false), ("Ida", false)]
                    );
                    assert_eq!(taken.played_at, Some(Timestamp::from_unix(1_697_901_133)));
                    assert_eq!(taken.ignored, None);
                    assert_eq!(ignored.track.name.as_deref(), Some("Capsized"));
                    for name in [&ignored.artist, &ignored.album, &ignored.album_artist] {
                        assert_eq!(*name, TakenName::default());
                    }
                    assert_eq!(ignored.played_at, Some(Timestamp::from_unix(1_697_901_134)));
                    let why = ignored.ignored.as_ref().unwrap();
                    assert_eq!(why.reason, IgnoredReason::ArtistFiltered);
                    assert!(why.message.as_ref().unwrap().ends_with("Various"));
                },
            )
            .reads(
                r#"{"scrobbles":{"scrobble":{"timestamp":""},
                    "@attr":{"accepted":"1","ignored":"0"}}}"#,
                |scrobbled| {
                    assert_eq!((scrobbled.accepted_count, scrobbled.plays.len()), (Some(1), 1));
                    let play = &scrobbled.plays[0];
                    assert_eq!((&play.artist, play.played_at), (&TakenName::default(), None));
                    assert_eq!(play.ignored, None);
                },
            )
            .reads(r#"{"scrobbles":{"@attr":{"ignored":0}}}"#, |scrobbled| {
                let counts = (scrobbled.accepted_count, scrobbled.ignored_count);
                assert_eq!((counts, scrobbled.plays.len()), ((None, Some(0)), 0));
            })
            .rejects([
                "{}",
                r#"{"scrobbles":7}"#,
                r#"{"scrobbles":{"scrobble":{}}}"#,
                r##"{"scrobbles":{"scrobble":{"ignoredMessage":{"#text":""}},
                    "@attr":{"accepted":0,"ignored":1}}}"##,
                r#"{"scrobbles":{"scrobble":[],"@attr":{"accepted":1,"ignored":0}}}"#,
                r#"{"scrobbles":{"scrobble":[7],"@attr":{"accepted":1,"ignored":0}}}"#,
                r#"{"scrobbles":{"scrobble":[],"@attr":{"accepted":"all","ignored":0}}}"#,
            ]);
    }
}
