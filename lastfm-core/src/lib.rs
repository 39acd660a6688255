//! A typed client for the whole Last.fm web service, logins, a history stream that is right while
//! its owner goes on listening, and an archive engine over any store.
//!
//! | what do you want to do? | guide |
//! |---|---|
//! | make a first call, log in, scrobble | [in five minutes](#in-five-minutes), below |
//! | read charts and other lists to their end | [`guide::list`] |
//! | keep a whole listening history | [archive], in `lastfm-sqlite` |
//! | bring it up to date every hour | [schedule], in `lastfm-sqlite` |
//! | keep histories of many users | [many users], in `lastfm-postgres` |
//! | know which years the music is from | [release years], in `mb-enrich` |
//! | scrobble a track, or an album | [`guide::scrobble`] |
//! | scrobble from a player that is offline at times | [queue], in `lastfm-sqlite` |
//! | log users in | [`auth_flow`] |
//! | keep archives in another database | [`guide::store`] |
//! | use another HTTP library, or Libre.fm | [`guide::transport`] |
//! | test a program without the service | [`guide::testing`] |
//! | know what Last.fm asks of whoever calls it | [its terms](guide#what-the-terms-ask), in short |
//!
//! # In five minutes
//!
//! ```sh
//! cargo add lastfm-core
//! cargo add tokio --features macros,rt
//! ```
//!
//! The default transport runs on tokio: what follows stands in an `async fn main` under
//! `#[tokio::main(flavor = "current_thread")]`.
//!
//! A key and its secret come from <https://www.last.fm/api/account/create>. Whoever has none yet
//! runs a Last.fm of their own (`cargo run -p fake-lastfm`, in the workspace) and writes
//! `Client::at("http://127.0.0.1:8080/2.0/".parse::<Service>()?, credentials)` for `Client::new`
//! (its README says how to allow a login there).
//!
//! **Read** what is public: a call is a value, and lists stream.
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! # use lastfm_core::testing::{FakeTransport, VirtualClock};
//! # let clock = std::sync::Arc::new(VirtualClock::new(lastfm_core::Timestamp::MIN));
//! # let transport = std::sync::Arc::new(FakeTransport::new()
//! #     .json(r#"{"artist":{"name":"Low","stats":{"listeners":"9"}}}"#)
//! #     .json(r#"{"toptracks":{"track":[{"name":"Words","playcount":"81","artist":{"name":"Low"}}],
//! #         "@attr":{"page":"1","totalPages":"1"}}}"#));
//! # futures_executor::block_on(async {
//! use lastfm_core::methods::{artist, user};
//! use lastfm_core::{ApiKey, Client, Credentials, Period};
//!
//! let credentials = Credentials::read_only(ApiKey::new("your API key")?);
//! # let client = Client::builder(credentials, transport, clock).build();
//! # /*
//! let client = Client::new(credentials)?;
//! # */
//!
//! let low = client.call(&artist::GetInfo::new("Low")).await?;
//! println!("{} listeners", low.listener_count.unwrap_or(0));
//!
//! let top = user::GetTopTracks::new("RJ".parse()?).period(Period::Year);
//! let mut pages = client.pages(top);
//! while let Some(page) = pages.next_page().await? {
//!     for track in page.items {
//!         println!("{:>5} {} \u{2013} {}", track.play_count.unwrap_or(0), track.artist.name, track.name);
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap() }
//! ```
//!
//! **Log in**, in a browser, once: a session does not expire. [`auth_flow`] has the other ways.
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! # use lastfm_core::testing::{FakeTransport, VirtualClock};
//! # let clock = std::sync::Arc::new(VirtualClock::new(lastfm_core::Timestamp::MIN));
//! # let transport = std::sync::Arc::new(FakeTransport::new().json(r#"{"token":"bc31"}"#)
//! #     .json(r#"{"session":{"name":"RJ","key":"d580d57f","subscriber":0}}"#));
//! # futures_executor::block_on(async {
//! use lastfm_core::auth_flow::DesktopLogin;
//! use lastfm_core::{ApiKey, Client, Credentials, SharedSecret};
//!
//! let credentials = Credentials::read_only(ApiKey::new("your API key")?)
//!     .with_secret(SharedSecret::new("your shared secret")?);
//! # let client = Client::builder(credentials, transport, clock).build();
//! # /*
//! let client = Client::new(credentials)?;
//! # */
//!
//! let mut login = DesktopLogin::begin(client.clone()).await?;
//! println!("Please allow this app at {}", login.url());
//! let session = login.wait().await?;
//! let client = client.with_session(session.key);
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap() }
//! ```
//!
//! **Scrobble**, and read what the service made of it: "200 OK" is not yet a play that is stored.
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! # use lastfm_core::testing::{FakeTransport, VirtualClock};
//! # let clock = std::sync::Arc::new(VirtualClock::new(lastfm_core::Timestamp::MIN));
//! # let transport = std::sync::Arc::new(FakeTransport::new().json(r##"{"scrobbles":{"scrobble":{
//! #     "artist":{"corrected":"0","#text":"Low"},"track":{"corrected":"0","#text":"Words"},
//! #     "timestamp":"1776024459","ignoredMessage":{"code":"0","#text":""}},
//! #     "@attr":{"accepted":1,"ignored":0}}}"##));
//! # futures_executor::block_on(async {
//! # let credentials = lastfm_core::Credentials::read_only(lastfm_core::ApiKey::new("k")?)
//! #     .with_secret(lastfm_core::SharedSecret::new("s")?)
//! #     .with_session(lastfm_core::SessionKey::new("sk")?);
//! # let client = lastfm_core::Client::builder(credentials, transport, clock).build();
//! use lastfm_core::methods::track::Scrobble;
//! use lastfm_core::{NewPlay, PlayerTrack, Timestamp};
//!
//! let began = Timestamp::from_unix(1_776_024_459);
//! let play = NewPlay::new(PlayerTrack::new("Low", "Words"), began);
//! let answer = client.call(&Scrobble::new([play])).await?;
//! for play in answer.plays {
//!     match play.ignored {
//!         None => println!("stored"),
//!         Some(ignored) => println!("not stored: {}", ignored.reason),
//!     }
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap() }
//! ```
//!
//! A player is offline at times, and goes on: what it has played goes through a [queue].
//!
//! **When something goes wrong**, [`Error::class`] says what it means for the app: wait, ask the
//! user to log in again, give up; [`Client::call`] has waited and tried again already where that
//! can help.
//!
//! # What is here
//!
//! * [`Client`] makes calls: those in [`methods`], or any [`Method`] of your own. It signs, tries
//!   again where that can help, and keeps to a rate. [`Pages`] reads lists to their end.
//! * [`auth_flow`]: the three ways to log in. [`Service`]: Last.fm, and others that answer the same
//!   calls.
//! * [`RecentTracks`] reads a listening history. [`Client::now_playing`] tells what is playing,
//!   [`Live`] what happens.
//! * [`archive`] keeps a history, and knows what it has.
//! * [`albums`]: the albums of histories, and the years in which they were first released.
//! * [`scrobble`]: when a play counts, what the service would refuse, a queue that loses nothing, and a
//!   sender that tells of each play what became of it; albums and collections as timed plays.
//! * [`loved`] keeps loved tracks, [`library`] finds them and others among local files, and
//!   [`PlayCounting`] says how often each was played.
//! * [`transport`] is the seam to HTTP: reqwest by default, the rate that everybody shares, and a
//!   cache for those who want one.
//!
//! # Features
//!
//! * `reqwest` (default): the transport over the network and the clock that go with tokio. Without
//!   it there is no HTTP library and no runtime among the dependencies.
//! * `testing`: a fake Last.fm, a scripted transport, a virtual clock, and the conformance suite
//!   that any store can run.
//!
//! [archive]: https://docs.rs/lastfm-sqlite/latest/lastfm_sqlite/guide/archive/
//! [schedule]: https://docs.rs/lastfm-sqlite/latest/lastfm_sqlite/guide/schedule/
//! [queue]: https://docs.rs/lastfm-sqlite/latest/lastfm_sqlite/guide/queue/
//! [many users]: https://docs.rs/lastfm-postgres/latest/lastfm_postgres/guide/
//! [release years]: https://docs.rs/mb-enrich/latest/mb_enrich/guide/
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod albums;
mod api_error_code;
pub mod archive;
pub mod auth_flow;
mod by_account;
mod chance;
mod client;
mod clock;
mod credentials;
mod error;
// Its programs need both features; it is read without.
#[cfg(any(not(doctest), all(feature = "reqwest", feature = "testing")))]
pub mod guide;
pub mod library;
mod live;
pub mod loved;
mod method;
pub mod methods;
mod model;
mod pages;
mod params;
mod play_counts;
mod recent_tracks;
pub mod retry;
pub mod scrobble;
mod service;
mod signature;
mod steps;
mod store_error;
#[cfg(test)]
mod test_support;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transport;
mod wire;
mod yielding;

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
pub use play_counts::{PlayCounting, PlayCounts};
pub use recent_tracks::{RecentTracks, Stretch};
pub use service::Service;
pub use signature::sign;

/// The program on the registry's page is one that compiles.
#[cfg(all(doctest, feature = "reqwest"))]
#[doc = include_str!("../README.md")]
mod readme {}

/// What an app holds can go to another thread.
const _: () = {
    const fn is_shared<T: Send + Sync + 'static>() {}
    const fn is_sent<T: Send + 'static>() {}
    is_shared::<Client>();
    is_shared::<auth_flow::DesktopLogin>();
    is_shared::<archive::Archiver>();
    is_shared::<archive::MemoryStore>();
    is_shared::<archive::StoreError>();
    is_shared::<archive::SyncError>();
    is_shared::<scrobble::MemoryQueue>();
    is_shared::<scrobble::Sender>();
    is_shared::<transport::Cached>();
    is_shared::<transport::RateLimited>();
    is_shared::<transport::TransportError>();
    is_sent::<archive::Run>();
    is_sent::<scrobble::Sending>();
    is_sent::<Live>();
    is_sent::<Pages<methods::user::GetTopTracks>>();
    is_sent::<RecentTracks>();
};
