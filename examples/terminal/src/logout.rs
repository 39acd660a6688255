//! `logout`: forgets sessions here.

use lastfm_core::Username;

use crate::exit::{Exit, Trouble};
use crate::json::{self, Line};
use crate::output::{self, Mode};
use crate::settings::Environment;

/// Forgets the session of a user, or all.
pub fn run(
    user: Option<&Username>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let sessions = environment.sessions(environment.service()?.as_ref());
    let found = sessions.named(user)?;
    let users: Vec<Username> = found.into_iter().map(|session| session.user).collect();
    let path = sessions.forget(&users)?.display().to_string();
    for user in &users {
        match mode {
            Mode::Json => json::print(&Line::LoggedOut { user: user.as_str(), file: &path }),
            Mode::Quiet => {}
            Mode::Terminal | Mode::Log => {
                output::line(&format!("✓ {user}: logged out · removed from {path}"));
            }
        }
    }
    if mode.is_for_people() {
        output::line("  Last.fm still allows it. To take the access back altogether:");
        output::line("  https://www.last.fm/settings/applications");
    }
    Ok(Exit::Complete)
}
