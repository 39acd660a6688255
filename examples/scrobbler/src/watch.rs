//! `watch`: listens to a player, and scrobbles what it plays.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use lastfm_core::archive::StoreError;
use lastfm_core::scrobble::{
    Enqueued, Heard, Moment, PlayId, Repeats, SendEvent, Sending, State, Threshold, rules,
};
use lastfm_core::{NewPlay, PlayerTrack};
use terminal::dates;
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use tokio::task::JoinHandle;

use crate::cli::{self, Common};
use crate::context::SendContext;
use crate::hearing::Hearing;
use crate::json::{self, Line};
use crate::lines::{self, BadLine};
use crate::order::title;
use crate::outcome::Outcome;
use crate::player;
use crate::run::{Facts, note};

/// How long what was queued last may take once the player is gone.
const LAST: Duration = Duration::from_secs(10);

pub(crate) async fn run(
    said: cli::Watch,
    common: Common,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let threshold = Threshold::percent(said.percent)
        .map_err(|error| Trouble::new(Exit::Failed, "bad_setting", error.to_string()))?;
    let threshold = if said.no_limit { threshold.without_limit() } else { threshold };
    let context = SendContext::open(common, mode, environment).await?;
    if mode.is_for_people() {
        let user = context.user();
        note(&format!("listening for {user}; events as JSON lines: watch --help"));
    }
    let mut watch = Watch::new(threshold, said.dry_run, &context);
    watch.listen().await?;
    let Watch { mut outcome, facts, .. } = watch;
    drop(facts);
    if said.dry_run {
        return Ok(if outcome.left_out > 0 { Exit::Refused } else { Exit::Complete });
    }
    outcome.left(&context).await?;
    Ok(outcome.tell(&context))
}

struct Watch<'a> {
    hearing: Hearing,
    /// When this program began: from there time is counted.
    began: Instant,
    /// What could not be written down yet.
    unwritten: Vec<NewPlay>,
    /// Why not, as it was told last.
    told: Option<String>,
    announcing: Option<JoinHandle<()>>,
    outcome: Outcome,
    facts: Facts<'a>,
    dry_run: bool,
    context: &'a SendContext,
}

impl<'a> Watch<'a> {
    fn new(threshold: Threshold, dry_run: bool, context: &'a SendContext) -> Self {
        Self {
            hearing: Hearing::new(threshold),
            began: Instant::now(),
            unwritten: Vec::new(),
            told: None,
            announcing: None,
            outcome: Outcome::default(),
            facts: Facts::new(context),
            dry_run,
            context,
        }
    }

    /// Until the player is gone, or a stop is asked for.
    async fn listen(&mut self) -> Result<(), Trouble> {
        let mut lines = lines::of_stdin();
        // A dry run sends nothing, also not what waits.
        let mut sending = (!self.dry_run).then(|| self.context.sender.run());
        let mut second = tokio::time::interval(Duration::from_secs(1));
        let mut is_over = false;
        while !is_over {
            tokio::select! {
                line = lines.recv() => match line {
                    Some(line) => self.read(line),
                    None => is_over = true,
                },
                event = next(&mut sending) => self.sent(event),
                _ = second.tick() => {
                    let heard = self.hearing.tick(self.now());
                    self.heard(heard);
                    self.facts.step(None);
                    if !self.dry_run {
                        self.context.look_for_a_login().await;
                    }
                }
                () = self.context.stop.asked() => is_over = true,
            }
            // A play is written down before anything else is read.
            self.write_down().await;
        }
        let heard = self.hearing.stop(self.now());
        self.heard(heard);
        self.write_down().await;
        if let Some(announcing) = self.announcing.take() {
            announcing.abort();
        }
        if !self.unwritten.is_empty() {
            let plays: Vec<_> = self.unwritten.iter().map(title).collect();
            let what = format!("the queue cannot be written: {} are lost", plays.join(", "));
            return Err(Trouble::new(Exit::Failed, "not_queued", what));
        }
        // What is queued goes out now if it can; if not, it is safe.
        let last = async {
            while sending.is_some() {
                tokio::select! {
                    event = next(&mut sending) => {
                        let is_at_rest = match &event {
                            Some(Ok(event)) => is_at_rest(self.context, event).await?,
                            Some(Err(_)) | None => true,
                        };
                        self.sent(event);
                        if is_at_rest {
                            break;
                        }
                    }
                    () = stopped_for_good(self.context) => break,
                }
            }
            Ok::<_, Trouble>(())
        };
        tokio::time::timeout(LAST, last).await.unwrap_or(Ok(()))
    }

