//! Programs tested without the service.
//!
//! For every test of a program that calls Last.fm: the service limits and suspends keys, and never fails
//! when a test wants it to. The feature `testing` has all that is used here.
//!
//! ```sh
//! cargo add lastfm-core --dev --features testing
//! ```
//!
//! # One call
//!
//! [`FakeTransport`](crate::testing::FakeTransport) says what it is told to, and keeps what was sent.
//!
//! ```
//! use std::sync::Arc;
//!
//! use lastfm_core::methods::artist::GetInfo;
//! use lastfm_core::testing::{FakeTransport, VirtualClock};
//! use lastfm_core::{ApiKey, Client, Credentials, Timestamp};
//!
//! # futures_executor::block_on(async {
//! let transport = Arc::new(FakeTransport::new()
//!     .json(r#"{"artist":{"name":"Low","stats":{"listeners":"9"}}}"#));
//! let clock = Arc::new(VirtualClock::new(Timestamp::from_unix(1_780_000_000)));
//! let credentials = Credentials::read_only(ApiKey::new("key")?);
//! let client = Client::builder(credentials, transport.clone(), clock).build();
//!
//! let low = client.call(&GetInfo::new("Low")).await?;
//! assert_eq!(low.listener_count, Some(9));
//! assert_eq!(transport.sent()[0].param("artist"), Some("Low"));
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! # A whole service, which fails
//!
//! [`FakeLastfm`](crate::testing::FakeLastfm) invents listeners, goes on living while time passes, and
//! fails in the ways of the real one. Time is a [`VirtualClock`](crate::testing::VirtualClock): waiting
//! costs nothing, and the same seed gives the same run. Here half of all requests fail, and the archive
//! is right all the same.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//!
//! use lastfm_core::archive::{Archiver, MemoryStore, WorkerId};
//! use lastfm_core::testing::{
//!     ErrorBody, FakeLastfm, FakeLastfmTransport, Fault, RandomFault, Scenario, VirtualClock,
//! };
//! use lastfm_core::{ApiKey, Client, Credentials, Timestamp};
//!
//! # futures_executor::block_on(async {
//! let start = Timestamp::from_unix(1_780_000_000);
//! let clock = Arc::new(VirtualClock::new(start));
//! let mut scenario = Scenario::still(2_500);
//! scenario.faults.random = vec![
//!     RandomFault::new(0.25, Fault::error(8, 500, ErrorBody::Json)),
//!     RandomFault::new(0.25, Fault::Timeout),
//! ];
//! let fake = Arc::new(Mutex::new(FakeLastfm::new(7, &scenario, start)));
//! let transport = Arc::new(FakeLastfmTransport::new(fake.clone(), clock.clone()));
//! let client = Client::builder(
//!     Credentials::read_only(ApiKey::new("key")?), transport, clock.clone()).build();
//!
//! let store = Arc::new(MemoryStore::new(clock));
//! let archiver = Archiver::new(client, store, WorkerId("a test".to_owned()));
//! let report = archiver.sync("rj".parse()?).finish().await?;
//! assert_eq!(report.held, fake.lock().unwrap().truth().len() as u64);
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! What else can be said: [`Scenario`](crate::testing::Scenario) for the listener, the service and its
//! faults, as a value or as JSON; [`FakeLastfm::happen`](crate::testing::FakeLastfm::happen),
//! [`insert`](crate::testing::FakeLastfm::insert),
//! [`delete_where`](crate::testing::FakeLastfm::delete_where) and
//! [`fail_next`](crate::testing::FakeLastfm::fail_next) in the middle of a test;
//! [`log_in`](crate::testing::FakeLastfm::log_in) and
//! [`revoke`](crate::testing::FakeLastfm::revoke) for sessions.
//!
//! # Over HTTP
//!
//! For a program in another language, or one that is tested as a process, the workspace has the same fake
//! as a server: `cargo run -p fake-lastfm`, then `http://127.0.0.1:8080/2.0/` as the service's address.
//!
//! # What can go wrong
//!
//! | what happens | what to do |
//! |---|---|
//! | a test waits for real | Some of its code has another clock: all of it takes `client.clock()`. |
//! | a panic: the script is exhausted | The program asked more often than the test has answers, for a call that failed is repeated. [`otherwise`](crate::testing::FakeTransport::otherwise) answers for ever. |
//! | a method is answered with error 3 | The fake does not know it yet: [`FakeTransport`](crate::testing::FakeTransport) can say anything. |
//! | a test fails now and then | Its program has randomness of its own: [`ClientBuilder::jitter_seed`](crate::ClientBuilder::jitter_seed) takes the client's away. |
//!
//! # What it costs
//!
//! No network and no key. A history of 2,500 plays takes milliseconds, whatever time passes in it.
//!
//! # What the terms ask
//!
//! Nothing: the service is not asked. The listeners are invented.
