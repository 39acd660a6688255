//! `queue send` and `run`: send what is queued, once or for ever.

use std::fmt;

use lastfm_core::scrobble::{QueuedPlay, SendEvent, State};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::{dates, show};

use crate::cli::{self, Common};
use crate::context::SendContext;
use crate::json::{self, Line, Play};
use crate::order::title;
use crate::outcome::Outcome;
use crate::queue;
use crate::sending::{self, View};

/// Sends what can be sent now.
pub(crate) async fn once(
    said: cli::Send,
    common: Common,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let context = SendContext::open(common, mode, environment).await?;
    if said.try_now {
        context.sender.try_now().await?;
    }
    let open = queue::open_count(&context.mine).await?;
    let mut outcome = Outcome::default();
    let mut view = View::new(mode, open);
    sending::follow(&context, context.sender.drain(said.patience), |event| {
        if let Some(SendEvent::Settled(play)) = event
            && !play.state(dates::now()).is_open()
        {
            outcome.count(play);
        }
        view.step(event);
    })
    .await?;
    drop(view);
    outcome.left(&context).await?;
    Ok(outcome.tell(&context))
}

/// Sends until it is told to stop, a line for a fact.
pub(crate) async fn forever(
    common: Common,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let context = SendContext::open(common, mode, environment).await?;
    let open = queue::open_count(&context.mine).await? as u64;
    if mode.is_for_people() {
        let (user, plays) = (context.user(), show::count(open, "play"));
        let path = context.mine.path.display();
        note(&format!("sending plays of {user} from {path}: {plays} wait"));
    }
    let mut facts = Facts::new(&context);
    sending::follow(&context, context.sender.run(), |event| facts.step(event)).await?;
    drop(facts);
    let left = queue::open_count(&context.mine).await? as u64;
    if mode.is_for_people() {
        note(&format!("■ stopped; {} safe in the queue", are(left)));
    }
    // It is there to be stopped.
    Ok(Exit::Complete)
}

/// What happens in the background, a line for a fact.
pub(crate) struct Facts<'a> {
    context: &'a SendContext,
    /// Plays of one request, told together: what became of them is not known.
    unknown: Option<Unknown>,
}

struct Unknown {
    /// The first of them.
    title: String,
    count: u64,
    reason: String,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(context: &'a SendContext) -> Self {
        Self { context, unknown: None }
    }

    /// Something happened, or a second has passed.
    pub(crate) fn step(&mut self, event: Option<&SendEvent>) {
        let (now, mode) = (dates::now(), self.context.mode());
        match (mode, event) {
            (Mode::Json, Some(SendEvent::Settled(play))) => {
                return json::print(&Line::Settled(Play::new(play, now)));
            }
            (Mode::Json, Some(SendEvent::Held(hold))) => return json::print(&Line::held(hold)),
            (Mode::Json | Mode::Quiet, _) => return,
            (_, Some(SendEvent::Settled(play))) if play.state(now) == State::Unknown => {
                return self.doubt(play);
            }
            _ => self.tell_unknown(),
        }
        match event {
            Some(SendEvent::Settled(play)) => {
                let what = title(&play.play);
                let why = play.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                match play.state(now) {
                    State::Accepted => note(&format!("✓ {what}")),
                    State::Refused => note(&format!("✗ {what}{why}")),
                    // Why it waits again is told once, of all.
                    _ => {}
                }
            }
            Some(SendEvent::Held(hold)) => {
                note(&format!("! {}", queue::hold_in_words(&self.context.mine, hold)));
            }
            Some(SendEvent::Lifted(_)) => note("Last.fm takes plays again"),
            Some(SendEvent::QueueFailed { words, .. }) => {
                note(&format!("! the queue failed: {words}"));
            }
            _ => {}
        }
    }

    fn doubt(&mut self, play: &QueuedPlay) {
        let reason = show::shortened(play.reason.as_deref().unwrap_or_default());
        match &mut self.unknown {
            Some(unknown) if unknown.reason == reason => unknown.count += 1,
            _ => {
                self.tell_unknown();
                self.unknown = Some(Unknown { title: title(&play.play), count: 1, reason });
            }
        }
    }

    fn tell_unknown(&mut self) {
        if let Some(unknown) = self.unknown.take() {
            note(&format!("? {unknown}"));
        }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => write!(f, "{}: {}", self.title, self.reason)?,
            many => write!(f, "{}, each: {}", show::count(many, "play"), self.reason)?,
        }
        f.write_str("; looked for in the history in two minutes")
    }
}

impl Drop for Facts<'_> {
    fn drop(&mut self) {
        self.tell_unknown();
    }
}

pub(crate) fn note(words: &str) {
    output::note(&format!("{}  {words}", show::stamp(dates::now())));
}

/// `3 plays are`
fn are(plays: u64) -> String {
    let verb = if plays == 1 { "is" } else { "are" };
    format!("{} {verb}", show::count(plays, "play"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plays_whose_request_vanished_are_one_fact() {
        let (title, reason) = ("Low – Words".to_owned(), "its sender has vanished".to_owned());
        let mut unknown = Unknown { title, count: 1, reason };
        let one = "Low – Words: its sender has vanished; looked for in the history in two minutes";
        assert_eq!(unknown.to_string(), one);
        unknown.count = 50;
        let many =
            "50 plays, each: its sender has vanished; looked for in the history in two minutes";
        assert_eq!(unknown.to_string(), many);
    }
}
