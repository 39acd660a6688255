//! `whoami`: whose sessions are kept, and whether they still hold.

use lastfm_core::methods::user::{GetInfo, User};
use lastfm_core::{Client, SessionKey, Timestamp, Username};

use crate::exit::{Exit, Trouble};
use crate::json::{self, Line};
use crate::output::{self, Mode};
use crate::sessions::Session;
use crate::settings::Environment;
use crate::trouble::{self, OnBehalfOf};
use crate::waiting::Waiting;
use crate::{login, show};

/// Asks Last.fm with each session who that is.
pub async fn run(
    user: Option<&Username>,
    mode: Mode,
    environment: &Environment,
) -> Result<Exit, Trouble> {
    let (client, sessions) = login::client(environment)?;
    let mut worst = Exit::Complete;
    // It comes before those that are kept, so it is told first.
    let set = environment.session().filter(|_| user.is_none());
    let kept = match (&set, sessions.named(user)) {
        (Some(_), Err(none)) if none.code == "not_logged_in" => Vec::new(),
        (_, kept) => kept?,
    };
    if let Some(key) = set {
        let outcome = ask(&client, key, OnBehalfOf::Set, mode).await;
        worst = worst.max(tell(outcome, None, mode));
    }
    for session in kept {
        let outcome =
            ask(&client, session.key.clone(), OnBehalfOf::Kept(&session.user), mode).await;
        worst = worst.max(tell(outcome, Some(&session), mode));
    }
    Ok(worst)
}

async fn ask(
    client: &Client,
    key: SessionKey,
    name: OnBehalfOf<'_>,
    mode: Mode,
) -> Result<User, Trouble> {
    let waiting = Waiting::new(mode);
    waiting.say(match name {
        OnBehalfOf::Kept(user) => format!("asking Last.fm about {user}"),
        OnBehalfOf::Nobodys | OnBehalfOf::Set => "asking Last.fm".to_owned(),
    });
    let outcome = client.with_session(key).call(&GetInfo::session()).await;
    outcome.map_err(|error| {
        let trouble = trouble::of_call(error, "Nothing was changed.", name);
        if let OnBehalfOf::Kept(user) = name { trouble.about(user) } else { trouble }
    })
}

fn tell(outcome: Result<User, Trouble>, kept: Option<&Session>, mode: Mode) -> Exit {
    let user = match outcome {
        Ok(user) => user,
        Err(trouble) => return trouble.tell(mode),
    };
    match mode {
        Mode::Json => json::print(&Line::Session {
            user: user.name.as_str(),
            logged_in_at: kept.map(|session| session.since),
            play_count: user.play_count,
            registered_at: user.registered_at.map(Timestamp::as_unix),
        }),
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log => {
            let plays = show::count(user.play_count, "play");
            let since = user.registered_at.map(|at| format!(" since {}", show::month(at)));
            let since = since.unwrap_or_default();
            let login = match kept {
                Some(kept) => {
                    let renamed = if kept.user == user.name {
                        String::new()
                    } else {
                        format!(" as {}", kept.user)
                    };
                    let day = show::day(Timestamp::from_unix(kept.since));
                    format!("logged in{renamed} on {day}, still valid")
                }
                None => "LASTFM_SESSION_KEY, valid, comes before all others".to_owned(),
            };
            output::line(&format!("✓ {} · {plays}{since} · {login}", user.name));
        }
    }
    Exit::Complete
}
