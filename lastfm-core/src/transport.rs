//! The seam to HTTP: one request out, one response back.

use std::error::Error as StdError;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Method as HttpMethod, StatusCode};
use url::Url;

mod cached;
mod rate_limited;
#[cfg(feature = "reqwest")]
mod reqwest;

pub use cached::{CacheError, CacheKey, Cached, Kept, MemoryCache, ResponseCache};
pub use rate_limited::{LocalPacer, Pacer, Pause, RateLimited, Slot, escalate};
#[cfg(feature = "reqwest")]
pub use reqwest::{ReqwestTransport, ReqwestTransportBuilder};

/// Whether a host, as an address has it, is the machine that asks: what is sent there needs no
/// encryption. An IPv6 address may stand in brackets.
///
/// ```
/// use lastfm_core::transport::is_this_machine;
///
/// assert!(["localhost", "127.0.0.1", "[::1]"].into_iter().all(is_this_machine));
/// assert!(!is_this_machine("localhost.example.org"));
/// ```
pub fn is_this_machine(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host == "localhost" || bare.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Sends one request and returns what came back.
///
/// A status is a response, not an error: deciding what it means is the client's work. Neither
/// retries nor follows redirects.
///
/// # Cancel safety
///
/// Dropping the future may leave a request that the service has seen and nobody has read.
#[async_trait]
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends `request`.
    ///
    /// # Errors
    ///
    /// [`TransportError`] when no complete response arrived.
    async fn send(&self, request: Request) -> Result<Response, TransportError>;
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        (**self).send(request).await
    }
}

/// What goes out. Its `Debug` shows neither parameters nor headers, so that no key is printed.
#[derive(Clone)]
#[non_exhaustive]
pub struct Request {
    /// GET or POST.
    pub method: HttpMethod,
    /// Where to. Last.fm requests carry nothing secret here: their parameters are in the body.
    pub url: Url,
    /// Headers beside those that the transport adds itself.
    pub headers: HeaderMap,
    /// The body, empty for GET.
    pub body: Bytes,
}

impl Request {
    /// A GET without a body.
    pub fn get(url: Url) -> Self {
        Self { method: HttpMethod::GET, url, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// A POST of this body.
    pub fn post(url: Url, body: impl Into<Bytes>) -> Self {
        Self { method: HttpMethod::POST, url, headers: HeaderMap::new(), body: body.into() }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .field("path", &self.url.path())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl From<Request> for http::Request<Bytes> {
    fn from(request: Request) -> Self {
        let mut out = http::Request::new(request.body);
        *out.method_mut() = request.method;
        // A `Url` with a host is a valid `Uri`; one without has no place to be sent to.
        *out.uri_mut() = request.url.as_str().parse().unwrap_or_default();
        *out.headers_mut() = request.headers;
        out
    }
}

/// What came back: the body is decompressed and whole.
#[derive(Clone)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Response {
    /// A response without headers.
    pub fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        Self { status, headers: HeaderMap::new(), body: body.into() }
    }
}

impl From<http::Response<Bytes>> for Response {
    fn from(response: http::Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// No complete response arrived.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct TransportError {
    /// What happened, and so whether to try again.
    pub kind: TransportErrorKind,
    /// What the HTTP library said, without the address.
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// An error of this kind that nothing further is known about.
    pub fn new(kind: TransportErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// An error of this kind and where it came from. The source must not print the address.
    pub fn with_source(
        kind: TransportErrorKind,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self { kind, source: Some(source.into()) }
    }
}

/// Why no complete response arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection: nothing was sent. Worth a retry.
    #[error("no connection to the service")]
    Connect,
    /// The address is not https, not on this machine, and no host that the app has allowed plain
    /// http to. Never worth a retry.
    #[error("refusing to send a key over plain http to another machine")]
    Insecure,
    /// The connection broke before the response was complete. Worth a retry.
    #[error("the connection broke before the answer was complete")]
    Interrupted,
    /// A shared rate is paused; nothing was sent. Worth a retry after that time.
    #[error("requests are paused for {} s, as the service asked", .0.as_secs())]
    Paused(Duration),
    /// The shared rate could not be read or written now; nothing was sent. Worth a retry.
    #[error("the shared request rate is not available")]
    Pacer,
    /// The shared rate cannot be read or written as things are (a full disk, mostly); nothing was
    /// sent. Not worth a retry.
    #[error("the shared request rate cannot be kept")]
    PacerFailed,
    /// The HTTP library cannot work on this machine. Never worth a retry.
    #[error("the HTTP client cannot be set up (are there root certificates?)")]
    Setup,
    /// Nothing came within the time allowed. Worth a retry.
    #[error("no answer within the time allowed")]
    Timeout,
    /// The body is longer than a sane answer. Worth a retry: it is not the service speaking.
    #[error("the answer is too large")]
    TooLarge,
}
