//! A track, or an album, scrobbled once.
//!
//! For an app that knows what was heard and can wait for the answer: a button, a command, a bot. What a
//! player hears goes through a [queue], because players are offline at times, and a play whose answer
//! got lost must not be sent twice.
//!
//! # A track
//!
//! It takes a [login](crate::auth_flow): scrobbles are written in a user's name. The service takes each
//! play for itself, so that an answer is read to its end: "200 OK" is not yet a play that is stored.
//!
//! ```
//! use lastfm_core::methods::track::Scrobble;
//! use lastfm_core::scrobble::rules;
//! use lastfm_core::{ApiKey, Client, Credentials, NewPlay, PlayerTrack, SessionKey, SharedSecret};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let credentials = Credentials::read_only(ApiKey::new("your API key")?)
//!         .with_secret(SharedSecret::new("your shared secret")?)
//!         .with_session(SessionKey::new("what the login gave")?);
//!     let client = Client::new(credentials)?;
//! #     use std::sync::{Arc, Mutex};
//! #     use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
//! #     let start = lastfm_core::Timestamp::from_unix(1_780_000_000);
//! #     let clock = Arc::new(VirtualClock::new(start));
//! #     let mut fake = FakeLastfm::new(1, &Scenario::still(9), start);
//! #     fake.know_app("key", "secret");
//! #     let session = SessionKey::new(fake.log_in("rj").unwrap())?;
//! #     let fake = Arc::new(Mutex::new(fake));
//! #     let transport = Arc::new(FakeLastfmTransport::new(fake.clone(), clock.clone()));
//! #     let credentials = Credentials::read_only(ApiKey::new("key")?)
//! #         .with_secret(SharedSecret::new("secret")?).with_session(session);
//! #     let client = Client::builder(credentials, transport, clock).build();
//!
//!     // A play is told with the moment at which it began.
//!     let now = client.clock().wall();
//!     let play = NewPlay::new(PlayerTrack::new("Low", "Words").album("Trust"), now.plus(-345));
//!     if let Err(refusal) = rules::check(&play, now) {
//!         println!("Last.fm would not take it: {refusal}");
//!         return Ok(());
//!     }
//!     for play in client.call(&Scrobble::new([play])).await?.plays {
//!         match play.ignored {
//!             None => println!("stored"),
//!             Some(ignored) => println!("not stored: {}", ignored.reason),
//!         }
//!     }
//! #     assert_eq!(fake.lock().unwrap().truth().len(), 10);
//!     Ok(())
//! }
//! ```
//!
//! # An album
//!
//! A record that ended just now: its tracks come from Last.fm, its times from their lengths. An album
//! is several plays, so that it goes through a queue even if that is gone with the program.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use lastfm_core::methods::album::GetInfo;
//! use lastfm_core::scrobble::{Album, MemoryQueue, Repeats, Sender, State, Timing};
//! # use lastfm_core::{ApiKey, Client, Credentials, SessionKey, SharedSecret};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use std::sync::Mutex;
//! # use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
//! # let start = lastfm_core::Timestamp::from_unix(1_780_000_000);
//! # let clock = Arc::new(VirtualClock::new(start));
//! # let mut fake = FakeLastfm::new(1, &Scenario::still(0), start);
//! # fake.know_app("key", "secret");
//! # for track in ["Words", "Fear", "Cut"] {
//! #     fake.insert(start.plus(-9_000_000), "Low", track, Some("I Could Live in Hope"));
//! # }
//! # let session = SessionKey::new(fake.log_in("rj").unwrap())?;
//! # let transport = Arc::new(FakeLastfmTransport::new(Arc::new(Mutex::new(fake)), clock.clone()));
//! # let credentials = Credentials::read_only(ApiKey::new("key")?)
//! #     .with_secret(SharedSecret::new("secret")?).with_session(session);
//! # let client = Client::builder(credentials, transport, clock).build();
//! let info = client.call(&GetInfo::new("Low", "I Could Live in Hope")).await?;
//! let sender = Sender::new(client, Arc::new(MemoryQueue::new()), "rj".parse()?);
//! let plays = Album::from_info(&info).plays(Timing::EndingNow, sender.now());
//! sender.enqueue(plays, Repeats::Same).await?;
//!
//! let counts = sender.drain(Duration::from_secs(180)).finish().await?;
//! println!("{} stored, {} refused", counts.of(State::Accepted), counts.of(State::Refused));
//! # assert!(counts.of(State::Accepted) > 1);
//! # Ok(()) }
//! ```
//!
//! [`Collection`](crate::scrobble::Collection) does so for hundreds of records, spread over as many days
//! as the daily limit takes.
//!
//! # What can go wrong
//!
//! | what happens | what to do |
//! |---|---|
//! | a play is `ignored` | [`reason`](crate::Ignored::reason) says why. Sent again, it is ignored again, but for the daily limit: try that the next day. |
//! | the call fails | Where certainly nothing was stored, it was made again already. Else the play may be stored though the answer got lost: look at the history before sending it again, as a [`Sender`](crate::scrobble::Sender) does. |
//! | [`ErrorClass::SessionExpired`](crate::ErrorClass::SessionExpired) | The user took the access back: log in again. |
//! | the service has another name than was sent | It corrects names: [`TakenName`](crate::TakenName) holds what it made of them. |
//!
//! Known before anything is sent, by [`rules`](crate::scrobble::rules): plays older than 14 days, names
//! that stand for no artist, tracks of up to 30 seconds. A listener has to have heard half of a track or
//! four minutes ([`Threshold`](crate::scrobble::Threshold)).
//!
//! # What it costs
//!
//! One request for up to 50 plays. Since June 2026 a user's day takes some 600 to 800 plays; formerly it
//! was about 2,800.
//!
//! # What the terms ask
//!
//! Only what was heard may be scrobbled ([guidelines](https://www.last.fm/api/scrobbling)), and only for
//! users who have agreed to it, which is what the login is for. See [all of them](super#what-the-terms-ask).
//!
//! [queue]: https://docs.rs/lastfm-sqlite/latest/lastfm_sqlite/guide/queue/
