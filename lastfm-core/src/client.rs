//! The client: the only place that signs a call, reads an error and tries again.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderValue, header};
use url::Url;

use crate::credentials::scrub;
use crate::transport::{Request, Response, Transport, TransportErrorKind};
use crate::{
    Authentication, Clock, Credential, Credentials, DecodeError, Error, ErrorClass, Method, Params,
    RecentTracks, SessionKey, Timestamp, Username, Verb, error, retry, sign,
};

/// Where Last.fm answers.
const SERVICE: &str = "https://ws.audioscrobbler.com/2.0/";

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
/// # futures_executor::block_on(async {
/// # let (transport, clock) = (Arc::new(Canned), Arc::new(lastfm_core::TokioClock::default()));
/// use lastfm_core::methods::user::GetInfo;
/// use lastfm_core::{ApiKey, Client, Credentials};
///
/// let credentials = Credentials::read_only(ApiKey::new("0123456789abcdef")?);
/// let client = Client::builder(credentials, transport, clock).build();
/// let user = client.call(&GetInfo::of("rj".parse()?)).await?;
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
    service: Url,
    chance: AtomicU64,
}

/// An answer, and when the service gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply<T> {
    /// What it says.
    pub value: T,
    /// The service's own time, which is the "now" of everything that has to do with a history.
    pub date: Option<Timestamp>,
}

impl Client {
    /// Calls Last.fm over the network, at most once a second.
    ///
    /// An app does better to name itself: [`builder`](Self::builder) takes a
    /// [`ReqwestTransport`](crate::transport::ReqwestTransport) with a user agent of its own.
    ///
    /// # Errors
    ///
    /// [`TransportErrorKind::Setup`] if encryption cannot be set up, as on a machine without root
    /// certificates.
    #[cfg(feature = "reqwest")]
    pub fn new(credentials: Credentials) -> Result<Self, crate::transport::TransportError> {
        use crate::transport::{LocalPacer, RateLimited, ReqwestTransport};

        let clock = Arc::new(crate::TokioClock::default());
        let pacer = LocalPacer::new(Duration::from_secs(1), clock.clone());
        let network = Arc::new(ReqwestTransport::new()?);
        let transport = RateLimited::new(network, Arc::new(pacer), clock.clone());
        Ok(Self::builder(credentials, Arc::new(transport), clock).build())
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
        ClientBuilder {
            credentials,
            transport,
            clock,
            service: SERVICE.parse().expect("the address of Last.fm is one"),
            jitter_seed: None,
        }
    }

    /// The same client, acting for the user of this session.
    pub fn with_session(&self, session: SessionKey) -> Self {
        Self {
            credentials: self.credentials.clone().with_session(session),
            shared: Arc::clone(&self.shared),
        }
    }

    /// Makes a call, up to six times as far as that can help and does no harm.
    ///
    /// Between attempts it waits as [`retry::decide`] says. A wait of more than two minutes is
    /// left to the caller: the error is returned, and says how long. A call that changes something
    /// is tried again only if it has certainly not been done.
    ///
    /// # Errors
    ///
    /// Of the last attempt; see [`Error::class`].
    pub async fn call<M: Method>(&self, method: &M) -> Result<M::Response, Error> {
        let mut attempt = 1;
        loop {
            let error = match self.call_once(method).await {
                Ok(reply) => return Ok(reply.value),
                Err(error) => error,
            };
            let harmless = M::VERB == Verb::Read || was_not_done(&error);
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
        let params = self.params(method)?;
        let mut request = Request::post(self.shared.service.clone(), params.to_form());
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers.insert(header::CONTENT_TYPE, form);
        let response = self.shared.transport.send(request).await;
        let response = response.map_err(|source| Error::Transport { method: M::NAME, source })?;
        Ok(Reply {
            date: error::date(&response.headers),
            value: self.read::<M>(&response, &params)?,
        })
    }

    /// The user's whole history, newest first, to be read from the service page by page.
    pub fn recent_tracks(&self, user: Username) -> RecentTracks {
        RecentTracks::new(self.clone(), user)
    }

    /// The clock it waits by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// Whether it acts for a user.
    pub fn has_session(&self) -> bool {
        self.credentials.has_session()
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
            // Signed and in his name, a user sees what he hides from others.
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
        let body = String::from_utf8_lossy(&response.body);
        let body = body.trim_start_matches('\u{feff}').trim();
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
        if std::str::from_utf8(&response.body).is_err() {
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
        let message = scrub(message, sent.chain(secret).chain(session));
        let words: Vec<&str> = message.split_whitespace().collect();
        words.join(" ").chars().take(LONGEST_MESSAGE).collect()
    }

    /// The next of a series of numbers from 0 to 1 (`SplitMix64`).
    pub(crate) fn jitter(&self) -> f64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let state = self.shared.chance.fetch_add(STEP, Ordering::Relaxed);
        let mut mixed = state.wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let high = u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(u32::MAX);
        f64::from(high) / f64::from(u32::MAX)
    }
}

/// Whether a call that failed so has certainly changed nothing.
fn was_not_done(error: &Error) -> bool {
    match error {
        Error::Transport { source, .. } => match source.kind {
            TransportErrorKind::Connect
            | TransportErrorKind::Insecure
            | TransportErrorKind::Paused(_)
            | TransportErrorKind::Pacer
            | TransportErrorKind::Setup => true,
            TransportErrorKind::Interrupted
            | TransportErrorKind::Timeout
            | TransportErrorKind::TooLarge => false,
        },
        Error::Api { .. } | Error::Status { .. } => error.class() == ErrorClass::RateLimited,
        Error::InvalidArgument { .. } | Error::MissingCredential { .. } => true,
        Error::Contradiction { .. } | Error::Decode { .. } => false,
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("service", &self.shared.service.host_str())
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
    service: Url,
    jitter_seed: Option<u64>,
}

impl ClientBuilder {
    /// Another service than Last.fm that answers the same calls. It gets the keys.
    pub fn service(self, service: Url) -> Self {
        Self { service, ..self }
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
                chance: AtomicU64::new(seed),
            }),
        }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("service", &self.service.host_str())
            .field("credentials", &self.credentials)
            .field("transport", &self.transport)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;
    use http::StatusCode;

