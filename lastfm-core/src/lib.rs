//! A typed client for the Last.fm web service, a history stream that is right while its owner goes
//! on listening, and an archive engine over any store.
//!
//! ```
//! # use lastfm_core::transport::{Request, Response, Transport, TransportError};
//! # #[derive(Debug)] struct Canned;
//! # #[async_trait::async_trait]
//! # impl Transport for Canned {
//! #     async fn send(&self, _: Request) -> Result<Response, TransportError> {
//! #         Ok(Response::new(http::StatusCode::OK, r##"{"recenttracks":{"track":[
//! #             {"artist":{"#text":"Low"},"name":"Words","date":{"uts":"922320000"}}],
//! #             "@attr":{"user":"RJ","page":"1","perPage":"1000","total":"1"}}}"##))
//! #     }
//! # }
//! # let network = std::sync::Arc::new(Canned);
//! # #[cfg(feature = "reqwest")]
//! # let clock = std::sync::Arc::new(lastfm_core::TokioClock::default());
//! # #[cfg(feature = "reqwest")]
//! # futures_executor::block_on(async {
//! use futures_util::TryStreamExt as _;
//! use lastfm_core::{ApiKey, Client, Credentials};
//!
//! let credentials = Credentials::read_only(ApiKey::new("0123456789abcdef")?);
//! // Over the network: `Client::new(credentials)?`.
//! let client = Client::builder(credentials, network, clock).build();
//! let mut plays = client.recent_tracks("RJ".parse()?);
//! while let Some(play) = plays.try_next().await? {
//!     let track = play.track();
//!     println!("{} {} \u{2013} {}", play.played_at(), track.artist, track.name);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! * [`Client`] makes calls: the values in [`methods`], or any [`Method`] of your own. It signs,
//!   tries again where that can help, and knows one [`ErrorClass`] for every error.
//! * [`RecentTracks`] reads a history.
//! * [`transport`] is the seam to HTTP: reqwest by default, the rate that everybody shares, and a
//!   cache for those who want one.
//! * [`archive`] keeps a history, and knows what it has.
//!
//! # Features
//!
//! * `reqwest` (default): the transport over the network and the clock that go with tokio. Without
//!   it there is no HTTP library and no runtime among the dependencies.
//! * `testing`: a fake Last.fm, a scripted transport, a virtual clock, and the conformance suite
//!   that any store can run.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api_error_code;
pub mod archive;
pub mod auth_flow;
mod client;
mod clock;
mod credentials;
mod error;
mod live;
mod method;
pub mod methods;
mod model;
mod pages;
mod params;
mod recent_tracks;
pub mod retry;
mod service;
mod signature;
#[cfg(test)]
mod test_support;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transport;
mod wire;

pub use api_error_code::ApiErrorCode;
pub use client::{Client, ClientBuilder, Reply};
pub use clock::Clock;
#[cfg(feature = "reqwest")]
pub use clock::TokioClock;
pub use credentials::{
    ApiKey, BlankCredential, Credential, Credentials, LoginToken, Password, SessionKey,
    SharedSecret,
};
pub use error::{Error, ErrorClass};
pub use live::{Live, LiveEvent};
pub use method::{Authentication, DecodeError, InvalidArgument, Method, Verb};
pub use model::*;
pub use pages::{Paged, Pages};
pub use params::Params;
pub use recent_tracks::{RecentTracks, Stretch};
pub use service::Service;
pub use signature::sign;

/// What an app holds can go to another thread.
const _: () = {
    const fn is_shared<T: Send + Sync + 'static>() {}
    const fn is_sent<T: Send + 'static>() {}
    is_shared::<Client>();
    is_shared::<archive::Archiver>();
    is_shared::<archive::MemoryStore>();
    is_shared::<archive::StoreError>();
    is_shared::<archive::SyncError>();
    is_shared::<transport::Cached>();
    is_shared::<transport::RateLimited>();
    is_shared::<transport::TransportError>();
    is_sent::<archive::Run>();
    is_sent::<RecentTracks>();
};
