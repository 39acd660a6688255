//! Scrobbles: what waits in a user's queue is sent, for as long as a slice is.
//!
//! A play is sent once whatever happens here: the queue says which plays are on their way, and a
//! sender that is dropped leaves them to be looked for in the history.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use jobs::{Done, Ending, Progress, Setback, Slice, Task};
use lastfm_core::archive::StoreResult;
use lastfm_core::scrobble::{
    Counts, Filter, Hold, HoldReason, ScrobbleQueue, SendEvent, Sender, State,
};
use terminal::signals::Stop;
use terminal::{settings, show};
use tokio::time::Instant;

use crate::slices::{Ended, Slices, of_store};

/// What is seen of it.
const PHASE: &str = "sending";
/// How long a slice waits for something to do: the history is read a second time after 20 s before
/// a play in doubt is sent again.
const PATIENCE: Duration = Duration::from_secs(25);
/// How long a request on its way may still take once the time is up.
const LAST_REQUEST: Duration = Duration::from_secs(7);
/// The same if the worker stops, or nobody wants it any more.
const LAST_MOMENT: Duration = Duration::from_secs(4);
/// When somebody else who sends from the queue is looked after.
const OTHERS: Duration = Duration::from_secs(30);
/// A play whose answer was lost is looked for after this, then after twice the time that it has been
/// in doubt, up to some hours.
const IN_DOUBT: (Duration, Duration) = (Duration::from_mins(2), Duration::from_hours(6));
/// Plays in doubt that are looked at, to see when to look for the next one.
const MOST: usize = 1_000;

impl Slices {
    /// Sends what can be sent now.
    pub(crate) async fn scrobble(&self, task: &Task, slice: &Slice, is_look: bool) -> Ended {
        let ended = match self.sender(task).await {
            Ok(Some(sender)) => self.send(task, slice, &sender, is_look).await,
            Ok(None) => {
                let words = format!("{} has not logged in, so nothing can be sent", task.user);
                return Ended::unasked(Err(Setback::GiveUp(words)));
            }
            Err(error) => Err(error),
        };
        ended.unwrap_or_else(|error| Ended::new("store", Err(of_store(&error))))
    }

    /// The sender of this user, if there is a session to send with.
    async fn sender(&self, task: &Task) -> StoreResult<Option<Sender>> {
        let context = &self.context;
        let is_set = context.credentials.has_session();
        let session = if is_set { None } else { context.sessions.session_of(&task.user).await? };
        if session.is_none() && !is_set {
            return Ok(None);
        }
        let pacer = context.db.share(context.service.as_ref(), context.rate, &task.user);
        let client = settings::client_over(
            Arc::clone(&context.network),
            context.credentials.clone(),
            context.service.clone(),
            Some(context.figures.over(pacer)),
            // A sender that is dropped cuts nothing off that matters.
            &Stop::new(),
        );
        let client = match session {
            Some(session) => client.with_session(session),
            None => client,
        };
        let sender = Sender::new(client, self.queue().await?, task.user.clone());
        // Somebody has ordered it since: what a person had to do is tried once.
        if task.progress == Progress::default() {
            for reason in [HoldReason::App, HoldReason::Login] {
                sender.queue().lift(sender.account(), reason).await?;
            }
        }
        Ok(Some(sender))
    }

    /// The queue beside the archives, opened once.
    async fn queue(&self) -> StoreResult<Arc<dyn ScrobbleQueue>> {
        self.queue.get_or_try_init(|| self.context.db.queue()).await.map(Arc::clone)
    }

    async fn send(
        &self,
        task: &Task,
        slice: &Slice,
        sender: &Sender,
        is_look: bool,
    ) -> StoreResult<Ended> {
        let (queue, account) = (sender.queue(), sender.account());
        let mut progress = task.progress.clone();
        let open = open(&queue.counts(account, sender.now()).await?);
        PHASE.clone_into(&mut progress.phase);
        progress.message = None;
        progress.total = Some(progress.done + open);
        slice.report(progress.clone());
        let ending = self.follow(sender, slice, &mut progress).await?;
        let now = sender.now();
        let counts = queue.counts(account, now).await?;
        let hold = queue.held(account).await?.filter(|hold| hold.is_in_force(now));
        if let Some(hold) = &hold
            && hold.reason == HoldReason::Outage
            && is_look
        {
            self.outage.begins(&show::complaint(&hold.words), true, Instant::now());
        }
        let more = |after| Ended::new("more", Ok(Done::More { after }));
        if ending.is_some() && hold.is_none() {
            return Ok(more(Duration::ZERO));
        }
        if let Some(hold) = hold {
            return Ok(held(task, &hold, &counts, sender, &progress));
        }
        if counts.of(State::Unknown) > 0 {
            let filter = Filter::states([State::Unknown]);
            let unknown = queue.plays(account, filter, None, MOST, now).await?;
            let newest = unknown.iter().map(|play| now.since(play.since)).min();
            let after = newest.unwrap_or_default().clamp(IN_DOUBT.0, IN_DOUBT.1);
            let plays = show::count(counts.of(State::Unknown), "play");
            let reason = format!("an answer was lost: {plays} will be looked for in the history");
            return Ok(Ended::new("doubted", Err(Setback::Wait { after, reason })));
        }
        if counts.of(State::Sending) > 0 {
            return Ok(more(OTHERS));
        }
        if counts.of(State::Ready) > 0 {
            return Ok(more(Duration::ZERO));
        }
        Ok(match queue.next_due(account).await? {
            Some(due) => more(due.since(now).max(Duration::from_secs(1))),
            None => Ended::new("finished", Ok(Done::Finished(sent(&progress, &counts)))),
        })
    }