    use super::*;
    use crate::methods::user::{GetInfo, GetRecentTracks};
    use crate::test_support::{Scripted, VirtualClock, client, with_header};
    use crate::transport::TransportError;
    use crate::{ApiKey, DecodeError, SharedSecret};

    const USER: &str = r#"{"user":{"name":"RJ","playcount":"3"}}"#;

    fn rj() -> GetInfo {
        GetInfo::of("RJ".parse().unwrap())
    }

    fn ok(body: &str) -> Result<Response, TransportError> {
        Ok(Response::new(StatusCode::OK, body.to_owned()))
    }

    fn failed(kind: TransportErrorKind) -> Result<Response, TransportError> {
        Err(TransportError::new(kind))
    }

    /// A call that changes something.
    #[derive(Debug)]
    struct Love;

    impl Method for Love {
        const NAME: &'static str = "track.love";
        const VERB: Verb = Verb::Write;
        const AUTHENTICATION: Authentication = Authentication::Session;
        type Response = ();

        fn params(&self, params: &mut Params) {
            params.set("artist", "KITANO REM").set("track", "RAINSICK");
        }

        fn decode(_: &str) -> Result<(), DecodeError> {
            Ok(())
        }
    }

    fn full_client(transport: Arc<Scripted>, clock: Arc<VirtualClock>) -> Client {
        let credentials = Credentials::read_only(ApiKey::new("YOUR_API_KEY").unwrap())
            .with_secret(SharedSecret::new("YOUR_SECRET").unwrap())
            .with_session(SessionKey::new("YOUR_SESSION_KEY").unwrap());
        Client::builder(credentials, transport, clock).build()
    }

    /// What came of a call, what was sent, and how long it all took.
    fn run<M: Method>(
        method: &M,
        answers: impl IntoIterator<Item = Result<Response, TransportError>>,
    ) -> (Result<M::Response, Error>, Vec<String>, Duration) {
        let clock = Arc::new(VirtualClock::default());
        let transport = Arc::new(Scripted::new(clock.clone(), answers));
        let client = full_client(transport.clone(), clock.clone());
        let result = block_on(client.call(method));
        (result, transport.sent(), clock.elapsed())
    }

    #[test]
    fn a_public_call_sends_the_key_and_nothing_more() {
        let clock = Arc::new(VirtualClock::default());
        let mut response = with_header(StatusCode::OK, "date", "Sun, 06 Nov 1994 08:49:37 GMT");
        response.body = USER.into();
        let transport = Arc::new(Scripted::new(clock.clone(), [Ok(response)]));
        let client = client(transport.clone(), clock);
        let reply = block_on(client.call_once(&rj())).unwrap();
        assert_eq!(reply.value.play_count, 3);
        assert_eq!(reply.date.unwrap().as_unix(), 784_111_777);
        let form = "api_key=key&format=json&method=user.getInfo&user=RJ";
        assert_eq!(transport.sent(), [form]);
    }

    #[test]
    fn with_a_session_reads_are_made_in_the_users_name() {
        let (result, sent, _) = run(&rj(), [ok(USER)]);
        result.unwrap();
        assert!(sent[0].contains("&sk=YOUR_SESSION_KEY&"), "{}", sent[0]);
        assert!(sent[0].contains("&api_sig="), "{}", sent[0]);
        let (result, sent, _) = run(&Love, [ok("{}")]);
        result.unwrap();
        // The published example.
        let signature = "api_sig=800b8884b00c9343d1d425ed271e0f42";
        assert!(sent[0].contains(signature), "{}", sent[0]);
    }

