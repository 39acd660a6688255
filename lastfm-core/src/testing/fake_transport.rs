//! A transport that gives the answers it was told to, for tests of one client call.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use http::{HeaderMap, Method as HttpMethod, StatusCode};
use url::Url;

use super::yield_once;
use crate::transport::{Request, Response, Transport, TransportError};

type Answer = Result<Response, TransportError>;
type Answering = dyn FnMut(&SentRequest) -> Answer + Send;

/// A transport with a script: the answers come in order, or out of a function, and the requests
/// are kept to be looked at.
///
/// ```
/// use lastfm_core::testing::FakeTransport;
/// use lastfm_core::transport::{Request, Transport};
///
/// let transport = FakeTransport::new().json(r#"{"token":"xyz"}"#);
/// let url = "https://ws.audioscrobbler.com/2.0/".parse()?;
/// let request = Request::post(url, "method=auth.getToken&format=json");
/// let answer = futures_executor::block_on(transport.send(request)).unwrap();
/// assert_eq!(answer.body, r#"{"token":"xyz"}"#);
/// assert_eq!(transport.sent()[0].param("method"), Some("auth.getToken"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct FakeTransport(Mutex<Script>);

#[derive(Default)]
struct Script {
    answers: VecDeque<Answer>,
    otherwise: Option<Box<Answering>>,
    sent: Vec<SentRequest>,
}

/// A request as it was sent, its form decoded. Its `Debug` shows everything: keys in tests are
/// not secret.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SentRequest {
    /// GET or POST.
    pub method: HttpMethod,
    /// Where to.
    pub url: Url,
    /// Its headers.
    pub headers: HeaderMap,
    /// The parameters of the address, then those of a form in the body, in their order.
    pub params: Vec<(String, String)>,
}

impl SentRequest {
    /// What this request carries.
    pub fn new(request: &Request) -> Self {
        let form = url::form_urlencoded::parse(&request.body);
        Self {
            method: request.method.clone(),
            url: request.url.clone(),
            headers: request.headers.clone(),
            params: request
                .url
                .query_pairs()
                .chain(form)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        }
    }

    /// The value of the first parameter with this name.
    pub fn param(&self, name: &str) -> Option<&str> {
        let mut params = self.params.iter();
        params.find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl FakeTransport {
    /// A transport without answers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Then answers this.
    pub fn answer(self, answer: Answer) -> Self {
        self.push(answer);
        self
    }

    /// Then answers 200 and this JSON.
    pub fn json(self, body: impl Into<String>) -> Self {
        self.status(StatusCode::OK, body)
    }

    /// Then answers this status and this JSON.
    pub fn status(self, status: StatusCode, body: impl Into<String>) -> Self {
        let mut response = Response::new(status, body.into());
        let json = http::HeaderValue::from_static("application/json");
        response.headers.insert(http::header::CONTENT_TYPE, json);
        self.answer(Ok(response))
    }

    /// Then, and for ever, answers what this function says.
    pub fn otherwise(
        self,
        answer: impl FnMut(&SentRequest) -> Result<Response, TransportError> + Send + 'static,
    ) -> Self {
        self.script().otherwise = Some(Box::new(answer));
        self
    }

    /// Adds an answer to one that is in use.
    pub fn push(&self, answer: Answer) {
        self.script().answers.push_back(answer);
    }

    /// The requests so far.
    pub fn sent(&self) -> Vec<SentRequest> {
        self.script().sent.clone()
    }

    /// How many answers nobody has asked for yet.
    pub fn unused(&self) -> usize {
        self.script().answers.len()
    }

    fn script(&self) -> MutexGuard<'_, Script> {
        // A panic for an exhausted script must not hide the requests that led to it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Transport for FakeTransport {
    /// Gives the next answer of the script.
    ///
    /// # Panics
    ///
    /// If the script has no further answer.
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let request = SentRequest::new(&request);
        yield_once().await;
        let mut guard = self.script();
        let script = &mut *guard;
        script.sent.push(request);
        let number = script.sent.len();
        let request = &script.sent[number - 1];
        let scripted = script.answers.pop_front();
        let answer = scripted.or_else(|| script.otherwise.as_mut().map(|answer| answer(request)));
        answer.unwrap_or_else(|| {
            let method = request.param("method").unwrap_or("no method");
            panic!("the script has no answer to request {number} ({method})")
        })
    }
}

impl fmt::Debug for FakeTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let script = self.script();
        f.debug_struct("FakeTransport")
            .field("sent", &script.sent.len())
            .field("answers_left", &script.answers.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_executor::block_on;

    use super::*;
    use crate::transport::TransportErrorKind;

    fn request(form: &'static str) -> Request {
        let url = Url::parse("https://example.test/2.0/?format=json").unwrap();
        Request::post(url, form)
    }

    #[test]
    fn answers_come_in_the_order_of_the_script() {
        let transport = FakeTransport::new()
            .json("1")
            .answer(Err(TransportError::new(TransportErrorKind::Timeout)))
            .otherwise(|_| Ok(Response::new(StatusCode::BAD_GATEWAY, "3")));
        let send = || block_on(transport.send(request("artist=Sigur+R%C3%B3s")));
        assert_eq!(send().unwrap().body, "1");
        assert_eq!(send().unwrap_err().kind, TransportErrorKind::Timeout);
        assert_eq!(send().unwrap().status, 502);
        let requests = transport.sent();
        assert_eq!(requests.len(), 3);
        assert_eq!(requests[0].param("format"), Some("json"));
        assert_eq!(requests[0].param("artist"), Some("Sigur Rós"));
    }

    #[test]
    #[should_panic(expected = "the script has no answer to request 1 (user.getInfo)")]
    fn an_exhausted_script_says_what_was_asked() {
        let transport = FakeTransport::new();
        drop(block_on(transport.send(request("method=user.getInfo"))));
    }
}
