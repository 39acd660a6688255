//! The client: the only place that signs a call, reads an error and tries again.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, header};
use url::Url;

use crate::chance::Chance;
use crate::credentials::scrub;
use crate::methods::user::{GetRecentTracks, Playing};
use crate::transport::{Request, Response, Transport};
use crate::{
    Authentication, Clock, Credential, Credentials, DecodeError, Error, Live, Method, Paged, Pages,
    Params, RecentTracks, Service, SessionKey, Timestamp, Username, Verb, error, retry, sign, wire,
};

/// How often a call is made before its error is returned.
const ATTEMPTS: u32 = 6;

/// A longer wait is left to the caller.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// The service's own words are kept up to this many characters.
const LONGEST_MESSAGE: usize = 300;

/// Calls the web service.
///
/// Cheap to clone; clones share the transport, and with it the rate.
///
/// # Cancel safety
///
/// Dropping the future of a call ends it. The service may have seen it: a call that changes
/// something may have been done.
///
/// # Example
///
/// ```
/// # use std::sync::Arc;
/// # use lastfm_core::transport::{Request, Response, Transport, TransportError};
/// # #[derive(Debug)] struct Canned;
/// # #[async_trait::async_trait]
/// # impl Transport for Canned {
/// #     async fn send(&self, _: Request) -> Result<Response, TransportError> {
/// #         Ok(Response::new(http::StatusCode::OK, r#"{"user":{"name":"RJ","playcount":"154000"}}"#))
/// #     }
/// # }
/// # #[cfg(feature = "reqwest")]
/// # futures_executor::block_on(async {
/// # let (transport, clock) = (Arc::new(Canned), Arc::new(lastfm_core::TokioClock::default()));
/// use lastfm_core::methods::user::GetInfo;
/// use lastfm_core::{ApiKey, Client, Credentials};
///
/// let credentials = Credentials::read_only(ApiKey::new("0123456789abcdef")?);
/// let client = Client::builder(credentials, transport, clock).build();
/// let user = client.call(&GetInfo::new("rj".parse()?)).await?;
/// assert_eq!(user.play_count, 154_000);
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Client {
    credentials: Credentials,
    shared: Arc<Shared>,
}

struct Shared {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    service: Service,
    chance: Chance,
}

/// An answer, and when the service gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply<T> {
    /// What it says.
    pub value: T,
    /// The service's own time, which is the "now" of everything that has to do with a history.
    pub at: Option<Timestamp>,
}

impl Client {
    /// Calls Last.fm over the network, at most once a second. The calls want a tokio runtime.
    ///
    /// An app does better to name itself: [`builder`](Self::builder) takes a
    /// [`ReqwestTransport`](crate::transport::ReqwestTransport) with a user agent of its own.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Setup`](crate::transport::TransportErrorKind::Setup) if encryption
    /// cannot be set up, as on a machine without root certificates.
    #[cfg(feature = "reqwest")]
    pub fn new(credentials: Credentials) -> Result<Self, crate::transport::TransportError> {
        Self::at(Service::last_fm(), credentials)
    }

    /// Calls another service that answers the same calls, in the same way as [`new`](Self::new)
    /// does: [`Service`] knows several, and any address will do.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new) has.
    #[cfg(feature = "reqwest")]
    pub fn at(
        service: impl Into<Service>,
        credentials: Credentials,
    ) -> Result<Self, crate::transport::TransportError> {
        use crate::transport::{LocalPacer, RateLimited, ReqwestTransport};

        let clock = Arc::new(crate::TokioClock::default());
        let pacer = LocalPacer::new(Duration::from_secs(1), clock.clone());
        let network = Arc::new(ReqwestTransport::new()?);
        let transport = RateLimited::new(network, Arc::new(pacer), clock.clone());
        Ok(Self::builder(credentials, Arc::new(transport), clock).service(service).build())
    }

    /// Calls through this transport, and waits by this clock.
    ///
    /// The transport is used as it is: to keep to a rate, put it into a
    /// [`RateLimited`](crate::transport::RateLimited).
    pub fn builder(
        credentials: Credentials,
        transport: Arc<dyn Transport>,
        clock: Arc<dyn Clock>,
    ) -> ClientBuilder {
        let service = Service::last_fm();
        ClientBuilder { credentials, transport, clock, service, jitter_seed: None }
    }

    /// The same client, acting for the user of this session.
    pub fn with_session(&self, session: SessionKey) -> Self {
        Self {
            credentials: self.credentials.clone().with_session(session),
            shared: Arc::clone(&self.shared),
        }
    }

