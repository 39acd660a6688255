//! Sending what is queued, and what is seen meanwhile.

use std::time::Duration;

use futures_util::StreamExt as _;
use lastfm_core::Timestamp;
use lastfm_core::archive::Span;
use lastfm_core::scrobble::{Filter, KnownPlay, SendEvent, Sending, State};
use terminal::exit::Trouble;
use terminal::output::Mode;
use terminal::waiting::Waiting;
use terminal::{dates, show};

use crate::context::SendContext;
use crate::json::{self, Line, Play};
use crate::outcome::Affected;
use crate::queue;

/// Characters of a bar.
const WIDTH: usize = 24;

/// Sends until nothing can be done any more for this long, or a stop is asked for.
pub(crate) async fn send(
    context: &SendContext,
    patience: Duration,
    concerned: &Affected,
) -> Result<(), Trouble> {
    let total = match concerned.job {
        None => concerned.plays.len(),
        Some(_) => queue::open_count(&context.mine).await?,
    };
    let mut view = View::new(context.mode(), total);
    follow(context, context.sender.drain(patience), |event| view.step(event)).await
}

/// Sends, and shows each step, until that ends or a stop is asked for.
pub(crate) async fn follow(
    context: &SendContext,
    mut sending: Sending,
    mut show: impl FnMut(Option<&SendEvent>),
) -> Result<(), Trouble> {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    loop {
        tokio::select! {
            event = sending.next() => match event {
                Some(Ok(event)) => show(Some(&event)),
                Some(Err(error)) => return Err(error.into()),
                None => return Ok(()),
            },
            // What was on its way is looked for in the history by whoever sends next.
            () = context.stop.asked() => return ended(sending).await,
            _ = second.tick() => {
                show(None);
                context.look_for_a_login().await;
            }
        }
    }
}

/// Lets a request that is on its way come to its end: the stop lets go of it soon.
async fn ended(mut sending: Sending) -> Result<(), Trouble> {
    let settled = async {
        while let Some(event) = sending.next().await {
            match event {
                Ok(SendEvent::Settled(_) | SendEvent::Sending { .. }) => {}
                _ => break,
            }
        }
    };
    // The stop interrupts a request after a second and a half.
    let _ = tokio::time::timeout(Duration::from_secs(2), settled).await;
    Ok(())
}

/// Plays that are in the queue, or were, and began since this moment.
pub(crate) async fn queued_since(
    context: &SendContext,
    since: Timestamp,
    states: &[State],
) -> Result<Vec<KnownPlay>, Trouble> {
    let filter = Filter::states(states.iter().copied()).played(Span::new(since, Timestamp::MAX));
    let mut known = Vec::new();
    queue::each(&context.mine, filter, 1000, |play| known.push(KnownPlay::from(&play.play)))
        .await?;
    Ok(known)
}

/// What is seen of a sender at work.
pub(crate) struct View {
    mode: Mode,
    waiting: Waiting,
    total: usize,
    done: usize,
    /// What keeps it from going on, and until when.
    trouble: Option<(String, Option<Timestamp>)>,
}

impl View {
    pub(crate) fn new(mode: Mode, total: usize) -> Self {
        let view = Self { mode, waiting: Waiting::new(mode), total, done: 0, trouble: None };
        view.draw();
        view
    }

    pub(crate) fn step(&mut self, event: Option<&SendEvent>) {
        match event {
            Some(SendEvent::Settled(play)) => {
                let now = dates::now();
                if self.mode == Mode::Json {
                    json::print(&Line::Settled(Play::new(play, now)));
                }
                self.done += usize::from(!play.state(now).is_open());
                self.trouble = None;
            }
            Some(SendEvent::Held(hold)) => {
                if self.mode == Mode::Json {
                    json::print(&Line::held(hold));
                }
                self.trouble = Some((show::complaint(&hold.words), hold.until));
            }
            Some(SendEvent::ReadingBack { count, .. }) => {
                let plays = show::count(*count as u64, "play");
                let words = format!("an answer was lost: looking for {plays} in the history");
                self.trouble = Some((words, None));
            }
            Some(SendEvent::QueueFailed { words, .. }) => {
                self.trouble = Some((words.clone(), None));
            }
            None | Some(_) => {}
        }
        self.draw();
    }

    fn draw(&self) {
        let plays = show::count(self.total as u64, "play");
        let done = format!("{} of {plays}", show::number(self.done as u64));
        self.waiting.say(match &self.trouble {
            Some((words, until)) => {
                let wait = until.map(|until| until.since(dates::now())).unwrap_or_default();
                let again = match wait.as_secs() {
                    0 => String::new(),
                    _ => format!(", trying again in {}", show::time(wait)),
                };
                format!("{done} · {words}{again}")
            }
            None if self.total > 10 => {
                let full = (self.done * WIDTH / self.total).min(WIDTH);
                format!("{}{}  {done}", "█".repeat(full), "░".repeat(WIDTH - full))
            }
            None => format!("sending {plays} to Last.fm"),
        });
    }
}