    fn now(&self) -> Moment {
        Moment::new(self.began.elapsed(), dates::now())
    }

    fn read(&mut self, line: lines::Line) {
        let now = self.now();
        let event = match line {
            Ok(line) if line.trim().is_empty() => return,
            Ok(line) => player::read(&line).map_err(|why| BadLine { line, why }),
            Err(bad) => Err(bad),
        };
        match event {
            Ok(event) => {
                let heard = self.hearing.event(event, now);
                self.heard(heard);
            }
            Err(BadLine { line, why }) => match self.context.mode() {
                Mode::Json => json::print(&Line::BadEvent { line: &line, message: &why }),
                mode if mode.is_for_people() => note(&format!("? {why}: {line}")),
                _ => {}
            },
        }
    }

    fn heard(&mut self, heard: Vec<Heard>) {
        for heard in heard {
            match heard {
                Heard::NowPlaying(track) => self.announce(track),
                Heard::Play(play) => {
                    if self.context.mode().is_for_people() {
                        note(&format!("heard {}", title(&play)));
                    }
                    self.unwritten.push(play);
                }
            }
        }
    }

    /// Shows what is playing, beside all else. What was on its way is no longer true.
    fn announce(&mut self, track: PlayerTrack) {
        if let Some(before) = self.announcing.take() {
            before.abort();
        }
        let (artist, name) = (&track.artist, &track.name);
        match self.context.mode() {
            Mode::Json => json::print(&Line::NowPlaying { artist, track: name, ignored: None }),
            Mode::Quiet => {}
            Mode::Terminal | Mode::Log => note(&format!("♪ {artist} – {name}")),
        }
        if !self.dry_run {
            let sender = self.context.sender.clone();
            // It is shown for a moment: that it failed is of no interest when it is known.
            self.announcing = Some(tokio::spawn(async move {
                let _ = sender.now_playing(&track).await;
            }));
        }
    }

    /// Queues what was heard; what cannot be written stays for the next time.
    async fn write_down(&mut self) {
        if self.unwritten.is_empty() {
            return;
        }
        if self.dry_run {
            let heard = std::mem::take(&mut self.unwritten);
            return heard.iter().for_each(|play| self.would_queue(play));
        }
        match self.context.sender.enqueue(self.unwritten.clone(), Repeats::Same).await {
            Ok(queued) => {
                let is_new = |play: &&Enqueued| matches!(play, Enqueued::Added(_));
                let added = queued.iter().filter(is_new).count();
                if self.context.mode() == Mode::Json {
                    let (user, already_there) =
                        (self.context.user().as_str(), queued.len() - added);
                    json::print(&Line::Queued { user, job: None, added, already_there });
                }
                self.unwritten.clear();
                self.told = None;
                for added in queued.iter().filter(is_new) {
                    self.tell_if_refused(added.id()).await;
                }
            }
            Err(error) => self.failed(error),
        }
    }

    /// A play that the rules refuse never comes to the sender, which would tell of it.
    async fn tell_if_refused(&mut self, id: PlayId) {
        let of = &self.context.mine;
        match of.queue.play(&of.account, id).await {
            Ok(Some(play)) if play.state(dates::now()) == State::Refused => {
                self.sent(Some(Ok(SendEvent::Settled(Box::new(play)))));
            }
            Ok(_) => {}
            Err(error) => self.failed(error),
        }
    }

