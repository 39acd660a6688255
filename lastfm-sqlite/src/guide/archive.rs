//! A whole listening history, kept in a file.
//!
//! For everything that reads more than somebody's newest plays: a backup, statistics, an app that
//! searches. The first run reads the whole history, every later one what is new or has changed; there is
//! no difference in the program. To do it every hour: [`schedule`](super::schedule).
//!
//! # The program
//!
//! ```
//! use std::sync::Arc;
//!
//! use futures_util::TryStreamExt as _;
//! use lastfm_core::archive::{Archiver, Progress, WorkerId};
//! use lastfm_core::{ApiKey, Client, Credentials};
//! use lastfm_sqlite::SqliteStore;
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! #     let folder = tempfile::tempdir()?;
//! #     std::env::set_current_dir(folder.path())?;
//!     let client = Client::new(Credentials::read_only(ApiKey::new("your API key")?))?;
//! #     use std::sync::Mutex;
//! #     use lastfm_core::testing::{FakeLastfm, FakeLastfmTransport, Scenario, VirtualClock};
//! #     let start = lastfm_core::Timestamp::from_unix(1_780_000_000);
//! #     let clock = Arc::new(VirtualClock::new(start));
//! #     let fake = Arc::new(Mutex::new(FakeLastfm::new(1, &Scenario::still(2_500), start)));
//! #     let transport = Arc::new(FakeLastfmTransport::new(fake, clock.clone()));
//! #     let client = Client::builder(
//! #         Credentials::read_only(ApiKey::new("key")?), transport, clock).build();
//!     let store = Arc::new(SqliteStore::open("scrobbles.db").await?);
//!     let archiver = Archiver::new(client, store, WorkerId("my-app".to_owned()));
//!
//!     let mut run = archiver.sync("rj".parse()?);
//!     while let Some(progress) = run.try_next().await? {
//!         match progress {
//!             Progress::Archived { held, total, .. } => println!("{held} of {total:?} plays"),
//!             Progress::Retrying { reason, wait, .. } => println!("{reason}; again in {wait:?}"),
//!             Progress::Finished(report) => {
//!                 println!("{} plays, {} new", report.held, report.replaced.added);
//! #                 assert_eq!(report.held, 2_500);
//!             }
//!             _ => {}
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! It may be stopped or killed at any instant: what is not covered is read by the next run. Two of them
//! at once do no harm either; the second one waits. For one year alone there is
//! [`Archiver::sync_span`](lastfm_core::archive::Archiver::sync_span), for a comparison with Last.fm
//! [`Archiver::audit`](lastfm_core::archive::Archiver::audit).
//!
//! # Reading it
//!
//! With SQL, in the views that the [crate's page](crate#reading-it-without-this-library) lists, or with
//! [`ArchiveStore::plays`](lastfm_core::archive::ArchiveStore::plays), oldest first. How an archive
//! stands, without asking anybody:
//!
//! ```
//! # use lastfm_sqlite::SqliteStore;
//! use lastfm_core::archive::{ArchiveStatus, ArchiveStore};
//!
//! # futures_executor::block_on(async {
//! # let folder = tempfile::tempdir()?;
//! # let store = SqliteStore::open(folder.path().join("plays.db")).await?;
//! # store.add_user(&"rj".parse()?, None).await?;
//! if let Some(user) = store.user(&"rj".parse()?).await? {
//!     let status = ArchiveStatus::read(&store, user).await?;
//!     println!("{} plays, complete: {}", status.count.plays, status.is_complete());
//! #   assert_eq!(status.count.plays, 0);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
//! ```
//!
//! # What can go wrong
//!
//! A run asks again by itself for 15 minutes
//! ([`with_patience`](lastfm_core::archive::Archiver::with_patience)). Then, as a
//! [`SyncError`](lastfm_core::archive::SyncError) or in the
//! [`Report`](lastfm_core::archive::Report):
//!
//! | what happens | what to do |
//! |---|---|
//! | `NotNow` | Last.fm does not answer. Run it again later: it goes on from there. |
//! | `Hidden` | The user hides the history. [`with_session`](lastfm_core::archive::Archiver::with_session), after a [login](lastfm_core::auth_flow), reads it in their name. |
//! | `UnknownUser`, `AnotherAccount` | The name is wrong, or belongs to somebody else now. The archive is not touched; ask a person. |
//! | `Refused` | The key is not accepted: [`Error::advice`](lastfm_core::Error::advice) says what to do. |
//! | `Store` | [`is_retryable`](lastfm_core::archive::StoreError::is_retryable): the file is locked; if not, the disk is full or the file damaged. |
//! | `report.holes` is not empty | Spans that Last.fm refuses to show, mostly a second. All around them is archived; each is tried again daily. |
//! | `report.doubted` is not 0 | Many plays vanished at once. They stay until a later run settles it, or a person does, by an [`Audit`](lastfm_core::archive::Audit) with `accept_removals`. |
//! | `report.residual` is not 0 | Last.fm counts other than it shows. It is looked for again in the next run, a day later, then weekly. |
//!
//! Removed and edited plays stay in the file, in the view `removed_scrobbles`. The file belongs on a disk
//! of this machine, not on a network drive.
//!
//! # What it costs
//!
//! A request for every 1,000 plays: 200,000 plays take 203 requests, and at one a second three and a half
//! minutes. Later runs: one request if nothing is new; a few once a day. The file has some 170 bytes a
//! play (33 MB for 200,000), memory stays below 30 MB.
//!
//! # What the terms ask
//!
//! To store more than 100 MB takes Last.fm's consent: that is some 600,000 plays. Whoever shows the plays
//! to others says that they are from Last.fm, and links back; whoever reads histories of others deletes
//! them when asked
//! ([`remove_user`](lastfm_core::archive::ArchiveStore::remove_user)). See
//! [all of them](lastfm_core::guide#what-the-terms-ask).
