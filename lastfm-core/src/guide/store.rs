//! Archives in another database.
//!
//! For an app that has a database already. The stores there are: [`lastfm-sqlite`] for one machine,
//! [`lastfm-postgres`] for many users, [`MemoryStore`](crate::archive::MemoryStore) for tests. All of
//! them, and any other, are an [`ArchiveStore`](crate::archive::ArchiveStore): about 25 small methods,
//! each one transaction, none with a default.
//!
//! # How to write one
//!
//! 1. **The suite first.** Every sentence of the contract is a case of
//!    [`testing::conformance`](crate::testing::conformance); one line makes a test of each. Fill in one
//!    method after the other until they pass.
//!
//!    ```
//!    # use lastfm_core::archive::MemoryStore as MyStore;
//!    # fn clock() -> std::sync::Arc<dyn lastfm_core::Clock> {
//!    #     std::sync::Arc::new(lastfm_core::testing::VirtualClock::new(lastfm_core::Timestamp::MIN))
//!    # }
//!    // In tests/it.rs: the block opens a store without users.
//!    lastfm_core::archive_store_conformance!(async { MyStore::new(clock()) });
//!    ```
//! 2. **Users, [`replace`](crate::archive::ArchiveStore::replace), coverage, counts.** What `replace`
//!    has to change is worked out already, without a database: by [`Difference`](crate::archive::Difference) for
//!    plays, by [`Coverage`](crate::archive::Coverage) for spans. For rows in tables,
//!    [`rows`](crate::archive::rows) decides which are written, and how plays of one track share one
//!    object.
//! 3. **The rest**: removed plays, doubts, holes, the book, claims and fences, copies.
//! 4. **Calls at random**: [`agrees_with_memory`](crate::testing::conformance::agrees_with_memory)
//!    holds the store against the one in memory, a sequence for each seed.
//! 5. **What no suite can see**: kill the program in the middle of a write, cut the power, fill the disk,
//!    let two machines write.
//!
//! `lastfm-core/src/archive/memory.rs` is the contract in its plainest form; the two other stores have
//! files of the same names, to be read side by side. The same way lead, with suites of their own:
//! [`ScrobbleQueue`](crate::scrobble::ScrobbleQueue), [`AlbumStore`](crate::albums::AlbumStore),
//! [`LovedStore`](crate::loved::LovedStore).
//!
//! # The shortest program: a store around another
//!
//! Often the data may stay where it is, and something is wanted beside it: here each change of an archive
//! is told to the app. The methods that are left out pass everything on, and the suite proves that
//! nothing has got lost on the way.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//!
//! use async_trait::async_trait;
//! use lastfm_core::archive::{
//!     ArchiveStore, Observation, Replaced, Span, StoreResult, UserId, WorkerId,
//! };
//! use lastfm_core::Play;
//! # use lastfm_core::archive::*;
//! # use lastfm_core::{Timestamp, Username};
//! # use std::time::Duration;
//!
//! /// Tells which spans of whose archive have changed.
//! #[derive(Debug)]
//! struct Told {
//!     inner: Arc<dyn ArchiveStore>,
//!     changes: Arc<Mutex<Vec<(UserId, Span)>>>,
//! }
//!
//! #[async_trait]
//! impl ArchiveStore for Told {
//!     async fn replace(
//!         &self,
//!         user: UserId,
//!         span: Span,
//!         plays: Vec<Play>,
//!         observation: Observation,
//!     ) -> StoreResult<Replaced> {
//!         let replaced = self.inner.replace(user, span, plays, observation).await?;
//!         if replaced != Replaced::default() {
//!             self.changes.lock().unwrap().push((user, span));
//!         }
//!         Ok(replaced)
//!     }
//!
//!     fn fenced(&self, worker: &WorkerId) -> Arc<dyn ArchiveStore> {
//!         Arc::new(Told { inner: self.inner.fenced(worker), changes: self.changes.clone() })
//!     }
//!
//!     // … and the others: `self.inner.count(user, span).await`
//! #     async fn user(&self, name: &Username) -> StoreResult<Option<ArchivedUser>> { self.inner.user(name).await }
//! #     async fn users(&self) -> StoreResult<Vec<ArchivedUser>> { self.inner.users().await }
//! #     async fn add_user(&self, name: &Username, at: Option<Timestamp>) -> StoreResult<ArchivedUser> { self.inner.add_user(name, at).await }
//! #     async fn rename_user(&self, user: UserId, name: &Username, at: Option<Timestamp>) -> StoreResult<()> { self.inner.rename_user(user, name, at).await }
//! #     async fn remove_user(&self, user: UserId) -> StoreResult<()> { self.inner.remove_user(user).await }
//! #     async fn revision(&self, user: UserId) -> StoreResult<Revision> { self.inner.revision(user).await }
//! #     async fn coverage(&self, user: UserId) -> StoreResult<Vec<Covered>> { self.inner.coverage(user).await }
//! #     async fn count(&self, user: UserId, span: Span) -> StoreResult<Count> { self.inner.count(user, span).await }
//! #     async fn bounds(&self, user: UserId) -> StoreResult<Option<(Timestamp, Timestamp)>> { self.inner.bounds(user).await }
//! #     async fn moments(&self, user: UserId, span: Span, skip: u64, limit: usize) -> StoreResult<Vec<Timestamp>> { self.inner.moments(user, span, skip, limit).await }
//! #     async fn plays(&self, user: UserId, span: Span, after: Option<Place>, limit: usize) -> StoreResult<Vec<StoredPlay>> { self.inner.plays(user, span, after, limit).await }
//! #     async fn removed_count(&self, user: UserId) -> StoreResult<u64> { self.inner.removed_count(user).await }
//! #     async fn removed(&self, user: UserId, span: Span, after: Option<Place>, limit: usize) -> StoreResult<Vec<RemovedPlay>> { self.inner.removed(user, span, after, limit).await }
//! #     async fn recount(&self, user: UserId) -> StoreResult<Count> { self.inner.recount(user).await }
//! #     async fn doubts(&self, user: UserId) -> StoreResult<Vec<Doubt>> { self.inner.doubts(user).await }
//! #     async fn withdraw_doubts(&self, user: UserId, span: Span) -> StoreResult<()> { self.inner.withdraw_doubts(user, span).await }
//! #     async fn holes(&self, user: UserId) -> StoreResult<Vec<Hole>> { self.inner.holes(user).await }
//! #     async fn set_hole(&self, user: UserId, hole: Hole) -> StoreResult<()> { self.inner.set_hole(user, hole).await }
//! #     async fn book(&self, user: UserId) -> StoreResult<Book> { self.inner.book(user).await }
//! #     async fn set_book(&self, user: UserId, book: Book) -> StoreResult<()> { self.inner.set_book(user, book).await }
//! #     async fn restore(&self, user: UserId, part: Part) -> StoreResult<()> { self.inner.restore(user, part).await }
//! #     async fn claim(&self, user: UserId, worker: &WorkerId, lease: Duration) -> StoreResult<Claim> { self.inner.claim(user, worker, lease).await }
//! #     async fn release(&self, user: UserId, worker: &WorkerId) -> StoreResult<()> { self.inner.release(user, worker).await }
//! }
//!
//! // What the macro makes tests of, as a list: each case on a store of its own.
//! use lastfm_core::testing::conformance::CASES;
//! # use lastfm_core::archive::MemoryStore;
//! # let clock = || Arc::new(lastfm_core::testing::VirtualClock::new(Timestamp::from_unix(1)));
//! # futures_executor::block_on(async {
//! for (name, case) in CASES {
//!     let inner = Arc::new(MemoryStore::new(clock()));
//!     let store = Told { inner, changes: Arc::default() };
//!     println!("{name}");
//!     case(&store).await;
//! }
//! # });
//! ```
//!
//! # What can go wrong
//!
//! | what happens | what to do |
//! |---|---|
//! | a case fails | Its name is the promise that is broken; its source says how it was found out. |
//! | the suite passes, and plays get lost | A transaction is not one: coverage and plays have to be written together, and `Ok` means that both are there. |
//! | an update goes back to an older state | A claim of a worker that was frozen is not held against the clock in the transaction of the write: [`fenced`](crate::archive::ArchiveStore::fenced). |
//! | plays of a second vanish | A unique key: plays of one second are a multiset, [`Place`](crate::archive::Place) numbers them. |
//! | an error is taken for an outage, or an outage for an error | [`StoreErrorKind`](crate::archive::StoreErrorKind) says whether trying again helps. |
//!
//! # What it costs
//!
//! Work: the store in memory has 800 lines, those in SQLite and PostgreSQL some 5,000 and 7,000, with
//! their queues and albums. Disk: a flat table with the raw objects takes 1,400 bytes a play; where plays
//! share objects, about 170.
//!
//! # What the terms ask
//!
//! To keep no more than 100 MB without consent, and to delete everything when the agreement ends: a
//! store has [`remove_user`](crate::archive::ArchiveStore::remove_user). See
//! [all of them](super#what-the-terms-ask).
//!
//! [`lastfm-sqlite`]: https://docs.rs/lastfm-sqlite
//! [`lastfm-postgres`]: https://docs.rs/lastfm-postgres
