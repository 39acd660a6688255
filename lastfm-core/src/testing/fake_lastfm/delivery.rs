//! From a request to what reaches the client: the answer, and what a fault makes of it.

use std::fmt;
use std::time::Duration;

use http::{HeaderValue, StatusCode, header};

use super::answers::Answer;
use super::log::LogEntry;
use super::{ErrorBody, FakeLastfm, Fault, TooLong, milliseconds, whole_milliseconds};
use crate::testing::{Dice, SentRequest};
use crate::transport::{Request, Response, TransportError, TransportErrorKind};

/// What reaches the client. A server does it on the socket; without one,
/// [`into_result`](Self::into_result) says what a careful client makes of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Delivery {
    /// A complete response.
    Whole(Response),
    /// Nothing, for ever.
    Silence,
    /// The connection breaks before the request was read.
    Refused,
    /// The connection breaks within the body of this response.
    Cut(Response),
    /// This response, one byte at a time.
    Drip(Response),
    /// Status 200 and a small body that unpacks to 512 MiB.
    Bomb,
}

impl Delivery {
    /// What a client sees that waits for a time, and reads no more than a sane answer.
    ///
    /// # Errors
    ///
    /// [`TransportError`] for all but a complete response.
    pub fn into_result(self) -> Result<Response, TransportError> {
        let kind = match self {
            Self::Whole(response) => return Ok(response),
            Self::Silence | Self::Drip(_) => TransportErrorKind::Timeout,
            Self::Refused => TransportErrorKind::Connect,
            Self::Cut(_) => TransportErrorKind::Interrupted,
            Self::Bomb => TransportErrorKind::TooLarge,
        };
        Err(TransportError::new(kind))
    }
}

impl FakeLastfm {
    /// What a request brings that arrives so long after the start.
    pub fn deliver(&mut self, request: &Request, elapsed: Duration) -> Delivery {
        self.advance(whole_milliseconds(elapsed));
        let sent = SentRequest::new(request);
        let now_ms = self.world.now_ms;
        let mut entry = LogEntry::new(now_ms, &sent);
        let fault = self.faults.draw(now_ms, &sent);
        let is_too_long =
            self.service.longest_request.is_some_and(|most| request.body.len() > most);
        let answer = match fault {
            Some(Fault::LateAfter { seconds }) => {
                if !is_too_long {
                    let due_ms = now_ms.saturating_add(milliseconds(seconds));
                    self.under_way.insert((due_ms, self.log.len()), sent);
                }
                None
            }
            _ => self.process(&sent, is_too_long, fault.as_ref(), now_ms),
        };
        if let Some(answer) = &answer {
            entry.status = Some(answer.status);
            entry.error = answer.error;
            entry.plays = answer.plays;
            entry.digest = answer.digest;
        }
        entry.fault.clone_from(&fault);
        self.log.push(entry);
        self.hand_over(answer, fault.as_ref())
    }

    /// What the service makes of the request; nothing if it never got it.
    fn process(
        &mut self,
        sent: &SentRequest,
        is_too_long: bool,
        fault: Option<&Fault>,
        now_ms: i64,
    ) -> Option<Answer> {
        let answer = match fault {
            Some(Fault::ResetBefore | Fault::Timeout | Fault::GzipBomb) => return None,
            Some(Fault::Error { code, status, body }) => Answer::failed(*code, *status, *body),
            Some(Fault::UserNotFound) => Answer::user_not_found(),
            Some(Fault::EmptyBody { status } | Fault::Redirect { status }) => {
                Answer::html(*status, String::new())
            }
            _ if self.is_too_fast(now_ms) => Answer::failed(29, 429, ErrorBody::Json),
            _ if is_too_long => match self.service.too_long {
                TooLong::Status413 => Answer::failed(0, 413, ErrorBody::Html),
                TooLong::Error6 => Answer::failed(6, 400, ErrorBody::Json),
                TooLong::Error13 => Answer::failed(13, 403, ErrorBody::Json),
            },
            Some(Fault::ErrorAfter { code, status, body }) => {
                drop(self.respond(sent, fault));
                Answer::failed(*code, *status, *body)
            }
            _ => self.respond(sent, fault),
        };
        Some(answer)
    }

    fn is_too_fast(&mut self, now_ms: i64) -> bool {
        let Some(most) = self.service.max_per_second else {
            return false;
        };
        while self.recent.front().is_some_and(|at| *at <= now_ms - 1_000) {
            self.recent.pop_front();
        }
        self.recent.push_back(now_ms);
        self.recent.len() > most as usize
    }

    fn hand_over(&self, answer: Option<Answer>, fault: Option<&Fault>) -> Delivery {
        let Some(answer) = answer else {
            return match fault {
                Some(Fault::GzipBomb) => Delivery::Bomb,
                Some(Fault::ResetBefore) => Delivery::Refused,
                _ => Delivery::Silence,
            };
        };
        let mut body = match fault {
            Some(Fault::WrongCharset) => latin1(&answer.body),
            _ => answer.body.into_bytes(),
        };
        if let Some(Fault::Truncated { at }) = fault {
            let anywhere = || Dice::stream(self.seed, self.log.len() as u64).index(body.len());
            body.truncate(at.unwrap_or_else(anywhere));
        }
        // Only a scenario that was written by hand can name a status that does not exist.
        let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::IM_A_TEAPOT);
        let mut response = Response::new(status, body);
        let content_type = HeaderValue::from_static(answer.content_type);
        response.headers.insert(header::CONTENT_TYPE, content_type);
        if let Some(date) = self.http_date() {
            response.headers.insert(header::DATE, date);
        }
        let later = matches!(answer.status, 429 | 503).then_some(self.service.retry_after);
        if let Some(seconds) = later.flatten() {
            response.headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(Fault::Redirect { .. }) = fault {
            let elsewhere = HeaderValue::from_static("https://elsewhere.example/2.0/");
            response.headers.insert(header::LOCATION, elsewhere);
        }
        match fault {
            Some(Fault::ResetAfter) => Delivery::Cut(response),
            Some(Fault::SlowDrip) => Delivery::Drip(response),
            _ => Delivery::Whole(response),
        }
    }

    fn http_date(&self) -> Option<HeaderValue> {
        let says = self.now().plus(self.service.date_error);
        let at = jiff::Timestamp::from_second(says.as_unix()).ok()?;
        let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
        let text = printer.timestamp_to_rfc9110_string(&at).ok()?;
        let header = HeaderValue::try_from(text).ok()?;
        self.service.date_header.then_some(header)
    }
}

/// The text in Latin-1, what it cannot hold as an upside-down question mark: a plain one would
/// be a lie that no reader can tell from the truth.
fn latin1(text: &str) -> Vec<u8> {
    let letters = text.chars();
    letters.map(|letter| u8::try_from(u32::from(letter)).unwrap_or(0xBF)).collect()
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Whole(_) => "a complete response",
            Self::Silence => "silence",
            Self::Refused => "a refused connection",
            Self::Cut(_) => "a connection that breaks",
            Self::Drip(_) => "a slow drip",
            Self::Bomb => "a body that unpacks to 512 MiB",
        })
    }
}
