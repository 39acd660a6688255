//! Questions to the person who started it.

use std::io::{self, IsTerminal, Write};

use terminal::exit::{Exit, Trouble};
use terminal::output::Mode;
use terminal::signals::Stop;
use tokio::sync::oneshot;

/// From so many plays on, a person is asked.
pub(crate) const MANY: usize = 100;

/// Whether anybody can be asked.
pub(crate) fn is_attended(mode: Mode) -> bool {
    mode.is_for_people() && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question; an answer that is none is the default, and the end of all input is a no. Who
/// wants to stop is not kept in the question.
pub(crate) async fn yes(
    question: &str,
    default: bool,
    stop: Option<&Stop>,
) -> Result<bool, Trouble> {
    let choice = if default { "Y/n" } else { "y/N" };
    // That it cannot be seen shows in the answer.
    let _ = write!(io::stderr(), "{question} ({choice}) ");
    let (answer, answered) = oneshot::channel();
    // On a thread that nobody waits for at the end.
    std::thread::spawn(move || {
        let mut typed = String::new();
        let read = io::stdin().read_line(&mut typed);
        let _ = answer.send(read.ok().filter(|length| *length > 0).map(|_| typed));
    });
    let stopped = async {
        match stop {
            Some(stop) => stop.asked().await,
            None => std::future::pending().await,
        }
    };
    let typed = tokio::select! {
        typed = answered => typed.ok().flatten(),
        () = stopped => {
            let _ = writeln!(io::stderr());
            return Err(stopped_before());
        }
    };
    Ok(match typed.map(|typed| typed.trim().to_lowercase()).as_deref() {
        None | Some("n" | "no") => false,
        Some("y" | "yes") => true,
        Some(_) => default,
    })
}

/// Lets a person confirm what would be done, unless that was said already.
pub(crate) async fn confirm(
    what: &str,
    said_yes: bool,
    mode: Mode,
    stop: Option<&Stop>,
) -> Result<(), Trouble> {
    if said_yes {
        return Ok(());
    }
    let unsaid = |why: String| Trouble::new(Exit::NeedsPerson, "not_confirmed", why);
    if !is_attended(mode) {
        return Err(unsaid(format!("{what}: nobody can be asked here"))
            .advice("Nothing was changed. If that is meant, say it again with --yes."));
    }
    if yes(&format!("{what}. Go on?"), false, stop).await? {
        Ok(())
    } else {
        Err(unsaid("nothing was changed".to_owned()))
    }
}

/// A stop was asked for while nothing was done yet.
pub(crate) fn stopped_before() -> Trouble {
    Trouble::new(Exit::NotNow, "stopped", "stopped before anything was done")
        .advice("Nothing was changed.")
}
