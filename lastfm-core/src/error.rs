//! What can go wrong in a call, and the one place where it is decided what that means.

mod advice;

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::transport::{Response, TransportError, TransportErrorKind};
use crate::{ApiErrorCode, Credential, DecodeError, InvalidArgument, Timestamp, wire};

/// What went wrong in a call.
///
/// Each variant names the method; no text of it holds a key, an address or a parameter. `Display`
/// tells one level, [`source`](std::error::Error::source) the next.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The service answered with one of its error codes.
    #[error("{method}: the service says: {message} (error {code}, HTTP {})", .status.as_u16())]
    #[non_exhaustive]
    Api {
        /// The method called.
        method: &'static str,
        /// What the service calls the error.
        code: ApiErrorCode,
        /// The HTTP status, which is 200 at times.
        status: StatusCode,
        /// The service's words, without any key they may have held.
        message: Box<str>,
        /// How long the service asks to be left alone, if it says.
        retry_after: Option<Duration>,
    },
    /// Answers that cannot all be true: the service is asked again, in vain.
    #[error("{method}: the answers contradict each other: {what}")]
    #[non_exhaustive]
    Contradiction {
        /// The method called.
        method: &'static str,
        /// What does not fit.
        what: &'static str,
        /// The second that cannot be read, if it is one alone.
        second: Option<Timestamp>,
    },
    /// The body is no answer to this call.
    #[error("{method}: the answer cannot be read")]
    #[non_exhaustive]
    Decode {
        /// The method called.
        method: &'static str,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// An argument lies outside the service's limits; nothing was sent.
    #[error("{method}: not sent")]
    #[non_exhaustive]
    InvalidArgument {
        /// The method called.
        method: &'static str,
        /// Which one.
        source: InvalidArgument,
    },
    /// The client lacks a key that the call needs; nothing was sent.
    #[error("{method}: not sent: it needs a {missing}")]
    #[non_exhaustive]
    MissingCredential {
        /// The method called.
        method: &'static str,
        /// Which one.
        missing: Credential,
    },
    /// Something answered in place of the service: a gateway, a proxy, nobody.
    #[error("{method}: HTTP {} without an answer of the service", .status.as_u16())]
    #[non_exhaustive]
    Status {
        /// The method called.
        method: &'static str,
        /// The HTTP status.
        status: StatusCode,
        /// How long it asks to be left alone, if it says.
        retry_after: Option<Duration>,
    },
    /// No complete response arrived.
    #[error("{method}: no response")]
    #[non_exhaustive]
    Transport {
        /// The method called.
        method: &'static str,
        /// What happened.
        source: TransportError,
    },
}

const _: () = {
    const fn is_handy<T: Send + Sync + 'static>() {}
    is_handy::<Error>();
    assert!(size_of::<Error>() <= 64);
};

/// What an error means for whoever made the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// Nothing will work until the configuration changes: stop every call.
    Fatal,
    /// This call is wrong, and will be as wrong next time.
    Invalid,
    /// The login has to start over, or the user has not agreed yet.
    Login,
    /// What was asked for is visible only to its owner: their session is needed.
    LoginRequired,
    /// The service does not know what was asked for.
    NotFound,
    /// Too many calls: everyone who shares the key has to wait.
    RateLimited,
    /// The session is not valid any more: the user has to log in again.
    SessionExpired,
    /// May work next time.
    Transient,
}

