//! Whether plays of which nobody knows are in the history: pure decisions.

use std::collections::BTreeMap;

use super::rules::folded;
use super::{Proof, QueuedPlay, Receipt, Standing};
use crate::{Play, Span, Timestamp, Track};

/// Plays that lie further apart are looked for one after the other, seconds.
const FAR_APART: i64 = 6 * 60 * 60;

/// What a history says of a play.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// It is there.
    There(Receipt),
    /// Nothing of that second is left that it could be.
    Absent,
    /// At that second there is something under other names, which nothing else explains.
    Perhaps(Vec<Track>),
}

/// Spans to read so that every one of these plays lies in one of them, oldest first, each with
/// its plays.
pub(super) fn spans(mut plays: Vec<QueuedPlay>) -> Vec<(Span, Vec<QueuedPlay>)> {
    plays.sort_by_key(|play| (play.play.played_at, play.id));
    let mut spans: Vec<(Span, Vec<QueuedPlay>)> = Vec::new();
    for play in plays {
        let second = Span::second(play.play.played_at);
        match spans.last_mut() {
            Some((span, group)) if second.start <= span.end.plus(FAR_APART) => {
                span.end = second.end;
                group.push(play);
            }
            _ => spans.push((second, vec![play])),
        }
    }
    spans
}

/// What a history shows at each second, less what is explained.
pub(super) struct Shown(BTreeMap<Timestamp, Vec<Track>>);

/// The proof of each of `unknown` that `history` shows under the names that were sent, in the same
/// order; and what it shows besides, which neither these nor `others` of the queue explain.
pub(super) fn look_up(
    unknown: &[QueuedPlay],
    others: &[QueuedPlay],
    history: &[Play],
) -> (Vec<Option<Receipt>>, Shown) {
    let mut shown = Shown::new(history);
    let explain = |shown: &mut Shown, is_accepted| {
        let accepted = |play: &&QueuedPlay| matches!(play.standing, Standing::Accepted(_));
        for play in others.iter().filter(|play| accepted(play) == is_accepted) {
            let (artist, track) = taken_as(play);
            shown.take(play, artist, track);
        }
    };
    explain(&mut shown, true);
    // The names that were sent, before anything is called doubtful: a second can hold several.
    let as_sent = |play: &QueuedPlay| {
        let sent = &play.play.track;
        shown.take(play, &sent.artist, &sent.name)
    };
    let proofs = unknown.iter().map(as_sent).collect();
    // What was dropped may be there as well, but it is no reason to send the same again.
    explain(&mut shown, false);
    (proofs, shown)
}

impl Shown {
    fn new(history: &[Play]) -> Self {
        let mut shown: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for play in history {
            shown.entry(play.played_at()).or_default().push(play.track());
        }
        Self(shown)
    }

    /// Whether anything is left of the second of a play.
    pub(super) fn has_any(&self, play: &QueuedPlay) -> bool {
        !self.at(play).is_empty()
    }

    /// Explains a track of these names by this play, once: its proof, if the track is there.
    pub(super) fn take(&mut self, play: &QueuedPlay, artist: &str, name: &str) -> Option<Receipt> {
        let left = self.0.get_mut(&play.play.played_at)?;
        let is_wanted =
            |track: &Track| same_name(&track.artist, artist) && same_name(&track.name, name);
        let place = left.iter().position(is_wanted)?;
        Some(receipt(play, left.swap_remove(place)))
    }

    /// What is said of a play, once all that can be explained is.
    pub(super) fn say(&self, play: &QueuedPlay, proof: Option<Receipt>) -> Found {
        match (proof, self.at(play)) {
            (Some(receipt), _) => Found::There(receipt),
            (None, []) => Found::Absent,
            (None, left) => Found::Perhaps(left.to_vec()),
        }
    }

    fn at(&self, play: &QueuedPlay) -> &[Track] {
        self.0.get(&play.play.played_at).map_or(&[], Vec::as_slice)
    }
}

/// The proof that the service has a play as this track.
fn receipt(play: &QueuedPlay, found: Track) -> Receipt {
    let sent = &play.play.track;
    Receipt {
        artist: Some(found.artist).filter(|artist| *artist != sent.artist),
        track: Some(found.name).filter(|name| *name != sent.name),
        album: found.album.filter(|album| sent.album.as_ref().is_some_and(|sent| sent != album)),
        album_artist: None,
        proof: Proof::History,
    }
}

