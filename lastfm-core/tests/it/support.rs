//! A transport that gives one answer, a clock that does not wait, and a page to cut up.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_executor::block_on;
use http::StatusCode;
use lastfm_core::transport::{Request, Response, Transport, TransportError};
use lastfm_core::{ApiKey, Client, Clock, Credentials, Error, Method, Timestamp};

/// Stands still but for those who sleep.
#[derive(Debug, Default)]
pub(crate) struct Still(Mutex<Duration>);

#[async_trait]
impl Clock for Still {
    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn wall(&self) -> Timestamp {
        Timestamp::from_unix(0)
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

/// Gives the same answer to everybody.
#[derive(Debug)]
pub(crate) struct Canned(pub(crate) Response);

#[async_trait]
impl Transport for Canned {
    async fn send(&self, _: Request) -> Result<Response, TransportError> {
        Ok(self.0.clone())
    }
}

/// What a call makes of an answer.
pub(crate) fn answer<M: Method>(
    method: &M,
    status: u16,
    body: impl Into<Vec<u8>>,
) -> Result<M::Response, Error> {
    let status = StatusCode::from_u16(status).unwrap();
    let transport = Canned(Response::new(status, body.into()));
    let credentials = Credentials::read_only(ApiKey::new("key").unwrap());
    let client = Client::builder(credentials, Arc::new(transport), Arc::new(Still::default()));
    block_on(client.build().call_once(method)).map(|reply| reply.value)
}

/// A page of this many plays, as the service writes one.
pub(crate) fn page(plays: usize) -> String {
    let mut items = String::new();
    for number in 0..plays {
        let comma = if number == 0 { "" } else { "," };
        let uts = 1_700_000_000 - 180 * number;
        write!(
            items,
            r##"{comma}{{"artist":{{"mbid":"","#text":"Artist \u00e9 {number}"}},"streamable":"0","image":[{{"size":"small","#text":"https:\/\/img.example.org\/i\/u\/34s\/{number}.png"}},{{"size":"large","#text":""}}],"mbid":"","album":{{"mbid":"","#text":"An \"Album\" {number}"}},"name":"Track {number}","url":"https:\/\/www.example.org\/music\/_\/{number}","date":{{"uts":"{uts}","#text":"14 Nov 2023, 22:13"}}}}"##
        )
        .unwrap();
    }
    format!(
        r#"{{"recenttracks":{{"track":[{items}],"@attr":{{"user":"RJ","totalPages":"9","page":"1","perPage":"{plays}","total":"1000"}}}}}}"#
    )
}
