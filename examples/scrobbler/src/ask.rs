//! Questions to the person who started it.

use std::io::{self, IsTerminal, Write};

use terminal::exit::{Exit, Trouble};
use terminal::output::Mode;

/// From so many plays on, a person is asked.
pub(crate) const MANY: usize = 100;

/// Whether anybody can be asked.
pub(crate) fn is_attended(mode: Mode) -> bool {
    mode.is_for_people() && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks a question; an answer that is none is the default. Nothing typed at all is a no.
pub(crate) fn yes(question: &str, default: bool) -> bool {
    let choice = if default { "Y/n" } else { "y/N" };
    let mut typed = String::new();
    let asked = write!(io::stderr(), "{question} ({choice}) ");
    match asked.and_then(|()| io::stdin().read_line(&mut typed)) {
        Ok(0) | Err(_) => false,
        Ok(_) => match typed.trim().to_lowercase().as_str() {
            "y" | "yes" => true,
            "n" | "no" => false,
            _ => default,
        },
    }
}

/// Lets a person confirm what would be done, unless that was said already.
pub(crate) fn confirm(what: &str, said_yes: bool, mode: Mode) -> Result<(), Trouble> {
    if said_yes {
        return Ok(());
    }
    let unsaid = |why: String| Trouble::new(Exit::NeedsPerson, "not_confirmed", why);
    if !is_attended(mode) {
        return Err(unsaid(format!("{what}: nobody can be asked here"))
            .advice("Nothing was changed. If that is meant, say it again with --yes."));
    }
    if yes(&format!("{what}. Go on?"), false) {
        Ok(())
    } else {
        Err(unsaid("nothing was changed".to_owned()))
    }
}
