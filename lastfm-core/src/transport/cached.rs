//! A transport that keeps answers where an app wants them, and does not ask for them again.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use http::{HeaderMap, HeaderValue, header};
use serde_json::value::RawValue;

use super::{Request, Response, Transport, TransportError};
use crate::{Clock, ErrorClass, error, wire};

mod key;
mod lifetimes;
mod memory;
mod response_cache;

pub use key::CacheKey;
use key::Question;
use lifetimes::Lifetimes;
pub use memory::MemoryCache;
pub use response_cache::{CacheError, Kept, ResponseCache};

/// Gives an answer that it has, and asks for what it has not, or not any more.
///
/// Put it outside of [`RateLimited`](super::RateLimited): what is answered from the cache then
/// costs no slot of the rate.
///
/// **What is kept**: answers to calls in JSON, each as long as its method's time to live. By
/// default a day: `user.getInfo`, weekly chart lists, what the service computes from everybody's
/// listening (`getSimilar`, `getTopTags` of music, tops of artists and tags, `tag.getInfo`),
/// corrections; six hours: charts of the world and of countries; one hour: `getInfo` of albums,
/// artists and tracks, and searches. Nothing else, unless
/// [`time_to_live`](Self::time_to_live) says so. "There is no such thing" is kept for an hour at
/// most. Errors are not kept, nor is what is no JSON object.
///
/// **What is never kept**: logins, whatever changes something, and scrobbles
/// (`user.getRecentTracks`, `user.getTrackScrobbles`). The archive is their cache: what it covers
/// is not asked for again. Give the [`Archiver`](crate::archive::Archiver) a client without a
/// `Cached`: it also asks for the profile, to see what has become of an account by now, and an
/// answer that is kept tells what it was.
///
/// **What cannot have been right** is asked for anew: the client's further attempts at a call, and a
/// page of a list that it doubts, carry `Cache-Control: no-cache`, and what then comes takes the
/// place of what was kept.
///
/// **How an answer from the cache is known**: it keeps the service's `Date`, so that
/// [`Reply::date`](crate::Reply) tells when it was given, and gets an `Age`, in seconds.
///
/// Whoever has another API key, session or service has answers of their own. A call that changes
/// something does not make the cache forget: a track that was loved just now can be unloved in
/// the answer that is kept.
///
/// Equal requests at the same time are sent once, and all get that answer, or that error. Nothing
/// a cache does makes a call fail.
///
/// # Cancel safety
///
/// A request that others wait for too goes on when one of them is dropped, and ends with the last
/// of them.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "reqwest")]
/// # {
/// use std::sync::Arc;
/// use std::time::Duration;
/// use lastfm_core::transport::{Cached, LocalPacer, MemoryCache, RateLimited, ReqwestTransport};
/// use lastfm_core::{ApiKey, Client, Credentials, TokioClock};
///
/// // One clock for all of them.
/// let clock = Arc::new(TokioClock::default());
/// let network = Arc::new(ReqwestTransport::builder().user_agent("my-app/1.0").build()?);
/// let pacer = Arc::new(LocalPacer::new(Duration::from_secs(1), clock.clone()));
/// let limited = Arc::new(RateLimited::new(network, pacer, clock.clone()));
///
/// let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
/// let cached = Cached::new(limited, Arc::new(MemoryCache::default()), clock.clone())
///     .time_to_live("user.getTopArtists", minutes(10))
///     .stale_on_outage(minutes(24 * 60));
/// let credentials = Credentials::read_only(ApiKey::new("0123456789abcdef")?);
/// let client = Client::builder(credentials, Arc::new(cached), clock).build();
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Cached {
    lifetimes: Lifetimes,
    source: Source,
    flights: Mutex<HashMap<CacheKey, WeakShared<Flight>>>,
}

/// A request under way, for all who wait for it.
type Flight = BoxFuture<'static, Result<Response, Arc<TransportError>>>;

