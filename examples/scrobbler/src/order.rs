//! Plays that are about to be queued: what is known to be refused, the question, the queue.

use lastfm_core::scrobble::{
    AddedJob, Enqueued, JobId, NewJob, Refusal, Repeats, Submission, rules,
};
use lastfm_core::{NewPlay, Timestamp};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::{dates, show};

use crate::ask;
use crate::cli::Queueing;
use crate::context::SendContext;
use crate::json::{self, Line};
use crate::outcome::{Affected, Outcome};
use crate::repeats::{self, AT_ITS_TIME};
use crate::sending;

/// Refused plays that are told one by one.
const TOLD: usize = 5;

pub(crate) struct Order {
    /// What a person calls it.
    pub(crate) title: String,
    /// With a key it is a job: the same one is never queued twice.
    pub(crate) key: Option<String>,
    plays: Vec<Submission>,
    /// Plays beside the job, whose moments are known: told twice, each is still the same play.
    dated: Vec<Submission>,
    refused: Vec<(NewPlay, Refusal)>,
    /// Whether something like them is in the queue already.
    pub(crate) is_queued: bool,
}

impl Order {
    /// These plays, without those that Last.fm is known to refuse whenever they are sent. Whether
    /// one is too old or too new is for the sender to say: this machine's clock may be wrong.
    pub(crate) fn new(
        title: impl Into<String>,
        key: Option<String>,
        submissions: impl IntoIterator<Item = Submission>,
    ) -> Self {
        let (mut plays, mut refused) = (Vec::new(), Vec::new());
        for submission in submissions {
            match rules::check_track(&submission.play.track) {
                Ok(()) => plays.push(submission),
                Err(refusal) => refused.push((submission.play, refusal)),
            }
        }
        Self { title: title.into(), key, plays, dated: Vec::new(), refused, is_queued: false }
    }

    /// With these plays beside the job, each queued if it is not there yet.
    pub(crate) fn beside(self, dated: Vec<Submission>) -> Self {
        let Self { plays, refused, .. } = Self::new("", None, dated);
        Self { dated: plays, refused: [self.refused, refused].concat(), ..self }
    }

    pub(crate) fn len(&self) -> usize {
        self.plays.len() + self.dated.len()
    }

    /// Leaves out what looks as if it were scrobbled already, unless a person wants it again.
    pub(crate) async fn without_repeats(
        &mut self,
        context: &SendContext,
        said: &Queueing,
    ) -> Result<(), Trouble> {
        let plays = std::mem::take(&mut self.plays);
        let play = |queued: &Submission| queued.play.clone();
        let left = repeats::leave_out(plays, play, AT_ITS_TIME, context, said.may_ask()).await?;
        (self.plays, self.is_queued) = (left.items, left.is_queued);
        Ok(())
    }

    /// Says what Last.fm would refuse, asks if there is much, queues and sends it.
    pub(crate) async fn place(
        self,
        context: &SendContext,
        said: &Queueing,
    ) -> Result<Exit, Trouble> {
        self.tell_refused(context);
        if said.dry_run {
            return Ok(self.tell(context));
        }
        if self.len() == 0 {
            let mut outcome = Outcome::of_nothing(self.refused.len());
            if self.is_queued {
                outcome.left(context).await?;
            }
            return Ok(outcome.tell(context));
        }
        let user = context.user().as_str();
        if self.len() >= ask::MANY {
            let plays = show::count(self.len() as u64, "play");
            let what = format!("{plays} of {} for {user}", self.title);
            ask::confirm(&what, said.yes, context.mode(), Some(&context.stop)).await?;
        }
        let refused = self.refused.len();
        let concerned = self.queue(context).await?;
        sending::send(context, said.patience, &concerned).await?;
        let mut outcome = Outcome::of(context, &concerned).await?;
        outcome.left_out = refused;
        Ok(outcome.tell(context))
    }