impl Error {
    /// What it means, decided here for every layer.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Api { code, status, message, .. } => classify(*code, *status, message),
            Self::InvalidArgument { .. } => ErrorClass::Invalid,
            Self::MissingCredential { .. } => ErrorClass::Fatal,
            Self::Status { status, .. } if *status == StatusCode::TOO_MANY_REQUESTS => {
                ErrorClass::RateLimited
            }
            Self::Contradiction { .. } | Self::Decode { .. } | Self::Status { .. } => {
                ErrorClass::Transient
            }
            Self::Transport { source, .. } => class_of_failure(source.kind),
        }
    }

    /// Whether the same call may work later, without anybody doing anything.
    ///
    /// Of a call that changes something this does not say that it was not done: its answer may
    /// have got lost.
    pub fn is_retryable(&self) -> bool {
        match self.class() {
            ErrorClass::RateLimited | ErrorClass::Transient => true,
            ErrorClass::Fatal
            | ErrorClass::Invalid
            | ErrorClass::Login
            | ErrorClass::LoginRequired
            | ErrorClass::NotFound
            | ErrorClass::SessionExpired => false,
        }
    }

    /// How long to leave the service alone, if it or the shared rate said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Api { retry_after, message, .. } if is_scrobble_limit(message) => {
                Some(retry_after.unwrap_or_default().max(SCROBBLE_PAUSE))
            }
            Self::Api { retry_after, .. } | Self::Status { retry_after, .. } => *retry_after,
            Self::Transport { source, .. } => match source.kind {
                TransportErrorKind::Paused(rest) => Some(rest),
                TransportErrorKind::Connect
                | TransportErrorKind::Insecure
                | TransportErrorKind::Interrupted
                | TransportErrorKind::Pacer
                | TransportErrorKind::PacerFailed
                | TransportErrorKind::Setup
                | TransportErrorKind::Timeout
                | TransportErrorKind::TooLarge => None,
            },
            Self::Contradiction { .. }
            | Self::Decode { .. }
            | Self::InvalidArgument { .. }
            | Self::MissingCredential { .. } => None,
        }
    }

    /// Whether the call has certainly changed nothing.
    pub(crate) fn was_not_done(&self) -> bool {
        match self {
            Self::Transport { source, .. } => match source.kind {
                TransportErrorKind::Connect
                | TransportErrorKind::Insecure
                | TransportErrorKind::Paused(_)
                | TransportErrorKind::Pacer
                | TransportErrorKind::PacerFailed
                | TransportErrorKind::Setup => true,
                TransportErrorKind::Interrupted
                | TransportErrorKind::Timeout
                | TransportErrorKind::TooLarge => false,
            },
            Self::Api { .. } | Self::Status { .. } => self.class() == ErrorClass::RateLimited,
            Self::InvalidArgument { .. } | Self::MissingCredential { .. } => true,
            Self::Contradiction { .. } | Self::Decode { .. } => false,
        }
    }

    /// Whether the user has sent as many plays as the service takes for now.
    pub(crate) fn is_scrobble_limit(&self) -> bool {
        matches!(self, Self::Api { message, .. } if is_scrobble_limit(message))
    }
}

/// An error with its sources, in one line. What the service said may hold anything: control
/// characters are replaced, because the words are kept, and not every database takes U+0000.
pub(crate) fn in_words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words.replace(char::is_control, "\u{fffd}")
}

/// What it means that no complete response arrived.
pub(crate) fn class_of_failure(kind: TransportErrorKind) -> ErrorClass {
    match kind {
        TransportErrorKind::Insecure
        | TransportErrorKind::PacerFailed
        | TransportErrorKind::Setup => ErrorClass::Fatal,
        TransportErrorKind::Paused(_) => ErrorClass::RateLimited,
        TransportErrorKind::Connect
        | TransportErrorKind::Interrupted
        | TransportErrorKind::Pacer
        | TransportErrorKind::Timeout
        | TransportErrorKind::TooLarge => ErrorClass::Transient,
    }
}

/// What a code means. The service overloads 6: status and words tell a name that it does not know
/// from a parameter that it does not like.
fn classify(code: ApiErrorCode, status: StatusCode, message: &str) -> ErrorClass {
    use ApiErrorCode as Code;
    if status == StatusCode::TOO_MANY_REQUESTS {
        return ErrorClass::RateLimited;
    }
    match code {
        Code::OperationFailed | Code::ServiceOffline | Code::TemporarilyUnavailable => {
            ErrorClass::Transient
        }
        Code::RateLimitExceeded => ErrorClass::RateLimited,
        Code::InvalidParameters => {
            let message = message.to_ascii_lowercase();
            let unknown = status == StatusCode::NOT_FOUND
                || message.contains("not found")
                || message.contains("could not be found");
            if unknown { ErrorClass::NotFound } else { ErrorClass::Invalid }
        }
        Code::InvalidResource => ErrorClass::NotFound,
        Code::LoginRequired => ErrorClass::LoginRequired,
        Code::InvalidSessionKey => ErrorClass::SessionExpired,
        Code::AuthenticationFailed | Code::UnauthorizedToken | Code::TokenExpired => {
            ErrorClass::Login
        }
        Code::InvalidApiKey | Code::SuspendedApiKey | Code::InvalidSignature => ErrorClass::Fatal,
        Code::Deprecated
        | Code::InvalidFormat
        | Code::InvalidMethod
        | Code::InvalidService
        | Code::NotEnoughContent
        | Code::NotEnoughFans
        | Code::NotEnoughMembers
        | Code::NotEnoughNeighbors
        | Code::NoPeakRadio
        | Code::RadioNotFound
        | Code::SubscribersOnly
        | Code::TrialExpired
        | Code::Unknown(_) => ErrorClass::Invalid,
    }
}