    /// Makes a call, and tries again where that can help and does no harm: up to six times in all.
    ///
    /// Between attempts it waits as [`retry::decide`] says. A wait of more than two minutes is
    /// left to the caller: the error is returned, and says how long. A call that changes something
    /// is tried again only if it has certainly not been done.
    ///
    /// # Errors
    ///
    /// Of the last attempt; see [`Error::class`].
    pub async fn call<M: Method>(&self, method: &M) -> Result<M::Response, Error> {
        self.repeat(method, false).await
    }

    /// The same, for an answer that no cache has: the last one cannot have been right.
    pub(crate) async fn call_anew<M: Method>(&self, method: &M) -> Result<M::Response, Error> {
        self.repeat(method, true).await
    }

    async fn repeat<M: Method>(&self, method: &M, anew: bool) -> Result<M::Response, Error> {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(method, anew || attempt > 1).await {
                Ok(reply) => return Ok(reply.value),
                Err(error) => error,
            };
            let harmless = match M::VERB {
                Verb::Read => true,
                Verb::Write => error.was_not_done(),
                Verb::Once => false,
            };
            match retry::decide(&error, attempt, self.jitter()) {
                Some(wait) if harmless && attempt < ATTEMPTS && wait <= LONGEST_WAIT => {
                    self.shared.clock.sleep(wait).await;
                }
                _ => return Err(error),
            }
            attempt += 1;
        }
    }

    /// Makes a call, once.
    ///
    /// # Errors
    ///
    /// Everything that [`Error`] knows.
    pub async fn call_once<M: Method>(&self, method: &M) -> Result<Reply<M::Response>, Error> {
        self.attempt(method, false).await
    }

    /// The same, for an answer that no cache has.
    pub(crate) async fn call_once_anew<M: Method>(
        &self,
        method: &M,
    ) -> Result<Reply<M::Response>, Error> {
        self.attempt(method, true).await
    }

    async fn attempt<M: Method>(
        &self,
        method: &M,
        anew: bool,
    ) -> Result<Reply<M::Response>, Error> {
        let params = self.params(method)?;
        let mut request = Request::post(self.shared.service.api().clone(), params.to_form());
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers.insert(header::CONTENT_TYPE, form);
        if anew {
            request.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        }
        let response = self.shared.transport.send(request).await;
        let response = response.map_err(|source| Error::Transport { method: M::NAME, source })?;
        Ok(Reply { at: error::date(&response.headers), value: self.read::<M>(&response, &params)? })
    }

    /// The user's whole history, newest first, to be read from the service page by page.
    pub fn recent_tracks(&self, user: Username) -> RecentTracks {
        RecentTracks::new(self.clone(), user)
    }

    /// What a user is listening to right now, if anything.
    ///
    /// Not with Libre.fm and servers of GNU FM: what plays there looks like a play.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call) has, and [`Error::Contradiction`] if the answer is about somebody
    /// else.
    pub async fn now_playing(&self, user: Username) -> Result<Option<Playing>, Error> {
        let page = self.call(&GetRecentTracks::new(user.clone()).limit(1)).await?;
        if page.user.parse().is_ok_and(|owner: Username| owner != user) {
            let (method, what) = (GetRecentTracks::NAME, "the history of another user came");
            return Err(Error::Contradiction { method, what, second: None });
        }
        Ok(page.now_playing)
    }

    /// What a user is listening to, as it happens.
    pub fn live(&self, user: Username) -> Live {
        Live::new(self.clone(), user)
    }

    /// A list that comes in pages, from the page that this call asks for to the last.
    pub fn pages<M: Paged>(&self, method: M) -> Pages<M> {
        Pages::new(self.clone(), method)
    }

    /// The service's page on which users agree to a login of this app.
    pub(crate) fn login_page(&self) -> Url {
        let mut url = self.shared.service.login().clone();
        url.query_pairs_mut().append_pair("api_key", self.credentials.api_key.expose());
        url
    }

    /// The clock it waits by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// The service it calls.
    pub fn service(&self) -> &Service {
        &self.shared.service
    }

    /// Whether it acts for a user.
    pub fn has_session(&self) -> bool {
        self.credentials.has_session()
    }

    /// Whether it acts in the same session.
    pub(crate) fn has_session_of(&self, other: &Self) -> bool {
        self.credentials.session == other.credentials.session
    }

    /// All parameters of a call, signed if it has to be.
    fn params<M: Method>(&self, method: &M) -> Result<Params, Error> {
        method.check().map_err(|source| Error::InvalidArgument { method: M::NAME, source })?;
        let missing = |missing| Error::MissingCredential { method: M::NAME, missing };
        let Credentials { api_key, secret, session } = &self.credentials;
        let mut params = Params::default();
        method.params(&mut params);
        params.set("method", M::NAME).set("api_key", api_key.expose()).set("format", "json");
        let (secret, session) = match method.authentication() {
            Authentication::Session => (
                Some(secret.as_ref().ok_or(missing(Credential::SharedSecret))?),
                Some(session.as_ref().ok_or(missing(Credential::SessionKey))?),
            ),
            Authentication::Signed => {
                let secret = secret.as_ref().ok_or(missing(Credential::SharedSecret))?;
                (Some(secret), None)
            }
            // Signed and in their name, users see what they hide from others.
            Authentication::ApiKey if self.has_session() && M::VERB == Verb::Read => {
                (secret.as_ref(), session.as_ref())
            }
            Authentication::ApiKey => (None, None),
        };
        params.set_opt("sk", session.map(SessionKey::expose));
        if let Some(secret) = secret {
            params.set("api_sig", sign(&params, secret));
        }
        Ok(params)
    }

    /// Reads a response: first whether it is an error, whatever its status.
    fn read<M: Method>(&self, response: &Response, params: &Params) -> Result<M::Response, Error> {
        let method = M::NAME;
        let status = response.status;
        let retry_after = error::retry_after(&response.headers);
        let text = std::str::from_utf8(&response.body);
        let body = text.map_or_else(|_| String::from_utf8_lossy(&response.body), Cow::Borrowed);
        let body = wire::bare(&body);
        if let Some((code, message)) = error::service_error(body) {
            return Err(Error::Api {
                method,
                code,
                status,
                message: self.presentable(&message, params),
                retry_after,
            });
        }
        if !status.is_success() || !body.starts_with('{') {
            return Err(Error::Status { method, status, retry_after });
        }
        if text.is_err() {
            // Names read with a guess at the letters would be archived as if they were true.
            let source = DecodeError::new("the text is not UTF-8");
            return Err(Error::Decode { method, source });
        }
        M::decode(body).map_err(|source| Error::Decode { method, source })
    }

    /// The service's words without anything secret that it may have echoed, on one line.
    fn presentable(&self, message: &str, params: &Params) -> Box<str> {
        const SECRET: [&str; 5] = ["api_key", "api_sig", "password", "sk", "token"];
        let Credentials { secret, session, .. } = &self.credentials;
        let sent = SECRET.iter().filter_map(|name| params.get(name));
        let secret = secret.as_ref().map(crate::SharedSecret::expose);
        let session = session.as_ref().map(SessionKey::expose);
        let words: Vec<&str> = message.split_whitespace().collect();
        let message = scrub(&words.join(" "), sent.chain(secret).chain(session));
        message.chars().take(LONGEST_MESSAGE).collect()
    }

    /// A number from 0 to 1, another one each time.
    pub(crate) fn jitter(&self) -> f64 {
        self.shared.chance.next()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("service", &self.shared.service)
            .field("credentials", &self.credentials)
            .field("transport", &self.shared.transport)
            .finish_non_exhaustive()
    }
}

/// Sets up a [`Client`].
#[must_use]
pub struct ClientBuilder {
    credentials: Credentials,
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    service: Service,
    jitter_seed: Option<u64>,
}

impl ClientBuilder {
    /// Another service than Last.fm that answers the same calls, or the address of one (a
    /// [`Url`](url::Url)). It gets the keys.
    pub fn service(self, service: impl Into<Service>) -> Self {
        Self { service: service.into(), ..self }
    }

    /// Makes the waits between attempts the same in every run. Default: not the same.
    pub fn jitter_seed(self, seed: u64) -> Self {
        Self { jitter_seed: Some(seed), ..self }
    }

    /// Builds it.
    pub fn build(self) -> Client {
        use std::hash::{BuildHasher as _, RandomState};

        let seed = self.jitter_seed.unwrap_or_else(|| RandomState::new().hash_one(0));
        Client {
            credentials: self.credentials,
            shared: Arc::new(Shared {
                transport: self.transport,
                clock: self.clock,
                service: self.service,
                chance: Chance::new(seed),
            }),
        }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("service", &self.service)
            .field("credentials", &self.credentials)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