    /// Of a play that would be queued there is nothing more to say, unless it would be refused.
    fn would_queue(&mut self, play: &NewPlay) {
        let refusal = rules::check(play, dates::now()).err();
        self.outcome.left_out += usize::from(refusal.is_some());
        match (self.context.mode(), refusal) {
            (Mode::Json, refusal) => {
                let refusal = refusal.map(|refusal| refusal.name());
                json::print(&Line::Planned { song: play.into(), due_at: None, refusal });
            }
            (Mode::Terminal | Mode::Log, Some(why)) => note(&format!("✗ {}: {why}", title(play))),
            _ => {}
        }
    }

    fn failed(&mut self, error: StoreError) {
        let why = Trouble::from(error).what;
        if self.is_news(&why) && self.context.mode().is_for_people() {
            output::note(&format!("! {why}"));
        }
    }

    /// Whether it is told: it is tried again every second, and mostly fails for the same reason.
    fn is_news(&mut self, why: &str) -> bool {
        self.told.replace(why.to_owned()).is_none_or(|told| told != why)
    }

    /// Tells what the sender did. That it failed ends nothing: what is heard is kept.
    fn sent(&mut self, event: Option<Result<SendEvent, StoreError>>) {
        match event {
            Some(Ok(event)) => {
                if let SendEvent::Settled(play) = &event
                    && !play.state(dates::now()).is_open()
                {
                    self.outcome.count(play);
                }
                self.facts.step(Some(&event));
            }
            Some(Err(error)) => {
                Trouble::from(error).tell(self.context.mode());
            }
            None => {}
        }
    }
}

/// What the sender does next; for ever nothing once it has ended.
async fn next(sending: &mut Option<Sending>) -> Option<Result<SendEvent, StoreError>> {
    let Some(at_work) = sending else { return std::future::pending().await };
    let event = at_work.next().await;
    if !matches!(event, Some(Ok(_))) {
        *sending = None;
    }
    event
}

/// Whether nothing more can be sent now.
async fn is_at_rest(context: &SendContext, event: &SendEvent) -> Result<bool, Trouble> {
    Ok(match event {
        SendEvent::Resting { counts, .. } => {
            context.mine.hold(dates::now()).await?.is_some()
                || counts.of(State::Ready) + counts.of(State::Sending) == 0
        }
        SendEvent::Held(_) | SendEvent::QueueFailed { .. } => true,
        _ => false,
    })
}

/// Returns a little after a stop is asked for: a request that is on its way comes to its end.
async fn stopped_for_good(context: &SendContext) {
    context.stop.asked().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use lastfm_core::archive::StoreErrorKind;
    use lastfm_core::scrobble::Sender;
    use lastfm_core::testing::{FailingQueue, Failure};

    use super::*;

    #[tokio::test]
    async fn a_queue_that_fails_again_and_again_is_told_once() {
        let mut context = SendContext::demo().await;
        let queue = Arc::new(FailingQueue::new(Arc::clone(&context.mine.queue)));
        context.sender = Sender::new(context.client.clone(), queue.clone(), context.user().clone());
        let mut watch = Watch::new(Threshold::default(), false, &context);
        let words = PlayerTrack::new("Low", "Words");
        watch.unwritten.push(NewPlay::new(words, dates::now().plus(-600)));
        queue.fail_next(2, Failure::before(StoreErrorKind::Busy).of("enqueue"));
        for _ in 0..2 {
            watch.write_down().await;
        }
        assert_eq!((queue.failed_count(), watch.unwritten.len()), (2, 1));
        let why = watch.told.clone().unwrap();
        assert!(!watch.is_news(&why) && watch.is_news("the disk is full") && watch.is_news(&why));
        // Once it could be written, the same is news.
        watch.write_down().await;
        assert!(watch.unwritten.is_empty() && watch.is_news(&why));
    }
}
