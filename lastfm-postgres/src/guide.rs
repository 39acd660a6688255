//! Histories of many users.
//!
//! For a service: users come and go, several machines work, and all of them share one key, so one rate.
//! Up to some dozens of users a file of `lastfm-sqlite` does the same on one machine, with
//! [a loop][schedule].
//!
//! # The program
//!
//! One worker. Run as many of it as there are machines: nobody's archive is worked on twice, and together
//! they make no more requests than one.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use futures_util::TryStreamExt as _;
//! use lastfm_core::archive::{ArchiveStore, Archiver, Progress, WorkerId};
//! use lastfm_core::transport::{RateLimited, ReqwestTransport};
//! use lastfm_core::{ApiKey, Client, Credentials, TokioClock};
//! use lastfm_postgres::{PostgresPacer, PostgresStore};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #     let database = lastfm_postgres::testing::PrivateServer::shared().database();
//! #     let url = database.url();
//!     let store = Arc::new(PostgresStore::open(url).await?); // postgres://user:password@host/database
//!     let pacer = PostgresPacer::new(&store, "last.fm", Duration::from_secs(1));
//! #     let pacer = PostgresPacer::new(&store, "last.fm", Duration::from_millis(2));
//!     let clock = Arc::new(TokioClock::default());
//!     let network = Arc::new(
//!         ReqwestTransport::builder().user_agent("my-app/1.0 (me@example.org)").build()?);
//!     let credentials = Credentials::read_only(ApiKey::new("your API key")?);
//! #     use std::sync::Mutex;
//! #     use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
//! #     drop((network, clock));
//! #     let start = lastfm_core::Timestamp::from_unix(1_780_000_000);
//! #     let clock = Arc::new(VirtualClock::new(start));
//! #     let mut fake = FakeLastfm::new(1, &Scenario::still(1_500), start);
//! #     let mut ann = Scenario::still(20);
//! #     ann.user = "ann".to_owned();
//! #     fake.add_account(&ann);
//! #     let fake = Arc::new(Mutex::new(fake));
//! #     let network = Arc::new(FakeLastfmTransport::new(fake, clock.clone()));
//! #     for name in ["rj", "ann"] { store.add_user(&name.parse()?, None).await?; }
//!     // A name that no other process has, on any machine.
//!     let worker = WorkerId(format!("machine-1/{}", std::process::id()));
//!
//!     for user in store.users().await? {
//!         // Each user has turns in the rate: nobody's hour waits for somebody's first import.
//!         let turns = Arc::new(pacer.share(user.name.as_str()));
//!         let transport = Arc::new(RateLimited::new(network.clone(), turns, clock.clone()));
//!         let client = Client::builder(credentials.clone(), transport, clock.clone()).build();
//!         let archiver = Archiver::new(client, store.clone(), worker.clone());
//!
//!         let mut run = archiver.sync(user.name.clone());
//!         loop {
//!             match run.try_next().await {
//!                 // Another worker has this user: on to the next one.
//!                 Ok(None | Some(Progress::Waiting { .. })) => break,
//!                 Ok(Some(Progress::Finished(report))) => {
//!                     println!("{}: {} new", report.user, report.replaced.added);
//!                 }
//!                 Ok(Some(_)) => {}
//!                 Err(error) => {
//!                     println!("{}: {error}", user.name);
//!                     break;
//!                 }
//!             }
//!         }
//!     }
//! #     use lastfm_core::archive::Span;
//! #     for (name, plays) in [("rj", 1_500), ("ann", 20)] {
//! #         let user = store.user(&name.parse()?).await?.unwrap();
//! #         assert_eq!(store.count(user.id, Span::EVER).await?.plays, plays);
//! #     }
//!     Ok(())
//! }
//! ```
//!
//! A user is added with [`ArchiveStore::add_user`](lastfm_core::archive::ArchiveStore::add_user), and
//! forgotten with [`remove_user`](lastfm_core::archive::ArchiveStore::remove_user). Several users at a
//! time are several tasks with the same `store` and `pacer`. The workspace's programs go on from here:
//! `archiver worker` has a queue of jobs with priorities, retries, pauses and metrics, and `server` shows
//! the histories in a browser.
//!
//! # What can go wrong
//!
//! | what happens | what to do |
//! |---|---|
//! | a worker dies | Nothing: its place is free after 50 s ([`with_lease`](lastfm_core::archive::Archiver::with_lease)), and what it stored stays. |
//! | a worker is frozen and wakes up | Nothing: what it writes then is refused, in the transaction itself. |
//! | the database restarts, or a connection is cut | It is waited for, half a minute at a time ([`busy_timeout`](crate::PostgresStoreOptions::busy_timeout)); then the run ends with [`SyncError::Store`](lastfm_core::archive::SyncError::Store), and a later one goes on. |
//! | Last.fm has an outage | Runs end with `NotNow` after 15 minutes each. Look at the first one, and let all rest; look again after 1, 2, 4 minutes, up to 15. |
//! | error 29 | Everybody is paused, on all machines, for a minute at first. |
//! | a user hides the history | Keep their session, and read with [`with_session`](lastfm_core::archive::Archiver::with_session). Show it to nobody else. |
//! | a database that a newer release has migrated | It is refused: update all workers. |
//!
//! # What it costs
//!
//! **Requests**: about one an hour for each user, and one for every 1,000 plays of a first import. At one a
//! second that is enough for some 2,000 users an hour; more users are looked at less often. The
//! rate itself takes two short statements a request. **Disk**: some 350 bytes a play with indexes
//! ([`PostgresStore::size`](crate::PostgresStore::size)). **Connections**: at most 8 for each process,
//! unless [`connections`](crate::PostgresStoreOptions::connections) says otherwise; PgBouncer may stand
//! between.
//!
//! # What the terms ask
//!
//! * Many histories are more than 100 MB: ask Last.fm before a service begins.
//! * The rate belongs to the key, not to a machine: all who use it share one pacer.
//! * Show where data came from, and link to the user's page. Delete what somebody wants deleted.
//! * No money without consent.
//!
//! See [all of them](lastfm_core::guide#what-the-terms-ask).
//!
//! [schedule]: https://docs.rs/lastfm-sqlite/latest/lastfm_sqlite/guide/schedule/