fn same_name(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

/// The names under which the service has a play, or would have it.
fn taken_as(play: &QueuedPlay) -> (&str, &str) {
    let (mut artist, mut track) = (&play.play.track.artist, &play.play.track.name);
    if let Standing::Accepted(receipt) = &play.standing {
        artist = receipt.artist.as_ref().unwrap_or(artist);
        track = receipt.track.as_ref().unwrap_or(track);
    }
    (artist, track)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scrobble::{Attempt, PlayId};
    use crate::{NewPlay, PlayerTrack};

    fn queued(id: i64, artist: &str, track: &str, at: i64) -> QueuedPlay {
        let at = Timestamp::from_unix(at);
        QueuedPlay {
            id: PlayId(id),
            play: NewPlay::new(PlayerTrack::new(artist, track), at),
            job: None,
            queued_at: at,
            due_at: at,
            attempt_count: 1,
            standing: Standing::Unknown { attempt: Attempt(1) },
            since: at,
            reason: None,
        }
    }

    fn shown(artist: &str, track: &str, at: i64) -> Play {
        let raw = serde_json::json!({
            "artist": {"#text": artist}, "name": track, "album": {"#text": ""},
            "date": {"uts": at.to_string(), "#text": ""}
        });
        Play::from_json(raw.to_string()).unwrap()
    }

    fn look_up(unknown: &[QueuedPlay], others: &[QueuedPlay], history: &[Play]) -> Vec<Found> {
        let (proofs, shown) = super::look_up(unknown, others, history);
        unknown.iter().zip(proofs).map(|(play, proof)| shown.say(play, proof)).collect()
    }

    #[test]
    fn a_play_that_the_history_shows_is_there_under_any_spelling() {
        let unknown = [queued(1, "low ", "words", 10), queued(2, "Low", "Sea", 10)];
        let found = look_up(&unknown, &[], &[shown("Low", "Words", 10), shown("Low", "Sea", 10)]);
        let Found::There(receipt) = &found[0] else { panic!("{found:?}") };
        assert_eq!(receipt.artist.as_deref(), Some("Low"));
        assert_eq!(receipt.proof, Proof::History);
        assert!(matches!(&found[1], Found::There(receipt) if !receipt.is_corrected()));
    }

    #[test]
    fn the_proof_tells_which_names_the_service_has_instead() {
        let album = |album: &str| {
            let mut play = queued(1, "Low", "Words", 10);
            play.play.track = play.play.track.album(album);
            let [artist, name, album] = ["Low", "Words!", "Trust"].map(str::to_owned);
            receipt(&play, Track { artist, name, album: Some(album), ..Track::default() })
        };
        let same = album("Trust");
        assert_eq!((same.artist.as_deref(), same.track.as_deref()), (None, Some("Words!")));
        assert_eq!(same.album, None);
        assert_eq!(album("trust").album.as_deref(), Some("Trust"));
    }

    #[test]
    fn one_play_in_the_history_is_not_two() {
        let unknown = [queued(1, "Low", "Words", 10), queued(2, "Low", "Words", 10)];
        let found = look_up(&unknown, &[], &[shown("Low", "Words", 10)]);
        assert!(matches!(found[..], [Found::There(_), Found::Absent]), "{found:?}");
        let accepted = QueuedPlay {
            standing: Standing::Accepted(Receipt::default()),
            ..queued(3, "Low", "Words", 10)
        };
        let found = look_up(&unknown[..1], &[accepted], &[shown("Low", "Words", 10)]);
        assert_eq!(found, [Found::Absent]);
    }

    #[test]
    fn a_play_that_was_dropped_is_not_what_the_history_shows_of_the_same_queued_again() {
        let unknown = [queued(1, "Low", "Words", 10), queued(2, "Low", "Sea", 20)];
        let dropped = |id, track, at| QueuedPlay {
            standing: Standing::Cancelled,
            ..queued(id, "Low", track, at)
        };
        let others = [dropped(3, "Words", 10), dropped(4, "Else", 20)];
        let found =
            look_up(&unknown, &others, &[shown("Low", "Words", 10), shown("Low", "Else", 20)]);
        assert!(matches!(found[..], [Found::There(_), Found::Absent]), "{found:?}");
    }

    #[test]
    fn what_nothing_explains_leaves_a_doubt() {
        let unknown = [queued(1, "Low", "Words", 10), queued(2, "Low", "Sea", 11)];
        let found = look_up(&unknown, &[], &[shown("Lowe", "Wordz", 10)]);
        assert!(matches!(&found[0], Found::Perhaps(left) if left.len() == 1), "{found:?}");
        assert_eq!(found[1], Found::Absent);
        let corrected = Receipt { artist: Some("Lowe".to_owned()), ..Receipt::default() };
        let other = QueuedPlay {
            standing: Standing::Accepted(corrected),
            ..queued(3, "Loew", "Wordz", 10)
        };
        let found = look_up(&unknown, &[other], &[shown("Lowe", "Wordz", 10)]);
        assert_eq!(found, [Found::Absent, Found::Absent]);
    }

    #[test]
    fn a_track_of_the_history_explains_one_play_however_it_was_found() {
        let unknown = [queued(1, "Loew", "Words", 10), queued(2, "Lowe", "Words", 10)];
        let (mut proofs, mut shown) = super::look_up(&unknown, &[], &[shown("Low", "Words", 10)]);
        assert!(unknown.iter().all(|play| shown.has_any(play)));
        // Both would be corrected to what the history shows.
        for (play, proof) in unknown.iter().zip(&mut proofs) {
            *proof = shown.take(play, "Low", "Words");
        }
        let found: Vec<_> =
            unknown.iter().zip(proofs).map(|(play, proof)| shown.say(play, proof)).collect();
        assert!(matches!(found[..], [Found::There(_), Found::Absent]), "{found:?}");
    }

    #[test]
    fn plays_far_apart_are_looked_for_on_their_own() {
        let day = 86_400;
        let plays = vec![queued(1, "a", "b", day), queued(2, "a", "b", 0), queued(3, "a", "b", 60)];
        let spans = spans(plays);
        let told: Vec<_> = spans
            .iter()
            .map(|(span, plays)| (span.start.as_unix(), span.end.as_unix(), plays.len()))
            .collect();
        assert_eq!(told, [(0, 61, 2), (day, day + 1, 1)]);
    }
}
