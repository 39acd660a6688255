//! `queue send` and `run`: send what is queued, once or for ever.

use lastfm_core::scrobble::{SendEvent, State};
use terminal::exit::{Exit, Trouble};
use terminal::output::{self, Mode};
use terminal::settings::Environment;
use terminal::{dates, show};

use crate::cli::{self, Common};
use crate::desk::Desk;
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
    let desk = Desk::open(common, mode, environment).await?;
    if said.try_now {
        desk.sender.try_now().await?;
    }
    let open = queue::open_count(&desk.shelf).await?;
    let mut outcome = Outcome::default();
    let mut view = View::new(mode, open);
    sending::follow(&desk, desk.sender.drain(said.patience), |event| {
        if let Some(SendEvent::Settled(play)) = event
            && !play.state(dates::now()).is_open()
        {
            outcome.count(play);
        }
        view.step(event);
    })
    .await?;
    drop(view);
    outcome.left(&desk).await?;
    Ok(outcome.tell(&desk))
}

/// Sends until it is told to stop, a line for a fact.
pub(crate) async fn forever(
    common: Common,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let desk = Desk::open(common, mode, environment).await?;
    let open = queue::open_count(&desk.shelf).await? as u64;
    if mode.is_for_people() {
        let (user, plays) = (desk.user(), show::count(open, "play"));
        let path = desk.shelf.path.display();
        note(&format!("sending plays of {user} from {path}: {plays} wait"));
    }
    sending::follow(&desk, desk.sender.run(), |event| {
        if let Some(event) = event {
            tell(&desk, event);
        }
    })
    .await?;
    let left = queue::open_count(&desk.shelf).await? as u64;
    if mode.is_for_people() {
        note(&format!("■ stopped; {} safe in the queue", are(left)));
    }
    // It is there to be stopped.
    Ok(Exit::Complete)
}

/// A line for what happens in the background.
pub(crate) fn tell(desk: &Desk, event: &SendEvent) {
    let now = dates::now();
    match (desk.mode(), event) {
        (Mode::Json, SendEvent::Settled(play)) => json::print(&Line::Settled(Play::new(play, now))),
        (Mode::Json, SendEvent::Held(hold)) => json::print(&Line::held(hold)),
        (Mode::Json | Mode::Quiet, _) => {}
        (_, SendEvent::Settled(play)) => {
            let what = title(&play.play);
            let why = play.reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            match play.state(now) {
                State::Accepted => note(&format!("✓ {what}")),
                State::Refused => note(&format!("✗ {what}{why}")),
                State::Unknown => note(&format!("? {what}{why}; looked for in two minutes")),
                // Why it waits again is told once, of all.
                _ => {}
            }
        }
        (_, SendEvent::Held(hold)) => {
            note(&format!("! {}", queue::hold_in_words(&desk.shelf, hold)));
        }
        (_, SendEvent::Lifted(_)) => note("Last.fm takes plays again"),
        (_, SendEvent::QueueFailed { words, .. }) => note(&format!("! the queue failed: {words}")),
        _ => {}
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