/// An error is told in few words; what is longer is an answer, and is not searched for one.
const LONGEST_ERROR: usize = 64 * 1024;

/// The service's error in a body, whatever the status: its code and its words.
pub(crate) fn service_error(body: &str) -> Option<(ApiErrorCode, String)> {
    let body = wire::bare(body);
    if body.len() > LONGEST_ERROR {
        None
    } else if body.starts_with('<') {
        xml_error(body)
    } else {
        json_error(body)
    }
}

/// `{"error": 6, "message": "…"}`, or `{"error": {"code": "7", "#text": "…"}}`.
fn json_error(body: &str) -> Option<(ApiErrorCode, String)> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        error: &'a RawValue,
        #[serde(borrow)]
        message: Option<&'a RawValue>,
    }
    #[derive(Deserialize)]
    struct Nested<'a> {
        #[serde(borrow)]
        code: &'a RawValue,
        #[serde(borrow, rename = "#text")]
        text: Option<&'a RawValue>,
    }
    let body: Body<'_> = serde_json::from_str(body).ok()?;
    let (code, message) = match serde_json::from_str::<Nested<'_>>(body.error.get()) {
        Ok(nested) => (nested.code, nested.text.or(body.message)),
        Err(_) => (body.error, body.message),
    };
    let code: u32 = wire::text(Some(code)).trim().parse().ok()?;
    Some((ApiErrorCode::from(code), wire::text(message)))
}

/// `<lfm status="failed"><error code="6">…</error></lfm>`, which comes when the service did not
/// get as far as reading which format was asked for.
fn xml_error(body: &str) -> Option<(ApiErrorCode, String)> {
    let (_, lfm) = body.split_once("<lfm")?;
    let (_, error) = lfm.split_once("<error")?;
    let (attributes, rest) = error.split_once('>')?;
    let (message, _) = rest.split_once("</error>")?;
    let (_, code) = attributes.split_once("code=")?;
    let code = code.trim_start_matches(['"', '\'']);
    let (code, _) = code.split_once(['"', '\''])?;
    let code: u32 = code.parse().ok()?;
    Some((ApiErrorCode::from(code), message.trim().to_owned()))
}

/// What a response means that is no answer; `None` for what looks like one.
pub(crate) fn class_of_response(response: &Response) -> Option<ErrorClass> {
    let body = String::from_utf8_lossy(&response.body);
    let body = wire::bare(&body);
    if let Some((code, message)) = service_error(body) {
        Some(classify(code, response.status, &message))
    } else if response.status == StatusCode::TOO_MANY_REQUESTS {
        Some(ErrorClass::RateLimited)
    } else if !response.status.is_success() || !body.starts_with('{') {
        Some(ErrorClass::Transient)
    } else {
        None
    }
}

/// Whether a response says that there were too many calls.
pub(crate) fn is_rate_limited(response: &Response) -> bool {
    let told = (response.body.len() <= LONGEST_ERROR)
        .then(|| service_error(&String::from_utf8_lossy(&response.body)))
        .flatten();
    match told {
        // Others than this user may go on.
        Some((_, message)) if is_scrobble_limit(&message) => false,
        Some((code, message)) => {
            classify(code, response.status, &message) == ErrorClass::RateLimited
        }
        None => response.status == StatusCode::TOO_MANY_REQUESTS,
    }
}

/// Whether a user has sent as many plays as the service takes in a day, or so.
fn is_scrobble_limit(message: &str) -> bool {
    message.to_ascii_lowercase().contains("too many scrobbles")
}

/// A user who has sent too many plays waits for hours.
const SCROBBLE_PAUSE: Duration = Duration::from_secs(60 * 60);

/// The service's own time at which it answered.
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    Timestamp::from_http_date(headers.get(header::DATE)?.to_str().ok()?)
}

