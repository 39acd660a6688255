//! Another HTTP library, or another service.
//!
//! # Another service
//!
//! Libre.fm, servers of GNU FM and Maloja answer calls of Last.fm's: [`Service`](crate::Service) has
//! their addresses, and tells for each what is known to work there. Any other address will do, too.
//!
//! ```
//! use lastfm_core::{ApiKey, Client, Credentials, Service, SharedSecret};
//!
//! // Libre.fm takes any text as key and secret; say which app it is.
//! let credentials = Credentials::read_only(ApiKey::new("my-app")?)
//!     .with_secret(SharedSecret::new("my-app")?);
//! let client = Client::at(Service::libre_fm(), credentials)?;
//! assert_eq!(client.service().api().as_str(), "https://libre.fm/2.0/");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Scrobbling, logins, profiles and some charts work there. An [`Archiver`](crate::archive::Archiver)
//! does not: it needs plays between two moments, counted. What a method is not known for is
//! [`ErrorClass::Invalid`](crate::ErrorClass::Invalid) (error 3).
//!
//! # Another HTTP library
//!
//! For an app that has one already, for a browser, or for a machine without tokio: take this crate
//! without its default features, and implement [`Transport`](crate::transport::Transport), one method.
//! Time comes from a [`Clock`](crate::Clock) of your own.
//!
//! ```
//! use async_trait::async_trait;
//! use http::StatusCode;
//! use lastfm_core::transport::{
//!     Request, Response, Transport, TransportError, TransportErrorKind,
//! };
//! # mod my_http {
//! #     pub struct Answer { pub status: u16, pub body: Vec<u8> }
//! #     pub async fn send(request: http::Request<bytes::Bytes>) -> Result<Answer, String> {
//! #         assert_eq!(request.uri().query(), None);
//! #         let body = br#"{"user":{"name":"RJ","playcount":"154000"}}"#.to_vec();
//! #         Ok(Answer { status: 200, body })
//! #     }
//! # }
//!
//! #[derive(Debug)]
//! struct MyTransport;
//!
//! #[async_trait]
//! impl Transport for MyTransport {
//!     async fn send(&self, request: Request) -> Result<Response, TransportError> {
//!         let answer = my_http::send(request.into()).await.map_err(|error| {
//!             TransportError::with_source(TransportErrorKind::Interrupted, error)
//!         })?;
//!         // A status is an answer, not an error: the client decides what it means.
//!         let status = StatusCode::from_u16(answer.status).map_err(|error| {
//!             TransportError::with_source(TransportErrorKind::Interrupted, error)
//!         })?;
//!         Ok(Response::new(status, answer.body))
//!     }
//! }
//!
//! # futures_executor::block_on(async {
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use lastfm_core::methods::user::GetInfo;
//! use lastfm_core::transport::{LocalPacer, RateLimited};
//! use lastfm_core::{ApiKey, Client, Credentials};
//!
//! # let my_clock = Arc::new(lastfm_core::testing::VirtualClock::new(lastfm_core::Timestamp::MIN));
//! let pacer = Arc::new(LocalPacer::new(Duration::from_secs(1), my_clock.clone()));
//! let transport = Arc::new(RateLimited::new(Arc::new(MyTransport), pacer, my_clock.clone()));
//! let credentials = Credentials::read_only(ApiKey::new("your API key")?);
//! let client = Client::builder(credentials, transport, my_clock).build();
//! assert_eq!(client.call(&GetInfo::new("rj".parse()?)).await?.play_count, 154_000);
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! # What can go wrong
//!
//! | what happens | what to do |
//! |---|---|
//! | too many requests: error 29, a suspended key | [`Client::builder`](crate::Client::builder) takes a transport as it is: put it into a [`RateLimited`](crate::transport::RateLimited), one for all clients of a key. |
//! | a call is never answered | Give the library limits of time and size: [`ReqwestTransport`](crate::transport::ReqwestTransport) has 5 s to connect, 30 s in all, 4 MiB. |
//! | plays are doubted, or scrobbles are sent twice | The library tries again by itself: switch that off. The client does, and knows what can be repeated. |
//! | a key appears in a log | Do not keep the library's words if they hold an address. Requests themselves show no key: it is in the body. |
//! | another machine refuses, "over plain http" | The default transport sends no key unencrypted. `ReqwestTransportBuilder::plain_http_to` allows a host on one's own network. |
//! | the kind of an error is not clear | [`Connect`](crate::transport::TransportErrorKind::Connect) only if certainly nothing was sent: then a scrobble may be repeated. Else [`Interrupted`](crate::transport::TransportErrorKind::Interrupted). |
//!
//! The body has to be decompressed and whole. Redirects are answers, too: do not follow them.
//!
//! # What it costs
//!
//! Without default features there is no tokio, no HTTP library and no TLS among the dependencies.
//!
//! # What the terms ask
//!
//! A user agent that names the app, best with an address for questions, and a slow rate. Other services
//! have rules of their own. See [all of Last.fm's](super#what-the-terms-ask).
