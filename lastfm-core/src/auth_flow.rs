//! How a user lets an app act for them: in a browser, or with a password.
//!
//! * **Web**: the app sends its user's browser to [`WebLogin::url`]. The service sends it on to the
//!   app's own address with a token, which [`WebLogin::session`] exchanges.
//! * **Desktop**: [`DesktopLogin::begin`] fetches a token, the user approves it at
//!   [`DesktopLogin::url`] in any browser, and [`DesktopLogin::wait`] waits for that.
//! * **Mobile**: [`mobile_login`], where there is no browser.
//!
//! All three end with a [`Session`]: keep its key where only its owner can read it, and hand it to
//! [`Client::with_session`]. It is valid until the user takes it back; calls then fail with
//! [`ErrorClass::SessionExpired`](crate::ErrorClass::SessionExpired), and the user has to log in
//! again.
//!
//! # What the service leaves open
//!
//! A web login carries no state of the app's: whoever can make a browser land on the app's address
//! with a token of theirs logs it in as themselves. An app therefore puts something into the
//! callback address that it can check against that browser's cookie. It still cannot tell a token
//! that somebody else got by sending its user to the service with another callback.

use std::time::Duration;

use url::Url;

pub use crate::methods::auth::Session;
use crate::methods::auth::{GetMobileSession, GetSession, GetToken};
use crate::{ApiErrorCode, Client, Error, LoginToken, Password, retry};

/// How long a token is good for, says the service.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// How often to ask whether the user has agreed.
const INTERVAL: Duration = Duration::from_secs(5);

/// Why a login has not ended with a session.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The user has not agreed yet (error 14): ask again.
    #[error("the user has not agreed to the login yet")]
    NotApproved,
    /// The token is older than 60 minutes (error 15): begin anew.
    #[error("the login has expired: it has to be begun again")]
    Expired,
    /// The service does not know the token (error 4), or has exchanged it already, perhaps in an
    /// answer that got lost: begin anew.
    #[error(
        "the login token is used up, or not one of the service's: the login has to be begun again"
    )]
    UnknownToken,
    /// The service does not know this name with this password (error 4): ask the user again.
    #[error("the name or the password is wrong")]
    WrongPassword,
    /// The call failed for a reason that has nothing to do with this login.
    #[error("the login could not be asked for")]
    Call(#[source] Error),
}

impl LoginError {
    /// What the service's answer to the exchange of a token means.
    fn of_token(error: Error) -> Self {
        match &error {
            Error::Api { code: ApiErrorCode::UnauthorizedToken, .. } => Self::NotApproved,
            Error::Api { code: ApiErrorCode::TokenExpired, .. } => Self::Expired,
            Error::Api { code: ApiErrorCode::AuthenticationFailed, .. } => Self::UnknownToken,
            _ => Self::Call(error),
        }
    }

    /// What the service's answer to a password means.
    fn of_password(error: Error) -> Self {
        match &error {
            Error::Api { code: ApiErrorCode::AuthenticationFailed, .. } => Self::WrongPassword,
            _ => Self::Call(error),
        }
    }
}

/// The login of a web app.
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # let clock = std::sync::Arc::new(lastfm_core::testing::VirtualClock::new(lastfm_core::Timestamp::MIN));
/// # let transport = std::sync::Arc::new(lastfm_core::testing::FakeTransport::new()
/// #     .json(r#"{"session":{"name":"RJ","key":"d580d57f","subscriber":0}}"#));
/// # futures_executor::block_on(async {
/// use lastfm_core::auth_flow::WebLogin;
/// use lastfm_core::{ApiKey, Client, Credentials, LoginToken, SharedSecret};
///
/// let credentials = Credentials::read_only(ApiKey::new("0123")?)
///     .with_secret(SharedSecret::new("4567")?);
/// let client = Client::builder(credentials, transport, clock).build();
/// let login = WebLogin::new(client.clone());
///
/// // Redirect the browser there …
/// let there = login.url(Some(&"https://app.example.org/landed/8a1f".parse()?));
/// assert_eq!(
///     there.as_str(),
///     "https://www.last.fm/api/auth/?api_key=0123&cb=https%3A%2F%2Fapp.example.org%2Flanded%2F8a1f",
/// );
/// // … and it lands here.
/// let landed = "https://app.example.org/landed/8a1f?token=bc31".parse()?;
/// let token = LoginToken::from_callback(&landed).ok_or("no token")?;
/// let session = login.session(token).await?;
/// let client = client.with_session(session.key);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap() }
/// ```
#[derive(Debug, Clone)]
pub struct WebLogin {
    client: Client,
}

impl WebLogin {
    /// Logins of the app whose key and secret this client has.
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    /// Where the user agrees. The browser is then sent to `callback`, or, without one, to the
    /// address that the app's owner has given to the service, with a `token` added.
    ///
    /// The address holds the API key, as the service wants it.
    pub fn url(&self, callback: Option<&Url>) -> Url {
        let mut url = self.client.login_page();
        if let Some(callback) = callback {
            url.query_pairs_mut().append_pair("cb", callback.as_str());
        }
        url
    }

