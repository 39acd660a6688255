//! Scrobbles of a player that is offline at times.
//!
//! For whatever hears music by itself: a player, a plugin, a bridge from another service. What was heard
//! is written down before anything else, and is sent until it is known what became of it: no play is
//! lost, to a power cut neither, and none is sent twice because an answer was.
//!
//! # The program
//!
//! Three parts: [`Listening`](lastfm_core::scrobble::Listening) says what counts as a play, a
//! [`SqliteQueue`](crate::SqliteQueue) keeps it, a [`Sender`](lastfm_core::scrobble::Sender) sends.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use futures_util::TryStreamExt as _;
//! use lastfm_core::scrobble::{Heard, Listening, Moment, Repeats, SendEvent, Sender, Threshold};
//! use lastfm_core::PlayerTrack;
//! use lastfm_sqlite::SqliteQueue;
//! # use lastfm_core::{ApiKey, Client, Credentials, SessionKey, SharedSecret};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # std::env::set_current_dir(folder.path())?;
//! # use std::sync::Mutex;
//! # use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Fault, Scenario, VirtualClock};
//! # let start = lastfm_core::Timestamp::from_unix(1_780_000_000);
//! # let clock = Arc::new(VirtualClock::new(start));
//! # let mut fake = FakeLastfm::new(1, &Scenario::still(0), start);
//! # fake.know_app("key", "secret");
//! # let session = SessionKey::new(fake.log_in("rj").unwrap())?;
//! # let fake = Arc::new(Mutex::new(fake));
//! # let transport = Arc::new(FakeLastfmTransport::new(fake.clone(), clock.clone()));
//! # let credentials = Credentials::read_only(ApiKey::new("key")?)
//! #     .with_secret(SharedSecret::new("secret")?).with_session(session);
//! # let client = Client::builder(credentials, transport, clock.clone()).build();
//! // With the user's session: see `lastfm_core::auth_flow`.
//! let queue = Arc::new(SqliteQueue::open("scrobbles.db").await?);
//! let sender = Sender::new(client.clone(), queue, "rj".parse()?);
//!
//! // The player says what it does, and Listening what is to be sent.
//! let now = || Moment::new(client.clock().elapsed(), client.clock().wall());
//! let mut listening = Listening::new(Threshold::default());
//! let words = PlayerTrack::new("Low", "Words").duration(Duration::from_secs(345));
//! let mut heard = listening.start(words, now());
//! # for _ in 0..18 {
//! # clock.advance(Duration::from_secs(10));
//! heard.extend(listening.tick(now())); // every few seconds
//! # }
//! # fake.lock().unwrap().fail_next(Fault::Timeout);
//! for heard in heard {
//!     match heard {
//!         Heard::NowPlaying(track) => {
//!             // Said later it would not be true any more: a failure is no matter.
//!             let _ = sender.now_playing(&track).await;
//!         }
//!         Heard::Play(play) => {
//!             // From here on it is safe.
//!             sender.enqueue([play], Repeats::Same).await?;
//!         }
//!     }
//! }
//!
//! // In a task of its own, for as long as the player runs: `sender.run()`. At its end, or in a
//! // program that comes and goes: until nothing is left to do.
//! let mut sending = sender.drain(Duration::from_secs(180));
//! while let Some(event) = sending.try_next().await? {
//!     match event {
//!         SendEvent::Settled(play) => println!("{}: {:?}", play.play.track.name, play.standing),
//!         SendEvent::Held(hold) => println!("nothing is sent: {}", hold.words),
//!         _ => {}
//!     }
//! }
//! # drop(sending);
//! # assert_eq!(fake.lock().unwrap().truth().len(), 1);
//! # Ok(()) }
//! ```
//!
//! A queue in PostgreSQL is `lastfm_postgres::PostgresQueue`. Several programs may use one queue: no play
//! is sent by two.
//!
//! # Where a play stands
//!
//! *Queued* is not *accepted*: [`State`](lastfm_core::scrobble::State) names where a play is. Show `Ready`,
//! `Scheduled`, `Sending` and `Unknown` as on the way, `Accepted` as scrobbled, and `Refused` with its
//! reason, for only a person can do something about that
//! ([`Sender::change`](lastfm_core::scrobble::Sender::change)). With SQL: the view `queued_scrobbles`.
//!
//! # What can go wrong
//!
//! | what happens | what to do |
//! |---|---|
//! | no network, an outage | Nothing: it is held as `Outage`, and tried again every two minutes at least. |
//! | an answer gets lost | Nothing: two minutes later the history is read back, and only what it does not show is sent again. |
//! | `Held` with `Login` | The user took the access back. Log in again, then [`Sender::logged_in`](lastfm_core::scrobble::Sender::logged_in): everything that waited is sent. |
//! | `Held` with `DailyLimit` | The day is full, at some 600 to 800 plays. The rest goes the next day. |
//! | `Held` with `App` | The key is refused: mend it, then [`Sender::try_now`](lastfm_core::scrobble::Sender::try_now). |
//! | a play is refused as too old | It waited for more than 14 days, which Last.fm takes from nobody. |
//! | `enqueue` fails | The disk is full, or the file is locked: the play is *not* safe. Keep it, try again. |
//! | the player has to quit | [`Sender::stop`](lastfm_core::scrobble::Sender::stop) ends after the request on its way. To be killed leaves its plays in doubt for two minutes, and loses none. |
//!
//! # What it costs
//!
//! A request for up to 50 plays, and two when a sender begins: whose session it is, and what time it is
//! there. Each play is waited for on the disk, a few milliseconds. What is over stays in the file until it
//! is forgotten ([`ScrobbleQueue::forget`](lastfm_core::scrobble::ScrobbleQueue::forget)).
//!
//! # What the terms ask
//!
//! Only what was heard may be scrobbled, for users who have agreed to it, and now playing is not to be
//! repeated when it fails. See [all of them](lastfm_core::guide#what-the-terms-ask).
