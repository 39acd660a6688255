//! Login with Last.fm, bound to the browser that began it.
//!
//! A browser gets a secret for ten minutes and is sent to Last.fm with an address to come back to
//! that holds a mark of it. Only the browser with the secret comes in by that address, once: nobody
//! can log somebody else in as themselves, or use an address that they have seen.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use lastfm_core::auth_flow::{LoginError, WebLogin};
use lastfm_core::methods::user::GetInfo;
use lastfm_core::{Client, LoginToken, SessionKey, Username};
use serde::{Deserialize, Serialize};
use terminal::dates;
use url::Url;
use utoipa::ToSchema;

use crate::address::ClientAddress;
use crate::app;
use crate::cookies::{Cookie, Jar};
use crate::failure::Failure;
use crate::secret::Secret;
use crate::visitor::{InPerson, Visitor};

/// Where everybody goes who has logged in. No address says another place.
const AFTERWARDS: &str = "/account";
/// Tokens of Last.fm have 32 letters.
const LONGEST_TOKEN: usize = 128;
/// What a mark is for.
pub(crate) const CALLBACK: &str = "callback";

/// How people log in here.
pub(crate) struct Gate {
    pub(crate) jar: Jar,
    signing: Client,
    callback: Url,
}

impl Gate {
    /// Nothing where a browser's secrets could be read on the way.
    pub(crate) fn at(public_url: &Url, signing: Client) -> Option<Self> {
        let jar = Jar::at(public_url);
        if jar.is_none() {
            tracing::warn!("nobody can log in: the public address is neither https nor loopback");
        }
        let callback = public_url.join("/api/auth/callback/").ok()?;
        Some(Self { jar: jar?, signing, callback })
    }

    /// Where the login page of Last.fm is, without a path.
    pub(crate) fn origin(&self) -> String {
        self.login().url(None).origin().ascii_serialization()
    }

    fn login(&self) -> WebLogin {
        WebLogin::new(self.signing.clone())
    }

    /// Whose session the token is good for.
    async fn exchange(&self, token: LoginToken) -> Result<(Username, SessionKey), Failure> {
        let session = self.login().session(token).await.map_err(|error| of_login(&error))?;
        let user = if let Some(user) = session.user {
            user
        } else {
            let client = self.signing.with_session(session.key.clone());
            let profile = client.call(&GetInfo::session()).await;
            profile.map_err(|error| of_login(&LoginError::Call(error)))?.name
        };
        Ok((user, session.key))
    }
}

/// What a login tells of itself.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    logged_in: bool,
    /// The name at Last.fm.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// When the login ends at the latest, seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

/// What Last.fm adds to the address. Whatever else stands there is not read.
#[derive(Deserialize)]
pub(crate) struct CallbackQuery {
    token: Option<String>,
}

/// Sends the browser to Last.fm.
#[utoipa::path(
    post, path = "/api/auth/login", tag = "login",
    responses((status = 303, description = "To Last.fm, where the user agrees")),
)]
pub(crate) async fn begin(
    client: ClientAddress,
    State(app): app::State,
) -> Result<Response, Failure> {
    let gate = app.gate.as_ref().ok_or(Failure::NotFound)?;
    app.limits.login(client)?;
    let secret = Secret::new()?;
    app.logins.begin(&secret.digest(), dates::now().as_unix()).await?;
    let back = gate.callback.join(&secret.mark(CALLBACK)).map_err(Failure::inside)?;
    let there = gate.login().url(Some(&back));
    let set = [(header::SET_COOKIE, gate.jar.keep(Cookie::Begun, &secret))];
    Ok(unkept((AppendHeaders(set), Redirect::to(there.as_str()))))
}

/// `HEAD` of the way back: whoever only looks ahead uses nothing up.
pub(crate) async fn look_ahead() -> Failure {
    Failure::MethodNotAllowed
}