    async fn queue(self, context: &SendContext) -> Result<Affected, Trouble> {
        let (mut added, mut already_there) = (self.len(), 0);
        let mut concerned = Affected::default();
        let (alone, of_job) = match self.key {
            Some(key) => (self.dated, Some((key, self.plays))),
            None => (self.plays, None),
        };
        // Before the job: where that is, they are too.
        if !alone.is_empty() {
            let queued = context.sender.enqueue(alone, Repeats::Same).await?;
            already_there =
                queued.iter().filter(|play| matches!(play, Enqueued::Repeats(_))).count();
            concerned.plays = queued.into_iter().map(Enqueued::id).collect();
        }
        if let Some((key, plays)) = of_job.filter(|(_, plays)| !plays.is_empty()) {
            let many = plays.len();
            let job = NewJob::new(key, self.title, plays);
            concerned.job = Some(match context.sender.add_job(job).await? {
                AddedJob::Added(job) => job,
                AddedJob::Exists(job) => {
                    already_there += many;
                    job
                }
            });
        }
        added -= already_there;
        match context.mode() {
            Mode::Json => json::print(&Line::Queued {
                user: context.user().as_str(),
                job: concerned.job.map(|JobId(job)| job),
                added,
                already_there,
            }),
            mode if mode.is_for_people() && already_there > 0 => {
                let plays = show::count(already_there as u64, "play");
                output::note(&format!("  {plays} in the queue already: nothing is doubled"));
            }
            _ => {}
        }
        Ok(concerned)
    }

    /// What is queued.
    fn all(&self) -> impl Iterator<Item = &Submission> {
        self.dated.iter().chain(&self.plays)
    }

    fn tell_refused(&self, context: &SendContext) {
        if !context.mode().is_for_people() {
            return;
        }
        let now = dates::now();
        let by_time = self.all().filter_map(|queued| Some((&queued.play, by_time(queued, now)?)));
        let by_name = self.refused.iter().map(|(play, refusal)| (play, refusal.clone()));
        tell_some(context, "left out", by_name);
        tell_some(context, "will be refused, by this machine's clock", by_time);
    }

    /// Says what would be queued, when, and that nothing was.
    fn tell(&self, context: &SendContext) -> Exit {
        let now = dates::now();
        let is_fine = self.refused.is_empty() && self.all().all(|one| by_time(one, now).is_none());
        let exit = if is_fine { Exit::Complete } else { Exit::Refused };
        match context.mode() {
            Mode::Json => {
                let refused = self.refused.iter();
                let refused = refused.map(|(play, why)| (play, None, Some(why.name())));
                let planned = self.all().map(|queued| {
                    let refusal = by_time(queued, now).map(|why| why.name());
                    (&queued.play, queued.due_at, refusal)
                });
                let planned = planned.chain(refused);
                for (play, due_at, refusal) in planned {
                    let due_at = due_at.map(Timestamp::as_unix);
                    json::print(&Line::Planned { song: play.into(), due_at, refusal });
                }
            }
            Mode::Quiet => {}
            Mode::Terminal | Mode::Log => {
                for play in self.all() {
                    let at = context.mine.shown(play.play.played_at);
                    let later = play.due_at.map(|due| context.mine.shown(due));
                    let later = later.map(|due| format!(" · sent at {due}")).unwrap_or_default();
                    output::line(&format!("  {at:>5}  {}{later}", title(&play.play)));
                }
                let plays = show::count(self.len() as u64, "play");
                output::line(&format!("{plays} would be queued; nothing was"));
            }
        }
        exit
    }
}

/// Why Last.fm would refuse it when it is sent, if this machine's clock is right.
fn by_time(submission: &Submission, now: Timestamp) -> Option<Refusal> {
    rules::checked(submission.clone(), now).refusal
}

/// Plays, some of each reason.
fn tell_some<'a>(
    context: &SendContext,
    what: &str,
    refused: impl Iterator<Item = (&'a NewPlay, Refusal)>,
) {
    let mut reasons: Vec<(String, Vec<&NewPlay>)> = Vec::new();
    for (play, refusal) in refused {
        let reason = refusal.to_string();
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, plays)) => plays.push(play),
            None => reasons.push((reason, vec![play])),
        }
    }
    for (reason, plays) in reasons {
        let many = show::count(plays.len() as u64, "play");
        output::note(&format!("  ✗ {many} {what}: {reason}"));
        for play in plays.iter().take(TOLD) {
            let at = context.mine.shown(play.played_at);
            output::note(&format!("      {at}  {}", title(play)));
        }
        if plays.len() > TOLD {
            output::note(&format!("      and {} more", plays.len() - TOLD));
        }
    }
}

/// `Low – Words`
pub(crate) fn title(play: &NewPlay) -> String {
    format!("{} – {}", play.track.artist, play.track.name)
}