    /// Tells how far it is, until there is nothing more to do or the slice is asked to end.
    async fn follow(
        &self,
        sender: &Sender,
        slice: &Slice,
        progress: &mut Progress,
    ) -> StoreResult<Option<Ending>> {
        let mut sending = sender.drain(PATIENCE.min(slice.time_left()));
        let mut ending = None;
        let asked = slice.ended();
        tokio::pin!(asked);
        let last = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(last);
        loop {
            tokio::select! {
                event = sending.next() => match event.transpose()? {
                    None => return Ok(ending),
                    Some(event) => {
                        self.step_of(&event, progress);
                        slice.report(progress.clone());
                    }
                },
                asked = &mut asked, if ending.is_none() => {
                    ending = Some(asked);
                    // Plays of a request that is cut off would be in doubt.
                    sender.stop();
                    let rest = if asked == Ending::TimeIsUp { LAST_REQUEST } else { LAST_MOMENT };
                    last.as_mut().reset(Instant::now() + rest / self.context.hurry);
                }
                () = &mut last, if ending.is_some() => return Ok(ending),
            }
        }
    }

    fn step_of(&self, event: &SendEvent, progress: &mut Progress) {
        match event {
            SendEvent::Settled(play) => {
                let settled = match play.state(play.since) {
                    State::Accepted => {
                        // Somebody answers.
                        self.answered();
                        &mut progress.added
                    }
                    State::Refused => &mut progress.skipped,
                    _ => return,
                };
                *settled += 1;
                progress.done += 1;
                progress.message = None;
            }
            SendEvent::ReadingBack { count, .. } => {
                let plays = show::count(*count as u64, "play");
                progress.message =
                    Some(format!("an answer was lost: looking for {plays} in the history"));
            }
            SendEvent::Held(hold) => progress.message = Some(show::complaint(&hold.words)),
            SendEvent::Lifted(_) => progress.message = None,
            SendEvent::QueueFailed { words, .. } => progress.message = Some(words.clone()),
            _ => {}
        }
    }
}

/// What follows when everything is held back.
fn held(task: &Task, hold: &Hold, counts: &Counts, sender: &Sender, progress: &Progress) -> Ended {
    let reason = show::complaint(&hold.words);
    let give_up = |words| Ended::new("refused", Err(Setback::GiveUp(words)));
    match hold.reason {
        HoldReason::Login => give_up(format!(
            "Last.fm does not accept the session of {}: {reason}; a new login is needed",
            task.user
        )),
        HoldReason::App => give_up(format!("Last.fm refuses this program: {reason}")),
        HoldReason::Person => {
            let words = format!("{}; the rest is paused", sent(progress, counts));
            Ended::new("finished", Ok(Done::Finished(words)))
        }
        _ => {
            let until = hold.until.map(|until| until.since(sender.now())).unwrap_or_default();
            let after = until.max(Duration::from_secs(1));
            Ended::new("outage", Err(Setback::Wait { after, reason }))
        }
    }
}

/// `12 plays sent, 1 refused`
fn sent(progress: &Progress, counts: &Counts) -> String {
    let mut words = match progress.added {
        0 => "nothing was sent".to_owned(),
        plays => format!("{} sent", show::count(plays, "play")),
    };
    for (many, what) in [(progress.skipped, "refused"), (counts.of(State::Paused), "paused")] {
        if many > 0 {
            words = format!("{words}, {} {what}", show::number(many));
        }
    }
    words
}

/// Plays that are still on their way, those left out that a person has stopped.
fn open(counts: &Counts) -> u64 {
    let open = State::OPEN.iter().filter(|state| **state != State::Paused);
    open.map(|state| counts.of(*state)).sum()
}
