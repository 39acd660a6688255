//! Archives brought up to date every hour, in an app.
//!
//! For a service or an app that is always there. Whoever wants this and nothing else takes the workspace's
//! program, `archiver sync --every 1h`, which comes with files for systemd, cron and Docker. For hundreds
//! of users there is a queue of jobs: see the [guide of `lastfm-postgres`][many].
//!
//! # The program
//!
//! An hour in which nothing was played costs one request, so that there is nothing to be clever about:
//! run everyone, one after the other, and look at how each run ended.
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use lastfm_core::archive::{ArchiveStore, Archiver, StoreError, WorkerId};
//! # use lastfm_core::{ApiKey, Client, Credentials};
//! # use lastfm_sqlite::SqliteStore;
//!
//! /// One round. It says who needs a person.
//! async fn round(archiver: &Archiver, store: &dyn ArchiveStore) -> Result<(), StoreError> {
//!     for user in store.users().await? {
//!         match archiver.sync(user.name.clone()).finish().await {
//!             Ok(report) if report.stopped => break,
//!             Ok(report) => println!("{}: {} new", report.user, report.replaced.added),
//!             Err(error) if error.needs_a_person() => println!("! {}: {error}", user.name),
//!             Err(error) => println!("{}: not now: {error}", user.name),
//!         }
//!     }
//!     Ok(())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use std::sync::Mutex;
//! # use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
//! # let start = lastfm_core::Timestamp::from_unix(1_780_000_000);
//! # let clock = Arc::new(VirtualClock::new(start));
//! # let mut scenario = Scenario::still(2_500);
//! # scenario.life.plays_per_day = 48.0;
//! # let fake = Arc::new(Mutex::new(FakeLastfm::new(1, &scenario, start)));
//! # let transport = Arc::new(FakeLastfmTransport::new(fake, clock.clone()));
//! # let client = Client::builder(
//! #     Credentials::read_only(ApiKey::new("key")?), transport, clock.clone()).build();
//! # let folder = tempfile::tempdir()?;
//! # let store = Arc::new(SqliteStore::open(folder.path().join("plays.db")).await?);
//! # store.add_user(&"rj".parse()?, None).await?;
//! let archiver = Archiver::new(client.clone(), store.clone(), WorkerId("my-app".to_owned()));
//! # let mut rounds = 0;
//! loop {
//!     round(&archiver, &*store).await?;
//! #     rounds += 1;
//! #     if rounds == 30 { break }
//!     client.clock().sleep(Duration::from_secs(3600)).await;
//! }
//! # use lastfm_core::archive::Span;
//! # let user = store.user(&"rj".parse()?).await?.unwrap();
//! # assert!(store.count(user.id, Span::EVER).await?.plays > 2_500);
//! # Ok(()) }
//! ```
//!
//! What it leaves to the app:
//!
//! * **Stop.** On SIGTERM call [`Archiver::stop`](lastfm_core::archive::Archiver::stop): the page in
//!   flight is finished. To be killed does no harm either.
//! * **Spread.** Begin at a moment of your own, not on the hour: many installations that ask in the same
//!   second are one crowd.
//! * **New users.** A first import takes minutes: give it a task of its own, so that nobody's hour waits
//!   for it. Clones of one archiver share the rate, and one user is never worked on twice.
//! * **Sessions.** Who hides the history is read with their own:
//!   `archiver.with_session(key).sync(user)`.
//!
//! # What to watch
//!
//! | what | where | worry when |
//! |---|---|---|
//! | the last success | [`ArchiveStatus::staleness`](lastfm_core::archive::ArchiveStatus::staleness), `archives` in the file | three hours old |
//! | who needs a person | [`SyncError::needs_a_person`](lastfm_core::archive::SyncError::needs_a_person) | it is new: tell once, try once a day |
//! | the key | [`SyncError::Refused`](lastfm_core::archive::SyncError::Refused) | at once, for everyone is affected |
//! | doubts, holes, residual | the report, `holes` in the file | they last for more than a week |
//! | room on the disk | 170 bytes a play | |
//!
//! # What can go wrong
//!
//! | what happens | what to do |
//! |---|---|
//! | an outage of Last.fm, of an hour or of days | Nothing: each run ends with `NotNow` after 15 minutes, and the next one catches up. Say it once, and that it is over. |
//! | the machine slept, or its clock is wrong | Nothing: "now" is what the service says. |
//! | two instances are started | Nothing: of one user, one works and the other waits. Let them share the rate with a [`SqlitePacer`](crate::SqlitePacer). |
//! | plays arrive days late, are deleted, or edited | Nothing: counts tell of the first two at once; of edits the reading that goes on daily, within about a month. |
//! | the file is gone | [`SqliteStore::open`](crate::SqliteStore::open) makes a new one: check that it is there before each start. |
//!
//! # What it costs
//!
//! A quiet hour of one user is one request, one with plays one or two. Once a day some more: the last
//! 15 days are read again, and a thirtieth of the rest. At one request a second a rate is enough for
//! 2,000 users an hour.
//!
//! # What the terms ask
//!
//! A rate that Last.fm does not notice, and a stop when it says so: after error 29 everyone who shares the
//! transport pauses for a minute, then for longer. Error 26 means that the key is suspended: make no
//! further call. See [all of them](lastfm_core::guide#what-the-terms-ask).
//!
//! [many]: https://docs.rs/lastfm-postgres/latest/lastfm_postgres/guide/