impl Cached {
    /// Sends through `inner` what `cache` cannot answer, and tells ages by `clock`.
    pub fn new(
        inner: Arc<dyn Transport>,
        cache: Arc<dyn ResponseCache>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let not_found = Duration::from_secs(60 * 60);
        let source = Source { inner, cache, clock, not_found, stale: Duration::ZERO };
        Self { lifetimes: Lifetimes::default(), source, flights: Mutex::default() }
    }

    /// How long the answers to a method are kept, in place of the default; zero for never.
    ///
    /// `method` is its name as in `user.getInfo`, in any case. Without effect on what is never
    /// kept.
    pub fn time_to_live(mut self, method: impl AsRef<str>, time: Duration) -> Self {
        self.lifetimes.set(method.as_ref(), time);
        self
    }

    /// How long it is kept that the service does not know something, at most the method's own
    /// time; zero for never. Default: 1 h.
    pub fn not_found(mut self, time: Duration) -> Self {
        self.source.not_found = time;
        self
    }

    /// Gives an answer that is too old, but younger than this, while the service cannot be
    /// reached, is in trouble (HTTP 5xx, errors 8, 11 and 16, the page of a gateway), or has had
    /// too many calls. Default: zero, that is never.
    ///
    /// The service is asked first each time, save in a pause. "There is no such thing" is not an
    /// answer here.
    pub fn stale_on_outage(mut self, longest: Duration) -> Self {
        self.source.stale = longest;
        self
    }

    /// The request of this key that is under way, or a new one.
    fn join(&self, key: CacheKey, begin: impl FnOnce() -> Flight) -> Shared<Flight> {
        // Nothing that holds the lock can panic.
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has come back may lie with somebody who does not look: it is old by now.
        let under_way =
            |flight: &WeakShared<Flight>| flight.upgrade().filter(|flight| flight.peek().is_none());
        if let Some(flight) = flights.get(&key).and_then(under_way) {
            return flight;
        }
        flights.retain(|_, flight| under_way(flight).is_some());
        let flight = begin().shared();
        flights.extend(flight.downgrade().map(|flight| (key, flight)));
        flight
    }
}

#[async_trait]
impl Transport for Cached {
    async fn send(&self, mut request: Request) -> Result<Response, TransportError> {
        let anew = request.headers.remove(header::CACHE_CONTROL).is_some();
        let known = Question::of(&request)
            .and_then(|question| Some((question.key, self.lifetimes.of(&question.method)?)));
        let Some((key, lifetime)) = known else {
            return self.source.inner.send(request).await;
        };
        if anew {
            return self.source.ask(key, lifetime, request).await;
        }
        let source = self.source.clone();
        let flight = self.join(key, || source.answer(key, lifetime, request).boxed());
        flight.await.map_err(told)
    }
}

impl fmt::Debug for Cached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached")
            .field("inner", &self.source.inner)
            .field("cache", &self.source.cache)
            .field("not_found", &self.source.not_found)
            .field("stale_on_outage", &self.source.stale)
            .finish_non_exhaustive()
    }
}

/// Where answers come from: the cache, or the service.
#[derive(Clone)]
struct Source {
    inner: Arc<dyn Transport>,
    cache: Arc<dyn ResponseCache>,
    clock: Arc<dyn Clock>,
    not_found: Duration,
    stale: Duration,
}

impl Source {
    async fn answer(
        self,
        key: CacheKey,
        lifetime: Duration,
        request: Request,
    ) -> Result<Response, Arc<TransportError>> {
        let kept = self.cache.get(&key).await.ok().flatten();
        if let Some(kept) = &kept
            && let Some(age) = self.age(kept)
            && age < kept.lifetime
        {
            return Ok(aged(kept, age));
        }
        let came = self.ask(key, lifetime, request).await;
        if let Verdict::Outage = judge(&came)
            && let Some(kept) = kept
            && let Some(age) = self.age(&kept)
            && age < self.stale
            && error::class_of_response(&kept.response).is_none()
        {
            return Ok(aged(&kept, age));
        }
        came.map_err(Arc::new)
    }