    #[test]
    fn a_key_that_is_lacking_is_named() {
        let clock = Arc::new(VirtualClock::default());
        let transport = Arc::new(Scripted::new(clock.clone(), []));
        let client = client(transport.clone(), clock);
        let error = block_on(client.call(&GetInfo::session())).unwrap_err();
        assert_eq!(error.class(), ErrorClass::Fatal);
        let expected = "user.getInfo: not sent: it needs a shared secret";
        assert_eq!(error.to_string(), expected);
        let wrong = GetRecentTracks::new("RJ".parse().unwrap()).limit(0);
        let error = block_on(client.call(&wrong)).unwrap_err();
        assert_eq!(error.class(), ErrorClass::Invalid);
        assert!(transport.sent().is_empty());
    }

    #[test]
    fn a_read_is_tried_again_as_often_as_it_can_help() {
        let gone = |_| failed(TransportErrorKind::Interrupted);
        let (result, sent, _) = run(&rj(), (0..5).map(gone).chain([ok(USER)]));
        assert_eq!((result.unwrap().play_count, sent.len()), (3, 6));
        let (result, sent, took) = run(&rj(), (0..9).map(gone));
        assert_eq!((result.is_err(), sent.len()), (true, 6));
        assert!((15..=31).contains(&took.as_secs()), "{took:?}");
        let (result, sent, _) = run(&rj(), [ok(r#"{"error":6,"message":"User not found"}"#)]);
        assert_eq!(result.unwrap_err().class(), ErrorClass::NotFound);
        assert_eq!(sent.len(), 1);
    }

    #[test]
    fn a_write_is_tried_again_only_if_it_was_not_done() {
        let slow = r#"{"error":29,"message":"slow"}"#;
        let pause = Duration::from_secs(30);
        for not_done in [
            failed(TransportErrorKind::Connect),
            failed(TransportErrorKind::Paused(pause)),
            ok(slow),
        ] {
            let (result, sent, _) = run(&Love, [not_done, ok("{}")]);
            assert_eq!((result.is_ok(), sent.len()), (true, 2));
        }
        for unknown in [
            failed(TransportErrorKind::Interrupted),
            failed(TransportErrorKind::Timeout),
            ok(r#"{"error":8,"message":"Operation failed"}"#),
            ok("<html>"),
        ] {
            let (result, sent, _) = run(&Love, [unknown, ok("{}")]);
            assert_eq!((result.is_ok(), sent.len()), (false, 1));
        }
    }

    #[test]
    fn a_long_pause_is_left_to_the_caller() {
        let pause = Duration::from_secs(3_600);
        let (result, sent, took) = run(&rj(), [failed(TransportErrorKind::Paused(pause))]);
        assert_eq!(result.unwrap_err().retry_after(), Some(pause));
        assert_eq!((sent.len(), took), (1, Duration::ZERO));
    }

    #[test]
    fn the_body_decides_whatever_the_status() {
        let response = |status, body: &str| {
            Ok(Response::new(StatusCode::from_u16(status).unwrap(), body.to_owned()))
        };
        let class = |status, body: &str| {
            let clock = Arc::new(VirtualClock::default());
            let transport = Arc::new(Scripted::new(clock.clone(), [response(status, body)]));
            block_on(client(transport, clock).call_once(&rj()))
                .map_or_else(|error| Some(error.class()), |_| None)
        };
        let unknown = r#"{"error":6,"message":"User not found"}"#;
        for (status, body, expected) in [
            (200, USER, None),
            (200, unknown, Some(ErrorClass::NotFound)),
            (500, unknown, Some(ErrorClass::NotFound)),
            (200, &unknown[..20], Some(ErrorClass::Transient)),
            (404, &unknown[..20], Some(ErrorClass::Transient)),
            (500, USER, Some(ErrorClass::Transient)),
            (200, &USER[..20], Some(ErrorClass::Transient)),
            (200, "", Some(ErrorClass::Transient)),
            (200, "<html></html>", Some(ErrorClass::Transient)),
            (502, "<html></html>", Some(ErrorClass::Transient)),
            (302, "", Some(ErrorClass::Transient)),
            (429, "<html></html>", Some(ErrorClass::RateLimited)),
        ] {
            assert_eq!(class(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_waits() {
        let jitters = |seed| {
            let clock = Arc::new(VirtualClock::default());
            let transport = Arc::new(Scripted::new(clock.clone(), []));
            let credentials = Credentials::read_only(ApiKey::new("key").unwrap());
            let builder = Client::builder(credentials, transport, clock);
            let client = builder.jitter_seed(seed).build();
            let jitters: Vec<f64> = (0..1_000).map(|_| client.jitter()).collect();
            jitters
        };
        assert_eq!(jitters(7), jitters(7));
        assert_ne!(jitters(7), jitters(8));
        let mean = jitters(7).iter().sum::<f64>() / 1_000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }
}
