//! What was handed over, and what must have become of it.

use std::collections::{BTreeMap, BTreeSet};

use super::Tally;
use super::plan::{FILTERED_ARTIST, FILTERED_TRACK};
use crate::archive::StoreError;
use crate::scrobble::{
    Account, Enqueued, Filter, PlayId, QueuedPlay, Refusal, Repeats, ScrobbleQueue, Standing,
    State, Step, Submission,
};
use crate::testing::{FakeLastfm, TruePlay};
use crate::{IgnoredReason, NewPlay, Timestamp};

/// A play that was so old when it was queued can get too old on its way. All others are at most
/// three days old; but the clock that says when it was queued may be four days off.
const NEARLY_TOO_OLD: i64 = 15 * 12 * 3_600;

/// Second, artist and track, as the service compares them.
type Identity = (Timestamp, String, String);

/// What the app knows, and what the person at it did.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// What was acknowledged, and whether its second may have been moved.
    told: BTreeMap<PlayId, (NewPlay, bool)>,
    cancelled: BTreeSet<PlayId>,
}

impl Ledger {
    /// These plays were acknowledged so.
    pub(super) fn acknowledged(
        &mut self,
        plays: &[Submission],
        repeats: Repeats,
        enqueued: &[Enqueued],
    ) -> Result<(), String> {
        if plays.len() != enqueued.len() {
            return Err(format!("{} plays, {} answers", plays.len(), enqueued.len()));
        }
        for (play, enqueued) in plays.iter().zip(enqueued) {
            if let Enqueued::Added(id) = enqueued {
                let may_move = repeats == Repeats::Shift;
                if self.told.insert(*id, (play.play.clone(), may_move)).is_some() {
                    return Err(format!("number {id:?} was given twice"));
                }
            }
        }
        Ok(())
    }

    /// This play of a job is in the queue.
    pub(super) fn is_of_a_job(&mut self, play: &QueuedPlay) {
        self.told.insert(play.id, (play.play.clone(), false));
    }

    /// A person has asked for this play to be dropped.
    pub(super) fn cancelled(&mut self, id: PlayId) {
        self.cancelled.insert(id);
    }

    /// Holds the queue against the truth. `before` are the plays that the queue did not bring.
    pub(super) async fn check(
        &self,
        queue: &dyn ScrobbleQueue,
        account: &Account,
        truth: &[TruePlay],
        before: &BTreeSet<u64>,
        now: Timestamp,
    ) -> Result<Tally, String> {
        let failed = |error: StoreError| format!("{error:?}");
        let plays = queue.plays(account, Filter::all(), None, usize::MAX, now).await;
        let plays = plays.map_err(failed)?;
        let steps = queue.history(account, None, None, usize::MAX).await.map_err(failed)?;
        let mut stories: BTreeMap<PlayId, Vec<Step>> = BTreeMap::new();
        for step in steps {
            stories.entry(step.play).or_default().push(step);
        }
        self.is_all_there(&plays)?;
        let mut tally = Tally::default();
        // How often the service may and must have each play.
        let mut bounds: BTreeMap<Identity, (usize, usize)> = BTreeMap::new();
        for play in &plays {
            let story = stories.get(&play.id).map_or(&[][..], Vec::as_slice);
            let told = || tell(play, story);
            is_coherent(play, story, now).map_err(|wrong| format!("{wrong}: {}", told()))?;
            let (least, most) = self.bounds(play, story, &mut tally);
            let (least, most) = (least.map_err(|wrong| format!("{wrong}: {}", told()))?, most);
            let bound = bounds.entry(identity_of(play)).or_default();
            *bound = (bound.0 + least, bound.1 + most);
        }
        tally.plays = plays.len();
        let mut held: BTreeMap<Identity, usize> = BTreeMap::new();
        for play in truth.iter().filter(|play| !before.contains(&play.id)) {
            *held.entry(identity(play.at, &play.artist, &play.track)).or_default() += 1;
        }
        let all: BTreeSet<&Identity> = bounds.keys().chain(held.keys()).collect();
        for which in all {
            let (least, most) = bounds.get(which).copied().unwrap_or_default();
            let held = held.get(which).copied().unwrap_or_default();
            if (least..=most).contains(&held) {
                continue;
            }
            let word = if held < least {
                "lost"
            } else if most == 0 {
                "unwanted"
            } else {
                "doubled"
            };
            let stories: Vec<String> = plays
                .iter()
                .filter(|play| identity_of(play) == *which)
                .map(|play| tell(play, stories.get(&play.id).map_or(&[], Vec::as_slice)))
                .collect();
            return Err(format!(
                "{word}: {which:?} is there {held} times, not {least} to {most}\n  {}",
                stories.join("\n  ")
            ));
        }
        Ok(tally)
    }

    /// What was acknowledged is there, as it was told.
    fn is_all_there(&self, plays: &[QueuedPlay]) -> Result<(), String> {
        let there: BTreeMap<PlayId, &QueuedPlay> =
            plays.iter().map(|play| (play.id, play)).collect();
        for (id, (told, may_move)) in &self.told {
            let Some(play) = there.get(id) else {
                return Err(format!("{id:?} has vanished: {told:?}"));
            };
            let moved = play.play.played_at.as_unix() - told.played_at.as_unix();
            let is_there = moved == 0 || *may_move && moved > 0;
            if play.play.track != told.track || !is_there {
                return Err(format!("{told:?} has become {:?}", play.play));
            }
        }
        Ok(())
    }