/// Whoever asks to be left alone for longer is not believed; nobody would wait that long, and a
/// clock could not count so far.
const LONGEST_ASKED: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How long a response asks to be left alone, in seconds or until a moment; a year at most.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => Timestamp::from_http_date(text)?.since(date(headers)?),
    };
    Some(asked.min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_however_it_is_written() {
        for body in [
            r#"{"error":29,"message":"slow"}"#,
            r#" {"message":"slow","error":"29","links":[]}"#,
            "\u{feff} {\"error\":29,\"message\":\"slow\"}",
            r##"{"error":{"code":"29","#text":"slow"}}"##,
            r#"<?xml version="1.0"?><lfm status="failed"><error code="29"> slow</error></lfm>"#,
        ] {
            let (code, message) = service_error(body).expect(body);
            assert_eq!(code, ApiErrorCode::RateLimitExceeded);
            assert_eq!(message, "slow");
        }
    }

    #[test]
    fn what_is_kept_of_an_error_holds_no_control_characters() {
        let (_, message) = service_error(r#"{"error":8,"message":"a\u0000b\nc"}"#).unwrap();
        assert_eq!(message, "a\u{fffd}b\nc");
        let words = in_words(&std::io::Error::other(message));
        assert_eq!(words, "a\u{fffd}b\u{fffd}c");
    }

    #[test]
    fn what_is_no_error_is_none() {
        for body in [
            "",
            "{}",
            r#"{"error":null}"#,
            r#"{"error":29,"message":"slo"#,
            r#"<lfm status="failed"><error code="29">slo"#,
            r#"<lfm status="ok"></lfm>"#,
            "<html><h1>Error: Server Error</h1></html>",
            r#"{"recenttracks":{"error":29}}"#,
        ] {
            assert_eq!(service_error(body), None, "{body}");
        }
    }

    #[test]
    fn every_code_has_its_class() {
        let class = |code: u32, status, message: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            classify(ApiErrorCode::from(code), status, message)
        };
        let table = [
            (ErrorClass::Transient, vec![8, 11, 16]),
            (ErrorClass::RateLimited, vec![29]),
            (ErrorClass::NotFound, vec![7]),
            (ErrorClass::LoginRequired, vec![17]),
            (ErrorClass::SessionExpired, vec![9]),
            (ErrorClass::Login, vec![4, 14, 15]),
            (ErrorClass::Fatal, vec![10, 13, 26]),
            (
                ErrorClass::Invalid,
                vec![0, 1, 2, 3, 5, 6, 12, 18, 19, 20, 21, 22, 23, 24, 25, 27, 28, 30, 99],
            ),
        ];
        let mut seen = 0;
        for (expected, codes) in table {
            for code in codes {
                assert_eq!(class(code, 400, ""), expected, "{code}");
                assert_eq!(class(code, 200, ""), expected, "{code}");
                assert_eq!(class(code, 429, ""), ErrorClass::RateLimited, "{code}");
                assert_eq!(ApiErrorCode::from(code).number(), code);
                seen += 1;
            }
        }
        assert_eq!(seen, 32);
        assert_eq!(class(6, 404, ""), ErrorClass::NotFound);
        assert_eq!(class(6, 200, "User not found"), ErrorClass::NotFound);
        assert_eq!(class(6, 400, "no such page"), ErrorClass::Invalid);
    }

    #[test]
    fn a_byte_order_mark_hides_no_rate_limit() {
        let body = "\u{feff}\r\n{\"error\":29,\"message\":\"Rate Limit Exceeded\"}";
        let response = Response::new(StatusCode::OK, body);
        assert!(is_rate_limited(&response));
        assert_eq!(class_of_response(&response), Some(ErrorClass::RateLimited));
    }

    #[test]
    fn too_many_scrobbles_are_one_users_and_last_for_hours() {
        let told = |message: &str| {
            let body = format!(r#"{{"error":29,"message":"Rate Limit Exceeded - {message}"}}"#);
            Response::new(StatusCode::TOO_MANY_REQUESTS, body)
        };
        let scrobbles = "Too many scrobbles in a short period. Please try again later.";
        assert!(!is_rate_limited(&told(scrobbles)));
        assert!(is_rate_limited(&told("This application has made too many requests")));
        let error = Error::Api {
            method: "track.scrobble",
            code: ApiErrorCode::RateLimitExceeded,
            status: StatusCode::TOO_MANY_REQUESTS,
            message: scrobbles.into(),
            retry_after: None,
        };
        assert_eq!(error.retry_after(), Some(SCROBBLE_PAUSE));
        assert_eq!(error.class(), ErrorClass::RateLimited);
    }

    #[test]
    fn a_time_to_wait_is_read_as_seconds_or_as_a_moment() {
        let mut headers = HeaderMap::new();
        assert_eq!(retry_after(&headers), None);
        headers.insert("retry-after", "90".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(90)));
        headers.insert("retry-after", u64::MAX.into());
        assert_eq!(retry_after(&headers), Some(LONGEST_ASKED));
        let moment = "Sun, 06 Nov 1994 08:49:37 GMT";
        headers.insert("retry-after", moment.parse().unwrap());
        assert_eq!(retry_after(&headers), None);
        headers.insert("date", "Sun, 06 Nov 1994 08:48:37 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(60)));
    }
}