    /// Asks the service, and keeps of its answer what may be kept.
    async fn ask(
        &self,
        key: CacheKey,
        lifetime: Duration,
        request: Request,
    ) -> Result<Response, TransportError> {
        let came = self.inner.send(request).await;
        match judge(&came) {
            Verdict::Answer => self.keep(key, &came, lifetime).await,
            Verdict::NotFound => self.keep(key, &came, lifetime.min(self.not_found)).await,
            Verdict::Outage | Verdict::Error => {}
        }
        came
    }

    async fn keep(
        &self,
        key: CacheKey,
        came: &Result<Response, TransportError>,
        lifetime: Duration,
    ) {
        let Ok(came) = came else { return };
        if !lifetime.is_zero() {
            let mut response = Response::new(came.status, came.body.clone());
            response.headers = kept_headers(&came.headers);
            let kept = Kept::new(response, self.clock.elapsed(), lifetime);
            // Whether it was kept or not, here is the answer.
            let _ = self.cache.put(key, kept).await;
        }
    }

    /// How old it is; `None` if it is not of this clock's time.
    fn age(&self, kept: &Kept) -> Option<Duration> {
        self.clock.elapsed().checked_sub(kept.stored_at)
    }
}

/// What a cache has to do with what came.
enum Verdict {
    Answer,
    NotFound,
    Outage,
    Error,
}

fn judge(came: &Result<Response, TransportError>) -> Verdict {
    let class = match came {
        Ok(response) => error::class_of_response(response),
        Err(error) => Some(error::class_of_failure(error.kind)),
    };
    match (class, came) {
        (None, Ok(response)) if is_object(&response.body) => Verdict::Answer,
        // Cut short: something on the way is broken.
        (None | Some(ErrorClass::RateLimited | ErrorClass::Transient), _) => Verdict::Outage,
        (Some(ErrorClass::NotFound), _) => Verdict::NotFound,
        (Some(_), _) => Verdict::Error,
    }
}

/// Whether it is an object with something in it, whole and in UTF-8. No call that reads is
/// answered by an empty one.
fn is_object(body: &[u8]) -> bool {
    let Ok(body) = std::str::from_utf8(body) else { return false };
    let object: Result<HashMap<String, &RawValue>, _> = serde_json::from_str(wire::bare(body));
    object.is_ok_and(|object| !object.is_empty())
}

/// Those headers that an answer keeps, in memory of their own: they come as parts of a buffer.
fn kept_headers(headers: &HeaderMap) -> HeaderMap {
    let wanted = [header::CONTENT_TYPE, header::DATE];
    let kept = wanted.into_iter().filter_map(|name| {
        let value = HeaderValue::from_bytes(headers.get(&name)?.as_bytes()).ok()?;
        Some((name, value))
    });
    kept.collect()
}

fn aged(kept: &Kept, age: Duration) -> Response {
    let mut response = kept.response.clone();
    response.headers.insert(header::AGE, age.as_secs().into());
    response
}

/// The error as it came, or, if others got it too, as it can be told to several.
fn told(error: Arc<TransportError>) -> TransportError {
    Arc::try_unwrap(error).unwrap_or_else(|error| {
        let kind = error.kind;
        match error.source {
            Some(_) => TransportError::with_source(kind, SharedSource(error)),
            None => TransportError::new(kind),
        }
    })
}

/// The source of an error that several got.
#[derive(Debug)]
struct SharedSource(Arc<TransportError>);

impl fmt::Display for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.source {
            Some(source) => source.fmt(f),
            None => self.0.fmt(f),
        }
    }
}

impl StdError for SharedSource {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref()?.source()
    }
}

#[cfg(test)]
mod tests;