    /// How often the service must have this play, and how often it may.
    fn bounds(
        &self,
        play: &QueuedPlay,
        story: &[Step],
        tally: &mut Tally,
    ) -> (Result<usize, String>, usize) {
        match &play.standing {
            Standing::Accepted(_) => {
                tally.accepted += 1;
                (Ok(1), 1)
            }
            Standing::Refused(refusal) => {
                tally.refused += 1;
                (may_be_refused(play, refusal, story).map(|()| 0), 0)
            }
            Standing::Cancelled => {
                tally.cancelled += 1;
                let cancelled = self.cancelled.contains(&play.id);
                let asked = cancelled.then_some(0).ok_or_else(|| "nobody cancelled it".to_owned());
                // What was unknown then may be there.
                let before = story.len().checked_sub(2).map(|place| story[place].state);
                (asked, usize::from(before == Some(State::Unknown)))
            }
            Standing::Unknown { .. } => {
                tally.unknown += 1;
                (Ok(0), 1)
            }
            _ => (Err("it is still on its way".to_owned()), 0),
        }
    }
}

fn identity(at: Timestamp, artist: &str, track: &str) -> Identity {
    let fold = |name: &str| name.trim().to_lowercase();
    (at, fold(artist), fold(track))
}

fn identity_of(play: &QueuedPlay) -> Identity {
    let (artist, track) = FakeLastfm::corrected(&play.play.track.artist, &play.play.track.name);
    identity(play.play.played_at, &artist, &track)
}

/// Whether the service, or the rules, can have refused this play for this reason.
fn may_be_refused(play: &QueuedPlay, refusal: &Refusal, story: &[Step]) -> Result<(), String> {
    let track = &play.play.track;
    let is_filtered = track.artist == FILTERED_ARTIST || track.name == FILTERED_TRACK;
    let age = play.queued_at.as_unix() - play.play.played_at.as_unix();
    // What was refused before, and is tried again, can get too old as well.
    let was_refused = story.iter().rev().skip(1).any(|step| step.state == State::Refused);
    let gets_too_old = age > NEARLY_TOO_OLD || was_refused;
    let is_right = match refusal {
        Refusal::TooOld => gets_too_old,
        Refusal::PlaceholderArtist => track.artist == "Unknown Artist",
        Refusal::Ignored(ignored) => match ignored.reason {
            IgnoredReason::TooOld => gets_too_old,
            IgnoredReason::ArtistFiltered => {
                is_filtered || gets_too_old || track.artist == "Unknown Artist"
            }
            IgnoredReason::TrackFiltered => is_filtered,
            _ => false,
        },
        _ => false,
    };
    if is_right { Ok(()) } else { Err(format!("nothing speaks for refusing it ({refusal})")) }
}

/// Whether what happened to a play can have happened in this order, and led to where it stands.
fn is_coherent(play: &QueuedPlay, story: &[Step], now: Timestamp) -> Result<(), String> {
    use State::{Accepted, Cancelled, Paused, Ready, Refused, Scheduled, Sending, Unknown};
    let Some((first, last)) = story.first().zip(story.last()) else {
        return Err("it has no story".to_owned());
    };
    if !matches!(first.state, Ready | Scheduled | Refused) {
        return Err("it was not queued first".to_owned());
    }
    for pair in story.windows(2) {
        let can_come: &[State] = match pair[0].state {
            Ready | Scheduled => &[Sending, Paused, Cancelled, Refused, Ready],
            Paused => &[Ready, Scheduled, Cancelled, Refused],
            Sending => &[Accepted, Refused, Unknown, Ready, Scheduled],
            Unknown => &[Accepted, Refused, Unknown, Ready, Scheduled, Cancelled],
            Refused => &[Ready, Cancelled],
            Cancelled => &[Ready],
            Accepted => &[],
        };
        if !can_come.contains(&pair[1].state) {
            return Err(format!("{} came after {}", pair[1].state, pair[0].state));
        }
    }
    let waits = |state: State| if state == Scheduled { Ready } else { state };
    if waits(last.state) != waits(play.state(now)) {
        return Err("it does not stand where its story ends".to_owned());
    }
    let attempts = story.iter().filter(|step| step.state == Sending).count();
    if usize::try_from(play.attempt_count) != Ok(attempts) {
        return Err(format!("{} attempts, {attempts} told", play.attempt_count));
    }
    Ok(())
}

fn tell(play: &QueuedPlay, story: &[Step]) -> String {
    let steps: Vec<String> = story
        .iter()
        .map(|step| {
            let reason = step.reason.as_deref().map_or(String::new(), |why| format!(" ({why})"));
            format!("{} {}{reason}", step.at, step.state)
        })
        .collect();
    let track = &play.play.track;
    format!(
        "{:?} {} {:?} {:?}: {}",
        play.id,
        play.play.played_at,
        track.artist,
        track.name,
        steps.join("; ")
    )
}
