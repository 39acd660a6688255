//! A good queue, but for one flaw.

mod queue;

use std::time::Duration;

use lastfm_core::archive::StoreResult;
use lastfm_core::scrobble::{
    Account, Batch, Change, Enqueued, Filter, MemoryQueue, Proof, QueuedPlay, Refusal, Repeats,
    ScrobbleQueue, Selection, Standing, State, Submission, Verdict,
};
use lastfm_core::{Timestamp, Username};

use super::Flaw;

#[derive(Debug)]
pub(super) struct Flawed {
    good: MemoryQueue,
    flaw: Option<Flaw>,
}

impl Flawed {
    pub(super) fn new(flaw: Option<Flaw>) -> Self {
        Self { good: MemoryQueue::new(), flaw }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    /// Where the plays of an account are kept.
    fn kept(&self, account: &Account) -> Account {
        let name = account.user.as_str();
        let spelled: String =
            name.chars().map(|c| if c.is_uppercase() { '+' } else { c }).collect();
        match self.flaw {
            Some(Flaw::ServicesAreOne) => Account::at("all", account.user.clone()),
            Some(Flaw::NamesBySpelling) => {
                Account::at(account.service.clone(), spelled.parse::<Username>().unwrap())
            }
            _ => account.clone(),
        }
    }

    async fn all(&self, account: &Account) -> Vec<QueuedPlay> {
        let (all, ever) = (Filter::all(), Timestamp::MIN);
        self.good.plays(account, all, None, usize::MAX, ever).await.unwrap()
    }

    /// What is kept of a play that is to be queued.
    fn spoiled(&self, mut new: Submission) -> Submission {
        match self.flaw {
            Some(Flaw::LosesFractionsOfSeconds) => {
                let whole = |duration: Duration| Duration::from_secs(duration.as_secs());
                new.play.track.duration = new.play.track.duration.map(whole);
            }
            Some(Flaw::EmptyNamesAreNone) => {
                new.play.track.album.take_if(|name| name.is_empty());
            }
            Some(Flaw::ChosenByUser) => new.play.chosen_by_user = true,
            Some(Flaw::DueStaysAsItWas) => new.due_at = None,
            Some(Flaw::RefusedIsSent) => new.refusal = None,
            Some(Flaw::RefusedWithoutWords) => {
                new.refusal = new.refusal.and_then(|refusal| Refusal::named(&refusal.name(), None));
            }
            _ => {}
        }
        new
    }

    /// Leaves out something of what became of a play.
    fn spoil(&self, verdict: &mut Verdict, before: Option<&QueuedPlay>) {
        match (self.flaw, verdict) {
            (Some(Flaw::DueStaysAsItWas), Verdict::Again { due_at, .. }) => {
                *due_at = before.map_or(*due_at, |play| play.due_at);
            }
            (Some(Flaw::ReasonsAreLost), Verdict::Unknown { reason }) => reason.clear(),
            (Some(Flaw::ProofIsLost), Verdict::Accepted(receipt)) => receipt.proof = Proof::Answer,
            (Some(Flaw::EmptyNamesAreNone), Verdict::Accepted(receipt)) => {
                receipt.album.take_if(|name| name.is_empty());
            }
            _ => {}
        }
    }

    async fn enqueue_one(
        &self,
        account: &Account,
        new: Submission,
        mut repeats: Repeats,
        at: Timestamp,
    ) -> Enqueued {
        let good = &self.good;
        let added = async |new: &Submission, repeats| {
            good.enqueue(account, vec![new.clone()], repeats, at).await.unwrap()[0]
        };
        let same = |old: &QueuedPlay| {
            let is_same = QueuedPlay::identity(&old.play) == QueuedPlay::identity(&new.play);
            is_same && old.play.played_at == new.play.played_at
        };
        let old = self.all(account).await.into_iter().find(same);
        match (self.flaw, old) {
            (Some(Flaw::CancelledStillRepeats), Some(old)) if repeats == Repeats::Same => {
                return Enqueued::Repeats(old.id);
            }
            (Some(Flaw::RefusedMayBeRepeated), Some(old))
                if matches!(old.standing, Standing::Refused(_)) =>
            {
                repeats = Repeats::Shift;
            }
            (Some(Flaw::RepeatsBySpelling), Some(old))
                if old.play.track.artist != new.play.track.artist =>
            {
                repeats = Repeats::Shift;
            }
            (Some(Flaw::MovesByOneSecondOnly), Some(_)) if repeats == Repeats::Shift => {
                let mut moved = new;
                moved.play.played_at = moved.play.played_at.plus(1);
                return added(&moved, Repeats::Same).await;
            }
            (Some(Flaw::SaysThatItWasMoved), Some(_)) if repeats == Repeats::Shift => {
                return Enqueued::Added(added(&new, repeats).await.id());
            }
            _ => {}
        }
        added(&new, repeats).await
    }

    /// Takes the oldest plays, of a job or not.
    async fn take_whatever_is_oldest(
        &self,
        account: &Account,
        limit: usize,
        lease: Duration,
        at: Timestamp,
    ) -> StoreResult<Batch> {
        let ready = Filter::states([State::Ready]);
        let mut ready = self.good.plays(account, ready, None, usize::MAX, at).await?;
        ready.sort_by_key(|play| play.play.played_at);
        let later = ready.split_off(limit.min(ready.len()));
        self.change_each(account, &later, Change::Pause, at).await;
        let batch = self.good.take(account, limit, lease, at).await;
        self.change_each(account, &later, Change::Resume, at).await;
        batch
    }

    async fn change_each(
        &self,
        account: &Account,
        plays: &[QueuedPlay],
        change: Change,
        at: Timestamp,
    ) -> u64 {
        let mut count = 0;
        for play in plays {
            let which = Selection::Play(play.id);
            count += self.good.change(account, which, change, at).await.unwrap();
        }
        count
    }
}