    /// Exchanges the token with which the browser came back.
    ///
    /// Once: if the answer gets lost, the token may be used up, and the login has to be begun
    /// again.
    ///
    /// # Errors
    ///
    /// [`LoginError`]; [`NotApproved`](LoginError::NotApproved) only if the browser did not come
    /// from the service.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may use the token up.
    pub async fn session(&self, token: LoginToken) -> Result<Session, LoginError> {
        self.client.call(&GetSession::new(token)).await.map_err(LoginError::of_token)
    }
}

/// The login of a desktop app, or of one in a terminal: its user agrees in any browser.
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # use lastfm_core::testing::FakeTransport;
/// # let clock = std::sync::Arc::new(lastfm_core::testing::VirtualClock::new(lastfm_core::Timestamp::MIN));
/// # let transport = std::sync::Arc::new(FakeTransport::new()
/// #     .json(r#"{"token":"bc31"}"#)
/// #     .status(http::StatusCode::FORBIDDEN, r#"{"error":14,"message":"not yet"}"#)
/// #     .json(r#"{"session":{"name":"RJ","key":"d580d57f","subscriber":0}}"#));
/// # futures_executor::block_on(async {
/// use lastfm_core::auth_flow::DesktopLogin;
/// use lastfm_core::{ApiKey, Client, Credentials, SharedSecret};
///
/// let credentials = Credentials::read_only(ApiKey::new("0123")?)
///     .with_secret(SharedSecret::new("4567")?);
/// let client = Client::builder(credentials, transport, clock).build();
///
/// let mut login = DesktopLogin::begin(client.clone()).await?;
/// println!("Please allow this app at {}", login.url());
/// let session = login.wait().await?;
/// if let Some(user) = &session.user {
///     println!("Welcome, {user}");
/// }
/// let client = client.with_session(session.key);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap() }
/// ```
#[derive(Debug, Clone)]
pub struct DesktopLogin {
    client: Client,
    token: LoginToken,
    /// By the client's clock.
    begun_at: Duration,
    /// When to ask again, by the same clock.
    due: Duration,
}

impl DesktopLogin {
    /// Begins a login of the app whose key and secret this client has.
    ///
    /// # Errors
    ///
    /// What a call can fail with.
    pub async fn begin(client: Client) -> Result<Self, Error> {
        let begun_at = client.clock().elapsed();
        let token = client.call(&GetToken).await?;
        Ok(Self { client, token, begun_at, due: begun_at })
    }

    /// Where the user agrees, within 60 minutes.
    ///
    /// The address holds the API key and the token, as the service wants it: it is for this user
    /// alone.
    pub fn url(&self) -> Url {
        let mut url = self.client.login_page();
        url.query_pairs_mut().append_pair("token", self.token.expose());
        url
    }

    /// Asks once whether the user has agreed.
    ///
    /// # Errors
    ///
    /// [`LoginError::NotApproved`] until then.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may use the token up, if the user had agreed.
    pub async fn poll(&self) -> Result<Session, LoginError> {
        let reply = self.client.call_once(&GetSession::new(self.token.clone())).await;
        reply.map(|reply| reply.value).map_err(LoginError::of_token)
    }

    /// Waits until the user has agreed, asking every 5 seconds, through outages if need be.
    ///
    /// # Errors
    ///
    /// [`LoginError::Expired`] after 60 minutes, and what else keeps the login from ending.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the wait. Called again it goes on; if the user agreed at the very
    /// moment, the token may be used up.
    pub async fn wait(&mut self) -> Result<Session, LoginError> {
        let clock = self.client.clock().clone();
        let mut failed = 0;
        loop {
            clock.sleep(self.due.saturating_sub(clock.elapsed())).await;
            // Whatever becomes of this future, the service is not asked more often.
            self.due = clock.elapsed() + INTERVAL;
            let left = (self.begun_at + LIFETIME).saturating_sub(clock.elapsed());
            match self.poll().await {
                Err(LoginError::NotApproved) if left.is_zero() => return Err(LoginError::Expired),
                Err(LoginError::NotApproved) => {
                    failed = 0;
                    self.due = self.due.min(self.begun_at + LIFETIME);
                }
                Err(LoginError::Call(error)) => {
                    failed += 1;
                    match retry::decide(&error, failed, self.client.jitter()) {
                        Some(pause) if pause < left => {
                            self.due = clock.elapsed() + pause.max(INTERVAL);
                        }
                        // Nothing can be known of this login before its time is over.
                        _ => return Err(LoginError::Call(error)),
                    }
                }
                outcome => return outcome,
            }
        }
    }
}

/// The login of an app whose user cannot open a browser: with their name, or e-mail address, and
/// their password.
///
/// # Errors
///
/// [`LoginError::WrongPassword`], and what a call can fail with.
pub async fn mobile_login(
    client: &Client,
    username: impl Into<String>,
    password: Password,
) -> Result<Session, LoginError> {
    let login = GetMobileSession::new(username, password);
    client.call(&login).await.map_err(LoginError::of_password)
}

#[cfg(test)]
mod tests;