/// The way back from Last.fm: exchanges the token, and logs the browser in.
#[utoipa::path(
    get, path = "/api/auth/callback/{mark}", tag = "login",
    params(("mark" = String, Path, description = "Made for the browser that began")),
    responses(
        (status = 303, description = "Logged in; to the page of the account"),
        (status = 400, description = "Not begun in this browser, not in time, or not for the first time", content_type = "application/problem+json", body = crate::failure::Problem),
    ),
)]
pub(crate) async fn come_back(
    _: InPerson,
    State(app): app::State,
    headers: HeaderMap,
    Path(mark): Path<String>,
    Query(query): Query<CallbackQuery>,
) -> Result<Response, Failure> {
    let gate = app.gate.as_ref().ok_or(Failure::NotFound)?;
    let begun = gate.jar.read(&headers, Cookie::Begun);
    let begun = begun.filter(|secret| secret.is_marked(CALLBACK, &mark));
    let begun = begun.ok_or(Failure::LoginFailed(
        "It was not begun in this browser, or another one was begun since.",
    ))?;
    let token = query.token.filter(|token| is_token(token));
    let token = token.and_then(|token| LoginToken::new(token).ok());
    let token = token.ok_or(Failure::LoginFailed("Last.fm sent no token with you."))?;
    if !app.logins.take(&begun.digest(), dates::now().as_unix()).await? {
        return Err(Failure::LoginFailed("It took more than ten minutes, or was used before."));
    }
    let (user, key) = gate.exchange(token).await?;
    let session = Secret::new()?;
    let before = app.session_said(&headers);
    let now = dates::now().as_unix();
    app.logins.log_in(&session.digest(), before.as_ref(), &user, &key, now).await?;
    // What waited for a login waits no longer.
    let sender = app.sender(&user).await?;
    let waits = sender.queue().counts(sender.account(), dates::now()).await?.open() > 0;
    if waits {
        app.order_sending(&user).await?;
    }
    let set = [
        (header::SET_COOKIE, gate.jar.forget(Cookie::Begun)),
        (header::SET_COOKIE, gate.jar.keep(Cookie::Session, &session)),
    ];
    Ok(unkept((AppendHeaders(set), Redirect::to(AFTERWARDS))))
}

/// Whether this browser is logged in.
#[utoipa::path(get, path = "/api/auth/status", tag = "login", responses((status = 200, body = Status)))]
pub(crate) async fn status(visitor: Visitor) -> Response {
    let login = visitor.login();
    unkept(Json(Status {
        logged_in: login.is_some(),
        user: login.map(|login| login.user.to_string()),
        expires_at: login.map(crate::logins::Login::expires_at),
    }))
}

/// Logs this browser out. What is queued goes on.
#[utoipa::path(post, path = "/api/auth/logout", tag = "login", responses((status = 303, description = "To the start")))]
pub(crate) async fn end(State(app): app::State, headers: HeaderMap) -> Result<Response, Failure> {
    let gate = app.gate.as_ref().ok_or(Failure::NotFound)?;
    if let Some(session) = app.session_said(&headers) {
        app.logins.log_out(&session).await?;
    }
    // A browser that has held its cookies back was sent by somebody else's page.
    let forget = headers.contains_key(header::COOKIE);
    let set = forget.then(|| (header::SET_COOKIE, gate.jar.forget(Cookie::Session)));
    Ok(unkept((AppendHeaders(set), Redirect::to("/"))))
}

/// Whether it can be one of Last.fm's.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() <= LONGEST_TOKEN
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Nobody keeps an answer about a login.
fn unkept(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// No words of Last.fm's here: they may repeat what was sent.
fn of_login(error: &LoginError) -> Failure {
    match error {
        LoginError::Expired | LoginError::UnknownToken => {
            Failure::LoginFailed("Last.fm does not know the token any more, or never did.")
        }
        LoginError::NotApproved => Failure::LoginFailed("You have not agreed to it at Last.fm."),
        LoginError::Call(error) if error.is_retryable() => {
            Failure::Outage { retry_after: Duration::from_mins(1) }
        }
        _ => Failure::LoginFailed("Last.fm refused it."),
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gate").field("jar", &self.jar).finish_non_exhaustive()
    }
}
