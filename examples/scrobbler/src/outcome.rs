//! What became of plays, as far as it is known now.

use lastfm_core::Timestamp;
use lastfm_core::scrobble::{
    Filter, Hold, HoldReason, JobId, PlayId, QueuedPlay, Receipt, Standing, State,
};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::{dates, show};

use crate::context::{AccountQueue, SendContext};
use crate::json::{self, Line};
use crate::order::title;
use crate::queue;

/// Plays that were read at once.
const AT_ONCE: usize = 1000;
/// Plays that are named.
const NAMED: usize = 3;

/// Which plays it is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Affected {
    pub(crate) plays: Vec<PlayId>,
    pub(crate) job: Option<JobId>,
}

/// Plays of which the first ones are named: `watch` counts for years.
#[derive(Debug, Default)]
struct Named {
    count: usize,
    first: Vec<String>,
}

impl Named {
    fn add(&mut self, name: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(name());
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Outcome {
    accepted: usize,
    /// What was sent, and what Last.fm made of it.
    corrected: Named,
    refused: Named,
    waiting: usize,
    /// Plays of the queue whose answer was lost.
    unknown: u64,
    /// Plays that were not queued, since Last.fm would refuse them.
    pub(crate) left_out: usize,
    hold: Option<Hold>,
    /// When the next play that waits is due.
    due_at: Option<Timestamp>,
}

impl Outcome {
    /// Nothing was queued.
    pub(crate) fn of_nothing(left_out: usize) -> Self {
        Self { left_out, ..Self::default() }
    }

    /// How these plays stand.
    pub(crate) async fn of(context: &SendContext, concerned: &Affected) -> Result<Self, Trouble> {
        let mine = &context.mine;
        let mut outcome = Self::default();
        outcome.look(mine).await?;
        for id in &concerned.plays {
            if let Some(play) = mine.queue.play(&mine.account, *id).await? {
                outcome.count(&play);
            }
        }
        if let Some(job) = concerned.job {
            queue::each(mine, Filter::all().job(job), AT_ONCE, |play| outcome.count(play)).await?;
        }
        Ok(outcome)
    }

    /// Counts all that is still on its way.
    pub(crate) async fn left(&mut self, context: &SendContext) -> Result<(), Trouble> {
        self.look(&context.mine).await?;
        self.waiting = queue::open_count(&context.mine).await?;
        Ok(())
    }

    /// Sees why what waits does.
    async fn look(&mut self, of: &AccountQueue) -> Result<(), Trouble> {
        self.hold = of.hold(dates::now()).await?;
        self.unknown = of.queue.counts(&of.account, dates::now()).await?.of(State::Unknown);
        self.due_at = of.queue.next_due(&of.account).await?;
        Ok(())
    }

    /// Counts a play that has come to an end or waits.
    pub(crate) fn count(&mut self, play: &QueuedPlay) {
        match &play.standing {
            Standing::Accepted(receipt) if receipt.is_corrected() => {
                self.corrected.add(|| correction(play, receipt));
            }
            Standing::Accepted(_) => self.accepted += 1,
            Standing::Refused(refusal) => {
                self.refused.add(|| format!("{}: {refusal}", title(&play.play)));
            }
            Standing::Cancelled => {}
            _ => self.waiting += 1,
        }
    }

    fn exit(&self) -> Exit {
        let needs_person = self.hold.as_ref().is_some_and(|hold| {
            matches!(hold.reason, HoldReason::Login | HoldReason::App) && self.waiting > 0
        });
        match (needs_person, self.waiting > 0, self.refused.count + self.left_out > 0) {
            (true, ..) => Exit::NeedsPerson,
            (_, true, _) => Exit::NotNow,
            (.., true) => Exit::Refused,
            _ => Exit::Complete,
        }
    }

    /// Says it, and how to end.
    pub(crate) fn tell(&self, context: &SendContext) -> Exit {
        let exit = self.exit();
        match context.mode() {
            Mode::Json => json::print(&Line::Summary {
                user: context.user().as_str(),
                accepted: self.accepted + self.corrected.count,
                corrected: self.corrected.count,
                refused: self.refused.count + self.left_out,
                waiting: self.waiting,
                unknown: self.unknown,
                stopped: context.stop.is_asked(),
                exit_code: exit.code(),
            }),
            Mode::Quiet => {}
            Mode::Terminal | Mode::Log => self.tell_people(context),
        }
        exit
    }

    fn tell_people(&self, context: &SendContext) {
        let number = |many: usize| show::number(many as u64);
        let mut corrected = format!("✎ corrected {}", number(self.corrected.count));
        let Named { count, first } = &self.corrected;
        if *count > 0 {
            let more = if *count > NAMED { ", …" } else { "" };
            corrected = format!("{corrected} ({}{more})", first.join(", "));
        }
        output::line(&format!(
            "  ✓ accepted {}   {corrected}   ✗ refused {}   … waiting {}",
            number(self.accepted),
            number(self.refused.count + self.left_out),
            number(self.waiting)
        ));
        for refused in &self.refused.first {
            output::line(&format!("  ✗ {refused}"));
        }
        // The queue of a demo goes with it.
        if context.demo.is_some() {
            return;
        }
        let program = show::program();
        let db = show::db_option(context.mine.path.display());
        if self.unknown > 0 {
            let plays = show::count(self.unknown, "play");
            output::line(&format!(
                "  ? the answer to {plays} was lost. To wait until it is known, some minutes: \
                 {program} queue send{db}"
            ));
        }
        if self.waiting == 0 {
            return;
        }
        output::line(&match (&self.hold, self.due_at.filter(|due| *due > dates::now())) {
            (Some(hold), _) => format!("  {}", queue::hold_in_words(&context.mine, hold)),
            (None, None) => "  What waits is safe in the queue.".to_owned(),
            (None, Some(due)) => {
                let due = context.mine.shown(due);
                format!("  What waits is safe in the queue: it is sent from {due} on.")
            }
        });
        match self.hold.as_ref().map(|hold| hold.reason) {
            Some(HoldReason::Login) => output::line(&format!("  To log in again: {program} login")),
            Some(HoldReason::App) => {
                output::line("  Keys are listed at https://www.last.fm/api/accounts");
            }
            Some(HoldReason::Person) => {
                output::line(&format!("  To go on: {program} queue resume --all{db}"));
            }
            _ => output::line(&format!("  To send it as soon as that works: {program} run{db}")),
        }
    }
}

/// `Die Roboter → The Robots`
fn correction(play: &QueuedPlay, receipt: &Receipt) -> String {
    let track = &play.play.track;
    let changed = [
        (Some(&track.name), &receipt.track),
        (Some(&track.artist), &receipt.artist),
        (track.album.as_ref(), &receipt.album),
        (track.album_artist.as_ref(), &receipt.album_artist),
    ];
    let mut changed = changed.into_iter().filter_map(|(sent, taken)| {
        let (sent, taken) = sent.zip(taken.as_ref())?;
        (sent != taken).then(|| format!("{sent} → {taken}"))
    });
    changed.next().unwrap_or_else(|| title(&play.play))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_plays_all_are_counted_and_the_first_ones_kept() {
        let mut refused = Named::default();
        for number in 1..=1000 {
            refused.add(|| number.to_string());
        }
        assert_eq!(
            (refused.count, refused.first),
            (1000, ["1", "2", "3"].map(String::from).into())
        );
    }

    #[tokio::test]
    async fn a_hold_that_has_passed_is_no_reason() {
        let context = SendContext::demo().await;
        for (seconds, is_reason) in [(-1, false), (60, true)] {
            let until = Some(dates::now().plus(seconds));
            let since = dates::now().plus(-60);
            let hold = Hold { reason: HoldReason::Outage, until, since, words: String::new() };
            context.mine.queue.hold(&context.mine.account, hold).await.unwrap();
            let outcome = Outcome::of(&context, &Affected::default()).await.unwrap();
            assert_eq!(outcome.hold.is_some(), is_reason);
        }
    }
}
