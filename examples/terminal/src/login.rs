//! `login`: lets a person allow this program, in a browser, to act in their name.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lastfm_core::auth_flow::{DesktopLogin, LoginError, Session};
use lastfm_core::methods::user::GetInfo;
use lastfm_core::transport::LocalPacer;
use lastfm_core::{Client, SessionKey, TokioClock, Username};

use crate::exit::{Exit, Trouble};
use crate::json::{self, Line};
use crate::output::{self, Mode};
use crate::program::program;
use crate::sessions::Sessions;
use crate::settings::{self, Environment};
use crate::signals::{self, Stop};
use crate::trouble::{self, OnBehalfOf};
use crate::waiting::Waiting;
use crate::{dates, show};

/// How long Last.fm waits for the person.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
const NOTHING: &str = "Nothing was stored.";

/// Logs in and keeps the session.
pub async fn run(no_browser: bool, mode: Mode, environment: &Environment) -> Result<Exit, Trouble> {
    let (client, sessions) = client(environment)?;
    // Nobody is asked for what could not be kept.
    sessions.prepare()?;
    let logging_in = async {
        let mut login = begin(client.clone(), mode).await?;
        show_address(&login, no_browser, mode);
        let session = wait(&mut login, mode).await?;
        Ok::<_, Trouble>((whose(&session, &client).await?, session.key))
    };
    let (user, key) = tokio::select! {
        outcome = logging_in => outcome?,
        () = signals::signal() => {
            let stopped = Trouble::new(Exit::NotNow, "stopped", "stopped before anybody logged in");
            return Err(stopped.advice(NOTHING));
        }
    };
    tell(&user, key, &sessions, mode)
}

/// A client that can sign, and where its sessions are kept.
pub fn client(environment: &Environment) -> Result<(Client, Sessions), Trouble> {
    let credentials = environment.signing_credentials()?;
    let service = environment.service()?;
    let rate = environment.rate(None, service.as_ref())?;
    let sessions = environment.sessions(service.as_ref());
    let interval = Duration::from_secs_f64(1.0 / rate);
    let pacer = Arc::new(LocalPacer::new(interval, Arc::new(TokioClock::default())));
    let client = settings::client(credentials, service, Some(pacer), &Stop::new())?;
    Ok((client, sessions))
}

async fn begin(client: Client, mode: Mode) -> Result<DesktopLogin, Trouble> {
    let waiting = Waiting::new(mode);
    waiting.say("asking Last.fm for a login");
    let begun = DesktopLogin::begin(client).await;
    begun.map_err(|error| trouble::of_call(error, NOTHING, OnBehalfOf::Nobodys))
}

/// Says where to allow it, and opens the browser there if a person sits in front of one.
///
/// The address holds the API key and the token. It is shown to whoever logs in, and to nobody else.
fn show_address(login: &DesktopLogin, no_browser: bool, mode: Mode) {
    let url = login.url();
    if mode == Mode::Json {
        let expires_in_seconds = LIFETIME.as_secs();
        return json::print(&Line::LoginBegun { url: url.as_str(), expires_in_seconds });
    }
    let is_attended = !no_browser && io::stderr().is_terminal();
    // What hinders it is of no interest: the address is there.
    let is_open = is_attended && open::that_detached(url.as_str()).is_ok();
    output::note(if is_open {
        "Allow it in the browser that opens, or at this address on any device, within 60 minutes:"
    } else {
        "Allow it at this address, in a browser on any device, within 60 minutes:"
    });
    output::note(&format!("\n  {url}\n"));
}

async fn wait(login: &mut DesktopLogin, mode: Mode) -> Result<Session, Trouble> {
    let began = Instant::now();
    let waiting = Waiting::new(mode);
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut agreed = std::pin::pin!(login.wait());
    loop {
        tokio::select! {
            outcome = &mut agreed => return outcome.map_err(of_login),
            _ = second.tick() => {
                let left = LIFETIME.saturating_sub(began.elapsed()).as_secs();
                let left = if left < 60 { format!("{left} s") } else { format!("{} min", left / 60) };
                waiting.say(format!("waiting for you to allow it in the browser · {left} left"));
            }
        }
    }
}

/// Who has logged in: not every service says so of itself.
async fn whose(session: &Session, client: &Client) -> Result<Username, Trouble> {
    if let Some(user) = &session.user {
        return Ok(user.clone());
    }
    let client = client.with_session(session.key.clone());
    let profile = client.call(&GetInfo::session()).await;
    profile
        .map(|profile| profile.name)
        .map_err(|error| trouble::of_call(error, NOTHING, OnBehalfOf::Nobodys))
}

/// Keeps the session, and says what it brings.
fn tell(
    user: &Username,
    key: SessionKey,
    sessions: &Sessions,
    mode: Mode,
) -> Result<Exit, Trouble> {
    let kept = sessions.keep(user.clone(), key, dates::now());
    let path = kept.map_err(|trouble| trouble.about(user))?.display().to_string();
    match mode {
        Mode::Json => json::print(&Line::LoggedIn {
            user: user.as_str(),
            file: &path,
            exit_code: Exit::Complete.code(),
        }),
        Mode::Quiet => {}
        Mode::Terminal | Mode::Log => {
            let only_you = if cfg!(unix) { ", which only you can read" } else { "" };
            output::line(&format!("✓ logged in as {user} · kept in {path}{only_you}"));
            output::line(&format!("  {}", (program().after_login)(user)));
        }
    }
    Ok(Exit::Complete)
}

fn of_login(error: LoginError) -> Trouble {
    let again = format!("{NOTHING} To begin again: {} login", show::program());
    match error {
        LoginError::Call(error) => trouble::of_call(error, NOTHING, OnBehalfOf::Nobodys),
        LoginError::Expired => {
            let what = "nobody has allowed it within the 60 minutes that Last.fm waits";
            Trouble::new(Exit::NeedsPerson, "login_expired", what).advice(again)
        }
        other => Trouble::new(Exit::NeedsPerson, "login_failed", other.to_string()).advice(again),
    }
}
