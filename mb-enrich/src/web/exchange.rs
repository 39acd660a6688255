//! One question to the web service and its answer, with the waits that lie between.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use lastfm_core::retry::backoff;
use lastfm_core::transport::{
    Pacer, Request, Response, Slot, Transport, TransportError, TransportErrorKind,
};
use lastfm_core::{Clock, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use super::UserAgent;
use crate::SourceError;

/// How often a question is asked before it is left for later.
const ATTEMPTS: u32 = 5;

/// A longer wait is left to the caller.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Whoever asks to be left alone for longer is not believed; nobody would wait that long, and a
/// clock could not count so far.
const LONGEST_ASKED: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Asks the service, at its pace.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) pacer: Arc<dyn Pacer>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) user_agent: UserAgent,
    pub(super) server: Url,
    pub(super) count: AtomicU32,
}

/// What a response means that is no answer.
#[derive(Debug)]
enum Refusal {
    /// The service does not know what was asked for.
    Unknown,
    /// This address has asked too often: everybody on it waits.
    Quota(Option<Duration>),
    /// The service is busy with others, or broken: this question waits.
    Busy(&'static str, Option<Duration>),
    /// Asking again will not help.
    Final(&'static str),
}

impl Exchange {
    /// Asks for this path below `/ws/2/`. Nothing if the service does not know it.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        params: &[(&str, &str)],
    ) -> Result<Option<T>, SourceError> {
        let mut url = self.server.join(path).map_err(|_| SourceError::broken("no such address"))?;
        url.query_pairs_mut().extend_pairs(params).append_pair("fmt", "json");
        let mut attempt = 1;
        loop {
            let (what, asked) = match self.attempt(&url).await? {
                Ok(answer) => return Ok(Some(answer)),
                Err(Refusal::Unknown) => return Ok(None),
                Err(Refusal::Final(what)) => return Err(SourceError::broken(what)),
                Err(Refusal::Quota(asked)) => {
                    // If the others cannot be told, this one still waits.
                    let pause = self.pacer.pause(asked).await.ok();
                    ("MusicBrainz has had too many requests from this address", pause.or(asked))
                }
                Err(Refusal::Busy(what, asked)) => (what, asked),
            };
            let chance = f64::from(self.count.load(Ordering::Relaxed) % 16) / 16.0;
            let wait = backoff(attempt, chance).max(asked.unwrap_or_default());
            if attempt >= ATTEMPTS || wait > LONGEST_WAIT {
                return Err(SourceError::outage(what).retry_after(Some(wait)));
            }
            self.clock.sleep(wait).await;
            attempt += 1;
        }
    }

    async fn attempt<T: DeserializeOwned>(
        &self,
        url: &Url,
    ) -> Result<Result<T, Refusal>, SourceError> {
        self.take_slot().await?;
        self.count.fetch_add(1, Ordering::Relaxed);
        let mut request = Request::get(url.clone());
        request.headers.insert(header::USER_AGENT, self.user_agent.header());
        let json = header::HeaderValue::from_static("application/json");
        request.headers.insert(header::ACCEPT, json);
        Ok(match self.transport.send(request).await {
            Ok(response) => read(&response),
            Err(error) if is_final(error.kind) => return Err(not_sent(error)),
            Err(_) => Err(Refusal::Busy("MusicBrainz does not answer", None)),
        })
    }

    /// Returns when a request may be sent.
    async fn take_slot(&self) -> Result<(), SourceError> {
        loop {
            match self.pacer.take().await.map_err(not_sent)? {
                Slot::In(wait) => {
                    if !wait.is_zero() {
                        self.clock.sleep(wait).await;
                    }
                    return Ok(());
                }
                Slot::Paused(rest) if rest <= LONGEST_WAIT => self.clock.sleep(rest).await,
                Slot::Paused(rest) => {
                    let what = "requests to MusicBrainz are paused, as it asked";
                    return Err(SourceError::outage(what).retry_after(Some(rest)));
                }
            }
        }
    }
}

fn is_final(kind: TransportErrorKind) -> bool {
    matches!(
        kind,
        TransportErrorKind::Insecure | TransportErrorKind::PacerFailed | TransportErrorKind::Setup
    )
}

fn not_sent(error: TransportError) -> SourceError {
    let what = "nothing can be sent to MusicBrainz";
    let out =
        if is_final(error.kind) { SourceError::broken(what) } else { SourceError::outage(what) };
    out.because(error)
}

/// The answer in a response: the status is read first, because what is no answer need not be JSON.
fn read<T: DeserializeOwned>(response: &Response) -> Result<T, Refusal> {
    let (status, asked) = (response.status, retry_after(&response.headers));
    match status {
        StatusCode::OK => serde_json::from_slice(&response.body)
            .map_err(|_| Refusal::Busy("MusicBrainz answers what cannot be read", asked)),
        StatusCode::NOT_FOUND if is_json_error(response) => Err(Refusal::Unknown),
        StatusCode::TOO_MANY_REQUESTS => Err(Refusal::Quota(asked)),
        StatusCode::SERVICE_UNAVAILABLE if is_quota(response) => Err(Refusal::Quota(asked)),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err(Refusal::Final("MusicBrainz refuses this program"))
        }
        StatusCode::REQUEST_TIMEOUT => Err(Refusal::Busy("MusicBrainz is busy", asked)),
        status if status.is_client_error() && status != StatusCode::NOT_FOUND => {
            Err(Refusal::Final("MusicBrainz does not understand the question"))
        }
        _ => Err(Refusal::Busy("MusicBrainz is busy", asked)),
    }
}

