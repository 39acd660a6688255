//! Plays of which nobody knows: looked for in the history, before they are sent again.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Check, Sender, Shared};
use crate::error::in_words;
use crate::methods::track::GetCorrection;
use crate::scrobble::answer::Outcome;
use crate::scrobble::progress::SendEvent;
use crate::scrobble::read_back::{self, Found, Shown};
use crate::scrobble::teller::Teller;
use crate::scrobble::{
    AT_ONCE, Attempt, Filter, HoldReason, PlayId, QueuedPlay, Receipt, State, Verdict,
};
use crate::store_error::StoreResult;
use crate::{Client, Error, Play, Span};

/// A request that nobody waits for any more may still be at work for a while, and what it brought
/// shows in the history up to a minute later.
const SETTLED_AFTER: Duration = Duration::from_secs(120);

/// A play is not there if a second reading, so much later, does not show it either.
const CONFIRMED_AFTER: Duration = Duration::from_secs(20);

/// When the history cannot be read, it is tried again after this.
const READ_AGAIN: Duration = Duration::from_secs(10 * 60);

/// When the history leaves a doubt, it is read again after this: a person may have mended it there.
const DOUBTED_AGAIN: Duration = Duration::from_secs(24 * 60 * 60);

/// Unknown plays that are looked for at a time.
const MOST: usize = 10_000;

/// Other plays of a span that may explain what the history shows.
const MOST_OTHERS: usize = 100_000;

/// What became of plays of one attempt.
type Verdicts = BTreeMap<Attempt, Vec<(PlayId, Verdict)>>;

impl Sender {
    /// Looks for the unknown plays that it is time for; whether anything is known of them now.
    pub(super) async fn read_back(&self, told: &Teller<'_>) -> StoreResult<bool> {
        let Shared { queue, account, .. } = &*self.0;
        let filter = Filter::states([State::Unknown]);
        let unknown = queue.plays(account, filter, None, MOST, self.now()).await?;
        let due = self.due(unknown);
        if due.is_empty() {
            return Ok(false);
        }
        told.tell(SendEvent::ReadingBack { count: due.len() });
        let mut verdicts = Verdicts::new();
        for (span, plays) in read_back::spans(due) {
            let client = self.client();
            if let Err(error) = self.look_into(span, &plays, &mut verdicts, &client).await? {
                self.postpone(&plays, READ_AGAIN);
                if let Outcome::Held { reason, wait } = self.meaning(&error, 1, &client)
                    && reason != HoldReason::App
                {
                    self.hold_back(self.hold_for(reason, wait, in_words(&error)), told).await?;
                    break;
                }
                tracing::warn!(error = in_words(&error), "the history cannot be read");
            }
        }
        let is_known = !verdicts.is_empty();
        for (attempt, verdicts) in verdicts {
            self.settle(attempt, verdicts, told).await?;
        }
        Ok(is_known)
    }

    /// Those that it is time to look for. A play that is seen as unknown for the first time waits.
    fn due(&self, mut unknown: Vec<QueuedPlay>) -> Vec<QueuedPlay> {
        let elapsed = self.0.clock.elapsed();
        let (now, is_sure) = (self.now(), self.is_sure_of_time());
        let mut memory = self.memory();
        let mut checks = std::mem::take(&mut memory.checks);
        unknown.retain(|play| {
            let Some(attempt) = play.attempt() else { return false };
            let known = checks.remove(&play.id).filter(|check| check.attempt == attempt);
            let check = known.unwrap_or_else(|| {
                // It may have waited before this program began.
                let waited = if is_sure { now.since(play.since) } else { Duration::ZERO };
                let next = elapsed + SETTLED_AFTER.saturating_sub(waited);
                Check { attempt, next, was_absent: false }
            });
            memory.checks.insert(play.id, check);
            check.next <= elapsed
        });
        unknown
    }

    /// Reads the history of a span and decides about its plays; an error of the service decides
    /// nothing.
    async fn look_into(
        &self,
        span: Span,
        plays: &[QueuedPlay],
        verdicts: &mut Verdicts,
        client: &Client,
    ) -> StoreResult<Result<(), Error>> {
        let Shared { queue, account, .. } = &*self.0;
        let history = match self.history(client, span).await {
            Ok(history) => history,
            Err(error) => return Ok(Err(error)),
        };
        let others = [State::Accepted, State::Refused, State::Cancelled];
        let filter = Filter::states(others).played(span);
        let others = queue.plays(account, filter, None, MOST_OTHERS, self.now()).await?;
        let (mut proofs, mut shown) = read_back::look_up(plays, &others, &history);
        for (play, proof) in plays.iter().zip(&mut proofs) {
            if proof.is_none() && shown.has_any(play) {
                *proof = match as_corrected(client, play, &mut shown).await {
                    Ok(proof) => proof,
                    Err(error) => return Ok(Err(error)),
                };
            }
        }
        for (play, proof) in plays.iter().zip(proofs) {
            let Some(attempt) = play.attempt() else { continue };
            if let Some(verdict) = self.judge(play, shown.say(play, proof)) {
                verdicts.entry(attempt).or_default().push((play.id, verdict));
            }
        }
        Ok(Ok(()))
    }

    async fn history(&self, client: &Client, span: Span) -> Result<Vec<Play>, Error> {
        let mut pages = client.recent_tracks(self.0.account.user.clone()).within(span);
        let mut plays = Vec::new();
        while let Some(page) = pages.next_page().await? {
            plays.extend(page.plays);
        }
        Ok(plays)
    }

    /// What is to be written down of a play, if anything.
    fn judge(&self, play: &QueuedPlay, found: Found) -> Option<Verdict> {
        match found {
            Found::There(receipt) => Some(Verdict::Accepted(receipt)),
            Found::Absent if self.is_absent_again(play) => Some(Verdict::Again {
                due_at: AT_ONCE,
                reason: "the history does not show it".to_owned(),
            }),
            Found::Absent => None,
            Found::Perhaps(tracks) => {
                self.postpone(std::slice::from_ref(play), DOUBTED_AGAIN);
                let mut shown: Vec<_> = tracks
                    .iter()
                    .map(|track| format!("{} \u{2013} {}", track.artist, track.name))
                    .collect();
                shown.sort_unstable();
                let reason = format!("the history shows {} at that second", shown.join(", "));
                (play.reason.as_ref() != Some(&reason)).then_some(Verdict::Unknown { reason })
            }
        }
    }

    /// Whether an earlier reading did not show the play either; if not, it is read once more.
    fn is_absent_again(&self, play: &QueuedPlay) -> bool {
        let next = self.0.clock.elapsed() + CONFIRMED_AFTER;
        let mut memory = self.memory();
        let Some(check) = memory.checks.get_mut(&play.id) else { return false };
        check.next = next;
        std::mem::replace(&mut check.was_absent, true)
    }

    fn postpone(&self, plays: &[QueuedPlay], wait: Duration) {
        let next = self.0.clock.elapsed() + wait;
        let mut memory = self.memory();
        for play in plays {
            if let Some(check) = memory.checks.get_mut(&play.id) {
                check.next = next;
            }
        }
    }
}

/// The proof of a play that the service shows under the names to which it corrects those sent.
async fn as_corrected(
    client: &Client,
    play: &QueuedPlay,
    shown: &mut Shown,
) -> Result<Option<Receipt>, Error> {
    let sent = &play.play.track;
    let correction = client.call(&GetCorrection::new(&sent.artist, &sent.name)).await?;
    Ok(correction.and_then(|correction| {
        let right = correction.track;
        shown.take(play, &right.artist.name, &right.name)
    }))
}
