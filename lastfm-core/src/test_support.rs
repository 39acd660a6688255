//! A clock without waits and a transport without a network, for this crate's own tests.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, StatusCode};

use crate::transport::{Request, Response, Transport, TransportError};
use crate::{ApiKey, Client, Clock, Credentials, Timestamp};

/// Stands still but for those who sleep.
#[derive(Debug, Default)]
pub(crate) struct VirtualClock(Mutex<Duration>);

#[async_trait]
impl Clock for VirtualClock {
    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn wall(&self) -> Timestamp {
        Timestamp::from_unix(self.elapsed().as_secs().try_into().unwrap())
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

/// Answers from a list, again and again with the last of it.
#[derive(Debug)]
pub(crate) struct Scripted {
    clock: Arc<VirtualClock>,
    answers: Mutex<VecDeque<Result<Response, TransportError>>>,
    sent: Mutex<Vec<(Duration, String)>>,
}

impl Scripted {
    pub(crate) fn new(
        clock: Arc<VirtualClock>,
        answers: impl IntoIterator<Item = Result<Response, TransportError>>,
    ) -> Self {
        Self { clock, answers: Mutex::new(answers.into_iter().collect()), sent: Mutex::default() }
    }

    pub(crate) fn answering(clock: Arc<VirtualClock>, status: StatusCode, body: &str) -> Self {
        Self::new(clock, [Ok(Response::new(status, body.to_owned()))])
    }

    pub(crate) fn sent_at(&self) -> Vec<Duration> {
        self.sent.lock().unwrap().iter().map(|sent| sent.0).collect()
    }

    pub(crate) fn sent(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|sent| sent.1.clone()).collect()
    }
}

#[async_trait]
impl Transport for Scripted {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        self.sent.lock().unwrap().push((self.clock.elapsed(), body));
        let mut answers = self.answers.lock().unwrap();
        match answers.pop_front().unwrap() {
            Ok(response) => {
                if answers.is_empty() {
                    answers.push_back(Ok(response.clone()));
                }
                Ok(response)
            }
            Err(error) => Err(error),
        }
    }
}

/// A response with one header.
pub(crate) fn with_header(status: StatusCode, name: &'static str, value: &str) -> Response {
    let mut response = Response::new(status, "");
    response.headers =
        HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())]);
    response
}

/// A client that can read, over this transport.
pub(crate) fn client(transport: Arc<dyn Transport>, clock: Arc<VirtualClock>) -> Client {
    let credentials = Credentials::read_only(ApiKey::new("key").unwrap());
    Client::builder(credentials, transport, clock).build()
}