#[derive(Deserialize)]
struct Told {
    error: String,
}

fn told(response: &Response) -> Option<String> {
    Some(serde_json::from_slice::<Told>(&response.body).ok()?.error.to_ascii_lowercase())
}

/// Whether the service itself says so, and not something in front of it.
fn is_json_error(response: &Response) -> bool {
    told(response).is_some()
}

/// Whether this address has asked too often. What is shed because of others looks almost the same:
/// it names the zone of the searches, or says "busy".
fn is_quota(response: &Response) -> bool {
    let header = |name: &str| {
        let value = response.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_ascii_lowercase()
    };
    let shed =
        header("x-ratelimit-zone").contains("global") || header("x-ratelimit-who").contains("shed");
    !shed && told(response).is_some_and(|words| words.contains("exceeding the allowable rate"))
}

/// How long the service asks to be left alone, a year at most: the later of two headers, of which it
/// sends the one as 0 when the other knows better.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let date = text("date").and_then(Timestamp::from_http_date);
    let asked = text("retry-after").and_then(|text| match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(Timestamp::from_http_date(text)?.since(date?)),
    });
    let reset = text("x-ratelimit-reset").and_then(|text| text.parse().ok());
    let reset = reset.zip(date).map(|(reset, date)| Timestamp::from_unix(reset).since(date));
    let asked = asked.max(reset).filter(|asked| !asked.is_zero());
    asked.map(|asked| asked.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, headers: &[(&'static str, &str)], body: &'static str) -> Response {
        let mut response = Response::new(StatusCode::from_u16(status).unwrap(), body);
        for (name, value) in headers {
            response.headers.insert(*name, value.parse().unwrap());
        }
        response
    }

    fn refusal(response: &Response) -> Refusal {
        read::<Vec<u8>>(response).unwrap_err()
    }

    const QUOTA: &str = r#"{"error":"Your requests are exceeding the allowable rate limit. Please see https://wiki.musicbrainz.org/XMLWebService for more information."}"#;
    const SHED: &str =
        r#"{"error":"The MusicBrainz web server is currently busy. Please try again later."}"#;

    #[test]
    fn two_kinds_of_503_are_told_apart() {
        let own = response(503, &[("retry-after", "0")], QUOTA);
        assert!(matches!(refusal(&own), Refusal::Quota(None)));
        let zone = [("x-ratelimit-zone", "search-global"), ("x-ratelimit-who", "search-shed")];
        for shed in [
            response(503, &zone, SHED),
            response(503, &[], SHED),
            response(503, &zone, QUOTA),
            response(503, &[], "<html>503</html>"),
        ] {
            assert!(matches!(refusal(&shed), Refusal::Busy(_, None)), "{shed:?}");
        }
        assert!(matches!(refusal(&response(429, &[], "")), Refusal::Quota(None)));
    }

    #[test]
    fn only_the_service_itself_says_that_it_does_not_know() {
        assert!(matches!(
            refusal(&response(404, &[], r#"{"error":"Not Found"}"#)),
            Refusal::Unknown
        ));
        for (status, body) in
            [(404, "<html>"), (404, "{}"), (200, "<html>"), (200, "{"), (502, "[]")]
        {
            let refusal = refusal(&response(status, &[], body));
            assert!(matches!(refusal, Refusal::Busy(..)), "{status} {body}");
        }
        for status in [400, 401, 403, 405] {
            assert!(matches!(refusal(&response(status, &[], "{}")), Refusal::Final(_)), "{status}");
        }
        assert_eq!(read::<Vec<u8>>(&response(200, &[], "[1]")).unwrap(), [1]);
    }

    #[test]
    fn the_longer_of_two_waits_is_believed() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let wait = |headers: &[(&'static str, &str)]| {
            retry_after(&response(503, headers, "").headers).map(|wait| wait.as_secs())
        };
        assert_eq!(wait(&[("retry-after", "0")]), None);
        assert_eq!(wait(&[("retry-after", "7")]), Some(7));
        assert_eq!(
            wait(&[("retry-after", "0"), ("x-ratelimit-reset", "784111787"), date]),
            Some(10)
        );
        assert_eq!(wait(&[("x-ratelimit-reset", "784111787")]), None);
        assert_eq!(wait(&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"), date]), Some(60));
        assert_eq!(wait(&[]), None);
        let never = [("retry-after", "18446744073709551615")];
        assert_eq!(wait(&never), Some(LONGEST_ASKED.as_secs()));
    }
}
